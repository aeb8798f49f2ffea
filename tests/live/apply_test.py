"""`apply` on production: refused with evidence that does not stand, done as the plan says, watched, rolled back.

Production's Redis is watched by MONITOR and read by another client; the shop tells its own release.
UNDERSTUDY_KILL_ALL=1 kills in more moments of each record.
"""
import json
import re
import shutil
import signal
import threading
import time
import unittest

from crash_test import ALL
from purge_test import WRITES, writable_production
from safety_test import Watch
from short_stage import FAMILY, HOUR, ShortStage, dump_of, plant, wait_for

CHANGE = """format = 1
owner = "tests"
reason = "The category page asks the database for each of its products."
route = "category"
symptom = "SELECT"
noticed = "nowhere"
purge = ["shop:1:category:*"]
controls = []

[step]
{step}

[[expect]]
metric = "database_calls"
as = "anonymous"
change = "<= -50%"
primary = true

[effort]
blocks = 6
warm = 2
cold = 1
"""
DEPLOY = 'deploy = { revision = "2" }'
READS = {"hello", "info", "config|get", "command|info", "scan", "type", "pttl", "ping", "memory|usage", "object|idletime",
         "multi", "exec", "pexpiretime", "dump", "dbsize", "time"}
QUICK = ("--execute", "--watch", "1s", "--on-breach", "rollback", "--json")


class ApplyCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = ShortStage()
        cls.addClassCleanup(cls.stage.close)
        writable_production(cls.stage)
        cls.production = cls.stage.redis("production")
        plant(cls.production, big=False)
        plant(cls.production, b"other:", big=False)
        cls.path = cls.stage.folder / "changes" / "faster.toml"
        cls.path.write_text(CHANGE.format(step=DEPLOY))
        ended, evidence = cls.stage.rehearse(cls.path, timeout=600)
        assert ended.code == 0, str(ended)
        cls.evidence = sorted((cls.stage.folder / "understudy-runs").glob("*/evidence.json"))[-1]
        cls.evidence_id = evidence["id"]

    def assertExit(self, ended, code):
        self.assertEqual(ended.code, code, str(ended))

    def assertRefused(self, error, *words, says="", change=None):
        before = self.picture()
        for more in ((), QUICK):
            ended = self.stage.run("apply", change or self.path, *words, *more)
            self.assertExit(ended, 4)
            self.assertIn(f"[{error}]", ended.err)
            self.assertIn(says, ended.err)
        self.assertEqual(self.picture(), before)

    def release(self):
        return self.stage.shop("production", "release").splitlines()[0]

    def family(self):
        return {key: value for key, value in dump_of(self.production).items()
                if key.startswith((FAMILY + b"kept:", FAMILY + b"timed:"))}

    def picture(self):
        return self.family(), self.release(), self.production.config_get("*")

    def back(self, journal=None):
        ended = self.stage.run("rollback", *([journal] if journal else []))
        self.assertExit(ended, 0)


class Refused(ApplyCase):
    def test_missing(self):
        other = self.stage.folder / "changes" / "never.toml"
        other.write_text(CHANGE.format(step=DEPLOY))
        self.assertRefused("evidence_missing", change=other)
        self.assertRefused("evidence_missing", "--evidence", "understudy-runs/nowhere")

    def test_edited(self):
        text = self.evidence.read_text()
        self.addCleanup(self.evidence.write_text, text)
        self.evidence.write_text(text.replace('"owner": "tests"', '"owner": "teste"'))
        self.assertRefused("evidence_edited", says="byte for byte")
        self.evidence.write_text(text + "\n")
        self.assertRefused("evidence_edited")

    def test_foreign(self):
        journal = self.stage.state / "journals" / f"{self.evidence_id}.journal"
        away = journal.with_suffix(".away")
        journal.rename(away)
        self.assertRefused("evidence_foreign", says="no journal here")
        away.rename(journal)
        # Another understudy.toml of the same two environments, in the same folder.
        other = self.stage.folder / "other.toml"
        shutil.copy(self.stage.config, other)
        self.assertRefused("evidence_foreign", "-c", other, says="another project")
        # The same file, with another staging in it.
        text = self.stage.config.read_text()
        self.addCleanup(self.stage.config.write_text, text)
        self.stage.config.write_text(re.sub(r'(role = "staging"\nurl = "http://127\.0\.0\.1):\d+', r"\1:1", text))
        self.assertRefused("evidence_foreign", says="another staging")

    def test_failed(self):
        other = self.stage.folder / "changes" / "nothing.toml"
        other.write_text(CHANGE.format(step='deploy = { revision = "6" }'))
        ended, _ = self.stage.rehearse(other, timeout=600)
        self.assertExit(ended, 1)
        self.assertRefused("evidence_failed", change=other, says="an expectation is unmet")

    def test_stale_file(self):
        text = self.path.read_text()
        self.addCleanup(self.path.write_text, text)
        self.path.write_text(text + "# a second thought\n")
        self.assertRefused("evidence_stale", says="the change file was edited")

    def test_stale_age(self):
        self.assertRefused("evidence_stale", "--max-age", "1ms", says="evidence holds for")

    def test_stale_drift(self):
        was = self.production.config_get("maxmemory-policy")["maxmemory-policy"]
        self.production.config_set("maxmemory-policy", "volatile-lru")
        try:
            self.assertRefused("evidence_stale", says="drift has changed: maxmemory-policy is volatile-lru")
        finally:
            self.production.config_set("maxmemory-policy", was)

    def test_stale_release(self):
        self.stage.shop("production", "deploy", "6")
        try:
            self.assertRefused("evidence_stale", says="production runs revision-6")
        finally:
            self.stage.shop("production", "rollback", "--to", "revision-1")

    def test_read_only_production(self):
        text = self.stage.config.read_text()
        self.addCleanup(self.stage.config.write_text, text)
        self.stage.config.write_text(text.replace('access = "read-write"\n', "", 1))
        plan = self.stage.run("apply", self.path)
        self.assertExit(plan, 0)
        self.assertIn("nothing can be", plan.out)
        ended = self.stage.run("apply", self.path, *QUICK)
        self.assertExit(ended, 4)
        self.assertIn("[not_writable]", ended.err)
        self.assertEqual(self.release(), "revision-1")

    def test_no_terminal_to_ask_on(self):
        ended = self.stage.run("apply", self.path, "--execute")
        self.assertExit(ended, 2)
        self.assertIn("--on-breach", ended.err)


class Applied(ApplyCase):
    def setUp(self):
        self.before = self.picture()
        self.assertEqual(self.before[1], "revision-1")

    def test_plan(self):
        with Watch(self.production) as watch:
            plan = self.stage.run("apply", self.path)
        self.assertExit(plan, 0)
        for words in ("deploy 2", "rollback --to revision-1", self.evidence_id, "Nothing was done", "--execute"):
            self.assertIn(words, plan.out)
        keys = len([key for key in self.production.scan_iter(match=FAMILY + b"*", count=1000)])
        self.assertIn(f"{keys} keys", plan.out)
        self.assertEqual(set(watch.ours) - READS, set())
        self.assertEqual(self.picture(), self.before)

    def test_done_and_undone(self):
        with Watch(self.production) as watch:
            ended = self.stage.run("apply", self.path, *QUICK)
        self.assertExit(ended, 0)
        done = json.loads(ended.out)
        self.assertEqual((done["end"], done["breaches"]), ("applied", []))
        self.assertGreaterEqual(done["rounds"], 2)
        primary = done["signals"][0]
        self.assertEqual(primary["outcome"], "met")
        self.assertLess(primary["after"], primary["before"])
        self.assertEqual(self.release(), "revision-2")
        self.assertEqual(self.family(), {})
        # It writes what the plan says: the probe, the purge. The deploy is the shop's own affair.
        self.assertEqual(set(watch.ours) - READS, WRITES)
        self.assertEqual(self.stage.outcome(), "applied")
        with Watch(self.production) as watch:
            self.back(done["journal"])
        self.assertEqual(set(watch.ours) - READS - WRITES, set())
        self.assertEqual(self.picture(), self.before)

    def test_breach_is_noticed_and_rolled_back(self):
        """Somebody puts a slower revision over it while it is watched."""
        process = self.stage.start("apply", self.path, "--execute", "--watch", "90s", "--on-breach", "rollback", "--json")
        wait_for(lambda: self.release() == "revision-2", "the deploy")
        self.stage.shop("production", "deploy", "6")
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, out + err)
        done = json.loads(out)
        self.assertEqual(done["end"], "rolled back")
        self.assertIn("database_calls", done["breaches"][0]["name"])
        self.assertEqual(done["proof"]["differences"], [])
        self.assertEqual(self.picture(), self.before)
        self.assertIn("Nothing to roll back", self.stage.run("rollback").out)

    def test_a_breach_that_is_only_told(self):
        process = self.stage.start("apply", self.path, "--execute", "--watch", "90s", "--on-breach", "stop", "--json")
        wait_for(lambda: self.release() == "revision-2", "the deploy")
        self.stage.shop("production", "stop")
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, out + err)
        done = json.loads(out)
        self.assertEqual(done["end"], "breached")
        self.assertTrue(any(one["name"].startswith("errors of") for one in done["breaches"]), done["breaches"])
        self.back(done["journal"])
        self.assertEqual(self.picture(), self.before)

    def test_killed_in_the_middle(self):
        records = None
        for number in range(2, 10):
            for moment in ("torn", "after") if ALL else ("after",):
                ended = self.stage.run("apply", self.path, *QUICK, UNDERSTUDY_CRASH_AT=f"journal:{number}:{moment}")
                if ended.code == 0:
                    records = number
                    self.back(self.stage.journals()[-1])
                    break
                with self.subTest(f"record {number}, {moment}"):
                    self.assertExit(ended, -signal.SIGKILL)
                    self.assertExit(self.stage.run("apply", self.path, *QUICK), 4 if number > 1 else 0)
                    self.back(self.stage.journals()[-1])
                    self.assertEqual(self.picture(), self.before)
            if records:
                break
        self.assertGreater(records or 10, 6, "begin, saved, apply, purge and end were all killed")

    def test_ctrl_c_while_it_is_watched(self):
        count = len(self.stage.journals())
        process = self.stage.start("apply", self.path, "--execute", "--watch", "90s", "--on-breach", "rollback", "--json")
        wait_for(lambda: len(self.stage.journals()) > count and any(one.get("action") == "purge" and one["state"] == "applied"
                                                                    for one in self.stage.records()), "the purge")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, out + err)
        self.assertEqual(json.loads(out)["end"], "ended early")
        self.assertEqual(self.release(), "revision-2")
        self.back(self.stage.journals()[-1])
        self.assertEqual(self.picture(), self.before)

    def test_written_between_backup_and_purge(self):
        """What the old release writes while it is deployed must go, and comes back with the rollback."""
        late = FAMILY + b"kept:late"
        count = len(self.stage.journals())
        process = self.stage.start("apply", self.path, *QUICK)
        wait_for(lambda: len(self.stage.journals()) > count and any(one["record"] == "saved" for one in self.stage.records()),
                 "the backup")
        self.production.set(late, b"written meanwhile", px=HOUR)
        expiry = self.production.execute_command("PEXPIRETIME", late)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, out + err)
        done = json.loads(out)
        self.assertGreaterEqual(done["purged_late"], 1)
        self.assertGreater(done["purged"], done["purged_late"])
        self.assertEqual(self.family(), {})
        steps = [one for one in self.stage.records() if one.get("action") == "purge"]
        self.assertEqual([one["state"] for one in steps], ["planned", "saved", "applied"])
        self.back(done["journal"])
        self.assertEqual(dump_of(self.production).get(late), (b"string", b"written meanwhile", expiry))
        self.production.unlink(late)
        self.assertEqual(self.picture(), self.before)

    def test_killed_between_the_second_backup_and_the_purge(self):
        late = FAMILY + b"kept:late"
        for where in ("backup_finish:2", "journal:8"):
            with self.subTest(where):
                count = len(self.stage.journals())
                process = self.stage.start("apply", self.path, *QUICK, UNDERSTUDY_CRASH_AT=where)
                wait_for(lambda: len(self.stage.journals()) > count and any(one["record"] == "saved"
                                                                            for one in self.stage.records()), "the backup")
                self.production.set(late, b"written meanwhile", px=HOUR)
                process.communicate(timeout=120)
                self.assertEqual(process.returncode, -signal.SIGKILL)
                self.back()
                self.production.unlink(late)
                self.assertEqual(self.picture(), self.before)

    def test_visitors_during_the_rollback(self):
        """Keys that visitors write while it is rolled back are theirs, and no difference."""
        ended = self.stage.run("apply", self.path, *QUICK)
        self.assertExit(ended, 0)
        busy = threading.Event()

        def visit():
            number = 0
            while not busy.is_set():
                self.production.set(FAMILY + b"visitor:%d" % number, 1, px=60_000)
                number += 1
        visitors = threading.Thread(target=visit, daemon=True)
        visitors.start()
        try:
            self.back(self.stage.journals()[-1])
        finally:
            busy.set()
            visitors.join()
        self.assertEqual(self.picture(), self.before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
