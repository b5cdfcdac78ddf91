#!/usr/bin/env bash
# Our tokenizer beside Hugging Face tokenizers, tiktoken and sentencepiece: the same ids, then times in turns.
# usage: tokenizers.sh [same] [train] [encode] [--text FILE]… [--turns N] [--threads N] [--vocabulary N]
# The packages come from PyPI into a virtual environment under VENV, the first time.
set -euo pipefail
repository=$(realpath "$(dirname "$0")/../..")
venv=${VENV:-$HOME/.cache/caravan-peers/tokenizers}
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q tokenizers==0.23.3 tiktoken==0.14.0 sentencepiece==0.2.3
fi
make -s -C "$repository" build
exec "$venv/bin/python" "$repository/Benchmarks/peers/tokenizer_peers.py" "$@"
