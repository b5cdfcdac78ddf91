"""Generates text of any size from the text files of a folder: paragraphs drawn at random, a tenth of their words replaced.

usage: generate_text.py TEXTS MEGABYTES OUTPUT
Writes files of 500 MB into the folder OUTPUT, documents parted by blank lines. Seeded: the same files give the same text.
"""

import pathlib, random, sys

texts, megabytes, output = pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
paragraphs = [
    paragraph.split()
    for path in sorted(texts.glob("*.txt"))
    for paragraph in path.read_text(encoding="utf-8").split("\n\n")
    if len(paragraph) > 100
]
words = sorted({word for paragraph in paragraphs for word in paragraph})
draw = random.Random(1)
temporary = output.with_name(output.name + ".tmp")
temporary.mkdir()
for number, start in enumerate(range(0, megabytes, 500)):
    left = min(500, megabytes - start) * 1_000_000
    with open(temporary / f"part-{number}.txt", "w", encoding="utf-8") as file:
        while left > 0:
            paragraph = list(draw.choice(paragraphs))
            for _ in range(len(paragraph) // 10 + 1):
                # Now and then a word that nobody wrote, as names and numbers are.
                new = draw.choice(words) if draw.random() < 0.95 else f"{draw.choice(words)}{draw.randrange(1000)}"
                paragraph[draw.randrange(len(paragraph))] = new
            text = " ".join(paragraph) + "\n\n"
            file.write(text)
            left -= len(text.encode())
temporary.rename(output)
