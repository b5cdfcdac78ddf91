#!/usr/bin/env bash
# Speed and memory of the way from text to token shards, on text generated from the text files of a folder.
# usage: run.sh TEXTS MEGABYTES FOLDER
#   writes FOLDER/text (MEGABYTES of documents parted by blank lines), then packs it with and without near-duplicate search
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
texts=$(realpath "$1") megabytes=$2
mkdir -p "$3" && folder=$(realpath "$3")
cd "$(dirname "$0")/../.."
make -s build
[ -e "$folder/text" ] || python3 Benchmarks/data/generate_text.py "$texts" "$megabytes" "$folder/text"
for search in --keep-near-duplicates ''; do
  rm -rf "$folder/packed"
  echo; echo "caravan data pack --separator '' --sample-megabytes 64 $search"
  /usr/bin/env python3 - "$folder/text" .build/release/caravan data pack "$folder/text" --separator '' --sample-megabytes 64 $search \
      -o "$folder/packed" <<'END'
import os, resource, subprocess, sys, time
size = sum(os.path.getsize(os.path.join(sys.argv[1], name)) for name in os.listdir(sys.argv[1]))
start = time.monotonic()
subprocess.run(sys.argv[2:], check=True)
seconds, usage = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{size / 1e6:.0f} MB in {seconds:.1f} s: {size / 1e6 / seconds:.1f} MB/s; {usage.ru_utime + usage.ru_stime:.1f} s of processor "
      f"time; peak {usage.ru_maxrss / 1024:.0f} MB")
END
done
rm -rf "$folder/packed"
