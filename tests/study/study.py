#!/usr/bin/python3 -sEB
"""How often is the verdict right? Many rehearsals of changes of which it is known what they do.

Two kinds, taken in turns, against the playground in its full size and with the effort that a change file has unless it
says otherwise: revision 6, which is revision 1 under another name, whose primary expectation is that the response time
stays the same, within a margin of 15 % with the default effort, or of 10 % with twenty blocks (half of them each); and
revision 2, which asks the database less. For both the database calls are a constant count, which settles a verdict without any statistics; that is
why the unchanged ones are judged by the response time, the signal that has noise.

What was done is kept as one JSON line a rehearsal in the work folder, so that an interrupted study goes on. Lines of
another build of the program are set aside. The exit is 1 if a criterion fails.
"""
import argparse
import collections
import datetime
import hashlib
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "live")]
os.environ.setdefault("UNDERSTUDY_BINARY", str(HERE.parents[1] / "build" / "release" / "understudy"))

import page  # noqa: E402
import stage  # noqa: E402
from intervals import exact_interval  # noqa: E402

VERDICTS = ("improved", "same", "worse", "inconclusive", "invalid", "none")
NAMES = {"same-10": "unchanged, margin 10 %, 20 blocks", "same-15": "unchanged, margin 15 %", "improved": "revision 2"}
EXPECTED = {"same-10": "same", "same-15": "same", "improved": "improved"}
# The criteria, as shares: of 40 unchanged at most 5 moved and 30 same; of 20 improved 19 seen.
MOVED, SAME, SEEN = 5 / 40, 30 / 40, 19 / 20


def schedule(unchanged, improved):
    """(kind, number) in an order that spreads every kind over the whole study."""
    counts = {"same-10": unchanged // 2, "same-15": unchanged - unchanged // 2, "improved": improved}
    turns = [((number + 0.5) / count, kind, number) for kind, count in counts.items() for number in range(count)]
    return [(kind, number) for _, kind, number in sorted(turns)]


def change_for(on, kind):
    plain = [(stage.SHORT, "")]
    if kind == "improved":
        return on.change("cache-category", plain)
    more = ""
    if kind == "same-10":
        plain.append(('margin = "15%"', 'margin = "10%"'))
        more = "\n[effort]\nblocks = 20\n"
    return on.change("refactor-category", [*plain, ('revision = "5"', 'revision = "6"')], more)


def visible_effect(evidence):
    """The smallest effect on the member's warm category page that this run could see; None if unknown."""
    wanted = {"route": "category", "as": "ada", "state": "warm", "metric": "response_time"}
    for row in evidence["noise"]["rows"]:
        if all(row.get(name) == value for name, value in wanted.items()):
            return row["smallest_visible"]
    return None


def of_evidence(evidence):
    # A run that its noise made invalid has judged no expectation.
    found = next((one["found"] for one in evidence["comparison"]["expectations"] if one["expected"]["primary"]), {})
    total = sum(one["seconds"] for one in evidence["times"])
    return {
        "verdict": evidence["comparison"]["verdict"], "why": evidence["comparison"]["why"],
        "stopped": evidence["stopped"], "exit": evidence["exit_code"], "total": total,
        "own": evidence["own_seconds"], "change": found.get("change"), "range": found.get("range"),
        "p": found.get("p"), "visible": visible_effect(evidence), "proven": evidence["proof"]["done"] and not evidence["proof"]["differences"],
    }


class Study:
    """The work folder, the stage and what was done so far."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = folder / "results.jsonl"
        self.kept = folder / "kept"
        self.program = hashlib.sha256(stage.BINARY.read_bytes()).hexdigest()[:16]
        self.kept.mkdir(parents=True, exist_ok=True)
        self.done = self.read()
        self.stage = None

    def read(self):
        if not self.lines.exists():
            return []
        done = []
        for line in self.lines.read_text().splitlines():
            try:
                done.append(json.loads(line))
            except json.JSONDecodeError:
                print("study: a line that was cut short is left out", flush=True)
        if any(one["program"] != self.program for one in done):
            print("study: set aside what another build had done:", self.set_aside(), flush=True)
            return []
        return done

    def set_aside(self):
        """Renames the lines, so that the next study begins anew; the new name."""
        at = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
        return self.lines.rename(self.lines.with_name(f"results-{at}.jsonl"))

    def close_stage(self):
        if self.stage:
            self.stage.close()
        self.stage = None

    def run(self, kind, number):
        if self.stage is None:
            self.stage = stage.Stage(products=3000, members=300)
        runs = self.stage.folder / "understudy-runs"
        before = set(runs.glob("*")) if runs.exists() else set()
        begun = time.monotonic()
        ended = self.stage.run("rehearse", change_for(self.stage, kind), timeout=1800)
        row = {"kind": kind, "number": number, "program": self.program, "code": ended.code,
               "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
               "seconds": time.monotonic() - begun}
        made = sorted(set(runs.glob("*")) - before) if runs.exists() else []
        if made and (made[-1] / "evidence.json").exists():
            row.update(of_evidence(json.loads((made[-1] / "evidence.json").read_text())))
        else:
            row.update(verdict="none", why=ended.err.strip()[-400:])
        if row["verdict"] != EXPECTED[kind] or not row.get("proven"):
            self.keep(f"{row['at'].replace(':', '')}-{kind}-{number}", made, ended)
        with open(self.lines, "a", encoding="utf-8") as lines:
            lines.write(json.dumps(row) + "\n")
        self.done.append(row)
        for old in made:
            shutil.rmtree(old)
        if ended.code not in (0, 1, 6):
            self.close_stage()  # nobody knows what was left behind
        return row

    def keep(self, name, made, ended):
        target = self.kept / name
        target.mkdir()
        (target / "output.txt").write_text(str(ended))
        for run in made:
            shutil.copytree(run, target / run.name)


def share_text(hits, tries):
    low, high = exact_interval(hits, tries)
    return f"{hits} of {tries} ({100 * low:.0f} to {100 * high:.0f} %)"


def percent(value, sign="+"):
    return "unknown" if value is None else f"{100 * value:{sign}.1f} %"


def spread(values, unit=1.0, digits=1):
    known = sorted(value * unit for value in values if value is not None)
    if not known:
        return "unknown"
    return f"{statistics.median(known):.{digits}f} ({known[0]:.{digits}f} to {known[-1]:.{digits}f})"


def criteria(rows):
    """(what, how many, met) of each criterion whose kind was rehearsed."""
    found = collections.Counter((EXPECTED[row["kind"]], row["verdict"]) for row in rows)
    same = sum(EXPECTED[row["kind"]] == "same" for row in rows)
    improved = len(rows) - same
    out = []
    if same:
        moved, least = found["same", "improved"] + found["same", "worse"], math.ceil(same * SAME - 1e-9)
        most = math.floor(same * MOVED + 1e-9)
        out.append((f"unchanged, called improved or worse: at most {most}", share_text(moved, same), moved <= most))
        out.append((f"unchanged, called same: at least {least}", share_text(found["same", "same"], same),
                    found["same", "same"] >= least))
    if improved:
        least, seen = math.ceil(improved * SEEN - 1e-9), found["improved", "improved"]
        out.append((f"revision 2, called improved: at least {least}", share_text(seen, improved), seen >= least))
    unproven = sum(not row.get("proven") for row in rows)
    out.append(("rollback not proven: 0", share_text(unproven, len(rows)), unproven == 0))
    return out


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def body_of(rows, kept):
    kinds = [kind for kind in NAMES if any(row["kind"] == kind for row in rows)]
    of = {kind: [row for row in rows if row["kind"] == kind] for kind in kinds}
    text = "## Criteria\n" + table(["", "found, with its exact 95 % interval", ""],
                                   [(what, found, "met" if met else "**not met**") for what, found, met in criteria(rows)])
    text += "\n## Verdicts\nWith exact (Clopper-Pearson) 95 % intervals. `none`: it ended without evidence.\n\n"
    text += table(["", *VERDICTS], [
        [NAMES[kind], *(share_text(sum(row["verdict"] == verdict for row in of[kind]), len(of[kind])) for verdict in VERDICTS)]
        for kind in kinds])
    text += "\n## Time and what could be seen\nMedian, lowest and highest of the rehearsals of a kind. Own share: the program's " \
            "own time apart from deploys, waits\nthat it was told to make and measured requests. Smallest visible effect: on " \
            "the response time of the member's warm\ncategory page, with 80 % power at 5 %.\n\n"
    text += table(["", "seconds", "own share, %", "smallest visible effect, %", "effect found on the primary, %"], [
        [NAMES[kind], spread([row["seconds"] for row in of[kind]]),
         spread([row["own"] / row["total"] for row in of[kind] if row.get("total")], 100, 2),
         spread([row.get("visible") for row in of[kind]]), spread([row.get("change") for row in of[kind]], 100)]
        for kind in kinds])
    wrong = [row for row in rows if row["verdict"] != EXPECTED[row["kind"]]]
    text += "\n## Other verdicts than expected\n"
    if not wrong:
        return text + "None.\n"
    text += f"Their evidence is kept in `{kept}`.\n\n"
    return text + table(["", "verdict", "effect found", "smallest visible effect", "why"], [
        [f"{NAMES[row['kind']]}, number {row['number'] + 1}", row["verdict"], percent(row.get("change")),
         "unknown" if row.get("visible") is None else f"{row['visible']:.1f} %", re.sub(r"\s+", " ", row.get("stopped") or row["why"]).replace("|", "/")]
        for row in wrong])


ABOUT = """Rehearsals on the playground in its full size, with the default effort (12 blocks, 10 warm and 2 cold requests) unless
the table says otherwise, of changes of which it is known what they do. Nothing changes in revision 6: it is revision 1, deployed under another
name. All its rehearsals have the response time as their primary expectation, `change = "same"`,
half of them with a margin of 15 %, half with one of 10 % and twenty blocks, as somebody who wants to see
that much on a small machine would ask for: the database calls are a constant count, which would settle *same*
without any statistics and prove nothing. Revision 2 caches the category's list, which is a real improvement; its primary
expectation is half the database calls or fewer. The kinds took turns, on one playground."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unchanged", type=int, default=40)
    parser.add_argument("--improved", type=int, default=20)
    parser.add_argument("--folder", type=pathlib.Path, default=page.ROOT / "build" / "study")
    parser.add_argument("--page", default="study", help="name of the page in docs/results")
    args = parser.parse_args()
    if not stage.BINARY.exists():
        parser.error(f"{stage.BINARY} is not there: ./dev build release")
    study = Study(args.folder.resolve())
    wanted = schedule(args.unchanged, args.improved)
    try:
        for step, (kind, number) in enumerate(wanted, 1):
            if any((row["kind"], row["number"]) == (kind, number) for row in study.done):
                continue
            row = study.run(kind, number)
            print(f"{step} of {len(wanted)}: {NAMES[kind]}: {row['verdict']} in {row['seconds']:.0f} s", flush=True)
    finally:
        study.close_stage()
    rows = [row for row in study.done if (row["kind"], row["number"]) in wanted]
    met = all(one[2] for one in criteria(rows))
    kept = os.path.relpath(study.kept, page.ROOT)
    path = page.write(args.page, "How often the verdict is right", ABOUT,
                      f"tests/study/study.py --unchanged {args.unchanged} --improved {args.improved}",
                      "every criterion met" if met else "**a criterion is not met**",
                      body_of(rows, kept if not kept.startswith("..") else "kept, in the work folder"))
    study.set_aside()
    for what, found, fine in criteria(rows):
        print(f"{'met    ' if fine else 'NOT MET'} {what}: {found}")
    print(f"page: {path}; evidence of other verdicts than expected: {study.kept}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
