#!/usr/bin/env bash
# Rounds in which nobody trains, of Flower and Caravan in turns.
# usage: flower.sh simulated --books FOLDER [--turns N] | flower.sh processes [--turns N]
# Flower comes from PyPI into a virtual environment under VENV, the first time.
set -euo pipefail
repository=$(realpath "$(dirname "$0")/../..")
venv=${VENV:-$HOME/.cache/caravan-peers/flower}
[ -x "$venv/bin/python" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q 'flwr[simulation]==1.41.*' numpy; }
make -s -C "$repository" build
exec "$venv/bin/python" "$repository/Benchmarks/peers/flower_rounds.py" "$@"
