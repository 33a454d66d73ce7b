"""Random mixes of threads, tasks, processes and pools, recorded: no contradiction, nothing lost, and what the program counted itself.

``python -m benchmarks.soak SEED …`` does single ones again.
"""

import json
import re
import secrets
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from benchmarks import measure
from benchmarks.measure import PROGRAMS, Figure
from gilscope import scenarios
from gilscope.analysis import statistics
from gilscope.analysis.check import check_timeline
from gilscope.analysis.timeline import Timeline
from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.collector.verdicts import Limits
from gilscope.events import TrackKind
from gilscope.recording import read

THINGS = ("locks", "rlocks", "semaphores", "queues", "simples", "alocks", "asemaphores", "aqueues", "shared")
"""What the program counts the acquisitions of, by the name of its variable."""
NAMED = {
    "threads": (TrackKind.THREAD, "worker-"),
    "tasks": (TrackKind.TASK, "mix-"),
    "processes": (TrackKind.PROCESS, "child-"),
    "works": (TrackKind.WORK, ""),
}
"""What it counts besides, and what all of these are called."""


@dataclass
class Outcome:
    """One run. ``wrong``: what contradicts itself, or what the program counted."""

    seed: int
    python: str
    wrong: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    """By the program itself."""
    lost: int = 0
    events: int = 0
    duration_ns: int = 0


def figures(quick: bool) -> Iterator[Figure | str]:
    """All of this family."""
    begin = secrets.randbelow(1 << 31)
    outcomes = []
    for seed in range(begin, begin + (20 if quick else 200)):
        outcome = one(seed)
        outcomes.append(outcome)
        yield from (f"    seed {seed}, Python {outcome.python}: {sentence}" for sentence in outcome.wrong)
    name = f"contradictions in random mixes, seeds from {begin}"
    yield Figure(name, (sum(len(each.wrong) for each in outcomes),), "", 0)
    yield Figure("lost in all of them", (sum(each.lost for each in outcomes),), "events", 0)
    yield Figure("events of one of them", tuple(each.events for each in outcomes), "")
    yield Figure("its duration", tuple(each.duration_ns / 1e6 for each in outcomes), "ms")


def pythons() -> list[Interpreter]:
    """Every CPython with its headers, also without a GIL."""
    return [each for each in interpreters.find() if each.implementation == "CPython" and each.include]


def one(seed: int, python: Interpreter | None = None) -> Outcome:
    """Record the mix of this seed, on the interpreter that it chooses, and compare."""
    python = python or Random(seed).choice(pythons())
    outcome = Outcome(seed, python.text)
    printed: list[str] = []
    with measure.scratch() as folder:
        file = folder / "mix.gilscope"
        scenario = scenarios.load(PROGRAMS / "mix.py")
        order = Order(
            "mix", scenario, {"seed": seed}, python.path, file, Limits(wall_seconds=measure.LIMIT_SECONDS, threads=2000)
        )
        end = perform(order, printed=lambda stream, text: printed.append(text) if stream == "stdout" else None)
        timeline = Timeline(read(file))
    outcome.events, outcome.lost, outcome.duration_ns = end["emitted"], end["lost"], end["duration_ns"]
    outcome.wrong += [each.sentence for each in check_timeline(timeline)]
    if end["verdict"] != "ok":
        outcome.wrong.append(f"{end['sentence']} {end['traceback'] or ''}".strip())
    elif not end["lost"]:
        outcome.counted = json.loads("".join(printed))
        outcome.wrong += differences(outcome.counted, seen(timeline))
    return outcome


def differences(counted: Mapping[str, int], recorded: Mapping[str, int]) -> list[str]:
    """Between what the program counted and what the recording has."""
    return [
        f"the program counted {counted.get(what, 0)} {what}, the recording has {recorded.get(what, 0)}"
        for what in (*THINGS, *NAMED)
        if counted.get(what, 0) != recorded.get(what, 0)
    ]


def seen(timeline: Timeline) -> Counter[str]:
    """What the program counts, as the recording has it."""
    counts = Counter[str]()
    for figures in statistics.resources(timeline):
        name = re.sub(r" \d+$", "", timeline.name(figures.track))
        if name in THINGS and not timeline.tracks[figures.track]["internal"]:
            counts[name] += figures.acquires
    for what, (kind, begins) in NAMED.items():
        counts[what] = sum(timeline.name(id).startswith(begins) for id in timeline.ids(kind))
    return counts


def main() -> int:
    """Exit code 1 when something is wrong."""
    outcomes = [one(int(seed)) for seed in sys.argv[1:]]
    for outcome in outcomes:
        print(outcome)
    return int(any(outcome.wrong for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
