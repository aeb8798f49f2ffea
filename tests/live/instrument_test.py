"""What `understudy init --instrument` prints is run: Django's in the shop, in the place of the shop's own middleware;
WordPress's under PHP's own server, with small stand-ins for what it uses of WordPress; of the others the syntax.

tests/frameworks runs them in the frameworks themselves (./dev check frameworks).
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import redis

from stage import BINARY, ROOT

SECRET = "measured-by-the-test"


def printed(framework):
    return subprocess.run([BINARY, "init", "--instrument", framework], check=True, stdout=subprocess.PIPE, text=True).stdout


def ask(port, path, secret=SECRET, request_id="us0-1", cookies=""):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"X-Request-Id": request_id, "Cookie": cookies}
    if secret is not None:
        headers["X-Understudy"] = secret
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers["Server-Timing"], body


class Printed(unittest.TestCase):
    def test_each_is_short_and_says_how_it_is_enabled(self):
        for framework in ("django", "wordpress", "laravel", "rails", "express"):
            text = printed(framework)
            self.assertLess(len(text.splitlines()), 52, framework)
            self.assertLessEqual(max(map(len, text.splitlines())), 120, framework)
            for word in ("UNDERSTUDY_SECRET", "req;desc", "understudy."):
                self.assertIn(word.lower(), text.lower(), framework)

    def test_others_are_refused(self):
        done = subprocess.run([BINARY, "init", "--instrument", "cobol"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("django", done.stderr)

    def test_syntax(self):
        """Of those whose language is here."""
        with tempfile.TemporaryDirectory() as folder:
            for framework, name, words in (("wordpress", "w.php", ["php", "-l"]), ("laravel", "l.php", ["php", "-l"]),
                                           ("rails", "r.rb", ["ruby", "-c"]), ("express", "e.js", ["node", "--check"])):
                if not shutil.which(words[0]):
                    continue
                path = pathlib.Path(folder, name)
                path.write_text(printed(framework))
                done = subprocess.run([*words, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                self.assertEqual(done.returncode, 0, done.stdout)


class Django(unittest.TestCase):
    """A shop of its own, whose revision "printed" is revision 1 with the printed middleware."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-django-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        shutil.copytree(ROOT / "examples" / "shop", cls.folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
        revision = cls.folder / "source" / "revisions" / "printed"
        (revision / "shopsite").mkdir(parents=True)
        (revision / "BASED_ON").write_text("1\n")
        (revision / "catalog").mkdir()
        (revision / "catalog" / "revision.py").write_text('REVISION = "revision-printed"\n')
        (revision / "shopsite" / "understudy.py").write_text(printed("django"))
        settings = (cls.folder / "source" / "app" / "shopsite" / "settings.py").read_text()
        own = '"shopsite.server_timing.ServerTiming"'
        assert own in settings
        (revision / "shopsite" / "settings.py").write_text(
            settings.replace(own, '"shopsite.understudy.ServerTiming"') + "\nUNDERSTUDY_SECRET = MEASURE_SECRET\n")
        at = cls.folder / "redis.sock"
        cls.server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", at, "--save", "", "--dir", cls.folder],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        cls.addClassCleanup(cls.server.wait)
        cls.addClassCleanup(cls.server.terminate)
        deadline = time.monotonic() + 20
        while not at.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        cls.redis = redis.Redis(unix_socket_path=str(at))
        cls.addClassCleanup(cls.redis.close)
        cls.shop("init", "--redis-url", f"unix://{at}?db=0", "--products", "120", "--members", "4")
        cls.addClassCleanup(cls.shop, "stop")
        cls.shop("start")
        cls.port = json.loads((cls.folder / "home" / "config.json").read_text())["port"]

    @classmethod
    def shop(cls, *words):
        done = subprocess.run([cls.folder / "source" / "shop", *words, "--home", cls.folder / "home"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env={**os.environ, "SHOP_MEASURE_SECRET": SECRET})
        assert done.returncode == 0, done.stdout
        return done.stdout

    def counts(self):
        """The calls of every route, with an empty cache and with a full one, for anonymous and for a member."""
        out = {}
        _, _, home = ask(self.port, "/")
        product = re.search(rb"/product/[\w-]+/", home)[0].decode()
        session = self.sign_in()
        for who, cookies in (("anonymous", ""), ("ada", session)):
            for path in ("/", "/category/kettles/", product, "/search/?q=red", "/api/products/?category=lamps", "/cart/",
                         "/account/", "/login/", "/health/", "/sitemap.xml", "/nope/"):
                for key in self.redis.scan_iter("shop:1:*", count=1000):
                    if b"sessions" not in key:
                        self.redis.unlink(key)
                for state in ("cold", "warm"):
                    status, timing, _ = ask(self.port, path, request_id="us1-1", cookies=cookies)
                    found = re.fullmatch(r'db;dur=[\d.]+;count=(\d+), req;desc="us1-1"', timing or "")
                    self.assertTrue(found, f"{path}: {timing}")
                    out[who, path, state] = status, int(found[1])
        return out

    def sign_in(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/login/")
        answer = connection.getresponse()
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())[1]
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        connection.request("POST", "/login/", f"csrfmiddlewaretoken={token}&username=member001&password=member001-secret",
                           {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        self.assertEqual(answer.status, 302)
        return "; ".join(one.split(";")[0] for one in answer.headers.get_all("Set-Cookie"))

    def test_it_counts_what_the_shops_own_counts_on_every_route(self):
        self.shop("deploy", "1")
        own = self.counts()
        self.assertEqual(own["anonymous", "/category/kettles/", "warm"][0], 200)
        self.assertGreater(own["anonymous", "/category/kettles/", "warm"][1], 10)
        self.shop("deploy", "printed")
        self.assertIn("revision-printed", self.shop("release"))
        self.assertEqual(self.counts(), own)
        for secret in (None, "", SECRET[:-1], SECRET + "x", "\xe9"):
            self.assertIsNone(ask(self.port, "/category/kettles/", secret)[1], f"told to {secret!r}")
        self.assertRegex(ask(self.port, "/health/", request_id='a.b-1_"; evil;count=9, x' + "y" * 100)[1],
                         r'^db;dur=0\.00;count=0, req;desc="a\.b-1_evilcount9xy{47}"$')


# What the plugin sees of WordPress: $wpdb with its counter, and the order in which things happen.
WORDPRESS = """<?php
class wpdb { public $num_queries = 0; function query( $sql ) { $this->num_queries++; return true; } }
$wpdb = new wpdb();
$wpdb->query( 'SELECT option_name FROM wp_options' );
require __DIR__ . '/understudy.php';
for ( $i = 0; $i < (int) $_GET['calls']; $i++ ) { $wpdb->query( "SELECT $i" ); }
echo 'page';
if ( isset( $_GET['flush'] ) ) { ob_flush(); }
$wpdb->query( 'SELECT late' );
"""


@unittest.skipUnless(shutil.which("php"), "php-cli is not installed")
class WordPress(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-wordpress-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        (cls.folder / "index.php").write_text(WORDPRESS)
        (cls.folder / "understudy.php").write_text(printed("wordpress"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            cls.port = probe.getsockname()[1]
        cls.server = subprocess.Popen(["php", "-d", "output_buffering=0", "-S", f"127.0.0.1:{cls.port}", "-t", cls.folder], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      env={**os.environ, "UNDERSTUDY_SECRET": SECRET})
        cls.addClassCleanup(cls.server.wait)
        cls.addClassCleanup(cls.server.terminate)
        deadline = time.monotonic() + 20
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", cls.port)) == 0:
                    return
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def test_all_queries_of_the_request_and_of_no_other(self):
        for calls in (3, 0, 3):
            self.assertEqual(ask(self.port, f"/?calls={calls}", request_id="us1-1")[1:],
                             (f'db;count={calls + 2}, req;desc="us1-1"', b"page"))

    def test_only_to_the_secret(self):
        for secret in (None, "", SECRET[:-1], SECRET + "x"):
            self.assertEqual(ask(self.port, "/?calls=1", secret)[1:], (None, b"page"))
        self.assertEqual(ask(self.port, "/?calls=0", request_id='a"; x' + "y" * 100)[1], f'db;count=2, req;desc="ax{"y" * 62}"')

    def test_a_page_that_goes_out_in_parts_tells_nothing(self):
        """Headers are gone before the number is known: better unknown than too small."""
        self.assertEqual(ask(self.port, "/?calls=1&flush=1")[1:], (None, b"page"))


if __name__ == "__main__":
    unittest.main()
