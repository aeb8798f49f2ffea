"""`understudy sync --settings` on two running servers: each difference that the plan says it closes is closed, each that
it leaves is left with its reason, and a rollback brings every setting back, keys that were evicted too; what is refused,
and what a refusal, Ctrl-C and a killed program leave."""
import json
import os
import signal
import subprocess
import unittest

from diff_test import TABLE
from snapshot_live_test import VERSION, LiveSnapshot, Server, fill
from stage import BINARY

# What production has otherwise than a fresh server.
PLANTED = {"maxmemory": "40000000", "maxmemory-policy": "allkeys-lru", "maxmemory-samples": "7", "hz": "25",
           "hash-max-listpack-entries": "64", "list-max-listpack-size": "-3", "lazyfree-lazy-expire": "yes",
           "notify-keyspace-events": "AE", "timeout": "900", "client-query-buffer-limit": "2000000", "save": "3600 1"}
LEFT = {"client-query-buffer-limit", "save", "dir", "port"}


class Sync(LiveSnapshot):
    settings = ("--io-threads", "2", "--databases", "32")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Server(cls.folder, "other")
        cls.fresh = cls.other.client.config_get("*")
        # Under the names of this version, and without what it has so by itself.
        cls.planted = {(name if name in cls.fresh else name.replace("listpack", "ziplist")): value for name, value in PLANTED.items()}
        cls.planted = {name: value for name, value in cls.planted.items() if cls.fresh[name] != value}
        cls.hash = next(name for name in cls.planted if name.startswith("hash-max"))

    @classmethod
    def tearDownClass(cls):
        cls.other.close()
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        self.staging = self.other.client
        self.staging.flushall()
        for name, value in self.planted.items():
            self.staging.config_set(name, self.fresh[name])
            self.client.config_set(name, value)
        self.staging.config_resetstat()

    def configure(self, extra="", scale="", access="read-write", user="", **_):
        (self.folder / "understudy.toml").write_text("format = 1\n" + TABLE.format(extra=extra, scale=scale, access=access, user=user,
                                                                  production=self.server.port, staging=self.other.port))

    def begin(self, *words, **more):
        return subprocess.Popen([BINARY, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True,
                                env=dict(os.environ, UNDERSTUDY_STATE=str(self.folder / "state"), **more))

    def sync(self, *words, code=0):
        process = self.begin("sync", "--settings", *words)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, out + err)
        return out if code == 0 else out + err

    def roll_back(self, journal, code=0):
        process = self.begin("rollback", journal, "-q")
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, out + err)
        return out

    def now(self):
        return {name: value for name, value in self.staging.config_get("*").items() if name in self.fresh}

    def drift(self):
        done = subprocess.run([BINARY, "diff", "production", "staging", "--full-speed", "--json"], cwd=self.folder,
                              capture_output=True, text=True, timeout=60)
        drift = json.loads(done.stdout)
        return {one["id"] for one in drift["findings"] if one["group"] == "settings" and one["state"] == "open"}

    def test_plan_changes_nothing(self):
        before = self.now()
        plan = json.loads(self.sync("--json"))
        self.assertEqual({one["setting"]: one["becomes"] for one in plan["set"]},
                         {name: value for name, value in self.planted.items() if name not in LEFT})
        self.assertEqual({one["setting"] for one in plan["left"]}, LEFT | {"io-threads"})
        self.assertEqual([one["setting"] for one in plan["restart"]], ["databases"])
        self.assertTrue(all(one["reason"] for one in plan["left"]))
        self.assertEqual(self.now(), before)
        out = self.sync()
        for said in ("To be set on staging", "maxmemory-policy", "allkeys-lru", "which keys are evicted", "Left as they are",
                     "Each server has its own: port, dir", "Nothing was done", "--execute", "redis.conf"):
            self.assertIn(said, out)

    def test_closes_what_it_says_and_rollback_brings_it_back(self):
        # The table has the names of 7.0 and later.
        self.assertEqual(self.drift(), {name.replace("ziplist", "listpack") for name in self.planted} | {"databases", "io-threads"})
        fill(self.staging, 500)
        keys = {key: self.staging.dump(key) for key in self.staging.scan_iter(count=1000)}
        done = json.loads(self.sync("--execute", "--json", "-q"))
        # What is left, what needs a restart, and nothing else.
        self.assertEqual(self.drift(), {"client-query-buffer-limit", "save", "databases", "io-threads"})
        self.assertLess(done["parity"], done["parity_after"])
        self.assertLess(done["parity_after"], done["parity_then"], "a restart is still to come")
        self.assertIn("databases 32\n", (self.folder / done["redis_conf"]).read_text())
        self.assertTrue(done["evicts"] and done["backup"], "a policy and a limit: keys can go")
        again = self.sync("--execute", "-q", "-o", str(self.folder / "again.conf"))
        self.assertIn("Nothing was set", again)
        history = json.loads(self.begin("history", "--change", "sync", "--json").communicate(timeout=60)[0])
        self.assertEqual((history["entries"][0]["standing"], history["entries"][0]["acts"][0]["act"]), ("applied", "sync"))
        self.roll_back(done["journal"])
        self.assertEqual(self.now(), self.fresh)
        self.assertEqual({key: self.staging.dump(key) for key in self.staging.scan_iter(count=1000)}, keys)

    def test_evicted_keys_come_back(self):
        fill(self.staging, 3000)
        used = int(self.staging.info("memory")["used_memory"])
        count = self.staging.dbsize()
        self.client.config_set("maxmemory", used - 300_000)
        done = json.loads(self.sync("--execute", "--json", "-q"))
        self.assertLess(self.staging.dbsize(), count)
        self.roll_back(done["journal"])
        self.assertEqual(self.staging.dbsize(), count)

    def test_scale_and_accepted(self):
        self.configure(extra='[drift]\naccept = { hz = "staging is idle" }\n', scale='scale = "1/10"')
        plan = json.loads(self.sync("--execute", "--json", "-q"))
        self.assertEqual(self.staging.config_get("maxmemory")["maxmemory"], "4000000")
        self.assertEqual(self.staging.config_get("hz")["hz"], self.fresh["hz"])
        self.assertIn("accepted: staging is idle", [one["reason"] for one in plan["left"]])
        self.assertNotIn("maxmemory", self.drift(), "it is meant to be a tenth")

    def test_all(self):
        done = json.loads(self.sync("--execute", "--all", "--json", "-q"))
        self.assertEqual(self.staging.config_get("save")["save"], "3600 1")
        self.assertEqual({one["setting"] for one in done["restart"]}, {"databases", "io-threads"})
        self.assertEqual(self.drift(), {"databases", "io-threads"})
        self.roll_back(done["journal"])
        self.assertEqual(self.now(), self.fresh)

    def test_from_a_profile(self):
        subprocess.run([BINARY, "snapshot", "production", "--full-speed", "-q", "-o", "p.json"], cwd=self.folder, check=True,
                       capture_output=True, timeout=60)
        self.client.config_set("timeout", 5)  # it is not asked now
        self.sync("--from", "p.json", "--execute", "-q")
        self.assertEqual(self.staging.config_get("timeout")["timeout"], self.planted["timeout"])

    def test_no_key_can_go(self):
        for name in ("maxmemory", "maxmemory-policy"):
            self.client.config_set(name, self.fresh[name])
        self.assertIn("No key is touched", self.sync())
        done = json.loads(self.sync("--execute", "--json", "-q"))
        self.assertFalse(done["evicts"] or done["backup"])
        self.assertIn("none of these settings can evict a key", self.roll_back(done["journal"]))
        self.assertEqual(self.now(), self.fresh)

    def test_other_databases_are_not_saved(self):
        with self.other.client.client() as other:
            other.select(3)
            other.set("elsewhere", "1")
        self.assertIn("It would be refused", self.sync())
        self.assertIn("unsafe_target", self.sync("--execute", "-q", code=4))
        self.assertEqual(self.now(), self.fresh)
        self.sync("--execute", "-q", "--no-key-backup", "a cache of thumbnails")
        self.assertEqual(self.staging.config_get("maxmemory-policy")["maxmemory-policy"], "allkeys-lru")

    def test_refused(self):
        self.assertIn("never to it", self.sync("production", code=4))
        self.assertIn("there is no environment nowhere", self.sync("nowhere", code=2))
        self.assertIn("no such file", self.sync("--from", "nowhere", code=2))
        process = self.begin("sync")
        self.assertIn("--settings", process.communicate(timeout=60)[1])
        self.assertEqual(process.returncode, 2)
        self.configure(access="read-only")
        self.assertIn("read-only here", self.sync())
        self.assertIn("not_writable", self.sync("--execute", code=4))
        (self.folder / "understudy.toml").write_text((self.folder / "understudy.toml").read_text()
                                                     .replace("read-only", "read-write")
                                                     .replace(f"port = {self.other.port}", f"port = {self.server.port}"))
        self.assertIn("unsafe_target", self.sync("--execute", code=4))
        self.assertEqual(self.client.config_get("maxmemory-policy")["maxmemory-policy"], "allkeys-lru")

    @unittest.skipIf(VERSION < (7, 0), "no subcommands in ACL rules")
    def test_a_user_who_may_not_set(self):
        self.staging.acl_setuser("limited", enabled=True, passwords="+word", keys="*", commands=["+@all", "-config|set"])
        self.addCleanup(self.staging.acl_deluser, "limited")
        (self.folder / "word").write_text("word\n")
        self.configure(user=', username = "limited", password = "file:word"')
        said = self.sync("--execute", "-q", code=3)
        self.assertRegex(said, "CONFIG SET .* was refused")
        self.assertIn("everything was brought back", said)
        self.assertEqual(self.now(), self.fresh)
        self.configure()
        self.sync("--execute", "-q")

    # At every record of the journal, in turn in the middle of its line and after it.
    def test_killed(self):
        fill(self.staging, 200)
        keys = self.staging.dbsize()
        for number in range(1, 100):
            moment = "torn" if number % 2 else "after"
            with self.subTest(record=number, moment=moment):
                process = self.begin("sync", "--settings", "--execute", "-q", UNDERSTUDY_CRASH_AT=f"journal:{number}:{moment}")
                out, err = process.communicate(timeout=60)
                if process.returncode == 0:
                    break
                self.assertEqual(process.returncode, -signal.SIGKILL, out + err)
                process = self.begin("rollback", "-q")
                out, err = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 0, out + err)
                if moment == "after" and "Nothing to roll back" in out:
                    # The end was written: what stands stays until it is named.
                    process = self.begin("rollback", "-q", out.split()[-1])
                    self.assertEqual(process.wait(timeout=120), 0, process.communicate())
                self.assertEqual(self.now(), self.fresh)
                self.assertEqual(self.staging.dbsize(), keys)
        self.assertGreater(number, 15)

    # Held still when the first setting is seen to be set, for the few that follow take a millisecond.
    def test_interrupted(self):
        fill(self.staging, 200)
        for _ in range(50):
            process = self.begin("sync", "--settings", "--execute", "-q")
            while process.poll() is None and self.staging.config_get(self.hash)[self.hash] == self.fresh[self.hash]:
                pass
            process.send_signal(signal.SIGSTOP)
            halfway = self.staging.config_get("timeout")["timeout"] == self.fresh["timeout"]
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGCONT)
            out, err = process.communicate(timeout=60)
            if halfway:
                break
            self.roll_back(out.split()[-1])
        else:
            self.fail("it was never seen halfway")
        self.assertEqual(process.returncode, 130, out + err)
        self.assertIn("everything was brought back, and that is proven", err)
        self.assertEqual(self.now(), self.fresh)


if __name__ == "__main__":
    unittest.main(verbosity=2)
