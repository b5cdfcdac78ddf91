#!/usr/bin/env bash
# The simulated figures of docs/performance.md. usage: run.sh TABLE BOOKS FOLDER, TABLE being one of
#   quality  one machine, and strategies by codecs, on shared text
#   seeds    the default and one machine with seeds that no setting was chosen by, and with larger batches
#   sparse   topK in long runs of short units
#   text     as seeds, with one author for each host
#   long     as both, in runs four times as long with batches four times as large: hours
#   hostile  a fifth and two fifths of the hosts hostile, by what they send and by rule
#   rounds   how long it takes to simulate a hundred hosts that hardly train, and of which 99 send zeros instead
#   trust    false convictions, cheats found and what they are paid, and the loss with a fifth of the hosts cheating
# BOOKS is a folder of text files, those that the recipes name among them. FOLDER gets simulation.jsonl, pictures and a page for
# each table. The same figures come out on every machine; how long it takes does not.
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2; }
table=$1 books=$(realpath "$2")
mkdir -p "$3" && folder=$(realpath "$3")
cd "$(dirname "$0")/../.."
make -s build
cp Benchmarks/simulations/*.yaml "$folder"
ln -sfn "$books" "$folder/books"
simulate() { # NAME RECIPE OPTIONS…
  local name=$1 recipe=$2; shift 2
  .build/release/caravan simulate "$folder/$recipe.yaml" --folder "$folder/$name" "$@" | tee "$folder/$name.txt"
}
fresh=11,12,13,14,15,16,17,18 # seeds that nothing was chosen by
case $table in
quality)
  simulate machines quality --hosts 8 --compare codec=int4 learningRate=1.0e-2,1.4e-2,3.2e-2 strategy=oneMachine,oneMachine:8
  simulate strategies quality --hosts 8 --compare codec=float32,int8,int4,topK*2 \
    strategy=fedAvg,fedAvgM:1:0.5,fedAdam:0.03,diLoCo ;;
seeds)
  simulate rates quality --hosts 8 --compare codec=int4 learningRate=1.0e-2,2.0e-2,3.2e-2 seed=1,2,3,4 strategy=diLoCo
  simulate seeds quality --hosts 8 --compare codec=int4 learningRate=1.0e-2,3.2e-2 seed=$fresh strategy=oneMachine
  simulate all-batches quality --hosts 8 --compare codec=int4 learningRate=1.4e-2 seed=$fresh strategy=oneMachine:8
  simulate federated quality --hosts 8 --compare codec=float32,int4 seed=$fresh strategy=diLoCo
  sed 's/batchSize: 16/batchSize: 64/' "$folder/quality.yaml" > "$folder/batches.yaml"
  simulate batches-machine batches --hosts 8 --compare codec=int4 learningRate=1.0e-2 strategy=oneMachine
  simulate batches-all batches --hosts 8 --compare codec=int4 learningRate=1.0e-2,1.4e-2,2.0e-2 strategy=oneMachine:8
  simulate batches batches --hosts 8 --compare codec=int4 strategy=diLoCo ;;
sparse)
  sed 's/3.2e-2/2.0e-2/; s/steps: 64/steps: 16/; s/versions: 48/versions: 384/' "$folder/quality.yaml" > "$folder/sparse.yaml"
  simulate sparse sparse --hosts 8 --compare strategy=fedAvg seed=1,11 codec=float32,topK*1.5,topK*2
  sed 's/3.2e-2/2.0e-2/; s/steps: 64/steps: 8/; s/versions: 48/versions: 1536/' "$folder/quality.yaml" > "$folder/sparser.yaml"
  simulate sparser sparser --hosts 8 --compare strategy=fedAvg seed=1,11 codec=float32,topK*1.5,topK*2 ;;
text)
  simulate machines quality --hosts 8 --text sources --compare codec=int4 learningRate=1.0e-2,3.2e-2 seed=11,12,13,14 \
    strategy=oneMachine
  simulate federated quality --hosts 8 --text sources --compare codec=int4 seed=11,12,13,14 strategy=diLoCo ;;
long)
  sed 's/3.2e-2/2.0e-2/; s/batchSize: 16/batchSize: 64/; s/versions: 48/versions: 192/' "$folder/quality.yaml" \
    > "$folder/long.yaml"
  simulate long-machine-rates long --hosts 8 --compare codec=int4 seed=11 learningRate=7.0e-3,1.0e-2,1.4e-2 strategy=oneMachine
  simulate long-machine long --hosts 8 --compare codec=int4 seed=12 learningRate=1.0e-2 strategy=oneMachine
  simulate long-hosts-rates long --hosts 8 --compare codec=int4 seed=11 learningRate=1.4e-2,2.0e-2 strategy=diLoCo
  simulate long-hosts long --hosts 8 --compare codec=int4 seed=12 strategy=diLoCo
  simulate long-text-machine long --hosts 8 --text sources --compare codec=int4 seed=12 learningRate=1.0e-2 \
    strategy=oneMachine
  simulate long-text-hosts long --hosts 8 --text sources --compare codec=int4 seed=12 strategy=diLoCo ;;
hostile)
  simulate clean hostile --hosts 15 --compare clip=none,medianNorm rule=mean,geometricMedian:3,trimmedMean:3,multiKrum:3
  for share in 0.2:3 0.4:6; do
    f=${share#*:} share=${share%:*}
    kinds=$share:signFlip,$share:noise,$share:constant,$share:times1000
    simulate "hostile-$share" hostile --hosts 15 --compare hostile=$kinds clip=medianNorm \
      rule=mean,geometricMedian:$f,trimmedMean:$f,multiKrum:$f,median:$f
    simulate "plain-$share" hostile --hosts 15 --compare hostile=$kinds clip=none rule=mean
  done ;;
rounds)
  simulate rounds rounds --hosts 100
  simulate zeros rounds --hosts 100 --cheats 0.99:zero --unit-minutes 0.1 ;;
trust)
  rules() { # NAME HOSTS VERSIONS SEEDS CHEATS
    simulate "$1" bookkeeping --no-training --hosts "$2" --profile internet --versions "$3" --compare "cheats=$5" "seed=$4"
  }
  over_seeds() { # NAME: of each kind, over all seeds
    awk -F'|' -v name="$1" '
      function number(text) { gsub(/[^0-9.-]/, "", text); return text + 0 }
      NF == 18 && $2 ~ /[a-z]/ && $2 !~ /honest/ {
        kind = $2; gsub(/ /, "", kind); runs[kind]++; cheated[kind] += number($5); found[kind] += number($6) + number($7)
        five[kind] += number($10); ten[kind] += number($11); twenty[kind] += number($12); gain[kind] += number($17)
      }
      END {
        printf "%s\n%-16s %9s %7s %7s %7s %7s %7s\n", name, "kind", "cheated", "found", "of 5", "of 10", "of 20", "gain"
        for (kind in runs) printf "%-16s %9d %6.1f%% %6.1f%% %6.1f%% %6.1f%% %+6.2f%%\n", kind, cheated[kind],
          100 * found[kind] / cheated[kind], five[kind] / runs[kind], ten[kind] / runs[kind], twenty[kind] / runs[kind],
          gain[kind] / runs[kind]
      }' "$folder/$1.txt" | tee "$folder/$1-over-seeds.txt"
  }
  rules honest 1000 1563 1 none
  rules beginners 400 300 1,2,3,4,5,6 0.5 && over_seeds beginners
  rules always 400 800 1,2,3,4,5,6 0.5:all:25 && over_seeds always
  rules often 400 800 1,2,3,4,5,6 0.5:all:25:0.5 && over_seeds often
  rules seldom 400 800 "$(seq -s, 24)" 0.5:all:25:0.05 && over_seeds seldom
  for share in 0.1 0.2 0.3 0.5; do rules "swarm-$share" 400 300 1,2,3 "$share:swarm" && over_seeds "swarm-$share"; done
  simulate loss trust --hosts 40 --compare cheats=none,0.2,0.2:all:10:0.5 ;;
*) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
