"""The worker that gunicorn runs: its threaded one with another main loop.

- A connection takes a thread only when it has something to say.
- SIGTERM wakes it at once. It lets go of the listening socket, whose queue its successor shares, answers what is under
  way and what arrives on kept connections within DRAIN_SECONDS, with `Connection: close`, and ends. So no request is
  lost, and when a deploy is over nothing of the old release answers any more.
"""
import gc
import json
import os
import selectors
import sys
import threading
import time
from concurrent import futures
from functools import partial
from pathlib import Path

from gunicorn.workers.gthread import TConn, ThreadWorker

HOME = Path(os.environ["SHOP_HOME"])
RUN = HOME / "run"
DRAIN_SECONDS = 0.12


def start_ticks():
    with open("/proc/self/stat") as file:
        return int(file.read().rpartition(")")[2].split()[19])


def note(path, **content):
    """Writes a file about this process, all or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(dict(content, pid=os.getpid(), start_ticks=start_ticks())))
    os.replace(temporary, path)


class ShopWorker(ThreadWorker):
    def load_wsgi(self):
        """Enters the current release. One that does not load must not take the master down with it (gunicorn would
        end itself): the worker leaves a note, and the deploy goes back."""
        folder = (HOME / "current").resolve()
        self.record = RUN / "workers" / f"{os.getpid()}.json"
        self.folder = folder.name
        try:
            os.chdir(folder)
            sys.path.insert(0, str(folder))
            super().load_wsgi()
            self.get_ready()
        except Exception as error:
            self.log.exception("%s does not load", self.folder)
            note(RUN / "failed.json", folder=self.folder, error=f"{type(error).__name__}: {error}"[:300])
            sys.exit(1)

    def get_ready(self):
        site = sys.modules["shopsite.wsgi"]
        site.load_everything()
        together = threading.Barrier(self.cfg.threads)

        def knock():
            site.open_connections()
            together.wait()

        futures.wait([self.tpool.submit(knock) for _ in range(self.cfg.threads)])
        gc.collect()
        gc.freeze()

    def run(self):
        for sock in self.sockets:
            sock.setblocking(False)
            self.poller.register(sock, selectors.EVENT_READ, partial(self.accept, sock.getsockname()))
        self.poller.register(self.PIPE[0], selectors.EVENT_READ, lambda pipe: os.read(pipe, 64))
        note(self.record, folder=self.folder)
        while self.alive and self.is_parent_alive():
            self.turn(1.0)
        self.alive = False
        self.drain()
        self.record.unlink(missing_ok=True)
        os._exit(0)  # not waiting for a thread whose client says nothing more

    def turn(self, seconds):
        self.notify()
        for key, _ in self.poller.select(seconds):
            key.data(key.fileobj)
        for done in futures.wait(self.futures, timeout=0, return_when=futures.FIRST_COMPLETED).done:
            self.futures.remove(done)
        self.murder_keepalived()

    def accept(self, server, listener):
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another worker was quicker, or the client has left
        conn = TConn(self.cfg, sock, client, server)
        conn.set_timeout()
        self.nr_conns += 1
        with self._lock:
            self._keep.append(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.reuse_connection, conn))

    def drain(self):
        for sock in self.sockets:
            self.poller.unregister(sock)
            sock.close()
        end = time.monotonic() + DRAIN_SECONDS
        while self._keep and time.monotonic() < end:
            self.turn(0.01)
        futures.wait(self.futures, timeout=self.cfg.graceful_timeout)
