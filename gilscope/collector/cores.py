"""Reads from the kernel which thread is on which core: docs/HACKING.md, "The core layer".

At every switch of the watched tree the kernel writes a record into a ring of the core where it happens.
Nothing of this runs in the program's own code, but a switch takes the kernel some 0.4 µs longer.
Times are ns of ``CLOCK_MONOTONIC``.
"""

import errno
import mmap
import os
import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis.columns import Columns
from gilscope.collector.perf import online, open_event, why_not
from gilscope.errors import CoresUnavailable

MARGIN_NS = 10_000_000
"""Read up to so long ago: that late a record may come to light.

The kernel reads the clock and publishes with interrupts off, within a microsecond. But the host of a virtual
machine may take its core away in between, for as long as it likes: of 100 million records under load, the
latest came 1.6 ms late. It only delays the picture; what is later still is counted as lost.
"""

RING_BYTES = 4 << 20
"""Of each core, at most: 131072 switches."""
ALL_RINGS_BYTES = 64 << 20
"""On machines of many cores each gets less, but never less than is of use."""
SMALLEST_RING_BYTES = 64 << 10

# perf_event_open(2) and linux/perf_event.h.
DATA_HEAD = 1024  # offset in the first page; the tail follows
MOST_RECORD_BYTES = 128  # the start or end of a thread, and a loss before it; rounded up

# A record: a header (32 bits type, 16 misc, 16 bytes), what is special to its type, then ids, time and core.
# A switch has nothing special, so it is a row of four words.
HEADER, IDS, TIME, CORE = range(4)
LOST, EXIT, SWITCH = 2, 4, 14
LOW, HIGH = np.uint64(0xFFFF_FFFF), np.uint64(32)
OFF, PREEMPTED = np.uint64(1 << 32 + 13), np.uint64(1 << 32 + 14)
TYPE_AND_BYTES, SWITCH_OF_FOUR_WORDS = np.uint64(0xFFFF_0000_FFFF_FFFF), np.uint64(SWITCH | 32 << 48)
NO_ROWS = np.empty((0, 4), np.uint64)

Words = NDArray[np.uint64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Switches(Columns):
    """Switches as columns, in the order of time; of one core also in the order in which they were written."""

    at: NDArray[np.int64]
    pid: NDArray[np.uint32]
    tid: NDArray[np.uint32]
    cpu: NDArray[np.uint32]
    on: Mask
    """Put on the core; else taken off it. A thread's end takes it off, too."""
    preempted: Mask
    """Taken off although it could have gone on. Else it waits, or has ended."""


@dataclass(frozen=True, slots=True)
class Loss:
    """So many switches of one core are missing, all between ``first`` and ``last``, ns.

    The start and the end of a thread count as a switch each. Of switches that came to light only after a read
    had gone beyond them, the range is the ns after the end of that read.
    """

    cpu: int
    first: int
    last: int
    count: int


class Cores:
    """The switches of a process and of everything that comes from it, threads and processes."""

    def __init__(self, pid: int, ring_bytes: int = RING_BYTES) -> None:
        """Watch ``pid`` from now on. Threads and processes that it has started already aren't seen.

        Each core's ring has ``ring_bytes`` (a power of two, at least a page), or less where the kernel
        doesn't give this user so much memory, and on machines of many cores.

        Raises ``CoresUnavailable``, with the reason and what to do.
        """
        if sys.platform != "linux" or os.uname().machine != "x86_64":
            raise CoresUnavailable("Which thread is on which core is measured on Linux on x86_64 only.")
        self._rings: list[_Ring] = []
        self._read_to = 0
        try:
            for cpu in online():
                self._rings.append(_Ring(pid, cpu))
            self._map(ring_bytes)
        except OSError as error:
            self.close()
            raise CoresUnavailable(why_not(error)) from error

    def read(self, until: int) -> tuple[Switches, list[Loss]]:
        """Everything of all cores up to ``until`` that no read has brought yet. What is later stays for later reads.

        ``until`` is at least ``MARGIN_NS`` ago, unless the tree has ended: what comes to light too late is lost.
        """
        until = max(until, self._read_to)
        rows = np.concatenate([ring.read(self._read_to, until) for ring in self._rings])
        self._read_to = until
        rows = rows[rows[:, TIME].argsort(kind="stable")]
        lost = rows[:, HEADER] & LOW == LOST
        losses = [Loss(cpu, first, last, header >> 32) for header, last, first, cpu in rows[lost].tolist()]
        return _columns(rows[~lost]), losses

    def close(self) -> None:
        """Stop watching."""
        for ring in self._rings:
            ring.close()
        self._rings.clear()

    def _map(self, ring_bytes: int) -> None:
        """Give every core a ring, all of the same size: the largest that we get."""
        while ring_bytes > SMALLEST_RING_BYTES and ring_bytes * len(self._rings) > ALL_RINGS_BYTES:
            ring_bytes //= 2
        while True:
            try:
                for ring in self._rings:
                    ring.map(ring_bytes)
                return
            except OSError as error:
                if error.errno != errno.EPERM:
                    raise
                if ring_bytes <= SMALLEST_RING_BYTES:
                    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from error
            for ring in self._rings:
                ring.unmap()
            ring_bytes //= 2


class _Ring:
    """The event of one core, and the ring that the kernel writes for it.

    Its rows are those of switches as the kernel writes them, and those of losses: type and count, when the
    last was lost, when the first, core.
    """

    def __init__(self, pid: int, cpu: int) -> None:
        self.cpu = cpu
        self._event = open_event(pid, cpu)
        self._memory: mmap.mmap | None = None
        self._tail = 0
        self._rest = NO_ROWS
        """Drained, but later than anybody has asked for."""
        self._last = time.monotonic_ns()
        """Time of the last record."""
        self._recorded = 0
        """How many are lost by the kernel's records …"""
        self._told = 0
        """… and how many of them we have told: more, as long as the kernel only counts them."""

    def map(self, ring_bytes: int) -> None:
        """Have the kernel write into memory that we see."""
        self._memory = mmap.mmap(self._event, mmap.PAGESIZE + ring_bytes)
        self._head_and_tail: Words = np.ndarray((2,), np.uint64, self._memory, DATA_HEAD)
        self._words: Words = np.ndarray((ring_bytes // 8,), np.uint64, self._memory, mmap.PAGESIZE)

    def unmap(self) -> None:
        """Give the memory back."""
        if self._memory is not None:
            del self._head_and_tail, self._words
            self._memory.close()
            self._memory = None

    def close(self) -> None:
        """Stop watching this core."""
        self.unmap()
        os.close(self._event)

    def read(self, after: int, until: int) -> Words:
        """Rows later than ``after``, up to ``until``."""
        rows = np.concatenate((self._rest, self._drain(after)))
        count = int(rows[:, TIME].searchsorted(np.uint64(until), "right"))
        self._rest = rows[count:]
        return rows[:count]

    def _drain(self, after: int) -> Words:
        """Everything that is in the ring, as rows later than ``after``."""
        words, full = self._take()
        if not len(words):
            return NO_ROWS
        rows = words.reshape(-1, 4) if _are_switches(words[::4]).all() else self._sort_out(words, after)
        self._last = int(words[TIME - 4])
        if full:
            rows = np.concatenate((rows, self._untold(after)))
        late = rows[:, TIME] <= after
        if late.any():
            rows = np.concatenate((_loss(after + 1, after + 1, self.cpu, int(late.sum())), rows[~late]))
        return rows

    def _take(self) -> tuple[Words, bool]:
        """What the kernel has published, and whether the ring was so full that more may be lost."""
        # The head is read, then the data, then the tail is written. That needs no barrier on x86_64: a load
        # isn't done before an earlier load, nor a store before an earlier load.
        head, tail, size = int(self._head_and_tail[0]), self._tail, len(self._words)
        begin, end = tail // 8 % size, head // 8 % size
        words = (
            self._words[begin:end].copy() if begin <= end else np.concatenate((self._words[begin:], self._words[:end]))
        )
        self._head_and_tail[1] = self._tail = head
        # Looked at again: until it sees the tail move, the kernel goes on to fill what room there was.
        return words, int(self._head_and_tail[0]) - tail > size * 8 - MOST_RECORD_BYTES

    def _sort_out(self, words: Words, after: int) -> Words:
        """The rows of records of several types. The end of a thread is a switch; its start is of no interest."""
        begins = _begins(words)
        headers = words[begins]
        ends = begins + (headers >> np.uint64(51)).astype(np.int64)
        types = headers & LOW
        rows = words[ends[:, np.newaxis] + np.arange(-4, 0)]
        rows[:, HEADER] = np.where(types == EXIT, OFF | np.uint64(SWITCH), headers)
        wanted: Mask = (types == SWITCH) | (types == EXIT)
        for index in np.flatnonzero(types == LOST):
            self._recorded += int(words[begins[index] + 2])
            previous = int(rows[index - 1, TIME]) if index else self._last
            if len(loss := self._loss(self._recorded, previous, int(rows[index, TIME]), after)):
                rows[index], wanted[index] = loss[0], True
        return np.compress(wanted, rows, axis=0)

    def _untold(self, after: int) -> Words:
        """A row, or none, for what the kernel has lost since its last record, and will tell when there is room."""
        counted = os.read(self._event, 16)[8:]  # nothing before Linux 6.0: then it is told when the kernel tells it
        return self._loss(int.from_bytes(counted, "little"), self._last, time.monotonic_ns(), after)

    def _loss(self, lost: int, first: int, last: int, after: int) -> Words:
        """A row, or none, for what isn't told yet of ``lost`` in all. It never begins where a read has been."""
        count, self._told = lost - self._told, max(lost, self._told)
        first = max(first, after + 1)
        return _loss(first, max(first, last), self.cpu, count) if count > 0 else NO_ROWS


def _loss(first: int, last: int, cpu: int, count: int) -> Words:
    return np.array([[LOST | count << 32, last, first, cpu]], np.uint64)


def _are_switches(headers: Words) -> Mask:
    found: Mask = headers & TYPE_AND_BYTES == SWITCH_OF_FOUR_WORDS
    return found


def _begins(words: Words) -> NDArray[np.int64]:
    """Where each record begins. Most are switches: looks ahead by more and more of them, until one isn't."""
    pieces, at, ahead = [], 0, 64
    while at < len(words):
        switches = _are_switches(words[at : at + 4 * ahead : 4])
        if switches.all():
            pieces.append(np.arange(at, at + 4 * len(switches), 4))
            at, ahead = at + 4 * len(switches), 2 * ahead
        else:
            other = at + 4 * int(switches.argmin())
            pieces.append(np.arange(at, other + 1, 4))
            at, ahead = other + (int(words[other]) >> 51), 64
    return np.concatenate(pieces)


def _columns(rows: Words) -> Switches:
    header, ids, at, cpu = rows.T
    on = header & OFF == 0
    return Switches(
        at=at.astype(np.int64),
        pid=ids.astype(np.uint32),
        tid=(ids >> HIGH).astype(np.uint32),
        cpu=cpu.astype(np.uint32),
        on=on,
        preempted=header & PREEMPTED != 0,
    )
