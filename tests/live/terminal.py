"""The program on a terminal of its own (a pty), as somebody sees it who sits there."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from stage import BINARY


class Terminal:
    """`seen` is all that was on the screen so far, `\\r\\n` as `\\n`; what the person types is echoed there too."""

    def __init__(self, words, folder, variables, columns=100, term="dumb"):
        self.seen, self.read_to, self.code = "", 0, None
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execve(BINARY, [str(BINARY), *map(str, words)], {**variables, "TERM": term})
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))

    def read(self, seconds=0.2):
        """Whether something came; None at the end."""
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.terminal, 4096)
        except OSError:  # the other side is closed
            return None
        self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        return True if data else None

    def until(self, pattern, seconds=60):
        """Reads until that stands on the screen, after what was found last. Returns what came before its end."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen[self.read_to:])):
            assert time.monotonic() < deadline, f"waited {seconds} s for {pattern!r}:\n{self.seen}"
            assert self.read() is not None, f"it ended before {pattern!r}:\n{self.seen}"
        text = self.seen[self.read_to:self.read_to + found.end()]
        self.read_to += found.end()
        return text

    def type(self, text):
        os.write(self.terminal, text.encode())

    def hang_up(self):
        """The window is closed."""
        os.close(self.terminal)
        self.terminal = None

    def end(self, seconds=120):
        """Waits for the end of the program and returns its exit code, negative for a signal. Kills what does not end."""
        deadline = time.monotonic() + seconds
        while self.code is None:
            if self.terminal is None or self.read(0.05) is None:
                time.sleep(0.02)
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > deadline:
                os.kill(self.process, signal.SIGKILL)
        while self.terminal is not None and self.read(0.05):
            pass
        self.close()
        return self.code

    def close(self):
        if self.code is None:
            os.kill(self.process, signal.SIGKILL)
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        if self.terminal is not None:
            os.close(self.terminal)
            self.terminal = None


def at_a_terminal(words, folder, answers, variables, end="\n"):
    """Each answer is typed when a question stands there. Returns the exit code and what was seen."""
    at = Terminal(words, folder, variables)
    for answer in answers:
        at.until(r": $")
        at.type(answer + end)
    return at.end(), at.seen
