"""How late the server's event loop comes while a run keeps every core busy, by what holds the run's weight down."""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from benchmarks.measure import Figure
from gilscope.collector.supervisor import Program
from gilscope.collector.verdicts import Limits
from gilscope.collector.weight import SETTING

BURNERS = 16
BURN = f"""
import os
for _ in range({BURNERS - 1}):
    if os.fork() == 0:
        break
print("ready", flush=True)
while True:
    pass
"""
WORK = """
import time
begin = time.perf_counter()
for _ in range(3_000_000):
    pass
print(time.perf_counter() - begin)
"""
TICK_SECONDS = 0.01
ROOMY = Limits(wall_seconds=600, cpu_seconds=6000)
WAYS = {"cgroup": "held by a cgroup", "autogroup": "held by autogroups", "none": "held by nothing"}


def figures(quick: bool) -> Iterator[Figure | str]:
    """In turns, so that whatever else the machine does meets all of them."""
    seconds, runs = (3, 1) if quick else (10, 5)
    if (busy := busy_share(1)) > 0.1:
        yield f"not measured: a program alone. It isn't: others use {busy:.0%} of this machine"
    else:
        for way in ("cgroup", "autogroup"):
            pairs = [(alone(way), alone("none")) for _ in range(runs * 4)]
            name = f"a program alone, {WAYS[way]}, against plain"
            yield Figure(name, tuple(light / plain for light, plain in pairs), "×", 1.02)
    without: list[list[float]] = []
    lags: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    ends: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(runs):
        without.append(asyncio.run(late(seconds)))
        for way in WAYS:
            if measured := burn(way, seconds):
                lags[way].append(measured[0])
                ends[way].append(measured[1])
    yield from _lateness("without a run", without, False)
    for way, words in WAYS.items():
        if not lags[way]:
            yield f"not measured: {way}, which can't be used here"
            continue
        yield from _lateness(f"{BURNERS} burners {words}", lags[way], way != "none")
        yield Figure(f"end of {BURNERS} burners {words}", tuple(ends[way]), "ms", 500)


def _lateness(title: str, runs: list[list[float]], promised: bool) -> Iterator[Figure]:
    tails = tuple(statistics.quantiles(run, n=100)[98] for run in runs)
    yield Figure(f"event loop late, {title}: p99", tails, "ms", 20 if promised else None)
    yield Figure(f"event loop late, {title}: most", tuple(map(max, runs)), "ms", 100 if promised else None)


async def late(seconds: float) -> list[float]:
    """By how many ms each tick came later than it was due."""
    lags = []
    end = time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        await asyncio.sleep(TICK_SECONDS)
        lags.append((time.perf_counter() - begin - TICK_SECONDS) * 1e3)
    return lags


def burn(way: str, seconds: float) -> tuple[list[float], float] | None:
    """How late the loop came beside the burners, and how many ms their end took; None: this way can't be used here."""
    with closing_run(BURN, way) as program:
        if (program.weight or "none") != way:
            return None
        program.release()
        ready = 0
        while ready < BURNERS:
            ready += sum(text.count("ready") for _, text in program.output())
            time.sleep(TICK_SECONDS)
        lags = asyncio.run(late(seconds))
        begin = time.perf_counter()
        program.end()
        return lags, (time.perf_counter() - begin) * 1e3


def busy_share(seconds: float) -> float:
    """How much of all cores is in use."""

    def count() -> tuple[int, int]:
        ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(ticks), ticks[3] + ticks[4]

    before = count()
    time.sleep(seconds)
    total, idle = (now - then for now, then in zip(count(), before, strict=True))
    return 1 - idle / total


def alone(way: str) -> float:
    """Seconds that a program says it took while nothing else is to do."""
    with closing_run(WORK, way) as program:
        program.release()
        while program.alive:
            time.sleep(TICK_SECONDS)
        return float("".join(text for _, text in program.output()))


@contextmanager
def closing_run(script: str, way: str) -> Iterator[Program]:
    """A run of this script, held by this way, that waits for its release."""
    with mock.patch.dict(os.environ, {SETTING: way}):
        program = Program([sys.executable, "-c", script], {}, Path("/"), ROOMY)
    try:
        yield program
    finally:
        program.end()
