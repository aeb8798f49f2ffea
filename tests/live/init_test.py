"""`understudy init` on the two environments of the playground, and on an application that tests make misbehave.

What it writes is used: doctor runs on it, and measure finds the same routes.
"""
import contextlib
import gzip
import http.server
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from stage import BINARY, Ended, LiveTest
from terminal import Terminal, at_a_terminal

SECRET = "canary-Pa55word-7719"


def routes_of(text):
    """The routes that a configuration declares, as {path: text behind inputs}, comments left out."""
    found = re.findall(r"^\[routes\.[\w-]+\]\npath = \"(.*)\"(?:\ninputs = (.*))?", text, re.M)
    return dict(found)


def log_line(target, status=200, method="GET", seconds="", agent="Mozilla/5.0 (canary-agent)"):
    return (f'203.0.113.9 - canary-user [23/Nov/2026:10:15:00 +0000] "{method} {target} HTTP/1.1" {status} 5120 '
            f'"https://mail.example/canary-referrer" "{agent}"{seconds and " " + seconds}\n')


class InitTest(LiveTest):
    def setUp(self):
        self.stage.config.rename(self.stage.folder / "playground.toml")
        self.addCleanup(self.put_back)

    def put_back(self):
        (self.stage.folder / "playground.toml").replace(self.stage.config)

    def address(self, name):
        text = (self.stage.folder / "playground.toml").read_text()
        part = text[text.index(f"[environments.{name}]"):]
        return re.search(r'url = "(.*)"', part)[1], re.search(r"port = (\d+)", part)[1]

    def options(self):
        out = []
        for name, user in (("production", "understudy"), ("staging", "default")):
            url, port = self.address(name)
            out += [f"--{name}-url", url, f"--{name}-redis", f"redis://127.0.0.1:{port}/0", f"--{name}-redis-user", user,
                    f"--{name}-password-file", f"{name}/redis.password"]
        return out

    def init(self, *words, **variables):
        return self.stage.run("init", *self.options(), *words, **variables)

    def written(self):
        return self.stage.config.read_text()

    def works(self, expected):
        """doctor runs on what was written, and measure has exactly these routes."""
        doctor = self.stage.run("doctor")
        self.assertExit(doctor, 0)
        self.assertIn("another server, no replication tie", doctor.out)
        measured = self.stage.run("measure", "staging", "--warm", "1", "--json")
        self.assertExit(measured, 0)
        for name in expected:
            self.assertIn(f'"{name}"', measured.out)
        failed = re.findall(r'"errors":\s*\{[^}]+\}', measured.out)
        self.assertEqual(failed, [], "a route of it answers with an error")

    def test_from_the_sitemap(self):
        ended = self.init()
        self.assertExit(ended, 0)
        text = self.written()
        routes = routes_of(text)
        self.assertEqual(set(routes), {"/", "/category/{slug}/", "/product/{slug}/"}, text)
        self.assertRegex(routes["/category/{slug}/"], r'^\[\{ slug = "[a-z-]+" \}')
        self.assertRegex(text, r"# From \d+ pages of the sitemap at http://127.0.0.1:\d+/sitemap.xml")
        self.assertRegex(text, r"# The application is surely Django: .*cookie csrftoken")
        self.assertIn('# login = { form = "/login/", username = "ada", password = "${ADA_PASSWORD}", username_field = '
                      '"username", password_field = "password", csrf = "csrfmiddlewaretoken" }', text)
        self.assertIn("surely Django", ended.out)
        self.assertIn("understudy init --instrument django", ended.out)
        self.works(("home", "category", "product"))
        # As it is: a second one does not replace it.
        again = self.init()
        self.assertExit(again, 2)
        self.assertIn("--force", again.err)
        self.assertEqual(self.written(), text)
        self.assertExit(self.init("--force", "--most", "1"), 0)
        self.assertEqual(len(routes_of(self.written())), 2, "one, and the front page")

    def test_its_comments_come_true(self):
        """The proposals in it are taken by our reader when their # goes away."""
        self.assertExit(self.init("--print"), 0)
        text = self.init("--print").out
        start = text.index("# [environments.staging.identities.ada]")
        end = text.index("# Routes:")
        made = re.sub(r"^# (\[|login|logged|marker|run|arguments|environment)", r"\1", text[start:end], flags=re.M)
        made = text[:start] + made + text[end:]
        made = re.sub(r"^# (instrument = )", r"\1", made, flags=re.M)
        self.stage.config.write_text(made)
        doctor = self.stage.run("doctor", "staging", ADA_PASSWORD="x", UNDERSTUDY_SECRET="x")
        self.assertEqual(doctor.code, 3, str(doctor))  # nobody is called ada here
        self.assertIn("identity ada", doctor.out)

    def test_from_an_access_log(self):
        lines = [log_line("/category/kettles/", seconds="0.900")] * 3 + [log_line("/category/lamps/", seconds="0.800")]
        lines += [log_line("/search/?q=canary-illness", seconds="0.100")] * 5 + [log_line("/cart/", seconds="0.010")] * 9
        lines += [log_line("/account/", seconds="0.020")] * 4
        lines += [log_line("/users/canary-name"), log_line("/x/canary@mail.example"), log_line("/logout/"),
                  log_line("/reset/canary0123456789abcdef"), log_line("/nope/", status=404),
                  log_line("/cart/", method="POST", status=302), "garbage\n"]
        log = self.stage.folder / "access.log"
        log.write_text("".join(lines))
        ended = self.init("--access-log", "access.log")
        self.assertExit(ended, 0)
        text = self.written()
        self.assertEqual(list(routes_of(text)), ["/category/{slug}/", "/cart/", "/"], text)
        self.assertIn("those that cost most time first", text)
        self.assertIn("# 4 requests, 0.875 s on average.", text)
        self.assertIn('# path = "/search/?q={q}"', text)
        self.assertIn("only for members", text)
        self.assertIn('# path = "/account/"', text)
        self.assertIn('# path = "/users/{name}"', text)
        for told in (text, ended.out, ended.err):
            self.assertNotIn("canary", told)
        self.works(("category", "cart", "home"))
        packed = self.stage.folder / "access.log.gz"
        packed.write_bytes(gzip.compress(log.read_bytes()))
        refused = self.init("--force", "--access-log", "access.log.gz")
        self.assertExit(refused, 2)
        self.assertIn("zcat", refused.err)
        (self.stage.folder / "no.log").write_text("hello\n" * 10)
        self.assertExit(self.init("--force", "--access-log", "no.log"), 2)
        self.assertExit(self.init("--force", "--access-log", "missing.log"), 3)
        self.assertEqual(self.written(), text)

    def test_a_log_on_standard_input(self):
        piped = subprocess.run([BINARY, "init", *self.options(), "--access-log", "-", "--print", "-q"],
                               cwd=self.stage.folder, env=self.stage.variables(), timeout=60, text=True,
                               input=log_line("/category/kettles/") * 2, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((piped.returncode, piped.stderr), (0, ""))
        self.assertIn("/category/", piped.stdout)
        self.assertFalse(self.stage.config.exists(), "--print writes no file")

    def test_from_a_list(self):
        (self.stage.folder / "routes.txt").write_text("# ours\n/category/kettles/\n/category/lamps/\n/cart/\n\n/nope/\n")
        self.assertExit(self.init("--routes", "routes.txt"), 0)
        text = self.written()
        self.assertEqual(set(routes_of(text)), {"/", "/category/{slug}/", "/cart/"}, text)
        self.assertIn("Staging answered an anonymous visitor with HTTP 404.", text)
        self.works(("category", "cart"))

    def test_offline_asks_nobody(self):
        ended = self.stage.run("init", "--offline", "--production-url", "shop.invalid", "--production-redis",
                               "redis.invalid", "--staging-url", "http://staging.invalid", "--staging-redis",
                               "redis://reader@staging.invalid:6380/2", "--staging-password-env", "STAGING_PASSWORD")
        self.assertExit(ended, 0)
        text = self.written()
        self.assertIn('url = "https://shop.invalid"', text)
        self.assertIn('redis = { host = "staging.invalid", port = 6380, database = 2, username = "reader", '
                      'password = "${STAGING_PASSWORD}" }', text)
        self.assertEqual(routes_of(text), {"/": ""})

    def test_what_is_wrong_is_said_and_nothing_is_written(self):
        url, port = self.address("staging")
        _, production = self.address("production")
        cases = [
            (2, "usage", [], "--production-url"),
            (2, "usage", ["--production-password", SECRET], "never an argument"),
            (2, "config_literal_secret", ["--production-redis", f"redis://u:{SECRET}@127.0.0.1:1/0"], "password"),
            (2, "config_bad_value", ["--production-redis", "redis://127.0.0.1:99999/0"], "port"),
            (2, "config_bad_value", ["--production-redis", "rediss://127.0.0.1:1/0"], "TLS"),
            (2, "config_bad_value", ["--production-url", f"http://u:{SECRET}@127.0.0.1/"], "user or password"),
            (2, "config_bad_value", ["--staging-url", url + "/below"], "without a path"),
            (2, "secret_missing", ["--staging-password-env", "NOT_SET"], "NOT_SET"),
            (3, "unreachable", ["--production-redis", "redis://127.0.0.1:1/0"], "127.0.0.1:1"),
            (3, "unreachable", ["--production-url", "http://127.0.0.1:1"], "127.0.0.1:1"),
            (3, "auth_failed", ["--staging-password-env", "WRONG"], "127.0.0.1"),
            (4, "unsafe_target", ["--staging-redis", f"redis://127.0.0.1:{production}/0", "--staging-redis-user",
                                  "understudy", "--staging-password-file", "production/redis.password"], ""),
            (2, "usage", ["--sitemap", "https://elsewhere.example/sitemap.xml"], "--sitemap"),
        ]
        for code, name, more, says in cases:
            with self.subTest(more=more):
                # An option that is given a second time is an error of its own, so the first is taken out.
                words = self.options() if more else []
                for option in more[::2]:
                    twin = option.replace("-env", "-file")
                    for old in (option, twin):
                        if old in words:
                            at = words.index(old)
                            del words[at:at + 2]
                ended = self.stage.run("init", "-q", *words, *more, WRONG="not-it")
                self.assertEqual(ended.code, code, str(ended))
                self.assertEqual((ended.out, len(ended.err.splitlines())), ("", 1), str(ended))
                self.assertIn(f"[{name}]", ended.err)
                self.assertIn(says, ended.err)
                self.assertNotIn(SECRET, ended.err)
                self.assertFalse(self.stage.config.exists())

    def test_questions_at_a_terminal(self):
        """Everything is asked for; an empty answer takes what is proposed; the password is named, not given."""
        production, staging = self.address("production"), self.address("staging")
        answers = [production[0], f"127.0.0.1:{production[1]}", "understudy", "", staging[0],
                   f"redis://127.0.0.1:{staging[1]}/0", "default", "STAGE_PW"]
        passwords = {"PRODUCTION_REDIS_PASSWORD": (self.stage.folder / "production/redis.password").read_text().strip(),
                     "STAGE_PW": (self.stage.folder / "staging/redis.password").read_text().strip()}
        code, seen = at_a_terminal(["init", "--most", "2"], self.stage.folder, answers, self.stage.variables(**passwords))
        self.assertEqual(code, 0, seen)
        text = self.written()
        self.assertIn('username = "understudy", password = "${PRODUCTION_REDIS_PASSWORD}"', text)
        self.assertIn('password = "${STAGE_PW}"', text)
        for password in passwords.values():
            self.assertNotIn(password, seen + text)

    def test_an_answer_that_cannot_be_is_asked_for_again(self):
        """With the reason, and without losing what was answered before."""
        production, staging = self.address("production"), self.address("staging")
        at = Terminal(["init", "--most", "1"], self.stage.folder, self.stage.variables(STAGE_PW=(
            self.stage.folder / "staging/redis.password").read_text().strip(), PRODUCTION_PW=(
            self.stage.folder / "production/redis.password").read_text().strip()))
        self.addCleanup(at.close)
        for question, wrong, why, right in (
                ("URL of production: ", "", "needed", None),
                ("URL of production: ", "ftp://shop.example", "https://shop.example:8443", production[0]),
                (r"Redis of production \[redis://127.0.0.1:6379/0\]: ", "redis://host:port", "from 1 to 65535",
                 f"understudy@127.0.0.1:{production[1]}"),
                (r"password .*PRODUCTION_REDIS_PASSWORD\]: ", "", "no such variable", "PRODUCTION_PW"),
                ("URL of staging: ", "user@staging.example", "no user in it", staging[0]),
                ("Redis of staging: ", f"redis://default:{SECRET}@127.0.0.1", "a password in the address",
                 f"127.0.0.1:{staging[1]}"),
                (r"its user \(empty: the default one\): ", None, None, ""),
                ("password .*: ", "pass word!", "never asked for", "STAGE_PW")):
            at.until(question)
            if wrong is not None:
                at.type(wrong + "\n")
                at.until(re.escape(why))
            if right is not None:
                if wrong is not None:
                    at.until(question)
                at.type(right + "\n")
        self.assertEqual(at.end(), 0, at.seen)
        text = self.written()
        self.assertIn('username = "understudy", password = "${PRODUCTION_PW}"', text)
        self.assertIn('password = "${STAGE_PW}"', text)
        self.assertEqual(at.seen.count(SECRET), 1, "the echo of what was typed, and nothing more")

    def test_ctrl_c_at_a_question(self):
        code, seen = at_a_terminal(["init"], self.stage.folder, ["\x03"], self.stage.variables(), end="")
        self.assertEqual(code, 128 + signal.SIGINT, seen)
        self.assertFalse(self.stage.config.exists())


class Site:
    """An application that answers from a table: path -> (status, headers, body) or a function of the handler."""

    def __init__(self):
        self.pages, self.asked, self.otherwise = {}, [], (404, {}, b"")
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append(self.path)
                page = site.pages.get(self.path.split("?")[0], site.otherwise)
                if callable(page):
                    self.close_connection = True
                    with contextlib.suppress(OSError):
                        page(self)
                    return
                status, headers, body = page
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


HTML = (200, {"Content-Type": "text/html"}, b"<!doctype html><html><body><p>Everything is fine<br></body></html>")


def urlset(*paths):
    return (200, {}, ("<urlset>" + "".join(f"<url><loc>{path}</loc></url>" for path in paths) + "</urlset>").encode())


class Redises:
    """Two redis-servers without password."""

    def __init__(self, folder):
        self.processes, self.sockets = [], []
        for name in ("production", "staging"):
            socket = folder / f"{name}.sock"
            self.processes.append(subprocess.Popen(
                ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            self.sockets.append(socket)
        deadline = time.monotonic() + 20
        while not all(socket.exists() for socket in self.sockets):
            assert time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.02)

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait(10)


class HostileSites(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-init-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.redises = Redises(cls.folder)
        cls.addClassCleanup(cls.redises.close)
        cls.production, cls.staging = Site(), Site()
        for site in (cls.production, cls.staging):
            cls.addClassCleanup(site.close)

    def setUp(self):
        for site in (self.production, self.staging):
            site.pages, site.asked, site.otherwise = {"/": HTML}, [], (404, {}, b"")
        (self.folder / "understudy.toml").unlink(missing_ok=True)

    def words(self):
        return [str(BINARY), "init", "--production-url", self.production.url, "--production-redis",
                f"unix:{self.redises.sockets[0]}", "--staging-url", self.staging.url, "--staging-redis",
                f"unix:{self.redises.sockets[1]}"]

    def variables(self):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        return {**kept, "LANG": "C.UTF-8"}

    def init(self, *more, timeout=60):
        return Ended(subprocess.run([*self.words(), *more], cwd=self.folder, env=self.variables(), timeout=timeout,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))

    def text(self, *more):
        ended = self.init("--print", *more)
        self.assertEqual(ended.code, 0, str(ended))
        return ended.out

    def test_html_200_on_everything(self):
        self.production.otherwise = self.staging.otherwise = HTML
        text = self.text()
        self.assertEqual(routes_of(text), {"/": ""})
        self.assertIn("No sitemap at", text)
        self.assertIn("answers 2xx also to a page that cannot be there", text)
        self.assertIn("Which framework the application is made with could not be told", text)

    def test_an_index_of_packed_sitemaps_behind_a_redirect(self):
        for site in (self.production, self.staging):
            site.pages.update({f"/a/{name}-x": HTML for name in ("one", "two", "three")})
        self.production.pages.update({
            "/robots.txt": (200, {}, f"Sitemap: {self.production.url}/old.xml\n".encode()),
            "/old.xml": (301, {"Location": "/index.xml"}, b""),
            "/index.xml": (200, {}, f"<sitemapindex><sitemap><loc>{self.production.url}/1.xml.gz</loc></sitemap>"
                                    "<sitemap><loc>https://evil.example/2.xml</loc></sitemap></sitemapindex>".encode()),
            "/1.xml.gz": (200, {}, gzip.compress(urlset(
                self.production.url + "/a/one-x", self.staging.url + "/a/two-x", "https://evil.example/a/four-x",
                self.production.url + "/a/three-x")[2])),
        })
        text = self.text()
        self.assertEqual(set(routes_of(text)), {"/a/{slug}", "/"}, text)
        self.assertIn("From 3 pages of the sitemap", text)
        self.assertIn("2 of other hosts were passed over", text)
        self.assertNotIn("evil", text)

    def test_a_sitemap_of_staging_where_production_has_none(self):
        self.staging.pages.update({"/sitemap.xml": urlset("/x/"), "/x/": HTML})
        text = self.text()
        self.assertEqual(set(routes_of(text)), {"/x/", "/"}, text)
        self.assertNotIn("/x/", self.production.asked, "production was asked for a route")

    def test_sitemaps_without_end(self):
        def endless(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            part = b"<url><loc>/a</loc></url>" * 4096
            while True:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

        self.production.pages["/sitemap.xml"] = endless
        self.assertIn("larger than the limit", self.text())
        # Each index names the next one.
        for i in range(100):
            self.production.pages[f"/i{i}.xml"] = (
                200, {}, "".join(["<sitemapindex>", *(f"<sitemap><loc>/i{i * 7 + k}.xml</loc></sitemap>" for k in range(1, 8)),
                                  "</sitemapindex>"]).encode())
        self.production.asked.clear()
        ended = self.init("--print", "--sitemap", "/i0.xml")
        self.assertEqual(ended.code, 0, str(ended))
        self.assertIn("there is more of it than was read", ended.out)
        self.assertLessEqual(len([path for path in self.production.asked if path.startswith("/i")]), 8)

    def test_a_packed_bomb(self):
        self.production.pages["/sitemap.xml"] = (200, {}, gzip.compress(b"<urlset>" + b" " * (64 << 20)))
        self.assertIn("larger than the limit", self.text())

    def test_a_million_entities(self):
        self.production.pages["/sitemap.xml"] = (
            200, {}, b'<!DOCTYPE u [<!ENTITY a "/x/"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>')
        self.assertEqual(routes_of(self.text()), {"/": ""})

    def test_http_basic_in_front_of_staging(self):
        self.staging.pages = {}
        self.staging.otherwise = (401, {"WWW-Authenticate": "Basic realm=x"}, b"")
        text = self.text()
        self.assertIn('# basic = { username = "team", password = "${STAGING_BASIC_PASSWORD}" }', text)
        self.assertEqual(routes_of(text), {})

    def test_a_login_form_with_hostile_names(self):
        self.staging.pages["/login/"] = (
            200, {}, b'<input name="us\n[routes.evil]\nq" type=text><input name="pw" type="password">'
                     b'<input type=hidden name=_token value="canary-token">')
        ended = self.init()
        self.assertEqual(ended.code, 0, str(ended))
        text = (self.folder / "understudy.toml").read_text()
        self.assertIn('password_field = "pw", csrf = "_token"', text)
        self.assertNotIn("evil", text)
        self.assertNotIn("canary", text)

    def test_ctrl_c_while_a_server_says_nothing(self):
        self.production.pages["/robots.txt"] = lambda handler: time.sleep(30)
        process = subprocess.Popen(self.words(), cwd=self.folder, env=self.variables(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while "/robots.txt" not in self.production.asked and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out), (128 + signal.SIGINT, ""), err)
        self.assertFalse((self.folder / "understudy.toml").exists())


if __name__ == "__main__":
    unittest.main()
