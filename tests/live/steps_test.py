"""The steps `expire` and `command`: done and undone to the letter, from a kill in every state of their journal, and the
proof finds what is planted behind its back.

Expiries and values are read by another Redis client. UNDERSTUDY_KILL_ALL=1 kills in all three moments of each record.
"""
import json
import unittest

from crash_test import ALL, CrashCase, kind_of
from short_stage import Between, FAMILY, HOUR, dump_of, plant
from stage import long_test

TIMED = b"timed:"
EXPIRE = 'expire = { pattern = "timed:*", %s }'
FLAG = 'command = { command = "flag", to = "on" }\n\n[rollback]\ncommand = "flag"\nto = "off"'
# A command of staging that leaves its mark in Redis and on the disk; a test hooks more into it.
FLAG_COMMAND = """
[environments.staging.commands.flag]
run = ["{script}", "{{to}}"]
arguments = {{ to = "on|off" }}
timeout = "30s"
environment = ["PATH"]
"""
FLAG_SCRIPT = """#!/bin/sh
echo "$1" >{folder}/flag
echo "$1" >>{folder}/flags
redis-cli -h 127.0.0.1 -p {port} --user default -a {password} --no-auth-warning set other:flag "$1" >/dev/null
[ -f "{folder}/hooks/after-$1" ] && . "{folder}/hooks/after-$1"
exit 0
"""


class StepCase(CrashCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stage = cls.stage
        plant(stage.client, TIMED, big=False)
        script = stage.folder / "flag-command"
        script.write_text(FLAG_SCRIPT.format(folder=stage.folder, port=stage.port(), password=stage.password()))
        script.chmod(0o700)
        text = stage.config.read_text()
        at = text.index("\n[environments.staging.commands.health]")
        stage.config.write_text(text[:at] + FLAG_COMMAND.format(script=script) + text[at:])
        (stage.folder / "flag").write_text("off\n")
        stage.client.set(b"other:flag", "off")

    def timed(self):
        return {key: value for key, value in dump_of(self.stage.client).items() if key.startswith(TIMED)}

    def killed_after_apply(self, name, step, number):
        """Kills right after the step was done for the first time, at this record of the journal."""
        self.killed(self.stage.short_change(name, step), f"journal:{number}:after")
        self.assertEqual(kind_of(self.stage.records()[-1])[:2], ("apply", "applied"))

    def kill_in_every_state(self, name, step, actions, check):
        """Kills at each record of these actions, and lets a rollback mend it."""
        stage = self.stage
        records = self.rehearsed(name, step)
        chosen = {}
        for number, record in enumerate(records, 1):
            if record["record"] == "step" and record["action"] in actions:
                chosen.setdefault(kind_of(record), number)
        self.assertGreaterEqual(len(chosen), 4, "planned and done, forward and back")
        moments = ("before", "torn", "after")
        for turn, number in enumerate(chosen.values()):
            for moment in moments if ALL else (moments[turn % 3],):
                with self.subTest(f"record {number}, {moment}"):
                    self.killed(stage.short_change(name, step), f"journal:{number}:{moment}")
                    self.assertMended()
                    check()
        self.assertDoctor()
        self.rehearsed(name, step)


class Expire(StepCase):
    def test_each_way(self):
        """What is done to each key, seen right after it was done; and the way back to the millisecond."""
        client = self.stage.client
        before = self.timed()
        self.assertTrue(any(value[2] == -1 for value in before.values()))
        self.assertTrue(any(value[2] > 0 for value in before.values()))
        client.set(TIMED + b"short", b"lives shorter than the cap", px=HOUR // 2)
        before = self.timed()
        for way, cap in (('set = "2h"', 2 * HOUR), ('at_most = "50m"', HOUR * 50 // 60), ("persist = true", None)):
            with self.subTest(way):
                self.killed_after_apply("expire", EXPIRE % way, 4)
                changed = self.timed()
                self.assertEqual(sorted(changed), sorted(before))
                seconds, microseconds = client.time()
                now = seconds * 1000 + microseconds // 1000
                for key, value in changed.items():
                    self.assertEqual(value[:2], before[key][:2], "values are not touched")
                    if cap is None:
                        self.assertEqual(value[2], -1)
                    elif way.startswith("set"):
                        self.assertAlmostEqual(value[2], now + cap, delta=60_000)
                    else:
                        self.assertLessEqual(value[2], now + cap)
                        self.assertGreater(value[2], 0)
                if way.startswith("at_most"):
                    self.assertEqual(changed[TIMED + b"short"], before[TIMED + b"short"])
                self.assertMended()
                self.assertEqual(self.timed(), before)
        client.unlink(TIMED + b"short")

    def test_killed_in_every_state(self):
        before = self.timed()
        self.kill_in_every_state("expire", EXPIRE % 'at_most = "10m"', ("apply", "undo"),
                                 lambda: self.assertEqual(self.timed(), before))

    def test_keys_that_traffic_wrote(self):
        """After a crash: those of the family come back or go, those elsewhere are nobody's business."""
        stage, client = self.stage, self.stage.client
        before = self.timed()
        self.killed_after_apply("traffic", EXPIRE % 'set = "10m"', 4)
        client.set(TIMED + b"new", b"1", px=HOUR)
        client.set(TIMED + b"kept:string", b"overwritten", px=HOUR)
        client.set(b"other:kept:string", b"written meanwhile", px=HOUR)
        client.set(b"other:fresh", b"written meanwhile")
        written = dump_of(client)
        elsewhere = {key: written[key] for key in (b"other:kept:string", b"other:fresh")}
        ended = stage.run("rollback", "--json")
        self.assertExit(ended, 0)
        proof = json.loads(ended.out)
        # What visitors wrote in the family of the purge is removed as well.
        new = sum(key.startswith((TIMED, FAMILY)) and key not in before and key not in self.before["keys"] for key in written)
        self.assertEqual((proof["removed"], proof["left_in_families"]), (new, 0))
        self.assertEqual(self.timed(), before)
        for key, value in elsewhere.items():
            self.assertEqual(dump_of(client)[key], value, "keys elsewhere are never touched")

    def test_planted(self):
        """A wrong expiry, a value, a key that is gone: each is found by the proof."""
        stage, client = self.stage, self.stage.client
        before = self.timed()
        between = Between(stage)
        self.addCleanup(between.close)
        text = stage.config.read_text()
        self.addCleanup(stage.config.write_text, text)
        stage.config.write_text(text.replace(f"port = {stage.port()},", f"port = {between.port},"))
        between.plant([("PEXPIRE", TIMED + b"kept:string", HOUR), ("PERSIST", TIMED + b"timed:hash"),
                       ("SET", TIMED + b"kept:number", "6"), ("UNLINK", TIMED + b"kept:list")])
        ended = stage.run("rehearse", stage.short_change("planted", EXPIRE % 'set = "10m"'))
        self.assertExit(ended, 5)
        proof = stage.evidence()["proof"]
        counts = {}
        for row in proof["differences"]:
            counts[row["what"]] = counts.get(row["what"], 0) + row["count"]
        self.assertEqual(counts, {"an expiry is not as before": 2, "a value is not as before": 1, "a key is missing": 1})
        stage.config.write_text(text)
        self.assertMended()
        self.assertEqual(self.timed(), before)

    def test_refused(self):
        stage = self.stage
        ended = stage.run("rehearse", stage.short_change("none", 'expire = { pattern = "nobody:has:*", set = "1m" }'))
        self.assertExit(ended, 2)
        self.assertIn("no key in staging matches", ended.err)
        purged = 'expire = { pattern = "shop:1:category:*", set = "1m" }'
        self.assertExit(stage.run("rehearse", stage.short_change("purged", purged)), 2)


class Command(StepCase):
    def flag(self):
        return (self.stage.folder / "flag").read_text().strip(), self.stage.client.get(b"other:flag")

    def test_there_and_back(self):
        (self.stage.folder / "flags").unlink(missing_ok=True)
        self.rehearsed("flag", FLAG)
        runs = (self.stage.folder / "flags").read_text().split()
        self.assertGreaterEqual(runs.count("on"), 2, "it goes back and forth")
        self.assertEqual(runs.count("on"), runs.count("off"))
        self.assertEqual(self.flag(), ("off", b"off"))
        runbook = (self.stage.newest_run() / "RUNBOOK.md").read_text()
        self.assertIn("flag to=off", runbook)

    @long_test
    def test_killed_in_every_state(self):
        self.kill_in_every_state("flag", FLAG, ("apply", "undo"),
                                 lambda: self.assertEqual(self.flag(), ("off", b"off")))

    def test_undo_that_does_not_undo(self):
        """A setting that the command leaves behind, and a key of the family: the proof finds the one, mends the other."""
        stage, client = self.stage, self.stage.client
        was = client.config_get("slowlog-max-len")["slowlog-max-len"]
        self.addCleanup(client.config_set, "slowlog-max-len", was)
        auth = f"redis-cli -p {stage.port()} --user default -a {stage.password()} --no-auth-warning"
        self.killed_after_apply("leaves", FLAG, 5)
        stage.hook("after-off", f"{auth} config set slowlog-max-len 77 >/dev/null\n"
                   f"{auth} set {FAMILY.decode()}planted 1 >/dev/null")
        ended = stage.run("rollback", "--json")
        self.assertExit(ended, 5)
        self.assertIn("a setting is not as before", ended.out)
        self.assertIsNone(client.get(FAMILY + b"planted"))
        stage.unhook()
        client.config_set("slowlog-max-len", was)
        self.assertMended()


if __name__ == "__main__":
    unittest.main(verbosity=2)
