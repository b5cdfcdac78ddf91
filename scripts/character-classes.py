#!/usr/bin/env python3
"""Writes Sources/Tokenization/CharacterClass+Ranges.swift: pip install tokenizers==0.23.3; python3 character-classes.py

The classes are read out of the Hugging Face package's regular expressions, character by character, so that both divide
text alike. Its tables are those of Unicode 16.0, which tiktoken 0.14.0 has too.
"""
import pathlib
from tokenizers import Regex, pre_tokenizers

CLASSES = {1: r"\p{L}", 2: r"\p{N}", 3: r"\s"}
HEAD = '''extension CharacterClass {
    /// Where the class changes, in order: the first character of each run times 4 plus its class.
    ///
    /// Unicode 16.0, written by `scripts/character-classes.py`: pinned, so that ids never depend on the toolchain.
    static let runs: [UInt32] = [
'''

classes = [0] * 0x110000
for number, pattern in CLASSES.items():
    removing = pre_tokenizers.Split(Regex(pattern), "removed")
    for base in range(0, 0x110000, 0x400):
        block = [chr(code) for code in range(base, base + 0x400) if not 0xD800 <= code < 0xE000]
        kept = {c for word, _ in removing.pre_tokenize_str("".join(block)) for c in word}
        for character in set(block) - kept:
            classes[ord(character)] = number

runs = [code << 2 | kind for code, kind in enumerate(classes) if code == 0 or classes[code - 1] != kind]
texts = [f"0x{run:X}," for run in runs]
lines = [""]
for text in texts:
    if len(lines[-1]) + len(text) + 1 > 110:
        lines.append("")
    lines[-1] += (" " if lines[-1] else "") + text
path = pathlib.Path(__file__).parent.parent / "Sources/Tokenization/CharacterClass+Ranges.swift"
path.write_text(HEAD + "".join(f"        {line}\n" for line in lines) + "    ]\n}\n")
