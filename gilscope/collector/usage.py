"""What one run's processes use, all together, and whether that is too much."""

import os
import time
from collections.abc import Iterator
from typing import NamedTuple

from gilscope.collector.tree import Process, Tree
from gilscope.collector.verdicts import Limits

_NS_PER_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class Excess(NamedTuple):
    """A limit, by the word of its verdict, and what was used, in its unit."""

    word: str
    used: float


class Usage:
    """Counts a tree of processes, look by look."""

    def __init__(self, tree: Tree, limits: Limits) -> None:
        self.tree = tree
        self.limits = limits
        self.released_ns = 0
        """When the program began; 0: it hasn't yet."""
        self.memory_bytes = 0
        self.cpu_ns = 0
        """Computed by all its processes, those that have ended included."""
        self._vanished_ticks = 0

    def look(self, waited_ns: int) -> Excess | None:
        """Scan and count. ``waited_ns``: what those have computed that the root has waited for, before this."""
        before = self.tree.processes
        self.tree.scan()
        self._count_time(before, waited_ns)
        for word, used, limit in self._measures():
            if used > limit:
                return Excess(word, used)
        return None

    def _measures(self) -> Iterator[tuple[str, float, float]]:
        """The limit's word, what is used, the limit. Memory is for few processes only: of many it is slow to read."""
        limits = self.limits
        yield "process-limit", len(self.tree.processes), limits.processes
        yield "thread-limit", sum(process.threads for process in self.tree.living()), limits.threads
        self.memory_bytes = self.tree.private_memory(limits.memory_bytes)
        yield "memory-limit", self.memory_bytes, limits.memory_bytes
        yield "cpu-limit", self.cpu_ns / 1e9, limits.cpu_seconds
        yield "wall-limit", self._wall_seconds(), limits.wall_seconds

    def _count_time(self, before: dict[int, Process], waited_ns: int) -> None:
        """Once by what was seen of each process; once by what those were told of that waited for it to end.

        The first misses what was computed between the last look and the end, the second those that nobody waited for.
        """
        now = self.tree.processes
        self._vanished_ticks += sum(process.own_ticks for pid, process in before.items() if pid not in now)
        own = sum(process.own_ticks for process in now.values())
        ended = sum(process.ended_ticks for process in now.values())
        seen = (self._vanished_ticks + own) * _NS_PER_TICK
        told = (own + ended) * _NS_PER_TICK + waited_ns
        self.cpu_ns = max(self.cpu_ns, seen, told)

    def _wall_seconds(self) -> float:
        return (time.monotonic_ns() - self.released_ns) / 1e9 if self.released_ns else 0.0
