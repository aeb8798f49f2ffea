"""Killed, interrupted, or let down by its commands, at any moment: what was done is in the journal, and a rollback from
there makes staging as it was.

UNDERSTUDY_KILL_ALL=1 kills at every record of the journal, before, in and after its line; UNDERSTUDY_LONG=1 once for each
kind of record, and otherwise for every other kind; each of the three moments several times.
"""
import os
import random
import signal
import unittest

from short_stage import FAMILY, HOUR, ShortStage, dump_of, gone, plant, wait_for
from stage import LONG

ALL = os.environ.get("UNDERSTUDY_KILL_ALL") == "1"
MOMENTS = ("before", "torn", "after")
DEPLOY = 'deploy = { revision = "2" }'
SETTING = 'redis_config = { setting = "slowlog-max-len", value = "77" }'
# As they are told on a stderr that is no terminal.
STAGES = ("preflight", "back up keys", "noise", "before and after in turn", "roll back")


def kind_of(record):
    """What tells records of a journal apart, their numbers aside."""
    if record["record"] != "step":
        return (record["record"],)
    return record["action"], record["state"], record["process_group"] > 0


class CrashCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = ShortStage()
        plant(cls.stage.client, big=False)
        cls.stage.client.set(FAMILY + b"page", b"", px=HOUR)
        cls.stage.status()
        cls.elsewhere = plant(cls.stage.client, b"other:", big=False)
        cls.before = cls.stage.picture()

    @classmethod
    def tearDownClass(cls):
        cls.stage.close()

    @classmethod
    def others(cls):
        return {key for key in dump_of(cls.stage.client) if not key.startswith(FAMILY)}

    def setUp(self):
        self.stage.unhook()

    def assertExit(self, ended, *codes):
        self.assertIn(ended.code, codes, str(ended))

    def assertAsBefore(self):
        after = self.stage.picture()
        self.assertEqual(after["release"], self.before["release"])
        self.assertEqual(after["settings"], self.before["settings"])
        self.assertEqual(sorted(after["keys"]), sorted(self.before["keys"]))
        for key, value in self.before["keys"].items():
            self.assertEqual(after["keys"][key], value, key)
        self.assertEqual(self.stage.status(), 200)
        self.assertLessEqual(self.elsewhere, self.others())

    def assertMended(self, outcome="rolled back", exit_code=0):
        """A rollback makes all as before, closes the journal, and the next one has nothing to do."""
        ended = self.stage.run("rollback")
        self.assertExit(ended, exit_code)
        self.assertEqual(self.stage.outcome(), outcome, str(ended))
        self.assertAsBefore()

    def assertDoctor(self):
        self.assertExit(self.stage.run("doctor"), 0)

    def rehearsed(self, name, step):
        """The records of a rehearsal that nothing befell."""
        ended = self.stage.run("rehearse", self.stage.short_change(name, step))
        self.assertExit(ended, 0, 1, 6)
        self.assertAsBefore()
        records = self.stage.records()
        self.assertEqual([kind_of(one) for one in records[-2:]], [("end",), ("evidence",)], "it ended by itself")
        self.assertGreater(sum(kind_of(one)[:2] == ("apply", "applied") for one in records), 1)
        return records

    def killed(self, path, where):
        count = len(self.stage.journals())
        ended = self.stage.run("rehearse", path, UNDERSTUDY_CRASH_AT=where)
        self.assertExit(ended, -signal.SIGKILL)
        self.assertEqual(len(self.stage.journals()), count + 1)


class Kills(CrashCase):
    def points_of(self, records):
        """(number, moment) for each record and moment, or for the first of each kind a moment in turn."""
        if ALL:
            return [(number, moment) for number in range(1, len(records) + 1) for moment in MOMENTS]
        first = {}
        for number, record in enumerate(records, 1):
            first.setdefault(kind_of(record), number)
        moments = list(MOMENTS)
        random.Random(2611).shuffle(moments)
        chosen = list(first.values()) if LONG else list(first.values())[::3]
        return [(number, moments[i % 3]) for i, number in enumerate(chosen)]

    def kill_everywhere(self, name, step, points):
        path = self.stage.short_change(name, step)
        for number, moment in points:
            with self.subTest(f"record {number}, {moment}"):
                self.killed(path, f"journal:{number}:{moment}")
                # Before the second record is whole nothing was done; after the last one nothing is left to do.
                records = self.stage.records()
                ended = any(kind_of(one) == ("end",) for one in records)
                saved = any(kind_of(one) == ("saved",) for one in records)
                self.assertEqual(len(records), number if moment == "after" else number - 1)
                if ended:
                    self.assertMended()
                elif number > 1 or moment == "after":
                    self.assertMended("rolled back" if saved else "nothing was changed")
                else:
                    # A journal without a whole record is in nobody's way.
                    self.assertIn("Nothing to roll back", self.stage.run("rollback").out)
                    self.assertIn("holds no record", self.stage.run("rollback", self.stage.journals()[-1]).out)
                    self.assertAsBefore()
        self.assertDoctor()
        self.assertEqual(len(self.rehearsed(name, step)), self.length)

    def test_deploy(self):
        records = self.rehearsed("deploy", DEPLOY)
        self.length = len(records)
        kinds = {kind_of(record) for record in records}
        for wanted in (("begin",), ("saved",), ("end",), ("apply", "planned", False), ("apply", "planned", True),
                       ("apply", "applied", False), ("undo", "planned", True), ("undo", "undone", False),
                       ("purge", "planned", False), ("purge", "applied", False), ("restore", "planned", False),
                       ("restore", "undone", False)):
            self.assertIn(wanted, kinds)
        points = self.points_of(records)
        self.assertEqual({moment for _, moment in points}, set(MOMENTS))
        self.kill_everywhere("deploy", DEPLOY, points)

    def test_setting(self):
        records = self.rehearsed("setting", SETTING)
        self.length = len(records)
        # What else a rehearsal does is the same for both steps.
        its_own = [number for number, record in enumerate(records, 1) if kind_of(record)[0] in ("apply", "undo")]
        points = [(number, moment) for number, moment in self.points_of(records) if ALL or number in its_own]
        self.assertGreater(len(points), 1)
        self.kill_everywhere("setting", SETTING, points)

    def test_backup(self):
        path = self.stage.short_change("backup", DEPLOY)
        entries = len(dump_of(self.stage.client))
        for where in ("backup:1", f"backup:{entries // 2}", "backup_finish:1"):
            with self.subTest(where):
                self.killed(path, where)
                self.assertMended("nothing was changed")

    def test_rollback_itself(self):
        """A rollback that dies at each of its own records, one after the other."""
        stage = self.stage
        self.killed(stage.short_change("twice", DEPLOY), "journal:7")
        for number in range(1, 30):
            moment = MOMENTS[number % 3]
            ended = stage.run("rollback", UNDERSTUDY_CRASH_AT=f"journal:{number}:{moment}")
            if ended.code == 0:
                break
            self.assertExit(ended, -signal.SIGKILL)
        self.assertExit(ended, 0)
        self.assertGreater(number, 3, "it was hardly killed")
        self.assertEqual(stage.outcome(), "rolled back")
        self.assertAsBefore()
        self.assertDoctor()


class Commands(CrashCase):
    """The environment's commands hang, are slow, fail halfway; and the program dies while they run."""

    def running(self):
        """The process group that the newest journal names last, once its command has switched the link."""
        current = self.stage.folder / "staging" / "shop" / "current"

        def look():
            groups = [one["process_group"] for one in self.stage.records() if one["record"] == "step" and one["process_group"]]
            return groups and "revision-2" in os.readlink(current) and groups[-1]
        return wait_for(look, "a deploy that hangs")

    def hang(self, command):
        count = len(self.stage.journals())
        process = self.stage.start("rehearse", self.stage.short_change("hang", f'deploy = {{ command = "{command}", revision = "2" }}'))
        self.addCleanup(process.communicate)
        wait_for(lambda: len(self.stage.journals()) > count and self.stage.records(), "the journal")
        return process

    def test_killed_while_a_deploy_hangs(self):
        process = self.hang("hang")
        group = self.running()
        process.kill()
        process.wait()
        self.assertFalse(gone(group), "the deploy must outlive the program, or nothing is tested")
        self.assertMended()
        self.assertTrue(gone(group))
        self.assertDoctor()

    def test_killed_while_a_deploy_is_slow(self):
        """The rollback waits for it, and only then undoes it."""
        stage = self.stage
        begun, go_on = stage.folder / "begun", stage.folder / "go-on"
        stage.hook("before-deploy", f"touch {begun}\nwhile [ ! -f {go_on} ]; do sleep 0.05; done")
        process = self.hang("deploy")
        wait_for(begun.exists, "the deploy")
        group = [one["process_group"] for one in stage.records() if one["record"] == "step"][-1]
        process.kill()
        process.wait()
        rollback = stage.start("rollback")
        for line in rollback.stderr:
            if "still runs" in line:
                break
        go_on.touch()
        out, err = rollback.communicate(timeout=120)
        self.assertEqual(rollback.returncode, 0, out + err)
        self.assertTrue(gone(group))
        deploys = stage.shop("staging", "release")
        self.assertIn("revision-1", deploys)
        self.assertEqual(stage.outcome(), "rolled back")
        self.assertAsBefore()

    def test_deploy_fails_halfway(self):
        ended = self.stage.run("rehearse", self.stage.short_change("half", 'deploy = { command = "half", revision = "2" }'))
        self.assertExit(ended, 3)
        evidence = self.stage.evidence()
        self.assertIn("half", evidence["stopped"])
        self.assertTrue(evidence["proof"]["done"])
        self.assertEqual(evidence["proof"]["differences"], [])
        self.assertIn(("apply", "failed", False), {kind_of(one) for one in self.stage.records()})
        self.assertEqual(self.stage.outcome(), "rolled back")
        self.assertAsBefore()

    def test_deploy_times_out(self):
        ended = self.stage.run("rehearse", self.stage.short_change("late", 'deploy = { command = "late", revision = "2" }'))
        self.assertExit(ended, 3)
        self.assertIn("did not end within", self.stage.evidence()["stopped"])
        groups = [one["process_group"] for one in self.stage.records() if one["record"] == "step" and one["process_group"]]
        self.assertTrue(groups)
        for group in groups:
            self.assertTrue(gone(group))
        self.assertEqual(self.stage.evidence()["proof"]["differences"], [])
        self.assertEqual(self.stage.outcome(), "rolled back")
        self.assertAsBefore()

    def test_rollback_command_fails(self):
        stage = self.stage
        stage.hook("before-rollback", "exit 9")
        ended = stage.run("rehearse", stage.short_change("stuck", DEPLOY))
        self.assertExit(ended, 5)
        journal = stage.journals()[-1]
        self.assertIsNone(stage.outcome(journal))
        self.assertIn(f"understudy rollback {journal}", stage.evidence()["stopped"])
        self.assertEqual(stage.release(), "revision-2")
        again = stage.run("rollback")
        self.assertExit(again, 3)
        self.assertIn("stays open", again.err)
        self.assertIsNone(stage.outcome(journal))
        stage.unhook()
        self.assertMended()


class Signals(CrashCase):
    def interrupt(self, stage_name, number, step=SETTING):
        process = self.stage.start("rehearse", self.stage.short_change("interrupted", step))
        self.stage.until_stage(process, stage_name)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
        return process.returncode, out + err

    def test_at_every_stage(self):
        chosen = [(name, number) for i, name in enumerate(STAGES)
                  for number in ((signal.SIGINT, signal.SIGTERM) if ALL else ((signal.SIGINT, signal.SIGTERM)[i % 2],))]
        for name, number in chosen:
            with self.subTest(f"{number.name} at {name}"):
                count = len(self.stage.journals())
                # The proof asks for the release and waits, so that the signal finds it at work.
                self.stage.hook("before-release", f"""newest=$(ls {self.stage.state}/journals/*.journal 2>/dev/null | tail -n 1)
                    [ -f "$newest" ] && tail -n 1 "$newest" | grep -q '"action":"restore","state":"undone"' && sleep 2""")
                code, said = self.interrupt(name, number)
                self.assertEqual(code, 128 + number, said)
                self.assertAsBefore()
                if name == "preflight":
                    self.assertEqual(len(self.stage.journals()), count, "nothing was begun")
                else:
                    self.assertEqual(len(self.stage.journals()), count + 1)
                    # A few keys are saved so quickly that the signal may come after them.
                    ends = ("nothing was changed", "rolled back") if name == "back up keys" else ("rolled back",)
                    self.assertIn(self.stage.outcome(), ends)
                self.assertIsNone(self.stage.client.get("understudy:lease"))
        self.assertDoctor()

    def test_while_a_deploy_runs(self):
        stage = self.stage
        begun = stage.folder / "begun"
        begun.unlink(missing_ok=True)
        stage.hook("before-deploy", f"touch {begun}; sleep 60")
        process = stage.start("rehearse", stage.short_change("interrupted", DEPLOY))
        self.addCleanup(process.communicate)
        wait_for(begun.exists, "the deploy")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertEqual(stage.outcome(), "rolled back")
        self.assertAsBefore()

    def test_second_one(self):
        """The first Ctrl-C is answered by a rollback, the second one ends that: the journal stays open, and the message
        says what to run."""
        stage = self.stage
        begun, held = stage.folder / "begun", stage.folder / "held"
        stage.hook("after-deploy", f"touch {begun}; sleep 60")
        stage.hook("before-rollback", f"touch {held}; sleep 60")
        begun.unlink(missing_ok=True)
        process = stage.start("rehearse", stage.short_change("interrupted", DEPLOY))
        wait_for(begun.exists, "the deploy")
        process.send_signal(signal.SIGINT)
        wait_for(held.exists, "the rollback command")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, out + err)
        journal = stage.journals()[-1]
        self.assertIsNone(stage.outcome(journal))
        self.assertIn(f"understudy rollback {journal}", (out + err).replace("\n              ", " "))
        stage.unhook()
        self.assertMended()


if __name__ == "__main__":
    unittest.main(verbosity=2)
