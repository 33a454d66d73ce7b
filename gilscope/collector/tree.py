"""The processes of one run: found by who started whom, counted, and signalled without ever meaning another process.

Needs nothing but /proc/PID/stat, so it works for whoever has the same user. What is above the root isn't looked at twice:
a process that isn't of the tree never comes to be.
"""

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

PAGE = os.sysconf("SC_PAGE_SIZE")
KILL_ROUNDS = 50


class Process(NamedTuple):
    """One process as it was seen. ``pid`` and ``start`` together are never another's."""

    pid: int
    parent: int
    session: int
    own_ticks: int
    """Of computing: its own …"""
    ended_ticks: int
    """… and that of its children that have ended and that it has waited for."""
    threads: int
    start: int
    """When it began, in ticks since boot."""
    over: bool
    """It has ended, with all its threads, but its parent hasn't waited for it yet."""


def read(pid: int) -> Process | None:
    """The process as it is now; None: there is none of this number."""
    text = _file(pid, "stat")
    if not text:
        return None
    # Words count from after the name, which may hold spaces and brackets.
    word = text[text.rindex(b")") + 2 :].split()
    threads = int(word[17])
    return Process(
        pid=pid,
        parent=int(word[1]),
        session=int(word[3]),
        own_ticks=int(word[11]) + int(word[12]),
        ended_ticks=int(word[13]) + int(word[14]),
        threads=threads,
        start=int(word[19]),
        over=word[0] in (b"Z", b"X") and threads <= 1,  # a main thread that has ended alone is a zombie too
    )


class Tree:
    """All descendants of the process ``root``, itself left out, and of those ``known`` by pid and start."""

    def __init__(self, root: int, known: Mapping[int, int] = MappingProxyType({})) -> None:
        self.root = root
        self.processes: dict[int, Process] = {
            pid: process for pid, start in known.items() if (process := read(pid)) and process.start == start
        }
        """As of the last scan, by pid; parents before their children. Who was in it stays, also if the root dies."""
        self._foreign: set[int] = set()

    def scan(self) -> None:
        """Look again. Each process is read after its parent, so time of computing is never counted twice."""
        listed = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        again = [(process, read(process.pid)) for process in self.processes.values()]
        self.processes = {now.pid: now for then, now in again if now and now.start == then.start}
        self._foreign &= listed
        strangers = listed - self._foreign - self.processes.keys() - {self.root}
        found = {pid: process for pid in strangers if (process := read(pid))}
        while found:
            self._place(found)

    def living(self) -> list[Process]:
        """Those that haven't ended."""
        return [process for process in self.processes.values() if not process.over]

    def private_memory(self, more_than: float) -> int:
        """Bytes that its processes hold for themselves. Memory shared on purpose and mapped files don't count.

        What fork left to parent and child alike counts for both, which is cheap to read, unless that makes ``more_than``:
        then by its proper share.
        """
        total = sum(_private(process.pid) for process in self.living())
        return total if total <= more_than else sum(_proportional(process.pid) for process in self.living())

    def kill(self) -> None:
        """SIGKILL to all of it, until a scan finds nothing new: who has got it can't start anything any more."""
        sent: set[tuple[int, int]] = set()
        for _ in range(KILL_ROUNDS):
            self.scan()
            new = [process for process in self.living() if (process.pid, process.start) not in sent]
            if not new:
                return
            for process in new:
                send(process, signal.SIGKILL)
                sent.add((process.pid, process.start))

    def _place(self, found: dict[int, Process]) -> None:
        """Follow one process of those found up to where it is known whose it is."""
        line = [found.popitem()[1]]
        while line[-1].parent in found:
            line.append(found.pop(line[-1].parent))
        top = line[-1].parent
        if top == self.root or top in self.processes:
            self.processes.update((process.pid, process) for process in reversed(line))
        elif top == 0 or top in self._foreign:
            self._foreign.update(process.pid for process in line)
        # Else its parent has ended while we looked. By the next scan it has another.


def carrying(mark: str) -> dict[int, int]:
    """Pid and start of every process whose environment begins with this, as it was when it was executed."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        process = read(int(name))  # first, so that a later owner of the pid has another start
        if process and _file(process.pid, "environ").startswith(mark.encode() + b"\0"):
            found[process.pid] = process.start
    return found


def send(process: Process, number: signal.Signals) -> None:
    """Signal this very process, not a later one that was given its pid."""
    with suppress(ProcessLookupError, PermissionError):
        handle = os.pidfd_open(process.pid)
        try:
            now = read(process.pid)
            if now and now.start == process.start:
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def _private(pid: int) -> int:
    words = _file(pid, "statm").split()
    return (int(words[1]) - int(words[2])) * PAGE if words else 0


def _proportional(pid: int) -> int:
    for line in _file(pid, "smaps_rollup").splitlines():
        if line.startswith(b"Pss_Anon:"):
            return int(line.split()[1]) << 10
    return _private(pid)  # another user's, or it has ended


def _file(pid: int, name: str) -> bytes:
    """A short file about a process; empty when the process is gone, or it isn't ours to read."""
    try:
        file = os.open(f"/proc/{pid}/{name}", os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(file, 4096)
    except OSError:  # it has ended in between
        return b""
    finally:
        os.close(file)
