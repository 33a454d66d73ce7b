"""The claims about tasks of asyncio: confirmed by recordings that show it, refuted by those that show the contrary."""

from pathlib import Path
from typing import Any

import pytest

from gilscope import claims
from gilscope.claims import Verdict
from tests.claimed import given, really, says, shipped, tasks_judged, verdict_of
from tests.programs import FOUND


def test_take_turns() -> None:
    """One at a time, changing at awaits; each to its end where there are none."""
    names = {"one": "clerk 1", "two": "clerk 2"}
    assert tasks_judged("take_turns", "one RQRD\ntwo QRQRD", names) == claims.confirmed(
        "2 tasks were under way at the same time, on 1 thread; at most 1 ran at an instant; they took 4 steps, and 3 times "
        "the next one was another task's."
    )
    assert tasks_judged("take_turns", "one RRDD\ntwo QQRRD", names).verdict == "depends"
    assert tasks_judged("take_turns", "one RRRZRDDD\ntwo .....RZRD", names).verdict == "refuted"
    assert tasks_judged("take_turns", "one RQRD", names).verdict == "not measured"


def test_forgotten_await() -> None:
    """As many are missing as had no await, and Python warned of each."""
    assert shipped("forgotten_await") == claims.confirmed(
        "4 of 8 calls had no await: 4 entries are missing, 4 coroutines were thrown away without having run, and Python "
        "3.11.7 warned of 4."
    )
    assert shipped("forgotten_await", says("4 of 8", "8 of 8")).verdict == "refuted"
    assert shipped("forgotten_await", says("RuntimeWarning", "Nothing")).verdict == "refuted"
    assert shipped("forgotten_await", given(forget=5)).verdict == "refuted"
    assert shipped("forgotten_await", given(forget=0)).verdict == "not measured"


def test_forgotten_await_fixed() -> None:
    """All are written; one too few refutes it."""
    assert shipped("forgotten_await_fixed").verdict == "confirmed"
    assert shipped("forgotten_await_fixed", says("8 of 8", "7 of 8")).verdict == "refuted"
    assert shipped("forgotten_await_fixed", says("8 of 8", "nothing")).verdict == "not measured"


REAL: list[tuple[str, str, dict[str, Any]]] = [
    ("take_turns", "depends", {"pause": False, "pile": 2, "rounds": 1000}),
    ("forgotten_await", "confirmed", {"entries": 3, "forget": 1}),
    ("forgotten_await_fixed", "confirmed", {"entries": 3, "way": "await"}),
]


@pytest.mark.parametrize(("name", "expected", "changes"), REAL)
def test_a_real_run_is_judged(name: str, expected: str, changes: dict[str, Any], tmp_path: Path) -> None:
    """Each on one interpreter, another for each; three runs, for on a busy machine a moment may be missed."""
    python = FOUND[REAL.index((name, expected, changes)) % len(FOUND)]
    verdicts: list[Verdict] = []
    while len(verdicts) < 3 and expected not in [verdict.verdict for verdict in verdicts]:
        verdicts.append(verdict_of(really(name, python, tmp_path / "recording", **changes)))
    assert verdicts[-1].verdict == expected, verdicts
