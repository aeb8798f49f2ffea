"""`understudy snapshot --rdb` on files that a redis-server wrote: the families that were planted and no others, no value
in what comes out, memory that does not grow with a value, and clear errors for files that are none."""
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import tempfile
import time
import unittest

import redis

from stage import BINARY, unlimited_only

CANARY = b"canary-of-a-value-that-nobody-may-see"


class Snapshot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-test-"))
        cls.server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(cls.folder / "socket"), "--save", "", "--dir", str(cls.folder)],
            stdout=subprocess.DEVNULL)
        cls.client = redis.Redis(unix_socket_path=str(cls.folder / "socket"))
        for _ in range(500):
            try:
                cls.client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        cls.server.wait()
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.client.flushall()

    def file(self):
        self.client.save()
        return self.folder / "dump.rdb"

    def run_it(self, *words, **more):
        return subprocess.run([BINARY, "snapshot", *map(str, words)], stdin=more.pop("stdin", subprocess.DEVNULL), cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **more)

    def profile(self, *words, **more):
        done = self.run_it("--rdb", self.file(), "--json", *words, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(CANARY, done.stdout)
        return json.loads(done.stdout)

    def test_families_are_those_that_were_planted(self):
        chance = random.Random(2811)
        plan = {"shop:{int}:product:{int}": (700, "string", 300_000), "session:{md5}": (300, "hash", 86_400_000),
                "feed:{uuid}": (120, "list", None), "top:{date}": (30, "zset", None), "settings": (1, "set", None)}
        hexes = lambda size: "".join(chance.choice("0123456789abcdef") for _ in range(size))  # noqa: E731
        names = {
            "shop:{int}:product:{int}": lambda i: f"shop:1:product:{i}",
            "session:{md5}": lambda i: "session:a1" + hexes(30),
            "feed:{uuid}": lambda i: "feed:" + "-".join(hexes(size) for size in (8, 4, 4, 4, 12)),
            "top:{date}": lambda i: f"top:2026-11-{i % 30 + 1:02}",
            "settings": lambda i: "settings",
        }
        for pattern, (count, kind, lives) in plan.items():
            for i in range(count):
                key = names[pattern](i)
                {"string": lambda: self.client.set(key, CANARY), "hash": lambda: self.client.hset(key, "field", CANARY),
                 "list": lambda: self.client.rpush(key, CANARY, b"2"), "zset": lambda: self.client.zadd(key, {CANARY: 1}),
                 "set": lambda: self.client.sadd(key, CANARY)}[kind]()
                if lives:
                    self.client.pexpire(key, lives)
        seen = self.profile()
        found = {one["pattern"]: one for one in seen["families"]}
        self.assertEqual(sorted(found), sorted(plan))
        for pattern, (count, kind, lives) in plan.items():
            one = found[pattern]
            self.assertEqual((one["keys"], one["types"]), (count, {kind: count}), pattern)
            self.assertEqual(one["persistent"], 0 if lives else count, pattern)
            self.assertEqual(one["lifetime_ms"]["count"], count if lives else 0, pattern)
            if lives:
                self.assertLessEqual(one["lifetime_ms"]["max"], lives + 1000, "the file tells its time in seconds")
                self.assertGreater(one["lifetime_ms"]["min"], lives - 60_000)
        self.assertEqual(seen["keys"], self.client.dbsize())
        self.assertEqual(found["feed:{uuid}"]["elements"]["sum"], 240)
        self.assertEqual(seen["server_version"], self.client.info()["redis_version"])

    @unlimited_only
    def test_a_large_value_takes_no_memory(self):
        self.client.config_set("rdbcompression", "no")
        block = os.urandom(1 << 20)
        for _ in range(200):
            self.client.append("big", block)
        limit = 400 << 20  # of addresses: the libraries take most of it; the value would not fit beside them
        seen = self.profile(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit // 4, limit // 4)))
        self.assertEqual(seen["families"][0]["bytes"]["max"], 200 << 20)

    def test_a_pipe_is_as_good_as_a_file(self):
        self.client.mset({f"page:{i}": CANARY for i in range(500)})
        with open(self.file(), "rb") as file:
            done = self.run_it("--rdb", "-", "--json", stdin=file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["families"][0]["keys"], 500)

    def test_output_file(self):
        self.client.set("page:1", CANARY)
        out = self.folder / "profile.json"
        done = self.run_it("--rdb", self.file(), "-o", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"page:{int}", done.stdout)
        self.assertEqual(json.loads(out.read_text())["format"], "understudy/profile")
        self.assertNotIn(CANARY, out.read_bytes())
        refused = self.run_it("--rdb", self.file(), "-o", self.folder / "nowhere" / "profile.json")
        self.assertEqual(refused.returncode, 3)

    def test_what_is_no_rdb_file(self):
        self.client.mset({f"page:{i}": CANARY * 20 for i in range(2000)})
        whole = self.file().read_bytes()
        damaged = bytearray(whole)
        damaged[len(whole) // 2] ^= 0x10
        cases = {
            "empty": (b"", "shorter than its head", 0), "text": (b"hello, this is text\n", "no RDB file", 0),
            "cut off": (whole[:len(whole) * 2 // 3], "ends in the middle", 1), "damaged": (bytes(damaged), "byte ", 1),
        }
        for name, (content, said, profiles) in cases.items():
            with self.subTest(name):
                path = self.folder / "other.rdb"
                path.write_bytes(content)
                done = self.run_it("--rdb", path, "--json")
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(said, done.stderr.decode())
                self.assertEqual(done.stderr.count(b"\n"), 1, "one error")
                if profiles:
                    self.assertTrue(json.loads(done.stdout)["partial"])
                else:
                    self.assertEqual(done.stdout, b"")
        self.assertEqual(self.run_it("--rdb", self.folder / "nowhere").returncode, 3)
        self.assertEqual(self.run_it("--rdb", self.folder).returncode, 2)
        self.assertEqual(self.run_it().returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
