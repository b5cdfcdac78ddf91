#!/usr/bin/env bash
# What all checks cost honest hosts: processor time of a server and four volunteers who train the same run with the checks that are
# the default, and without any. usage: run.sh BOOKS FOLDER
# BOOKS is a folder of text files. Both runs are made at the same time: what slows a machine for a while slows both.
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
books=$(realpath "$1")
mkdir -p "$2" && folder=$(realpath "$2")
cd "$(dirname "$0")/../.."
make -s build
programs=$PWD/.build/release here=$PWD/Benchmarks/overhead
TIMEFORMAT='%U %S'

project() { # NAME RECIPE: runs it to its end
  local name=$folder/$1
  "$programs/caravan-server" run "$2" --folder "$name/server" --port 0 --url-file "$name/url" > "$name/server.log" 2>&1 &
  local server=$! volunteers=()
  until [ -s "$name/url" ]; do kill -0 "$server" || { cat "$name/server.log" >&2; exit 1; }; sleep 0.2; done
  for host in 1 2 3 4; do
    {
      "$programs/caravan-client" join "$(cat "$name/url")" --folder "$name/$host"
      "$programs/caravan-client" run --folder "$name/$host" --threads 1 --exit-when-finished
    } > "$name/$host.log" 2>&1 &
    volunteers+=($!)
  done
  wait "${volunteers[@]}"
  awk '{ print ($14 + $15) / 100 }' "/proc/$server/stat" > "$name/server.seconds"
  kill "$server" && wait "$server" || true
}

measure() { # KIND: leaves the processor time of the run in its folder
  rm -rf "${folder:?}/$1" && mkdir -p "$folder/$1"
  { time project "$1" "$folder/$1.yaml"; } 2> "$folder/$1/seconds"
}

seconds() { awk '{ print $1 + $2 }' "$folder/$1/seconds"; }
units() { cat "$folder/$1"/[1-4].log | grep -c "step 64 of 64"; } # that volunteers trained

sed "s|BOOKS|$books|" "$here/recipe.yaml" > "$folder/checked.yaml"
{ cat "$folder/checked.yaml" && echo '  audit: {share: 0}' && echo '  checks: {cohort: false, lossTestShare: 0}'; } \
  > "$folder/unchecked.yaml"
measure checked &
checked=$!
measure unchecked
wait "$checked"
awk -v checked="$(seconds checked)" -v unchecked="$(seconds unchecked)" \
  -v again="$(units checked)" -v once="$(units unchecked)" \
  -v here="$(cat "$folder/checked/server.seconds")" -v there="$(cat "$folder/unchecked/server.seconds")" 'BEGIN {
  printf "%.1f s of processor time with checks, %.1f s without: %+.1f %%\n", checked, unchecked, 100 * (checked / unchecked - 1)
  printf "  volunteers trained %d units instead of %d: %+.1f %%; the server took %.1f s instead of %.1f: %+.1f %%\n",
    again, once, 100 * (again / once - 1), here, there, 100 * (here - there) / unchecked
}'
