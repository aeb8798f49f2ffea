"""`understudy diff` on two running servers and on profiles: every difference that was planted is found, and none that was
not; what is accepted, what has to differ, what is meant to be smaller; and two looks at one cache are alike."""
import json
import random
import subprocess
import unittest

from snapshot_live_test import VERSION, LiveSnapshot, Server, fill
from stage import BINARY, PLAYGROUND, LiveTest

TABLE = """{extra}
[environments.production]
role = "production"
url = "http://127.0.0.1:9/"
redis = {{ host = "127.0.0.1", port = {production} }}

[environments.staging]
role = "staging"
access = "{access}"
url = "http://127.0.0.1:10/"
redis = {{ host = "127.0.0.1", port = {staging}{user} }}
{scale}
"""


class Diff(LiveSnapshot):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Server(cls.folder, "other")

    @classmethod
    def tearDownClass(cls):
        cls.other.close()
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        self.other.client.flushall()
        for client in (self.client, self.other.client):
            fill(client)
            client.config_resetstat()

    def configure(self, extra="", scale="", user="", **_):
        (self.folder / "understudy.toml").write_text(
            "format = 1\n" + TABLE.format(extra=extra, scale=scale, access="read-only", user=user, production=self.server.port, staging=self.other.port))

    def diff(self, *words, code=None, names=("production", "staging")):
        done = subprocess.run([BINARY, "diff", *names, "--full-speed", *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
        if code is not None:
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def found(self, **more):
        done = self.diff("--json", **more)
        drift = json.loads(done.stdout)
        by_state = {}
        for one in drift["findings"]:
            by_state.setdefault(one["state"], []).append(one["id"])
        self.assertEqual(done.returncode, int(any(one["points"] >= 1 for one in drift["findings"])))
        return drift, {state: sorted(ids) for state, ids in by_state.items()}

    def test_alike(self):
        drift, by_state = self.found()
        self.assertNotIn("open", by_state)
        self.assertEqual(drift["parity"], 100)
        self.assertEqual(by_state["expected"], ["dir", "port"])
        out = self.diff(code=0).stdout
        self.assertIn("parity of staging with production: 100.0 of 100, 0 differences", out)

    def test_each_planted_difference_and_no_other(self):
        client = self.other.client
        client.config_set("maxmemory-policy", "volatile-ttl")
        self.addCleanup(client.config_set, "maxmemory-policy", "noeviction")
        name = "hash-max-listpack-entries" if VERSION >= (7, 0) else "hash-max-ziplist-entries"
        was = client.config_get(name)[name]
        self.addCleanup(client.config_set, name, was)
        client.config_set(name, 2)
        pipe = client.pipeline(transaction=False)
        for number, key in enumerate(client.scan_iter("cart:*", count=1000)):
            value = client.hgetall(key)
            pipe.delete(key)
            pipe.hset(key, mapping=value)
        for key in client.scan_iter("shop:*", count=1000):
            pipe.pexpire(key, random.Random(1).randrange(3_000_000, 4_000_000))
        for key in client.scan_iter("rank:*", count=1000):
            pipe.delete(key)
        for number in range(400):
            pipe.set(f"debug:{number}", "1")
        for key in client.scan_iter("queue:*", count=1000):
            pipe.rpush(key, *range(60))
        pipe.execute()
        client.config_resetstat()
        _, by_state = self.found()
        # Longer lists take more memory, and larger hashes in another encoding too.
        self.assertEqual(by_state["open"],
                         ["elements queue:{int}", "encodings cart:{md5}", "expiry shop:{int}:price", "family debug:{int}",
                          "family rank:{int}", "hash-max-listpack-entries", "maxmemory-policy", "size cart:{md5}",
                          "size queue:{int}"])
        out = self.diff(code=1).stdout
        for said in ("~ maxmemory-policy: noeviction -> volatile-ttl", "- family rank:{int}: 100 keys -> none", "+ family debug:{int}: none -> 400 keys",
                     f"CONFIG SET {name} {was} on staging"):
            self.assertIn(said, out)
        markdown = self.diff("--format", "markdown", code=1).stdout
        self.assertTrue(markdown.startswith("### parity of staging with production"), markdown[:80])
        self.assertIn("| settings <code>maxmemory-policy</code> |", markdown)

    def test_without_config_and_with_users(self):
        name = "hash-max-ziplist-entries"  # to every version
        was = self.client.config_get(name)[name]
        self.addCleanup(self.client.config_set, name, was)
        for client, most in ((self.client, 64), (self.other.client, 100)):
            client.config_set(name, most)
            for size in range(1, 161):
                client.hset(f"basket:{size}", mapping={f"f{i}": i for i in range(size)})
            client.execute_command("ACL", "SETUSER", "shop", "reset", "on", ">canary-of-shop", "~shop:*", "+get")
            self.addCleanup(client.execute_command, "ACL", "DELUSER", "shop")
        other = self.other.client
        self.addCleanup(other.config_set, name, was)
        other.execute_command("ACL", "SETUSER", "little", "reset", "on", ">canary-little", "~*", "+@all", "-config")
        self.addCleanup(other.execute_command, "ACL", "DELUSER", "little")
        other.execute_command("ACL", "SETUSER", "shop", "+set")
        (self.folder / "password").write_text("canary-little\n")
        (self.folder / "password").chmod(0o600)
        self.configure(user=', username = "little", password = "file:password"')
        drift, by_state = self.found()
        self.assertEqual(by_state["open"], ["encodings basket:{int}", "hash-max-listpack-entries", "size basket:{int}"])
        shown = [one for one in drift["findings"] if one["id"] == "hash-max-listpack-entries"][0]
        self.assertEqual((shown["reference"], shown["other"], shown["method"]), ("64", "about 98 to 100", "encodings of keys"))
        self.assertIn("settings of staging", " ".join(drift["unknown"]))
        out = self.diff("--acl", code=1).stdout
        self.assertIn("user little", out)
        self.assertIn("ACL SETUSER shop reset on >PASSWORD ~shop:*", out)
        self.assertNotIn("canary", out)

    def test_accepted_and_scaled(self):
        client = self.other.client
        client.flushall()
        fill(client, 200)
        self.client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory", "10mb")
        client.config_set("hz", "30")
        for one in (client, self.client):
            self.addCleanup(one.config_set, "maxmemory", 0)
        self.addCleanup(client.config_set, "hz", "10")
        self.configure(extra='[drift]\naccept = { hz = "staging is idle" }\n', scale='scale = "1/10"')
        drift, by_state = self.found()
        # Only the products are a tenth.
        self.assertEqual(by_state["open"], ["count cart:{md5}", "count events:{int}", "count queue:{int}", "count rank:{int}", "count tags:{int}"])
        self.assertEqual(by_state["accepted"], ["hz"])
        self.assertIn("maxmemory", by_state["expected"])
        self.assertEqual(drift["scale"], 0.1)
        out = self.diff("--all", code=1).stdout
        self.assertIn("staging is idle", out)

    def test_profiles(self):
        for name in ("production", "staging"):
            subprocess.run([BINARY, "snapshot", name, "--full-speed", "-q", "-o", f"{name}.json"], cwd=self.folder, check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        (self.folder / "understudy.toml").rename(self.folder / "elsewhere.toml")
        self.addCleanup(lambda: (self.folder / "elsewhere.toml").rename(self.folder / "understudy.toml"))
        done = self.diff(code=0, names=("production.json", "staging.json"))
        self.assertIn("parity of staging with production: 100.0", done.stdout)
        text = (self.folder / "staging.json").read_text()
        (self.folder / "newer.json").write_text(text.replace('"version": 1', '"version": 2', 1))
        done = self.diff(code=2, names=("production.json", "newer.json"))
        self.assertIn("newer", done.stderr)
        (self.folder / "broken.json").write_text(text[:500])
        self.diff(code=2, names=("production.json", "broken.json"))
        done = self.diff(code=2, names=("production.json", "nowhere.json"))
        self.assertIn("understudy.toml", done.stderr)

    def test_wrong_words(self):
        self.diff(code=2, names=("production",))
        self.assertIn("known: production, staging", self.diff(code=2, names=("production", "stagin")).stderr)


class ShopsDrift(LiveTest):
    """What the playground lets its staging differ in, found; and nothing else."""

    def diff(self, *words):
        ended = self.stage.run("diff", "production", "staging", "--full-speed", "--json", *words)
        return {one["id"] for one in json.loads(ended.out)["findings"] if one["state"] == "open"}

    def test_every_planted_difference_and_no_other(self):
        self.assertEqual(self.diff(), set())
        planted = set(subprocess.run([PLAYGROUND, "drift", self.stage.folder], capture_output=True, text=True, check=True,
                                     timeout=60).stdout.splitlines())
        self.assertEqual(len(planted), 6, planted)
        answers = {one for one in planted if one.startswith(("header", "application"))}
        settings = {"maxmemory-policy", "hash-max-listpack-entries"}
        self.assertEqual(self.diff(), planted - answers)
        self.assertEqual(self.stage.run("sync", "--settings", "--execute", "-q").code, 0)
        self.assertEqual(self.diff(), planted - answers - settings)
        journal = self.stage.run("rollback").out.split()[-1]
        self.assertEqual(self.stage.run("rollback", journal, "-q").code, 0)
        # Asking for pages writes keys, so it comes last.
        self.assertEqual(self.diff("--application"), planted)

    def test_profiles_tell_no_secret(self):
        for name in ("production", "staging"):
            ended = self.stage.run("snapshot", name, "--full-speed", "--application", "-o", f"{name}.json")
            self.assertEqual(ended.code, 0, str(ended))
        text = (self.stage.folder / "production.json").read_text()
        profile = json.loads(text)
        self.assertEqual({(one["route"], one["as"]) for one in profile["routes"]},
                         {("account", "ada"), ("account", "cleo"), ("cart", "ada"), ("category", "ada"),
                          ("category", "anonymous"), ("health", "anonymous")})
        self.assertEqual(profile["application"]["ttl.home"], "300")
        self.assertRegex(next(one for one in profile["routes"] if one["route"] == "health")["headers"]["x-shop-edition"],
                         "^hmac:[0-9a-f]{16}$")
        self.assertTrue(all(one["key"].startswith("hmac:") for one in profile["largest"]), profile["largest"])
        secrets = [path.read_text().strip() for path in self.stage.folder.rglob("*")
                   if path.is_file() and (path.parent.name == "passwords" or path.name in ("redis.password", "measure.secret"))]
        self.assertGreater(len(secrets), 4)
        for secret in secrets + ["sessionid=", "@mail.example"]:
            self.assertNotIn(secret, text)
        clear = self.stage.run("snapshot", "production", "--full-speed", "--show-keys", "--json")
        self.assertTrue(all(one["key"].startswith("shop:1:") for one in json.loads(clear.out)["largest"]))
        # Another key: what is hidden cannot be compared, and that is said.
        ended = self.stage.run("snapshot", "staging", "--full-speed", "--application", "-o", "other.json",
                               UNDERSTUDY_PROFILE_KEY="another")
        self.assertEqual(ended.code, 0, str(ended))
        drift = json.loads(self.stage.run("diff", "production.json", "other.json", "--json").out)
        self.assertTrue(any(one.startswith("hidden values") for one in drift["unknown"]), drift["unknown"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
