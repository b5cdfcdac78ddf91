#!/usr/bin/env bash
# The loss of 500 steps with activations kept in bfloat16 against float32, step by step.
# usage: precision.sh tinyshakespeare.txt FOLDER
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
data=$(realpath "$1") folder=$2
mkdir -p "$folder" && folder=$(realpath "$folder")
cd "$(dirname "$0")/../.."
make -s build
for precision in float32 bfloat16; do
    sed "s/activations: float32/activations: $precision/" Benchmarks/headlines/shakespeare.yaml > "$folder/$precision.yaml"
    .build/release/caravan train "$folder/$precision.yaml" --data "$data" --folder "$folder/$precision" --evaluate-every 250
done
python3 - "$folder" <<'END'
import json, sys
def losses(name):
    return [r["loss"] for r in map(json.loads, open(f"{sys.argv[1]}/{name}/log.jsonl")) if "loss" in r]
whole, rounded = losses("float32"), losses("bfloat16")
assert len(whole) == len(rounded) == 500
apart = [abs(b / a - 1) for a, b in zip(whole, rounded)]
print(f"losses of 500 steps: float32 {whole[0]:.4f} to {whole[-1]:.4f}, bfloat16 {rounded[0]:.4f} to {rounded[-1]:.4f}; "
      f"apart by {100 * max(apart):.3f} % at most, {100 * sum(apart) / 500:.3f} % on average")
END
