"""The production checklist against the shop: nothing on revision 2, the leak of revision 4, and every planted fault of the
headers found by its own check and by no other.

The faults are planted by a small proxy before the shop, which otherwise behaves as a good page cache: it keeps what
anonymous visitors get, passes members on, and says so.
"""
import http.client
import http.server
import json
import re
import threading
import unittest

from stage import COUNTS_FEW, LiveTest, Stage

CATEGORY = "/category/kettles/"
RULES = """
[routes.category.cache]
stored_for = ["anonymous"]
max_age = "10m"
bypass = [{ cookie = "preview" }, { query = "preview=1" }, { header = "X-Preview: 1" }]
cached = ["/category/kettles/"]
not_cached = ["/category/kettles/?page=2"]

[routes.category.limits]
warm = "3s"
cold = "5s"

[routes.account.cache]
stored_for = []
"""
# A fault -> the checks that are not ok because of it.
FAULTS = {
    "none": set(),
    "not stored": {"cached-as-declared"},
    "no-store": {"cached-as-declared"},
    "member from cache": {"not-cached-as-declared"},
    "member public": {"not-cached-as-declared"},
    "member silent": {"says-not-to-store"},
    "page 2 from cache": {"not-cached-as-declared"},
    "too long": {"kept-no-longer"},
    "too old": {"kept-no-longer"},
    "vary differs": {"vary-same"},
    "vary star": {"vary-star", "cached-as-declared"},
    "vary user-agent": {"vary-user-agent"},
    "vary cookie": {"vary-cookie"},
    "cookie stored": {"set-cookie-not-shared"},
    "no bypass by cookie": {"bypass-works"},
    "no bypass by query": {"bypass-works"},
    "no bypass by header": {"bypass-works"},
    "account to others": {"no-leak"},
    "account fails": {"answers"},
}


def without_rules(config):
    """understudy.toml without what its routes say of caches and times."""
    parts = re.split(r"^(?=\[)", config, flags=re.M)
    return "".join(part for part in parts if not re.match(r"\[routes\.\w+\.(cache|limits)\]", part))


class Front(http.server.ThreadingHTTPServer):
    """A page cache before the shop, with one fault at a time."""
    daemon_threads = True

    def __init__(self, shop_port):
        super().__init__(("127.0.0.1", 0), Passing)
        self.shop_port = shop_port
        self.forget("none")
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def forget(self, fault):
        self.fault = fault
        self.pages = {}  # target -> body of an anonymous visitor
        self.account = None

    def end(self):
        self.shutdown()
        self.server_close()


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.do_GET()

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.shop_port, timeout=10)
        upstream.request(self.command, self.path, body=body or None, headers=dict(self.headers.items()))
        answer = upstream.getresponse()
        content = answer.read()
        headers = [(name, value) for name, value in answer.getheaders()
                   if name.lower() not in ("connection", "content-length", "transfer-encoding")]
        status, headers, content = self.changed(answer.status, headers, content)
        upstream.close()
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def changed(self, status, headers, content):
        fault = self.server.fault
        if self.path == "/account/":
            return self.account(fault, status, headers, content)
        if not self.path.startswith(CATEGORY):
            return status, headers, content
        member = "sessionid=" in self.headers.get("Cookie", "")
        kept = [(name, value) for name, value in headers
                if name.lower() not in ("cache-control", "vary", "expires", "set-cookie", "cache-status")]
        return status, kept + (self.for_member(fault) if member else self.for_anonymous(fault, content)), content

    def for_member(self, fault):
        out = {"Cache-Control": "private", "Vary": "Accept-Encoding", "X-Cache": "BYPASS"}
        if fault == "member from cache":
            out["X-Cache"] = "HIT"
        if fault == "member public":
            out["Cache-Control"] = "public, max-age=300"
        if fault == "member silent":
            del out["Cache-Control"]
        if fault == "vary differs":
            out["Vary"] = "Accept-Encoding, Cookie"
        if fault.startswith("vary "):
            out["Vary"] = self.vary(fault, out["Vary"])
        return list(out.items())

    @staticmethod
    def vary(fault, plain):
        return {"vary star": "*", "vary user-agent": "User-Agent", "vary cookie": "Cookie"}.get(fault, plain)

    def bypassed(self, fault):
        by = {"cookie": "preview=" in self.headers.get("Cookie", ""), "query": "preview=1" in self.path,
              "header": self.headers.get("X-Preview") == "1"}
        return any(there and fault != f"no bypass by {kind}" for kind, there in by.items()), any(by.values())

    def for_anonymous(self, fault, content):
        bypass, asked = self.bypassed(fault)
        if bypass or ("page=2" in self.path and fault != "page 2 from cache"):
            return [("Cache-Control", "no-store"), ("Vary", self.vary(fault, "Accept-Encoding")), ("X-Cache", "BYPASS")]
        known = self.path in self.server.pages or asked
        self.server.pages[self.path] = content
        out = [("Cache-Control", "public, s-maxage=3600" if fault == "too long" else "public, s-maxage=300"),
               ("Vary", self.vary(fault, "Accept-Encoding")), ("X-Cache", "HIT" if known else "MISS")]
        if fault == "not stored":
            out[2] = ("X-Cache", "MISS")
        if fault in ("no-store", "vary star"):
            out[2] = ("X-Cache", "MISS")
            if fault == "no-store":
                out[0] = ("Cache-Control", "no-store")
        if fault == "too old" and known:
            out.append(("Age", "700"))
        if fault == "cookie stored":
            out.append(("Set-Cookie", "visitor=0123456789abcdef; Path=/"))
        return out

    def account(self, fault, status, headers, content):
        if fault == "account fails":
            return 500, headers, b"out of order"
        if fault == "account to others" and status == 200:
            self.server.account = self.server.account or content
            return status, headers, self.server.account
        return status, headers, content


class Checklist(LiveTest):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        # The evidence that the way back is proven.
        ended, evidence = cls.stage.rehearse(cls.stage.change("cache-category", replace=COUNTS_FEW))
        assert evidence["proof"]["done"], str(ended)
        cls.plain = cls.stage.config.read_text()

    def setUp(self):
        self.stage.config.write_text(self.plain)

    def checks(self, *words, code):
        ended = self.stage.run("checklist", "staging", *words, "--json")
        self.assertExit(ended, code)
        document = json.loads(ended.out)
        self.assertEqual((document["format"], document["version"]), ("understudy/checklist", 1))
        return document["checks"]

    @staticmethod
    def faults(checks):
        return {one["id"] for one in checks if one["state"] == "not_ok"}

    def test_nothing_on_revision_2(self):
        self.stage.shop("staging", "deploy", "2")
        self.addCleanup(self.stage.shop, "staging", "rollback", "--to", "revision-1")
        checks = self.checks(code=0)
        self.assertEqual([one for one in checks if one["state"] == "not_ok"], [])
        self.assertEqual([one for one in checks if one["state"] == "unknown" and one["weight"] == "required"], [])
        self.assertEqual([one["line"] for one in checks], sorted((one["line"] for one in checks), key=[
            "cache_headers", "logged_in_traffic", "purge", "response_time", "rollback"].index))
        page = self.stage.run("checklist", "staging", "--explain")
        self.assertExit(page, 0)
        for said in ("Inspect cache headers", "Keep a rollback command ready", "RFC 9111", "last proven"):
            self.assertIn(said, page.out)

    def test_a_page_that_is_not_cached_on_revision_1(self):
        checks = self.checks("category", code=1)
        self.assertEqual(self.faults(checks), {"cached-as-declared"})

    def test_the_leak_of_revision_4(self):
        self.stage.shop("staging", "deploy", "4")
        self.addCleanup(self.stage.redis("staging").flushall)
        self.addCleanup(self.stage.shop, "staging", "rollback", "--to", "revision-1")
        checks = self.checks("account", code=1)
        self.assertEqual(self.faults(checks), {"no-leak"})
        leak = next(one for one in checks if one["id"] == "no-leak")
        self.assertRegex(leak["text"], "(ada saw the marker of cleo|cleo saw the marker of ada)")
        self.assertRegex(" ".join(leak["evidence"]), r"(ada, after cleo|cleo, after ada): HTTP 200")
        self.assertNotIn("member001.abbot@mail.example", json.dumps(checks))

    def test_production_is_only_read(self):
        """At its own rate, as the user that may only read; no request but GET reaches the shop, but for the logins."""
        self.stage.config.write_text(self.plain.replace(
            '[environments.production]\nrole = "production"',
            '[environments.production]\nrole = "production"\nlimits = { requests_per_second = 50 }'))
        redis = self.stage.redis("production")
        ended = self.stage.run("checklist", "production", "category", "--json")
        self.assertIn(ended.code, (0, 1, 6), str(ended))
        checks = json.loads(ended.out)["checks"]
        keys = next(one for one in checks if one["id"] == "purge-alone")
        self.assertEqual(keys["state"], "ok", keys)
        log = redis.execute_command("ACL", "LOG")
        self.assertEqual(log, [])

    def test_wrong_names(self):
        self.assertExit(self.stage.run("checklist"), 2)
        self.assertExit(self.stage.run("checklist", "nowhere"), 2)
        self.assertExit(self.stage.run("checklist", "staging", "nothing"), 2)
        known = self.stage.run("checklist", "--what", "vary-star")
        self.assertExit(known, 0)
        self.assertIn("Vary: *", known.out)
        self.assertExit(self.stage.run("checklist", "--what", "nonsense"), 2)

    def test_planted_faults(self):
        port = int(re.search(r'\[environments\.staging\][^\[]*?url = "http://127\.0\.0\.1:(\d+)"', self.plain).group(1))
        front = Front(port)
        self.addCleanup(front.end)
        head, mark, tail = self.plain.partition("[environments.staging]")
        tail = tail.replace(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{front.server_address[1]}", 1)
        self.stage.config.write_text(without_rules(head + mark + tail) + RULES)
        for fault, expected in FAULTS.items():
            with self.subTest(fault):
                front.forget(fault)
                ended = self.stage.run("checklist", "staging", "category", "account", "--json")
                checks = json.loads(ended.out)["checks"]
                wrong = [one for one in checks if one["state"] != "ok"]
                self.assertEqual(self.faults(checks), expected, wrong)
                self.assertEqual(ended.code, 1 if expected - SOFT else 0, wrong)
                self.assertNotIn("0123456789abcdef", json.dumps(checks))


# Recommended only: no reason to fail.
SOFT = {"says-not-to-store", "vary-same", "vary-star", "vary-user-agent", "vary-cookie"}

if __name__ == "__main__":
    unittest.main()
