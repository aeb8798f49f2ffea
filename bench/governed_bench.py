#!/usr/bin/python3 -sEB
"""What another client feels of a governed snapshot: a foreground client at 20,000 requests a second, with a snapshot
beside it and without, in turns. Prints the difference of its p99 with a bound of 95 %, and how fast the snapshot was.

In earnest each of the three has a machine of its own. Here the server has a processor, and client and snapshot share the
other one: so server and client are of a real-time class (chrt), which waits for no other program, and what the client
feels of the snapshot is what the server makes it feel. That wants root; without it the bench says so and stops.

All keys are read once before each half. A virtual machine may keep no mapping of memory that was not touched for some
seconds, and then the server, not the snapshot, makes its clients wait for milliseconds at every first touch. Such stalls come in
both halves, now in the one and now in the other, so the figure is the median of the pairs' differences, and its bound that
of the sign test.
"""
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from snapshot_bench import BUILD, FILL, Server  # noqa: E402

KEYS, RATE, SECONDS, PAIRS = 200_000, 20_000, 6, 24


def rank_of_bound(count):
    """Of the sorted differences, the smallest one that their median exceeds with a chance of 5 % at most: Binomial(1/2)."""
    return next(rank for rank in range(1, count + 1)
                if sum(math.comb(count, below) for below in range(rank, count + 1)) <= 0.05 * 2 ** count)


def foreground(server):
    return subprocess.Popen(["taskset", "-c", "1", "chrt", "-f", "10", BUILD / "foreground_bench", str(server.port), str(KEYS), str(RATE), str(SECONDS)],
                            stdout=subprocess.PIPE, text=True)


def snapshot(folder, *options):
    return subprocess.Popen(["taskset", "-c", "1", BUILD / "understudy", "snapshot", "staging", "-q", "--json", *options], cwd=folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def read(process):
    out = process.communicate()[0]
    found = re.match(r"foreground p50 ([\d.]+) us, p99 ([\d.]+) us", out)
    if process.returncode != 0 or not found:
        raise RuntimeError(f"foreground_bench: {out}")
    return float(found[1]), float(found[2])


def main():
    if os.geteuid() != 0:
        print("governed_bench: the foreground client wants a real-time class, which is root's to give", file=sys.stderr)
        return 2
    folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-bench-"))
    server = Server(folder)
    # The server has a processor for itself, or what is measured is how the kernel shares two among three programs.
    for words in (["taskset", "-a", "-p", "-c", "0"], ["chrt", "-a", "-f", "-p", "10"]):
        subprocess.run([*words, str(server.process.pid)], check=True, stdout=subprocess.DEVNULL)
    try:
        fill = server.client.register_script(FILL)
        for begin in range(0, KEYS, 10_000):
            fill(args=[begin, min(KEYS, begin + 10_000), begin + 1])
        (folder / "understudy.toml").write_text(
            f'format = 1\n[environments.staging]\nrole = "staging"\nurl = "http://127.0.0.1:9/"\n'
            f'redis = {{ host = "127.0.0.1", port = {server.port} }}\n')
        p50, p99, speeds = [], [], []
        for pair in range(PAIRS):
            halves = {}
            for beside in ((False, True) if pair % 2 == 0 else (True, False)):
                snapshot(folder, "--full-speed").communicate()
                governed = beside and snapshot(folder, "--most-time", f"{SECONDS}s")
                halves[beside] = read(foreground(server))
                if governed:
                    out = governed.communicate()[0]
                    speeds.append(float(re.search(r'"rate": ([\d.e-]+)', out)[1]) * KEYS / SECONDS)
            p50.append((halves[False][0], halves[True][0]))
            p99.append((halves[False][1], halves[True][1]))
            print(f"pair {pair + 1}: p50 {halves[False][0]:.0f} -> {halves[True][0]:.0f} us, p99 {halves[False][1]:.0f} -> {halves[True][1]:.0f} us, "
                  f"snapshot {speeds[-1]:.0f} keys/s", flush=True)
        gaps = [after - before for before, after in p99]
        bound = sorted(gaps)[rank_of_bound(len(gaps)) - 1]
        base = statistics.median(before for before, _ in p99)
        middle = statistics.median((after - before) / before * 100 for before, after in p50)
        print(f"governed p99 {base:.0f} us, median change {statistics.median(gaps):.0f} us, upper bound {bound:.0f} us, limit {max(250.0, base * 0.05):.0f} us; "
              f"p50 {middle:+.1f} %; snapshot {statistics.median(speeds):.0f} keys/s")
    finally:
        server.stop()
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
