"""The examples of the documentation are run: each line of a block marked `sh` in the pages of the commands, in the
folder of a playground, and its exit code held against the one in its comment (`# exit 2`). `$PRODUCTION_URL` and its
like stand for the playground's own addresses.

A line may go on where a change is real: expectations of response time and controls are taken out of the change files
first, so that what is tested does not depend on the speed of the machine.
"""
import os
import re
import shlex
import shutil
import subprocess
import unittest

from stage import BINARY, ROOT, LiveTest, Stage

PAGES = ("init", "doctor", "measure", "snapshot", "diff", "sync", "rehearse", "apply", "purge", "rollback", "report", "note", "history", "checklist", "schema",
         "completion", "man")


def examples(page):
    """The lines of a page's sh blocks as (command, exit code)."""
    text = (ROOT / "docs" / f"{page}.md").read_text()
    out = []
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S):
        for line in block.splitlines():
            command, _, code = line.partition("# exit ")
            out.append((command.strip(), int(code)))
    return out


def without_speed(text):
    """A change file without expectations of response time and without controls."""
    head, *expects = text.split("[[expect]]")
    kept = [one for one in expects if '"response_time"' not in one]
    tail = "" if "[effort]" not in expects[-1] or expects[-1] in kept else "[effort]" + expects[-1].split("[effort]")[1]
    head = re.sub(r"^controls = .*$", "controls = []", head, flags=re.M)
    return "[[expect]]".join([head, *kept]) + tail


class Documented(LiveTest):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        for path in (cls.stage.folder / "changes").glob("*.toml"):
            path.write_text(without_speed(path.read_text()))

    def places(self):
        """Where the two environments are, and a log and a list to find routes in."""
        log = '203.0.113.9 - - [23/Nov/2026:10:15:00 +0000] "GET /category/kettles/ HTTP/1.1" 200 5120 "-" "-"\n'
        (self.stage.folder / "access.log").write_text(log)
        (self.stage.folder / "routes.txt").write_text("/category/kettles/\n/cart/\n")
        self.stage.redis("staging").save()
        shutil.copy(self.stage.folder / "staging" / "redis" / "dump.rdb", self.stage.folder / "dump.rdb")
        text, out = self.stage.config.read_text(), {}
        for name in ("production", "staging"):
            part = text[text.index(f"[environments.{name}]"):]
            out[f"{name.upper()}_URL"] = re.search(r'url = "(.*)"', part)[1]
            out[f"{name.upper()}_REDIS"] = "redis://127.0.0.1:" + re.search(r"port = (\d+)", part)[1]
        return out

    def test_examples(self):
        """In this order: a report wants a rehearsal."""
        variables = self.stage.variables(PATH=f"{BINARY.parent}:{os.environ['PATH']}")
        places = self.places()
        for page in PAGES:
            lines = examples(page)
            self.assertGreaterEqual(len(lines), 2, f"docs/{page}.md has no examples")
            for command, code in lines:
                with self.subTest(page=page, command=command):
                    words = shlex.split(re.sub(r"\$([A-Z_]+)", lambda found: places[found[1]], command))
                    self.assertEqual(words[:2], ["understudy", page])
                    done = subprocess.run(words, cwd=self.stage.folder, env=variables, timeout=300,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                    self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
                    if code == 0 and "-o" not in words:
                        self.assertTrue(done.stdout.strip(), "nothing was printed")
        self.assertIn("<html", (self.stage.folder / "newest.html").read_text())


if __name__ == "__main__":
    unittest.main()
