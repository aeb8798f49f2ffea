#!/usr/bin/python3 -sEB
"""A million mixed keys on one server: `understudy snapshot` beside `redis-cli --memkeys`, and the RDB file beside the
server that loads it. Rounds are interleaved. Prints one line a figure, for bench/run.py.
"""
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import redis

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("UNDERSTUDY_BENCH_BUILD", HERE.parent / "build" / "release"))
KEYS = int(os.environ.get("UNDERSTUDY_BENCH_KEYS", 1_000_000))
ROUNDS = 5

# Strings of 100 B to 1 KB, lognormal; hashes, sets, sorted sets and lists; four fifths with an expiry.
FILL = """
math.randomseed(tonumber(ARGV[3]))
local function normal() return math.sqrt(-2 * math.log(1 - math.random())) * math.cos(2 * math.pi * math.random()) end
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do
  local kind, key = i % 20
  if kind < 12 then
    local size = math.max(100, math.min(1024, math.floor(math.exp(5.7 + 0.6 * normal()))))
    key = 'shop:' .. i % 3 .. ':product:' .. i
    redis.call('SET', key, string.rep(string.char(97 + i % 26), size))
  elseif kind < 15 then
    key = 'cart:' .. redis.sha1hex(i)
    for f = 1, 1 + i % 8 do redis.call('HSET', key, 'field' .. f, 'value' .. i) end
  elseif kind < 17 then
    key = 'tags:' .. i
    for f = 1, 1 + i % 12 do redis.call('SADD', key, f * i % 997) end
  elseif kind < 19 then
    key = 'rank:' .. i
    for f = 1, 1 + i % 9 do redis.call('ZADD', key, f, 'member' .. f) end
  else
    key = 'queue:mail:' .. i
    for f = 1, 1 + i % 6 do redis.call('RPUSH', key, 'job' .. f) end
  end
  if i % 5 ~= 0 then redis.call('PEXPIRE', key, 3600000 + i % 1000 * 1000) end
end
"""


class Server:
    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder,
                                         "--logfile", self.folder / "log"], stdin=subprocess.DEVNULL)
        self.client = redis.Redis(port=self.port, socket_timeout=120)
        for _ in range(3000):
            try:
                if self.client.ping():
                    return
            except (redis.ConnectionError, redis.BusyLoadingError):
                pass
            time.sleep(0.02)
        raise RuntimeError("redis-server does not answer")

    def stop(self):
        self.client.close()
        self.process.kill()
        self.process.wait()


def timed(*words, cwd):
    begun = time.monotonic()
    done = subprocess.run(list(map(str, words)), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} exited {done.returncode}: {done.stderr[:300]}")
    return time.monotonic() - begun, done.stdout


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-bench-"))
    server = Server(folder)
    try:
        fill = server.client.register_script(FILL)
        for begin in range(0, KEYS, 10_000):
            fill(args=[begin, min(KEYS, begin + 10_000), begin + 1])
        (folder / "understudy.toml").write_text(
            f'format = 1\n[environments.staging]\nrole = "staging"\nurl = "http://127.0.0.1:9/"\n'
            f'redis = {{ host = "127.0.0.1", port = {server.port} }}\n')
        ours, governed, theirs = [], [], []
        for _ in range(ROUNDS):
            seconds, out = timed(BUILD / "understudy", "snapshot", "staging", "--full-speed", "-q", "--json", cwd=folder)
            ours.append(seconds)
            theirs.append(timed("redis-cli", "-p", server.port, "--memkeys", cwd=folder)[0])
        seconds, out = timed(BUILD / "understudy", "snapshot", "staging", "-q", "--json", "--most-time", "10s", cwd=folder)
        seen = re.search(r'"rate": ([\d.e-]+)', out)
        share = float(seen[1]) if seen else 1.0
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        print(f"live snapshot {statistics.median(ours):.2f} s, redis-cli --memkeys {statistics.median(theirs):.2f} s, ratio {ratio:.2f} "
              f"({min(a / b for a, b in zip(ours, theirs)):.2f} to {max(a / b for a, b in zip(ours, theirs)):.2f}), {KEYS} keys")
        print(f"governed {share * KEYS / min(seconds, 10):.0f} keys/s on an idle server")
        server.client.save()
        print(timed(BUILD / "families_bench", "rdb",
                    folder / "dump.rdb", cwd=folder)[1].strip())
        loads, reads = [], []
        for _ in range(ROUNDS):
            server.stop()
            (folder / "log").unlink()
            server.start()
            loads.append(float(re.search(r"DB loaded from disk: ([\d.]+) seconds", (folder / "log").read_text())[1]))
            reads.append(timed(BUILD / "understudy", "snapshot", "--rdb", folder / "dump.rdb", "-q", "--json", cwd=folder)[0])
        print(f"file {statistics.median(reads):.2f} s, redis-server loads it in {statistics.median(loads):.2f} s, ratio "
              f"{statistics.median(a / b for a, b in zip(reads, loads)):.2f}")
    finally:
        server.stop()
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
