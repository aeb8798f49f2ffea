"""Staging is disturbed while it is rehearsed on, or is not ours to rehearse on.

Somebody else acts at a step that the journal shows. The run is invalid and says by what; what is not as before and is
not the change's own (another setting, another's deploy) is not put back but found by the proof, and that is exit 5.
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import redis

from stage import COUNTS_FEW, COUNTS_ONLY, LONG, LiveTest, Stage, dump_of

UNHURRIED = [("blocks = 6\nwarm = 3", "blocks = 4\nwarm = 10")]
PLANTED = b"shop:1:category:planted"
LEASE = b"understudy:lease"


def wait_for(condition, what, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.005)


class DisturbedTest(LiveTest):
    """Starts rehearsals in the background, and ends those that a failed test left."""

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(products=240)
        cls.change = cls.stage.change("cache-category", replace=[*UNHURRIED, *COUNTS_ONLY])

    def setUp(self):
        self.assertEqual(self.stage.shop("staging", "release").split("\n")[0], "revision-1")
        # A key of the change's family that traffic does not write: rollback owes it whole.
        self.staging = self.stage.redis("staging")
        self.staging.set(PLANTED, "as it was", px=3_600_000)
        self.planted = dump_of(self.staging)[PLANTED]
        self.known = set(self.stage.journals())

    def begin(self, until, change=None, **variables):
        """A rehearsal in the background whose journal has come to `until`."""
        run = self.stage.start("rehearse", change or self.change, **variables)
        self.addCleanup(self.end, run)
        wait_for(lambda: run.poll() is not None or re.search(until, self.journal()), f"the journal says {until}")
        self.assertIsNone(run.poll(), "the rehearsal ended by itself")
        return run

    @staticmethod
    def end(run):
        if run.poll() is None:
            run.kill()
        run.communicate()

    def journal(self):
        new = [path for path in self.stage.journals() if path not in self.known]
        return new[0].read_text() if new else ""

    def finish(self, run, code):
        out, err = run.communicate(timeout=120)
        self.assertEqual(run.returncode, code, f"{out}\n{err}")
        return out, self.stage.evidence()

    def assertInvalid(self, run, what, code=6):
        """The run is invalid, by `what`, told in the terminal, the evidence and the report."""
        out, evidence = self.finish(run, code)
        self.assertEqual(evidence["exit_code"], code)
        self.assertEqual(evidence["comparison"]["verdict"], "invalid", evidence["comparison"]["why"])
        self.assertRegex(evidence["comparison"]["why"], what)
        self.assertIn("invalid", out)
        said = " ".join(out.split())
        self.assertRegex(said, what)
        html = (self.stage.newest_run() / "report.html").read_text()
        self.assertRegex(html, what)
        self.assertIn("invalid", html)
        refused = subprocess.run([self.stage.newest_run() / "apply.sh"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(refused.returncode, 1)
        self.assertTrue(refused.stderr.startswith("not done: "), refused.stderr)
        self.assertTrue(evidence["proof"]["done"])
        return evidence

    def assertAsBefore(self, evidence):
        self.assertEqual(evidence["proof"]["differences"], [])
        self.assertEqual(self.stage.shop("staging", "release").split("\n")[0], "revision-1")
        now = dump_of(self.stage.redis("staging"))
        self.assertEqual(now[PLANTED], self.planted)
        self.assertEqual([key for key in now if key.startswith(b"shop:1:category:")], [PLANTED])
        self.assertIsNone(self.stage.redis("staging").get(LEASE))


    def assertMendedByHand(self):
        """An incomplete rollback bars the way until what differs is put back, and the rollback run again says so."""
        barred = self.stage.run("rehearse", self.change)
        self.assertExit(barred, 4)
        self.assertIn("[needs_rollback]", barred.err)
        again = self.stage.run("rollback")
        self.assertExit(again, 0)
        self.assertEqual(self.stage.run("rollback").out[:20], "Nothing to roll back")


NOISE = r'"record":"saved"'
APPLIED = r'"number":2,"action":"purge","state":"applied"'
DEPLOYING = r'"number":1,"action":"apply","state":"planned","detail":"","process_group":[1-9]'


class Disturbed(DisturbedTest):
    def test_everything_was_flushed(self):
        for until in (NOISE, APPLIED) if LONG else (APPLIED,):
            with self.subTest(until):
                self.setUp()
                run = self.begin(until)
                self.staging.flushall()
                evidence = self.assertInvalid(run, "flushed")
                self.assertGreaterEqual(evidence["proof"]["keys"]["restored"], 1)
                self.assertGreater(evidence["proof"]["elsewhere_gone"], 0, "keys elsewhere are counted, and stay gone")
                self.assertAsBefore(evidence)

    def test_a_setting_was_changed_and_put_back(self):
        hz = self.staging.config_get("hz")["hz"]
        run = self.begin(APPLIED)
        self.staging.config_set("hz", 50)
        self.staging.config_set("hz", hz)
        evidence = self.assertInvalid(run, "somebody changed a setting")
        self.assertAsBefore(evidence)

    def test_another_setting_was_left_changed(self):
        """It is not the change's, so it is not put back: the proof finds it."""
        was = self.staging.config_get("lazyfree-lazy-user-del")["lazyfree-lazy-user-del"]
        self.assertEqual(was, "no")
        run = self.begin(NOISE)
        self.staging.config_set("lazyfree-lazy-user-del", "yes")
        evidence = self.assertInvalid(run, "somebody changed a setting|lazyfree-lazy-user-del was changed", code=5)
        self.assertIn("the setting lazyfree-lazy-user-del was changed", [one["what"] for one in evidence["disturbances"]])
        self.assertEqual([(row["name"], row["count"]) for row in evidence["proof"]["differences"]],
                         [("lazyfree-lazy-user-del", 1)])
        self.assertEqual(evidence["proof"]["settings"]["differ"], 1)
        self.assertEqual(self.staging.config_get("lazyfree-lazy-user-del")["lazyfree-lazy-user-del"], "yes")
        self.staging.config_set("lazyfree-lazy-user-del", was)
        self.assertMendedByHand()

    def restart(self):
        home = self.stage.folder / "staging" / "redis"
        pid = int((home / "redis.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "Redis ends")
        subprocess.run(["redis-server", home / "redis.conf"], check=True, stdout=subprocess.DEVNULL)

        def answers():
            try:
                return self.stage.redis("staging").ping()
            except redis.ConnectionError:
                return False

        wait_for(answers, "Redis starts")

    def test_the_server_was_restarted(self):
        for until in (NOISE, APPLIED, DEPLOYING) if LONG else (DEPLOYING,):
            with self.subTest(until):
                self.setUp()
                run = self.begin(until)
                self.restart()
                evidence = self.assertInvalid(run, "the Redis server was restarted")
                self.assertGreaterEqual(evidence["proof"]["keys"]["restored"], 1)
                self.assertAsBefore(evidence)

    def test_a_deploy_by_hand(self):
        """Found whenever it comes: while pages are measured, or while our own rollback already waits for its end."""
        for delay in (0, 0.5) if LONG else (0.5,):
            with self.subTest(delay):
                self.setUp()
                run = self.begin(APPLIED)
                time.sleep(delay)
                self.assertIn("serves", self.stage.shop("staging", "deploy", "5"))
                evidence = self.assertInvalid(run, "another deploy took place")
                self.assertAsBefore(evidence)
                self.staging.flushall()

    def test_a_deploy_by_hand_before_ours(self):
        """Nothing of ours was deployed, so there is nothing of ours to undo: the proof finds another release."""
        run = self.begin(NOISE)
        self.assertIn("serves", self.stage.shop("staging", "deploy", "5"))
        evidence = self.assertInvalid(run, "another deploy took place", code=5)
        self.assertEqual([(row["name"], row["what"]) for row in evidence["proof"]["differences"]],
                         [("release", "is revision-5, was revision-1")])
        self.assertFalse(evidence["proof"]["release_ok"])
        self.assertEqual([run["what"] for run in evidence["commands"] if run["what"] != "release"], [])
        self.stage.shop("staging", "rollback", "--to", "revision-1")
        self.assertMendedByHand()

    def test_foreign_writes(self):
        run = self.begin(NOISE, self.stage.change("cache-category", replace=COUNTS_FEW))
        pipe = self.staging.pipeline(transaction=False)
        for number in range(2000):
            pipe.set(f"foreign:{number}", "x")
        pipe.execute()
        evidence = self.assertInvalid(run, r"foreign writes: \d+ calls")
        self.assertEqual(len(evidence["disturbances"]), 1)
        self.assertTrue(evidence["disturbances"][0]["where"].startswith("noise, block"), evidence["disturbances"])
        self.assertGreaterEqual(evidence["proof"]["elsewhere_new"], 2000)
        listed = {row["name"]: row["count"] for row in evidence["proof"]["listed"]}
        self.assertEqual(listed["foreign:{int}"], 2000)
        self.assertAsBefore(evidence)
        self.assertEqual(sum(1 for _ in self.staging.scan_iter("foreign:*", count=1000)), 2000, "never touched")
        self.staging.unlink(*self.staging.scan_iter("foreign:*", count=1000))


class TwoAtOnce(DisturbedTest):
    def identity_of(self):
        text = self.journal()
        return re.search(r'"record":"begin","id":"([^"]+)"', text).group(1)

    def test_the_second_is_refused(self):
        run = self.begin(NOISE)
        lease = self.staging.get(LEASE)
        journals = self.stage.journals()
        for variables in ({}, {"UNDERSTUDY_STATE": str(self.stage.folder / "state-of-another")}):
            with self.subTest(variables):
                second = self.stage.run("rehearse", self.change, **variables)
                self.assertExit(second, 4)
                self.assertIn("[locked]", second.err)
                self.assertIn(self.identity_of(), second.err)
                self.assertIn(f"pid {run.pid}", second.err)
                self.assertIn(socket.gethostname(), second.err)
                self.assertNotIn("rollback", second.err)
        refused = self.stage.run("rollback")
        self.assertExit(refused, 4)
        self.assertIn("[locked]", refused.err)
        self.assertEqual(self.staging.get(LEASE), lease)
        self.assertEqual(self.stage.journals(), journals)
        self.assertEqual(list((self.stage.folder / "state-of-another" / "journals").iterdir()), [])
        run.send_signal(signal.SIGINT)
        _, evidence = self.finish(run, 128 + signal.SIGINT)
        self.assertAsBefore(evidence)

    def test_after_a_kill_the_next_one_asks_for_a_rollback(self):
        run = self.begin(APPLIED)
        run.kill()
        run.communicate()
        path = next(path for path in self.stage.journals() if path not in self.known)
        runs = sorted((self.stage.folder / "understudy-runs").iterdir())
        second = self.stage.run("rehearse", self.change)
        self.assertExit(second, 4)
        self.assertIn("[needs_rollback]", second.err)
        self.assertIn(f"understudy rollback {path}", second.err)
        self.assertEqual(sorted((self.stage.folder / "understudy-runs").iterdir()), runs)
        undone = self.stage.run("rollback")
        self.assertExit(undone, 0)
        self.assertEqual(self.stage.shop("staging", "release").split("\n")[0], "revision-1")
        now = dump_of(self.staging)
        self.assertEqual([key for key in now if key.startswith(b"shop:1:category:")], [PLANTED])
        self.assertEqual(now[PLANTED], self.planted)
        self.assertIsNone(self.staging.get(LEASE))
        again = self.stage.run("rollback")
        self.assertExit(again, 0)
        self.assertIn("Nothing to roll back", again.out)

    def test_the_lease_of_another_host_is_respected(self):
        holder = f"20261101T000000000Z-theirs-ab12|{os.getpid()}|grace|build-7.example|2026-11-01T00:00:00.000Z"
        self.staging.set(LEASE, holder, px=600_000)
        self.addCleanup(self.staging.delete, LEASE)
        refused = self.stage.run("rehearse", self.change)
        self.assertExit(refused, 4)
        self.assertIn("[locked]", refused.err)
        for said in ("20261101T000000000Z-theirs-ab12", "grace", "build-7.example"):
            self.assertIn(said, refused.err)
        self.assertEqual(self.staging.get(LEASE), holder.encode())
        self.assertEqual(self.journal(), "")

    def test_the_lease_of_a_dead_process_of_this_host_is_taken_over(self):
        gone = subprocess.Popen(["/bin/true"])
        gone.wait()
        holder = f"20261101T000000000Z-ours-ab12|{gone.pid}|grace|{socket.gethostname()}|2026-11-01T00:00:00.000Z"
        self.staging.set(LEASE, holder, px=600_000)
        self.addCleanup(self.staging.delete, LEASE)
        run = self.begin(NOISE)
        self.assertIn(self.identity_of().encode(), self.staging.get(LEASE))
        run.send_signal(signal.SIGTERM)
        _, evidence = self.finish(run, 128 + signal.SIGTERM)
        self.assertAsBefore(evidence)


class NotOurs(LiveTest):
    """Servers that a rehearsal must not write to: exit 4, and nothing was written to any of them."""

    def refused(self, text, code, servers):
        """Runs with `text` as understudy.toml."""
        plain = self.stage.config.read_text()
        before = [self.state_of(one) for one in servers]
        self.stage.config.write_text(text)
        try:
            ended = self.stage.run("rehearse", "changes/cache-category.toml")
        finally:
            self.stage.config.write_text(plain)
        self.assertExit(ended, 4)
        self.assertIn(f"[{code}]", ended.err)
        self.assertEqual([self.state_of(one) for one in servers], before)
        self.assertEqual(self.stage.journals(), [])
        self.assertFalse((self.stage.folder / "understudy-runs").exists())
        return ended

    @staticmethod
    def state_of(client):
        """What is there, and how often each command that writes was called. The look itself writes nothing."""
        writes = set(client.acl_cat("write"))
        calls = client.info("commandstats")
        counted = {name: one["calls"] for name, one in calls.items()
                   if name.removeprefix("cmdstat_").encode() in writes or name == "cmdstat_config|set"}
        return dump_of(client), counted

    def parts(self):
        """understudy.toml before staging's section, and from it on."""
        head, mark, tail = self.stage.config.read_text().partition("[environments.staging]")
        self.assertTrue(mark)
        return head, mark + tail

    def address(self, text):
        return re.search(r"^redis = .*$", text, re.M).group(0)

    def test_production_itself(self):
        head, tail = self.parts()
        there = self.address(head).replace('"understudy"', '"default"').replace("production/", "production-default/")
        folder = self.stage.folder / "production-default"
        folder.mkdir()
        users = (self.stage.folder / "production" / "redis" / "users.acl").read_text()
        (folder / "redis.password").write_text(re.search(r"^user default on >(\S+)", users, re.M).group(1))
        (folder / "redis.password").chmod(0o600)
        production, staging = self.stage.redis("production"), self.stage.redis("staging")
        ended = self.refused(head + tail.replace(self.address(tail), there), "unsafe_target", [production, staging])
        self.assertIn("production's own server", ended.err)
        # By another name for the same address as well, and in another database.
        other = there.replace('"127.0.0.1"', '"localhost"').replace("redis = { ", "redis = { database = 3, ")
        self.refused(head + tail.replace(self.address(tail), other), "unsafe_target", [production, staging])

    def test_a_replica_of_production(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="understudy-replica-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", home, "--save", "",
                                   "--appendonly", "no", "--logfile", home / "log"], stdin=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        replica = redis.Redis(port=port)

        def answers():
            try:
                return replica.ping()
            except redis.ConnectionError:
                return False

        wait_for(answers, "the replica starts")
        production = self.stage.redis("production")
        there = production.connection_pool.connection_kwargs
        replica.config_set("masteruser", "default")
        replica.config_set("masterauth", there["password"])
        head, tail = self.parts()
        mine = f'redis = {{ host = "127.0.0.1", port = {port} }}'
        replica.replicaof("127.0.0.1", there["port"])
        wait_for(lambda: replica.info("replication")["master_link_status"] == "up", "the replica is in step")
        self.assertEqual(dump_of(replica), dump_of(production))
        ended = self.refused(head + tail.replace(self.address(tail), mine), "unsafe_target", [production, replica])
        self.assertIn("replica", ended.err)
        # Taken off, it still has production's history: it may be switched back at any time.
        replica.replicaof("NO", "ONE")
        self.refused(head + tail.replace(self.address(tail), mine), "unsafe_target", [production, replica])

    def test_the_same_url(self):
        head, tail = self.parts()
        url = re.search(r"^url = .*$", head, re.M).group(0)
        text = head + re.sub(r"^url = .*$", url, tail, count=1, flags=re.M)
        self.refused(text, "unsafe_target", [self.stage.redis("production"), self.stage.redis("staging")])

    def test_a_staging_that_is_read_only(self):
        head, tail = self.parts()
        text = head + tail.replace('role = "staging"', 'role = "staging"\naccess = "read-only"')
        ended = self.refused(text, "not_writable", [self.stage.redis("production"), self.stage.redis("staging")])
        self.assertIn("read-only", ended.err)


if __name__ == "__main__":
    unittest.main()
