#!/usr/bin/env python3
"""Turns awesome_chatgpt_prompts.csv into documents, with rows held out by act.

usage: prompts.py CSV FOLDER

Writes FOLDER/train.txt, FOLDER/validation.txt and FOLDER/held-out.txt: one document a row, `act`, a line break, `prompt`; a
line of %%%% between. The validation rows choose the best version, the held-out rows are measured once at the end.

About a tenth of the rows goes to each of the latter two. Rows of one act stay together, and so do rows whose acts differ in case, spaces and
punctuation alone, or whose prompts share a fifth of their five-word sequences: a near copy never stands on two sides.
The side follows from SHA-256 of the group's first act, so it does not depend on the order of the rows.
"""
import csv
import hashlib
import pathlib
import re
import sys

SEPARATOR = "%%%%"
SHARE = 0.1


def words(text):
    return re.findall(r"[^\W_]+", text.lower())


def sequences(text, length=5):
    found = words(text)
    return {tuple(found[i:i + length]) for i in range(len(found) - length + 1)}


def groups(rows):
    """Rows that must stay on one side, by union of all pairs that are alike."""
    parent = list(range(len(rows)))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    names = [tuple(words(row["act"])) for row in rows]
    shingles = [sequences(row["prompt"]) for row in rows]
    for i in range(len(rows)):
        for j in range(i):
            smaller = min(len(shingles[i]), len(shingles[j]))
            alike = smaller and len(shingles[i] & shingles[j]) >= 0.2 * smaller
            if names[i] == names[j] or alike:
                parent[root(i)] = root(j)
    found = {}
    for i, row in enumerate(rows):
        found.setdefault(root(i), []).append(row)
    return list(found.values())


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"act", "prompt"} <= set(rows[0]):
        sys.exit(f"{sys.argv[1]}: no rows with the columns act and prompt")
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)

    def order(group):
        return hashlib.sha256(min(row["act"] for row in group).encode()).digest()

    sides = {"held-out.txt": [], "validation.txt": [], "train.txt": []}
    limits = {"held-out.txt": SHARE * len(rows), "validation.txt": SHARE * len(rows), "train.txt": len(rows)}
    parts = groups(rows)
    for group in sorted(parts, key=order):
        next(side for name, side in sides.items() if len(side) + len(group) <= limits[name]).extend(group)
    for name, side in sides.items():
        documents = ["\n".join([row["act"], row["prompt"]]).replace("\r\n", "\n") for row in side]
        if any(line == SEPARATOR for document in documents for line in document.split("\n")):
            sys.exit(f"a row contains the line {SEPARATOR}")
        (folder / name).write_text(f"\n{SEPARATOR}\n".join(documents) + "\n", encoding="utf-8", newline="\n")
        print(f"{folder / name}: {len(side)} rows")
    together = [group for group in parts if len(group) > 1]
    print(f"{len(rows)} rows in {len(parts)} groups; {sum(map(len, together))} rows stay with a near copy")


if __name__ == "__main__":
    main()
