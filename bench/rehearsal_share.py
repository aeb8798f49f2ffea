#!/usr/bin/python3 -sEB
"""What a rehearsal costs by itself: one of the playground in its full size with the default effort, and the share of it
that is the program's own: not deploys, nor waits that it was told to make, nor the measured requests.

Prints one line; the exit is 1 if the share is 5 % or more.
"""
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "live"))
os.environ.setdefault("UNDERSTUDY_BINARY", str(HERE.parent / "build" / "release" / "understudy"))

import stage  # noqa: E402

LIMIT = 0.05


def main():
    on = stage.Stage(products=3000, members=300)
    try:
        ended = on.run("rehearse", on.change("cache-category", [(stage.SHORT, "")]), timeout=1800)
        if ended.code not in (0, 1, 6):
            sys.exit(f"rehearsal_share: the rehearsal failed: {ended}")
        evidence = on.evidence()
    finally:
        on.close()
    total = sum(one["seconds"] for one in evidence["times"])
    own = evidence["own_seconds"]
    stages = ", ".join(f"{one['stage']} {one['seconds']:.1f}" for one in evidence["times"])
    print(f"own {own:.2f} s of {total:.2f} s, {100 * own / total:.2f} % (stages: {stages}; {evidence['comparison']['verdict']})")
    return 0 if own / total < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
