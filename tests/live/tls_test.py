"""Redis and the web over TLS: that everything works, also the way back from a journal alone; and each way in which TLS
goes wrong, with one clear error and the right exit code.
"""
import json
import re
import signal
import subprocess
import time
import unittest

import input_test as light
from stage import BINARY
from tls_stage import Authority, TlsRedis, openssl, speak_tls


class TlsTest(light.InputTest):
    """The light stage of input_test with certificates at hand; `configure` puts other lines in the place of redis and
    url."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority(cls.folder / "tls")
        cls.stranger = Authority(cls.folder / "tls", "stranger")
        cls.good = cls.authority.make("good")

    def redis_line(self, name, port=None):
        return (f'redis = {{ host = "127.0.0.1", port = {port or self.servers[name].port}, '
                'password = "${REDIS_PASSWORD}" }')

    def with_redis(self, name, line, replace=()):
        """Another `redis = ...` for one of the environments."""
        self.configure([(self.redis_line(name), line), *replace])

    def tls_redis(self, name, certificate, **how):
        server = TlsRedis(self.folder / f"{self.id().split('.')[-1]}-{name}", self.authority, certificate, **how)
        self.addCleanup(server.close)
        return server

    def tls_app(self, certificate, authority=None):
        app = speak_tls(light.App(self.folder / "release"), certificate, authority)
        self.addCleanup(app.close)
        return app

    def table(self, server, tls, host="localhost"):
        return (f'redis = {{ host = "{host}", port = {server.port}, username = "understudy", '
                f'password = "${{REDIS_PASSWORD}}", tls = {{ {tls} }} }}')

    def refused_everywhere(self, code, name, says):
        """Production's Redis: the rehearsal says so, and doctor does."""
        line = self.rehearsal_refused(code, name, says=says)
        doctor = self.run_it("doctor", "production", "-q", "--json")
        self.assertEqual(doctor.code, code, str(doctor))
        rows = [one for one in json.loads(doctor.out)["checks"] if one["what"] == "redis"]
        self.assertEqual([one["state"] for one in rows], ["failed"], str(doctor))
        return line


class RedisErrors(TlsTest):
    def test_a_wrong_authority(self):
        server = self.tls_redis("r", self.good)
        self.with_redis("production", self.table(server, 'ca = "tls/stranger.pem"'))
        self.refused_everywhere(3, "tls_failed", ("production", "authority", "ca in tls"))
        self.with_redis("production", self.table(server, ""))
        self.refused_everywhere(3, "tls_failed", ("production", "authority"))

    def test_an_expired_certificate(self):
        server = self.tls_redis("r", self.authority.make("expired", days=-1))
        self.with_redis("production", self.table(server, 'ca = "tls/ca.pem"'))
        line = self.refused_everywhere(3, "tls_failed", ("expired on 20", "renewed"))
        self.assertRegex(line, r"expired on \d{4}-\d\d-\d\d")

    def test_a_wrong_name_and_the_name_that_is_right(self):
        server = self.tls_redis("r", self.authority.make("elsewhere", "DNS:redis.internal,DNS:other.internal"))
        self.with_redis("production", self.table(server, 'ca = "tls/ca.pem"'))
        self.refused_everywhere(3, "tls_failed", ("redis.internal, other.internal", "localhost", "server_name"))
        self.with_redis("production", self.table(server, 'ca = "tls/ca.pem"', host="127.0.0.1"))
        self.refused_everywhere(3, "tls_failed", ("redis.internal", "127.0.0.1"))
        self.with_redis("production", self.table(server, 'ca = "tls/ca.pem", server_name = "redis.internal"'))
        doctor = self.run_it("doctor", "production", "-q")
        self.assertRegex(doctor.out, r"ok +production +redis ", str(doctor))

    def test_a_plain_server_where_tls_was_asked_for(self):
        server = self.servers["production"]
        self.with_redis("production", self.table(server, 'ca = "tls/ca.pem"'))
        started = time.monotonic()
        self.refused_everywhere(3, "tls_failed", ("redis://",))
        self.assertLess(time.monotonic() - started, 40)

    def test_a_tls_server_where_plain_text_was_asked_for(self):
        server = self.tls_redis("r", self.good)
        self.with_redis("production", self.redis_line("production", server.port))
        self.refused_everywhere(3, "connection_lost", ("rediss://",))

    def test_a_tls_record_in_answer_to_plain_text(self):
        alert = b"\x15\x03\x01\x00\x02\x02\x46"
        server = light.FakeServer(light.always(alert))
        self.addCleanup(server.close)
        self.with_redis("production", self.redis_line("production", server.port))
        self.refused_everywhere(3, "tls_failed", ("speaks TLS", "rediss://"))

    def test_client_certificates(self):
        server = self.tls_redis("r", self.good, clients="yes")
        self.authority.make("client", "DNS:client")
        self.stranger.make("unknown", "DNS:client")
        self.with_redis("production", self.table(server, 'ca = "tls/ca.pem"'))
        self.refused_everywhere(3, "tls_failed", ("asks for a client certificate", "cert and key"))
        self.with_redis("production",
                        self.table(server, 'ca = "tls/ca.pem", cert = "tls/unknown.pem", key = "tls/unknown.key"'))
        self.refused_everywhere(3, "tls_failed", ("client certificate", "accept"))
        self.with_redis("production",
                        self.table(server, 'ca = "tls/ca.pem", cert = "tls/client.pem", key = "tls/client.key"'))
        doctor = self.run_it("doctor", "production", "-q")
        self.assertRegex(doctor.out, r"ok +production +redis ", str(doctor))

    def test_files_that_do_not_fit(self):
        server = self.servers["production"]
        self.authority.make("client", "DNS:client")
        openssl("ec", "-in", self.folder / "tls" / "client.key", "-aes128", "-passout", "pass:canary-phrase",
                "-out", self.folder / "tls" / "locked.key")
        self.write("tls/empty.pem", "")
        for tls, file in (('ca = "tls/none.pem"', "none.pem"), ('ca = "tls/empty.pem"', "empty.pem"),
                          ('ca = "tls/client.key"', "client.key"),
                          ('cert = "tls/none.pem", key = "tls/client.key"', "none.pem"),
                          ('cert = "tls/client.pem", key = "tls/none.key"', "none.key"),
                          ('cert = "tls/client.pem", key = "tls/good.key"', "good.key"),
                          ('cert = "tls/client.pem", key = "tls/locked.key"', "locked.key")):
            self.with_redis("production", self.table(server, tls))
            self.rehearsal_refused(2, "bad_file", says=str(self.folder / "tls" / file))


class WebErrors(TlsTest):
    def with_url(self, port, scheme="https", host="localhost", tls='tls = { ca = "tls/ca.pem" }'):
        self.configure([(f'url = "http://127.0.0.1:{self.app.port}"', f'url = "{scheme}://{host}:{port}"\n{tls}')])

    def test_certificates_that_are_not_accepted(self):
        app = self.tls_app(self.good)
        self.with_url(app.port, tls='tls = { ca = "tls/stranger.pem" }')
        self.rehearsal_refused(3, "tls_failed", says=("staging", "authority", str(app.port)))
        self.with_url(app.port, tls="")
        self.rehearsal_refused(3, "tls_failed", says=("authority",))
        expired = self.tls_app(self.authority.make("web-expired", days=-1))
        self.with_url(expired.port)
        self.rehearsal_refused(3, "tls_failed", says=("expired on",))
        elsewhere = self.tls_app(self.authority.make("web-elsewhere", "DNS:shop.internal"))
        self.with_url(elsewhere.port)
        self.rehearsal_refused(3, "tls_failed", says=("shop.internal", "localhost", "server_name"))

    def test_plain_and_tls_mixed_up(self):
        self.with_url(self.app.port)
        self.rehearsal_refused(3, "tls_failed", says=("does not speak TLS", "http://"))
        app = self.tls_app(self.good)
        self.with_url(app.port, scheme="http", tls="")
        self.rehearsal_refused(3, "connection_lost", says=("https://",))

    def test_a_client_certificate(self):
        app = self.tls_app(self.good, self.authority)
        self.authority.make("web-client", "DNS:client")
        self.with_url(app.port)
        self.rehearsal_refused(3, "tls_failed", says=("asks for a client certificate",))
        self.with_url(app.port, tls='tls = { ca = "tls/ca.pem", cert = "tls/web-client.pem", key = "tls/web-client.key" }')
        ended = self.run_it("doctor", "staging", "-q")
        self.assertEqual(ended.code, 0, str(ended))


class Rehearsals(TlsTest):
    """All of it over TLS, staging with a client certificate; staging's real Redis is the TLS one here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority.make("client", "DNS:client")
        for name in ("production", "staging"):
            cls.servers[name].close()
            clients = "yes" if name == "staging" else "no"
            cls.servers[name] = TlsRedis(cls.folder / f"{name}-tls", cls.authority, cls.good, clients=clients)
            cls.addClassCleanup(cls.servers[name].close)
        cls.staging = cls.servers["staging"].client
        cls.web = speak_tls(light.App(cls.folder / "release"), cls.good)
        cls.addClassCleanup(cls.web.close)

    def setUp(self):
        super().setUp()
        production, staging = self.servers["production"].port, self.servers["staging"].port
        self.configure([
            (self.redis_line("production"),
             f'redis = {{ url = "rediss://understudy:${{REDIS_PASSWORD}}@localhost:{production}", '
             'tls = { ca = "tls/ca.pem" } }'),
            (self.redis_line("staging"), self.table(
                self.servers["staging"], 'ca = "tls/ca.pem", cert = "tls/client.pem", key = "tls/client.key"')),
            (f'url = "http://127.0.0.1:{self.app.port}"',
             f'url = "https://localhost:{self.web.port}"\ntls = {{ ca = "tls/ca.pem" }}')])

    def test_a_rehearsal(self):
        ended = self.run_it("rehearse", "-q", self.change)
        self.assertEqual((ended.code, ended.err), (0, ""), str(ended))
        self.assertIn("improved", ended.out.lower())
        run = sorted((self.folder / "understudy-runs").iterdir())[-1]
        evidence = json.loads((run / "evidence.json").read_text())
        self.assertTrue(evidence["proof"]["done"])
        self.assertEqual(evidence["proof"]["differences"], [])
        self.assertTrue(evidence["environment_url"].startswith("https://"))

    def test_doctor_and_measure(self):
        for words in (("doctor", "staging", "-q"), ("measure", "staging", "--warm", "1")):
            ended = self.run_it(*words)
            self.assertEqual(ended.code, 0, str(ended))

    def test_the_way_back_from_the_journal_alone(self):
        process = subprocess.Popen([BINARY, "rehearse", "-q", self.change], cwd=self.folder, env=self.variables({}),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            journals = list((self.state / "journals").glob("*.journal"))
            if journals and re.search(rb'"action":"apply","state":"applied"', journals[0].read_bytes()):
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        self.assertEqual((self.folder / "release").read_text(), "release-2\n")
        (self.folder / "understudy.toml").unlink()  # it is not needed
        ended = self.run_it("rollback")
        self.assertEqual(ended.code, 0, str(ended))


if __name__ == "__main__":
    unittest.main()
