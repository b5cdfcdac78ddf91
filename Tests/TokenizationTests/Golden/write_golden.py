#!/usr/bin/env python3
"""Writes golden.json with the Hugging Face package: pip install tokenizers==0.23.3; python3 write_golden.py

"tokenizer" is a tokenizer.json trained there on "text"; "cases" are texts with the ids that it gives there.
"""
import json
import pathlib
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

TEXT = """The caravan left at dawn. The caravan's camels weren't in a hurry, and they'd no reason to be.
We'll meet the caravan at the well, I'm sure; you've seen the well, and you're late: it's 12 miles, or 120, or 1200.
    Four spaces, a tab\tand a gap   here.

Die Karawane zieht weiter: schöne Grüße über Straßen. Караван идёт, и караван идёт. 商队走了,商队走了。 ١٢٣ ١٢٣
🐪🐪🐪 one hump, two humps 🐫 — “quoted”, naïve café; aaaa aaaaaaaa abababab.
""" * 3

CASES = [
    "", " ", "  ", "\n", " \n", "a", " a", "  a", "a ", "a  ", "a\n\nb", "a \n b", "\t\tindent", "a\r\nb\r\n",
    "it's IT'S we're we'RE I've I'm you'll he'd '", "''s 'sx 'lx 'l 're're", "don't!!! ...?? #$%", "x1y22z333", " 1 a !",
    "camel camels caravan Caravan CARAVAN", "schöne Grüße", "e\u0301 vs \u00e9", "караван ١٢٣ ½ Ⅷ ² ৩",
    "商队走了 商队", "a\u00a0b\u2003c\u3000d\u2028e\u0085f", "\u200b\u200d\ufeff", "🐪🐫 👩\u200d👩\u200d👧 🇩🇪",
    "\u0000\u0001\u001c\u001f\u007f", "\u00ad\u00a1\u0143 \u0100", "\U00010400\U0001d7d8\U000e0001", "aaaaaaaaaaaaaaaaaaa",
    "<|endoftex|>", "tail   ", "tail \t\n ", "\u1680x\u180ey\u202fz", "ﬁ ǅ ʰ ª º",
]

tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.train_from_iterator([TEXT], trainers.BpeTrainer(
    vocab_size=399, min_frequency=2, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
tokenizer.add_special_tokens(["<|endoftext|>"])
golden = {
    "text": TEXT,
    "tokenizer": json.loads(tokenizer.to_str()),
    "cases": [{"text": case, "ids": tokenizer.encode(case).ids} for case in CASES],
}
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text(json.dumps(golden, ensure_ascii=True, indent=None, separators=(",", ":")).replace('{"text', '\n{"text').lstrip() + "\n")
