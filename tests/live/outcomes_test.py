"""What a rehearsal of each of the shop's revisions comes to, and the commands that look and report.

No verdict here hangs on how quick the machine is: it follows from counts (database calls, errors, leaks). Response time
is an expectation of one test only, which allows for a busy machine.
"""
import json
import re
import subprocess
import unittest
from datetime import datetime

from stage import FASTER, FEW, LiveTest, Stage, dump_of, long_test

STAGES = ["preflight", "save what is there", "noise", "before, apply, purge, after", "roll back"]
PARTS = ("(a)", "(b)", "(c)", "(d)", "(e)", "(f)")
MARKERS = ("member001.abbot@mail.example", "member003.carver@mail.example")


def rows(evidence, arm, route, identity, state):
    return [row for one in evidence["arms"] if one["arm"] == arm for row in one["rows"]
            if (row["route"], row["as"], row["state"]) == (route, identity, state)]


def seconds_between(lines):
    """Seconds from the first to the last of some lines of an access log."""
    stamps = [datetime.strptime(re.search(r"\[([^]]+)\]", line).group(1), "%d/%b/%Y:%H:%M:%S %z") for line in lines]
    return (stamps[-1] - stamps[0]).total_seconds()


def json_of(test, *words):
    ended = test.stage.run(*words)
    test.assertExit(ended, 0)
    return json.loads(ended.out)


class Revisions(LiveTest):
    """Each test rehearses one change; its rollback leaves revision 1 for the next."""

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(products=240)  # ten in each category: a full page of eight

    def rehearse(self, change):
        return self.stage.rehearse(change)

    def assertProven(self, evidence):
        """Rolled back, and each part of the proof counted."""
        proof = evidence["proof"]
        self.assertTrue(proof["done"])
        self.assertEqual(proof["differences"], [])
        self.assertEqual((proof["release_before"], proof["release_after"]), ("revision-1", "revision-1"))
        self.assertTrue(proof["release_ok"])
        self.assertGreater(proof["settings"]["checked"], 100)
        self.assertEqual(proof["settings"]["differ"], 0)
        self.assertEqual(proof["keys"]["differ"], 0)
        self.assertEqual(proof["left_in_families"], 0)
        self.assertEqual(proof["elsewhere_unknown"], "")
        for part in ("elsewhere_new", "elsewhere_changed", "elsewhere_gone", "elsewhere_expired"):
            self.assertIsInstance(proof[part], int)
        self.assertEqual(proof["eviction"], "the step cannot evict")
        self.assertTrue(proof["database"])
        self.assertEqual(self.stage.shop("staging", "release").split("\n")[0], "revision-1")

    def test_a_real_improvement_is_improved(self):
        change = self.stage.change("cache-category", replace=[(FASTER, "")])
        kept = {key for key in dump_of(self.stage.redis("staging")) if key.startswith(b"shop:1:category:")}
        self.assertEqual(kept, set())
        ended, evidence = self.rehearse(change)
        self.assertExit(ended, 0)
        self.assertTrue(ended.out.strip())
        self.assertIn("improved", ended.out)
        self.assertEqual(evidence["format"], "understudy/evidence")
        self.assertEqual(evidence["exit_code"], 0)
        self.assertEqual(evidence["stopped"], "")
        comparison = evidence["comparison"]
        self.assertEqual(comparison["verdict"], "improved")
        primary = comparison["expectations"][0]
        self.assertTrue(primary["expected"]["primary"])
        self.assertEqual(primary["found"]["subject"], "category as ada, warm")
        self.assertEqual((primary["found"]["reference"], primary["found"]["candidate"]), (27, 1))
        self.assertEqual([one["outcome"] for one in comparison["expectations"]], ["met", "met"])
        self.check_rows(evidence)
        self.check_controls(comparison)
        self.check_noise(evidence)
        self.check_times(evidence)
        self.assertProven(evidence)
        self.assertEqual(evidence["disturbances"], [])
        self.assertEqual([run["exit_code"] for run in evidence["commands"]], [0] * len(evidence["commands"]))
        # B A A B B A A B B A A B: seven switches, and the last is the rollback.
        self.assertEqual([run["what"] for run in evidence["commands"] if run["what"] in ("deploy", "rollback")],
                         ["deploy", "rollback"] * 4)
        for part in PARTS:
            self.assertIn(part, ended.out)
        gone = {key for key in dump_of(self.stage.redis("staging")) if key.startswith(b"shop:1:category:")}
        self.assertEqual(gone, set(), "what traffic wrote in the change's families is removed")
        self.check_scripts()

    def check_rows(self, evidence):
        self.assertEqual(len(evidence["arms"]), 12)
        self.assertEqual(len(evidence["noise_arms"]), 12)
        self.assertEqual([one["arm"] for one in evidence["arms"]], list("BAABBAABBAAB"))
        for identity, before, warm in (("ada", 27, 1), ("anonymous", 26, 0)):
            for arm, state, calls, requests in (("A", "warm", before, 3), ("A", "cold", before, 1), ("B", "warm", warm, 3)):
                for row in rows(evidence, arm, "category", identity, state):
                    self.assertEqual(row["database_calls"], {str(calls): requests}, (identity, arm, state))
                    self.assertEqual((row["requests"], row["errors"]), (requests, {}))
            after = rows(evidence, "B", "category", identity, "cold")
            self.assertEqual(len(after), 6)
            for row in after:
                made = {int(count) for count in row["database_calls"]}
                self.assertTrue(made and max(made) < before and min(made) > warm, f"a cold page of {identity}: {made}")
                self.assertEqual((row["cache"]["hit"], row["cache"]["miss"]), (0, 1))
            self.assertEqual(len(rows(evidence, "A", "category", identity, "cold")), 6)
            for row in rows(evidence, "B", "category", identity, "warm"):
                self.assertEqual((row["cache"]["hit"], row["cache"]["miss"]), (3, 0))
                self.assertEqual(row["cache_source"], "Cache-Status")
                self.assertGreaterEqual(row["redis_hits"], 3)
            for row in rows(evidence, "A", "category", identity, "warm"):
                self.assertEqual((row["cache"]["hit"], row["cache"]["bypass"]), (0, 3))

    def check_controls(self, comparison):
        told = {(one["metric"], one["subject"]) for one in comparison["controls"]}
        for subject in ("cart as ada, warm", "health as anonymous, warm"):
            for metric in ("response_time", "error_rate", "database_calls"):
                self.assertIn((metric, subject), told)
        for one in comparison["controls"]:
            if one["metric"] != "response_time":
                self.assertEqual(one["verdict"], "same", one)
        self.assertEqual((comparison["leaks"], comparison["old_leaks"]), ([], []))
        others = {(one["metric"], one["subject"]) for one in comparison["others"]}
        self.assertIn(("database_calls", "category as anonymous, warm"), others)
        self.assertIn(("database_calls", "category as ada, cold"), others)

    def check_noise(self, evidence):
        self.assertTrue(evidence["noise"]["ok"])
        told = {(row["metric"], row["route"], row["as"]): row for row in evidence["noise"]["rows"]}
        for key in (("database_calls", "category", "ada"), ("error_rate", "category", "ada"),
                    ("response_time", "cart", "ada"), ("response_time", "health", "anonymous")):
            self.assertIn(key, told)
        self.assertEqual(told["database_calls", "category", "ada"]["floor"], 0)
        self.assertGreater(told["response_time", "cart", "ada"]["smallest_visible"], 0)

    def check_times(self, evidence):
        self.assertEqual([one["stage"] for one in evidence["times"]], STAGES)
        total = sum(one["seconds"] for one in evidence["times"])
        self.assertGreater(min(one["seconds"] for one in evidence["times"]), 0)
        # How large a part it is, bench/ measures on a quiet machine.
        self.assertGreater(evidence["own_seconds"], 0)
        self.assertLess(evidence["own_seconds"], total)

    def check_scripts(self):
        """The scripts of a proven run do on staging, run by hand, what they say."""
        folder = self.stage.newest_run()
        for script, release in (("apply.sh", "revision-2"), ("rollback.sh", "revision-1")):
            text = (folder / script).read_text()
            for said in ("catalogue team", "database_calls", "rollback"):
                self.assertIn(said, text)
            done = subprocess.run([folder / script], cwd="/", env=self.stage.variables(), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(self.stage.shop("staging", "release").split("\n")[0], release)
        self.assertIn("catalogue team", (folder / "RUNBOOK.md").read_text())
        self.assertIn("27", (folder / "report.html").read_text())

    @long_test
    def test_the_change_as_it_is_shipped(self):
        """With its response time: a busy machine may leave that unknown, and nothing worse."""
        ended, evidence = self.rehearse("changes/cache-category.toml")
        self.assertEqual(evidence["comparison"]["verdict"], "improved", str(ended))
        outcomes = {one["expected"]["metric"]: one["outcome"] for one in evidence["comparison"]["expectations"]}
        self.assertEqual((outcomes["database_calls"], outcomes["error_rate"]), ("met", "met"))
        self.assertExit(ended, {"met": 0, "unknown": 6}[outcomes["response_time"]])

    def test_looking_ahead_is_no_improvement(self):
        ended, evidence = self.rehearse(self.stage.change("look-ahead", replace=[(FASTER, ""), FEW]))
        self.assertExit(ended, 1)
        self.assertEqual(evidence["comparison"]["verdict"], "same")
        primary = evidence["comparison"]["expectations"][0]
        self.assertEqual((primary["found"]["reference"], primary["found"]["candidate"]), (27, 27))
        self.assertEqual(primary["outcome"], "unmet")
        self.assertProven(evidence)
        refused = subprocess.run([self.stage.newest_run() / "apply.sh"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(refused.returncode, 1, refused.stdout)
        self.assertTrue(refused.stderr.startswith("not done: "), refused.stderr)
        self.assertEqual(self.stage.shop("staging", "release").split("\n")[0], "revision-1")

    def test_a_leak_is_worse_and_named(self):
        ended, evidence = self.rehearse(self.stage.change("cache-account", replace=[FEW]))
        self.assertExit(ended, 1)
        self.assertEqual(evidence["comparison"]["verdict"], "worse")
        # Both orders, though the page that is leaked is not the one that the change is about.
        leaks = {(one["route"], one["seen_as"], one["marker_of"], one["order"]) for one in evidence["comparison"]["leaks"]}
        self.assertEqual(leaks, {("account", "cleo", "ada", "ada, then cleo"), ("account", "ada", "cleo", "cleo, then ada")})
        self.assertEqual(evidence["comparison"]["old_leaks"], [])
        folder = self.stage.newest_run()
        html = (folder / "report.html").read_text()
        self.assertEqual(evidence["comparison"]["why"], "cleo was shown to ada on account (order: cleo, then ada)")
        for where, text in (("terminal", " ".join(ended.out.split())), ("report", html)):
            for said in (evidence["comparison"]["why"], "account", "ada, then cleo", "cleo, then ada"):
                self.assertIn(said, text, where)
        files = [path for path in folder.rglob("*") if path.is_file()]
        self.assertGreater(len(files), 10)
        for path in files:
            for marker in MARKERS:
                self.assertNotIn(marker.encode(), path.read_bytes(), path)
        for marker in MARKERS:
            self.assertNotIn(marker, ended.out + ended.err)
        self.assertProven(evidence)

    def test_a_refactoring_is_same(self):
        same_calls = ('metric = "response_time"\nas = "ada"\nstate = "warm"\nchange = "same"\nmargin = "15%"',
                      'metric = "database_calls"\nas = "ada"\nstate = "warm"\nchange = "same"')
        ended, evidence = self.rehearse(self.stage.change("refactor-category", replace=[same_calls, FEW]))
        self.assertExit(ended, 0)
        self.assertEqual(evidence["comparison"]["verdict"], "same")
        found = evidence["comparison"]["expectations"][0]["found"]
        self.assertEqual((found["reference"], found["candidate"]), (27, 27))
        self.assertProven(evidence)
        self.check_report(evidence)

    @long_test
    def test_a_refactoring_by_its_response_time(self):
        """Which verdict it is, six short blocks on a busy machine cannot promise (tests/study counts how often it is right);
        that everything says the same of it, they can."""
        ended, evidence = self.rehearse("changes/refactor-category.toml")
        verdict = evidence["comparison"]["verdict"]
        outcome = evidence["comparison"]["expectations"][0]["outcome"] if evidence["comparison"]["expectations"] else "unknown"
        told = {"same": ("met", 0), "inconclusive": ("unknown", 6), "invalid": (outcome, 6), "improved": ("unmet", 1),
                "worse": ("unmet", 1)}
        self.assertEqual((outcome, ended.code), told[verdict], str(ended))
        self.assertEqual(evidence["exit_code"], ended.code)
        if verdict == "inconclusive":
            self.assertRegex(evidence["comparison"]["why"], "interval|permutation|noise|margin")
        self.assertProven(evidence)

    def check_report(self, evidence):
        """Of the newest run, and of one that is named, in every format."""
        folder = self.stage.newest_run()
        self.assertEqual(json_of(self, "report", "--format", "json"), evidence)
        self.assertEqual(json_of(self, "report", folder, "--json"), evidence)
        html = self.stage.run("report", folder / "evidence.json", "--format", "html")
        self.assertExit(html, 0)
        self.assertEqual(html.out, (folder / "report.html").read_text())
        self.assertNotRegex(html.out, r'(?:src|href)="https?:')
        text = self.stage.run("report", "--format", "text")
        self.assertExit(text, 0)
        self.assertIn(evidence["comparison"]["verdict"], text.out)
        self.assertNotIn("\x1b", text.out)
        for part in PARTS:
            self.assertIn(part, text.out)
        written = self.stage.folder / "report.txt"
        self.assertExit(self.stage.run("report", "--format", "text", "-o", written), 0)
        self.assertEqual(written.read_text(), text.out)
        newer = json.loads((folder / "evidence.json").read_text())
        newer["version"] = 99
        (self.stage.folder / "newer.json").write_text(json.dumps(newer))
        refused = self.stage.run("report", "newer.json")
        self.assertExit(refused, 2)
        self.assertIn("newer_format", refused.err)


@long_test
class FullCache(LiveTest):
    """No eviction, where only eviction makes room. Revision 3 writes a key at every request, and nothing of it is purged."""

    FILLERS = 20000
    # What the requests before the change fill, and more. An after that follows a before has what that one evicted beyond
    # need to fill first, and may not fail; one that follows an after does. Hence twelve blocks.
    ROOM = 180_000

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(products=240)
        cls.stage.shop("staging", "deploy", "3")
        # Its keys live for twenty seconds only: on a slow machine they would be gone before the server is full.
        view = next((cls.stage.folder / "staging" / "shop" / "releases").glob("*-revision-3/catalog/category.py"))
        assert "CATEGORY_TTL = 20" in view.read_text()
        view.write_text(view.read_text().replace("CATEGORY_TTL = 20", "CATEGORY_TTL = 3600"))
        cls.stage.shop("staging", "stop")
        cls.stage.shop("staging", "start")
        text = (cls.stage.folder / "changes" / "no-eviction.toml").read_text()
        text = text.replace('purge = ["shop:1:category:*"]\n', "").replace("blocks = 6\nwarm = 3", "blocks = 12\nwarm = 20")
        (cls.stage.folder / "changes" / "no-eviction.toml").write_text(text)

    @staticmethod
    def first_calls(client):
        """The server sets some 20 KB aside for each command at its first call; here that comes before the limit."""
        client.set("first", 1)
        payload = client.dump("first")
        for words in ("TIME", "PTTL first", "WATCH first", "UNWATCH", "MULTI", "DISCARD",
                      "PEXPIRETIME first", "PEXPIRE first 60000", "PEXPIREAT first 9999999999999", "PERSIST first",
                      "SLOWLOG GET 1", "UNLINK first", "SCAN 0", "TYPE first", "DBSIZE", "INFO",
                      "CONFIG GET hz"):
            client.execute_command(*words.split())
        client.object("idletime", "first")
        client.restore("first", 0, payload, replace=True)
        client.delete("first")

    def test_failing_writes_are_worse(self):
        staging = self.stage.redis("staging")
        for number in range(self.FILLERS):
            staging.set(f"filler:{number}", "x" * 200)
        before = {key: value for key, value in dump_of(staging).items() if key.startswith(b"filler:")}
        self.assertEqual(len(before), self.FILLERS)
        self.first_calls(staging)
        limit = staging.info("memory")["used_memory"] + self.ROOM
        staging.config_set("maxmemory", limit)
        ended, evidence = self.stage.rehearse("changes/no-eviction.toml", timeout=500)
        self.assertExit(ended, 1)
        self.assertEqual(evidence["comparison"]["verdict"], "worse")
        self.assertIn("HTTP 500", evidence["comparison"]["why"])
        self.assertIn("HTTP 500", ended.out)
        for identity in ("ada", "anonymous"):
            failed = [row["errors"].get("HTTP 500", 0) for row in rows(evidence, "B", "category", identity, "warm")]
            self.assertGreater(sum(failed), 0, identity)
            self.assertEqual([row["errors"] for row in rows(evidence, "A", "category", identity, "warm")], [{}] * 12)
        self.assertGreater(staging.info("stats")["evicted_keys"], 0, "the cache was never full")
        proof = evidence["proof"]
        self.assertTrue(proof["done"])
        self.assertEqual(proof["differences"], [])
        self.assertRegex(proof["eviction"], r"all \d+ keys were backed up")
        self.assertGreater(proof["keys"]["restored"], 0)
        self.assertEqual(staging.config_get("maxmemory*")["maxmemory-policy"], "allkeys-lru")
        self.assertEqual(staging.config_get("maxmemory")["maxmemory"], str(limit))
        staging.config_set("maxmemory", 0)  # reading them back takes memory too
        after = {key: value for key, value in dump_of(staging).items() if key.startswith(b"filler:")}
        self.assertEqual(sorted(after), sorted(before))
        self.assertEqual(after, before)


class Looking(LiveTest):
    """The commands that change nothing."""

    def access_log(self, name):
        return (self.stage.folder / name / "shop" / "log" / "access.log").read_text().splitlines()

    def test_doctor(self):
        ended = self.stage.run("doctor")
        self.assertExit(ended, 0)
        for said in ("production", "staging", "identity ada", "not production", "maxmemory"):
            self.assertIn(said, ended.out)
        told = json_of(self, "doctor", "--json")
        self.assertEqual((told["format"], told["version"]), ("understudy/doctor", 1))
        checks = {(one["environment"], one["what"]): one for one in told["checks"]}
        self.assertEqual({one["state"] for one in told["checks"]}, {"ok"})
        self.assertEqual(checks["production", "access"]["found"], "read-only, by type")
        self.assertEqual(checks["staging", "command release"]["found"], "revision-1")
        self.assertIn("accepted", checks["staging", "drift: maxmemory"]["found"])
        self.assertEqual({one["environment"] for one in json_of(self, "doctor", "staging", "--json")["checks"]}, {"staging"})

    def test_doctor_says_what_is_degraded_or_failed(self):
        staging = self.stage.redis("staging")
        hz = staging.config_get("hz")["hz"]
        staging.config_set("hz", 50)
        try:
            told = json_of(self, "doctor", "--json")
            row = next(one for one in told["checks"] if one["what"] == "drift: hz")
            self.assertEqual((row["state"], row["environment"]), ("degraded", "staging"))
            self.assertEqual(row["mend"], "CONFIG SET hz 10 on staging")
        finally:
            staging.config_set("hz", hz)
        self.stage.shop("staging", "stop")
        try:
            ended = self.stage.run("doctor", "--json")
        finally:
            self.stage.shop("staging", "start")
        self.assertExit(ended, 3)
        failed = [(one["environment"], one["what"]) for one in json.loads(ended.out)["checks"] if one["state"] == "failed"]
        self.assertIn(("staging", "web"), failed)
        self.assertEqual({environment for environment, _ in failed}, {"staging"})

    def test_measure_staging(self):
        told = json_of(self, "measure", "staging", "--json", "--warm", "4")
        self.assertEqual((told["format"], told["version"], told["environment"]), ("understudy/measurement", 1, "staging"))
        keys = [(row["route"], row["as"], row["state"]) for row in told["rows"]]
        self.assertEqual(keys, [("account", "ada", "warm"), ("account", "cleo", "warm"), ("cart", "ada", "warm"),
                                ("category", "ada", "warm"), ("category", "anonymous", "warm"),
                                ("health", "anonymous", "warm")])
        for row in told["rows"]:
            self.assertEqual((row["requests"], row["errors"], row["latency"]["count"]), (4, {}, 4))
        self.assertEqual(told["leaks"], [])
        category = told["rows"][3]
        self.assertEqual(sum(category["database_calls"].values()), 4)
        self.assertIn("redis_hits", category)
        ended = self.stage.run("measure", "staging", "health")
        self.assertExit(ended, 0)
        self.assertIn("health", ended.out)
        self.assertNotIn("category", ended.out)

    def test_measure_production(self):
        """Warm only, one request a second, by name, and nothing but GET once it is logged in."""
        seen = len(self.access_log("production"))
        keys = dump_of(self.stage.redis("production"))
        told = json_of(self, "measure", "production", "category", "health", "--json", "--warm", "2")
        self.assertEqual(told["environment"], "production")
        self.assertEqual({row["state"] for row in told["rows"]}, {"warm"})
        self.assertEqual({row["requests"] for row in told["rows"]}, {2})
        for row in told["rows"]:
            self.assertNotIn("redis_hits", row, "production's counters are everybody's")
        log = self.access_log("production")[seen:]
        self.assertEqual([line for line in log if not re.search(r'"understudy/[\d.]+ [^"]*"$', line)], [])
        methods = {(line.split('"')[1].split()[0], line.split('"')[1].split()[1]) for line in log}
        self.assertEqual({path for method, path in methods if method not in ("GET", "HEAD")} - {"/login/"}, set())
        measured = [line for line in log if "/category/" in line or '"GET /health/ ' in line]
        self.assertGreaterEqual(len(measured), 9)  # three rows of one discarded and two
        self.assertGreaterEqual(seconds_between(measured), len(measured) - 2)
        after = dump_of(self.stage.redis("production"))
        self.assertEqual({key for key in keys if key not in after}, set())

    def test_report_without_a_run(self):
        ended = self.stage.run("report")
        self.assertExit(ended, 2)
        self.assertIn("bad_file", ended.err)
        self.assertExit(self.stage.run("report", "nowhere"), 2)


if __name__ == "__main__":
    unittest.main()
