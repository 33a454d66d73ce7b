"""The work that the lab describes, done for real in each way, and what its claim says of the recordings."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from gilscope import claims
from gilscope.collector.interpreters import Interpreter
from tests.claimed import given, really, shipped, verdict_of
from tests.programs import FOUND

OURS = next(one for one in FOUND if one.path.samefile(sys.executable))
WITH_POOLS = next((one for one in FOUND if one.version >= (3, 14) and not one.free_threaded), None)
TINY: dict[str, Any] = {"pieces": 4, "waiting_ms": 1.0, "computing_ms": 2.0, "payload_kb": 100}
WAYS = [
    ("serial", OURS, 1),
    ("threads", OURS, 1),
    ("asyncio", OURS, 1),
    ("mixed", OURS, 2),
    ("processes", OURS, 2),
    ("interpreters", WITH_POOLS, 2),
]
SAID = r"Done after ([\d.]+) ms; the first piece began after ([\d.]+) ms.\n.* done after ([\d.]+) ms, 95 % after ([\d.]+) ms.\n"


@pytest.mark.parametrize(("way", "python", "at_once"), WAYS, ids=lambda one: str(getattr(one, "text", one)))
def test_each_way_does_all_of_the_work(way: str, python: Interpreter | None, at_once: int, tmp_path: Path) -> None:
    """Each piece has asked the server; the times are in order; who computes is as many as can at once, or one core was taken."""
    if python is None:
        pytest.skip("no Python with pools of interpreters here")
    recording = really("which_way", python, tmp_path / "recording", way=way, **TINY)
    said = re.fullmatch(SAID, "".join(part["text"] for part in recording.output))
    assert said, recording.output
    done, began, half, most = map(float, said.groups())
    assert 0 <= began < half <= most <= done
    assert half >= 3, "a piece waits and computes"
    verdict = verdict_of(recording)
    assert verdict.verdict in ("confirmed", "depends"), verdict
    most_at_once, *waited = map(int, re.findall(r"at most (\d+)", verdict.sentence))
    assert most_at_once <= at_once
    assert len(waited) == (way != "serial") and all(1 <= one <= TINY["pieces"] for one in waited)


def test_an_interpreter_without_pools_of_them_says_so(tmp_path: Path) -> None:
    """Nothing is done some other way instead."""
    if OURS.version >= (3, 14):
        pytest.skip("this one has them")
    recording = really("which_way", OURS, tmp_path / "recording", way="interpreters", **TINY)
    assert [part["text"] for part in recording.output] == [
        "This Python has no pool of interpreters. It takes 3.14 or later.\n"
    ]
    assert verdict_of(recording).verdict == "not measured"


def test_what_the_claim_says() -> None:
    """Threads that compute in Python do so one at a time; of one piece nothing can be said; processes that share a core depend on it."""
    assert re.search(
        r"computed at the same instant, 1.00 on average; at most ([2-9]|\d\d) waited\.$", shipped("which_way").sentence
    )
    assert shipped("which_way").verdict == "confirmed"
    assert shipped("which_way", given(pieces=1)).verdict == "not measured"
    assert shipped("which_way", given(computing_ms=0.0)).verdict == "not measured"
    assert shipped("which_way", given(language="c")).verdict in ("confirmed", "depends")
    assert shipped("which_way", given(way="processes")) == claims.not_measured(
        "No thread called ForkProcess- or ForkServerProcess- or SpawnProcess- was seen."
    )
