"""What stands between the program and the application, and what ends between them: a proxy that answers the same page of
HTML to everything, and sessions and cookies that expire in the middle of a rehearsal.
"""
import http.server
import json
import threading
import time
import unittest

import input_test as light

CARD = "Signed in as Ada" + light.MARKER


class Site:
    """A page, an account and a login. Each session lasts for `lasts` requests; then `farewell` says how the site tells:
    "redirect" sends to the login, "form" shows it with 200. `portal` answers one page to everything."""

    def __init__(self, release_file):
        self.portal, self.farewell, self.lasts = False, "redirect", 10**9
        self.sessions, self.cookie_lasts = {}, 10**9
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if site.portal:
                    return self.portal()
                calls = 0 if release_file.read_text().strip() == "release-2" else 20
                member = self.member()
                timing = {"Server-Timing": f'db;count={calls}, req;desc="{self.headers.get("X-Request-Id", "")}"'}
                if self.path == "/login/" or (site.farewell == "form" and member == "expired"):
                    return self.answer(200, '<html><form><input type="hidden" name="token" value="t"></form></html>')
                if self.path == "/account/" or member == "expired":
                    if member != "ada":
                        return self.answer(302, "", {"Location": "/login/"})
                    return self.answer(200, f"<html>{CARD}</html>", timing)
                if self.path == "/page/":
                    return self.answer(200, "<html>Page" + (CARD if member == "ada" else "") + "</html>", timing)
                self.answer(404, "<html>nothing here</html>")

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if site.portal:
                    return self.portal()
                name = f"s{len(site.sessions)}"
                site.sessions[name] = site.lasts
                self.answer(302, "", {"Location": "/", "Set-Cookie": f"session={name}; Path=/"})

            def member(self):
                """ada, expired, or nobody."""
                cookie = self.headers.get("Cookie", "")
                if cookie == "fixed=ada":
                    site.cookie_lasts -= 1
                    return "ada" if site.cookie_lasts >= 0 else "expired"
                if not cookie.startswith("session="):
                    return None
                site.sessions[cookie[8:]] -= 1
                return "ada" if site.sessions[cookie[8:]] >= 0 else "expired"

            def portal(self):
                self.answer(200, f"<!DOCTYPE html><html>Please accept our terms to go to {self.path}</html>")

            def answer(self, status, body, headers=()):
                head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
                head += "".join(f"{name}: {value}\r\n" for name, value in dict(headers).items())
                self.wfile.write((head + "\r\n" + body).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SessionTest(light.InputTest):
    def setUp(self):
        super().setUp()
        self.site = Site(self.folder / "release")
        self.addCleanup(self.site.close)
        self.configure(staging_http=self.site.port)

    def evidence(self):
        run = sorted((self.folder / "understudy-runs").iterdir())[-1]
        return json.loads((run / "evidence.json").read_text())

    def fixed_cookie(self):
        login = 'login = { form = "/login/", username = "ada", password = "${ADA_PASSWORD}", csrf = "token" }'
        self.configure([(login, 'cookie = "${ADA_COOKIE}"')], staging_http=self.site.port)

    def test_all_is_well(self):
        ended = self.run_it("rehearse", "-q", self.change)
        self.assertEqual((ended.code, ended.err), (0, ""), str(ended))

    def test_one_page_for_everything(self):
        self.site.portal = True
        self.rehearsal_refused(3, "http_failed", says=("staging", "same page", str(self.site.port)))
        doctor = self.run_it("doctor", "staging", "-q")
        self.assertEqual(doctor.code, 3, str(doctor))
        self.assertIn("same page", doctor.out)

    def test_one_page_for_everything_from_the_deploy_on(self):
        """The first after is all portal; the before that follows cannot log in, so it is not the change's doing alone."""
        done = threading.Event()

        def watch():
            while not done.is_set():
                self.site.portal = self.site.portal or (self.folder / "release").read_text() == "release-2\n"
                time.sleep(0.002)
        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        ended = self.run_it("rehearse", "-q", self.change)
        done.set()
        thread.join()
        self.assertEqual(ended.code, 3, str(ended))
        evidence = self.evidence()
        self.assertIn("login", evidence["stopped"])
        self.assertTrue(evidence["proof"]["done"])

    def test_a_session_that_ends_with_a_redirect_is_renewed(self):
        self.site.lasts = 40  # some arms
        ended = self.run_it("rehearse", "-q", self.change)
        self.assertEqual(ended.code, 0, str(ended))
        self.assertIn("ada had to log in again", self.evidence()["warnings"])

    def test_a_session_that_ends_without_a_word(self):
        self.site.farewell, self.site.lasts = "form", 5
        ended = self.run_it("rehearse", "-q", self.change)
        self.assertEqual(ended.code, 6, str(ended))
        evidence = self.evidence()
        self.assertEqual(evidence["comparison"]["verdict"], "invalid")
        self.assertIn("the session of ada ended while it was measured", evidence["comparison"]["why"])
        self.assertIn("the session of ada ended", ended.out)

    def test_a_cookie_that_expires(self):
        self.fixed_cookie()
        for farewell in ("redirect", "form"):
            self.site.farewell, self.site.cookie_lasts = farewell, 12
            ended = self.run_it("rehearse", "-q", self.change, ADA_COOKIE="fixed=ada")
            self.assertEqual(ended.code, 3, str(ended))
            stopped = self.evidence()["stopped"]
            self.assertIn("ada", stopped)
            self.assertIn("header or cookie has expired", stopped)
            self.assertIn("header or cookie has expired", ended.out)

    def test_a_cookie_that_was_never_right(self):
        self.fixed_cookie()
        self.rehearsal_refused(3, "login_failed", says=("ada", "header or cookie has expired"), ADA_COOKIE="fixed=eve")


if __name__ == "__main__":
    unittest.main()
