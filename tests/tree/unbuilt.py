"""Every *_test.cpp of the tree is compiled into something, and every *_test.py below tests/ and examples/ is a ctest.

usage: unbuilt.py SOURCE_DIR BINARY_DIR
"""
import json
import pathlib
import subprocess
import sys

root, build = map(pathlib.Path, sys.argv[1:3])
compiled = {pathlib.Path(entry["file"]) for entry in json.loads((build / "compile_commands.json").read_text())}
sources = [path for folder in ("src", "tests", "bench") for path in (root / folder).rglob("*_test.cpp")]
listed = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"], stdout=subprocess.PIPE, check=True, text=True).stdout
scripts = [path for folder in ("tests", "examples") for path in (root / folder).rglob("*_test.py")]
wrong = [f"{path.relative_to(root)} is not compiled" for path in sources if path not in compiled]
wrong += [f"{path.relative_to(root)} is no test of the build" for path in scripts if str(path) not in listed]
if not sources:
    wrong.append("no *_test.cpp found: wrong folder?")
print("\n".join(wrong) or f"{len(sources)} test files compiled, {len(scripts)} scripts run")
sys.exit(bool(wrong))
