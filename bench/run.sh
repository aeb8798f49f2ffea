#!/usr/bin/env bash
# bench/run.sh [NAME ...] - the benches of build/release beside their peers, and docs/results/bench.md of them all. With
# names (resp, instructions, histogram, redis_link, http_client, rehearsal, families, snapshot,
# governed) only those, and no page.
exec /usr/bin/python3 -sEB "$(dirname "$(readlink -f "$0")")/run.py" "$@"
