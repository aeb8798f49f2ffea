"""Every header compiles alone, with the warnings of the build.

usage: headers.py SOURCE_DIR BINARY_DIR

With the build's precompiled header, which holds the standard library's: so it shows what a header forgot of ours.
UNDERSTUDY_LONG=1 does without, and shows what it forgot of the standard's as well, in ten times the time.
"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

root, build = map(pathlib.Path, sys.argv[1:3])
entries = json.loads((build / "compile_commands.json").read_text())
# The flags of any file of the program; all modules are compiled alike.
entry = next(one for one in entries if one["file"].endswith("src/net/runtime.cpp"))
words = shlex.split(entry["command"])
flags = [word for word in words if word.startswith(("-I", "-D", "-std", "-W", "-isystem"))]
compiler = next(word for word in words if "clang++" in word)
if os.environ.get("UNDERSTUDY_LONG") != "1":
    # All but what is written: "... -MD -MT x -MF y -o z -c file".
    end = words.index("-MD") if "-MD" in words else words.index("-o")
    flags = words[words.index(compiler) + 1:end]


def check(header):
    done = subprocess.run([compiler, *flags, f"-DUNDERSTUDY_SOURCE_DIR=\"{root}\"", "-Wno-pragma-once-outside-header", "-fsyntax-only", "-x", "c++", str(header)],
                          cwd=entry["directory"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return None if done.returncode == 0 else f"{header.relative_to(root)}\n{done.stdout}"


headers = sorted((root / "src").rglob("*.h"))
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    wrong = [one for one in pool.map(check, headers) if one]
if not headers:
    wrong.append("no header found: wrong folder?")
print("\n".join(wrong) or f"{len(headers)} headers compile alone")
sys.exit(bool(wrong))
