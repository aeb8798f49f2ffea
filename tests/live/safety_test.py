"""Production sees no write: not in its counters, not in MONITOR, not in ACL LOG, and no HTTP request but those it may see.

Redis is watched from two sides while the program runs. MONITOR tells which connection sent what: ours are those that
name themselves "understudy" when they connect, the rest is the shop answering HTTP. INFO commandstats is the server's
own count, which no connection can avoid. HTTP goes through a proxy in front of production that notes every request.
"""
import collections
import http.client
import http.server
import json
import re
import socket
import threading
import time
import unittest

from stage import ROOT, LiveTest, dump_of

QUICK = """format = 1
owner = "platform team <platform@shop.example>"
reason = "Frequencies should fade more slowly."
route = "health"
symptom = "hot keys are evicted"
noticed = "after the night"

[step]
redis_config = { setting = "lfu-decay-time", value = "2" }

[[expect]]
metric = "error_rate"
value = "<= 0%"
primary = true

[effort]
blocks = 2
warm = 1
cold = 0
"""


def compiled_table():
    """The commands that the program may send to production, as INFO names them: "get", "config|get"."""
    text = (ROOT / "src" / "resp" / "commands.cpp").read_text()
    rows = re.findall(r'^\s*\{"([A-Z_]+)", "([A-Z-]*)", use::\w+, \d+\},$', text, re.M)
    assert len(rows) > 50, f"only {len(rows)} rows found in commands.cpp"
    return {(f"{name}|{sub}" if sub else name).lower() for name, sub in rows}


def documented_acl(section):
    """What docs/permissions.md says a user needs, as arguments of ACL SETUSER."""
    text = (ROOT / "docs" / "permissions.md").read_text().split(f"## {section}\n")[1]
    rules = re.search(r"ACL SETUSER understudy on >PASSWORD (.*?)```", text, re.S).group(1).split()
    assert "-@all" in rules and len(rules) >= 4, rules
    return rules


TABLE = compiled_table()
CONTAINERS = {name.split("|")[0] for name in TABLE if "|" in name}


class Watch:
    """What a Redis server was asked between enter and exit."""

    LINE = re.compile(r"^\+?\d+\.\d+ \[\d+ (\S+)\] (.*)$")

    def __init__(self, client):
        self.client = client
        self.ours = []  # names of our commands, in order
        self.others = collections.Counter()
        self.rose = {}  # commandstats
        self.changes = 0  # of the data: rdb_changes_since_last_save

    def __enter__(self):
        self.writes = {name.decode() for name in self.client.execute_command("COMMAND LIST FILTERBY ACLCAT write")}
        self.client.execute_command("ACL LOG RESET")
        self.own = self.client.execute_command("CLIENT INFO")
        self.own = self.own["addr"] if isinstance(self.own, dict) else re.search(rb"addr=(\S+)", self.own).group(1).decode()
        place = self.client.connection_pool.connection_kwargs
        self.tap = socket.create_connection((place["host"], place["port"]), timeout=30)
        self.lines = self.tap.makefile("r", encoding="utf-8", errors="replace", newline="\n")
        self.tap.sendall(f"AUTH {place['username']} {place['password']}\r\nMONITOR\r\n".encode())
        for expected in ("AUTH", "MONITOR"):
            answer = self.lines.readline().strip()
            assert answer == "+OK", f"{expected}: {answer}"
        self.before = self.client.info("commandstats")
        self.dirty = self.client.info("persistence")["rdb_changes_since_last_save"]
        return self

    def __exit__(self, *_):
        after = self.client.info("commandstats")
        self.changes = self.client.info("persistence")["rdb_changes_since_last_save"] - self.dirty
        self.denied = self.client.execute_command("ACL LOG")
        token = f"the-end-{time.monotonic_ns()}"
        self.client.echo(token)
        self._read_until(token)
        self.lines.close()
        self.tap.close()
        for name, row in after.items():
            calls = row["calls"] - self.before.get(name, {"calls": 0})["calls"]
            if calls > 0:
                self.rose[name.removeprefix("cmdstat_")] = calls

    def _read_until(self, token):
        by_address, ours = [], set()
        while True:
            line = self.lines.readline()
            assert line, "MONITOR ended before its time"
            address, words = self.LINE.match(line).groups()
            if address == self.own:
                if token in words:
                    break
                continue
            words = re.findall(r'"((?:[^"\\]|\\.)*)"', words)
            if words[0].upper() == "HELLO" and words[-2:] == ["SETNAME", "understudy"]:
                ours.add(address)
            by_address.append((address, self._name(words)))
        self.ours = [name for address, name in by_address if address in ours]
        self.others = collections.Counter(name for address, name in by_address if address not in ours)

    @staticmethod
    def _name(words):
        name = words[0].lower()
        return f"{name}|{words[1].lower()}" if name in CONTAINERS and len(words) > 1 else name


class Proxy:
    """In front of production's shop: passes everything on, and notes method, path, agent and time of arrival."""

    def __init__(self, port):
        noted = self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                noted.append((self.command, self.path, self.headers.get("User-Agent", ""), time.monotonic()))
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                shop = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                shop.request(self.command, self.path, body or None, dict(self.headers.items()))
                answer = shop.getresponse()
                content = answer.read()
                head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n"
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                        head += f"{name}: {value}\r\n"
                self.wfile.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content)
                shop.close()

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SafetyTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(super().tearDownClass)
        cls.production = cls.stage.redis("production")
        # What expires by itself would change the data while nobody writes.
        for key in cls.production.scan_iter(count=1000):
            cls.production.persist(key)
        text = cls.stage.config.read_text()
        port = re.search(r'role = "production"\nurl = "http://127\.0\.0\.1:(\d+)"', text).group(1)
        cls.proxy = Proxy(int(port))
        cls.addClassCleanup(cls.proxy.close)
        cls.text = text.replace(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{cls.proxy.port}")
        cls.quick = cls.stage.folder / "changes" / "quick.toml"
        cls.quick.write_text(QUICK)

    @classmethod
    def tearDownClass(cls):
        pass  # the cleanups do it, in the right order

    def setUp(self):
        self.stage.config.write_text(self.text)
        self.proxy.requests.clear()

    def as_user(self, name, password):
        """understudy.toml with another user for production's Redis."""
        self._replace_user('username = "understudy", password = "file:production/redis.password"', name, password)

    def on_staging_as_user(self, name, password):
        self._replace_user('username = "default", password = "file:staging/redis.password"', name, password)

    def _replace_user(self, old, name, password):
        (self.stage.folder / f"{name}.password").write_text(password)
        text = self.stage.config.read_text()
        self.assertIn(old, text)
        self.stage.config.write_text(text.replace(old, f'username = "{name}", password = "file:{name}.password"'))

    def watch(self):
        return Watch(self.production)

    def assertOnlyReads(self, seen, alone=False, denied=0):
        """`alone`: the shop had nothing to do, so whatever the server was asked came from us."""
        self.assertTrue(seen.ours, "no connection of ours was seen")
        self.assertEqual(set(seen.ours) - TABLE, set(), "sent to production, and not in the table")
        self.assertEqual(set(seen.ours) & seen.writes, set(), "writes sent to production")
        self.assertTrue(seen.rose)
        for name, calls in seen.rose.items():
            if name not in TABLE:
                self.assertLessEqual(calls, seen.others[name], f"{name} was called, and not by the shop")
        self.assertEqual(len(seen.denied), denied, f"ACL LOG: {seen.denied}")
        if alone:
            self.assertEqual(seen.others, {})
            self.assertEqual(seen.changes, 0)
            self.assertEqual(set(seen.rose) - TABLE, set())

    def assertOnlyPages(self, logins):
        """Production's web side saw pages being read, and each identity logging in once."""
        posts = [path for method, path, *_ in self.proxy.requests if method not in ("GET", "HEAD")]
        self.assertEqual(posts, ["/login/"] * logins)
        self.assertTrue(self.proxy.requests)
        for _, _, agent, _ in self.proxy.requests:
            self.assertRegex(agent, r"^understudy/\d")

    def rehearse(self, change):
        """A rehearsal that ends well, without a change or a request on production."""
        before = dump_of(self.production)
        self.assertGreater(len(before), 20)
        with self.watch() as seen:
            ended, _ = self.stage.rehearse(change)
        self.assertExit(ended, 0)
        self.assertTrue(self.stage.evidence()["proof"]["done"], str(ended))
        self.assertEqual(self.proxy.requests, [], "a rehearsal asks nothing of production's web side")
        self.assertEqual(dump_of(self.production), before)
        return seen

    def test_the_watch_sees_a_write(self):
        with self.watch() as seen:
            place = self.production.connection_pool.connection_kwargs
            with socket.create_connection((place["host"], place["port"])) as other:
                hello = f"HELLO 3 AUTH {place['username']} {place['password']} SETNAME understudy\r\n"
                other.sendall((hello + "SET planted 1\r\nUNLINK planted\r\nQUIT\r\n").encode())
                while other.recv(65536):
                    pass
        self.assertEqual(seen.ours[:3], ["hello", "set", "unlink"])
        self.assertEqual(seen.changes, 2)
        self.assertEqual((seen.rose["set"], seen.rose["unlink"]), (1, 1))
        with self.assertRaises(AssertionError):
            self.assertOnlyReads(seen)

    def test_doctor(self):
        with self.watch() as seen:
            ended = self.stage.run("doctor")
        self.assertExit(ended, 0)
        self.assertNotIn("degraded", ended.out)
        self.assertOnlyReads(seen)
        self.assertOnlyPages(logins=2)

    def test_measure_asks_once_a_second(self):
        started = time.monotonic()
        with self.watch() as seen:
            ended = self.stage.run("measure", "production", "cart", "--warm", "2", "--json")
        self.assertExit(ended, 0)
        self.assertEqual(json.loads(ended.out)["environment"], "production")
        self.assertEqual(seen.ours, [], "measuring production needs nothing of its Redis")
        self.assertEqual(seen.denied, [])
        self.assertOnlyPages(logins=1)
        # The login page, the login, the proof, one request that does not count and two that do, the proof once more.
        self.assertEqual(len(self.proxy.requests), 7)
        for number, (_, path, _, at) in enumerate(self.proxy.requests):
            self.assertGreaterEqual(at - started, number * 1.0, f"request {number}, {path}, came too early")

    def test_rehearse(self):
        change = self.stage.change("cache-category", [('change = "<= -20%"', 'change = "<= +900%"')])
        seen = self.rehearse(change)
        self.assertOnlyReads(seen, alone=True)
        # The whole of what docs/permissions.md says is sent; MONITOR does not show CONFIG, the counters do.
        self.assertEqual(set(seen.ours), {"hello", "command|info", "info"})
        self.assertEqual(set(seen.rose), {"hello", "command|info", "info", "config|get"})

    def test_a_user_with_all_rights_is_asked_no_more(self):
        self.as_user("default", self.production.connection_pool.connection_kwargs["password"])
        with self.watch() as seen:
            self.assertExit(self.stage.run("doctor", "production"), 0)
        self.assertOnlyReads(seen)
        self.assertOnlyPages(logins=2)
        self.proxy.requests.clear()
        self.assertOnlyReads(self.rehearse(self.quick), alone=True)

    def test_the_documented_permissions_suffice(self):
        self.production.execute_command("ACL", "SETUSER", "bare", "reset", "on", ">bare-word",
                                        *documented_acl("Production's Redis"))
        self.as_user("bare", "bare-word")
        with self.watch() as seen:
            ended = self.stage.run("doctor", "production", "staging")
        self.assertExit(ended, 0)
        self.assertNotIn("degraded", ended.out)
        self.assertOnlyReads(seen)
        self.proxy.requests.clear()
        # And those of staging, where a rehearsal writes.
        staging = self.stage.redis("staging")
        staging.execute_command("ACL", "SETUSER", "bare", "reset", "on", ">bare-word", *documented_acl("Staging's Redis"))
        staging.execute_command("ACL LOG RESET")
        self.on_staging_as_user("bare", "bare-word")
        quick = self.stage.folder / "changes" / "quick-purge.toml"
        quick.write_text(QUICK.replace('[step]', 'purge = ["shop:1:category:*", "shop:1:product:*"]\n\n[step]'))
        self.assertOnlyReads(self.rehearse(quick), alone=True)
        keys = self.stage.evidence()["proof"]["keys"]
        self.assertGreater(keys["as_before"] + keys["restored"], 0)
        self.assertEqual(staging.execute_command("ACL LOG"), [])

    def test_without_config_get_settings_are_unknown(self):
        self.production.execute_command("ACL", "SETUSER", "understudy", "-config|get")
        self.addCleanup(self.production.execute_command, "ACL", "SETUSER", "understudy", "+config|get")
        ended = self.stage.run("doctor", "--json")
        self.assertExit(ended, 0)
        self.proxy.requests.clear()
        checks = {(one["environment"], one["what"]): one for one in json.loads(ended.out)["checks"]}
        settings = checks["production", "settings"]
        self.assertEqual(settings["state"], "degraded")
        self.assertIn("unknown", settings["found"])
        self.assertIn("+config|get", settings["mend"])
        self.assertEqual(checks["production", "redis"]["state"], "ok")
        seen = self.rehearse(self.quick)
        # What production refused is in its log, once; it changed nothing.
        self.assertOnlyReads(seen, alone=True, denied=1)
        drift = {one["metric"]: one for one in self.stage.evidence()["drift"]}
        self.assertGreater(len(drift), 10)
        for name, one in drift.items():
            self.assertEqual(one["reference_text"], "unknown", name)
            self.assertEqual(one["verdict"], "inconclusive", f"{name}: an unknown is neither same nor worse")

    def test_what_needs_no_production_asks_nothing_of_it(self):
        with self.watch() as seen:
            self.assertExit(self.stage.run("rollback"), 0)
            self.stage.run("report", "--format", "text")
        self.assertEqual((seen.ours, seen.others), ([], {}))
        self.assertEqual(self.proxy.requests, [])


if __name__ == "__main__":
    unittest.main()
