"""Does work in every way there is here: which interpreter does which way, and the runs, one at a time."""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gilscope import advice
from gilscope.advice import Figures
from gilscope.analysis import report
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.errors import BadParameter, BadParameters
from gilscope.parameters import Value
from gilscope.recording import read
from gilscope.scenarios import Scenario

SCENARIO = "which_way"
"""The scenario that does the work."""
ON_ONE = ("serial", "threads", "asyncio", "processes", "mixed")
WITH_INTERPRETERS = (3, 14)
MOST_SECONDS = 15.0
"""How long the work may take when nothing of it overlaps: a run has a limit, too."""


@dataclass(frozen=True, slots=True)
class Done:
    """One run. ``figures``: None if it didn't come to its end; then the sentence says why."""

    way: str
    python: str
    figures: Figures | None
    sentence: str


def ways(chosen: Interpreter, usable: Sequence[Interpreter]) -> list[tuple[str, Interpreter]]:
    """All on the chosen one; interpreters, and threads without a GIL, on the newest that has them where that one hasn't."""
    found = [(way, chosen) for way in ON_ONE]
    others = [one for one in usable if one.include is not None]

    def add(way: str, fits: Callable[[Interpreter], bool]) -> None:
        if python := chosen if fits(chosen) else next(filter(fits, reversed(others)), None):
            found.append((way, python))

    add("interpreters", lambda one: one.version >= WITH_INTERPRETERS and (one is chosen or not one.free_threaded))
    if not chosen.free_threaded:
        add("threads", lambda one: one.free_threaded)
    return found


def refuse_too_long(values: Mapping[str, Value]) -> None:
    """``BadParameters`` where there is nothing to do, or too much of it."""
    pieces, waiting, computing = (float(values[name]) for name in ("pieces", "waiting_ms", "computing_ms"))
    seconds = pieces * (waiting + computing) / 1000
    if not seconds:
        sentence = "A piece neither waits nor computes. Let it do one of them."
        raise BadParameters([BadParameter("computing_ms", sentence)])
    if seconds > MOST_SECONDS:
        told = f"One piece after the other, this takes {seconds:,.0f} s."
        told += f" Take fewer or shorter ones: {MOST_SECONDS:.0f} s at most."
        raise BadParameters([BadParameter("pieces", told)])


def do(
    scenario: Scenario,
    values: Mapping[str, Value],
    planned: Sequence[tuple[str, Interpreter]],
    repeats: int,
    stopped: Callable[[], str | None] = lambda: None,
    progress: Callable[[int, int, str], None] = lambda number, of, way: None,
) -> Iterator[Done]:
    """Each way once, then each again. The run in which ``stopped`` asks for the end isn't told, and is the last."""
    runs = [each for _ in range(repeats) for each in planned]
    for number, (way, python) in enumerate(runs, 1):
        if stopped():
            return
        progress(number, len(runs), f"{advice.key(way, python.free_threaded)} on {python.text}")
        done = _one(scenario, {**values, "way": way}, python, stopped)
        if stopped():
            return
        yield done


def _one(scenario: Scenario, values: dict[str, Value], python: Interpreter, stopped: Callable[[], str | None]) -> Done:
    with tempfile.TemporaryDirectory(prefix="gilscope-lab-") as folder:
        file = Path(folder) / f"{scenario.name}.gilscope"
        end = perform(Order(secrets.token_hex(6), scenario, values, python.path, file, light=False), stopped=stopped)
        recording = read(file)
    output = "".join(part["text"] for part in recording.output if part["stream"] == "stdout")
    figures = advice.figures(report.report(recording), output, int(end.get("peak_memory_bytes") or 0))
    return Done(advice.key(str(values["way"]), python.free_threaded), python.text, figures, str(end["sentence"]))
