"""The approved reports for CI systems are read as their consumers read them.

usage: reports.py SOURCE_DIR

  junit        every *.junit.xml: well-formed XML; elements, attributes and their order as the schema of Jenkins' JUnit
               has them; counts that are those of what is within; names that GitLab can tell apart
  annotations  every *.github.txt: workflow commands of GitHub, at most ten of a kind, each on one line
  markdown     every *.md of a comment: as short as GitHub asks, details closed, tables with a whole number of cells
"""
import collections
import pathlib
import re
import sys
import xml.etree.ElementTree

folder = pathlib.Path(sys.argv[1]) / "tests" / "golden" / "report"
wrong, counts = [], collections.Counter()

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
    "testcase": {"name", "classname", "time"},
    "properties": set(), "property": {"name", "value"},
    "failure": {"message", "type"}, "error": {"message", "type"}, "skipped": {"message"}, "system-out": set(),
}
CHILDREN = {"testsuites": ["testsuite"], "testsuite": ["properties", "testcase"], "properties": ["property"],
            "testcase": ["failure", "error", "skipped", "system-out"]}


def check(kind, good, text):
    counts[kind] += 1
    if not good:
        wrong.append(text)


def junit(path):
    def say(good, text):
        check("junit", good, f"{path.name}: {text}")

    raw = path.read_bytes()
    root = xml.etree.ElementTree.fromstring(raw)
    say(root.tag == "testsuites", "the root is not <testsuites>")
    say(raw.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n'), "no declaration")
    for one in root.iter():
        say(set(one.attrib) == ATTRIBUTES[one.tag], f"<{one.tag}> has {sorted(one.attrib)}")
        order = [CHILDREN.get(one.tag, []).index(child.tag) if child.tag in CHILDREN.get(one.tag, []) else -1 for child in one]
        say(-1 not in order and order == sorted(order), f"children of <{one.tag}>: {[child.tag for child in one]}")
        for name in ("tests", "failures", "errors", "skipped"):
            if name in one.attrib:
                tag = {"tests": "testcase", "failures": "failure", "errors": "error"}.get(name, name)
                say(int(one.attrib[name]) == len(list(one.iter(tag))), f"{name} of <{one.tag}> do not add up")
        if "time" in one.attrib:
            say(re.fullmatch(r"\d+(\.\d+)?", one.attrib["time"]), f"time {one.attrib['time']!r}")
    for suite in root:
        say(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"]), "timestamp")
        say(len(suite.findall("testcase")) > 0, "an empty suite")
    names = [(case.attrib["classname"], case.attrib["name"]) for case in root.iter("testcase")]
    say(len(names) == len(set(names)), "two tests of one name")
    for case in root.iter("testcase"):
        say(sum(child.tag != "system-out" for child in case) <= 1, "two outcomes of one test")


def annotations(path):
    kinds = collections.Counter()
    for line in path.read_text().splitlines():
        found = re.fullmatch(r"::(error|warning|notice) ((?:[a-z]+=[^:,\r\n]*,?)+)::(.+)", line)
        check("annotations", found, f"{path.name}: {line[:60]}")
        if found:
            kinds[found.group(1)] += 1
            names = [one.split("=")[0] for one in found.group(2).split(",")]
            check("annotations", set(names) <= {"title", "file"}, f"{path.name}: properties {names}")
    check("annotations", max(kinds.values()) <= 10, f"{path.name}: more than ten of a kind")


def markdown(path):
    text = path.read_text()
    check("markdown", len(text) < 65536, f"{path.name}: too long")
    check("markdown", text.count("<details>") == text.count("</details>"), f"{path.name}: details stay open")
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        cells = {row.count("|") for row in table.splitlines()}
        check("markdown", len(cells) == 1, f"{path.name}: rows of different length\n{table}")
        check("markdown", re.fullmatch(r"\|(-+:?\|)+", table.splitlines()[1]), f"{path.name}: a table without its rule")


for pattern, read in (("*.junit.xml", junit), ("*.github.txt", annotations), ("[a-z]*.md", markdown)):
    paths = sorted(folder.glob(pattern))
    check("files", paths, f"no {pattern} in {folder}")
    for path in paths:
        read(path)
print("\n".join(wrong) or ", ".join(f"{count} of {kind}" for kind, count in counts.items()))
sys.exit(bool(wrong))
