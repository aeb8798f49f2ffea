"""The way of a newcomer, from the README alone: its lines are run in their order, on two environments that it knows only
by their addresses. What a person adds in between is what the README says a person adds.
"""
import json
import os
import re
import shlex
import subprocess
import unittest

from stage import BINARY, ROOT, LiveTest, Stage

SHOP = ROOT / "examples" / "shop" / "shop"
COMMANDS = """
[environments.{name}.commands.deploy]
run = ["{shop}", "deploy", "{{revision}}", "--home", "{home}"]
arguments = {{ revision = "[0-9]+" }}
environment = ["PATH", "HOME", "LANG=C.UTF-8"]

[environments.{name}.commands.rollback]
run = ["{shop}", "rollback", "--to", "{{release}}", "--home", "{home}"]
environment = ["PATH", "HOME", "LANG=C.UTF-8"]

[environments.{name}.commands.release]
run = ["{shop}", "release", "--home", "{home}"]
environment = ["PATH", "HOME", "LANG=C.UTF-8"]
"""


def readme_lines():
    section = (ROOT / "README.md").read_text().split("## From nothing to production\n")[1]
    block = re.search(r"```sh\n(.*?)```", section, re.S)[1]
    return [line.partition("#")[0].strip() for line in block.splitlines()]


def readme_change():
    """The change file of the README, for the revision that the shop has; without its control, a route of another shop."""
    text = next(text for text in re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.S) if "[step]" in text)
    text = text.replace('"3f9c2ab"', '"2"').replace('controls = ["home"]', "controls = []").replace('as = "ada"', 'as = "anonymous"')
    return text + "\n[effort]\nblocks = 6\nwarm = 3\ncold = 1\n"


class Newcomer(LiveTest):
    """The playground's own understudy.toml is put aside: only addresses and passwords are known."""

    def setUp(self):
        given = self.stage.config.read_text()
        self.stage.config.rename(self.stage.folder / "aside.toml")
        self.places = {}
        for name in ("production", "staging"):
            part = given[given.index(f"[environments.{name}]"):]
            self.places[f"{name.upper()}_URL"] = re.search(r'url = "(.*)"', part)[1]
            user = "understudy" if name == "production" else "default"
            self.places[f"{name.upper()}_REDIS"] = f"redis://{user}@127.0.0.1:" + re.search(r"port = (\d+)", part)[1]
        # Production may be written to by its own user here.
        production = self.stage.redis("production")
        production.execute_command("ACL", "SETUSER", "understudy", "+@all")

    def run_line(self, line, *more, code=0):
        words = shlex.split(re.sub(r"\$([A-Z_]+)", lambda found: self.places[found[1]], line)) + list(more)
        self.assertEqual(words[0], "understudy")
        done = subprocess.run([BINARY, *words[1:]], cwd=self.stage.folder, timeout=300, stdin=subprocess.DEVNULL,
                              env=self.stage.variables(HOME=os.environ["HOME"]), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        self.assertEqual(done.returncode, code, f"{line}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def add_what_a_person_knows(self):
        text = self.stage.config.read_text()
        for name in ("production", "staging"):
            home = self.stage.folder / name / "shop"
            secret = self.stage.folder / name / "measure.secret"
            text += COMMANDS.format(name=name, shop=SHOP, home=home)
            text = text.replace(f"[environments.{name}]\n", f"[environments.{name}]\n"
                                f'instrument = {{ header = "X-Understudy", secret = "file:{secret}" }}\n')
        text = re.sub(r'(\[environments\.production\]\n(?:.*\n)*?)(role = "production")', r'\1\2\naccess = "read-write"', text)
        # The routes that it found are kept; this is the one that the change is about.
        if not re.search(r"^\[routes\.category\]", text, re.M):
            text += '\n[routes.category]\npath = "/category/{slug}/"\ninputs = [{ slug = "kettles" }]\n'
        if not re.search(r"^\[drift\]", text, re.M):
            text += '\n[drift]\naccept = { maxmemory = "staging has a quarter of it" }\n'
        self.stage.config.write_text(text)
        (self.stage.folder / "changes" / "cache-category.toml").write_text(readme_change())

    def test_the_readme(self):
        init, doctor, measure, rehearse, plan, apply, rollback, history = readme_lines()
        passwords = [f"--{name}-password-file" for name in ("production", "staging")]
        self.run_line(init, passwords[0], "production/redis.password", passwords[1], "staging/redis.password")
        found = self.stage.config.read_text()
        self.assertIn("[routes.", found, "init found no route")
        self.run_line(doctor)
        self.add_what_a_person_knows()
        self.assertIn("category", self.run_line(measure))
        self.assertIn("improved", self.run_line(rehearse))
        self.assertIn("Nothing was done", self.run_line(plan))
        self.assertEqual(self.stage.shop("production", "release").splitlines()[0], "revision-1")
        done = self.run_line(apply, "--watch", "1s", "--on-breach", "rollback")
        self.assertEqual(self.stage.shop("production", "release").splitlines()[0], "revision-2")
        self.places["JOURNAL"] = re.search(r"understudy rollback (\S+)", done)[1]
        self.assertIn("release", self.run_line(rollback))
        self.assertEqual(self.stage.shop("production", "release").splitlines()[0], "revision-1")
        entries = json.loads(self.run_line(history, "--json"))["entries"]
        self.assertEqual([one["change"] for one in entries], ["cache-category"])
        self.assertEqual(entries[0]["standing"], "rolled back")


if __name__ == "__main__":
    unittest.main()
