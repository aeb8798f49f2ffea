"""Real caches in front: nginx and Varnish asked live, each status provoked and read; then the shop behind nginx,
measured and rehearsed.

What the program makes of an answer is asked of `read_cache_status`, which reads header lines with the program's code.
"""
import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from stage import COUNTS_FEW, ROOT, LiveTest, Stage

sys.path.insert(0, str(ROOT / "examples" / "shop"))
from deployment import front  # noqa: E402  pylint: disable=wrong-import-position
from deployment.instance import Instance, write_json  # noqa: E402  pylint: disable=wrong-import-position

READER = pathlib.Path(os.environ.get("UNDERSTUDY_READER", ROOT / "build" / "dev" / "read_cache_status"))
TTL = 1


class Member:
    """One line of the reader."""

    def __init__(self, line):
        self.source, self.result, self.fwd, self.status, self.stored, self.detail, self.trust = line.split("|")

    def __repr__(self):
        return f"{self.source} {self.result} fwd={self.fwd} {self.status} {self.stored} {self.detail} {self.trust}"


class Answer:
    """One answer, as it came and as the program reads it."""

    def __init__(self, response, body):
        self.code, self.headers, self.body = response.status, response.getheaders(), body
        text = "".join(f"{name}: {value}\n" for name, value in self.headers)
        done = subprocess.run([READER], input=text, stdout=subprocess.PIPE, text=True, check=True)
        lines = done.stdout.splitlines()
        self.in_front = "front" in lines
        self.members = [Member(line) for line in lines if line != "front"]
        self.nearest = self.members[-1] if self.members else None

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Origin(BaseHTTPRequestHandler):
    """A server behind the cache. The path says what it answers: /etag/..., /cookie/..., /private/..., /long/..., and
    /plain/..., which the cache keeps for TTL. It is slow or broken while it is told to be."""

    protocol_version = "HTTP/1.1"
    slow = 0.0
    broken = False
    asked = 0

    def do_GET(self):  # pylint: disable=invalid-name
        cls = type(self)
        cls.asked += 1
        time.sleep(cls.slow)
        kind = self.path.split("/")[1]
        if kind == "etag" and self.headers.get("If-None-Match") == '"e1"':
            return self.reply(304, {"ETag": '"e1"', "Cache-Control": f"max-age={TTL}"}, b"")
        headers = {"plain": {}, "long": {"Cache-Control": "max-age=300"},
                   "etag": {"ETag": '"e1"', "Cache-Control": f"max-age={TTL}"}, "cookie": {"Set-Cookie": "seen=1"},
                   "private": {"Cache-Control": "private"}}[kind]
        return self.reply(503 if cls.broken else 200, headers, b"page\n")

    def reply(self, code, headers, body):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class FrontTest(unittest.TestCase):
    """A cache before an origin of the test's own."""

    kind = None

    @classmethod
    def setUpClass(cls):
        if cls.kind is None:
            raise unittest.SkipTest("no test by itself")
        warnings.simplefilter("ignore", ResourceWarning)  # the cache outlives the call that started it, and is meant to
        cls.temporary = tempfile.TemporaryDirectory(prefix="understudy-front-")
        cls.server = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.instance = Instance(cls.temporary.name)
        cls.instance.create_folders()
        write_json(cls.instance.config_file, {"port": cls.server.server_port})
        try:
            cls.port = front.start(cls.instance, cls.kind, 0, TTL, 0)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        if cls.kind is None:
            return
        front.stop(cls.instance)
        cls.server.shutdown()
        cls.server.server_close()
        cls.temporary.cleanup()

    def tearDown(self):
        Origin.slow, Origin.broken = 0.0, False

    def get(self, path, cookie=None):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
            response = connection.getresponse()
            return Answer(response, response.read())

    def assertMember(self, answer, result, fwd="", status="", detail="", trust="high", stored=""):
        member = answer.nearest
        self.assertIsNotNone(member, answer.headers)
        self.assertEqual((member.result, member.fwd, member.status, member.detail, member.trust, member.stored),
                         (result, fwd, status, detail, trust, stored), answer.headers)


class Nginx(FrontTest):
    """$upstream_cache_status in X-Cache-Status."""

    kind = "nginx"

    def test_miss_then_hit(self):
        first, second = self.get("/long/1"), self.get("/long/1")
        self.assertEqual((first.header("X-Cache-Status"), second.header("X-Cache-Status")), ("MISS", "HIT"))
        self.assertMember(first, "miss", "miss")
        self.assertMember(second, "hit")
        self.assertEqual(first.nearest.source, "X-Cache-Status")
        self.assertEqual((first.in_front, second.in_front), (False, True))

    def test_members_are_let_through(self):
        self.get("/long/2")
        asked = Origin.asked
        answer = self.get("/long/2", cookie="a=b; sessionid=x")
        self.assertEqual(answer.header("X-Cache-Status"), "BYPASS")
        self.assertMember(answer, "bypass", "bypass")
        self.assertEqual(Origin.asked, asked + 1)
        # What a member got is not kept for others, and another cookie makes nobody a member.
        self.assertMember(self.get("/long/2", cookie="xsessionid=x"), "hit")

    def test_what_may_not_be_stored_is_missed_again(self):
        for path in ("/cookie/1", "/private/1"):
            for _ in range(2):
                answer = self.get(path)
                self.assertEqual(answer.header("X-Cache-Status"), "MISS")
                self.assertMember(answer, "miss", "miss")

    def test_expired_and_revalidated(self):
        self.get("/plain/3")
        self.get("/etag/3")
        time.sleep(TTL + 1.1)
        expired, revalidated = self.get("/plain/3"), self.get("/etag/3")
        self.assertEqual(expired.header("X-Cache-Status"), "EXPIRED")
        self.assertMember(expired, "miss", "stale")
        self.assertEqual(revalidated.header("X-Cache-Status"), "REVALIDATED")
        self.assertMember(revalidated, "miss", "stale", "304")

    def test_stale_when_the_origin_fails(self):
        self.get("/plain/4")
        time.sleep(TTL + 1.1)
        Origin.broken = True
        answer = self.get("/plain/4")
        self.assertEqual((answer.code, answer.header("X-Cache-Status")), (200, "STALE"))
        self.assertMember(answer, "stale", detail="origin-error")
        self.assertFalse(answer.in_front, "the origin was asked, in vain")

    def test_updating_while_another_one_fetches(self):
        self.get("/plain/5")
        time.sleep(TTL + 1.1)
        Origin.slow = 3.0
        asked = Origin.asked
        answers = []
        other = threading.Thread(target=lambda: answers.append(self.get("/plain/5")))
        other.start()
        deadline = time.monotonic() + 5
        while Origin.asked == asked and time.monotonic() < deadline:
            time.sleep(0.01)
        answer = self.get("/plain/5")
        other.join()
        self.assertEqual(answer.header("X-Cache-Status"), "UPDATING")
        self.assertMember(answer, "stale", detail="updating")
        self.assertMember(answers[0], "miss", "stale")

    def test_emptied(self):
        self.get("/long/6")
        self.assertTrue(front.clear(self.instance))
        self.assertMember(self.get("/long/6"), "miss", "miss")


class Varnish(FrontTest):
    """X-Varnish, Age, and an X-Cache that VCL writes."""

    kind = "varnish"

    def test_miss_then_hit(self):
        first, second = self.get("/long/1"), self.get("/long/1")
        self.assertEqual((first.header("X-Cache"), second.header("X-Cache")), ("MISS", "HIT"))
        self.assertMember(first, "miss", "miss")
        self.assertMember(second, "hit")
        self.assertEqual((first.in_front, second.in_front), (False, True))
        self.assertEqual([member.source for member in second.members], ["X-Varnish", "X-Cache"])
        # X-Varnish by itself: two ids are a hit, one is a miss or a pass.
        self.assertEqual([member.result for member in second.members], ["hit", "hit"])
        self.assertEqual((first.members[0].result, first.members[0].detail, first.members[0].trust),
                         ("miss", "miss-or-pass", "low"))

    def test_pass(self):
        self.get("/long/2")
        answer = self.get("/long/2", cookie="sessionid=x")
        self.assertEqual(answer.header("X-Cache"), "PASS")
        self.assertMember(answer, "bypass", "bypass")

    def test_hit_for_miss(self):
        for path in ("/cookie/1", "/private/1"):
            first, second = self.get(path), self.get(path)
            self.assertEqual((first.header("X-Cache"), second.header("X-Cache")), ("MISS", "HIT-FOR-MISS"))
            self.assertMember(second, "miss", "miss", detail="hit-for-miss", stored="no")
            self.assertFalse(second.in_front)

    def test_age(self):
        self.get("/etag/3")
        time.sleep(1.2)
        answer = self.get("/etag/3")
        self.assertGreaterEqual(int(answer.header("Age")), 1)

    def test_graced(self):
        self.get("/plain/4")
        time.sleep(TTL + 0.3)
        Origin.slow = 0.5
        answer = self.get("/plain/4")
        self.assertEqual(answer.header("X-Cache"), "hit graced cached")
        self.assertMember(answer, "stale", detail="updating")
        self.assertFalse(answer.in_front, "the origin is asked meanwhile")

    def test_emptied(self):
        self.get("/long/5")
        self.assertTrue(front.clear(self.instance))
        self.assertMember(self.get("/long/5"), "miss", "miss")


def row(measured, route, identity, state="warm"):
    return next(one for one in measured["rows"] if (one["route"], one["as"], one["state"]) == (route, identity, state))


class ShopBehind(LiveTest):
    """The playground with a cache in front of each shop."""

    kind = None

    @classmethod
    def setUpClass(cls):
        if cls.kind is None:
            raise unittest.SkipTest("no test by itself")
        cls.stage = Stage(products=240, front=cls.kind)  # full pages: 26 calls

    @classmethod
    def tearDownClass(cls):
        if cls.kind is not None:
            super().tearDownClass()

    def measure(self, *words):
        ended = self.stage.run("measure", "staging", *words, "--json")
        self.assertExit(ended, 0)
        return json.loads(ended.out)

    def check_hits_for_visitors(self, source):
        self.stage.shop("staging", "clear-front")
        measured = self.measure("category", "--warm", "4")
        anonymous, ada = row(measured, "category", "anonymous"), row(measured, "category", "ada")
        self.assertEqual((anonymous["cache"]["hit"], anonymous["cache"]["unknown"]), (4, 0))
        self.assertEqual(anonymous["cache_source"], source)
        self.assertEqual(ada["cache"]["bypass"], 4)
        # The page was stored with the Server-Timing of the request that filled the cache: 26 calls that nobody made now.
        self.assertEqual((anonymous["database_calls"], anonymous["answered_in_front"]), ({"0": 4}, 4))
        self.assertNotIn("database_unknown", anonymous)
        self.assertEqual(anonymous["missed"]["stored"], 1)
        self.assertEqual((ada["database_calls"], ada["answered_in_front"]), ({"27": 4}, 0))
        self.assertEqual(measured["leaks"], [])

    def check_not_stored(self):
        """Health forbids storing: each request misses, and says why."""
        health = row(self.measure("health", "--warm", "3"), "health", "anonymous")
        self.assertEqual(health["cache"]["miss"], 3)
        self.assertEqual(health["missed"]["stored"], 0)
        self.assertEqual(health["missed"]["not_stored"], 3)
        return health


class ShopBehindNginx(ShopBehind):
    kind = "nginx"

    def test_hits_for_visitors_and_bypass_for_members(self):
        self.check_hits_for_visitors("X-Cache-Status")

    def test_doctor_knows_of_it(self):
        self.stage.shop("staging", "clear-front")
        for calls in ("ok", "degraded"):  # the second time the cache answers, and nobody could report
            told = json.loads(self.stage.run("doctor", "staging", "--json").out)["checks"]
            states = {one["what"]: one["state"] for one in told if one["environment"] == "staging"}
            self.assertEqual((states["database calls"], states["cache in front"]), (calls, "ok"), told)

    def test_missed_is_told_from_not_stored(self):
        health = self.check_not_stored()
        self.assertEqual(health["missed"]["because"], "the answers carry Cache-Control: no-store")
        text = " ".join(self.stage.run("measure", "staging", "health", "category").out.split())
        self.assertIn("missed: not stored (", text)
        self.assertIn("not stored: the answers carry Cache-Control: no-store", text)
        self.assertIn("a cache in front of the application answered", text)

    def test_a_page_that_was_stored_for_a_stranger(self):
        """Without Server-Timing at all, for strangers are not told. A hit is of no calls all the same."""
        self.stage.shop("staging", "clear-front")
        url = next(line for line in self.stage.shop("staging", "status").splitlines() if line.startswith("front "))
        port = int(url.rstrip("/").rpartition(":")[2])
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.request("GET", "/category/kettles/")
            answer = connection.getresponse()
            answer.read()
        self.assertEqual((answer.getheader("X-Cache-Status"), answer.getheader("Server-Timing")), ("MISS", None))
        anonymous = row(self.measure("category", "--warm", "2"), "category", "anonymous")
        self.assertEqual((anonymous["cache"]["hit"], anonymous["database_calls"]), (2, {"0": 2}))
        self.assertEqual(anonymous["answered_in_front"], 2)

    def test_an_old_copy_says_nothing_of_calls(self):
        """The shop is gone, and nginx serves what it has: stale, and whether anybody was asked is not known."""
        self.stage.shop("staging", "front", "nginx", "stop")
        config = self.stage.config.read_text()
        said = self.stage.shop("staging", "front", "nginx", "start", "--ttl", "1", "--port", self.front_port(config))
        self.assertIn("in front of the shop", said)
        self.measure("category", "--warm", "1")
        self.stage.shop("staging", "stop", "--keep-front")
        try:
            time.sleep(2.1)
            only = self.stage.folder / "anonymous.toml"
            only.write_text(config.replace('["anonymous", "ada"]', '["anonymous"]'))
            ended = self.stage.run("measure", "staging", "category", "--warm", "2", "--json", "-c", only)
            self.assertExit(ended, 0)
            anonymous = row(json.loads(ended.out), "category", "anonymous")
            self.assertEqual(anonymous["cache"]["stale"], 2)
            self.assertEqual((anonymous["database_calls"], anonymous["answered_in_front"]), ({}, 0))
            self.assertIn("an old copy", anonymous["database_unknown"]["why"])
        finally:
            self.stage.shop("staging", "start")
            self.stage.shop("staging", "front", "nginx", "stop")
            self.stage.shop("staging", "front", "nginx", "start", "--port", self.front_port(config))

    def front_port(self, config):
        text = config[config.index("[environments.staging]"):]
        return text[text.index('url = "http://127.0.0.1:') + 24:].split('"')[0]

    def test_rehearsal(self):
        ended, evidence = self.stage.rehearse(self.stage.change("cache-category", replace=COUNTS_FEW), timeout=600)
        self.assertExit(ended, 0)
        self.assertEqual(evidence["comparison"]["verdict"], "improved")
        self.assertIn("clear_front", evidence["conditions"]["cache in front"])
        primary = evidence["comparison"]["expectations"][0]["found"]
        self.assertEqual((primary["reference"], primary["candidate"]), (27, 1))
        for arm, cold, member in (("A", {"26"}, "27"), ("B", {"18", "21"}, "1")):
            for one in (one for one in evidence["arms"] if one["arm"] == arm):
                # Cold is cold: the cache in front was emptied with the keys.
                first = row(one, "category", "anonymous", "cold")
                self.assertEqual((first["cache"]["miss"], first["cache"]["hit"], first["answered_in_front"]), (1, 0, 0))
                self.assertLessEqual(set(first["database_calls"]), cold, first)
                anonymous = row(one, "category", "anonymous")
                # The request after the last cold one, or after the first that does not count, came from there.
                self.assertEqual(first["missed"]["stored"] + anonymous["missed"]["stored"], 1)
                self.assertEqual((anonymous["cache"]["hit"], anonymous["database_calls"]), (3, {"0": 3}))
                ada = row(one, "category", "ada")
                self.assertEqual((ada["cache"]["bypass"], ada["database_calls"]), (3, {member: 3}))
        self.assertEqual(evidence["comparison"]["leaks"], [])
        self.assertEqual(evidence["proof"]["differences"], [])
        self.assertEqual([one for one in evidence["warnings"] if "cold" in one], [])
        self.assertEqual(self.stage.shop("staging", "release").split("\n")[0], "revision-1")

    def test_cold_rows_that_are_not_cold_are_left_out(self):
        """Without clear_front the cache in front answers what was to be cold: that is said, and not counted."""
        config = self.stage.config.read_text()
        start = config.index("\n[environments.staging.commands.clear_front]")
        end = config.index("\n[", start + 2)
        self.stage.config.write_text(config[:start] + config[end:])
        try:
            ended, evidence = self.stage.rehearse(self.stage.change("cache-category", replace=COUNTS_FEW), timeout=600)
        finally:
            self.stage.config.write_text(config)
        self.assertEqual(evidence["comparison"]["verdict"], "improved", str(ended))
        told = [one for one in evidence["warnings"] if "category as anonymous, cold" in one]
        self.assertEqual(len(told), 1, evidence["warnings"])
        self.assertIn("clear_front", told[0])
        for one in evidence["arms"]:
            states = {(entry["as"], entry["state"]) for entry in one["rows"] if entry["route"] == "category"}
            self.assertIn(("ada", "cold"), states)
            # After a switch the deploy has emptied it, and the warm-up has filled it again.
            self.assertNotIn(("anonymous", "cold"), states)


class ShopBehindVarnish(ShopBehind):
    kind = "varnish"

    def test_hits_for_visitors_and_bypass_for_members(self):
        self.check_hits_for_visitors("X-Cache")

    def test_missed_is_told_from_not_stored(self):
        self.check_not_stored()


if __name__ == "__main__":
    unittest.main()
