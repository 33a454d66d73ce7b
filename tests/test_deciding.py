"""The command ``lab``: real runs of some ways, told as a table and as JSON; what can't be, as one sentence."""

import json
from typing import Any

import pytest

from gilscope import cli, deciding, scenarios
from gilscope.collector import ways
from gilscope.collector.interpreters import Interpreter
from tests.test_which_way import OURS

TINY = ["--set", "pieces=2", "--set", "waiting_ms=1", "--set", "computing_ms=2", "--repeats", "1"]


def only(monkeypatch: pytest.MonkeyPatch, *wanted: str) -> None:
    """Not all ways, for the tests' time."""

    def found(chosen: Interpreter, usable: object) -> list[tuple[str, Interpreter]]:
        return [(way, chosen) for way in wanted]

    monkeypatch.setattr(deciding, "ways", found)


def test_what_was_measured_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As a table with the advice below; a way that this Python hasn't got is said, and is an exit code."""
    only(monkeypatch, "asyncio", "interpreters")
    code = cli.main(["lab", *TINY])
    out, err = capsys.readouterr()
    head, *rows = out.splitlines()
    assert head.split("  ")[0] == "way"
    assert rows[0].split()[:2] == ["asyncio", OURS.text]
    assert "The article: asyncio with a pool of processes. Each piece waits for 33 % of its time: a mixture" in out
    assert "Not measured. No run of asyncio with a pool of processes came to its end, so this can't be compared." in out
    assert f"Run 1 of 2: asyncio on {OURS.text}" in err
    if OURS.version < (3, 14):
        assert code == 1
        assert "interpreters: It ended by itself" in err
        assert "Measured here: asyncio. It took " in out


def test_programs_get_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The work, each run, both advices, and how they differ; times in ns."""
    only(monkeypatch, "mixed")
    monkeypatch.setattr(deciding.interpreters, "recordable", list)  # looking for others takes longer than the run
    assert cli.main(["lab", *TINY, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert list(told) == ["parameters", "runs", "measured", "article", "difference"]
    assert told["parameters"]["pieces"] == 2 and "way" not in told["parameters"]
    assert [run["way"] for run in told["runs"]] == ["mixed"]
    took, began = (told["runs"][0]["figures"][figure] for figure in ("took", "began"))
    assert took >= 4e6 and 0 <= began < took
    assert told["runs"][0]["figures"]["memory"] > 1_000_000
    assert told["article"]["way"] == told["measured"]["way"] == "mixed"
    assert told["difference"]["word"] == "agree"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--set", "way=serial"], "All ways are measured: way can't be set. Leave it out."),
        (["--set", "pieces=1000", "--set", "waiting_ms=20"], "One piece after the other, this takes 25 s."),
        (["--set", "waiting_ms=0", "--set", "computing_ms=0"], "A piece neither waits nor computes."),
        (["--repeats", "0"], "repeats must be a whole number from 1 to 20, not '0'."),
        (["--set", "chain=x"], "chain must be a whole number from 1 to 1,000, not 'x'."),
    ],
)
def test_what_can_not_be_is_one_sentence(given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything runs."""
    assert cli.main(["lab", *given]) == 2
    assert sentence in capsys.readouterr().err


def test_who_stops_it_gets_what_there_is() -> None:
    """The run at which it is stopped isn't told, and nothing comes after it."""
    begun: list[str] = []
    scenario = scenarios.find(ways.SCENARIO)
    values = {**scenario.defaults, "pieces": 1, "waiting_ms": 0.0, "computing_ms": 1.0}
    found = ways.do(
        scenario,
        values,
        [("serial", OURS), ("asyncio", OURS), ("threads", OURS)],
        2,
        stopped=lambda: "stopped" if len(begun) > 1 else None,
        progress=lambda number, of, way: begun.append(way),
    )
    assert [done.way for done in found] == ["serial"]
    assert begun == [f"serial on {OURS.text}", f"asyncio on {OURS.text}"]
