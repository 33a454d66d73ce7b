"""The page of a run, live, while it goes on in this terminal: ``gilscope run --show``.

Its server (``serving.beside``) is another process, in a session of its own, which is there before the program is: what the
terminal sends doesn't reach it, and starting it takes nothing from what is measured. It ends when its standard input
does, so also when this process is killed.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gilscope.errors import Refused
from gilscope.terminal import let_go, say, signals

ROOT = Path(__file__).resolve().parent.parent
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 6.0
"""A server that hasn't ended so long after it was told to is killed."""


class Page:
    """``address`` is where it is."""

    def __init__(self, server: subprocess.Popen[bytes], address: str) -> None:
        self.address = address
        self._server = server
        self._begun = False

    def begin(self) -> None:
        """The recording's file is there; called again, nothing happens."""
        if not self._begun:
            self._begun = True
            assert self._server.stdin
            with suppress(BrokenPipeError):  # it is gone: that is told at the end
                self._server.stdin.write(b"begun\n")

    def stay(self) -> None:
        """The program has ended: until Ctrl-C, its page is there to be looked at. Whoever reads what it printed, or writes
        what it was to read, doesn't wait for that."""
        self.begin()
        for stream in filter(None, (sys.stdin, sys.stdout)):  # None: it was closed from the beginning
            let_go(stream)
        say(f"The page stays at {self.address} until Ctrl-C.")
        with signals() as received:
            while not received:
                if self._server.poll() is not None:
                    say("The page is gone: its server has ended.")
                    break
                time.sleep(LOOK_SECONDS)


@contextmanager
def page_of(recording: Path, browser: bool) -> Iterator[Page]:
    """The page of a recording that is to be written now. ``browser``: open it when that begins. ``Refused``: there is none."""
    command = [sys.executable, "-m", "gilscope.serving", str(recording.absolute()), *(["--open"] if browser else [])]
    # Without a buffer: what a server that is gone didn't take would come up again when its pipe is closed.
    with subprocess.Popen(
        command, bufsize=0, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().decode().strip()
            if not address:
                raise Refused(
                    "The page can't be shown. Record without --show, and look at it afterwards: gilscope show FILE."
                )
            say(f"Watch it at {address}")
            yield Page(server, address)
        finally:
            assert server.stdin
            server.stdin.close()
            try:
                server.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
