"""A production and a staging of the shop for one test class, and the program under test.

The binary comes from UNDERSTUDY_BINARY (ctest sets it). Everything lies in a temporary folder and ends with the class.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import redis

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAYGROUND = ROOT / "examples" / "playground"
BINARY = pathlib.Path(os.environ.get("UNDERSTUDY_BINARY", ROOT / "build" / "dev" / "understudy"))
# Short rehearsals: what is tested is what they do, not how precisely they measure.
SHORT = "\n[effort]\nblocks = 6\nwarm = 3\ncold = 1\n"

# Tests that take long and have their like in every run: `./dev check long` runs them too.
# The address sanitizer reserves more addresses than any limit.
unlimited_only = unittest.skipIf("asan" in str(BINARY), "not under a limit of memory with the sanitizer")
LONG = os.environ.get("UNDERSTUDY_LONG") == "1"
long_test = unittest.skipUnless(LONG, "long: ./dev check long")

FASTER = '[[expect]]\nmetric = "response_time"\nas = "ada"\nstate = "warm"\nchange = "<= -20%"\n'
# Only constant counts are judged: for tests that a noisy minute must not end early.
COUNTS_ONLY = [(FASTER, ""), ('controls = ["cart", "health"]', "controls = []")]

# And quickly: what is constant in each of two blocks needs no more.
FEW = ("blocks = 6", "blocks = 2")
COUNTS_FEW = [*COUNTS_ONLY, FEW]


class Ended:
    """One run of the program."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __str__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Stage:
    """Both environments, in one folder."""

    def __init__(self, products=120, members=8, front=None, database="sqlite", more=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-test-"))
        self.state = self.folder / "state"
        more = ["--database", database, *more, *(["--front", front] if front else [])]
        subprocess.run([PLAYGROUND, "up", self.folder, "--products", str(products), "--members", str(members), "--visits", "2", *more],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.config = self.folder / "understudy.toml"
        for path in (self.folder / "changes").glob("*.toml"):
            path.write_text(path.read_text() + SHORT)

    def close(self):
        subprocess.run([PLAYGROUND, "down", self.folder], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def variables(self, **more):
        plain = {name: os.environ[name] for name in ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
                 if name in os.environ}
        return {**plain, "UNDERSTUDY_STATE": str(self.state), "LANG": "C.UTF-8", **more}

    def run(self, *words, timeout=300, **variables):
        done = subprocess.run([BINARY, *map(str, words)], cwd=self.folder, env=self.variables(**variables), timeout=timeout,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return Ended(done)

    def rehearse(self, change, *words, tries=3, **options):
        """A rehearsal and its evidence. One that the machine's own noise made invalid is repeated, as its user would."""
        while True:
            tries -= 1
            ended = self.run("rehearse", change, *words, **options)
            evidence = self.evidence()
            noisy = evidence["comparison"]["verdict"] == "invalid" and not evidence["disturbances"]
            if not noisy or tries == 0:
                return ended, evidence

    def start(self, *words, **variables):
        """The program in the background, as a Popen."""
        return subprocess.Popen([BINARY, *map(str, words)], cwd=self.folder, env=self.variables(**variables),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def redis(self, name):
        """A client with all rights on an environment's Redis."""
        conf = (self.folder / name / "redis" / "redis.conf").read_text()
        port = int(re.search(r"^(?:tls-)?port ([1-9]\d*)", conf, re.M).group(1))
        tls = self.folder / "tls"
        secure = {"ssl": True, "ssl_ca_certs": str(tls / "ca.pem"), "ssl_certfile": str(tls / "client.pem"),
                  "ssl_keyfile": str(tls / "client.key")} if tls.exists() else {}
        users = (self.folder / name / "redis" / "users.acl").read_text()
        password = re.search(r"^user default on >(\S+)", users, re.M).group(1)
        return redis.Redis(port=port, username="default", password=password, **secure)

    def shop(self, name, *words):
        done = subprocess.run([ROOT / "examples" / "shop" / "shop", *words, "--home", self.folder / name / "shop"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout

    def change(self, name, replace=(), add=""):
        """A copy of a change file with some text replaced; its path."""
        text = (self.folder / "changes" / f"{name}.toml").read_text()
        for old, new in replace:
            assert old in text, f"{old!r} is not in {name}.toml"
            text = text.replace(old, new)
        path = self.folder / "changes" / f"{name}-{abs(hash((tuple(replace), add))) % 10000}.toml"
        path.write_text(text + add)
        return path

    def evidence(self):
        """The newest evidence."""
        runs = sorted((self.folder / "understudy-runs").glob("*/evidence.json"))
        return json.loads(runs[-1].read_text())

    def newest_run(self):
        return sorted((self.folder / "understudy-runs").iterdir())[-1]

    def journals(self):
        return sorted((self.state / "journals").glob("*.journal"))


class LiveTest(unittest.TestCase):
    """A test case with a stage of its own class."""

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()

    @classmethod
    def tearDownClass(cls):
        cls.stage.close()

    def assertExit(self, ended, code):
        self.assertEqual(ended.code, code, str(ended))


def dump_of(client):
    """Every key as (canonical value, absolute expiry in ms), the rehearsal's lease left out."""
    out = {}
    for key in client.scan_iter(count=1000):
        if key == b"understudy:lease":
            continue
        kind = client.type(key)
        if kind == b"none":  # expired since SCAN told of it
            continue
        read = {b"string": client.get, b"hash": client.hgetall, b"set": client.smembers,
                b"list": lambda k: tuple(client.lrange(k, 0, -1)),
                b"zset": lambda k: tuple(client.zrange(k, 0, -1, withscores=True)),
                b"stream": lambda k: (repr(client.xrange(k)), repr(client.xinfo_groups(k)))}
        value = read[kind](key)
        if isinstance(value, dict):
            value = tuple(sorted(value.items()))
        elif isinstance(value, set):
            value = tuple(sorted(value))
        out[key] = (kind, value, client.execute_command("PEXPIRETIME", key))
    return out
