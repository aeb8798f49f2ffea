"""Database calls from the database's own counters: equal to what the application's middleware counts, on every route of
the shop, cold and warm, on PostgreSQL and on MariaDB; and *unknown*, with the reason, wherever they cannot be believed.
"""
import json
import os
import re
import shutil
import signal
import socket
import sys
import threading
import time
import unittest

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from stage import COUNTS_FEW, ROOT, LiveTest, Stage, long_test
from tls_stage import Authority

sys.path.insert(0, str(ROOT / "examples" / "shop"))
from deployment import database, server  # noqa: E402
from deployment.instance import Instance  # noqa: E402

CANARY = "canary-7c1f-secret"
# Every route of the shop; the playground's file has four of them.
MORE_ROUTES = """
[routes.home]
path = "/"
as = ["anonymous", "ada"]

[routes.product]
path = "/product/{slug}/"
inputs = [{ slug = "%s" }]
as = ["anonymous", "ada"]

[routes.search]
path = "/search/?q=red"
as = ["anonymous", "ada"]

[routes.api]
path = "/api/products/?category=kettles"

[routes.login]
path = "/login/"
"""


# A command of the environment, and then every idle session of ours is ended.
ENDS_SESSIONS = '''#!/usr/bin/python3 -sEB
import subprocess, sys
code = subprocess.call(sys.argv[1:])
sys.path.insert(0, {shop!r})
from deployment import database
from deployment.instance import Instance
connection = database.connect(Instance({home!r}), "admin")
cursor = connection.cursor()
cursor.execute({find!r})
for (session,) in cursor.fetchall():
    cursor.execute({end!r} % session)
sys.exit(code)
'''


class DatabaseStage(Stage):
    """Both shops on database servers of their own."""

    def __init__(self, kind):
        super().__init__(products=40, members=4, database=kind)
        self.instance = Instance(self.folder / "staging" / "shop")
        self.short = self.config.read_text()
        slug = self.ask("SELECT slug FROM catalog_product WHERE id = 1")
        self.full = self.short.replace("\n[drift]", MORE_ROUTES % slug + "\n[drift]")
        self.config.write_text(self.full)

    def admin(self):
        return database.connect(self.instance, "admin")

    def ask(self, sql):
        connection = self.admin()
        cursor = connection.cursor()
        cursor.execute(sql)
        found = cursor.fetchone()
        connection.close()
        return found[0] if found else None

    def execute(self, *statements):
        database.execute(self.admin(), *statements)

    def configure(self, *replace, instrument=True, every_route=True):
        """understudy.toml with some text replaced in staging's part."""
        head, mark, tail = (self.full if every_route else self.short).partition("[environments.staging]")
        for old, new in replace:
            assert re.search(old, tail), f"{old!r} is not in understudy.toml"
            tail = re.sub(old, new, tail, count=1)
        if not instrument:
            tail = re.sub(r"instrument = .*\n", "", tail)
        self.config.write_text(head + mark + tail)

    def empty_cache(self):
        """All but the sessions."""
        client = self.redis("staging")
        for key in list(client.scan_iter(count=1000)):
            if b"sessions" not in key:
                client.delete(key)

    def measure(self, *words, **more):
        ended = self.run("measure", "staging", *words, "--json", **more)
        return ended, json.loads(ended.out)


def calls_of(measurement):
    return {(row["route"], row["as"], row["state"]): row["database_calls"] for row in measurement["rows"]}


class Counts:
    """What holds for both kinds."""

    kind, product = None, None

    @classmethod
    def setUpClass(cls):
        cls.stage = DatabaseStage(cls.kind)

    def setUp(self):
        self.stage.configure()

    def trusted(self, measurement):
        """Server-Timing was held against the counters, request by request, and there was no difference."""
        self.assertEqual(measurement["warnings"], [])

    def test_equal_to_the_middleware_on_every_route(self):
        """First empty, then full caches: each request of the first run that fills one is compared too."""
        for temperature in ("cold", "warm"):
            with self.subTest(temperature):
                if temperature == "cold":
                    self.stage.empty_cache()
                ended, both = self.stage.measure("--warm", "2")
                self.assertExit(ended, 0)
                self.trusted(both)
                self.assertEqual({row["database_source"] for row in both["rows"]}, {"Server-Timing"})
        self.stage.configure(instrument=False)
        ended, alone = self.stage.measure("--warm", "2")
        self.assertExit(ended, 0)
        self.assertEqual({row["database_source"] for row in alone["rows"]}, {self.product})
        self.assertEqual(calls_of(alone), calls_of(both))
        self.assertEqual(len(alone["rows"]), 14)
        # The member, the category, its two products, and three times for each of them.
        self.assertEqual(calls_of(alone)["category", "ada", "warm"], {"9": 2})
        self.assertIn(f"db calls counted by {self.product}", self.stage.run("measure", "staging", "health").out)

    def test_a_difference_is_told(self):
        """A page whose header says 5 where it asks 3 times; and one whose header is right."""
        connection = self.stage.admin()
        cursor = connection.cursor()

        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                for _ in range(3):
                    cursor.execute("SELECT 1")
                    cursor.fetchall()
                told = 5 if self.path == "/wrong" else 3
                self.send_response(200)
                self.send_header("Server-Timing", f'db;count={told}, req;desc="{self.headers["X-Request-Id"]}"')
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        site = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        text = self.stage.config.read_text()
        text = text[:text.index("\n[routes.")]
        text += '\n[routes.wrong]\npath = "/wrong"\n\n[routes.right]\npath = "/right"\n'
        head, mark, tail = text.partition("[environments.staging]")
        tail = re.sub(r'url = ".*"', f'url = "http://127.0.0.1:{site.server_address[1]}"', tail, count=1)
        self.stage.config.write_text(head + mark + tail)
        try:
            ended, seen = self.stage.measure()
            self.assertExit(ended, 0)
            self.assertEqual(len(seen["warnings"]), 1, seen["warnings"])
            self.assertIn("wrong as anonymous: Server-Timing reports 5 database calls where "
                          f"{self.product} counted 3", seen["warnings"][0])
            self.assertEqual(calls_of(seen)["wrong", "anonymous", "warm"], {"5": 10})
        finally:
            site.shutdown()
            site.server_close()
            connection.close()

    def test_an_inferred_zero_yields(self):
        """A page cache within the application: it answers with an old page, and asks the database before it does."""
        connection = self.stage.admin()
        cursor = connection.cursor()
        first = []

        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                for _ in range(2):
                    cursor.execute("SELECT 1")
                    cursor.fetchall()
                first.append(self.headers["X-Request-Id"])
                self.send_response(200)
                self.send_header("Server-Timing", f'db;count=2, req;desc="{first[0]}"')
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        site = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        text = self.stage.config.read_text()
        text = text[:text.index("\n[routes.")] + '\n[routes.page]\npath = "/page"\n'
        head, mark, tail = text.partition("[environments.staging]")
        tail = re.sub(r'url = ".*"', f'url = "http://127.0.0.1:{site.server_address[1]}"', tail, count=1)
        self.stage.config.write_text(head + mark + tail)
        try:
            ended, seen = self.stage.measure("page")
            self.assertExit(ended, 0)
            self.assertEqual(calls_of(seen)["page", "anonymous", "warm"], {"2": 10})
            row = seen["rows"][0]
            self.assertEqual((row["database_source"], row["answered_in_front"]), (self.product, 0))
            self.assertEqual(len(seen["warnings"]), 1, seen["warnings"])
            self.assertIn("10 of its answers looked as if a cache in front", seen["warnings"][0])
        finally:
            site.shutdown()
            site.server_close()
            connection.close()

    def test_idle_sessions_that_are_closed(self):
        """Before each arm after a deploy our session is gone: it costs nothing but a new one."""
        home = self.stage.folder / "staging" / "shop"
        script = self.stage.folder / "deploy-and-end"
        script.write_text(ENDS_SESSIONS.format(shop=str(ROOT / "examples" / "shop"), home=str(home), find=self.find,
                                               end=self.end))
        script.chmod(0o700)
        self.stage.configure((r'(\[environments\.staging\.commands\.deploy\]\nrun = \[)', rf'\g<1>"{script}", '),
                             instrument=False, every_route=False)
        ended, seen = self.stage.rehearse(self.stage.change("cache-category", COUNTS_FEW), timeout=600)
        self.assertExit(ended, 0)
        rows = [row for arm in seen["arms"] for row in arm["rows"]]
        self.assertEqual({row["database_source"] for row in rows}, {self.product})

    def test_tls(self):
        """With `ca` there is TLS or nothing, by a certificate of that authority, for the name that is given."""
        good = Authority(self.stage.folder / "authority")
        other = Authority(self.stage.folder / "other-authority")
        self.addCleanup(self.stop_tls)

        def asked(authority, host="localhost"):
            self.stage.configure((r'(kind = .*?)host = "127.0.0.1"', rf'\g<1>ca = "{authority.ca}", host = "{host}"'),
                                 instrument=False)
            ended, seen = self.stage.measure("health")
            self.assertExit(ended, 0)
            return self.stage.run("doctor", "staging"), seen["rows"][0]

        def refused(why, *words):
            doctor, row = asked(*words)
            self.assertEqual(row["database_calls"], {})
            self.assertRegex(row["database_unknown"]["why"], why)
            self.assertIn("`ca`", row["database_unknown"]["mend"])
            self.assertExit(doctor, 3)
            self.assertRegex(doctor.out, rf"failed +staging +database +.*(?:{why})")
            for text in (doctor.out, doctor.err, json.dumps(row)):
                self.assertNotIn(self.password(), text)

        refused("does not support SSL|offers none", good)
        self.speak_tls(good.make("server"))
        for host in ("localhost", "127.0.0.1"):
            with self.subTest(host):
                doctor, row = asked(good, host)
                self.assertExit(doctor, 0)
                self.assertEqual(row["database_source"], self.product)
        refused("certificate verify failed|not of the authorities", other)
        (self.stage.folder / "no.pem").write_text("nothing\n")
        refused("certificate|cannot be read", type("Nothing", (), {"ca": self.stage.folder / "no.pem"}))
        self.speak_tls(good.make("elsewhere", names="DNS:elsewhere.test"))
        refused("does not match host name|name is not in its certificate", good)

    def password(self):
        return json.loads((self.stage.folder / "staging" / "shop" / "secrets.json").read_text())["database"]["understudy"]

    def test_not_quiet(self):
        self.stage.configure(instrument=False)
        stop = threading.Event()

        def worker():
            connection = self.stage.admin()
            cursor = connection.cursor()
            while not stop.wait(0.05):
                cursor.execute("SELECT 1")
                cursor.fetchall()
            connection.close()

        thread = threading.Thread(target=worker)
        thread.start()
        try:
            ended, seen = self.stage.measure("category")
            doctor = self.stage.run("doctor", "staging")
        finally:
            stop.set()
            thread.join()
        self.assertExit(ended, 0)
        for row in seen["rows"]:
            self.assertEqual(row["database_calls"], {})
            self.assertEqual(row["database_source"], "")
            self.assertIn("not quiet", row["database_unknown"]["why"])
            self.assertIn("workers", row["database_unknown"]["mend"])
        self.assertExit(doctor, 0)
        self.assertIn("not quiet", doctor.out)

    def test_wrong_password(self):
        wrong = self.stage.folder / "wrong.password"
        wrong.write_text(CANARY + "\n")
        self.stage.configure((r"file:staging/database.password", "file:wrong.password"), instrument=False)
        ended, seen = self.stage.measure("health")
        self.assertExit(ended, 0)
        reason = seen["rows"][0]["database_unknown"]
        self.assertIn("refused the user or the password", reason["why"])
        self.assertIn("understudy.toml", reason["mend"])
        doctor = self.stage.run("doctor", "staging")
        self.assertExit(doctor, 3)
        self.assertRegex(doctor.out, r"failed +staging +database +.* refused the user")
        for text in (ended.out, ended.err, doctor.out, doctor.err):
            self.assertNotIn(CANARY, text)
        self.stage.configure((r"file:staging/database.password", "file:none"))
        doctor = self.stage.run("doctor", "staging")
        self.assertExit(doctor, 2)
        self.assertIn("set the secret", doctor.out)

    def test_unreachable_and_silent(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            closed = probe.getsockname()[1]
        self.stage.configure((r"(kind = .*?port = )\d+", rf"\g<1>{closed}"), instrument=False)
        _, seen = self.stage.measure("health")
        self.assertIn("cannot connect", seen["rows"][0]["database_unknown"]["why"])
        self.assertExit(self.stage.run("doctor", "staging"), 3)
        # One that accepts and says nothing; and Ctrl-C while it is waited for.
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.stage.configure((r"(kind = .*?port = )\d+", rf"\g<1>{silent.getsockname()[1]}"), instrument=False)
            process = self.stage.start("measure", "staging", "health", "--json")
            held, _ = silent.accept()
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
            self.assertEqual(process.returncode, 130)
            self.assertLess(time.monotonic() - began, 5)
            held.close()
            began = time.monotonic()
            _, seen = self.stage.measure("health", timeout=60)
            self.assertLess(time.monotonic() - began, 30)
            self.assertIn("within the time", seen["rows"][0]["database_unknown"]["why"])

    def test_what_is_no_database(self):
        """Redis's port: an answer of another protocol."""
        port = self.stage.redis("staging").connection_pool.connection_kwargs["port"]
        self.stage.configure((r"(kind = .*?port = )\d+", rf"\g<1>{port}"), instrument=False)
        _, seen = self.stage.measure("health", timeout=60)
        self.assertEqual(seen["rows"][0]["database_calls"], {})
        self.assertIn("why", seen["rows"][0]["database_unknown"])

    def test_rehearsal_of_revision_2(self):
        """By the counters alone, and the statements of the first arm."""
        self.stage.configure(instrument=False, every_route=False)
        ended, seen = self.stage.rehearse(self.stage.change("cache-category", COUNTS_FEW), timeout=600)
        self.assertExit(ended, 0)
        self.assertEqual(seen["comparison"]["verdict"], "improved")
        expected = seen["comparison"]["expectations"][0]["found"]
        self.assertEqual((expected["reference"], expected["candidate"]), (9, 1))
        rows = {(row["route"], row["as"], row["state"]): row for arm in seen["arms"] for row in arm["rows"]}
        self.assertEqual({row["database_source"] for row in rows.values()}, {self.product})
        self.assertIn("cold", {state for _, _, state in rows})
        self.assertTrue(seen["proof"]["release_ok"])
        costs = seen["workload"]
        self.assertTrue(costs["database"].startswith(self.product))
        self.assertGreater(len(costs["statements"]), 3)
        self.assertLessEqual(len(costs["statements"]), 20)
        self.assertIn("catalog_stocklevel", " ".join(one["text"] for one in costs["statements"]))
        for one in costs["statements"]:
            self.assertNotRegex(one["text"], r"kettles|member0|understudy|= \d", "no value is shown")
        report = (self.stage.newest_run() / "report.html").read_text()
        self.assertIn("What was asked before the change", report)
        self.assertIn("catalog_stocklevel", report)
        self.assertIn("What was asked before the change", self.stage.run("report", self.stage.newest_run()).out)
        secrets = json.loads((self.stage.folder / "staging" / "shop" / "secrets.json").read_text())["database"]
        everything = ended.out + ended.err + "".join(
            path.read_text(errors="replace") for path in self.stage.newest_run().rglob("*") if path.is_file())
        everything += "".join(path.read_text(errors="replace") for path in self.stage.journals())
        for secret in secrets.values():
            self.assertNotIn(secret, everything)


class OnPostgreSQL(Counts, LiveTest):
    kind, product = "postgresql", "PostgreSQL"
    test_idle_sessions_that_are_closed = long_test(Counts.test_idle_sessions_that_are_closed)
    find = "SELECT pid FROM pg_stat_activity WHERE usename = 'understudy'"
    end = "SELECT pg_terminate_backend(%d)"

    def speak_tls(self, certificate):
        """From now on `understudy` may come in by TLS only."""
        data = database.folder(self.stage.instance)
        for source, name in zip(certificate, ("server.pem", "server.key")):
            shutil.copy(source, data / name)
            (data / name).chmod(0o600)
            if os.geteuid() == 0:
                os.chown(data / name, database.postgresql_user().pw_uid, database.postgresql_user().pw_gid)
        rules = data / "pg_hba.conf"
        if "hostnossl" not in rules.read_text():
            rules.write_text("hostnossl all understudy all reject\n" + rules.read_text())
        self.stage.execute("ALTER SYSTEM SET ssl_cert_file = 'server.pem'", "ALTER SYSTEM SET ssl_key_file = 'server.key'",
                           "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()")
        time.sleep(0.5)

    def stop_tls(self):
        rules = database.folder(self.stage.instance) / "pg_hba.conf"
        rules.write_text(rules.read_text().replace("hostnossl all understudy all reject\n", ""))
        self.stage.execute("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")
        time.sleep(0.5)

    def test_variables_of_the_environment_do_not_count(self):
        self.stage.configure(instrument=False)
        folder = self.stage.folder / "pg"
        folder.mkdir(exist_ok=True)
        (folder / "service.conf").write_text("[elsewhere]\nhost=192.0.2.1\noptions=-c nothing=1\n")
        for name, value in (("PGSERVICE", "nowhere"), ("PGOPTIONS", "-c nothing=1"), ("PGTARGETSESSIONATTRS", "standby"),
                            ("PGCHANNELBINDING", "require"), ("PGSSLMINPROTOCOLVERSION", "none"), ("PGREQUIREPEER", "x")):
            with self.subTest(name):
                _, seen = self.stage.measure("health", **{name: value})
                self.assertEqual(seen["rows"][0]["database_source"], self.product, seen["rows"][0])
        _, seen = self.stage.measure("health", PGSERVICE="elsewhere", PGSERVICEFILE=folder / "service.conf")
        self.assertEqual(seen["rows"][0]["database_source"], self.product)
        # Nor do they stand in for a password that is not named.
        passwords = folder / "passwords"
        passwords.write_text(f"*:*:*:*:{self.password()}\n")
        passwords.chmod(0o600)
        self.stage.configure((r', password = "file:staging/database.password"', ""), instrument=False)
        for variables in ({"PGPASSWORD": self.password()}, {"PGPASSFILE": passwords}):
            _, seen = self.stage.measure("health", **variables)
            self.assertIn("asks for a password", seen["rows"][0]["database_unknown"]["why"])

    def reason(self):
        self.stage.configure(instrument=False)
        _, seen = self.stage.measure("health")
        doctor = self.stage.run("doctor", "staging")
        self.assertExit(doctor, 0)
        self.assertRegex(doctor.out, r"degraded +staging +database")
        row = seen["rows"][0]
        self.assertEqual(row["database_calls"], {})
        return row["database_unknown"]["why"], row["database_unknown"]["mend"]

    def test_without_the_extension(self):
        self.stage.execute("DROP EXTENSION pg_stat_statements")
        try:
            why, mend = self.reason()
            self.assertIn("no extension pg_stat_statements", why)
            self.assertIn("CREATE EXTENSION", mend)
        finally:
            self.stage.execute("CREATE EXTENSION pg_stat_statements")

    def test_without_the_permission(self):
        self.stage.execute("REVOKE pg_read_all_stats FROM understudy")
        try:
            why, mend = self.reason()
            self.assertIn("pg_read_all_stats", why)
            self.assertIn("GRANT pg_read_all_stats", mend)
        finally:
            self.stage.execute("GRANT pg_read_all_stats TO understudy")

    def test_without_counting(self):
        self.stage.execute("ALTER DATABASE shop SET pg_stat_statements.track = 'none'")
        try:
            self.assertIn("not counted", self.reason()[0])
        finally:
            self.stage.execute("ALTER DATABASE shop RESET pg_stat_statements.track")

    def test_steering_statements_are_not_counted(self):
        """What a transaction of an application looks like; and a reset in the middle makes the number unknown."""
        connection = self.stage.admin()
        connection.autocommit = False
        cursor = connection.cursor()

        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                cursor.execute("/* route='x' */ SET LOCAL work_mem = '1MB'")
                cursor.execute("SAVEPOINT a")
                cursor.execute("/* route='x' */ SELECT slug FROM catalog_product WHERE id = 7")
                cursor.execute("DO $$ BEGIN PERFORM 1; PERFORM 2; END $$")
                cursor.execute("RELEASE SAVEPOINT a")
                cursor.execute("SHOW work_mem")
                connection.commit()
                if self.path == "/reset":
                    cursor.execute("SELECT pg_stat_statements_reset()")
                    connection.commit()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        site = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        text = self.stage.config.read_text()
        text = text[:text.index("\n[routes.")] + '\n[routes.page]\npath = "/page"\n\n[routes.reset]\npath = "/reset"\n'
        head, mark, tail = text.partition("[environments.staging]")
        tail = re.sub(r'url = ".*"', f'url = "http://127.0.0.1:{site.server_address[1]}"', tail, count=1)
        self.stage.config.write_text(head + mark + tail)
        try:
            _, seen = self.stage.measure("page")
            self.assertEqual(calls_of(seen)["page", "anonymous", "warm"], {"2": 10})
            _, seen = self.stage.measure("reset")
            self.assertIn("reset", seen["rows"][0]["database_unknown"]["why"])
        finally:
            site.shutdown()
            site.server_close()
            connection.close()

    def test_slow_commands_of_redis(self):
        """Everything is slow where the limit is 0; keys come as templates, and ours are left out."""
        self.stage.configure(every_route=False)
        client = self.stage.redis("staging")
        client.config_set("slowlog-log-slower-than", 0)
        try:
            ended, seen = self.stage.rehearse(self.stage.change("cache-category", COUNTS_FEW), timeout=600)
        finally:
            client.config_set("slowlog-log-slower-than", 10000)
        self.assertExit(ended, 0)
        found = {one["command"]: one for one in seen["workload"]["slow_commands"]}
        self.assertIn("GET", found)
        self.assertNotIn("UNLINK", found)
        text = json.dumps(seen["workload"]["slow_commands"])
        self.assertIn("shop:{int}:", text)
        for session in client.scan_iter(match="*sessions*"):
            self.assertNotIn(session.decode().split("cache")[-1], text)


class OnMariaDB(Counts, LiveTest):
    kind, product = "mariadb", "MariaDB"
    test_tls = long_test(Counts.test_tls)
    test_rehearsal_of_revision_2 = long_test(Counts.test_rehearsal_of_revision_2)
    find = "SELECT id FROM information_schema.processlist WHERE user = 'understudy'"
    end = "KILL %d"

    def restart(self, *options):
        self.stage.shop("staging", "stop")
        database.run(self.stage.instance, database.mariadb_command(self.stage.instance, *options))
        database.when_it_answers(self.stage.instance, self.admin_is_let_in)
        self.stage.shop("staging", "start")

    def admin_is_let_in(self):
        self.stage.admin().close()

    def speak_tls(self, certificate):
        self.restart(f"--ssl-cert={certificate[0]}", f"--ssl-key={certificate[1]}")
        self.stage.execute("ALTER USER understudy@127.0.0.1 REQUIRE SSL")

    def stop_tls(self):
        self.restart()
        self.stage.execute("ALTER USER understudy@127.0.0.1 REQUIRE NONE")

    def test_without_a_list_of_statements(self):
        """The counts need no permission; the list of statements does."""
        self.stage.execute("REVOKE SELECT ON performance_schema.* FROM understudy@127.0.0.1")
        try:
            doctor = self.stage.run("doctor", "staging")
            self.assertExit(doctor, 0)
            self.assertRegex(doctor.out, r"ok +staging +database +MariaDB 10")
            self.assertRegex(doctor.out, r"degraded +staging +statements")
            self.assertIn("GRANT SELECT ON performance_schema", doctor.out)
        finally:
            self.stage.execute("GRANT SELECT ON performance_schema.* TO understudy@127.0.0.1")


if __name__ == "__main__":
    unittest.main()
