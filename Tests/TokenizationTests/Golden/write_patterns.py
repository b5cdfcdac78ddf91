#!/usr/bin/env python3
"""Writes patterns.json with the Hugging Face package: pip install tokenizers==0.23.3; python3 write_patterns.py

For each pattern a tokenizer.json trained there, and texts across the blocks of Unicode with the ids that it gives.
"""
import json
import pathlib
import random
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

GPT4 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+")
SPLITS = {
    "gpt2": pre_tokenizers.ByteLevel(add_prefix_space=False),
    "gpt4": pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(GPT4), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
}
TEXT = json.loads(pathlib.Path(__file__).with_name("golden.json").read_text())["text"]
# Of every 256 characters one, between a letter, a digit, a space or a line end.
generator = random.Random(3)
characters = [chr(code) for start in range(0, 0x110000, 256) if not 0xD800 <= start < 0xE000 and not 0x3000 < start % 0x10000 < 0xD000
              for code in [start + generator.randrange(256)]]
characters = [c for c in characters if ord(c) < 0x1FC00 or generator.random() < 0.01]
CASES = ["".join(generator.choice(["a", " ", "1", "\n", "!", "  ", ""]) + c for c in characters[i:i + 12])
         for i in range(0, len(characters), 12)]
CASES += ["it's IT'S it'ſ WE'LL we'Re 'x '", "a\n  ", "a\r\n\r\n b", "1234567 12 ٣٤٥٦", " !\n\n!", "\t\tx\t1", "a  \n \n  b", "\u00a0a\u3000b",
          "(one) [two] {three}", "x=y;\n\n\tz", "caravan\u2028\u2029caravan", "½⅓ⅷ x²", "don't DON'T", "   ", "\n\n\n", "e\u0301e"]

result = {}
for name, split in SPLITS.items():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator([TEXT], trainers.BpeTrainer(
        vocab_size=330, min_frequency=2, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.add_special_tokens(["<|endoftext|>", "<|pad|>"])
    result[name] = {
        "tokenizer": json.loads(tokenizer.to_str()),
        "cases": [{"text": case, "ids": tokenizer.encode(case).ids} for case in CASES],
    }
path = pathlib.Path(__file__).with_name("patterns.json")
path.write_text(json.dumps(result, separators=(",", ":")).replace('{"text', '\n{"text') + "\n")
