#!/usr/bin/env bash
# fuzz/run.sh [SECONDS [TARGET ...]] - runs fuzz targets of build/fuzz for so long each (60), as many at a time as
# there are cores.
#
# A target reads corpus/MODULE/NAME, else corpus/MODULE, where src/MODULE/NAME_fuzz.cpp is its source; what it finds
# goes to a temporary folder. The first crash ends the run: its input is kept and its path printed. A line a target on
# standard error, the table of all of them on standard output.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
build=${UNDERSTUDY_FUZZ_BUILD:-build/fuzz}

corpus_of() { # source file
  local module name
  module=$(basename "$(dirname "$1")")
  name=$(basename "$1" _fuzz.cpp)
  if [ -d "corpus/$module/$name" ]; then printf '%s' "corpus/$module/$name"; else printf '%s' "corpus/$module"; fi
}

stat_of() { # name of a statistic, log
  sed -n "s/^stat::$1: *//p" "$2" | tail -n 1
}

run_one() { # source file, seconds, folder
  local target corpus log runs edges spent code=0
  target=$(basename "$1" .cpp)
  corpus=$(corpus_of "$1")
  log=$3/$target.log
  mkdir "$3/$target"
  spent=$SECONDS
  "$build/$target" -max_total_time="$2" -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$3/$target-" "$3/$target" "$corpus" >"$log" 2>&1 || code=$?
  spent=$((SECONDS - spent))
  runs=$(stat_of number_of_executed_units "$log")
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  rm -rf "${3:?}/$target"
  printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$target" "$corpus" "$(find "$corpus" -type f | wc -l)" "${runs:-?}" \
    "$spent" "${edges:-?}" "$([ $code = 0 ] && echo 'no crash' || echo '**crash**')" >"$3/$target.row"
  if [ $code = 0 ]; then
    printf '%-22s %10s runs in %s s\n' "$target" "${runs:-?}" "$spent" >&2
    return 0
  fi
  tail -n 40 "$log" >&2
  printf '%s: exit %s; input: %s\n' "$target" $code "$(find "$3" -type f -name "$target-*" | head -n 1)" >&2
  touch "$3/crashed"
  exit 255 # xargs starts no other
}

if [ "${1:-}" = --one ]; then # one target, as xargs calls it
  run_one "$4" "$2" "$3"
  exit
fi
seconds=${1:-60}
[ $# -gt 0 ] && shift
mapfile -t sources < <(find src -name '*_fuzz.cpp' | sort)
if [ $# -gt 0 ]; then
  wanted=$(printf '/%s\\.cpp$\n' "$@")
  mapfile -t sources < <(printf '%s\n' "${sources[@]}" | grep -e "$wanted" || true)
  [ ${#sources[@]} = $# ] || { printf 'fuzz: no such target among: %s\n' "$*" >&2; exit 2; }
fi
for source in "${sources[@]}"; do
  target=$(basename "$source" .cpp)
  [ -x "$build/$target" ] || { printf 'fuzz: %s is not built (./dev build fuzz)\n' "$target" >&2; exit 2; }
  [ -n "$(find "$(corpus_of "$source")" -type f -print -quit 2>/dev/null)" ] || { printf 'fuzz: %s has no corpus\n' "$target" >&2; exit 2; }
done

folder=$(mktemp -d "${TMPDIR:-/tmp}/understudy-fuzz-XXXXXX")
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 1 fuzz/run.sh --one "$seconds" "$folder" || true
printf '| target | corpus | files | runs | seconds | edges covered | |\n|---|---|---|---|---|---|---|\n'
cat "$folder"/*.row
if [ -e "$folder/crashed" ]; then exit 1; fi
finished=$(find "$folder" -name '*.row' | wc -l)
rm -rf "$folder"
[ "$finished" = ${#sources[@]} ]
