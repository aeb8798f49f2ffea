"""The schemas of understudy.toml and of change files say what their readers say.

usage: schema.py SOURCE_DIR UNDERSTUDY

  schema    each is a valid schema of draft 2020-12
  names     every key that a reader asks for is a property, and every property is asked for
  good      every file of corpus/model/good and every example of the docs validates
  covered   every property is in a file of corpus/model/good, which the readers' own tests read: so a reader takes it
            there, at that place
  bad       a file of corpus/model/bad whose fault is one of structure does not validate
"""
import json
import pathlib
import re
import subprocess
import sys
import tomllib

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not here")
    sys.exit(77)

root, program = map(pathlib.Path, sys.argv[1:3])
corpus = root / "corpus" / "model"
wrong = []
counts = {}

# What a bad file's first line calls a fault of structure. Others (a name that does not exist, a value without sense) are
# the readers' own.
STRUCTURAL = {"config_unknown_key", "config_wrong_type", "config_missing_key", "config_literal_secret", "newer_format",
              "two_changes"}
# Of these, what no schema can tell, and why.
BEYOND = {
    "change-input-missing.toml": "which inputs a route has stands in the other file",
    "change-input-typo.toml": "the same",
    "change-primary-none.toml": "how many are primary is counted over the array",
    "change-argument-missing.toml": "which arguments a command has stands in the other file",
    "change-argument-unknown.toml": "the same",
    "project-route-no-inputs.toml": "which inputs are needed stands in the path",
    "project-route-input-missing.toml": "the same",
    "project-route-input-typo.toml": "the same",
    "project-literal-variable.toml": "which names sound secret is a rule of its own",
}
# Asked for only to be refused with a reason.
REFUSED = {"verify"}


def check(kind, good, text):
    counts[kind] = counts.get(kind, 0) + 1
    if not good:
        wrong.append(f"{kind}: {text}")


def resolved(schema, whole):
    while "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        target = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = {**target, **rest}
    return schema


def properties(schema, whole, place=""):
    """Every property with its place: "environments.*.redis.host"."""
    schema = resolved(schema, whole)
    for name, inner in schema.get("properties", {}).items():
        at = f"{place}.{name}".lstrip(".")
        yield at
        yield from properties(inner, whole, at)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from properties(schema["additionalProperties"], whole, f"{place}.*".lstrip("."))
    if "items" in schema:
        yield from properties(schema["items"], whole, place)


def used(schema, whole, value, place=""):
    """The properties that a file has."""
    schema = resolved(schema, whole)
    if isinstance(value, list):
        for one in value:
            yield from used(schema.get("items", {}), whole, one, place)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name in schema.get("properties", {}):
            at = f"{place}.{name}".lstrip(".")
            yield at
            yield from used(schema["properties"][name], whole, inner, at)
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from used(schema["additionalProperties"], whole, inner, f"{place}.*".lstrip("."))


def asked_for(pattern):
    """The keys that the readers ask for by name."""
    getters = "text|integer|number|boolean|table|texts|tables|one_of|text_map|needed_text|need|read_\\w+|file"
    found = set()
    for path in sorted((root / "src" / "model").rglob("*.*")):
        if path.suffix not in (".cpp", ".h") or path.name.endswith("_test.cpp") or not re.match(pattern, path.name):
            continue
        text = path.read_text()
        found |= set(re.findall(rf'\b(?:{getters})\((?:\*?\w+, )?"([a-z_]+)"', text))
    return found - REFUSED


def examples(page):
    return re.findall(r"```toml\n(.*?)```", (root / page).read_text(), re.S)


def look(noun, readers, pages):
    whole = json.loads(subprocess.run([program, "schema", noun], stdout=subprocess.PIPE, check=True, text=True).stdout)
    jsonschema.Draft202012Validator.check_schema(whole)
    check("schema", whole["$schema"].endswith("/2020-12/schema"), f"{noun} is of another draft")
    validator = jsonschema.Draft202012Validator(whole)
    known = set(properties(whole, whole))
    names = {place.split(".")[-1] for place in known}
    asked = asked_for(readers)
    check("names", len(asked) >= 15, f"only {len(asked)} keys found in the readers of {noun}")
    for name in sorted(asked ^ names):
        check("names", False, f"{name!r} of {noun} is " + ("in no schema" if name in asked else "asked for by no reader"))
    counts["names"] += len(names)
    covered = set()
    good = [(path.name, path.read_text()) for path in sorted((corpus / "good").glob(f"{noun}-*.toml"))]
    check("good", good, f"no good {noun} in the corpus")
    for name, text in good:
        covered |= set(used(whole, whole, tomllib.loads(text)))
    for page in pages:
        good += [(page, text) for text in examples(page)]
    for name, text in good:
        faults = [f"{'.'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in validator.iter_errors(tomllib.loads(text))]
        check("good", not faults, f"{name} does not validate: {faults[:2]}")
    for place in sorted(known):
        check("covered", place in covered, f"no file of corpus/model/good has {place} of {noun}")
    for path in sorted((corpus / "bad").glob(f"{noun}-*.toml")):
        text = path.read_text()
        code = text.split()[2]
        if code not in STRUCTURAL:
            continue
        try:
            read = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        valid = validator.is_valid(read)
        if path.name in BEYOND:
            check("bad", valid, f"{path.name} is told by the schema after all: take it from the list")
        else:
            check("bad", not valid, f"{path.name} ({code}) validates")


look("project", r"project_|toml_format", ["docs/configuration.md", "docs/formats/project.md"])
look("change", r"change_|toml_format", ["docs/changes.md", "docs/formats/change.md"])
print("\n".join(wrong) or ", ".join(f"{count} {kind}" for kind, count in counts.items()))
sys.exit(bool(wrong))
