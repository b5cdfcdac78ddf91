#!/usr/bin/env python3
"""Sizes and speeds of zlib and zstd on token ids, beside `caravan-benchmarks shard FILE`, on one thread.

The file has ids of 16 bits, least significant byte first. A line of figures for each codec, of the ids as they are and as byte
planes (all low bytes of a chunk, then all high bytes), in chunks of 262,144 ids. The first codec is what Caravan wrote before it
had its own. Seconds are those of the processor. zstd needs `pip install zstandard` and is left out without it. Reading planes does not count putting the bytes
together again.
"""
import argparse
import statistics
import time
import zlib

try:
    import zstandard
except ImportError:
    zstandard = None

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("file")
arguments.add_argument("--tokens", type=int, default=1 << 20, help="tokens in each shard but the last")
options = arguments.parse_args()
CHUNK = 1 << 18

with open(options.file, "rb") as file:
    ids = file.read()
plain = [
    shard[start:start + 2 * CHUNK]
    for shard in (ids[start:start + 2 * options.tokens] for start in range(0, len(ids), 2 * options.tokens))
    for start in range(0, len(shard), 2 * CHUNK)
]
planes = [chunk[0::2] + chunk[1::2] for chunk in plain]


def zlib_codec(level, strategy=zlib.Z_DEFAULT_STRATEGY):
    def compress(chunk):
        stream = zlib.compressobj(level, zlib.DEFLATED, 15, 8, strategy)
        return stream.compress(chunk) + stream.flush()
    return compress, zlib.decompress


def rate(times):
    return f"{len(ids) / 1e6 / statistics.median(times):.0f}"


codecs = [("zlib-9", plain, zlib_codec(9)), ("zlib-9-planes", planes, zlib_codec(9)),
          ("zlib-huffman-planes", planes, zlib_codec(6, zlib.Z_HUFFMAN_ONLY))]
if zstandard:
    for level in (1, 3, 19):
        codec = (zstandard.ZstdCompressor(level=level).compress, zstandard.ZstdDecompressor().decompress)
        codecs += [(f"zstd-{level}", plain, codec), (f"zstd-{level}-planes", planes, codec)]
for name, chunks, (compress, decompress) in codecs:
    start = time.process_time()
    stored = [compress(chunk) for chunk in chunks]
    writing = [time.process_time() - start]
    reading = []
    while len(reading) < 5:
        start = time.process_time()
        read = [decompress(chunk) for chunk in stored]
        reading.append(time.process_time() - start)
    assert read == chunks
    size = sum(map(len, stored))
    print(f"shard codec={name} ids={len(ids) // 2} shardTokens={options.tokens} "
          f"bytesPerToken={2 * size / len(ids):.4f} writeMegabytesPerSecond={rate(writing)} "
          f"readMegabytesPerSecond={rate(reading)}", flush=True)
