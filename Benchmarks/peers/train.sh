#!/usr/bin/env bash
# Training steps of Caravan and PyTorch in turns, and the ratio of the medians. usage: train.sh [SHAPE] [THREADS] [TURNS]
# PyTorch comes from PyPI into a virtual environment under VENV, the first time.
set -euo pipefail
cd "$(dirname "$0")/../.."
shape=${1:-demo} threads=${2:-2} turns=${3:-5} venv=${VENV:-$HOME/.cache/caravan-peers/venv}
[ -x "$venv/bin/python" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q torch numpy; }
make -s build
figures() { sed -E 's/.*tokensPerSecond=([0-9]+).*/\1/'; }
ours=() theirs=()
for _ in $(seq "$turns"); do
    ours+=("$(.build/release/caravan-benchmarks train --shape "$shape" --threads "$threads" --seconds 6 | figures)")
    theirs+=("$("$venv/bin/python" Benchmarks/peers/pytorch_train.py --shape "$shape" --threads "$threads" --seconds 6 | figures)")
done
printf '%s\n' "caravan ${ours[*]}" "pytorch ${theirs[*]}"
paste <(printf '%s\n' "${ours[@]}") <(printf '%s\n' "${theirs[@]}") | awk '{print $1 / $2}' | sort -n |
    awk -v shape="$shape" -v threads="$threads" '{r[NR] = $1} END {printf "shape=%s threads=%s ratio median %.2f, %.2f to %.2f\n", shape, threads, r[int((NR + 1) / 2)], r[1], r[NR]}'
