"""What a rehearsal leaves behind to be read later: the log, the history, the commit, the closing note, reports for CI."""
import datetime
import hashlib
import json
import re
import sqlite3
import subprocess
import unittest
import xml.etree.ElementTree

from short_stage import BINARY, ROOT, ShortStage, mode

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SETTING = 'redis_config = { setting = "maxmemory-samples", value = "7" }'
STAGES = ["preflight", "save what is there", "noise", "before, apply, purge, after", "roll back"]


def documented(page, heading):
    """The words in the first column of the table with this heading."""
    text = (ROOT / "docs" / "formats" / page).read_text().split(f"| `{heading}` |")[-1].split("\n\n")[0]
    return {word for row in re.findall(r"^\| (`.*?) \|", text, re.M) for word in re.findall(r"`(\w+)`", row)}


class RecordsCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = ShortStage()
        # A setting, for a deploy takes its time; one deploy is rehearsed, for its log.
        cls.change = cls.stage.short_change("records", SETTING)
        cls.git("init", "-q", "-b", "faster")
        (cls.stage.folder / ".gitignore").write_text("*\n!.gitignore\n!*.toml\n!changes/\n!views.py\n")
        (cls.stage.folder / "views.py").write_text("1")
        cls.git("add", "-A")
        cls.git("commit", "-q", "-m", "first")

    @classmethod
    def tearDownClass(cls):
        cls.stage.close()

    @classmethod
    def git(cls, *words):
        done = subprocess.run(["git", "-c", "user.name=ada", "-c", "user.email=ada@example.org", *words], cwd=cls.stage.folder,
                              check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def assertExit(self, ended, *codes):
        self.assertIn(ended.code, codes, str(ended))

    def history(self, *words):
        ended = self.stage.run("history", "--json", *words)
        self.assertExit(ended, 0)
        return json.loads(ended.out)["entries"]


class Log(RecordsCase):
    def lines(self, name):
        text = (self.stage.folder / name).read_text()
        self.assertTrue(text.endswith("\n"))
        steps = documented("log.md", "step")
        self.assertGreater(len(steps), 8)
        out = []
        for line in text.splitlines():
            one = json.loads(line)
            self.assertLessEqual(set(one), {"time", "level", "step", "what", "seconds", "error"}, line)
            for key in ("time", "level", "step", "what"):
                self.assertIsInstance(one[key], str, line)
            self.assertRegex(one["time"], TIME)
            datetime.datetime.fromisoformat(one["time"].replace("Z", "+00:00"))
            self.assertIn(one["level"], ("detail", "info", "warning", "error"))
            self.assertIn(one["step"], steps, f"{one['step']} is not in docs/formats/log.md")
            if "seconds" in one:
                self.assertGreaterEqual(one["seconds"], 0)
            if "error" in one:
                self.assertEqual(set(one["error"]), {"code", "what"})
                self.assertEqual(one["level"], "error")
            out.append(one)
        self.assertEqual([one["time"] for one in out], sorted(one["time"] for one in out))
        return out

    def test_every_line_of_a_rehearsal(self):
        change = self.stage.short_change("deploys")
        ended, evidence = self.stage.rehearse(change, "--log", "whole.log", "-q", tries=1, timeout=400)
        self.assertExit(ended, 0, 1, 6)
        lines = self.lines("whole.log")
        self.assertEqual(mode(self.stage.folder / "whole.log"), 0o600)
        self.assertRegex(lines[0]["what"], r"^rehearse of understudy \d+\.\d+\.\d+, log format 1$")
        self.assertEqual(lines[-1]["what"], f"rehearse ended with exit code {ended.code}")
        self.assertGreater(lines[-1]["seconds"], 0)
        stages = [one for one in lines if one["step"] == "stage"]
        self.assertEqual([one["what"] for one in stages], [name for name in STAGES for _ in range(2)])
        for name, taken in zip(STAGES, evidence["times"]):
            ends = [one["seconds"] for one in stages if one["what"] == name and "seconds" in one]
            self.assertEqual(len(ends), 1)
            self.assertAlmostEqual(ends[0], taken["seconds"], delta=0.05)
        self.assertEqual(sum(one["step"] == "arm" for one in lines), len(evidence["arms"]) + len(evidence["noise_arms"]))
        deploys = [one for one in lines if one["step"] == "apply" and "seconds" in one]
        self.assertEqual(len(deploys), sum(run["what"] == "deploy" for run in evidence["commands"]))
        self.assertEqual({one["what"] for one in deploys}, {"command deploy"})
        self.assertTrue(any(one["step"] == "undo" for one in lines))
        self.assertTrue(any(one["step"] == "purge" for one in lines))

    def test_a_setting_is_named_without_its_value(self):
        self.assertExit(self.stage.run("rehearse", self.change, "--log", "setting.log"), 0, 1, 6)
        done = {one["what"] for one in self.lines("setting.log") if one["step"] == "apply"}
        self.assertEqual(done, {"CONFIG SET maxmemory-samples"})

    def test_what_fails_is_an_error_with_its_code(self):
        self.assertExit(self.stage.run("rehearse", "nowhere.toml", "--log", "wrong.log"), 2)
        last = self.lines("wrong.log")[-1]
        self.assertEqual((last["step"], last["error"]["code"]), ("command", "config_missing"))
        self.stage.hook("before-deploy", "exit 3")
        self.addCleanup(self.stage.unhook)
        self.assertExit(self.stage.run("rehearse", self.stage.short_change("fails"), "--log", "fails.log"), 3)
        failed = [one for one in self.lines("fails.log") if "error" in one]
        self.assertIn(("apply", "exit 3"), [(one["step"], one["error"]["code"]) for one in failed])
        self.assertIn(("stage", "command_failed"), [(one["step"], one["error"]["code"]) for one in failed])

    def test_runs_add_to_one_file(self):
        for _ in range(2):
            self.assertExit(self.stage.run("measure", "staging", "health", "--log", "two.log"), 0)
        self.assertEqual(sum(one["what"].startswith("measure of") for one in self.lines("two.log")), 2)

    def test_a_log_that_cannot_be_written(self):
        ended = self.stage.run("measure", "staging", "--log", "no/such/folder/x.log")
        self.assertExit(ended, 3)
        self.assertIn("no/such/folder", ended.err)
        full = self.stage.run("measure", "staging", "health", "--log", "/dev/full")
        self.assertExit(full, 0)
        self.assertEqual(full.err.count("/dev/full"), 1)


class History(RecordsCase):
    def test_the_way_of_a_change(self):
        """Rehearsed, rehearsed again, killed and rolled back: each in its place, and the digests are those of the files."""
        change = self.stage.short_change("way", SETTING)
        ended, evidence = self.stage.rehearse(change, tries=1)
        first, = self.history("--change", "way")
        self.assertEqual((first["id"], first["standing"]), (evidence["id"], "rehearsed"))
        self.assertEqual(first["verdict"], evidence["comparison"]["verdict"])
        self.assertEqual(first["commit"], evidence["git"]["commit"])
        self.assertEqual((first["owner"], first["route"]), ("tests", "category"))
        self.assertEqual([(act["act"], act["environment"], act["exit_code"]) for act in first["acts"]],
                         [("rehearse", "staging", ended.code)])
        written = self.stage.newest_run() / "evidence.json"
        self.assertEqual(first["folder"], str(self.stage.newest_run()))
        sealed, = (one for one in self.stage.records(self.stage.state / "journals" / f"{first['id']}.journal")
                   if one["record"] == "evidence")
        self.assertEqual(sealed["digest"], hashlib.sha256(written.read_bytes()).hexdigest())
        self.stage.rehearse(change, tries=1)
        self.assertEqual([one["standing"] for one in self.history("--change", "way")], ["rehearsed", "superseded"])
        self.assertExit(self.stage.run("rehearse", change, UNDERSTUDY_CRASH_AT="journal:7"), -9)
        self.assertEqual(len(self.history("--change", "way")), 2)
        self.assertExit(self.stage.run("rollback"), 0)
        died, newest, oldest = self.history("--change", "way")
        self.assertEqual([died["standing"], newest["standing"], oldest["standing"]], ["rolled back", "rehearsed", "superseded"])
        self.assertEqual((died["verdict"], died["acts"][0]["act"]), ("", "rollback"))
        self.assertEqual(mode(self.stage.state / "history.db"), 0o600)
        table = self.stage.run("history")
        self.assertExit(table, 0)
        self.assertRegex(table.out, r"(?m)^  \d{4}-\d\d-\d\d \d\d:\d\d  way +none +rolled back")
        self.assertEqual(len(self.history("--limit", "1")), 1)

    def test_a_history_that_cannot_be_written_is_a_warning(self):
        self.stage.run("history")
        file = self.stage.state / "history.db"
        kept = file.read_bytes()
        file.unlink()
        file.mkdir()
        ended = self.stage.run("rehearse", self.change)
        self.assertIn("was not written into the history", ended.err)
        self.assertExit(ended, 0, 1, 6)
        self.assertTrue(self.stage.evidence()["proof"]["done"])
        self.assertExit(self.stage.run("history"), 3)
        file.rmdir()
        file.write_bytes(b"damaged" * 100)
        self.stage.run("rehearse", self.change)
        self.assertEqual(len(self.history()), 1)
        aside, = self.stage.state.glob("history.db.damaged-*")
        self.assertEqual(aside.read_bytes(), b"damaged" * 100)
        aside.unlink()
        file.write_bytes(kept)

    def test_a_newer_one_is_refused(self):
        self.stage.run("history")
        with sqlite3.connect(self.stage.state / "history.db") as opened:
            opened.execute("PRAGMA user_version = 99")
        try:
            ended = self.stage.run("history")
            self.assertExit(ended, 2)
            self.assertIn("[newer_format]", ended.err)
        finally:
            with sqlite3.connect(self.stage.state / "history.db") as opened:
                opened.execute("PRAGMA user_version = 2")

    def test_what_stands_in_it_moves_no_cursor(self):
        self.stage.run("history")
        hostile = "a\x1b[2J\x1b]0;title\x07\r\nb\u202e"
        with sqlite3.connect(self.stage.state / "history.db") as opened:
            opened.execute("INSERT INTO rehearsals (id, change, change_digest, owner, reason, route, verdict, why, standing, commit_hash, "
                           "folder) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [hostile] * 11)
            opened.execute("INSERT INTO acts (id, act, at, environment, exit_code) VALUES (?, ?, ?, ?, 1)", [hostile] * 4)
        try:
            ended = self.stage.run("history")
            self.assertExit(ended, 0)
            for mark in ("\x1b", "\x07", "\r", "\u202e"):
                self.assertNotIn(mark, ended.out)
            self.assertIn("a\ufffd[2J", ended.out)
            self.assertIn(hostile, [one["owner"] for one in self.history()])
        finally:
            with sqlite3.connect(self.stage.state / "history.db") as opened:
                opened.execute("DELETE FROM rehearsals WHERE id = ?", [hostile])
                opened.execute("DELETE FROM acts WHERE id = ?", [hostile])


class Commit(RecordsCase):
    def test_evidence_note_and_reports_name_the_commit(self):
        (self.stage.folder / "views.py").write_text("2")
        self.git("commit", "-q", "-a", "-m", "second")
        _, evidence = self.stage.rehearse(self.change, tries=1)
        git = evidence["git"]
        self.assertEqual(git["commit"], self.git("rev-parse", "HEAD"))
        self.assertEqual((git["branch"], git["clean"], git["files"], git["unknown"]), ("faster", True, ["views.py"], ""))
        # The run folder that it left is ours and makes nothing unclean; another file does.
        (self.stage.folder / ".gitignore").write_text("*\n!.gitignore\n!*.toml\n!changes/\n!views.py\n!understudy-runs\n!understudy-runs/**\n")
        self.git("commit", "-q", "-a", "-m", "third")
        _, evidence = self.stage.rehearse(self.change, tries=1)
        self.assertIs(evidence["git"]["clean"], True)
        (self.stage.folder / "views.py").write_text("3")
        _, evidence = self.stage.rehearse(self.change, tries=1)
        self.assertIs(evidence["git"]["clean"], False)
        self.assertEqual(evidence["git"]["files"], [".gitignore", "views.py"])
        short = evidence["git"]["commit"][:12]
        note = self.stage.run("note")
        self.assertExit(note, 0)
        for part in ("Reason:     What is left behind is looked at.", "Files:      .gitignore\n            views.py",
                     "Command:    CONFIG SET maxmemory-samples 7"):
            self.assertIn(part, note.out)
        for form in ("text", "markdown", "junit", "html"):
            told = self.stage.run("report", "--format", form)
            self.assertExit(told, 0)
            self.assertIn(f"commit {short} on faster, with changes that are not committed", told.out, form)

    def test_reports_for_ci(self):
        ended, evidence = self.stage.rehearse(self.change, tries=1)
        root = xml.etree.ElementTree.fromstring(self.stage.run("report", "--format", "junit").out)
        self.assertEqual(int(root.get("failures")) + int(root.get("errors")) == 0, ended.code == 0)
        self.assertEqual(len(root.findall(".//testcase")), int(root.get("tests")))
        lines = self.stage.run("report", "--format", "github").out.splitlines()
        self.assertTrue(all(re.match(r"::(error|warning|notice) file=changes/records\.toml,title=", line) for line in lines), lines)
        self.assertIn(evidence["id"], lines[-1])
        comment = self.stage.run("report", "--format", "markdown").out
        self.assertIn(f"{evidence['comparison']['verdict']}: records", comment.splitlines()[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
