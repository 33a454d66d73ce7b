"""Measures the observer effect of a run: the same again with the recorder and without, in turns, in the same supervision.

Each run's own time is that of the scenario's ``run()``, taken by the child in the same way on both sides.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gilscope.analysis.observer import effect
from gilscope.collector import run, verdicts
from gilscope.collector.order import Order
from gilscope.collector.run import BY_REQUEST, ROUND_SECONDS
from gilscope.collector.verdicts import Verdict
from gilscope.errors import GilscopeError

Stopped = Callable[[], str | None]
Progress = Callable[[int, int], None]
"""Called as a run begins: which one, of how many."""


class _NotMeasured(Exception):
    """Why there is no figure."""


def perform(
    order: Order,
    runs: int,
    told: Callable[[], None] = lambda: None,
    stopped: Stopped = lambda: None,
    printed: Callable[[str, str], None] = lambda stream, text: None,
    progress: Progress = lambda number, of: None,
) -> dict[str, Any]:
    """As ``run.perform``; then so many runs with the recorder and so many without (0: none, and nothing is told). What
    they tell stands in the recording's end as ``observer``."""

    def last(end: dict[str, Any]) -> dict[str, Any]:
        return {**end, "observer": _measure(order, runs, end, stopped, progress)} if runs else end

    return run.perform(order, told, stopped, printed, last)


def _measure(order: Order, runs: int, end: dict[str, Any], stopped: Stopped, progress: Progress) -> dict[str, Any]:
    took: dict[bool, list[int]] = {True: [], False: []}
    try:
        if end["verdict"] != "ok":
            raise _NotMeasured("Only runs that end by themselves can be compared.")
        for number, recorded in enumerate(turns(runs), 1):
            progress(number, 2 * runs)
            took[recorded].append(_took(order, recorded, stopped))
    except (_NotMeasured, GilscopeError) as error:
        return {"measured": False, "why": str(error)}
    return {
        "measured": True,
        **asdict(effect(took[True], took[False])),
        "recorded_ns": took[True],
        "plain_ns": took[False],
    }


def turns(runs: int) -> list[bool]:
    """With the recorder, without, without, with …: a drift of the machine falls on both."""
    return [n % 4 in (0, 3) for n in range(2 * runs)]


def _took(order: Order, recorded: bool, stopped: Stopped) -> int:
    """How long ``run()`` took, in ns."""
    with tempfile.TemporaryDirectory(prefix="gilscope-observe-") as folder:
        file = Path(folder) / "took"
        order = replace(
            order,
            output=Path(folder) / "again.gilscope",
            environment={**order.environment, "GILSCOPE_TOOK": str(file)},
        )
        verdict = _again(order, stopped) if recorded else _plain(order, stopped)
        if stopped():
            raise _NotMeasured("It was stopped before all of its runs were over.")
        which = "with" if recorded else "without"
        if verdict.word != "ok":
            raise _NotMeasured(f"A run {which} the recorder ended otherwise: {verdict.sentence}")
        if not file.exists():
            raise _NotMeasured(f"In a run {which} the recorder, run() didn't come to its end.")
        return int(file.read_text(encoding="ascii"))


def _again(order: Order, stopped: Stopped) -> Verdict:
    end = run.perform(order, stopped=stopped)
    return Verdict(end["verdict"], end["sentence"])


def _plain(order: Order, stopped: Stopped) -> Verdict:
    with order.place() as folder:
        program = order.start(order.python, folder, {"GILSCOPE_PROBE": ""})
        verdict: Verdict | None = None
        try:
            program.release()
            while verdict is None and program.alive:
                time.sleep(ROUND_SECONDS)
                verdict = BY_REQUEST[said] if (said := stopped()) else program.look()
                program.output()
        finally:
            program.end()
    return verdict or verdicts.ended(program.exit_code, program.signal)
