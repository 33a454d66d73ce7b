"""The process between collector and program: keeps the whole tree to its limits, and ends it.

Every descendant whose parent has ended becomes the guardian's child (it is their *subreaper*), however it was started. So
it can wait for all of them: when it has no child left, nothing of the run lives. It ends the tree when the collector
says so, when that dies, and, by itself, when a limit is exceeded: it doesn't matter how busy the collector is.

It is a fork of the collector that is careful, because other threads of that, which it doesn't have, may have been at
anything: it imports nothing, takes no lock and leaves inherited garbage alone. Only SIGKILL and SIGSTOP reach it.

Where the program has the terminal of whoever started it, guardian and program stay in the collector's process group. So
what the terminal sends (Ctrl-C) reaches the program as ever, and the guardian, too: it knows by that which of the signals
that the collector got are the program's already, and hands on the others.
"""

import ctypes
import gc
import os
import resource
import select
import signal
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import NoReturn

from gilscope.collector.tree import Tree, read
from gilscope.collector.usage import Usage
from gilscope.collector.verdicts import LIMITS, Limits
from gilscope.collector.weight import MEANS, Weight


class Told(IntEnum):
    """What a report is about, and what its two numbers are."""

    STARTED = 0
    """The first process waits at the gate: its pid, and which of MEANS holds its weight."""
    BEGUN = 1
    """Another was seen: its pid, and its start as the tree has it."""
    GONE = 2
    """A process has ended: its pid."""
    ENDED = 3
    """The first process has: its pid, and its wait status."""
    USED = 4
    """Memory in use in bytes, and ns that all of them have computed."""
    EXCEEDED = 5
    """Which of LIMITS, and what was used. All is being ended."""


REPORT = struct.Struct("=iqd")
ORDER = struct.Struct("=q")
"""To the guardian: when the program was released, once it is executed, in ns of CLOCK_MONOTONIC; 0: end it; less: the
collector got the signal of this number."""
END = 0
HANDED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""What somebody who knows the collector alone may send to the program."""
SAME_SIGNAL_SECONDS = 2.0
"""What the collector tells so long after the guardian got the same was sent to both of them, and to the program."""

LOOK_SECONDS = 0.02
ROUND_SECONDS = 0.01
"""How long dying processes are waited for before the tree is looked at again."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_prctl = ctypes.CDLL(None, use_errno=True).prctl
_CATCHABLE = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}


def guard(
    program: Callable[[int], NoReturn],
    weight: Weight,
    limits: Limits,
    orders: int,
    reports: int,
    for_program: set[int],
    foreground: bool,
) -> NoReturn:
    """Never returns; to be called in a fresh fork.

    ``program`` becomes the first process. It has the files ``for_program`` and one more, its argument, to which it
    writes when it is ready. The tree lives until ``orders`` says END or is closed. ``foreground``: it stays in this
    session and process group, and ignores the signals that are ignored here.
    """
    try:
        gc.freeze()
        ignored = {number for number in HANDED_ON if foreground and signal.getsignal(number) is signal.SIG_IGN}
        if not foreground:
            os.setsid()
        bell, ring = _deafen(HANDED_ON if foreground else ())
        ready, tell = os.pipe()
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        guardian = _Guardian(weight, limits, orders, reports, bell)
        mine = {orders, reports, bell, ring, ready}
        _close_others(mine | for_program | {tell})
        guardian.first = os.fork()
        if guardian.first == 0:
            _become(program, tell, foreground, ignored)
        try:
            _close_others(mine)
            os.read(ready, 1)
            guardian.watch()
        finally:
            guardian.end()
            os._exit(0)
    finally:
        os._exit(1)


def _deafen(noticed: Iterable[signal.Signals]) -> tuple[int, int]:
    """Ignore what can be ignored. From the pipe that it returns, the number of a signal can be read whenever a child has
    ended, or one came that is ``noticed``."""
    for number in _CATCHABLE:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    bell, ring = os.pipe()
    os.set_blocking(bell, False)
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *noticed):
        signal.signal(number, lambda *_: None)
    return bell, ring


def _become(program: Callable[[int], NoReturn], tell: int, foreground: bool, ignored: set[signal.Signals]) -> NoReturn:
    """In the first process."""
    try:
        signal.set_wakeup_fd(-1)
        for each in _CATCHABLE:
            signal.signal(each, signal.SIG_IGN if each in ignored else signal.SIG_DFL)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # should the program kill its guardian, it goes too
        if not foreground:
            os.setsid()
        program(tell)
    finally:
        os._exit(127)


def _close_others(kept: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            with suppress(OSError):
                os.close(int(name))


class _Guardian:
    """``first`` is the pid of the first process."""

    def __init__(self, weight: Weight, limits: Limits, orders: int, reports: int, bell: int) -> None:
        self.first = 0
        self._weight = weight
        self._orders, self._reports, self._bell = orders, reports, bell
        self._tree = Tree(os.getpid())
        self._usage = Usage(self._tree, limits)
        self._waited_ns = 0
        self._excessive = False
        self._over = False
        self._noticed: dict[int, float] = {}
        """When a signal came here last, by its number."""
        self._untold: deque[bytes] = deque()
        self._calls, self._deaths = select.poll(), select.poll()
        for poll, file in (self._calls, orders), (self._calls, bell), (self._deaths, bell):
            poll.register(file, select.POLLIN)
        os.set_blocking(reports, False)

    def watch(self) -> None:
        """Until it is to be ended."""
        self._weight.begin(filter(None, [read(self.first)]))
        self._tell(Told.STARTED, self.first, MEANS.index(self._weight.means))
        due = 0.0
        while True:
            # Until it is executed it is a copy of the collector: nothing to be counted.
            wait = max(0.0, due - time.monotonic()) * 1000 if self._usage.released_ns else None
            if self._orders in dict(self._calls.poll(wait)) and not self._obey():
                return
            self._reap()
            if time.monotonic() >= due:
                self._look()
                due = time.monotonic() + LOOK_SECONDS

    def end(self) -> None:
        """End all there is, whatever it does meanwhile, and tell what is untold."""
        self._sweep()
        self._weight.end()
        self._tell(Told.USED, 0, max(self._usage.cpu_ns, self._waited_ns))
        os.set_blocking(self._reports, True)
        self._flush()

    def _obey(self) -> bool:
        told = os.read(self._orders, ORDER.size)
        order = ORDER.unpack(told)[0] if told else END
        if order < 0:
            self._hand_on(-order)
        else:
            self._usage.released_ns = order
        return bool(order != END)

    def _hand_on(self, number: int) -> None:
        self._hear_bell()
        noticed = self._noticed.get(number, -SAME_SIGNAL_SECONDS)
        if not self._over and time.monotonic() - noticed > SAME_SIGNAL_SECONDS:
            os.kill(self.first, number)

    def _hear_bell(self) -> None:
        with suppress(BlockingIOError):
            for number in os.read(self._bell, 4096):
                self._noticed[number] = time.monotonic()

    def _look(self) -> None:
        with self._changes_told():
            excess = self._usage.look(self._waited_ns)
        self._tell(Told.USED, self._usage.memory_bytes, self._usage.cpu_ns)
        self._weight.follow(self._tree.living())
        if excess and not self._excessive:
            self._excessive = True
            self._tell(Told.EXCEEDED, LIMITS.index(excess.word), excess.used)
            self._sweep()

    def _sweep(self) -> None:
        """End everything."""
        while self._reap():
            with self._changes_told():
                self._tree.kill()
            self._weight.lift(self._tree.living())
            end = time.monotonic() + ROUND_SECONDS
            while self._reap() and (left := end - time.monotonic()) > 0:
                self._deaths.poll(left * 1000)
        with self._changes_told():
            self._tree.scan()

    def _reap(self) -> bool:
        """Wait for all that have ended. False: there is no child left, so nothing of the run lives."""
        self._hear_bell()
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            self._waited_ns = round((used.ru_utime + used.ru_stime) * 1e9)
            if pid == self.first:
                self._over = True
                self._tell(Told.ENDED, pid, status)
            if pid not in self._tree.processes:
                self._tell(Told.GONE, pid, 0)

    @contextmanager
    def _changes_told(self) -> Iterator[None]:
        """Whoever comes or goes in this block's scans is told of."""
        seen = set(self._tree.processes)
        before = {process.pid for process in self._tree.living()}
        yield
        living = {process.pid: process for process in self._tree.living()}
        for pid in living.keys() - before:
            self._tell(Told.BEGUN, pid, living[pid].start)
        for pid in (before | self._tree.processes.keys() - seen) - living.keys():
            self._tell(Told.GONE, pid, 0)

    def _tell(self, what: Told, number: int, value: float) -> None:
        self._untold.append(REPORT.pack(what, number, value))
        with suppress(BlockingIOError):  # the collector is busy: later
            self._flush()

    def _flush(self) -> None:
        while self._untold:
            with suppress(BrokenPipeError):  # it is dead
                os.write(self._reports, self._untold[0])
            self._untold.popleft()
