#!/usr/bin/env bash
# Training steps of Caravan and PyTorch in turns, and tables of their ratios.
# usage: train.sh [--shapes S M256 …] [--threads 2 1] [--turns N] [--seconds N] [--eager] [--busy]
# PyTorch comes from PyPI into a virtual environment under VENV, the first time.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=${VENV:-$HOME/.cache/caravan-peers/venv}
[ -x "$venv/bin/python" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q torch numpy; }
make -s build
exec .build/release/caravan-benchmarks peers --python "$venv/bin/python" "$@"
