#!/usr/bin/env bash
# Simulated rounds of a hundred hosts that do not train, of Flower and Caravan in turns.
# usage: flower.sh BOOKS [--turns N] [--rounds N]
# BOOKS is a folder of text files, those that simulations/rounds.yaml names among them. Flower comes from PyPI into a virtual
# environment under VENV, the first time.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
books=$(realpath "$1"); shift
cd "$(dirname "$0")/../.."
venv=${VENV:-$HOME/.cache/caravan-peers/flower}
[ -x "$venv/bin/python" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q 'flwr[simulation]==1.41.*' numpy; }
make -s build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp Benchmarks/simulations/rounds.yaml "$folder"
ln -s "$books" "$folder/books"
export FLWR_HOME="$folder/flower" FLWR_TELEMETRY_ENABLED=0 RAY_USAGE_STATS_ENABLED=0
"$venv/bin/python" Benchmarks/peers/flower_rounds.py .build/release/caravan "$folder/rounds.yaml" "$@"
