"""A stage whose rehearsals take seconds, for tests of what they leave behind: two routes, anonymous only, no warm-up
worth the name; keys of every kind planted in the family of its changes; and commands of staging that a test can make
misbehave."""
import json
import os
import signal
import socket
import stat
import subprocess
import threading
import time
import urllib.request

from stage import BINARY, ROOT, Stage, dump_of

FAMILY = b"shop:1:category:"
HOUR = 3_600_000

ROUTES = """
[routes.category]
path = "/category/{slug}/"
inputs = [{ slug = "kettles" }]

[routes.health]
path = "/health/"
"""

CHANGE = """format = 1
owner = "tests"
reason = "What is left behind is looked at."
route = "category"
symptom = "none"
noticed = "nowhere"
purge = ["shop:1:category:*"]
controls = []

[step]
%s

[[expect]]
metric = "database_calls"
as = "anonymous"
change = "<= +50%%"
primary = true

[effort]
blocks = 2
warm = 1
cold = %d
"""

# Runs the real command ("$@"); a test puts a script in the hook's place to make it do more, before or after.
WRAPPER = """#!/bin/sh
hooks={hooks}
staging() {{ redis-cli -h 127.0.0.1 -p {port} --user default -a {password} --no-auth-warning "$@" >/dev/null; }}
[ -f "$hooks/before-{name}" ] && . "$hooks/before-{name}"
"$@"
code=$?
[ -f "$hooks/after-{name}" ] && . "$hooks/after-{name}"
exit $code
"""


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)


def now_ms():
    return int(time.time() * 1000)


class ShortStage(Stage):
    def __init__(self, members=2):
        super().__init__(products=40, members=max(members, 4))
        self.hooks = self.folder / "hooks"
        self.hooks.mkdir()
        text = self.config.read_text()
        self.full_config = text
        head, drift = text[:text.index("\n[routes.category]")], text[text.index("\n[drift]"):]
        # Identities cost logins, and are another test's matter.
        kept = [part for part in head.split("\n[") if ".identities." not in part.split("]")[0]]
        self.config.write_text(self.wrapped("\n[".join(kept) + ROUTES + drift))
        self.client = self.redis("staging")

    def wrapped(self, text):
        """Every command of staging runs through its wrapper, and there are some more ways to deploy."""
        shop = ROOT / "examples" / "shop" / "shop"
        for name in ("deploy", "rollback", "release"):
            script = self.hooks / name
            script.write_text(WRAPPER.format(hooks=self.hooks, name=name, port=self.port(),
                                             password=self.password()))
            script.chmod(0o700)
            start = text.index(f"[environments.staging.commands.{name}]")
            text = text[:start] + text[start:].replace(f'run = ["{shop}"', f'run = ["{script}", "{shop}"', 1)
        for name, flag, timeout in (("hang", "--hang", "60s"), ("late", "--hang", "2s"), ("half", "--fail-halfway", "60s")):
            more = (f'\n[environments.staging.commands.{name}]\nrun = ["{shop}", "deploy", "{{revision}}", "{flag}", "--home", '
                    f'"{self.folder / "staging" / "shop"}"]\narguments = {{ revision = "[0-9]{{1,4}}" }}\n'
                    f'timeout = "{timeout}"\nenvironment = ["PATH", "HOME", "LANG=C.UTF-8"]\n')
            at = text.index("\n[environments.staging.commands.health]")
            text = text[:at] + more + text[at:]
        return text

    def backups(self):
        return sorted((self.state / "backups").glob("*.backup"))

    def port(self):
        return self.redis("staging").connection_pool.connection_kwargs["port"]

    def password(self):
        return self.redis("staging").connection_pool.connection_kwargs["password"]

    def hook(self, name, script):
        (self.hooks / name).write_text(script + "\n")

    def unhook(self):
        for kind in ("before", "after"):
            for path in self.hooks.glob(f"{kind}-*"):
                path.unlink()

    def short_change(self, name, step='deploy = { revision = "2" }', cold=1):
        path = self.folder / "changes" / f"{name}.toml"
        path.write_text(CHANGE % (step, cold))
        return path

    def server_settings(self):
        return self.client.config_get("*")

    def release(self):
        return self.shop("staging", "release").splitlines()[0]

    def family(self):
        """The keys of the changes' family, with value and expiry."""
        return {key: value for key, value in dump_of(self.client).items() if key.startswith(FAMILY)}

    def picture(self):
        """All that a rollback brings back."""
        return {"keys": self.family(), "settings": self.server_settings(), "release": self.release()}

    def status(self, path="/category/kettles/"):
        for line in self.shop("staging", "status").splitlines():
            if line.startswith("url "):
                with urllib.request.urlopen(line[4:].rstrip("/") + path, timeout=20) as answer:
                    return answer.status
        raise AssertionError("the shop tells no url")

    def records(self, journal=None):
        """The records of a journal (the newest), a torn last one left out."""
        text = (journal or self.journals()[-1]).read_text(errors="replace")
        return [json.loads(line.split(" ", 2)[2]) for line in text.split("\n")[1:-1]]

    def outcome(self, journal=None):
        """What the journal says at its end; None while it is open."""
        ends = [record["outcome"] for record in self.records(journal) if record["record"] == "end"]
        return ends[-1] if ends and ends[-1] != "rollback incomplete" else None

    def until_stage(self, process, name):
        """Reads the progress of a rehearsal until it tells of a stage."""
        for line in process.stderr:
            if line.startswith(name):
                return
        raise AssertionError(f"it ended before {name!r}")

    def restored(self):
        """How often journals say that keys were restored."""
        return sum(path.read_bytes().count(b'"action":"restore","state":"undone"') for path in self.journals())

    def restart_redis(self, name="staging"):
        folder = self.folder / name / "redis"
        pid = int((folder / "redis.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: gone(pid), "the end of redis")
        subprocess.run(["redis-server", str(folder / "redis.conf")], check=True, stdout=subprocess.DEVNULL)
        client = self.redis(name)
        wait_for(lambda: self.answers(client), "redis to answer")

    def answers(self, client):
        try:
            return client.ping()
        except Exception:  # pylint: disable=broad-except
            return False


class Between:
    """Stands between the program and staging's Redis, and passes everything on. What is planted is done once the
    journal says that the keys are restored, before the next bytes of the program reach the server: behind its back,
    and in time for its proof."""

    def __init__(self, stage):
        self.stage, self.planted, self.since = stage, None, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def plant(self, commands):
        """Redis commands, for the next time that keys are restored."""
        self.planted, self.since = commands, self.stage.restored()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.stage.port()))
            threading.Thread(target=self.pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, False), daemon=True).start()

    def pump(self, source, target, asking):
        try:
            while data := source.recv(1 << 16):
                if asking and self.planted and self.stage.restored() > self.since:
                    commands, self.planted = self.planted, None
                    for command in commands:
                        self.stage.client.execute_command(*command)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "Z"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def plant(client, prefix=FAMILY, big=True):
    """Keys of every type below the prefix, in more than one encoding, with an expiry and without. Returns the names."""
    at = now_ms() + HOUR

    def fill(name):
        client.set(name + b"string", b"plain \x00\xff value")
        client.set(name + b"number", 12345)
        client.hset(name + b"hash", mapping={b"field%d" % i: b"v%d" % i for i in range(5)})
        client.hset(name + b"hash:large", mapping={b"field%d" % i: b"value %d" % i for i in range(600)})
        client.rpush(name + b"list", b"a", b"b", b"a", b"\xff\x00")
        client.rpush(name + b"list:large", *(b"element %d" % i * 20 for i in range(400)))
        client.sadd(name + b"set", b"x", b"y", b"\x00")
        client.sadd(name + b"set:numbers", *range(100))
        client.sadd(name + b"set:large", *(b"member %d" % i for i in range(700)))
        client.zadd(name + b"zset", {b"one": 1, b"half": 0.5, b"least": float("-inf"), b"third": 1 / 3})
        client.zadd(name + b"zset:large", {b"member %d" % i: i / 7 for i in range(300)})
        for i in range(3):
            client.xadd(name + b"stream", {b"n": b"%d" % i}, id=b"%d-1" % (1000 + i))
        client.xgroup_create(name + b"stream", b"readers", b"1000-1")
        client.xreadgroup(b"readers", b"one", {name + b"stream": b">"}, count=1)

    fill(prefix + b"kept:")
    fill(prefix + b"timed:")
    for number, key in enumerate(sorted(client.scan_iter(match=prefix + b"timed:*"))):
        client.pexpireat(key, at + 7919 * number + 1)
    client.set(prefix + b"\x00\xff\xfe\r\n \x80binary", b"binary name")
    client.set(prefix + b"[a-z]*?\\x{1}^$", b"glob characters", px=HOUR)
    client.set(prefix + b"", b"the bare prefix")
    if big:
        client.set(prefix + b"big", os.urandom(3 << 20))
    return set(client.scan_iter(match=prefix + b"*"))


__all__ = ["BINARY", "Between", "FAMILY", "HOUR", "ShortStage", "dump_of", "gone", "mode", "now_ms", "plant", "wait_for"]
