"""Writes one page of docs/results: what was run, where and when, and what came of it.

From Python: write(name, title, about, command, result, body). From a shell, with the body on standard input:
    tests/page.py NAME TITLE ABOUT COMMAND RESULT
"""
import datetime
import os
import pathlib
import platform
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = pathlib.Path(os.environ.get("UNDERSTUDY_RESULTS", ROOT / "docs" / "results"))


def said(*words):
    """The first line that a command prints; empty if it cannot be run."""
    try:
        done = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return ""
    return done.stdout.strip().split("\n")[0]


def machine():
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    cores = len(os.sched_getaffinity(0))
    kernel = ".".join(platform.release().split(".")[:2])
    return (f"{model.group(1) if model else 'unknown'}, {cores} cores; {platform.system()} {kernel} {platform.machine()}; "
            f"load of the last 15 minutes {os.getloadavg()[2]:.1f}")


def commit():
    changed = said("git", "status", "--porcelain", "--", ".", ":!docs/results")
    return said("git", "rev-parse", "--short=12", "HEAD") + (" and changes not committed" if changed else "")


def write(name, title, about, command, result, body):
    rows = [("when", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
            ("command", f"`{command}`"), ("machine", machine()), ("compiler", said("clang++-19", "--version")),
            ("commit", commit()), ("result", result)]
    table = "".join(f"| {key} | {value} |\n" for key, value in rows)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.md"
    path.write_text(f"# {title}\n\n{about}\n\n| | |\n|---|---|\n{table}\n{body.strip()}\n")
    return path


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    write(*sys.argv[1:], sys.stdin.read())
