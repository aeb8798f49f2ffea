"""`purge` on its own: counted, backed up, removed, brought back; killed in between; production by a plan only.

What is there and what is gone is read by another Redis client, what was sent by MONITOR.
"""
import json
import os
import re
import signal
import unittest

from safety_test import Watch
from short_stage import Between, FAMILY, HOUR, ShortStage, dump_of, plant
from stage import LONG

PATTERN = "shop:1:category:*"
WRITES = {"unlink", "restore", "set", "persist", "pexpireat"}


def writable_production(stage):
    """Lets understudy write to production: its own entry, and a user who may."""
    users = (stage.folder / "production" / "redis" / "users.acl").read_text()
    password = re.search(r"^user default on >(\S+)", users, re.M).group(1)
    secret = stage.folder / "production" / "writer.password"
    secret.write_text(password + "\n")
    secret.chmod(0o600)
    text = stage.config.read_text()
    text = text.replace('username = "understudy", password = "file:production/redis.password"',
                        'username = "default", password = "file:production/writer.password"')
    text = text.replace('role = "production"\n', 'role = "production"\naccess = "read-write"\n'
                        "limits = { requests_per_second = 200 }\n")
    stage.config.write_text(text)


class PurgeCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = ShortStage()
        cls.addClassCleanup(cls.stage.close)
        cls.read_only = cls.stage.config.read_text()
        writable_production(cls.stage)

    def setUp(self):
        self.clients = {name: self.stage.redis(name) for name in ("production", "staging")}
        for client in self.clients.values():
            client.flushall()
            plant(client, big=False)
            plant(client, b"other:", big=False)

    def assertExit(self, ended, code):
        self.assertEqual(ended.code, code, str(ended))

    def family(self, client):
        return {key: value for key, value in dump_of(client).items() if key.startswith(FAMILY)}

    def purge(self, name, *more, **variables):
        return self.stage.run("purge", name, "--pattern", PATTERN, *more, **variables)

    def plan_of(self, name):
        ended = self.purge(name, "--json")
        self.assertExit(ended, 0)
        return json.loads(ended.out)

    def execute(self, name, **variables):
        digest = self.plan_of(name)["plan"]
        return self.purge(name, "--execute", "--plan", digest, "--json", **variables)


class Plan(PurgeCase):
    def test_counts_and_does_nothing(self):
        for name, client in self.clients.items():
            with self.subTest(name):
                before = dump_of(client)
                family = self.family(client)
                client.set(b"shop:1:product:1", b"1", px=HOUR)
                with Watch(client) as watch:
                    plan = self.plan_of(name)
                client.unlink(b"shop:1:product:1")
                self.assertEqual(plan["keys"], len(family))
                row = plan["patterns"][0]
                types = {}
                for kind, _, _ in family.values():
                    types[kind.decode()] = types.get(kind.decode(), 0) + 1
                self.assertEqual(row["types"], types)
                self.assertEqual(row["without_expiry"], sum(expiry == -1 for _, _, expiry in family.values()))
                self.assertEqual(row["bytes"], sum(client.memory_usage(key) for key in family))
                self.assertEqual(sum(row["templates"].values()), len(family))
                self.assertNotIn("plain", json.dumps(plan))
                self.assertEqual(set(watch.ours) & WRITES, set())
                self.assertEqual(dump_of(client), before)
        text = self.purge("staging").out
        self.assertIn("Nothing was done", text)
        self.assertIn("Collateral: unknown", text)

    def test_a_key_of_two_patterns_counts_once(self):
        ended = self.stage.run("purge", "staging", "--pattern", "shop:1:*", "--pattern", PATTERN, "--json")
        rows = json.loads(ended.out)["patterns"]
        self.assertEqual((rows[0]["keys"], rows[1]["keys"]), (len(self.family(self.clients["staging"])), 0))

    def test_wrong_usage(self):
        for words, code in (((), 2), (("staging",), 2), (("nowhere", "--pattern", PATTERN), 2),
                            (("staging", "--pattern", "*:x"), 2), (("staging", "--pattern", PATTERN, "--plan", "1-2-3"), 2),
                            (("staging", "--restore", "nowhere", "--execute"), 2), (("--restore", "nowhere"), 2),
                            (("--restore", "nowhere.backup"), 2),
                            (("production", "--pattern", PATTERN, "--execute"), 2),
                            (("staging", "--pattern", PATTERN, "--execute", "--plan", "nonsense"), 4)):
            with self.subTest(words):
                self.assertExit(self.stage.run("purge", *words), code)


class Execute(PurgeCase):
    def test_there_and_back(self):
        for name, client in self.clients.items():
            with self.subTest(name):
                before, elsewhere = self.family(client), dump_of(client).keys() - self.family(client).keys()
                with Watch(client) as watch:
                    ended = self.execute(name)
                self.assertExit(ended, 0)
                done = json.loads(ended.out)
                self.assertEqual((done["removed"], done["as_before"], done["written_again"]), (len(before), 0, 0))
                self.assertEqual(self.family(client), {})
                self.assertEqual(dump_of(client).keys(), elsewhere)
                if name == "production":
                    self.assertEqual({one for one in watch.ours if one not in
                                      {"hello", "info", "config|get", "command|info", "scan", "type", "pttl", "ping",
                                       "memory|usage", "object|idletime", "multi", "exec", "pexpiretime", "dump", "dbsize",
                                       "time"}}, WRITES)
                # What visitors write meanwhile under an old name is put back, a new name goes.
                client.set(FAMILY + b"kept:string", b"written by a visitor")
                client.set(FAMILY + b"fresh", b"written by a visitor")
                client.set(b"other:kept:string", b"written by a visitor")
                restored = self.stage.run("purge", "--restore", done["journal" if name == "staging" else "backup"])
                self.assertExit(restored, 0)
                self.assertEqual(self.family(client), before)
                self.assertEqual(client.get(b"other:kept:string"), b"written by a visitor")
                again = self.stage.run("rollback", done["journal"])
                self.assertIn("Nothing to roll back", again.out)

    def test_rollback_undoes_it(self):
        client = self.clients["staging"]
        before = self.family(client)
        done = json.loads(self.purge("staging", "--execute", "--json").out)
        self.assertEqual(self.family(client), {})
        # It stands: nothing is open, and the hint names it.
        hint = self.stage.run("rollback")
        self.assertIn("no journal is open", hint.out)
        self.assertIn(done["journal"], hint.out)
        self.assertEqual(self.remembered(), ("applied", ["purge"]))
        self.assertExit(self.stage.run("rollback", done["journal"]), 0)
        self.assertEqual(self.remembered(), ("rolled back", ["purge", "rollback"]))
        self.assertEqual(self.family(client), before)

    def remembered(self):
        newest = json.loads(self.stage.run("history", "--change", "purge", "--json").out)["entries"][0]
        return newest["standing"], [one["act"] for one in newest["acts"]]

    def test_an_older_one_waits_for_the_newer(self):
        client = self.clients["staging"]
        before = self.family(client)
        first, second = None, None
        for pattern in (PATTERN, "shop:1:category:kept:*"):
            client.set(FAMILY + b"kept:again", 1)
            done = json.loads(self.stage.run("purge", "staging", "--pattern", pattern, "--execute", "--json").out)
            first, second = second, done["journal"]
        self.stage.run("purge", "staging", "--pattern", "other:*", "--execute")
        nothing = dump_of(client)
        for words in (("rollback", first), ("purge", "--restore", first)):
            ended = self.stage.run(*words)
            self.assertExit(ended, 4)
            self.assertIn("needs_rollback", ended.err)
            self.assertIn(f"first run: understudy rollback {second}", ended.err)
            self.assertEqual(dump_of(client), nothing)
        self.assertExit(self.stage.run("rollback", second), 0)
        self.assertExit(self.stage.run("rollback", first), 0)
        restored = self.family(client)
        self.assertEqual(restored.pop(FAMILY + b"kept:again")[1], b"1")
        self.assertEqual(restored, before)

    def test_a_value_that_could_not_come_back(self):
        client = self.clients["staging"]
        client.set(FAMILY + b"large", os.urandom(2_000_000))
        before = dump_of(client)
        limit = client.config_get("proto-max-bulk-len")["proto-max-bulk-len"]
        client.config_set("proto-max-bulk-len", 1 << 20)
        try:
            ended = self.purge("staging", "--execute")
        finally:
            client.config_set("proto-max-bulk-len", limit)
        self.assertExit(ended, 4)
        self.assertIn("too_large", ended.err)
        self.assertEqual(dump_of(client), before)
        self.assertIn("no journal is open", self.stage.run("rollback").out)

    def test_another_server_is_not_taken_for_production(self):
        client = self.clients["production"]
        before = self.family(client)
        done = json.loads(self.execute("production").out)
        self.stage.restart_redis("production")
        client.flushall()
        client.set(FAMILY + b"fresh", 1)
        there = dump_of(client)
        with Watch(client) as watch:
            for words in (("rollback", done["journal"]), ("purge", "--restore", done["backup"])):
                ended = self.stage.run(*words)
                self.assertExit(ended, 4)
                self.assertIn("unsafe_target", ended.err)
                self.assertIn("--accept-other-server", ended.err)
        self.assertEqual(set(watch.ours) & WRITES, set())
        self.assertEqual(dump_of(client), there)
        self.assertExit(self.stage.run("rollback", done["journal"], "--accept-other-server"), 0)
        self.assertEqual(self.family(client), before)

    def test_killed(self):
        for name, client in self.clients.items():
            before = self.family(client)
            digest = self.plan_of(name)["plan"]
            places = ("journal:1", "journal:2:before", "journal:2:torn", "journal:2", "journal:3:torn", "journal:3",
                      "journal:4:before", "journal:4", "journal:5:torn", "backup:3", "backup_finish:1")
            for where in places if LONG else places[name == "staging"::3]:
                with self.subTest(name=name, where=where):
                    ended = self.purge(name, "--execute", "--plan", digest, UNDERSTUDY_CRASH_AT=where)
                    self.assertExit(ended, -signal.SIGKILL)
                    refused = self.purge(name, "--execute", "--plan", digest)
                    self.assertExit(refused, 4)
                    self.assertIn("needs_rollback", refused.err)
                    self.assertExit(self.stage.run("rollback"), 0)
                    self.assertEqual(self.family(client), before)

    def test_a_restore_that_was_killed(self):
        client = self.clients["staging"]
        before = self.family(client)
        done = json.loads(self.purge("staging", "--execute", "--json").out)
        killed = self.stage.run("purge", "--restore", done["journal"], UNDERSTUDY_CRASH_AT="journal:3")
        self.assertExit(killed, -signal.SIGKILL)
        client.set(FAMILY + b"kept:number", 6)
        self.assertExit(self.stage.run("rollback"), 0)
        self.assertEqual(self.family(client), before)

    def test_planted(self):
        """What is changed behind the restore's back is found by the proof."""
        stage, client = self.stage, self.clients["staging"]
        between = Between(stage)
        self.addCleanup(between.close)
        text = stage.config.read_text()
        self.addCleanup(stage.config.write_text, text)
        stage.config.write_text(text.replace(f"port = {stage.port()},", f"port = {between.port},"))
        done = json.loads(self.purge("staging", "--execute", "--json").out)
        between.plant([("SET", FAMILY + b"kept:number", 6), ("PEXPIRE", FAMILY + b"kept:string", HOUR),
                       ("UNLINK", FAMILY + b"kept:set"), ("SET", FAMILY + b"more", 1)])
        ended = stage.run("purge", "--restore", done["journal"], "--json")
        self.assertExit(ended, 5)
        self.assertEqual({row["what"] for row in json.loads(ended.out)["differences"]},
                         {"a value is not as before", "an expiry is not as before", "a key is missing",
                          "a key that was not there before"})
        self.assertExit(stage.run("rollback"), 0)


class Refused(PurgeCase):
    def test_read_only_production(self):
        text = self.stage.config.read_text()
        self.addCleanup(self.stage.config.write_text, text)
        self.stage.config.write_text(text.replace('access = "read-write"\n', "", 1))
        plan = self.purge("production")
        self.assertExit(plan, 0)
        self.assertIn("read-only", plan.out)
        ended = self.execute("production")
        self.assertExit(ended, 4)
        self.assertIn("not_writable", ended.err)
        self.assertTrue(self.family(self.clients["production"]))

    def test_stale_plans(self):
        client = self.clients["production"]
        digest = self.plan_of("production")["plan"]
        seconds, keys, mark = digest.split("-")
        others = {"another hash": f"{seconds}-{keys}-{'0' * len(mark)}", "too old": f"{int(seconds) - 3600}-{keys}-{mark}",
                  "staging's": self.plan_of("staging")["plan"]}
        for what, wrong in others.items():
            with self.subTest(what):
                ended = self.purge("production", "--execute", "--plan", wrong)
                self.assertExit(ended, 4)
                self.assertIn("stale_plan", ended.err)
        for i in range(200):
            client.set(FAMILY + b"more:%d" % i, 1)
        ended = self.purge("production", "--execute", "--plan", digest)
        self.assertExit(ended, 4)
        self.assertIn("the plan counted", ended.err)
        ended = self.stage.run("purge", "production", "--pattern", "other:*", "--execute", "--plan", digest)
        self.assertExit(ended, 4)
        self.assertEqual(len(self.family(client)), int(keys) + 200)

    def test_a_server_that_is_production(self):
        text = self.stage.config.read_text()
        self.addCleanup(self.stage.config.write_text, text)
        port = self.clients["production"].connection_pool.connection_kwargs["port"]
        self.stage.config.write_text(text + f'\n[environments.mine]\nrole = "scratch"\nurl = "http://127.0.0.1:1"\n'
                                     f'redis = {{ host = "127.0.0.1", port = {port}, username = "default", '
                                     'password = "file:production/writer.password" }\n')
        ended = self.purge("mine", "--execute")
        self.assertExit(ended, 4)
        self.assertIn("unsafe_target", ended.err)
        self.assertTrue(self.family(self.clients["production"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
