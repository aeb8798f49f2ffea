"""The production checklist behind real caches: nginx, then Varnish, in front of the shop. On revision 2 nothing is found
wrong, of revision 4 the leak, and of the faults that are planted each by its own check and by no other.

A fault of the application is one of what it says: between cache and shop stands a small proxy that changes the headers
of some pages. A fault of the cache is one of its configuration, as people make them.
"""
import contextlib
import http.client
import itertools
import json
import re
import sys
import threading
import time
import unittest
from http.server import ThreadingHTTPServer

import checklist_test as plain
from stage import COUNTS_FEW, ROOT, LiveTest, Stage, long_test

sys.path.insert(0, str(ROOT / "examples" / "shop"))
from deployment import front  # noqa: E402  pylint: disable=wrong-import-position
from deployment.instance import Instance  # noqa: E402  pylint: disable=wrong-import-position

# A page of the shop that sets a cookie for each visitor, and says nothing of caches.
PRODUCT = """
[routes.product]
path = "/product/{slug}/"
inputs = [{ slug = "@product@" }]
as = ["anonymous"]
"""
SERVER = """
[routes.category.cache]
stored_for = ["anonymous", "ada"]
bypass = [{ cookie = "sessionid" }]
"""

# What the application says wrongly -> the checks that are not ok because of it, in front of either cache.
APPLICATION = {
    "none": set(),
    "no-store": {"cached-as-declared"},
    "cookie on the page": {"cached-as-declared", "set-cookie-not-shared"},
    "member public": {"not-cached-as-declared"},
    "member silent": {"says-not-to-store"},
    "too long": {"kept-no-longer"},
    "vary differs": {"vary-same"},
    "vary star": {"vary-star", "cached-as-declared"},
    "vary user-agent": {"vary-user-agent"},
    "vary cookie": {"vary-cookie"},
    "account to others": {"no-leak"},
    "account fails": {"answers"},
}

# The configurations that are right: previews, further pages and members pass, and the query is no part of the key.
PASSED = "$member $cookie_preview $arg_preview $http_x_preview $arg_page"
NGINX = [("proxy_cache_key $host$request_uri;", "proxy_cache_key $host$uri;"),
         ("proxy_cache_bypass $member;", f"proxy_cache_bypass {PASSED};"),
         ("proxy_no_cache $member;", f"proxy_no_cache {PASSED};")]
VARNISH = [("    return (hash);\n", """    if (req.http.Cookie ~ "(^|; )preview=") { return (pass); }
    if (req.url ~ "[?&]preview=") { return (pass); }
    if (req.http.X-Preview) { return (pass); }
    if (req.url ~ "[?&]page=") { return (pass); }
    set req.url = regsub(req.url, "\\?.*$", "");
    return (hash);
""")]
# One page more that nginx caches, whatever the application says of it.
NGINX_LOCATION = """        location %s {
            proxy_pass http://127.0.0.1:{origin};
            proxy_set_header Host $http_host;
            proxy_cache pages;
            proxy_cache_key $host$uri;
            proxy_cache_valid 200 60s;
            proxy_ignore_headers %s;
            add_header X-Cache-Status $upstream_cache_status always;
        }
        location / {"""
VARNISH_STORED = """    if (bereq.url ~ "^%s") {
        %s
        set beresp.ttl = 60s;
        return (deliver);
    }
    set beresp.grace = 10s;"""


def without(text, words):
    """That text with some of its words gone."""
    return re.sub("|".join(r" ?" + re.escape(word) for word in words), "", text)


def nginx_fault(*names):
    """The variables that the right configuration lets pass, and this one does not."""
    return [(text, without(text, names)) for _, text in NGINX[1:]]


# What is wrong in the cache's configuration -> replacements in the right one, and the checks that are not ok.
NGINX_FAULTS = {
    "members are not let through": (nginx_fault("$member"), {"not-cached-as-declared"}),
    "previews by cookie are not": (nginx_fault("$cookie_preview"), {"bypass-works"}),
    "previews by query are not": (nginx_fault("$arg_preview"), {"bypass-works"}),
    "previews by query are not, each in its own copy": (
        [*nginx_fault("$arg_preview"), ("$host$uri;", "$host$request_uri;")], {"bypass-works"}),
    "previews by header are not": (nginx_fault("$http_x_preview"), {"bypass-works"}),
    "page 2 is page 1": (nginx_fault("$arg_page"), {"not-cached-as-declared"}),
    "nothing is stored": ([("proxy_no_cache $member", "proxy_no_cache 1")], {"cached-as-declared"}),
    "accounts are stored": (
        [("        location / {", NGINX_LOCATION % ("/account/", "Cache-Control Expires Set-Cookie Vary"))],
        {"no-leak", "not-cached-as-declared"}),
    "cookies are stored": ([("        location / {", NGINX_LOCATION % ("/product/", "Set-Cookie"))],
                           {"set-cookie-not-shared"}),
}
VARNISH_FAULTS = {
    "members are not let through": ([('"(^|; )sessionid="', '"(^|; )nobody="')], {"not-cached-as-declared"}),
    "previews by cookie are not": ([('"(^|; )preview="', '"(^|; )nobody="')], {"bypass-works"}),
    "previews by query are not": ([('"[?&]preview="', '"[?&]nobody="')], {"bypass-works"}),
    "previews by query are not, each in its own copy": (
        [('"[?&]preview="', '"[?&]nobody="'), ('    set req.url = regsub(req.url, "\\?.*$", "");\n', "")],
        {"bypass-works"}),
    "previews by header are not": ([("if (req.http.X-Preview)", "if (req.http.X-Nobody)")], {"bypass-works"}),
    "page 2 is page 1": ([('"[?&]page="', '"[?&]nobody="')], {"not-cached-as-declared"}),
    "nothing is stored": ([("set beresp.grace = 10s;", "set beresp.uncacheable = true;")], {"cached-as-declared"}),
    "accounts are stored": (
        [('if (req.http.Cookie ~ "(^|; )sessionid=")',
          'if (req.url !~ "^/account/" && req.http.Cookie ~ "(^|; )sessionid=")'),
         ("    set beresp.grace = 10s;", VARNISH_STORED % (
             "/account/", "unset beresp.http.Cache-Control; unset beresp.http.Set-Cookie; unset beresp.http.Vary;"))],
        {"no-leak", "not-cached-as-declared"}),
    "cookies are stored": ([("    set beresp.grace = 10s;", VARNISH_STORED % ("/product/", ""))],
                           {"set-cookie-not-shared"}),
}
# Here the application lets previews be stored; else it forbids it, and a cache that asked it would not keep them.
STORED_PREVIEWS = {"previews by query are not, each in its own copy"}


class Application(ThreadingHTTPServer):
    """The shop as its caches see it, with one fault at a time in what it says."""
    daemon_threads = True

    def __init__(self, shop_port):
        super().__init__(("127.0.0.1", 0), Telling)
        self.shop_port, self.fault, self.account, self.numbers = shop_port, "none", None, itertools.count()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def plant(self, fault):
        self.fault, self.account = fault, None

    def end(self):
        self.shutdown()
        self.server_close()


class Telling(plain.Passing):
    def changed(self, status, headers, content):
        fault = self.server.fault
        if self.path == "/account/":
            return self.account(fault, status, headers, content)
        if not self.path.startswith(plain.CATEGORY):
            return status, headers, content
        kept = [(name, value) for name, value in headers
                if name.lower() not in ("cache-control", "vary", "expires", "set-cookie", "cache-status")]
        return status, kept + list(self.said(fault).items()), content

    def said(self, fault):
        out = {"Cache-Control": "public, s-maxage=300", "Vary": self.vary(fault, "Accept-Encoding")}
        if "sessionid=" in self.headers.get("Cookie", ""):
            out["Cache-Control"] = "public, max-age=300" if fault == "member public" else "private"
            if fault == "member silent":
                del out["Cache-Control"]
            if fault == "vary differs":
                out["Vary"] = "Accept-Encoding, Cookie"
        elif fault == "no-store" or "page=" in self.path or (self.is_preview() and fault not in STORED_PREVIEWS):
            out["Cache-Control"] = "no-store"
        elif fault == "two seconds":
            out["Cache-Control"] = "public, s-maxage=2"
        elif fault == "too long":
            out["Cache-Control"] = "public, s-maxage=3600"
        elif fault == "cookie on the page":
            out["Set-Cookie"] = f"visitor={next(self.server.numbers):016d}; Path=/"
        return out

    def is_preview(self):
        return "preview=" in self.headers.get("Cookie", "") + self.path or "X-Preview" in self.headers


def changed(text, replacements):
    """A configuration of deployment/front.py, which is a format with fields, with some of it replaced."""
    for pair in replacements:
        old, new = (part.replace("{", "{{").replace("}", "}}").replace("{{origin}}", "{origin}") for part in pair)
        assert old in text, f"{old!r} is not in the configuration"
        text = text.replace(old, new)
    return text


class BehindCache(LiveTest):
    """One stage for both caches, each in its turn on the same port."""

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(front="nginx")
        # The evidence that the way back is proven.
        ended, evidence = cls.stage.rehearse(cls.stage.change("cache-category", replace=COUNTS_FEW), timeout=600)
        assert evidence["proof"]["done"], str(ended)
        cls.config = cls.stage.config.read_text()
        cls.instance = Instance(cls.stage.folder / "staging" / "shop")
        cls.port = int(re.search(r'\[environments\.staging\][^\[]*?url = "http://127\.0\.0\.1:(\d+)"', cls.config)[1])
        cls.shop_port = cls.instance.config["port"]

    def setUp(self):
        self.stage.config.write_text(self.config)

    @contextlib.contextmanager
    def cache(self, kind, replacements=(), origin=0, ttl=30):
        """A cache of that kind at the address of staging, with changes in its configuration."""
        template = {"nginx": "NGINX", "varnish": "VARNISH"}[kind]
        right = getattr(front, template)
        setattr(front, template, changed(right, replacements))
        front.stop(self.instance)
        try:
            front.start(self.instance, kind, self.port, ttl, origin)
            yield
        finally:
            setattr(front, template, right)
            front.stop(self.instance)

    def checks(self, *words):
        ended = self.stage.run("checklist", "staging", *words, "--json")
        self.assertIn(ended.code, (0, 1, 6), str(ended))
        return ended.code, json.loads(ended.out)["checks"]

    def assertFaults(self, checks, expected):
        wrong = [one for one in checks if one["state"] != "ok"]
        self.assertEqual(plain.Checklist.faults(checks), expected, wrong)

    def assertFound(self, expected, *words):
        """These checks are not ok and every other required one is, and the exit code says so."""
        code, checks = self.checks(*words)
        self.assertFaults(checks, expected)
        self.assertEqual(code, 1 if expected - plain.SOFT else 0, checks)

    def check_revisions(self, kind):
        """The shop as it is: nothing on revision 2, and the leak of revision 4."""
        self.stage.config.write_text(self.config.replace("""
[routes.category.cache]
stored_for = ["anonymous", "ada"]
""", SERVER))
        self.assertIn("bypass", self.stage.config.read_text())
        self.addCleanup(self.stage.shop, "staging", "rollback", "--to", "revision-1")
        redis = self.stage.redis("staging")
        with self.cache(kind):
            self.stage.shop("staging", "deploy", "2")
            self.assertFound(set())
            _, checks = self.checks()
            stored = next(one for one in checks if one["id"] == "cached-as-declared" and one["as"] == "anonymous")
            # Varnish's Age tells that the shop's own Cache-Status is replayed by whoever hit.
            self.assertRegex(stored["text"], {"nginx": "X-Cache-Status: hit", "varnish": "(X-Cache|Cache-Status): hit"}[kind])
            passed = next(one for one in checks if one["id"] == "bypass-works")
            self.assertIn("passed on", passed["text"])
            redis.unlink(*redis.scan_iter("shop:1:account:*"))
            self.stage.shop("staging", "deploy", "4")
            self.addCleanup(lambda: redis.unlink("shop:1:account:summary"))
            self.assertFound({"no-leak"})
            # Revision 1 keeps nothing: anonymous visitors get it from the cache in front, members from nowhere.
            self.stage.shop("staging", "rollback", "--to", "revision-1")
            self.assertFound({"cached-as-declared"}, "category")

    def with_rules(self):
        product = re.search(r"/product/([\w-]+)/", self.page("/"))[1]
        self.stage.config.write_text(plain.without_rules(self.config) + PRODUCT.replace("@product@", product)
                                     + plain.RULES)

    def page(self, path):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.shop_port, timeout=20)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode()

    def check_application(self, kind, right):
        application = Application(self.shop_port)
        self.addCleanup(application.end)
        self.with_rules()
        with self.cache(kind, right, application.server_address[1]):
            for fault, expected in APPLICATION.items():
                with self.subTest(fault):
                    application.plant(fault)
                    front.clear(self.instance)
                    self.assertFound(expected, "category", "account", "product")

    def check_configuration(self, kind, right, faults):
        application = Application(self.shop_port)
        self.addCleanup(application.end)
        self.with_rules()
        for fault, (replacements, expected) in faults.items():
            with self.subTest(fault):
                application.plant(fault)
                with self.cache(kind, [*right, *replacements], application.server_address[1]):
                    self.assertFound(expected, "category", "account", "product")

    def check_silent(self, kind, right, replacements):
        """A cache that tells nothing: what could not be seen is unknown, and never ok."""
        application = Application(self.shop_port)
        self.addCleanup(application.end)
        self.with_rules()
        with self.cache(kind, [*right, *replacements], application.server_address[1]):
            code, checks = self.checks("category")
        self.assertEqual(code, 6, checks)
        self.assertFaults(checks, set())
        states = {(one["id"], one["as"]): one["state"] for one in checks}
        self.assertEqual(states["cached-as-declared", "anonymous"], "unknown")

    def test_the_revisions_behind_nginx(self):
        self.check_revisions("nginx")

    def test_the_revisions_behind_varnish(self):
        self.check_revisions("varnish")

    def test_what_the_application_says_behind_nginx(self):
        self.check_application("nginx", NGINX)

    @long_test
    def test_what_the_application_says_behind_varnish(self):
        self.check_application("varnish", VARNISH)

    def test_how_nginx_is_configured(self):
        self.check_configuration("nginx", NGINX, NGINX_FAULTS)

    @long_test
    def test_how_varnish_is_configured(self):
        self.check_configuration("varnish", VARNISH, VARNISH_FAULTS)

    def test_nginx_tells_nothing(self):
        self.check_silent("nginx", NGINX, [("add_header X-Cache-Status $upstream_cache_status always;\n", "\n")])

    def test_varnish_tells_nothing(self):
        self.check_silent("varnish", VARNISH, [("    set resp.http.X-Cache = req.http.X-Front;\n",
                                                "    unset resp.http.X-Varnish;\n    unset resp.http.Via;\n"
                                                "    unset resp.http.Age;\n")])

    @long_test
    def test_varnish_keeps_it_longer_than_the_application_says(self):
        """Its Age tells. (nginx sends none, so there only what the application allows is seen.)"""
        application = Application(self.shop_port)
        self.addCleanup(application.end)
        self.with_rules()
        text = self.stage.config.read_text()
        self.stage.config.write_text(text.replace('max_age = "10m"', 'max_age = "2s"'))
        application.plant("two seconds")
        right = [("set beresp.grace = 10s;", "set beresp.grace = 0s;")]
        longer = [("set beresp.grace = 10s;", "set beresp.ttl = 60s;")]
        for replacements, expected in ((right, set()), (longer, {"kept-no-longer"})):
            port = application.server_address[1]
            with self.subTest(expected), self.cache("varnish", [*VARNISH, *replacements], port):
                self.checks("category")
                time.sleep(4.1)
                self.assertFound(expected, "category", "account")


if __name__ == "__main__":
    unittest.main()
