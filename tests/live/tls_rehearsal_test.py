"""The rehearsal of revision 2 of the shop, with production's and staging's Redis over TLS, as an ACL user in both."""
import re
import time
import unittest

from stage import COUNTS_FEW, LiveTest, Stage, dump_of


class TlsRehearsal(LiveTest):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(more=["--tls"])

    def test_revision_2(self):
        staging = self.stage.redis("staging")
        for name in ("production", "staging"):
            conf = (self.stage.folder / name / "redis" / "redis.conf").read_text()
            self.assertRegex(conf, r"(?m)^port 0$", "no plain text")
            self.stage.redis(name).acl_log_reset()
        doctor = self.stage.run("doctor", "-q")
        self.assertExit(doctor, 0)
        before = {key: value for key, value in dump_of(staging).items() if key.startswith(b"shop:1:category:")}
        ended, evidence = self.stage.rehearse(self.stage.change("cache-category", COUNTS_FEW))
        self.assertExit(ended, 0)
        self.assertEqual(evidence["comparison"]["verdict"], "improved")
        self.assertTrue(evidence["proof"]["done"])
        self.assertEqual(evidence["proof"]["differences"], [])
        after = {key: value for key, value in dump_of(staging).items() if key.startswith(b"shop:1:category:")}
        at = time.time() * 1000
        self.assertEqual(after, {key: value for key, value in before.items() if value[2] == -1 or value[2] > at})
        self.assertFalse(staging.exists("understudy:lease"))
        for name in ("production", "staging"):
            log = [one for one in self.stage.redis(name).acl_log() if "understudy" in str(one.get("username"))]
            self.assertEqual(log, [], "the documented permissions suffice")
        self.assertFalse(re.search("(?i)password", ended.out))


if __name__ == "__main__":
    unittest.main()
