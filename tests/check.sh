#!/usr/bin/env bash
# tests/check.sh [PART ...] - the checks that take long, for `./dev check`. Every part runs, whatever became of those
# before; the exit is 1 if one of them failed. Logs lie in build/check, a page of each part in docs/results.
#
#   test    ./dev test (no page)
#   tsan    the unit tests and the C++ tests against real servers, under the thread sanitizer
#   fuzz    each fuzz target for UNDERSTUDY_FUZZ_SECONDS (60)
#   kill    kill -9 at every state of the journal, then a rollback
#   long    every test of the program, those too that `./dev test` leaves out for their length
#   servers  snapshot, diff and sync on other versions of the server, from Debian's other suites
#   study   60 rehearsals: what does the verdict say where nothing changed, and where something did?
#   frameworks  what `init --instrument` prints, in WordPress, Laravel, Rails and Express
#   bench   the benches (only when named)
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
python=/usr/bin/python3
logs=build/check

page() { # NAME TITLE ABOUT COMMAND CODE, the body on standard input
  $python -B tests/page.py "$1" "$2" "$3" "$4" "$([ "$5" = 0 ] && echo passed || echo '**failed**')"
}
fenced() { printf '```\n'; cat; printf '```\n'; }

part_test() { ./dev test 2>&1 | tee "$logs/test.log"; }

# The Python tests of the program are left out: they run other programs, which this sanitizer does not see.
part_tsan() {
  local code=0 left_out
  left_out=$(basename -s .py -a tests/live/*_test.py 2>/dev/null | paste -sd '|')
  { ./dev build tsan && TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1" ctest --test-dir build/tsan \
    --output-on-failure --no-tests=error -j "$(nproc)" -E "^(tree\..*|shop|live\.(${left_out:-none}))$"; } 2>&1 |
    tee "$logs/tsan.log" || code=1
  grep -E '^ *[0-9]+/[0-9]+ Test|tests passed|WARNING: ThreadSanitizer|FAILED' "$logs/tsan.log" | fenced |
    page tsan 'Thread sanitizer' \
      'The unit tests of every module and the C++ tests against real servers, built with `-fsanitize=thread`.' \
      './dev check tsan' $code
  return $code
}

part_fuzz() {
  local code=0 seconds=${UNDERSTUDY_FUZZ_SECONDS:-60}
  ./dev fuzz "$seconds" 2>"$logs/fuzz.log" >"$logs/fuzz.table" || code=1
  cat "$logs/fuzz.log" "$logs/fuzz.table"
  page fuzz 'Fuzzing' \
    "Each libFuzzer target for $seconds seconds from its corpus, with address and undefined-behaviour sanitizers." \
    './dev check fuzz' $code <"$logs/fuzz.table"
  return $code
}

part_kill() {
  local code=0
  { ./dev build dev && UNDERSTUDY_KILL_ALL=1 UNDERSTUDY_BINARY=$PWD/build/dev/understudy PYTHONPATH=tests/live \
    $python -B tests/live/crash_test.py -v; } 2>&1 | tee "$logs/kill.log" || code=1
  grep -E ' \.\.\. |^(Ran|OK|FAILED|FAIL:|ERROR:)' "$logs/kill.log" | fenced |
    page kill 'Killed at every state' \
      'The program is ended with `kill -9` at every state that its journal can be in, also while the deploy runs;
`understudy rollback` then has to make the environment as it was.' './dev check kill' $code
  return $code
}

# All of it under the sanitizers; and that each header compiles by itself.
part_long() {
  local code=0
  { ./dev build dev && ctest --test-dir build/dev --output-on-failure --no-tests=error -R '^tree\.headers$' &&
    ./dev build asan && UNDERSTUDY_LONG=1 ctest --test-dir build/asan --output-on-failure --no-tests=error \
    -j "$(($(nproc) + 1))" -R '^(live\.|shop)'; } 2>&1 | tee "$logs/long.log" || code=1
  grep -E '^ *[0-9]+/[0-9]+ Test|tests passed|FAILED' "$logs/long.log" | sed -E 's/ +[0-9.]+ sec$//' | fenced |
    page long 'Every test of the program' \
      'The tests against real servers under the address and undefined-behaviour sanitizers, with those that `./dev test` leaves out since their like is in every run.' \
      './dev check long' $code
  return $code
}

# Unpacked into a folder of the user's cache, run through their own loaders; nothing is installed.
part_servers() {
  local code=0 folder=${XDG_CACHE_HOME:-$HOME/.cache}/understudy/servers
  ./dev build dev program || return 1
  $python tests/servers.py "$folder" 2>&1 | tee "$logs/servers.have" || code=1
  {
    for server in "$folder"/*/server; do
      for words in snapshot_live_test 'diff_test Diff' sync_test; do
        # shellcheck disable=SC2086
        set -- $words
        printf '%-11s %-19s ' "$(basename "$(dirname "$server")")" "$1"
        (cd tests/live && UNDERSTUDY_SERVER=$server UNDERSTUDY_BINARY=$OLDPWD/build/dev/understudy \
          $python -W ignore -B "$1.py" ${2:-} >"$OLDPWD/$logs/servers.log" 2>&1) || code=1
        grep -E '^(FAIL|ERROR):' "$logs/servers.log" | tr '\n' ' '
        tail -1 "$logs/servers.log"
      done
    done
    [ "$code" = 0 ]
  } | tee "$logs/servers.table" || code=1
  { cat "$logs/servers.have" && printf '\n' && cat "$logs/servers.table"; } | fenced | page servers 'Other versions of the server' \
    'snapshot (by SCAN, by PSYNC, of the RDB file that the server wrote), diff and sync against servers that Debian'"'"'s
other suites have. Skipped is what a version does not have: before 7.0 a stream of the RDB and subcommands in ACL rules.' \
    './dev check servers' $code
  return $code
}

part_study() {
  ./dev build release && UNDERSTUDY_BINARY=$PWD/build/release/understudy $python -B tests/study/study.py 2>&1 | tee "$logs/study.log"
}

part_frameworks() {
  local code=0
  ./dev build dev understudy && UNDERSTUDY_BINARY=$PWD/build/dev/understudy $python -B tests/frameworks/frameworks.py \
    2>&1 | tee "$logs/frameworks.log" || code=1
  page instrument 'Middleware in its frameworks' \
    'What `understudy init --instrument` prints, run in the framework itself. Each count is held against one that the
middleware has no part in: MariaDB'"'"'s own log of statements, or the number of queries that the test makes. Django is not
here: it is run by every `./dev test`, in the shop.' './dev check frameworks' $code <"$logs/frameworks.log"
  return $code
}

part_bench() { ./dev bench 2>&1 | tee "$logs/bench.log"; }

parts=("$@")
[ $# -gt 0 ] || parts=(test tsan fuzz kill long servers study frameworks)
for part in "${parts[@]}"; do
  declare -F "part_$part" >/dev/null || { printf 'check: no part %s; there are test, tsan, fuzz, kill, long, servers, study, frameworks, bench\n' "$part" >&2; exit 2; }
done
mkdir -p "$logs"
failed=''
summary=''
for part in "${parts[@]}"; do
  printf '== %s\n' "$part" >&2
  begun=$SECONDS
  if "part_$part"; then word=passed; else word=FAILED failed=yes; fi
  summary+=$(printf '%-10s %-7s %6d s' "$part" $word $((SECONDS - begun)))$'\n'
done
printf '\n%s' "$summary"
[ -z "$failed" ]
