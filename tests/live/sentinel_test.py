"""Staging is a pair of servers that a sentinel watches: the primary is found, and a failover in the middle of a rehearsal
makes it invalid, says so, and is rolled back on the new primary.
"""
import json
import re
import signal
import subprocess
import time
import unittest

import redis

import input_test as light
from stage import BINARY

SENTINEL_SECRET = "canary-sentinel-3391"


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)
    return value


class Pair:
    """A primary, its replica, and the sentinel that watches them."""

    def __init__(self, folder):
        folder.mkdir()
        self.processes, self.folder = [], folder
        self.ports = [light.closed_port() for _ in range(2)]
        self.clients = [redis.Redis(port=port, password=light.REDIS_SECRET) for port in self.ports]
        for name, port in zip("ab", self.ports):
            more = ["--replicaof", f"127.0.0.1 {self.ports[0]}"] if name == "b" else []
            self.start(name, ["--port", str(port), "--save", "", "--appendonly", "no", "--requirepass",
                              light.REDIS_SECRET, "--masterauth", light.REDIS_SECRET, "--repl-diskless-sync-delay", "0",
                              *more])
        self.primary, self.replica = self.clients
        self.sentinel_port = light.closed_port()
        (folder / "sentinel.conf").write_text(
            f"port {self.sentinel_port}\nbind 127.0.0.1\ndir {folder}\nrequirepass {SENTINEL_SECRET}\n"
            f"sentinel monitor shop 127.0.0.1 {self.ports[0]} 1\nsentinel auth-pass shop {light.REDIS_SECRET}\n"
            "sentinel down-after-milliseconds shop 1000\nsentinel failover-timeout shop 10000\n")
        wait_for(lambda: self.linked(), "the replica to follow")
        self.start("sentinel", None)
        self.sentinel = redis.Redis(port=self.sentinel_port, password=SENTINEL_SECRET)
        wait_for(lambda: self.ask("PING"), "the sentinel")
        self.ask("SENTINEL", "DEBUG", "info-period", "200")
        wait_for(lambda: len(self.ask("SENTINEL", "REPLICAS", "shop") or []) == 1, "the sentinel to know the replica")

    def start(self, name, words):
        log = (self.folder / f"{name}.log").open("w")
        words = words + ["--bind", "127.0.0.1", "--dir", self.folder] if words else [self.folder / "sentinel.conf", "--sentinel"]
        self.processes.append(subprocess.Popen(["redis-server", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        log.close()

    def ask(self, *words):
        try:
            return self.sentinel.execute_command(*words)
        except redis.RedisError:
            return None

    def linked(self):
        try:
            return self.replica.info("replication").get("master_link_status") == "up"
        except redis.RedisError:
            return False

    def replicated(self):
        """Whether the replica has all that the primary has."""
        return (self.primary.info("replication")["master_repl_offset"] ==
                self.replica.info("replication")["slave_repl_offset"])

    def kill_primary(self):
        self.processes[0].send_signal(signal.SIGKILL)
        self.processes[0].wait(10)

    def fail_over(self):
        """As an operator does: the old primary lives on, as a replica."""
        self.sentinel.execute_command("SENTINEL", "FAILOVER", "shop")

    def failed_over(self):
        try:
            return self.replica.info("replication")["role"] == "master"
        except redis.ConnectionError:  # sentinels end all connections of a server that they promote
            return False

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait(10)


class SentinelTest(light.InputTest):
    def setUp(self):
        self.pair = Pair(self.folder / self.id().split(".")[-1])
        self.addCleanup(self.pair.close)
        self.staging = self.pair.primary
        super().setUp()
        line = (f'redis = {{ host = "127.0.0.1", port = {self.servers["staging"].port}, '
                'password = "${REDIS_PASSWORD}" }')
        watched = (f'redis = {{ sentinels = ["127.0.0.1:{light.closed_port()}", "127.0.0.1:{self.pair.sentinel_port}"], '
                   'master = "shop", password = "${REDIS_PASSWORD}", sentinel_password = "${SENTINEL_PASSWORD}" }')
        self.configure([(line, watched)])
        wait_for(self.pair.replicated, "the replica to have it all")
        # A deploy that holds still until the failover is over: it lies between before and after.
        self.hold = self.folder / "hold"
        self.write("deploy.sh", 'echo "release-$1" > release\nwhile [ -e hold ]; do /bin/sleep 0.05; done\n')
        self.addCleanup(self.hold.unlink, missing_ok=True)

    def variables(self, more):
        return super().variables({"SENTINEL_PASSWORD": SENTINEL_SECRET, **more})

    def settings(self):
        """What is the same on both; ports and the like are each server's own."""
        return {name: self.staging.config_get(name) for name in ("maxmemory", "maxmemory-policy", "lfu-decay-time")}

    def rehearse_until_the_deploy(self, change=None, hold=True):
        """A rehearsal in the background, in the middle of its first deploy (or after it has set its setting)."""
        if hold:
            self.hold.touch()
        process = subprocess.Popen([BINARY, "rehearse", "-q", str(change or self.change)], cwd=self.folder, env=self.variables({}),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)

        def told():
            assert process.poll() is None, process.communicate()
            journals = (self.state / "journals").glob("*.journal")
            applied = any(re.search(rb'"action":"apply","state":"applied"', path.read_bytes()) for path in journals)
            return applied or (hold and (self.folder / "release").read_text() == "release-2\n")
        wait_for(told, "the deploy")
        return process

    def fail_over(self, how):
        how()
        wait_for(self.pair.failed_over, "the failover")
        self.hold.unlink(missing_ok=True)

    def evidence(self):
        run = sorted((self.folder / "understudy-runs").iterdir())[-1]
        return json.loads((run / "evidence.json").read_text())

    def expect_failed_over(self, process, code):
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, out + err)
        evidence = self.evidence()
        self.assertEqual(evidence["comparison"]["verdict"], "invalid", out + err)
        old, new = self.pair.ports
        what = f"the primary failed over from 127.0.0.1:{old} to 127.0.0.1:{new}"
        self.assertIn(what, [one["what"] for one in evidence["disturbances"]])
        self.assertIn(what, evidence["comparison"]["why"])
        self.assertIn(what, out)
        self.assertTrue(self.pair.failed_over())
        self.staging = self.pair.replica  # what tearDown looks at: it is as it was, and its lease is free
        return evidence, out

    def test_without_a_failover(self):
        ended = self.run_it("doctor", "staging", "-q")
        self.assertEqual(ended.code, 0, str(ended))
        self.assertIn(f"127.0.0.1:{self.pair.ports[0]}, master, found as shop of sentinels", ended.out)
        ended = self.run_it("rehearse", "-q", self.change)
        self.assertEqual((ended.code, ended.err), (0, ""), str(ended))

    def test_the_primary_dies(self):
        process = self.rehearse_until_the_deploy()
        self.fail_over(self.pair.kill_primary)
        evidence, _ = self.expect_failed_over(process, 6)
        self.assertTrue(evidence["proof"]["done"])
        self.assertEqual(evidence["proof"]["differences"], [])

    def test_an_operator_fails_it_over(self):
        process = self.rehearse_until_the_deploy()
        self.fail_over(self.pair.fail_over)
        evidence, _ = self.expect_failed_over(process, 6)
        self.assertEqual(evidence["proof"]["differences"], [])

    def test_a_setting_that_may_still_stand_on_the_old_primary(self):
        process = self.rehearse_until_the_deploy(self.write("setting.toml", light.SETTING), hold=False)
        self.pair.kill_primary()
        evidence, out = self.expect_failed_over(process, 5)
        self.assertEqual([one["name"] for one in evidence["proof"]["differences"]], ["lfu-decay-time"])
        self.assertIn(f"may still be changed on 127.0.0.1:{self.pair.ports[0]}", out)
        # The journal stays open until somebody has seen to it, and no other rehearsal begins.
        self.rehearsal_refused(4, "needs_rollback")
        for path in (self.state / "journals").glob("*.journal"):
            path.unlink()

    def test_the_way_back_after_a_kill_and_a_failover(self):
        process = self.rehearse_until_the_deploy()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        self.fail_over(self.pair.kill_primary)
        ended = self.run_it("rollback")
        self.assertEqual(ended.code, 0, str(ended))
        self.assertIn("failed over", ended.out)
        self.staging = self.pair.replica

    def test_sentinels_that_do_not_know_it(self):
        text = (self.folder / "understudy.toml").read_text()
        self.write("understudy.toml", text.replace('master = "shop"', 'master = "other"'))
        self.rehearsal_refused(2, "unknown_name", says=("staging", "sentinels", "other"))
        self.write("understudy.toml", text)
        self.rehearsal_refused(3, "auth_failed", says=("no sentinel answers",), SENTINEL_PASSWORD="canary-wrong")
        self.write("understudy.toml", text.replace(str(self.pair.sentinel_port), str(light.closed_port())))
        self.rehearsal_refused(3, "unreachable", says=("no sentinel answers",))


if __name__ == "__main__":
    unittest.main()
