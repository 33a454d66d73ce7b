"""Measures claims: runs their scenarios, each in its supervised process, one at a time, and judges what was recorded."""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gilscope import claims
from gilscope.claims import Claim, Verdict
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.errors import GilscopeError
from gilscope.recording import read


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run, and what it says about its claim. ``ended``: the program came to its end by itself."""

    claim: Claim
    python: Interpreter
    verdict: Verdict
    ended: bool


def judged(id: str, file: Path) -> Verdict:
    """What a recording says, which isn't needed any more then."""
    verdict = claims.judge(read(file))
    assert verdict is not None
    return verdict


def measure(
    runs: Sequence[tuple[Claim, Interpreter]],
    stopped: Callable[[], str | None] = lambda: None,
    progress: Callable[[int, Claim, Interpreter], None] = lambda number, claim, python: None,
    judge: Callable[[str, Path], Verdict] = judged,
) -> Iterator[Measurement]:
    """One after the other, each with its scenario's default parameters. ``judge`` gets a recording's id and file. The run in
    which ``stopped`` asks for the end isn't judged, and is the last."""
    for number, (claim, python) in enumerate(runs, 1):
        if stopped():
            return
        progress(number, claim, python)
        with tempfile.TemporaryDirectory(prefix="gilscope-claim-") as folder:
            id, scenario = secrets.token_hex(6), claim.scenario
            file = Path(folder) / f"{scenario.name}.gilscope"
            order = Order(id, scenario, scenario.defaults, python.path, file, light=False)
            try:
                ended = perform(order, stopped=stopped)["verdict"] == "ok"
            except GilscopeError as error:
                yield Measurement(claim, python, claims.not_measured(str(error)), False)
                continue
            if stopped():
                return
            yield Measurement(claim, python, judge(id, file), ended)
