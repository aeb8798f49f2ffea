"""The documentation holds: links resolve, and what the program has is in it.

usage: docs.py SOURCE_DIR UNDERSTUDY

  links      every relative link of a *.md goes to a file of the tree, and its #anchor to a heading there
  options    every option of `understudy COMMAND --help` is in docs/COMMAND.md, every command in README.md and docs
  errors     docs/exit-codes.md has exactly the rows of base/error.h, with number, name and exit code
  commands   docs/permissions.md has exactly the commands of resp/commands.cpp
  formats    every page of docs/formats is in its index; docs/README.md names every page of docs and every decision
  quotes     docs/instrument.md quotes the middleware as it is, the shop's and what `init --instrument` prints
  settings   docs/changes.md names every setting that model/detail/change_step.cpp refuses
  places     no page names the folder that this tree lies in
"""
import pathlib
import re
import subprocess
import sys

root, program = map(pathlib.Path, sys.argv[1:3])
docs = root / "docs"
wrong = []
counts = {}


def check(kind, good, text):
    counts[kind] = counts.get(kind, 0) + 1
    if not good:
        wrong.append(text)


def without_code(text):
    """The text without fenced blocks and `code`, where brackets are no links."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def anchors(path):
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ +(.*)$", re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links():
    pages = [path for path in root.rglob("*.md") if "build" not in path.relative_to(root).parts[:1]]
    for page in pages:
        check("places", str(root) not in page.read_text(), f"{page.relative_to(root)} names {root}")
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            to = (page.parent / name).resolve() if name else page
            place = f"{page.relative_to(root)}: {target}"
            inside = to == root or root in to.parents
            check("links", inside and to.exists(), f"{place} is not there")
            if anchor and to.is_file():
                check("links", anchor in anchors(to), f"{place} has no such heading")


def help_of(*words):
    return subprocess.run([program, *words, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def options():
    commands = re.findall(r"^  ([a-z]+) {2,}", help_of().split("Subcommands:")[1].split("Exit codes")[0], re.M)
    check("options", len(commands) >= 6, f"only {len(commands)} commands in --help")
    readme, index = (root / "README.md").read_text(), (docs / "README.md").read_text()
    for command in commands:
        page = docs / f"{command}.md"
        check("options", f"understudy {command}" in readme, f"README.md does not name {command}")
        check("options", f"({command}.md)" in index, f"docs/README.md does not name {command}")
        check("options", page.exists(), f"docs/{command}.md is missing")
        text = page.read_text() if page.exists() else ""
        for names in re.findall(r"^  (-[^ ]+)", help_of(command), re.M):
            for name in names.split(","):
                check("options", re.search(rf"`{re.escape(name)}[ `]", text), f"docs/{command}.md does not say what {name} is")


def errors():
    source = (root / "src/base/error.h").read_text()
    table = source[source.index("#define UNDERSTUDY_ERROR_CODES"):source.index("enum class errc")]
    exits = dict(re.findall(r"^    (\w+) = (\d+),", source[source.index("enum class exit_code"):], re.M))
    theirs = {(number, name, exits.get(code)) for name, number, code in re.findall(r"X\((\w+), (\d+), (\w+)\)", table)}
    ours = set(re.findall(r"^\| (\d+) \| `(\w+)` \| (\d+) \|", (docs / "exit-codes.md").read_text(), re.M))
    check("errors", theirs, "no error found in base/error.h")
    for row in sorted(theirs ^ ours):
        check("errors", False, f"docs/exit-codes.md and base/error.h differ in {' '.join(map(str, row))}")
    counts["errors"] += len(theirs)


def production_commands():
    rows = re.findall(r'^    \{"([A-Z_-]+)", "([A-Z-]*)", use::(\w+), \d+\},', (root / "src/resp/commands.cpp").read_text(), re.M)
    check("commands", len(rows) > 50, "no table found in resp/commands.cpp")
    theirs = {(use.replace("_", " "), f"{command} {sub}".strip()) for command, sub, use in rows}
    ours = set()
    for use, names in re.findall(r"^\| (session|admin read|read) \| [^|]+ \| (.*) \|$", (docs / "permissions.md").read_text(), re.M):
        ours |= {(use, name) for name in re.findall(r"`([^`]+)`", names)}
    for use, name in sorted(theirs ^ ours):
        check("commands", False, f"docs/permissions.md and resp/commands.cpp differ in {name} ({use})")
    counts["commands"] += len(theirs)


def indexes():
    for folder in (docs / "formats", docs):
        index = (folder / "README.md").read_text()
        pages = [page for page in folder.glob("*.md") if page.name != "README.md"]
        check("formats", pages, f"{folder} has no pages")
        for page in pages:
            check("formats", f"({page.name})" in index, f"{page.relative_to(root)} is not in the index beside it")
    for page in (docs / "design").glob("[0-9]*.md"):
        check("formats", f"(design/{page.name})" in (docs / "README.md").read_text(), f"{page.name} is not in docs/README.md")


def quotes():
    middleware = (root / "examples/shop/app/shopsite/server_timing.py").read_text()
    check("quotes", f"```python\n{middleware}```" in (docs / "instrument.md").read_text(),
          "docs/instrument.md quotes another middleware than examples/shop has")
    for framework, language in (("django", "python"), ("wordpress", "php")):
        printed = subprocess.run([program, "init", "--instrument", framework], stdout=subprocess.PIPE, text=True, check=True).stdout
        check("quotes", printed and f"```{language}\n{printed}```" in (docs / "instrument.md").read_text(),
              f"docs/instrument.md quotes another middleware than init --instrument {framework} prints")


def refused_settings():
    source = (root / "src/model/detail/change_step.cpp").read_text()
    names = re.findall(r'^        \{"([a-z-]+)", \w+\},', source[source.index("why_not_set"):], re.M)
    check("settings", len(names) > 10, "no refused setting found")
    text = (docs / "changes.md").read_text()
    for name in names:
        check("settings", f"`{name}`" in text, f"docs/changes.md does not say that {name} is refused")


for part in (links, options, errors, production_commands, indexes, quotes, refused_settings):
    part()
print("\n".join(wrong) or ", ".join(f"{count} {kind}" for kind, count in counts.items()))
sys.exit(bool(wrong))
