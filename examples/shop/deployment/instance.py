"""An instance folder and the files in it."""
import contextlib
import fcntl
import json
import os
import secrets
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
LOCK_SECONDS = 15


class ShopError(Exception):
    """Told to the user as it is; the command ends with 1."""


class Instance:
    def __init__(self, home):
        self.home = Path(home).resolve()
        self.config_file = self.home / "config.json"
        self.secrets_file = self.home / "secrets.json"
        self.state_file = self.home / "state.json"
        self.releases = self.home / "releases"
        self.current = self.home / "current"
        self.run = self.home / "run"
        self.workers = self.run / "workers"
        self.log = self.home / "log"

    def open(self):
        if not self.config_file.exists():
            raise ShopError(f"{self.home} is not a shop: make one with `shop init`")
        return self

    @property
    def config(self):
        return json.loads(self.config_file.read_text())

    def create_folders(self):
        for folder in (self.home / "data", self.releases, self.workers, self.log):
            folder.mkdir(parents=True, exist_ok=True)

    def write_secrets(self, redis_url, database_passwords):
        content = {
            "redis_url": redis_url,
            "secret_key": secrets.token_urlsafe(40),
            "measure_secret": os.environ.get("SHOP_MEASURE_SECRET") or secrets.token_urlsafe(24),
        }
        if database_passwords:
            content["database"] = database_passwords
        write_json(self.secrets_file, content, mode=0o600)

    def state(self):
        if not self.state_file.exists():
            return {"serial": 0, "history": []}
        return json.loads(self.state_file.read_text())

    def note_deploy(self, folder_name, kind):
        """Counts a deploy before it is done, so that also one that was killed has moved the serial."""
        state = self.state()
        state["serial"] += 1
        entry = {"serial": state["serial"], "folder": folder_name, "kind": kind, "at": int(time.time())}
        state["history"] = state["history"][-200:] + [entry]
        write_json(self.state_file, state)
        return state["serial"]

    @contextlib.contextmanager
    def locked(self):
        """One deploy at a time. The kernel gives the lock back when its holder dies, however it dies."""
        self.run.mkdir(parents=True, exist_ok=True)
        with open(self.run / "lock", "a+") as file:
            deadline = time.monotonic() + LOCK_SECONDS
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        file.seek(0)
                        raise ShopError(f"another deploy is under way (process {file.read().strip()}); try again later")
                    time.sleep(0.02)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield


def write_json(path, content, mode=0o644):
    """All or nothing, also through a kill or a power cut."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def read_json(path):
    """None where there is no such file (any more)."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
