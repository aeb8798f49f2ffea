"""What rollback brings back, what it proves, and that the proof finds what is planted behind its back.

What is expected is counted by another Redis client and from the server itself, never from what the program says.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from short_stage import BINARY, Between, FAMILY, HOUR, ShortStage, dump_of, mode, now_ms, plant
from stage import Stage

# Where a change has just been applied and its keys purged: the eighth record of a journal.
APPLIED = "journal:7"
SECRET_SETTINGS = ("requirepass", "masterauth", "masteruser", "tls-key-file-pass", "tls-client-key-file-pass")


class RollbackCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = ShortStage()
        cls.conf = cls.stage.folder / "staging" / "redis" / "redis.conf"

    @classmethod
    def tearDownClass(cls):
        cls.stage.close()

    def setUp(self):
        self.stage.unhook()
        self.stage.client.flushall()
        self.assertEqual(self.stage.status(), 200)  # what traffic would keep elsewhere is there already

    def assertExit(self, ended, *codes):
        self.assertIn(ended.code, codes, str(ended))

    def kill_after_apply(self, change, **variables):
        """Leaves staging changed and the journal open, as a kill does."""
        ended = self.stage.run("rehearse", change, UNDERSTUDY_CRASH_AT=APPLIED, **variables)
        self.assertExit(ended, -9)
        self.assertIsNone(self.stage.outcome())

    def assertAsBefore(self, before):
        after = self.stage.picture()
        self.assertEqual(after["release"], before["release"])
        self.assertEqual(after["settings"], before["settings"])
        self.assertEqual(sorted(after["keys"]), sorted(before["keys"]))
        for key, value in before["keys"].items():
            self.assertEqual(after["keys"][key], value, key)
        self.assertEqual(self.stage.status(), 200)


class Proof(RollbackCase):
    def test_deploy(self):
        """Keys of every type, names of every kind, expiries to the millisecond; parts (a) to (f) by an own count."""
        stage, client = self.stage, self.stage.client
        conf = self.conf.read_bytes()
        planted = plant(client)
        elsewhere = plant(client, b"other:family:", big=False)
        client.set(b"other:shrinks", b"x", px=HOUR)
        expires = now_ms() + 15_000
        client.set(FAMILY + b"expires", b"during the run", pxat=expires)
        client.set(b"other:expires", b"during the run", pxat=expires)
        before, all_before = stage.picture(), dump_of(client)
        self.assertIn(FAMILY + b"expires", before["keys"])
        self.assertEqual(len(before["keys"]), len(planted) + 1)
        # By the time of the last rollback the key has expired, and somebody has changed keys elsewhere. The names that
        # are there just before the keys are restored are kept.
        names = stage.folder / "names"
        stage.hook("before-rollback", f"while [ $(date +%s%3N) -le {expires} ]; do sleep 0.05; done")
        stage.hook("after-rollback", "staging set other:new 1\nstaging set other:family:kept:string changed\n"
                   "staging del other:family:kept:hash\nstaging pexpire other:shrinks 1800000\n"
                   f"redis-cli -p {stage.port()} --user default -a {stage.password()} --no-auth-warning --scan >{names}")
        ended = stage.run("rehearse", stage.short_change("proof"))
        all_after = dump_of(client)
        self.assertIn(ended.code, (0, 1, 6), str(ended))
        self.assertEqual(stage.evidence()["stopped"], "", str(ended))
        self.assertEqual(stage.evidence()["disturbances"], [], str(ended))
        self.assertEqual(stage.outcome(), "rolled back")
        del before["keys"][FAMILY + b"expires"]
        self.assertAsBefore(before)
        self.assertEqual(self.conf.read_bytes(), conf, "nothing may be persisted")

        proof = stage.evidence()["proof"]
        self.assertTrue(proof["done"])
        self.assertEqual(proof["differences"], [])
        settings = [name for name in before["settings"] if name not in SECRET_SETTINGS]
        self.assertEqual(proof["settings"], {"checked": len(settings), "restored": 0, "differ": 0})
        saved = [record for record in stage.records() if record["record"] == "saved"][0]
        self.assertEqual(saved["keys"], len(planted) + 1, "the key had expired before it could be backed up")
        self.assertEqual(proof["keys"], {"as_before": len(planted), "restored": len(planted), "expired": 1, "differ": 0})
        new = [name for name in names.read_bytes().split(b"\n") if name.startswith(FAMILY)]
        self.assertTrue(new, "traffic wrote no key of the family, so nothing is tested")
        self.assertEqual(proof["removed"], len(new))
        self.assertEqual(proof["left_in_families"], 0)
        # (d) is the difference of two dumps of all other keys.
        was = {key: value for key, value in all_before.items() if not key.startswith(FAMILY)}
        now = {key: value for key, value in all_after.items() if not key.startswith(FAMILY)}
        self.assertEqual(now.keys() - was.keys(), {b"other:new"})
        self.assertEqual(proof["elsewhere_new"], len(now.keys() - was.keys()))
        self.assertEqual(proof["elsewhere_changed"], sum(was[key] != now[key] for key in was.keys() & now.keys()))
        self.assertEqual((proof["elsewhere_new"], proof["elsewhere_changed"]), (1, 2))
        self.assertEqual((proof["elsewhere_gone"], proof["elsewhere_expired"]), (1, 1))
        self.assertEqual(was.keys() - now.keys(), {b"other:family:kept:hash", b"other:expires"})
        self.assertEqual(now.keys() & elsewhere, elsewhere - {b"other:family:kept:hash"})
        self.assertEqual(proof["elsewhere_unknown"], "")
        self.assertIn("cannot evict", proof["eviction"])
        self.assertIn("not ours", proof["database"])
        self.assertEqual((proof["release_before"], proof["release_after"]), ("revision-1", "revision-1"))
        listed = {row["what"]: row["count"] for row in proof["listed"]}
        self.assertEqual(listed, {"expired meanwhile": 1, "elsewhere, new": 1, "elsewhere, changed": 1,
                                  "elsewhere, other expiry": 1, "elsewhere, gone": 1})
        self.assertEqual(client.get(b"other:family:kept:string"), b"changed", "keys elsewhere are never touched")

    def test_settings(self):
        """A setting goes there and back, and everything else is as it was."""
        stage = self.stage
        conf = self.conf.read_bytes()
        planted = plant(stage.client)
        before = stage.picture()
        for setting, value in (("hash-max-listpack-entries", "17"), ("maxmemory-samples", "9")):
            with self.subTest(setting):
                self.assertNotEqual(before["settings"][setting], value)
                ended = stage.run("rehearse", stage.short_change("setting", f'redis_config = {{ setting = "{setting}", value = "{value}" }}'))
                self.assertExit(ended, 0, 1, 6)
                applied = [record["detail"] for record in stage.records() if record.get("action") == "apply"]
                self.assertIn(f"CONFIG SET {setting} {value}", applied)
                self.assertAsBefore(before)
                proof = stage.evidence()["proof"]
                self.assertEqual((proof["settings"]["restored"], proof["settings"]["differ"]), (1, 0))
                self.assertEqual(proof["keys"]["as_before"], len(planted))
                self.assertEqual(stage.outcome(), "rolled back")
        self.assertEqual(self.conf.read_bytes(), conf, "nothing may be persisted")

    def test_evicting_step(self):
        """Less memory than is used: every key was backed up, and all that was evicted is back."""
        stage, client = self.stage, self.stage.client
        plant(client)
        for i in range(40):
            client.set(b"other:%d" % i, os.urandom(100_000), px=HOUR + i)
        # What traffic writes is taken away again, also outside of the purged family.
        before, all_before = stage.picture(), dump_of(client)
        evicted = client.info("stats")["evicted_keys"]
        limit = 5_000_000
        ended = stage.run("rehearse", stage.short_change("evict", f'redis_config = {{ setting = "maxmemory", value = "{limit}" }}'))
        all_after = dump_of(client)
        self.assertExit(ended, 0, 1, 6)
        self.assertGreater(client.info("stats")["evicted_keys"], evicted, "nothing was evicted, so nothing is tested")
        self.assertEqual(sorted(all_after), sorted(all_before))
        self.assertEqual(all_after, all_before)
        self.assertAsBefore(before)
        proof = stage.evidence()["proof"]
        self.assertIn(f"all {len(all_before)} keys were backed up", proof["eviction"])
        self.assertEqual(proof["keys"]["as_before"], len(all_before))
        self.assertEqual(stage.outcome(), "rolled back")

    def test_planted_differences(self):
        """What changes after the keys were restored is found, named, and gives exit 5; a later rollback mends it."""
        stage, client = self.stage, self.stage.client
        plant(client, big=False)
        timed = FAMILY + b"timed:zset"
        before = stage.picture()
        expiry = before["keys"][timed][2]
        kinds = {
            "a value is not as before": ("HSET", FAMILY + b"kept:hash", b"field1", b"other"),
            "an expiry is not as before": ("PEXPIREAT", timed, expiry + 1),
            "a key is missing": ("DEL", FAMILY + b"timed:list"),
            "a key that was not there before": ("SET", FAMILY + b"planted", b"x"),
        }
        names = {what: "shop:{int}:category:" + command[1].removeprefix(FAMILY).decode() for what, command in kinds.items()}
        names["a setting is not as before"] = "slowlog-max-len"
        kinds["a setting is not as before"] = ("CONFIG", "SET", "slowlog-max-len", "77")
        between = Between(stage)
        self.addCleanup(between.close)
        text = stage.config.read_text()
        self.addCleanup(stage.config.write_text, text)
        stage.config.write_text(text.replace(f"port = {stage.port()},", f"port = {between.port},"))

        between.plant(kinds.values())
        ended = stage.run("rehearse", stage.short_change("planted"))
        self.assertExit(ended, 5)
        evidence = stage.evidence()
        proof = evidence["proof"]
        self.assertEqual({(row["what"], row["name"], row["count"]) for row in proof["differences"]},
                         {(what, name, 1) for what, name in names.items()})
        self.assertEqual(evidence["exit_code"], 5)
        self.assertEqual((proof["keys"]["differ"], proof["left_in_families"], proof["settings"]["differ"]), (3, 1, 1))
        journal = stage.journals()[-1]
        self.assertIsNone(stage.outcome(journal))
        refused = stage.run("rehearse", stage.short_change("planted"))
        self.assertExit(refused, 4)
        self.assertIn(str(journal), refused.err)

        def mend():
            client.config_set("slowlog-max-len", before["settings"]["slowlog-max-len"])

        for what, command in kinds.items():
            with self.subTest(what):
                mend()
                between.plant([command])
                ended = stage.run("rollback", "--json", journal)
                self.assertExit(ended, 5)
                rows = json.loads(ended.out)["differences"]
                self.assertEqual([(row["what"], row["name"]) for row in rows], [(what, names[what])])
        mend()
        with self.subTest("another release"):
            stage.hook("before-release", f'"$1" deploy 3 --home {stage.folder}/staging/shop >/dev/null')
            ended = stage.run("rollback", "--json", journal)
            self.assertExit(ended, 5)
            proof = json.loads(ended.out)
            self.assertEqual((proof["release_before"], proof["release_after"]), ("revision-1", "revision-3"))
            self.assertEqual([row["name"] for row in proof["differences"]], ["release"])
        stage.unhook()
        self.assertExit(stage.run("rollback", journal), 0)
        self.assertAsBefore(before)
        self.assertEqual(stage.outcome(journal), "rolled back")
        again = stage.run("rollback", journal)
        self.assertExit(again, 0)
        self.assertIn("Nothing to roll back", again.out)


class Alone(RollbackCase):
    """Rollback with less at hand than a rehearsal has."""

    def test_needs_only_journal_and_target(self):
        """Production is down, understudy.toml is gone, the current folder is another, and staging's Redis has lost
        its keys in a restart."""
        stage, client = self.stage, self.stage.client
        plant(client)
        client.set(b"other:lost", b"with the restart")
        before = stage.picture()
        usual = client.config_get("slowlog-max-len")
        client.config_set("slowlog-max-len", "77")  # not in the server's file, so the restart loses it
        self.addCleanup(client.config_set, *usual.popitem())
        before["settings"] = stage.server_settings()
        self.assertEqual(before["settings"]["slowlog-max-len"], "77")
        self.kill_after_apply(stage.short_change("alone"))
        journal = stage.journals()[-1]
        lost = sum(not key.startswith(FAMILY) and key != b"understudy:lease" for key in client.scan_iter(count=1000))
        production = stage.redis("production")
        stage.shop("production", "stop")
        production.shutdown(nosave=True)
        hidden = stage.config.rename(stage.folder / "hidden.toml")
        elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="understudy-test-"))
        try:
            stage.restart_redis()
            self.assertEqual(client.dbsize(), 0)
            done = subprocess.run([BINARY, "rollback", "--json"], cwd=elsewhere, env=stage.variables(), timeout=120,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        finally:
            hidden.rename(stage.config)
            shutil.rmtree(elsewhere)
            conf = stage.folder / "production" / "redis" / "redis.conf"
            subprocess.run(["redis-server", str(conf)], check=True, stdout=subprocess.DEVNULL)
            stage.shop("production", "start")
        self.assertAsBefore(before)
        self.assertEqual(json.loads(done.stdout)["elsewhere_gone"], lost)
        self.assertEqual(stage.outcome(journal), "rolled back")

    def test_target_is_never_production(self):
        """A journal whose target has become production is refused, and nothing is written there."""
        stage = self.stage
        plant(stage.client, big=False)
        before = stage.picture()
        self.kill_after_apply(stage.short_change("swapped"))
        client, moved = stage.client, stage.redis("production")
        keys = moved.dbsize()
        text = stage.journals()[-1].read_text()
        self.assertIn(str(stage.port()), text)
        client.replicaof("127.0.0.1", moved.connection_pool.connection_kwargs["port"])
        try:
            ended = stage.run("rollback")
            self.assertExit(ended, 4)
            self.assertIsNone(stage.outcome())
            self.assertEqual(moved.dbsize(), keys)
        finally:
            client.replicaof("NO", "ONE")
        self.assertExit(stage.run("rollback"), 0)
        self.assertAsBefore(before)

    def test_encrypted(self):
        """With a key in [backups] no value is readable in the file; without the key rollback says so and waits."""
        stage, client = self.stage, self.stage.client
        plant(client, big=False)
        canary = b"canary-in-a-backup-" + os.urandom(8).hex().encode()
        client.set(FAMILY + b"canary", canary)
        before = stage.picture()
        text = stage.config.read_text()
        home = pathlib.Path(tempfile.mkdtemp(prefix="understudy-test-"))
        passphrase = "a passphrase " + os.urandom(8).hex()
        state, stage.state = stage.state, home / ".local" / "state" / "understudy"
        # Where nobody says where: below the home folder, and not below the project.
        plain = {"UNDERSTUDY_STATE": "", "HOME": str(home)}
        try:
            self.kill_after_apply(stage.short_change("plain"), **plain)
            backup = stage.backups()[-1]
            self.assertIn(canary, backup.read_bytes(), "a canary that is never found proves nothing")
            self.assertEqual(mode(backup), 0o600)
            self.assertEqual([mode(folder) for folder in (backup.parent, stage.state)], [0o700, 0o700])
            self.assertNotIn(stage.folder, backup.parents)
            self.assertEqual(mode(stage.journals()[-1]), 0o600)
            self.assertEqual(list(stage.folder.rglob("*.backup")), [])
            self.assertExit(stage.run("rollback", **plain), 0)
            self.assertAsBefore(before)

            at = text.index("\n[environments.")
            stage.config.write_text(text[:at] + '\n[backups]\nkey = "${BACKUP_PASSPHRASE}"\n' + text[at:])
            keyed = dict(plain, BACKUP_PASSPHRASE=passphrase)
            self.kill_after_apply(stage.short_change("encrypted"), **keyed)
            backup = stage.backups()[-1]
            bytes_of = backup.read_bytes()
            for part in (canary, b"glob characters", b"readers", FAMILY, passphrase.encode()):
                self.assertNotIn(part, bytes_of)
            self.assertNotIn(passphrase.encode(), stage.journals()[-1].read_bytes())
            for wrong in ({}, {"BACKUP_PASSPHRASE": "another"}):
                ended = stage.run("rollback", **plain, **wrong)
                self.assertExit(ended, 2)
                self.assertIn("[secret_missing]", ended.err)
                self.assertIn("stays open", ended.err)
                self.assertIsNone(stage.outcome())
            self.assertExit(stage.run("rollback", **keyed), 0)
            self.assertAsBefore(before)
            self.assertEqual(stage.outcome(), "rolled back")
        finally:
            stage.state = state
            stage.config.write_text(text)
            shutil.rmtree(home)


class Canaries(unittest.TestCase):
    """No secret and no user's value in anything but backups; key names only as templates."""

    def test_nothing_leaks(self):
        stage = Stage(products=40, members=8)
        self.addCleanup(stage.close)
        client = stage.redis("staging")
        token = "tok9f8e7d6c5b4a39281706"
        values = {f"canary-{place}-{os.urandom(6).hex()}" for place in ("string", "hash", "list", "elsewhere")}
        canary = {value.split("-")[1]: value for value in values}
        client.set(FAMILY + f"jane.doe@canary.example:{token}".encode(), canary["string"], px=HOUR)
        client.hset(FAMILY + b"hash", canary["hash"], canary["hash"])
        client.rpush(FAMILY + b"list", canary["list"])
        client.set(f"other:joe.bloggs@canary.example:{token}", canary["elsewhere"])
        secrets = set(values) | {token, "canary.example", "jane.doe", "joe.bloggs"}
        for name in ("production", "staging"):
            for file in ("redis.password", "measure.secret"):
                secrets.add((stage.folder / name / file).read_text().strip())
            secrets.add(stage.redis(name).connection_pool.connection_kwargs["password"])
        secrets |= {path.read_text().strip() for path in (stage.folder / "passwords").iterdir()}
        # A deploy that prints what it should not, and changes what is listed in the proof.
        script = stage.folder / "chatty"
        script.write_text(f'#!/bin/sh\ncat {stage.folder}/staging/redis.password {stage.folder}/staging/measure.secret\n'
                          f'echo "password=$(cat {stage.folder}/passwords/ada)"\n'
                          f'redis-cli -p {client.connection_pool.connection_kwargs["port"]} --user default --no-auth-warning '
                          f'-a "$(cat {stage.folder}/staging/redis.password)" append other:joe.bloggs@canary.example:{token} x >/dev/null\n'
                          'exec "$@"\n')
        script.chmod(0o700)
        text = stage.config.read_text()
        at = text.index("[environments.staging.commands.deploy]")
        stage.config.write_text(text[:at] + text[at:].replace('run = ["', f'run = ["{script}", "', 1))
        ended, evidence = stage.rehearse(stage.folder / "changes" / "cache-category.toml", "--log", "rehearse.log", timeout=400)
        self.assertIn(ended.code, (0, 1, 6), str(ended))
        self.assertEqual(evidence["proof"]["differences"], [])
        self.assertEqual(evidence["proof"]["elsewhere_changed"], 1)
        ran = [run for run in evidence["commands"] if run["what"] == "deploy"]
        self.assertTrue(ran and "password=" in ran[0]["output"], "the deploy's output is not in the evidence")
        sessions = {key.rpartition(b"cache")[2].decode() for key in client.scan_iter(match=b"*sessions.cache*")}
        self.assertTrue(sessions, "nobody was logged in")
        secrets |= sessions
        # One that fails, and says so in its log.
        broken = stage.change("cache-category", [('revision = "2"', 'revision = "999"')])
        failed = stage.run("rehearse", broken, "--log", "failed.log", timeout=400)
        self.assertNotEqual(failed.code, 0)
        rolled = stage.run("rollback", "--log", "rollback.log")
        doctor = stage.run("doctor", "--log", "doctor.log")
        measured = stage.run("measure", "staging", "--log", "measure.log")
        reports = [stage.run("report", "--format", form) for form in ("text", "markdown", "junit", "github")]
        said = [stage.run("note"), stage.run("history"), stage.run("history", "--json"), *reports]
        self.assertEqual([one.code for one in said], [0] * len(said))
        self.assertEqual((rolled.code, doctor.code), (0, 0), str(doctor))

        told = {"terminal": "".join((one.out + one.err) for one in (ended, failed, rolled, doctor, measured, *said)).encode()}
        for path in [*stage.folder.glob("*.log"), stage.state / "history.db"]:
            told[path.name] = path.read_bytes()
            self.assertGreater(len(told[path.name]), 100)
            self.assertEqual(mode(path), 0o600)
        for folder in (stage.folder / "understudy-runs", stage.state / "journals", stage.state / "locks"):
            for path in folder.rglob("*"):
                if path.is_file():
                    told[str(path.relative_to(stage.folder))] = path.read_bytes()
        wanted = ("evidence.json", "report.html", "RUNBOOK.md", "apply.sh", "rollback.sh", ".journal", "rehearse.log", "failed.log")
        for end in wanted:
            self.assertTrue(any(name.endswith(end) for name in told), f"no {end} among {sorted(told)}")
        self.assertTrue(any("/measurements/" in name for name in told))
        for where, bytes_of in told.items():
            for secret in secrets:
                self.assertNotIn(secret.encode(), bytes_of, f"{secret} is in {where}")
            if where.endswith(".log"):
                self.assertNotIn(FAMILY, bytes_of, f"a key's name is in {where}")
        templates = {row["name"] for row in evidence["proof"]["listed"]}
        self.assertTrue(any("{email}" in name for name in templates), templates)
        backup = next(stage.state.glob("backups/*"))
        self.assertIn(canary["string"].encode(), backup.read_bytes(), "a canary that is never found proves nothing")
        self.assertEqual(mode(backup), 0o600)


if __name__ == "__main__":
    unittest.main(verbosity=2)
