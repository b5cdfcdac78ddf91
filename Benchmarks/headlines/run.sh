#!/usr/bin/env bash
# A long headline run: trains, then compares with what counting reaches on the same held-out text. The same command continues
# a run that was stopped. usage: run.sh books|openllm DATA FOLDER [MINUTES [MORE OPTIONS OF caravan train]]
#   books    a small GPT on whole books, against unigram, bigram and trigram in bits per byte
#   openllm  OpenLLM's 35.8-million-parameter shape, until the held-out perplexity passes its best, 177
# DATA is a folder of text files, emma.txt and sherlock_holmes.txt among them: those two are held out.
set -euo pipefail
case ${1:-} in
books) minutes=60 every=500 ;;
openllm) minutes=300 every=100 ;;
*) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
[ $# -ge 3 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
name=$1 data=$(realpath "$2") folder=$3 minutes=${4:-$minutes}
mkdir -p "$folder" && folder=$(realpath "$folder")
shift $(($# < 4 ? $# : 4))
cd "$(dirname "$0")/../.."
make -s build
caravan=.build/release/caravan recipe=Benchmarks/headlines/$name.yaml
exec > >(tee -a "$folder/run.txt")

date -u +'%d %B %Y, %H:%M UTC'; lscpu | sed -n 's/^Model name: */processor: /p'; echo "cores: $(nproc)"
$caravan train "$recipe" --data "$data" --folder "$folder" --minutes "$minutes" --evaluate-every $every --save-every 300 "$@"

echo; echo "The curve, and the first evaluation that passes a perplexity of 177 with this tokenizer:"
python3 - "$folder/log.jsonl" <<'END'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
evaluations = [record for record in records if "validation" in record]
for record in evaluations:
    print(f"{record['step']:7} steps {record['tokens'] / 1e6:8.2f} million tokens {record['seconds'] / 60:7.1f} min  perplexity "
          f"{record['perplexity']:8.2f}  bits per byte {record['validation']['bitsPerByte']:.4f}")
passed = next((record for record in evaluations if record["perplexity"] < 177), None)
print(f"passed 177 after {passed['tokens']} tokens and {passed['seconds'] / 60:.1f} minutes" if passed else "177 is not passed")
END
echo; echo "On the same held-out text:"
$caravan baselines "$recipe" --data "$data" --model "$folder"
