"""Staging is a Redis Cluster: all of its primaries are looked at, changed and put back, or nothing is touched; and what
a failover, a slot that moves, a kill or a node that is gone does to that.
"""
import json
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

import input_test as light
import safety_test
from cluster_stage import Cluster, ClusterLiveTest, wait_for
from stage import BINARY, COUNTS_FEW, ROOT, dump_of, long_test

LEASE = b"understudy:lease"
# A change of a setting that expects nothing but that no page fails.
HARMLESS = (light.SETTING.replace('metric = "database_calls"', 'metric = "error_rate"')
            .replace('change = "<= -50%"', 'value = "<= 0%"'))


def cluster_rules():
    """What docs/permissions.md says that a user needs besides, on every node."""
    return re.search(r"^(\+cluster\|slots .*)$", (ROOT / "docs" / "permissions.md").read_text(), re.M).group(1).split()


class SmallCluster(light.InputTest):
    """The small environments of input_test, staging on a Cluster of this class (or of each test, `fresh`)."""

    replicas, fresh = False, False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.fresh:
            cls.cluster = Cluster(cls.folder / "cluster", light.REDIS_SECRET, cls.replicas)
            cls.addClassCleanup(cls.cluster.close)

    def setUp(self):
        if self.fresh:
            self.cluster = Cluster(self.folder / self.id().split(".")[-1], light.REDIS_SECRET, self.replicas)
            self.addCleanup(self.cluster.close)
        self.staging = self.cluster.client()
        shutil.rmtree(self.folder / "state", True)  # what a failed test left open
        (self.folder / "release").write_text("release-1\n")
        super().setUp()
        self.seed = self.cluster.primaries[0]
        self.on_cluster("staging")
        for node in self.cluster.primaries:
            self.assertGreater(len(self.cluster.keys(node)), 5, "every primary has keys")
        # A deploy that holds still while this file is there: it lies between before and after.
        self.hold = self.folder / "hold"
        self.write("deploy.sh", 'echo "release-$1" > release\nwhile [ -e hold ]; do /bin/sleep 0.05; done\n')
        self.addCleanup(self.hold.unlink, missing_ok=True)

    def on_cluster(self, name, add=""):
        """The configuration with one environment's Redis on the Cluster."""
        line = f'redis = {{ host = "127.0.0.1", port = {self.servers[name].port}, password = "${{REDIS_PASSWORD}}" }}'
        there = f'redis = {{ host = "127.0.0.1", port = {self.seed.port}, password = "${{REDIS_PASSWORD}}"{add} }}'
        self.configure([(line, there)])

    def settings(self):
        """The values that the primaries have."""
        return {name: {node.client.config_get(name)[name] for node in self.cluster.primaries}
                for name in ("maxmemory", "maxmemory-policy", "lfu-decay-time", "hz")}

    def start(self, *words):
        process = subprocess.Popen([BINARY, *map(str, words)], cwd=self.folder, env=self.variables({}),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        return process

    def journal(self):
        return b"".join(path.read_bytes() for path in (self.state / "journals").glob("*.journal"))

    def rehearse_until(self, told, change=None, what="the journal"):
        """A rehearsal in the background that has come so far."""
        process = self.start("rehearse", "-q", change or self.change)

        def so_far():
            assert process.poll() is None, process.communicate()
            return told()
        wait_for(so_far, what)
        return process

    def rehearse_until_the_deploy(self):
        self.hold.touch()
        return self.rehearse_until(lambda: (self.folder / "release").read_text() == "release-2\n", what="the deploy")

    def ended(self, process, code):
        out, err = process.communicate(timeout=180)
        self.assertEqual(process.returncode, code, out + err)
        return out, self.evidence()

    def evidence(self):
        run = sorted((self.folder / "understudy-runs").iterdir())[-1]
        return json.loads((run / "evidence.json").read_text())

    def forget_journals(self):
        for path in (self.state / "journals").glob("*.journal"):
            path.unlink()


class ClusterTest(SmallCluster):
    """Nothing happens to the Cluster."""

    def test_doctor(self):
        ended = self.run_it("doctor", "staging", "-q")
        self.assertEqual(ended.code, 0, str(ended))
        self.assertIn(f"127.0.0.1:{self.seed.port} (Cluster of 3), 3 primaries, 0 replicas", ended.out)
        self.assertIn("every slot is served by one primary, and none is being moved", ended.out)

    def test_a_snapshot_is_of_all_primaries(self):
        there = sum(node.client.dbsize() for node in self.cluster.primaries)
        for words in ((), ("--source", "psync")):
            with self.subTest(words):
                for node in self.cluster.primaries:
                    node.client.config_set("repl-diskless-sync-delay", 0)
                    node.client.config_resetstat()
                ended = self.run_it("snapshot", "staging", "-q", "--json", *words)
                self.assertEqual((ended.code, ended.err), (0, ""), str(ended))
                profile = json.loads(ended.out)
                self.assertEqual(profile["keys"], there)
                self.assertEqual(sum(one["keys"] for one in profile["families"]), there)
                self.assertFalse(profile["partial"])
                asked = "cmdstat_psync" if words else "cmdstat_scan"
                for node in self.cluster.primaries:
                    self.assertIn(asked, node.client.info("commandstats"))

    def test_a_rehearsal(self):
        ended = self.run_it("rehearse", "-q", self.change)
        self.assertEqual((ended.code, ended.err), (0, ""), str(ended))
        evidence = self.evidence()
        self.assertEqual(evidence["redis"], f"127.0.0.1:{self.seed.port} (Cluster of 3)")
        self.assertEqual(evidence["conditions"]["cluster in staging"], "3 primaries, 0 replicas")
        self.assertEqual(evidence["proof"]["keys"]["as_before"], 30)
        # From another node too.
        self.seed = self.cluster.primaries[2]
        self.on_cluster("staging")
        ended = self.run_it("rehearse", "-q", self.change)
        self.assertEqual(ended.code, 0, str(ended))

    def test_a_setting_is_set_on_all_and_undone_on_all(self):
        change = self.write("setting.toml", light.SETTING)
        before = self.settings()
        process = self.rehearse_until(lambda: self.settings()["lfu-decay-time"] == {"2"}, change, "all three to be set")
        out, evidence = self.ended(process, 1)  # it improves nothing
        self.assertEqual(evidence["disturbances"], [], out)
        self.assertEqual(self.settings(), before)
        lines = re.findall(rb'\{"format":"understudy/journal-record".*\}', self.journal())
        steps = [one for one in map(json.loads, lines) if one["record"] == "step"]
        sets = [one["detail"] for one in steps if one["action"] == "apply"]
        for node in self.cluster.primaries:
            self.assertIn(f"CONFIG SET lfu-decay-time 2 on 127.0.0.1:{node.port}", sets)

    def test_one_primary_that_was_set_by_hand(self):
        second = self.cluster.primaries[1].client
        second.config_set("lfu-decay-time", 7)
        try:
            self.rehearsal_refused(4, "drift", says=("not set alike", "lfu-decay-time"))
            ended = self.run_it("doctor", "staging", "-q")
            self.assertIn("the primaries are not set alike: lfu-decay-time", ended.out)
        finally:
            second.config_set("lfu-decay-time", 1)

    def test_one_primary_that_is_set_by_hand_meanwhile(self):
        process = self.rehearse_until_the_deploy()
        second = self.cluster.primaries[1].client
        second.config_set("hz", 50)
        self.hold.unlink()
        out, evidence = self.ended(process, 5)
        self.assertEqual(evidence["comparison"]["verdict"], "invalid", out)
        second.config_set("hz", 10)
        self.assertEqual([one["name"] for one in evidence["proof"]["differences"]],
                         [f"hz on 127.0.0.1:{self.cluster.primaries[1].port}"])
        ended = self.run_it("rollback")
        self.assertEqual(ended.code, 0, str(ended))

    def test_a_slot_that_nobody_serves(self):
        slot = self.cluster.slot("page:1")
        owner = self.cluster.uncover(slot)
        try:
            self.rehearsal_refused(4, "cluster_unsettled", says=(f"nobody serves the slots {slot} ", "staging"))
            self.refused(4, "cluster_unsettled", "purge", "staging", "--pattern", "page:*")
            self.assertFalse(self.run_journals(), "nothing was begun")
            ended = self.run_it("doctor", "staging", "-q")
            self.assertEqual(ended.code, 4, str(ended))
            self.assertIn("nobody serves the slots", ended.out)
        finally:
            self.cluster.cover(slot, owner)

    def run_journals(self):
        return list((self.state / "journals").glob("*.journal")) if (self.state / "journals").exists() else []

    def test_a_slot_on_its_way(self):
        slot = self.cluster.slot("page:1")
        source = self.cluster.primary_of_slot(slot)
        target = next(node for node in self.cluster.primaries if node.port != source.port)
        self.cluster.begin_move(slot, target)
        try:
            self.rehearsal_refused(4, "cluster_unsettled", says=(f"slot {slot} ", "being moved"))
            ended = self.run_it("doctor", "staging", "-q")
            self.assertEqual(ended.code, 0, str(ended))
            self.assertIn("slots are being moved", ended.out)
        finally:
            self.cluster.cancel_move(slot)

    def as_user(self, less=None):
        """The documented user on every node; `less`: rules of the second one (by id, as they are gone through)."""
        rules = safety_test.documented_acl("Staging's Redis") + cluster_rules()
        nodes = sorted(self.cluster.primaries, key=lambda node: node.id)
        for number, node in enumerate(nodes):
            node.client.execute_command("ACL", "SETUSER", "understudy", "reset", "on", f">{light.REDIS_SECRET}", *rules,
                                        *(less if less and number == 1 else []))
            node.client.execute_command("ACL", "LOG", "RESET")
        self.on_cluster("staging", ', username = "understudy"')
        return nodes

    def test_the_documented_user_suffices(self):
        nodes = self.as_user()
        ended = self.run_it("rehearse", "-q", self.change)
        self.assertEqual(ended.code, 0, str(ended))
        for node in nodes:
            self.assertEqual(node.client.execute_command("ACL", "LOG"), [])
        self.as_user(["-cluster|nodes"])
        self.rehearsal_refused(3, "no_permission")
        # One node's user may not restore: that shows before anything is touched.
        self.as_user(["-restore"])
        self.rehearsal_refused(3, "no_permission", says="a key of our own")

    def test_one_primary_that_refuses_the_setting(self):
        nodes = self.as_user(["-config|set"])
        ended = self.run_it("rehearse", "-q", self.write("setting.toml", light.SETTING))
        self.assertEqual(ended.code, 3, str(ended))
        evidence = self.evidence()
        said = evidence["stopped"]
        self.assertIn("on 1 of 3 primaries it was set before, on 1 it was not tried", said)
        self.assertIn(f":{nodes[1].port}", said)
        self.assertEqual(evidence["proof"]["differences"], [], "the first was set back")

    def test_another_database(self):
        self.on_cluster("staging", ", database = 1")
        self.rehearsal_refused(2, "config_bad_value", says="database 0")
        self.on_cluster("staging")

    def test_staging_that_is_production(self):
        text = (self.folder / "understudy.toml").read_text()
        other = self.cluster.primaries[2].port
        self.write("understudy.toml", text.replace(f'port = {self.servers["production"].port}', f"port = {other}"))
        self.rehearsal_refused(4, "unsafe_target", says="production's own server")
        self.write("understudy.toml", text)

    def test_a_key_planted_behind_the_back(self):
        second = self.cluster.primaries[1]
        planted = next(key for key in (f"page:planted-{n}" for n in range(1000))
                       if self.cluster.primary_of(key).port == second.port)
        over = threading.Event()

        def plant():
            while not over.is_set():
                second.client.set(planted, "foreign")
                time.sleep(0.0002)
        writer = threading.Thread(target=plant, daemon=True)
        process = self.rehearse_until(lambda: b'"record":"saved"' in self.journal())
        writer.start()
        try:
            out, err = process.communicate(timeout=180)
        finally:
            over.set()
            writer.join()
        self.assertEqual(process.returncode, 5, out + err)
        proof = self.evidence()["proof"]
        self.assertIn("a key that was not there before", [one["what"] for one in proof["differences"]])
        self.assertEqual(second.client.exists(planted), 1)
        # Nobody writes any more: the way back is whole.
        ended = self.run_it("rollback")
        self.assertEqual(ended.code, 0, str(ended))

    def test_killed_in_the_middle(self):
        process = self.rehearse_until_the_deploy()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        self.hold.unlink()
        self.rehearsal_refused(4, "needs_rollback")
        # A setting that the restart of one primary loses comes back, too; its keys it loses, and gets again.
        ended = self.run_it("rollback")
        self.assertEqual(ended.code, 0, str(ended))

    def test_purge_and_restore(self):
        ended = self.run_it("purge", "staging", "--pattern", "page:*", "--json", "-q")
        self.assertEqual(json.loads(ended.out)["keys"], 30, str(ended))
        ended = self.run_it("purge", "staging", "--pattern", "page:*", "--execute", "--json", "-q")
        self.assertEqual(ended.code, 0, str(ended))
        done = json.loads(ended.out)
        self.assertEqual((done["removed"], done["as_before"]), (30, 0))
        self.assertEqual(len(dump_of(self.staging)), 30)
        ended = self.run_it("purge", "--restore", done["journal"])
        self.assertEqual(ended.code, 0, str(ended))

    def test_measure_and_checklist(self):
        for words in (["measure", "staging", "--warm", "1"], ["checklist", "staging"]):
            ended = self.run_it(*words, "-q")
            self.assertIn(ended.code, (0, 1, 6), str(ended))
            self.assertEqual(ended.err, "")


class ProductionClusterTest(SmallCluster):
    """Production is the Cluster, and staging is a single server."""

    def setUp(self):
        super().setUp()
        self.on_cluster("production")
        for number in range(30):
            self.servers["staging"].client.set(f"page:{number}", "x")

    def writable(self):
        text = (self.folder / "understudy.toml").read_text()
        self.write("understudy.toml", text.replace('role = "production"', 'role = "production"\naccess = "read-write"'))

    def test_a_rehearsal_is_held_against_all_its_primaries(self):
        second = self.cluster.primaries[1].client
        second.config_set("maxmemory-samples", 9)
        try:
            self.rehearsal_refused(4, "drift", says=("maxmemory-samples", "5 | 9 in production"))
        finally:
            second.config_set("maxmemory-samples", 5)
        counters = [node.client.info("commandstats") for node in self.cluster.primaries]
        ended = self.run_it("rehearse", "-q", self.change)
        self.assertEqual(ended.code, 0, str(ended))
        for node, before in zip(self.cluster.primaries, counters):
            after = node.client.info("commandstats")
            for name in ("cmdstat_set", "cmdstat_unlink", "cmdstat_restore", "cmdstat_config|set"):
                self.assertEqual(after.get(name), before.get(name), f"a write on production: {name}")
        self.servers["staging"].client.flushall()

    def test_a_setting_is_applied_to_all_and_rolled_back_on_all(self):
        self.writable()
        text = (self.folder / "understudy.toml").read_text()
        self.write("understudy.toml", text.replace("http://127.0.0.1:9", f"http://localhost:{self.app.port}") +
                   '\n[environments.production.commands.release]\nrun = ["/bin/cat", "release"]\n')
        change = self.write("setting.toml", HARMLESS)
        ended = self.run_it("rehearse", "-q", change)
        self.assertEqual(ended.code, 0, str(ended))
        script = sorted((self.folder / "understudy-runs").iterdir())[-1] / "apply.sh"
        self.assertIn("once for each of its primaries", script.read_text())
        ended = self.run_it("apply", "-q", change, "--execute", "--watch", "1s", "--on-breach", "rollback", "--json")
        self.assertEqual(ended.code, 0, str(ended))
        self.assertEqual(self.settings()["lfu-decay-time"], {"2"})
        ended = self.run_it("rollback", json.loads(ended.out)["journal"])
        self.assertEqual(ended.code, 0, str(ended))
        self.assertEqual(self.settings()["lfu-decay-time"], {"1"})
        # Primaries that are not set alike have no one state to come back to.
        second = self.cluster.primaries[1].client
        second.config_set("lfu-decay-time", 5)
        ended = self.run_it("apply", "-q", change, "--execute", "--watch", "1s", "--on-breach", "stop")
        self.assertIn("[drift]", ended.err, str(ended))
        second.config_set("lfu-decay-time", 1)
        self.servers["staging"].client.flushall()

    def test_purge_and_restore(self):
        self.writable()
        plan = json.loads(self.run_it("purge", "production", "--pattern", "page:*", "--json", "-q").out)
        self.assertEqual(plan["keys"], 30)
        ended = self.run_it("purge", "production", "--pattern", "page:*", "--execute", "--plan", plan["plan"], "--json",
                            "-q")
        self.assertEqual(ended.code, 0, str(ended))
        done = json.loads(ended.out)
        self.assertEqual(done["removed"], 30)
        self.assertEqual(len(dump_of(self.staging)), 30)
        ended = self.run_it("rollback", done["journal"])
        self.assertEqual(ended.code, 0, str(ended))


class FailoverTest(SmallCluster):
    """Each primary has a replica, and one of them takes over in the middle."""

    replicas, fresh = True, True

    def setUp(self):
        super().setUp()
        self.cluster.replicated()

    def told(self, process, what, code=6):
        """The rehearsal is invalid, for that, and all is as before on the shape that is there now."""
        out, evidence = self.ended(process, code)
        self.assertEqual(evidence["comparison"]["verdict"], "invalid", out)
        self.assertRegex(evidence["comparison"]["why"], what)
        self.assertRegex(" ".join(out.split()), what)
        self.staging = self.cluster.client()
        return evidence

    def test_a_primary_dies(self):
        process = self.rehearse_until_the_deploy()
        old = self.cluster.primaries[1]
        new = self.cluster.kill_primary(old)
        self.hold.unlink()
        evidence = self.told(process, rf"the primary of slots [0-9-]+ failed over from 127.0.0.1:{old.port} "
                                      rf"to 127.0.0.1:{new.port}")
        self.assertTrue(evidence["proof"]["done"])
        self.assertEqual(evidence["proof"]["differences"], [])

    def test_a_primary_that_is_still_dead_when_it_is_rolled_back(self):
        process = self.rehearse_until_the_deploy()
        old = self.cluster.primaries[1]
        new = self.cluster.replica_of(old)
        self.cluster.kill(old)
        self.hold.unlink()  # at once: the replica has not noticed yet
        evidence = self.told(process, rf"failed over from 127.0.0.1:{old.port} to 127.0.0.1:{new.port}")
        self.assertEqual(evidence["proof"]["differences"], [])

    def test_an_operator_fails_it_over(self):
        process = self.rehearse_until_the_deploy()
        old = self.cluster.primaries[0]
        new = self.cluster.fail_over(old)
        self.hold.unlink()
        evidence = self.told(process, rf"failed over from 127.0.0.1:{old.port} to 127.0.0.1:{new.port}")
        self.assertEqual(evidence["proof"]["differences"], [])

    def test_a_slot_is_moved(self):
        process = self.rehearse_until_the_deploy()
        slot = self.cluster.slot("page:1")
        old = self.cluster.primary_of_slot(slot)
        new = next(node for node in self.cluster.primaries if node.port != old.port)
        self.cluster.move(slot, new)
        self.hold.unlink()
        evidence = self.told(process, rf"slots {slot} moved from 127.0.0.1:{old.port} to 127.0.0.1:{new.port}")
        self.assertEqual(evidence["proof"]["differences"], [])

    def test_a_setting_that_may_still_stand_on_the_old_primary(self):
        change = self.write("setting.toml", light.SETTING)
        process = self.rehearse_until(lambda: self.settings()["lfu-decay-time"] == {"2"}, change, "all three to be set")
        old = self.cluster.primaries[1]
        self.cluster.fail_over(old)
        evidence = self.told(process, "failed over from", 5)
        differences = evidence["proof"]["differences"]
        self.assertEqual([one["name"] for one in differences], ["lfu-decay-time"], differences)
        self.assertIn(f"may still be changed on 127.0.0.1:{old.port}", differences[0]["what"])
        self.assertEqual(self.settings()["lfu-decay-time"], {"1"}, "the three that are primaries now")
        self.rehearsal_refused(4, "needs_rollback")
        self.forget_journals()

    def test_killed_and_the_configured_node_is_gone(self):
        process = self.rehearse_until_the_deploy()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        self.cluster.kill_primary(self.seed)
        self.hold.unlink()
        ended = self.run_it("rollback")
        self.assertEqual(ended.code, 0, str(ended))
        self.assertIn("whose settings are its own", " ".join(ended.out.split()))
        self.staging = self.cluster.client()

    def roll_back_with(self, happens):
        """A rehearsal is killed, and something happens between the settings and the keys of its rollback."""
        process = self.rehearse_until_the_deploy()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        self.hold.unlink()
        wait = self.folder / "wait"
        wait.touch()
        self.addCleanup(wait.unlink, missing_ok=True)
        self.write("rollback.sh", 'echo "$1" > release\ntouch waiting\nwhile [ -e wait ]; do /bin/sleep 0.05; done\n')
        self.addCleanup(self.write, "rollback.sh", 'echo "$1" > release\n')
        (self.folder / "waiting").unlink(missing_ok=True)
        process = self.start("rollback", "-q")
        wait_for((self.folder / "waiting").exists, "the rollback's command")
        happens()
        wait.unlink()
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, out + err)
        self.staging = self.cluster.client()

    def test_a_failover_in_the_middle_of_a_rollback(self):
        self.roll_back_with(lambda: self.cluster.kill(self.cluster.primaries[2]))

    @long_test
    def test_a_slot_moves_in_the_middle_of_a_rollback(self):
        def move():
            slot = self.cluster.slot("page:1")
            old = self.cluster.primary_of_slot(slot)
            self.cluster.move(slot, next(node for node in self.cluster.primaries if node.port != old.port))
        self.roll_back_with(move)

    @long_test
    def test_an_operator_fails_it_over_in_the_middle_of_a_rollback(self):
        self.roll_back_with(lambda: self.cluster.fail_over(self.cluster.primaries[0]))


class RevisionTwo(ClusterLiveTest):
    """The shop's revision 2, production and staging on Clusters of their own."""

    def test_is_improved_and_proven(self):
        cluster = self.stage.clusters["staging"]
        before, settings = cluster.dump(), cluster.settings()
        ended, evidence = self.stage.rehearse(self.stage.change("cache-category", replace=COUNTS_FEW))
        self.assertExit(ended, 0)
        self.assertEqual(evidence["comparison"]["verdict"], "improved", str(ended))
        proof = evidence["proof"]
        self.assertTrue(proof["done"])
        self.assertEqual(proof["differences"], [])
        # (a) each setting of each primary, and none differs
        self.assertEqual(proof["settings"]["checked"] % 3, 0)
        self.assertGreater(proof["settings"]["checked"], 300)
        self.assertEqual(proof["settings"]["differ"], 0)
        # (b) every key of the change is as before, or has expired meanwhile
        ours = {key for key in before if key.startswith(b"shop:1:category:")}
        self.assertEqual(proof["keys"]["as_before"] + proof["keys"]["expired"], len(ours))
        self.assertEqual(proof["keys"]["differ"], 0)
        # (c) none that traffic wrote is left, (d) what is elsewhere is counted, (e), (f)
        self.assertEqual(proof["left_in_families"], 0)
        self.assertEqual(proof["elsewhere_unknown"], "")
        self.assertEqual(proof["eviction"], "the step cannot evict")
        self.assertIn("not ours", proof["database"])
        # By other eyes: the keys, and on every primary the settings.
        after = cluster.dump()
        self.assertEqual({key for key in after if key.startswith(b"shop:1:category:")} - ours, set())
        for key in ours & set(after):
            self.assertEqual(after[key], before[key], key)
        self.assertEqual(cluster.settings(), settings)
        self.assertNotIn(LEASE, after)
        self.assertTrue(all(cluster.keys(node) for node in cluster.primaries))


if __name__ == "__main__":
    unittest.main()
