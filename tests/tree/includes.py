"""Every #include of the tree goes to a lower floor or to the module itself, and never into another module's detail/.

usage: includes.py SOURCE_DIR FLOORS_TXT
"""
import pathlib
import re
import sys

root, floors_file = pathlib.Path(sys.argv[1]), sys.argv[2]
floors = {name: int(floor) for name, floor in (line.split() for line in open(floors_file))}
wrong, checked = [], 0
for path in sorted((root / "src").rglob("*")):
    if path.suffix not in (".h", ".cpp") or path.parent == root / "src":
        continue
    module = path.relative_to(root / "src").parts[0]
    if module not in floors:
        wrong.append(f"{path}: module {module} is not in cmake/floors.cmake")
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not found:
            continue
        checked += 1
        parts = found.group(1).split("/")
        place = f"{path.relative_to(root)}:{number}"
        if not (root / "src" / found.group(1)).is_file():
            wrong.append(f"{place}: {found.group(1)} is not a file below src/")
        elif parts[0] != module and floors.get(parts[0], 99) >= floors[module]:
            wrong.append(f"{place}: {module} (floor {floors[module]}) includes {parts[0]} (floor {floors.get(parts[0])})")
        elif parts[0] != module and "detail" in parts[1:-1]:
            wrong.append(f"{place}: includes the detail of another module")
if checked == 0:
    wrong.append("no #include found: wrong folder?")
print("\n".join(wrong) or f"{checked} includes, all to lower floors")
sys.exit(bool(wrong))
