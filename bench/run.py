"""Runs the benches and puts what they say beside their targets. bench/run.sh calls it.

A bench prints lines for people; the readers below make rows of them, and a bench that says something else than its
reader knows is an error, not a missing row. Benches interleave their rounds with their peer's, so that a slow minute of
the machine hits both.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import page  # noqa: E402

BUILD = pathlib.Path(os.environ.get("UNDERSTUDY_BENCH_BUILD", ROOT / "build" / "release"))


class Row:
    """One figure: `value` is held against `target` ("at least" or "below" a number; none for a figure to look at)."""

    def __init__(self, what, ours, peer, ratio, value=None, least=None, below=None):
        self.what, self.ours, self.peer, self.ratio = what, ours, peer, ratio
        self.target, self.met, self.outcome = "", True, ""
        if least is not None:
            self.target, self.met, gap = f"at least {least:g}", value >= least, least - value
        elif below is not None:
            self.target, self.met, gap = f"below {below:g}", value < below, value - below
        if self.target:
            limit = least if least is not None else below
            self.outcome = "met" if self.met else f"**missed** by {gap:.2f} ({100 * gap / limit:.0f} %)"

    def cells(self):
        return [self.what, self.ours, self.peer, self.ratio, self.target, self.outcome]


def said(*words, ends=(0, 1)):
    """What a program printed. A bench that misses its own target exits 1; that is for the table to say."""
    print("$", *words, flush=True)
    done = subprocess.run([str(word) for word in words], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True, timeout=3600)
    print(done.stdout, flush=True)
    if done.returncode not in ends:
        raise RuntimeError(f"{words[0]} exited {done.returncode}")
    return done.stdout


def need(pattern, text):
    """The groups of every match; an error if there is none."""
    found = re.findall(pattern, text, re.M)
    if not found:
        raise RuntimeError(f"nothing like {pattern} was printed")
    return found


def resp():
    text = said(BUILD / "resp_bench")
    line = (r"^(.+?) +reader +([\d.]+) M tokens/s +[\d.]+ GB/s +([\d.]+)x hiredis \| builder +([\d.]+) M tokens/s +"
            r"([\d.]+)x$")
    rows = []
    for name, tokens, ratio, built, built_ratio in need(line, text):
        tokens, ratio, built, built_ratio = float(tokens), float(ratio), float(built), float(built_ratio)
        peer = f"hiredis {tokens / ratio:.1f} M tokens/s"
        rows.append(Row(f"RESP reader, {name}", f"{tokens:.1f} M tokens/s", peer, f"{ratio:.2f}", ratio, least=1))
        if name == "small mix":
            rows.append(Row("RESP reader, small tokens", f"{tokens:.1f} M tokens/s", "", "", tokens, least=15))
        rows.append(Row(f"RESP value builder, {name}", f"{built:.1f} M tokens/s", peer, f"{built_ratio:.2f}"))
    return rows


def instructions_of(who, case, replies):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", BUILD / "resp_bench", "count", who, case,
             str(replies)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    return int(need(r"Collected : (\d+)", done.stdout)[0])


def instructions():
    """Instructions a token: the difference of two runs, which leaves the start and the making of the input out."""
    rows = []
    for case, tokens, fewer, more in (("small mix", 5, 2000, 6000), ("1 KB bulk", 1, 1000, 3000), ("nested arrays", 61, 200, 600)):
        each = {}
        for who in ("reader", "builder", "hiredis"):
            each[who] = (instructions_of(who, case, more) - instructions_of(who, case, fewer)) / (more - fewer) / tokens
            print(f"instructions, {case}, {who}: {each[who]:.1f} a token", flush=True)
        for who in ("reader", "builder"):
            rows.append(Row(f"RESP {who}, {case}: instructions", f"{each[who]:.0f} a token",
                            f"hiredis {each['hiredis']:.0f} a token", f"{each['hiredis'] / each[who]:.2f}"))
    return rows


def histogram():
    text = said(BUILD / "histogram_bench")
    ours, loop = need(r"^record +([\d.]+) ns \(reading alone ([\d.]+) ns\)", text)[0]
    return [Row("Histogram, one record (CPU, ns)", f"{ours} ns", f"loop without it {loop} ns", "", float(ours), below=3)]


def redis_link():
    text = said(BUILD / "redis_link_bench")
    rounds = need(r"^round \d+: link (\d+)/s \(([\d.]+) us CPU each\), redis-benchmark (\d+)/s", text)
    middle, low, high = need(r"^median ratio ([\d.]+), lowest ([\d.]+), highest ([\d.]+)", text)[0]
    rates, cpu, others = ([sorted(float(one[i]) for one in rounds)[len(rounds) // 2] for i in range(3)])
    return [Row("Redis link, one connection, 64 GETs a pipeline", f"{rates / 1000:.0f} k/s, {cpu:.2f} µs CPU each",
                f"redis-benchmark {others / 1000:.0f} k/s", f"{middle} ({low} to {high})", float(middle), least=1)]


def http_client():
    text = said(BUILD / "http_client_bench")
    ours, other = need(r"^median: http_client ([\d.]+) us, wrk ([\d.]+) us", text)[0]
    return [Row("HTTP client, CPU a request, kept alive (µs)", f"{ours} µs", f"wrk {other} µs",
                f"{float(other) / float(ours):.2f}", float(ours), below=40)]


def rehearsal():
    os.environ.setdefault("UNDERSTUDY_BINARY", str(BUILD / "understudy"))
    text = said("/usr/bin/python3", "-sEB", ROOT / "bench" / "rehearsal_share.py")
    own, total, share = need(r"^own ([\d.-]+) s of ([\d.]+) s, ([\d.-]+) %", text)[0]
    return [Row("Rehearsal, own share of its time (%)", f"{share} %: {own} of {total} s", "", "", float(share), below=5)]


def families():
    rate = float(need(r"^mining ([\d.]+) M keys/s", said(BUILD / "families_bench"))[0])
    keys, seconds, peak = need(r"^stream (\d+) keys in ([\d.]+) s, .* peak ([\d.]+) MB",
                               said(BUILD / "families_bench", "stream", "100000000"))[0]
    return [Row("Families of keys, one core", f"{rate:.1f} M keys/s", "", "", rate, least=5),
            Row("Families of 100 million keys, half of them of new shapes: peak memory (MB)", f"{peak} MB, {seconds} s", "", "",
                float(peak), below=200)]


def snapshot():
    text = said("/usr/bin/python3", "-sEB", ROOT / "bench" / "snapshot_bench.py")
    ours, other, ratio, low, high = need(r"^live snapshot ([\d.]+) s, redis-cli --memkeys ([\d.]+) s, ratio ([\d.]+) \(([\d.]+) to ([\d.]+)\)", text)[0]
    speed, keys, peak = need(r"^rdb ([\d.]+) MB/s, ([\d.]+) M keys/s: .* peak ([\d.]+) MB", text)[0]
    read, load, file_ratio = need(r"^file ([\d.]+) s, redis-server loads it in ([\d.]+) s, ratio ([\d.]+)", text)[0]
    binds = max(float(speed) / 400, float(keys))
    return [Row("Live snapshot of a million keys, of redis-cli --memkeys's time", f"{ours} s", f"redis-cli {other} s",
                f"{float(other) / float(ours):.2f} ({1 / float(high):.2f} to {1 / float(low):.2f})", float(ratio), below=0.6),
            Row("RDB file to profile, of 400 MB/s or a million keys/s", f"{speed} MB/s, {keys} M keys/s, {peak} MB", "", "", binds, least=1),
            Row("RDB file to profile, of the server's loading time", f"{read} s", f"redis-server {load} s",
                f"{1 / float(file_ratio):.2f}", float(file_ratio), below=1)]


def governed():
    text = said("/usr/bin/python3", "-sEB", ROOT / "bench" / "governed_bench.py")
    p99, bound, limit, middle, speed = need(r"^governed p99 ([\d.]+) us, median change [\d.-]+ us, upper bound ([\d.-]+) us, limit ([\d.]+) us; "
                                            r"p50 ([+-][\d.]+) %; snapshot ([\d.]+) keys/s", text)[0]
    return [Row("Foreground client at 20,000/s beside a governed snapshot: upper bound of the change of its p99 (µs)", f"{bound} µs", f"p99 alone {p99} µs",
                "", float(bound), below=float(limit)),
            Row("the same: change of its median (%)", f"{middle} %", "", "", float(middle), below=2),
            Row("the same: the snapshot (keys/s)", f"{speed} keys/s", "", "", float(speed), least=20_000)]


BENCHES = {"resp": resp, "instructions": instructions, "histogram": histogram, "redis_link": redis_link,
           "http_client": http_client, "rehearsal": rehearsal, "families": families, "snapshot": snapshot,
           "governed": governed}
ABOUT = """Figures of the release build. A bench takes turns with its peer in one run and gives the median of its rounds, so the
ratios (above 1: ours is ahead) hold on a busy machine too, while times alone are only as good as the load was low."""
NOTE = """
hiredis builds a tree of objects for each reply, as our value builder does; the reader yields tokens alone, which is what
most callers need. Instruction counts come from callgrind and do not depend on the load; strings that a library function
scans or copies are counted as that function's instructions, a wide one as one.
"""


def packages():
    lines = (page.said("dpkg-query", "-W", "-f", "${Package} ${Version}", name)
             for name in ("libhiredis-dev", "redis-tools", "wrk", "valgrind"))
    return "Peers: " + ", ".join(line for line in lines if line) + "."


def main():
    names = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"bench: no bench {unknown[0]}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    built = {path.name.removesuffix("_bench") for path in BUILD.glob("*_bench")}
    if built - BENCHES.keys() - {"foreground"}:
        print(f"bench: bench/run.py does not know {', '.join(sorted(built - BENCHES.keys() - {'foreground'}))}", file=sys.stderr)
        return 2
    rows, broken = [], []
    for name in names:
        try:
            rows += BENCHES[name]()
        except (RuntimeError, OSError, subprocess.SubprocessError) as why:
            broken.append(f"{name}: {why}")
            print(f"bench: {name} failed: {why}", file=sys.stderr)
    lines = [["what", "ours", "peer", "ratio", "target", ""], ["---"] * 6, *(row.cells() for row in rows)]
    body = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    print(body)
    missed = [row.what for row in rows if not row.met]
    if not sys.argv[1:]:
        result = "every target met" if not missed and not broken else f"**{len(missed)} missed**"
        result += f", **{len(broken)} without a figure**" if broken else ""
        failures = "".join(f"\nNo figure: {one.split(':')[0]}.\n" for one in broken)
        print("page:", page.write("bench", "Benches", ABOUT, "./dev bench", result, packages() + "\n\n" + body + NOTE + failures))
    return 1 if missed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
