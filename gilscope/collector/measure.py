"""Measures claims: runs their scenarios, each in its supervised process, one at a time, and judges what was recorded."""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gilscope import claims
from gilscope.claims import Claim, Verdict
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.run import Order, perform
from gilscope.errors import GilscopeError
from gilscope.recording import read


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run, and what it says about its claim. ``ended``: the program came to its end by itself."""

    claim: Claim
    python: Interpreter
    verdict: Verdict
    ended: bool


def measure(
    measured: Sequence[Claim],
    pythons: Sequence[Interpreter],
    repeats: int,
    stopped: Callable[[], str | None] = lambda: None,
    progress: Callable[[int, int, Claim, Interpreter], None] = lambda number, of, claim, python: None,
) -> Iterator[Measurement]:
    """Scenario by scenario, with its default parameters, on each interpreter in turn, so often. The run in which
    ``stopped`` asks for the end isn't judged, and is the last."""
    runs = [(claim, python) for claim in measured for _ in range(repeats) for python in pythons]
    for number, (claim, python) in enumerate(runs, 1):
        if stopped():
            return
        progress(number, len(runs), claim, python)
        measurement = _one(claim, python, stopped)
        if stopped():
            return
        yield measurement


def _one(claim: Claim, python: Interpreter, stopped: Callable[[], str | None]) -> Measurement:
    scenario = claim.scenario
    with tempfile.TemporaryDirectory(prefix="gilscope-claim-") as folder:
        file = Path(folder) / f"{scenario.name}.gilscope"
        try:
            end = perform(
                Order(secrets.token_hex(6), scenario, scenario.defaults, python.path, file, light=False),
                stopped=stopped,
            )
        except GilscopeError as error:
            return Measurement(claim, python, claims.not_measured(str(error)), False)
        verdict = claims.judge(read(file))
    assert verdict is not None
    return Measurement(claim, python, verdict, end["verdict"] == "ok")
