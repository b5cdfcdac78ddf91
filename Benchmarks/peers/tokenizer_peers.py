#!/usr/bin/env python3
"""Our tokenizer beside Hugging Face tokenizers, tiktoken and sentencepiece. See tokenizers.sh.

same    Are the ids the same? Every character of Unicode alone, between letters, digits, spaces and line ends; random
        mixtures; malformed bytes; the texts. With tokenizers trained by either side, and files of both spellings of
        merges. tiktoken has the merges of our file and the pattern with which cl100k_base was published (its later
        `\\s++$` joins line ends and spaces at the end of a text).
train   Seconds to train on a text in memory.
encode  Megabytes per second, documents of 4 kB, each time from a cold start where the package has one.

Hugging Face takes text only. Malformed bytes are compared so: each is replaced by a private-use character, which no
pattern tells from any other sign; the words that Hugging Face finds are turned back into bytes, and tiktoken merges each.
"""
import argparse
import json
import os
import pathlib
import random
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time

PATTERNS = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "gpt4": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*"
            r"|\s*[\r\n]|\s+(?!\S)|\s+",
}
SPLIT4 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
MALFORMED = [b"\xff", b"\xc3", b"\xe2\x80", b"\xed\xa0\x80", b"\xf0\x9f\x90", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\x80"]
STAND_IN = "\ue000"
PROGRAM = str(pathlib.Path(__file__).resolve().parents[2] / ".build/release/caravan-benchmarks")

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("parts", nargs="*", help="same, train, encode; default: all")
arguments.add_argument("--text", action="append", default=[], help="a text file; several are joined for times")
arguments.add_argument("--vocabulary", type=int, default=32000)
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--turns", type=int, default=5)
arguments.add_argument("--measure", nargs=2, metavar=("PEER", "FOLDER"), help=argparse.SUPPRESS)
options = arguments.parse_args()
os.environ["RAYON_NUM_THREADS"] = str(options.threads)
os.environ["TOKENIZERS_PARALLELISM"] = "true"

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402


def pre_tokenizer(pattern):
    if pattern == "gpt2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False)
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT4), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def train_theirs(texts, pattern, vocabulary, **more):
    theirs = Tokenizer(models.BPE(**more))
    theirs.pre_tokenizer = pre_tokenizer(pattern)
    theirs.decoder = decoders.ByteLevel()
    theirs.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=vocabulary, min_frequency=2, special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return theirs


def byte_of_character():
    visible = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    hidden = [byte for byte in range(256) if byte not in visible]
    return {chr(code): byte for code, byte in zip(visible + list(range(256, 256 + len(hidden))), visible + hidden)}


BYTES = byte_of_character()


def tiktoken_of(file, pattern):
    """The same vocabulary and merges with the same ids, if every merge makes a new token; else None."""
    import tiktoken
    model = json.load(open(file))["model"]
    spell = lambda token: bytes(BYTES[character] for character in token)
    ids = model["vocab"]
    ranks = {spell(token): number for number, token in enumerate(sorted((t for t in ids if len(t) == 1 and t in BYTES), key=ids.get))}
    real = {rank: ids[token] for token in ids if len(token) == 1 and token in BYTES for rank in [ranks[spell(token)]]}
    for merge in model["merges"]:
        left, right = merge if isinstance(merge, list) else merge.split(" ")
        if spell(left + right) in ranks:
            return None
        real[len(ranks)] = ids[left + right]
        ranks[spell(left + right)] = len(ranks)
    encoding = tiktoken.Encoding("same", pat_str=PATTERNS[pattern], mergeable_ranks=ranks, special_tokens={})
    return encoding, real


def run(*words, **more):
    return subprocess.run([PROGRAM, "tokenizer", *words], check=True, stdout=subprocess.PIPE, **more).stdout


def ours(file, texts):
    framed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    answer = run("ids", "--tokenizer", file, input=framed)
    ids, place = [], 0
    while place < len(answer):
        count, = struct.unpack_from("<I", answer, place)
        ids.append(list(struct.unpack_from(f"<{count}I", answer, place + 4)))
        place += 4 + 4 * count
    return ids


def documents(path, size=4096):
    bytes_, texts, start = open(path, "rb").read(), [], 0
    while start < len(bytes_):
        end = bytes_.find(b"\n", min(start + size, len(bytes_)) - 1) + 1 or len(bytes_)
        texts.append(bytes_[start:end].decode("utf-8", "replace"))
        start = end
    return texts


def unicode_texts():
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    texts = ["".join(characters[start:start + 128]) for start in range(0, len(characters), 128)]
    contexts = ["{}", "a{}b", " {} ", "1{}2", "!{}!", "'{}s", "\n{}\n", " {}a", "\t{}1", "{}{}", "  {}  x", "é{}中"]
    # A letter and a sign stand between, so that each character meets its context alone: one of them, and all in turn.
    for start in range(0, len(characters), 64):
        texts.append("x-".join(contexts[(start // 64 + place) % len(contexts)].replace("{}", character)
                               for place, character in enumerate(characters[start:start + 64])))
    generator = random.Random(1)
    pieces = ["a", "Z", "'s", "'LL", "'ſ", "'re", " ", "  ", "\n", "\r\n", "\t", "1", "234", "٣", "½", "!", "?!", "é", "e\u0301",
              "中文", "🐫", "\u00a0", "\u3000", "\u2028", "\u200b", "_", "'", "the", " caravan", "\u0085", "ǅ", "ⅷ"]
    for _ in range(10000):
        texts.append("".join(generator.choice(pieces) for _ in range(generator.randrange(1, 30))))
    for _ in range(5000):
        texts.append("".join(generator.choice(characters) for _ in range(20)))
    return texts


def compare(name, file, theirs, pattern, texts):
    mine = ours(file, [text.encode() for text in texts])
    wrong = 0
    for start in range(0, len(texts), 4096):
        part = theirs.encode_batch(texts[start:start + 4096], add_special_tokens=False)
        for text, one, other in zip(texts[start:], mine[start:], part):
            if one != other.ids:
                wrong += 1
                if wrong <= 3:
                    print("  differs:", ascii(text[:200]), one[:20], other.ids[:20])
    twin, wrong_there = tiktoken_of(file, pattern), 0
    if twin:
        encoding, real = twin
        for one, other in zip(mine, encoding.encode_ordinary_batch(texts, num_threads=options.threads)):
            wrong_there += one != [real[token] for token in other]
    print(f"same name={name} texts={len(texts)} differ={wrong} differTiktoken={wrong_there if twin else 'none'}", flush=True)
    return wrong + wrong_there


def compare_malformed(name, file, theirs, pattern):
    encoding, real = tiktoken_of(file, pattern)
    generator = random.Random(2)
    pieces = MALFORMED + [piece.encode() for piece in ["a", " ", "the caravan", "\n", "1", "'s", "é", "中", "🐫", "!", "  ", "\r\n"]]
    texts = [b"".join(generator.choice(pieces) for _ in range(generator.randrange(1, 20))) for _ in range(20000)]
    texts += [generator.randbytes(generator.randrange(1, 60)) for _ in range(20000)]
    wrong = 0
    for text, one in zip(texts, ours(file, texts)):
        # Each byte that is not part of well-formed UTF-8 becomes one surrogate, and so one character.
        escaped = text.decode("utf-8", "surrogateescape")
        standing = "".join(STAND_IN if 0xD800 <= ord(character) < 0xE000 else character for character in escaped)
        expected = []
        for _, (start, end) in theirs.pre_tokenizer.pre_tokenize_str(standing):
            word = escaped[start:end].encode("utf-8", "surrogateescape")
            expected += [real[token] for token in encoding._core_bpe.encode_single_piece(word)]
        wrong += one != expected
    print(f"same name={name}-malformed texts={len(texts)} differ={wrong}", flush=True)
    return wrong


def same(folder):
    texts, wrong = unicode_texts(), 0
    books = [text for path in options.text for text in documents(path)]
    corpus = os.path.join(folder, "corpus.txt")
    open(corpus, "w", newline="").write("\n".join(texts[:8704:20] + texts[-3000:]) + "".join(books)[:2_000_000])
    for pattern in PATTERNS:
        file = os.path.join(folder, pattern + ".json")
        run("train", corpus, "--vocabulary", "4000", "--pattern", pattern, "--output", file)
        theirs = Tokenizer.from_file(file)
        wrong += compare("ours-" + pattern, file, theirs, pattern, texts + books[:1000])
        wrong += compare_malformed("ours-" + pattern, file, theirs, pattern)
        learned = train_theirs(documents(corpus), pattern, 4000)
        ours_model, their_model = json.load(open(file))["model"], json.loads(learned.to_str())["model"]
        merges = lambda model: [m if isinstance(m, list) else m.split(" ") for m in model["merges"]]
        equal = merges(ours_model) == merges(their_model)
        wrong += not equal
        print(f"same name=merges-{pattern} count={len(ours_model['merges'])} equal={equal}", flush=True)
        for spelling in ("pairs", "texts", "whole"):
            file = os.path.join(folder, f"theirs-{pattern}-{spelling}.json")
            content = json.loads(learned.to_str())
            if spelling == "texts":
                content["model"]["merges"] = [" ".join(merge) for merge in merges(content["model"])]
            if spelling == "whole":
                # Without its last merges some tokens are whole words only.
                content["model"]["ignore_merges"] = True
                content["model"]["merges"] = content["model"]["merges"][:-700]
            json.dump(content, open(file, "w"))
            theirs = Tokenizer.from_file(file)
            some = texts[::9] + books[:300]
            if spelling == "whole":
                mine = ours(file, [text.encode() for text in some])
                part = theirs.encode_batch(some, add_special_tokens=False)
                differ = sum(one != other.ids for one, other in zip(mine, part))
                print(f"same name=theirs-{pattern}-whole texts={len(some)} differ={differ}", flush=True)
                wrong += differ
            else:
                wrong += compare(f"theirs-{pattern}-{spelling}", file, theirs, pattern, some)
    return wrong


def figures(line):
    return {key: value for key, _, value in (word.partition("=") for word in line.split()) if value}


def measure(peer, folder):
    """In a process of its own: one line of figures."""
    texts = [text for path in options.text for text in documents(path)]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    file = os.path.join(folder, "measured.json")

    def rate(encode):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            encode()
            times.append(time.perf_counter() - start)
        return megabytes / statistics.median(times)

    start = time.perf_counter()
    result = {}
    if peer == "train-tokenizers":
        train_theirs(texts, "gpt2", options.vocabulary)
        result["seconds"] = time.perf_counter() - start
    elif peer == "train-sentencepiece":
        import sentencepiece
        sentencepiece.SentencePieceTrainer.train(
            input=options.text, model_prefix=os.path.join(folder, "spm"), vocab_size=options.vocabulary, model_type="bpe",
            num_threads=options.threads, byte_fallback=True, max_sentence_length=100000, minloglevel=2)
        result["seconds"] = time.perf_counter() - start
    elif peer == "encode-tokenizers":
        theirs = Tokenizer.from_file(file)
        result["megabytesPerSecond"] = rate(lambda: [e.ids for e in theirs.encode_batch_fast(texts, add_special_tokens=False)])
    elif peer == "encode-tiktoken":
        encoding, _ = tiktoken_of(file, "gpt2")
        result["megabytesPerSecond"] = rate(lambda: encoding.encode_ordinary_batch(texts, num_threads=options.threads))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(peer, *(f"{key}={value:.3f}" for key, value in result.items()), f"peakMegabytes={peak:.0f}")


def turns(folder, part, peers, key):
    file, corpus = os.path.join(folder, "measured.json"), os.path.join(folder, "measured.txt")
    open(corpus, "wb").write(b"".join(open(path, "rb").read() for path in options.text))
    if part == "encode":
        run("train", corpus, "--vocabulary", str(options.vocabulary), "--threads", str(options.threads), "--output", file)
    values = {name: [] for name in ["ours"] + peers}
    for turn in range(options.turns):
        for name in list(values)[::1 if turn % 2 == 0 else -1]:
            if name == "ours":
                words = ["--vocabulary", str(options.vocabulary)] if part == "train" else ["--tokenizer", file]
                line = run(part, corpus, "--threads", str(options.threads), *words).decode()
            else:
                line = subprocess.run(
                    [sys.executable, __file__, "--measure", f"{part}-{name}", folder, "--threads", str(options.threads),
                     "--vocabulary", str(options.vocabulary), "--text", corpus],
                    check=True, stdout=subprocess.PIPE).stdout.decode()
            print(line.strip(), flush=True)
            values[name].append(float(figures(line)[key]))
    for name in peers:
        ratios = [mine / other for mine, other in zip(values["ours"], values[name])]
        print(f"{part} ours/{name} {key}: median {statistics.median(ratios):.2f}, {min(ratios):.2f} … {max(ratios):.2f}"
              f" ({statistics.median(values['ours']):.2f} and {statistics.median(values[name]):.2f})", flush=True)


if options.measure:
    measure(*options.measure)
    sys.exit()
with tempfile.TemporaryDirectory() as folder:
    parts, wrong = options.parts or ["same", "train", "encode"], 0
    if "same" in parts:
        wrong = same(folder)
        print("all ids are the same" if wrong == 0 else f"{wrong} texts differ")
    if "train" in parts:
        turns(folder, "train", ["tokenizers", "sentencepiece"], "seconds")
    if "encode" in parts:
        turns(folder, "encode", ["tokenizers", "tiktoken"], "megabytesPerSecond")
sys.exit(wrong != 0)
