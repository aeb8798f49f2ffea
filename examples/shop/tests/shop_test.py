#!/usr/bin/python3 -sEB
"""The shop from outside: its command, its pages over HTTP, its keys in Redis. Starts a redis-server of its own on a
Unix socket in a temporary folder."""
import contextlib
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

import redis
import redis.cluster

COMMAND = Path(__file__).resolve().parent.parent / "shop"
sys.path.insert(0, str(COMMAND.parent.parent))

import redis_cluster

SECRET = "measured-by-the-test"
PRODUCTS, MEMBERS = 480, 24
NAVIGATION = 3  # the calls for the blocks around every page
CATEGORY_CALLS = 26


class World:
    """What all tests share: Redis and one instance. Built once, since it costs most of the time."""

    def start(self):
        self.folder = tempfile.TemporaryDirectory(prefix="shop-test-", dir="/tmp")
        root = Path(self.folder.name)
        self.home = root / "home"
        socket = root / "redis.sock"
        self.redis_server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(root)],
            stdout=subprocess.DEVNULL,
        )
        self.redis = redis.Redis(unix_socket_path=str(socket))
        wait_until(lambda: socket.exists() and self.redis.ping())
        self.url = f"unix://{socket}?db=0"
        shop("init", "--redis-url", self.url, "--products", str(PRODUCTS), "--members", str(MEMBERS))
        shop("start")
        self.port = json.loads((self.home / "config.json").read_text())["port"]

    def end(self):
        shop("stop")
        self.redis.close()
        self.redis_server.terminate()
        self.redis_server.wait()
        self.folder.cleanup()

    def purge(self, pattern):
        for key in self.redis.scan_iter(pattern, count=1000):
            self.redis.unlink(key)


WORLD = World()


def setUpModule():
    try:
        WORLD.start()
    except BaseException:
        if hasattr(WORLD, "redis_server"):
            WORLD.redis_server.kill()
        raise


def tearDownModule():
    WORLD.end()


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except redis.exceptions.ConnectionError:
            pass
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.01)


def run(*arguments, home=None):
    environment = dict(os.environ, SHOP_MEASURE_SECRET=SECRET)
    return subprocess.run(
        [COMMAND, *arguments, "--home", home or WORLD.home], capture_output=True, text=True, env=environment, timeout=60
    )


def shop(*arguments, home=None):
    done = run(*arguments, home=home)
    if done.returncode != 0:
        raise AssertionError(f"shop {' '.join(arguments)}: {done.returncode} {done.stdout} {done.stderr}")
    return done.stdout


def release():
    """What `shop release` prints: the release, and the serial of the last deploy."""
    first, second = shop("release").splitlines()
    return first, int(second.removeprefix("deploy-serial "))


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.text = response.status, response.headers, response.read().decode()

    @property
    def calls(self):
        return int(re.search(r"db;dur=[\d.]+;count=(\d+), req", self.headers["Server-Timing"])[1])


class Visitor:
    """A browser with cookies and one kept connection, which it opens again if the server has closed it meanwhile."""

    def __init__(self, secret=SECRET, port=None):
        self.cookies, self.secret = {}, secret
        self.connection = http.client.HTTPConnection("127.0.0.1", port or WORLD.port, timeout=30)

    def ask(self, method, path, body=None, **extra):
        headers = dict(extra)
        if self.secret:
            headers["X-Understudy"] = self.secret
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        used_before = self.connection.sock is not None
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.connection.close()
            if not used_before:
                raise
            return self.ask(method, path, body, **extra)
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return Answer(response)

    def get(self, path, **extra):
        return self.ask("GET", path, **extra)

    def post(self, path, **fields):
        return self.ask("POST", path, urllib.parse.urlencode(fields))

    def sign_in(self, username):
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', self.get("/login/").text)[1]
        answer = self.post("/login/", csrfmiddlewaretoken=token, username=username, password=f"{username}-secret")
        assert answer.status == 302, answer.status
        return self


EMAIL = re.compile(r"E-mail: (\S+@mail\.example)")


class ShopTest(unittest.TestCase):
    def visitor(self, username=None, secret=SECRET):
        made = Visitor(secret)
        self.addCleanup(made.connection.close)
        return made.sign_in(username) if username else made

    def deploy(self, revision):
        shop("deploy", revision)
        self.assertEqual(f"revision-{revision}", release()[0])


class PagesTest(ShopTest):
    """What every revision must do, on revision 1 unless told otherwise."""

    def setUp(self):
        if release()[0] != "revision-1":
            self.deploy("1")

    def test_every_page_answers_in_every_revision_and_categories_look_the_same(self):
        categories = set()
        for revision in "12345":
            self.deploy(revision)
            anyone = self.visitor()
            home = anyone.get("/")
            self.assertEqual(24, len(set(re.findall(r"/category/([\w-]+)/", home.text))))
            product = re.search(r"/product/[\w-]+/", home.text)[0]
            for path in ("/", "/category/kettles/", product, "/search/?q=red", "/cart/", "/login/"):
                answer = anyone.get(path)
                self.assertEqual(200, answer.status, path)
                self.assertIn("Cookie", answer.headers["Vary"], path)
                self.assertNotIn("Signed in as", answer.text, path)
            self.assertEqual(302, anyone.get("/account/").status)
            self.assertEqual(404, anyone.get("/category/nonsense/").status)
            self.assertEqual(404, anyone.get("/product/nonsense-1/").status)
            member = self.visitor("member001")
            for path in ("/", "/category/kettles/", product, "/search/?q=red", "/cart/", "/account/"):
                answer = member.get(path)
                self.assertEqual(200, answer.status, path)
                self.assertIn("Signed in as Ada Abbot", answer.text, path)
            self.assertEqual(f"release revision-{revision}", anyone.get("/health/").text.splitlines()[1])
            categories.add(anyone.get("/category/teapots/").text)
        self.assertEqual(1, len(categories))
        self.assertEqual(8, len(re.findall(r"<li>.* by ", categories.pop())))

    def test_home_is_cached_for_who_is_not_signed_in(self):
        WORLD.purge("shop:1:*")
        anyone, member = self.visitor(), self.visitor("member002")
        first, second = anyone.get("/"), anyone.get("/")
        self.assertEqual("shop; fwd=miss; stored", first.headers["Cache-Status"])
        self.assertEqual("shop; hit", second.headers["Cache-Status"])
        self.assertEqual("max-age=300", second.headers["Cache-Control"])
        self.assertEqual(0, second.calls)
        own = member.get("/")
        self.assertEqual("shop; fwd=bypass", own.headers["Cache-Status"])
        self.assertNotIn("Signed in", anyone.get("/").text)

    def test_the_api_answers_json_and_not_modified(self):
        anyone = self.visitor()
        answer = anyone.get("/api/products/?category=lamps")
        self.assertEqual("public, max-age=60", answer.headers["Cache-Control"])
        self.assertIsNone(answer.headers["Vary"])
        products = json.loads(answer.text)["products"]
        self.assertEqual(20, len(products))
        self.assertTrue(all(product["cents"] > 0 for product in products))
        again = anyone.get("/api/products/?category=lamps", **{"If-None-Match": answer.headers["ETag"]})
        self.assertEqual(304, again.status)
        self.assertEqual(404, anyone.get("/api/products/?category=no*thing").status)

    def test_the_cart_keeps_what_was_put_in(self):
        someone = self.visitor()
        page = someone.get(re.search(r"/product/[\w-]+/", someone.get("/category/cups/").text)[0]).text
        number = re.search(r'name="product" value="(\d+)"', page)[1]
        self.assertEqual(403, someone.post("/cart/", product=number).status, "without its token")
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]
        for _ in range(2):
            self.assertEqual(302, someone.post("/cart/", product=number, csrfmiddlewaretoken=token).status)
        self.assertIn("<li>2 × ", someone.get("/cart/").text)
        self.assertIn("Nothing yet", self.visitor().get("/cart/").text)
        self.assertEqual(400, someone.post("/cart/", product="0", csrfmiddlewaretoken=token).status)

    def test_the_sitemap_names_every_category_and_product(self):
        pages = re.findall(rf"<loc>http://127\.0\.0\.1:{WORLD.port}(/[^<]*)</loc>", self.visitor().get("/sitemap.xml").text)
        kinds = [page.split("/")[1] for page in pages]
        self.assertEqual((1, 24, PRODUCTS), (kinds.count(""), kinds.count("category"), kinds.count("product")))
        self.assertEqual(len(pages), len(set(pages)))
        self.assertEqual(200, self.visitor().get(pages[-1]).status)

    def test_logging_out_ends_it(self):
        member = self.visitor("member003")
        self.assertEqual("member003.carver@mail.example", EMAIL.search(member.get("/account/").text)[1])
        member.get("/logout/")
        self.assertEqual(302, member.get("/account/").status)

    def test_a_wrong_password_does_not_sign_in(self):
        someone = self.visitor()
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', someone.get("/login/").text)[1]
        answer = someone.post("/login/", csrfmiddlewaretoken=token, username="member001", password="member002-secret")
        self.assertEqual(200, answer.status)
        self.assertEqual(302, someone.get("/account/").status)

    def test_database_calls_are_told_to_the_secret_only(self):
        for secret in (None, "", "measured-by-the-tesT", SECRET + "x", "\xe9"):
            self.assertIsNone(self.visitor(secret=secret).get("/category/kettles/").headers["Server-Timing"], secret)
        answer = self.visitor().get("/health/", **{"X-Request-Id": 'a.b-1_"; evil;count=9, x' + "y" * 100})
        self.assertRegex(answer.headers["Server-Timing"], r'^db;dur=0\.00;count=0, req;desc="a\.b-1_evilcount9xy{47}"$')

    def test_keys_are_readable(self):
        WORLD.purge("shop:1:*")
        self.deploy("2")
        member = self.visitor("member004")
        for path in ("/category/rugs/", "/account/", "/search/?q=red", "/api/products/?category=rugs"):
            member.get(path)
        self.visitor().get("/")
        member.get(re.search(r"/product/[\w-]+/", member.get("/category/rugs/").text)[0])
        varying = r"[0-9a-f]{32}|cache[0-9a-z]{32}$|\b\d+$"
        shapes = {re.sub(varying, "#", key.decode()) for key in WORLD.redis.scan_iter()}
        self.assertEqual(
            {
                "shop:1:account:#",
                "shop:1:api:products:rugs",
                "shop:1:brands:popular",
                "shop:1:categories:all",
                "shop:1:category:rugs:products",
                "shop:1:django.contrib.sessions.#",
                "shop:1:product:#",
                "shop:1:products:bestsellers",
                "shop:1:search:#",
                "shop:1:template.cache.home_arrivals.#",
                "shop:1:template.cache.home_offers.#",
                "shop:1:template.cache.product_related.#",
                "shop:1:views.decorators.cache.cache_header.home.#.UTC",
                "shop:1:views.decorators.cache.cache_page.home.GET.#.#.UTC",
            },
            shapes,
        )
        self.assertTrue(all(WORLD.redis.ttl(key) > 0 for key in WORLD.redis.scan_iter()))


class RevisionsTest(ShopTest):
    """The database calls of the category page, cold (only its own keys purged) and warm."""

    def calls(self, revision, username=None):
        self.deploy(revision)
        someone = self.visitor(username)
        someone.get("/category/pans/")
        WORLD.purge("shop:1:category:*")
        answers = [someone.get("/category/pans/") for _ in range(4)]
        return [answer.calls for answer in answers], [answer.headers["Cache-Status"] for answer in answers]

    def test_1_asks_26_times_cold_and_warm(self):
        self.assertEqual(([26] * 4, ["shop; fwd=bypass"] * 4), self.calls("1"))
        self.assertEqual([27] * 4, self.calls("1", "member005")[0])

    def test_2_asks_less_cold_and_nothing_warm(self):
        status = ["shop; fwd=miss; stored"] + ["shop; hit"] * 3
        self.assertEqual(([18, 0, 0, 0], status), self.calls("2"))
        self.assertEqual([19, 1, 1, 1], self.calls("2", "member005")[0])

    def test_3_asks_as_often_as_1(self):
        self.assertEqual(([26] * 4, ["shop; fwd=miss; stored"] * 4), self.calls("3"))

    def test_3_looks_better_once_to_who_measures_once(self):
        self.deploy("1")
        WORLD.redis.flushdb()
        before = self.visitor().get("/category/pans/").calls
        self.deploy("3")
        after = self.visitor().get("/category/pans/").calls
        self.assertEqual((CATEGORY_CALLS + NAVIGATION, CATEGORY_CALLS), (before, after))

    def test_4_asks_like_2(self):
        self.assertEqual([18, 0, 0, 0], self.calls("4")[0])

    def test_5_asks_like_1(self):
        for revision in ("5", "6"):
            self.assertEqual(([26] * 4, ["shop; fwd=bypass"] * 4), self.calls(revision))

    def emails_seen(self, revision):
        self.deploy(revision)
        WORLD.purge("shop:1:account:*")
        first, second = self.visitor("member006"), self.visitor("member007")
        return [EMAIL.search(who.get("/account/").text)[1].split(".")[0] for who in (first, second, first)]

    def test_4_shows_one_member_to_another(self):
        self.assertEqual(["member006"] * 3, self.emails_seen("4"))

    def test_the_others_do_not(self):
        for revision in "1235":
            self.assertEqual(["member006", "member007", "member006"], self.emails_seen(revision), revision)


class DeploymentTest(ShopTest):
    def setUp(self):
        shop("rollback", "--to", "revision-1")
        self.assertEqual("revision-1", release()[0])

    def served(self):
        return self.visitor().get("/health/").text.splitlines()[1]

    def test_every_deploy_moves_the_serial_and_a_rollback_to_the_same_does_not(self):
        serial = release()[1]
        shop("deploy", "1")
        self.assertEqual(("revision-1", serial + 1), release())
        shop("deploy", "2")
        shop("rollback", "--to", "revision-1")
        self.assertEqual(("revision-1", serial + 3), release())
        for _ in range(2):
            shop("rollback", "--to", "revision-1")
        self.assertEqual(("revision-1", serial + 3), release())

    def test_rollback_goes_to_the_one_before(self):
        shop("deploy", "2")
        shop("rollback")
        self.assertEqual("release revision-1", self.served())

    def test_a_deploy_that_fails_halfway_is_mended(self):
        self.assertEqual(1, run("deploy", "2", "--fail-halfway").returncode)
        self.assertEqual("revision-2 (half deployed: serving revision-1)", release()[0])
        self.assertEqual("release revision-1", self.served())
        self.assertEqual(3, run("status").returncode)
        shop("rollback", "--to", "revision-1")
        self.assertEqual("revision-1", release()[0])
        self.assertEqual(0, run("status").returncode)

    def test_a_half_deploy_can_be_rolled_forward(self):
        run("deploy", "2", "--fail-halfway")
        shop("rollback", "--to", "revision-2")
        self.assertEqual("release revision-2", self.served())

    def test_a_revision_that_does_not_start_leaves_the_former_one(self):
        done = run("deploy", "broken")
        self.assertEqual(1, done.returncode)
        self.assertIn("does not start: RuntimeError", done.stderr)
        self.assertIn("revision-1 serves as before", done.stderr)
        self.assertEqual("release revision-1", self.served())
        self.assertEqual(0, run("status").returncode)

    def test_unknown_revisions_and_releases_are_refused(self):
        before = release()
        for arguments in (("deploy", "9"), ("deploy", "../app"), ("rollback", "--to", "revision-9")):
            self.assertEqual(1, run(*arguments).returncode, arguments)
        self.assertEqual(before, release())

    def start_group(self, *arguments):
        command = [COMMAND, *arguments, "--home", WORLD.home]
        return subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill_group(self, process):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()

    def test_a_hanging_deploy_keeps_others_out_until_it_is_killed(self):
        hanging = self.start_group("deploy", "2", "--hang")
        wait_until(lambda: release()[0].startswith("revision-2 (half"))
        waiting = self.start_group("rollback", "--to", "revision-1")
        time.sleep(0.3)
        self.assertIsNone(waiting.poll())
        self.kill_group(hanging)
        self.assertEqual(0, waiting.wait(timeout=10))
        self.assertEqual("revision-1", release()[0])

    def test_a_deploy_killed_at_any_moment_is_mended(self):
        for step in range(10):
            process = self.start_group("deploy", "2")
            time.sleep(0.02 * step)
            self.kill_group(process)
            shop("rollback", "--to", "revision-1")
            self.assertEqual("revision-1", release()[0], step)
            self.assertEqual(0, run("status").returncode, step)
            self.assertEqual("release revision-1", self.served(), step)

    def test_rollback_starts_a_gunicorn_that_was_killed(self):
        os.kill(int(re.search(r"master (\d+)", shop("status"))[1]), signal.SIGKILL)
        self.assertIn("(not running)", release()[0])
        shop("rollback", "--to", "revision-1")
        self.assertEqual("release revision-1", self.served())

    def test_a_worker_that_was_killed_comes_back(self):
        worker = int(re.search(r"worker (\d+)", shop("status"))[1])
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: run("status").returncode == 0)
        self.assertEqual("release revision-1", self.served())

    def test_deploys_lose_no_request(self):
        over, trouble, counts = threading.Event(), [], [0, 0]

        def visit(slot, fresh):
            someone = Visitor()
            while not over.is_set():
                if fresh:
                    someone.connection.close()
                try:
                    answer = someone.get("/category/pots/")
                    counts[slot] += 1
                    if answer.status != 200:
                        trouble.append(answer.status)
                except Exception as error:
                    trouble.append(repr(error))
            someone.connection.close()

        visitors = [threading.Thread(target=visit, args=(0, True)), threading.Thread(target=visit, args=(1, False))]
        kept = self.visitor()
        for thread in visitors:
            thread.start()
        try:
            for revision in "21212":
                shop("deploy", revision)
                for _ in range(3):
                    self.assertIn(f"release revision-{revision}\n", kept.get("/health/").text)
                    self.assertIn(f"release revision-{revision}", self.served())
        finally:
            over.set()
            for thread in visitors:
                thread.join()
        self.assertEqual([], trouble)
        self.assertGreater(min(counts), 50)

    def test_stop_and_start(self):
        pids = [int(pid) for pid in re.findall(r"(?:master|worker) (\d+)", shop("status"))]
        self.assertEqual(2, len(pids))
        shop("stop")
        shop("stop")
        for pid in pids:
            command_line = Path(f"/proc/{pid}/cmdline")
            self.assertFalse(command_line.exists() and command_line.read_bytes(), "still there, and no zombie")
        shop("start")
        shop("start")
        self.assertEqual("release revision-1", self.served())

    def test_secrets_stay_in_their_file(self):
        self.assertEqual(0o600, (WORLD.home / "secrets.json").stat().st_mode & 0o777)
        told = shop("settings") + shop("status") + (WORLD.home / "config.json").read_text()
        for secret in json.loads((WORLD.home / "secrets.json").read_text()).values():
            self.assertNotIn(secret, told)
        self.assertIn("ttl.home=300\n", told)

    def test_seed_cache_fills_it(self):
        WORLD.redis.flushdb()
        shop("seed-cache", "--products-each", "2", "--members", "3")
        self.assertEqual(3, len(list(WORLD.redis.scan_iter("shop:1:account:*"))))
        self.assertEqual(24, len(list(WORLD.redis.scan_iter("shop:1:api:products:*"))))

    def test_init_makes_the_same_data_again(self):
        def content(home):
            with contextlib.closing(sqlite3.connect(home / "data" / "shop.sqlite3")) as database:
                return [line for line in database.iterdump() if re.match(r'INSERT INTO "(catalog|members)_', line)]

        first = Path(WORLD.folder.name) / "again-1"
        second = Path(WORLD.folder.name) / "again-2"
        for home in (first, second):
            done = run("init", "--redis-url", WORLD.url, "--products", "50", "--members", "5", "--seed", "7", home=home)
            self.assertEqual(0, done.returncode, done.stderr)
        self.assertGreater(len(content(first)), 50)
        self.assertEqual(content(first), content(second))
        self.assertEqual(1, run("init", "--redis-url", WORLD.url, home=first).returncode)


class FrontTest(ShopTest):
    """A page cache in front."""

    def check(self, kind, header, member):
        self.assertIn("http://127.0.0.1:", shop("front", kind, "start", "--ttl", "60"))
        try:
            port = int(re.search(r"^front " + kind + r" http://127\.0\.0\.1:(\d+)/$", shop("status"), re.M)[1])

            def said(**headers):
                with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                    connection.request("GET", "/category/kettles/", headers=headers)
                    answer = connection.getresponse()
                    answer.read()
                    return answer.getheader(header)

            self.assertEqual([said(), said(), said(Cookie="sessionid=x"), said()], ["MISS", "HIT", member, "HIT"])
            for words in (("deploy", "2"), ("rollback", "--to", "revision-1"), ("clear-front",)):
                shop(*words)
                self.assertEqual([said(), said()], ["MISS", "HIT"], words)
            again = run("front", kind, "start")
            self.assertEqual(again.returncode, 1)
            self.assertIn("already", again.stderr)
        finally:
            shop("front", kind, "stop")
        self.assertNotIn("front ", shop("status"))
        self.assertIn("no cache in front", shop("clear-front"))

    def test_nginx(self):
        self.check("nginx", "X-Cache-Status", "BYPASS")

    def test_varnish(self):
        self.check("varnish", "X-Cache", "PASS")


# What the shop and Django ask of a cache, and the rest of what django-redis has; run with the release's own settings.
CACHE_CALLS = """
import django; django.setup()
from django.core.cache import cache
many = {f"many:{number}": {"n": number} for number in range(40)}
cache.set_many(many, 60)
assert cache.get_many([*many, "nothing"]) == many
assert all(0 < cache.ttl(key) <= 60 for key in many)
cache.set_many({"default": 1})
assert 60 < cache.ttl("default") <= 300
cache.set("forever", [1], None)
assert cache.ttl("forever") is None and cache.ttl("nothing") == 0
assert cache.touch("forever", 50) and 0 < cache.ttl("forever") <= 50
assert set(cache.iter_keys("many:*")) == set(cache.keys("many:*")) == set(many)
assert cache.has_key("many:1") and "nothing" not in cache
assert cache.get_or_set("many:1", 7) == {"n": 1} and cache.get_or_set("once", lambda: 7) == 7
assert not cache.add("once", 8) and cache.get("once") == 7 and cache.incr("once") == 8
assert cache.delete("once") and not cache.delete("once")
assert cache.delete_many(["many:2", "many:3", "nothing"]) == 2
assert cache.delete_pattern("many:*") == 38
cache.clear()
assert cache.keys("*") == []
print("done")
"""


class ClusterTest(unittest.TestCase):
    """The shop on a Redis Cluster of three primaries with a replica each."""

    @classmethod
    def setUpClass(cls):
        folder = Path(WORLD.folder.name) / "cluster"
        cls.home = folder / "home"
        cls.addClassCleanup(redis_cluster.stop, folder)
        cls.nodes = redis_cluster.start(folder, "cluster-secret", replicas=True)
        cls.url = ",".join(f"redis://default:cluster-secret@127.0.0.1:{node.port}/0" for node in cls.nodes[:2])
        shop("init", "--redis-cluster", "--redis-url", cls.url, "--products", "120", "--members", "8", home=cls.home)
        cls.addClassCleanup(run, "stop", home=cls.home)
        shop("start", home=cls.home)
        cls.port = json.loads((cls.home / "config.json").read_text())["port"]
        cls.redis = redis.cluster.RedisCluster(host="127.0.0.1", port=cls.nodes[0].port, password="cluster-secret")

    def setUp(self):
        for node in self.nodes:
            if node.ask("ROLE")[0] == b"master":
                node.client.flushall()

    def visitor(self, username=None):
        made = Visitor(port=self.port)
        self.addCleanup(made.connection.close)
        return made.sign_in(username) if username else made

    def cache_status(self, path):
        return self.visitor().get(path).headers["Cache-Status"]

    def keys_by_node(self):
        return [{key.decode() for key in node.client.scan_iter("shop:*")} for node in self.nodes]

    def test_pages_fragments_and_sessions(self):
        shop("deploy", "2", home=self.home)
        anyone, member = self.visitor(), self.visitor("member001")
        home = anyone.get("/")
        product = re.search(r"/product/[\w-]+/", home.text)[0]
        for path in ("/", "/category/kettles/", product, "/search/?q=red", "/api/products/?category=kettles"):
            first, second = anyone.get(path), anyone.get(path)
            self.assertEqual((200, 200), (first.status, second.status), path)
            self.assertEqual(*(re.sub(r'csrfmiddlewaretoken" value="\w+"', "", one.text) for one in (first, second)))
        for path in ("/", "/category/kettles/", product, "/search/?q=red", "/cart/", "/account/"):
            self.assertIn("Signed in as Ada Abbot", member.get(path).text, path)
        self.assertEqual("member001.abbot@mail.example", EMAIL.search(member.get("/account/").text)[1])
        number = re.search(r'name="product" value="(\d+)"', member.get(product).text)[1]
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', member.get(product).text)[1]
        self.assertEqual(302, member.post("/cart/", product=number, csrfmiddlewaretoken=token).status)
        self.assertIn("<li>1 × ", member.get("/cart/").text)
        self.assertEqual(["shop; hit", "shop; hit"], [self.cache_status(path) for path in ("/", "/category/kettles/")])
        wait_until(lambda: self.keys_by_node()[:3] == self.keys_by_node()[3:])
        keys = self.keys_by_node()
        self.assertTrue(all(keys), "every primary has some, and its replica the same")
        together = "".join(sorted(set().union(*keys)))
        for part in ("categories:all", "category:kettles:products", "django.contrib.sessions", "account:1",
                     "home_offers", "product_related", "cache_page.home", "search:", "product:", "api:products:kettles"):
            self.assertIn(f"{part}", together)
        self.assertTrue(all(self.redis.ttl(key) > 0 for key in set().union(*keys)))
        member.get("/logout/")
        self.assertEqual(302, member.get("/account/").status)

    def test_a_key_that_is_purged_is_missed_and_no_other(self):
        shop("deploy", "2", home=self.home)
        paths = ("/category/kettles/", "/category/lamps/")
        stored, hit = "shop; fwd=miss; stored", "shop; hit"
        for expected in ([stored, stored], [hit, hit]):
            self.assertEqual(expected, [self.cache_status(path) for path in paths])
        self.assertEqual(1, self.redis.unlink("shop:1:category:kettles:products"))
        self.assertEqual([stored, hit], [self.cache_status(path) for path in paths])
        self.assertEqual(hit, self.cache_status(paths[0]))

    def test_what_else_a_cache_does(self):
        variables = {**os.environ, "SHOP_HOME": str(self.home), "DJANGO_SETTINGS_MODULE": "shopsite.settings"}
        done = subprocess.run(["/usr/bin/python3", "-sB", "-c", CACHE_CALLS], cwd=self.home / "current", env=variables,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual("done\n", done.stdout, done.stderr)

    def test_pages_outlive_a_failover_and_a_primary_that_dies(self):
        paths = ("/", "/category/kettles/", "/search/?q=red", "/cart/")
        member = self.visitor("member002")

        def all_well():
            return [member.get(path).status for path in paths] == [200] * len(paths)

        self.assertTrue(all_well())
        primary, replica = self.nodes[0], self.nodes[3]
        replica.client.execute_command("CLUSTER", "FAILOVER")
        wait_until(lambda: replica.ask("ROLE")[0] == b"master", 20)
        self.assertTrue(all_well(), "the operator's failover is not seen")
        self.assertIn("Signed in as", member.get("/cart/").text)
        # One that has not heard from the new primary since may not be elected after it.
        wait_until(lambda: primary.client.info("replication").get("master_link_status") == "up", 20)
        os.kill(replica.pid, signal.SIGKILL)
        wait_until(lambda: primary.ask("ROLE")[0] == b"master" and all_well(), 30)
        self.assertIn("Signed in as", member.get("/cart/").text, "the session was on the replica as well")
        redis_cluster.run(replica.folder)
        redis_cluster.wait_for_health(self.nodes)

    def test_a_unix_socket_is_no_way_to_a_cluster(self):
        done = run("init", "--redis-cluster", "--redis-url", WORLD.url, home=Path(WORLD.folder.name) / "none")
        self.assertEqual(1, done.returncode)
        self.assertIn("by host and port", done.stderr)
        self.assertFalse((Path(WORLD.folder.name) / "none").exists())


if __name__ == "__main__":
    unittest.main()
