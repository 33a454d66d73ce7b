"""Switches that are lost are counted, and it is told when."""

import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gilscope.collector import perf
from gilscope.collector.cores import MARGIN_NS, Cores, Loss, Switches
from gilscope.collector.rings import FOREVER
from tests.switching import (
    SECONDS,
    SMALL,
    Program,
    assert_consistent,
    await_rest,
    needs_cores,
    settled,
    started,
    steps,
    watching,
)

pytestmark = needs_cores

ROUNDS = """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for n in range(40):
        for thread in start(lambda: nap(3 * n)): thread.join()
        tell(round=n)
        pause()
"""


def test_a_small_ring_brings_the_same_as_a_large_one() -> None:
    """It wraps round many times, also in the middle of records; read often enough, nothing is lost."""
    with started(ROUNDS) as program, watching(program.pid) as large, watching(program.pid, SMALL) as small:
        pieces, losses = [], []
        for _ in range(40):
            program.go()
            await_rest(program.pid)
            piece, loss = small.read(settled())
            pieces.append(piece)
            losses += loss
        program.end()
        pieces.append(small.read(FOREVER)[0])
        reference, _ = large.read(FOREVER)
    assert losses == []
    assert len(reference) > 5 * SMALL // 32
    names = ("tid", "pid", "cpu", "on", "preempted")
    assert steps(Switches.concat(pieces), *names) == steps(reference, *names)
    assert_consistent(Switches.concat(pieces))


OBEDIENT = """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    tell(cpu=core_now())
    while times := pause():
        nap(int(times))
        tell(napped=int(times))
"""


class Overflow:
    """An obedient program with a small ring, which overflows, and a large one that has everything."""

    def __init__(self, program: Program, large: Cores, small: Cores) -> None:
        self.program = program
        self.cpu = program.go()["cpu"]
        self.ring = small._rings[self.cpu]
        self._large, self._small = large, small
        self.reads: list[tuple[list[tuple[Any, ...]], list[Loss]]] = []
        self.times: list[NDArray[np.int64]] = []
        self.read()

    def read(self, until: int = 0) -> int:
        """Read what has settled, or all. Until when."""
        until = until or settled()
        switches, losses = self._small.read(until)
        there = switches[switches.cpu == self.cpu]
        self.reads.append((steps(there, "tid", "on", "preempted"), losses))
        self.times.append(there.at)
        return until

    def end(self) -> list[tuple[Any, ...]]:
        """Let it end, read the rest. What the large ring has of this core."""
        self.program.end()
        self.read(FOREVER)
        switches, losses = self._large.read(FOREVER)
        assert losses == []
        assert_consistent(switches)
        return steps(switches[switches.cpu == self.cpu], "tid", "on", "preempted")

    def count(self) -> int:
        """Switches that were brought, and those that were told as lost."""
        return sum(len(rows) + sum(loss.count for loss in losses) for rows, losses in self.reads)


@pytest.fixture
def overflow() -> Iterator[Overflow]:
    """Nothing has overflowed yet."""
    with started(OBEDIENT) as program, watching(program.pid) as large, watching(program.pid, SMALL) as small:
        yield Overflow(program, large, small)


def test_an_overflow_is_told_at_once(overflow: Overflow) -> None:
    """Also while the kernel has no occasion to tell it by a record; when it then does, it isn't told again."""
    overflow.program.nap(1000)
    overflow.read()
    overflow.program.nap(20)
    reference = overflow.end()
    (before, none), (first, [loss]), (rest, nothing) = overflow.reads
    assert none == nothing == []
    assert loss.count > 1000 and loss.cpu == overflow.cpu
    assert reference == [*before, *first, *reference[len(before + first) :][: loss.count], *rest]
    assert overflow.times[1][-1] <= loss.first < loss.last < overflow.times[2][0]


def test_before_linux_6_an_overflow_is_told_when_the_kernel_tells_it(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The kernel refuses to give the count, as those do: the loss comes later, but not before what was read."""
    monkeypatch.setattr(perf, "FORMAT_LOST", 1 << 40)
    overflow: Overflow = request.getfixturevalue("overflow")
    overflow.program.nap(1000)
    until = overflow.read()
    overflow.program.nap(20)
    reference = overflow.end()
    (before, none), (first, nothing), (rest, [loss]) = overflow.reads
    assert none == nothing == []
    assert loss.count > 1000
    assert reference == [*before, *first, *reference[len(before + first) :][: loss.count], *rest]
    assert until < loss.first < loss.last <= overflow.times[2][0]


class During:
    """A ring's words; the first time that they are read, something happens right after."""

    def __init__(self, words: Any, happen: Callable[[], None]) -> None:
        self._words, self._happen = words, happen

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, part: slice) -> Any:
        copy = self._words[part].copy()
        self._happen()
        self._happen = lambda: None
        return copy


def test_an_overflow_while_the_ring_is_emptied(overflow: Overflow) -> None:
    """The kernel fills what room there is before it sees the new tail: that is told at once, too."""
    overflow.program.nap(10)
    words = overflow.ring._words
    overflow.ring._words = During(words, lambda: overflow.program.nap(1000))  # type: ignore[assignment]
    overflow.read()
    overflow.ring._words = words
    assert [loss.count > 1000 for loss in overflow.reads[-1][1]] == [True]
    overflow.program.nap(10)
    assert len(overflow.end()) == overflow.count()


def test_another_overflow_before_the_first_is_counted(overflow: Overflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours of all is then ahead of the kernel's records: the second isn't told twice."""
    read = os.read

    def read_later(file: int, count: int) -> bytes:
        monkeypatch.undo()
        overflow.program.nap(1000)
        return read(file, count)

    overflow.program.nap(1000)
    monkeypatch.setattr(os, "read", read_later)
    overflow.read()
    assert [loss.count > 2500 for loss in overflow.reads[-1][1]] == [True]
    overflow.read()
    overflow.program.nap(10)
    assert len(overflow.end()) == overflow.count()


def test_an_overflow_while_it_is_read() -> None:
    """The kernel fills and we empty at the same time: switches + lost are as many in a small ring as in a large one."""
    page = resource.getpagesize()
    with (
        started("while True: nap(100)") as program,
        watching(program.pid) as large,
        watching(program.pid, page) as small,
    ):
        counts = {large: Counter[int](), small: Counter[int]()}
        lost = 0

        def read(until: int, after: int) -> None:
            nonlocal lost
            for each, count in counts.items():
                switches, losses = each.read(until)
                assert not len(switches) or after < switches.at[0] <= switches.at[-1] <= until
                assert all(after < loss.first <= loss.last for loss in losses)
                count.update(switches.cpu.tolist())
                for loss in losses:
                    count[loss.cpu] += loss.count
                    lost += each is small

        program.let_go()
        until, pause, deadline = time.monotonic_ns() - MARGIN_NS, 1, time.monotonic() + SECONDS
        read(until, 0)
        while lost <= 10 and time.monotonic() < deadline:
            pause = pause * 5 % 9973
            time.sleep(pause * 1e-6)  # as busy readers do, now shorter, now longer
            after, until = until, time.monotonic_ns() - MARGIN_NS
            read(until, after)
        program.process.kill()
        program.process.wait()
        read(FOREVER, until)
    assert lost > 10, "nothing was lost: nothing was tested"
    assert counts[small] == counts[large]


def test_what_comes_to_light_too_late_is_lost_and_counted() -> None:
    """A read had promised that nothing more comes up to its time: nothing does, but the count."""
    with started("nap(100)") as program, watching(program.pid) as large, watching(program.pid) as watched:
        until = time.monotonic_ns() + 3600 * 10**9
        assert len(watched.read(until)[0]) == 0
        assert len(watched.read(until - 1800 * 10**9)[0]) == 0, "which takes nothing of the promise back"
        program.end()
        switches, losses = watched.read(FOREVER)
        reference, _ = large.read(FOREVER)
    assert len(switches) == 0
    assert sum(loss.count for loss in losses) == len(reference) > 100
    assert {(loss.first, loss.last) for loss in losses} == {(until + 1, until + 1)}
