"""Starts one run's program, keeps it to its limits, and ends all of its processes, whatever they do.

    collector ─▶ guardian ─▶ first process ─▶ …

This is the collector's side. The guardian (``guardian.py``) watches and ends the tree; it tells how it goes.
"""

import errno
import functools
import os
import select
import signal
import struct
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn

from gilscope.collector.files import inherited, limit_files
from gilscope.collector.guardian import END, ORDER, REPORT, Told, guard
from gilscope.collector.printed import Printed
from gilscope.collector.tree import Tree, carrying, read
from gilscope.collector.verdicts import LIMITS, Limits, Verdict, exceeded
from gilscope.collector.weight import MEANS, Means, Weight
from gilscope.errors import BadInterpreter

PATIENCE_SECONDS = 10.0
"""A tree ends in some ms. What takes longer than this hangs inside the kernel; its guardian goes on waiting for it."""

MARK = "GILSCOPE_RUN"
"""In the environment of all processes of a run, unless they clear it."""

_ERROR = struct.Struct("=i")


class Program:
    """One run's tree of processes, from before its first instruction to after its last.

    ``foreground``: it has this process's own files, terminal and process group, as if it had been started instead of
    it. What it prints isn't seen then, and its files may be as large and as many as this process's.

    The first process waits, in a session of its own and at its limits, until ``release()``. Call ``look()`` every 20 ms
    or so, and ``end()`` in any case. OSError: no process can be started here now.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        folder: Path,
        limits: Limits,
        light: bool = True,
        foreground: bool = False,
    ) -> None:
        self.limits = limits
        self.exit_code: int | None = None
        """Of the first process, once it has ended by itself …"""
        self.signal: int | None = None
        """… or what killed it."""
        self.peak_memory_bytes = 0
        """Memory that its processes held for themselves, all together, when it was most."""
        self.cpu_ns = 0
        """What its processes have computed, those that have ended included."""
        self._command = [os.fspath(word) for word in command]
        self._mark = uuid.uuid4().hex
        self._environment, self._folder = {MARK: self._mark, **environment}, folder
        self._weight = Weight(light)
        self._foreground = foreground
        self._excess: Verdict | None = None
        self._known: dict[int, int] = {}
        self._gone: set[int] = set()
        self._finished = False
        self._guardian = 0
        try:
            started = self._start()
        except BaseException:
            if self._guardian:
                os.waitpid(self._guardian, 0)
            self._weight.end()
            raise
        _, self.pid, means = started
        self.weight: Means | None = MEANS[int(means)]
        """What makes it weigh less than others."""

    @property
    def alive(self) -> bool:
        """Whether the run goes on: its first process lives, or the verdict on it is still to be looked at."""
        self._hear()
        return not self._finished and (not self._over() or self.look() is not None)

    def release(self) -> int:
        """Let the program begin, and return when: ns of CLOCK_MONOTONIC. BadInterpreter: it can't be executed."""
        released_ns = time.monotonic_ns()
        with suppress(BrokenPipeError):  # it was killed already: alive tells
            os.write(self._gate, b"+")
        error = os.read(self._error, _ERROR.size)  # nothing: a successful exec has closed it
        if error:
            self.end()
            reason = os.strerror(*_ERROR.unpack(error))
            raise BadInterpreter(
                f"{self._command[0]} can't be started in {self._folder}: {reason}. "
                "Give the path of a Python 3.11 or later, and a folder that exists."
            )
        self._order(released_ns)
        return released_ns

    def hand_on(self, number: int) -> None:
        """This process got a signal: the program gets it too, unless it was sent to both. In the foreground only."""
        self._order(-number)

    def output(self) -> list[tuple[str, str]]:
        """What was printed since the last call: ``stdout`` or ``stderr``, and text. Nothing beyond the limit is kept."""
        if not self._finished:
            self._printed.read()
        return self._printed.take()

    def look(self) -> Verdict | None:
        """What there is to say against its going on. Never waits. Its processes may have been ended for it already."""
        if self._finished:
            return None
        self._hear()
        self._wake_guardian()
        self._printed.read()
        if self._printed.count > self.limits.output_bytes:
            return exceeded("output-limit", self._printed.count, self.limits)
        return self._excess

    def gone(self, recorded: Iterable[int] = ()) -> list[int]:
        """Processes of the tree that have ended since the last call.

        A process can live and end without being seen. So of those that have ``recorded`` something, as their rings say,
        all that don't live any more are told.
        """
        self._hear()
        gone, self._gone = self._gone, set()
        for pid in recorded:
            process = read(pid)
            if process is None or process.over:
                gone.add(pid)
        return sorted(gone)

    def end(self) -> None:
        """End the whole tree, and wait until nothing is left of it. What was printed and who is gone is told afterwards."""
        if self._finished:
            return
        self._order(END)
        if not self._guardian_ends_it():
            self._end_it_ourselves()
        self._gone |= self._known.keys()
        self._printed.finish()
        self._files.close()
        self._finished = True

    def _start(self) -> tuple[int, int, float]:
        """Make guardian and first process. The guardian's report on that, once the first process waits at the gate."""
        with ExitStack() as theirs, ExitStack() as ours:

            def pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
                ends = os.pipe()
                reader.callback(os.close, ends[0])
                writer.callback(os.close, ends[1])
                return ends

            (self._reports, reports), (self._error, error) = pipe(ours, theirs), pipe(ours, theirs)
            (orders, self._orders), (gate, self._gate) = pipe(theirs, ours), pipe(theirs, ours)
            standard: tuple[int, ...] = ()
            read: dict[int, str] = {}
            if self._foreground:
                for_first = inherited()
            else:
                null = os.open(os.devnull, os.O_RDONLY)
                theirs.callback(os.close, null)
                (out, stdout), (err, stderr) = pipe(ours, theirs), pipe(ours, theirs)
                standard, read = (null, stdout, stderr), {out: "stdout", err: "stderr"}
                for_first = set(standard)
            first = functools.partial(self._become, standard, gate, error)
            for_first |= {gate, error}
            self._guardian = _fork(
                lambda: guard(first, self._weight, self.limits, orders, reports, for_first, self._foreground)
            )
            theirs.close()
            started = os.read(self._reports, REPORT.size)
            if not started:
                raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            os.set_blocking(self._reports, False)
            self._printed = Printed(read, self.limits.output_bytes)
            self._files = ours.pop_all()
        return REPORT.unpack(started)

    def _become(self, standard: Iterable[int], gate: int, error: int, ready: int) -> NoReturn:
        """In the first process: take everything on, wait at the gate, execute."""
        for number, file in enumerate(standard):
            os.dup2(file, number)
        if not self._foreground:
            limit_files()
        os.write(ready, b"+")
        if os.read(gate, 1):
            try:
                os.chdir(self._folder)
                os.execve(self._command[0], self._command, self._environment)
            except OSError as failure:
                os.write(error, _ERROR.pack(failure.errno))
        os._exit(127)

    def _order(self, order: int) -> None:
        with suppress(BrokenPipeError):  # the guardian is dead
            os.write(self._orders, ORDER.pack(order))

    def _over(self) -> bool:
        return self.exit_code is not None or self.signal is not None

    def _hear(self) -> bool:
        """Take what the guardian has told. False: it won't tell any more."""
        while not self._finished:
            try:
                reports = os.read(self._reports, REPORT.size * 1000)
            except BlockingIOError:
                return True
            if not reports:
                break
            for what, number, value in REPORT.iter_unpack(reports):
                self._learn(Told(what), number, value)
        if not self._over():
            self.signal = int(signal.SIGKILL)  # somebody has killed the guardian: the kernel does that to it then
        return False

    def _learn(self, what: Told, number: int, value: float) -> None:
        match what:
            case Told.BEGUN:
                self._known[number] = int(value)
            case Told.GONE:
                self._known.pop(number, None)
                self._gone.add(number)
            case Told.ENDED:
                code = os.waitstatus_to_exitcode(int(value))
                self.exit_code, self.signal = (code, None) if code >= 0 else (None, -code)
            case Told.USED:
                self.peak_memory_bytes = max(self.peak_memory_bytes, number)
                self.cpu_ns = max(self.cpu_ns, int(value))
            case Told.EXCEEDED:
                self._excess = exceeded(LIMITS[number], value, self.limits)

    def _wake_guardian(self) -> None:
        """In case the program has stopped it."""
        with suppress(ProcessLookupError):
            os.kill(self._guardian, signal.SIGCONT)

    def _guardian_ends_it(self) -> bool:
        """Wait for it. False: it was killed before it could."""
        patience = time.monotonic() + PATIENCE_SECONDS
        poll = select.poll()
        poll.register(self._reports, select.POLLIN)
        while self._hear():
            if time.monotonic() > patience:
                return True
            self._wake_guardian()
            poll.poll(50)
        try:
            return os.waitpid(self._guardian, 0)[1] == 0
        except ChildProcessError:  # this process ignores its children's ends, so nobody knows
            return False

    def _end_it_ourselves(self) -> None:
        """Everything of the tree that was ever seen or carries its mark, what came of it, and what is in its cgroup."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < patience:
            marked = carrying(f"{MARK}={self._mark}")  # who has ended since may have left a child: look again
            tree = Tree(self._guardian, self._known | marked)
            tree.kill()
            if not marked and not tree.living():
                break
            time.sleep(0.002)
        self._weight.end()


def _fork(child: Callable[[], NoReturn]) -> int:
    """The child's pid. Signals are held back: none may raise an exception in the child before it is ready for that."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of our other threads: the guardian minds them
            pid = os.fork()
        if pid == 0:
            child()
        return pid
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
