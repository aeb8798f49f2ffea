"""gunicorn: starting, stopping, and making it serve exactly the current release."""
import http.client
import os
import signal
import subprocess
import time

from . import database, releases
from .instance import SOURCE, ShopError, read_json

CONFIGURATION = SOURCE / "deployment" / "gunicorn_conf.py"
KEPT_OUT = ("PYTHON", "GUNICORN", "DJANGO")  # whose variables would change what runs
START_SECONDS = 20
STEP_SECONDS = 10
PAUSE = 0.005


def start_ticks(pid):
    """When the process started, in the kernel's own unit; None where there is none. Zombies do not count."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def alive(record):
    return record is not None and start_ticks(record["pid"]) == record["start_ticks"]


def master(instance):
    """The process id of gunicorn's master; None where it does not run."""
    record = read_json(instance.run / "master.json")
    return record["pid"] if alive(record) else None


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split() if start_ticks(child) is not None]
    except (FileNotFoundError, ProcessLookupError):
        return []


def ready_workers(instance):
    """{pid: release folder} of the workers that answer requests."""
    parent = master(instance)
    own = set(children(parent)) if parent else set()
    found = {}
    for path in instance.workers.glob("[0-9]*.json"):
        record = read_json(path)
        if alive(record) and record["pid"] in own:
            found[record["pid"]] = record["folder"]
    return found


def served(instance):
    """The release folders that answer now."""
    return sorted(set(ready_workers(instance).values()))


def in_order(instance):
    """One worker, it is of the current release, and the master does not mean to have more."""
    parent = master(instance)
    workers = ready_workers(instance)
    if parent is None or children(parent) != list(workers) or list(workers.values()) != [releases.current(instance)]:
        return False
    asked = read_json(instance.run / "asked.json")
    return asked is not None and asked["pid"] == parent and asked["workers"] == 1


def wait_for(condition, seconds, trouble):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ShopError(trouble)
        time.sleep(PAUSE)


def start(instance):
    """Starts gunicorn with the current release and waits until it answers."""
    if master(instance):
        return
    kill_orphans(instance)
    database.start(instance)
    for leftover in ("failed.json", "asked.json", "gunicorn.pid"):
        (instance.run / leftover).unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(KEPT_OUT)}
    environment["SHOP_HOME"] = str(instance.home)
    with open(instance.log / "error.log", "ab") as log:
        process = subprocess.Popen(
            ["/usr/bin/python3", "-sEB", "/usr/bin/gunicorn", "-c", str(CONFIGURATION), "shopsite.wsgi:application"],
            env=environment,
            cwd=instance.home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def answers():
        if process.poll() is not None:
            raise ShopError(f"gunicorn ended with {process.returncode}; see {instance.log / 'error.log'}")
        if (instance.run / "failed.json").exists():
            return True
        return in_order(instance)

    wait_for(answers, START_SECONDS, f"gunicorn did not get ready; see {instance.log / 'error.log'}")
    check_boot(instance)
    check_health(instance)


def kill_orphans(instance):
    """Ends workers whose master was killed: they notice by themselves within a second, but hold the port till then."""
    for path in instance.workers.glob("[0-9]*.json"):
        record = read_json(path)
        if alive(record):
            os.kill(record["pid"], signal.SIGKILL)
            wait_for(lambda: not alive(record), STEP_SECONDS, "a worker of an earlier gunicorn does not end")
        path.unlink(missing_ok=True)


def stop(instance):
    """Ends gunicorn, gracefully if it lets us, and the instance's database server."""
    record = read_json(instance.run / "master.json")
    if alive(record):
        workers = [(pid, start_ticks(pid)) for pid in children(record["pid"])]
        os.kill(record["pid"], signal.SIGTERM)
        try:
            wait_for(lambda: not alive(record), STEP_SECONDS, "")
        except ShopError:
            for pid, ticks in [(record["pid"], record["start_ticks"])] + workers:
                if start_ticks(pid) == ticks:
                    os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not alive(record), STEP_SECONDS, "gunicorn does not end")
    kill_orphans(instance)
    (instance.run / "master.json").unlink(missing_ok=True)
    database.stop(instance)


def converge(instance):
    """Whatever runs now: in the end one worker of the current release, and no other, answers. A request under way is
    answered by whoever has it. Raises ShopError, with the old workers still serving, if the release does not start."""
    parent = master(instance)
    if parent is None:
        return start(instance)
    if in_order(instance):
        return check_health(instance)
    wanted = releases.current(instance)
    (instance.run / "failed.json").unlink(missing_ok=True)
    before = set(children(parent))
    os.kill(parent, signal.SIGTTIN)  # one worker more

    def new_is_ready():
        check_boot(instance)
        return any(pid not in before and folder == wanted for pid, folder in ready_workers(instance).items())

    wait_for(new_is_ready, STEP_SECONDS, f"no worker of {wanted} got ready")
    retire_all_but_one(instance, parent)
    check_health(instance)


def retire_all_but_one(instance, parent):
    """gunicorn ends its oldest worker when it may have one less. It is told so again as long as there are too many,
    since nobody knows how many a killed deploy had asked for."""
    deadline = time.monotonic() + STEP_SECONDS
    while not in_order(instance):
        if time.monotonic() > deadline:
            raise ShopError("the workers of the former release do not end")
        count = len(children(parent))
        os.kill(parent, signal.SIGTTOU)
        turn = time.monotonic() + 1
        while not in_order(instance) and len(children(parent)) == count and time.monotonic() < turn:
            time.sleep(PAUSE)


def check_boot(instance):
    """A worker that could not start its release leaves a note."""
    failed = read_json(instance.run / "failed.json")
    if failed and failed["folder"] == releases.current(instance):
        raise ShopError(f"{releases.release_id(failed['folder'])} does not start: {failed['error']}")


def check_health(instance):
    wanted = releases.release_id(releases.current(instance))
    try:
        found = health(instance)
    except OSError as error:
        raise ShopError(f"the health page does not answer: {type(error).__name__}")
    if found.get("release") != wanted:
        raise ShopError(f"the health page tells of {found.get('release')}, expected {wanted}")


def health(instance):
    """The health page as {word: rest of line}."""
    connection = http.client.HTTPConnection("127.0.0.1", instance.config["port"], timeout=5)
    try:
        connection.request("GET", "/health/", headers={"User-Agent": "shop-health"})
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    return dict(line.split(" ", 1) for line in text.splitlines() if " " in line) if response.status == 200 else {}
