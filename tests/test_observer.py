"""The observer effect: its arithmetic, and real runs with the recorder and without."""

import json
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from gilscope import cli
from gilscope.analysis.observer import Effect, counts, effect, figure, sentence
from gilscope.collector import observe
from gilscope.collector.order import Order
from gilscope.recording import read
from gilscope.terminal import OK
from tests.test_run import write

MARKS = """
with open({path!r}, "a") as file:
    file.write("recorded " if "gilscope.recorder" in sys.modules else "plain ")
assert "GILSCOPE_TOOK" not in os.environ
sleep(0.02)
"""


def test_known_times() -> None:
    """The ratio is that of the medians; the interval leaves out two ratios of 25 at each end."""
    found = effect([150, 110, 120, 140, 130], [100, 100, 100, 100, 100])
    assert found == Effect(ratio=1.3, low=1.1, high=1.5, confidence=1 - 8 / 252)
    found = effect([120, 150, 110], [110, 100, 90])
    assert found == Effect(ratio=1.2, low=110 / 110, high=150 / 90, confidence=1 - 2 / 20)


@pytest.mark.parametrize(("runs", "covered"), [(2, 4), (3, 18), (4, 68), (5, 244)])
def test_the_interval_covers_1_where_recording_changes_nothing(runs: int, covered: int) -> None:
    """All orders of runs of one distribution are equally likely: of all of them, so many as the interval says."""
    times = [100 + n for n in range(2 * runs)]
    found = []
    for chosen in combinations(times, runs):
        one = effect(chosen, [time for time in times if time not in chosen])
        assert one.low <= one.ratio <= one.high
        found.append(one.low <= 1 <= one.high)
    assert Counter(found)[True] == covered
    assert one.confidence == pytest.approx(covered / len(found))


def test_in_words() -> None:
    """One line for the badge, one sentence for everything else; or why there is none."""
    told = {"measured": True, "ratio": 1.02, "low": 0.99, "high": 1.05, "confidence": 0.968}
    told |= {"recorded_ns": [1] * 5, "plain_ns": [1] * 5}
    assert figure(told) + counts(told) == "×1.02 (0.99–1.05), 5 + 5 runs"
    assert sentence(told) == (
        "With the recorder it took ×1.02 as long as without, ×0.99 to ×1.05 with 97 % certainty: "
        "5 runs with it and 5 without, in turns."
    )
    assert figure(missing := {"measured": False, "why": "No."}) + counts(missing) == "not measured"
    assert sentence(missing) == "Not measured. No."


def perform(folder: Path, body: str, stop_at: int = 0) -> tuple[dict[str, Any], list[tuple[int, int]]]:
    """A run with two runs of each kind: what its recording tells of them, and which of them began."""
    began: list[tuple[int, int]] = []
    order = Order("little", write(folder, body), {}, Path(sys.executable), folder / "little.gilscope")
    observe.perform(
        order,
        2,
        stopped=lambda: "stopped" if stop_at and len(began) == stop_at else None,
        progress=lambda number, of: began.append((number, of)),
    )
    end = read(order.output).end
    assert end
    told: dict[str, Any] = end["observer"]
    return told, began


def test_runs_with_the_recorder_and_without_take_turns(tmp_path: Path) -> None:
    """The recorded run comes first; the others are the same program, with nothing of the recorder in the plain ones."""
    marks = tmp_path / "marks"
    told, began = perform(tmp_path, MARKS.format(path=str(marks)))
    assert marks.read_text(encoding="utf-8").split() == ["recorded", "recorded", "plain", "plain", "recorded"]
    assert began == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told["measured"]
    assert [len(told[which]) for which in ("recorded_ns", "plain_ns")] == [2, 2]
    assert all(20_000_000 <= ns < 2_000_000_000 for ns in told["recorded_ns"] + told["plain_ns"])
    assert told["low"] <= told["ratio"] <= told["high"]
    assert [path.name for path in tmp_path.glob("*.gilscope")] == ["little.gilscope"]


@pytest.mark.parametrize(
    ("body", "began", "why"),
    [
        ("raise ValueError('no')", 0, "Only runs that end by themselves can be compared."),
        (
            "assert 'gilscope.recorder' in sys.modules",
            2,
            "A run without the recorder ended otherwise: It ended with exit code 1.",
        ),
        ("sys.stdout.flush(); os._exit(0)", 1, "In a run with the recorder, run() didn't come to its end."),
    ],
)
def test_what_cannot_be_compared_is_said(body: str, began: int, why: str, tmp_path: Path) -> None:
    """Nothing is run in vain: the first that shows it is the last."""
    told, runs = perform(tmp_path, body)
    assert told == {"measured": False, "why": why}
    assert len(runs) == began


@pytest.mark.parametrize("stop_at", [1, 2])
def test_stop_ends_it_and_keeps_the_recording(stop_at: int, tmp_path: Path) -> None:
    """In a run with the recorder, and in one without."""
    told, began = perform(tmp_path, "sleep(0.05)", stop_at)
    assert len(began) == stop_at
    assert told == {"measured": False, "why": "It was stopped before all of its runs were over."}


def test_the_command_says_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it runs, at its end, and in the report."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "print('hello', flush=True)")
    assert cli.main(["run", "./little.py", "--observe", "2"]) == OK
    said = capsys.readouterr()
    assert said.out == "hello\n"
    lines = said.err.splitlines()
    assert lines[:4] == [f"Observer effect: run {number} of 4" for number in (1, 2, 3, 4)]
    assert lines[5].startswith("Observer effect: With the recorder it took ×")
    assert cli.main(["report", "little.gilscope"]) == OK
    assert lines[5] in capsys.readouterr().out.splitlines()
    assert cli.main(["report", "little.gilscope", "--json"]) == OK
    told = json.loads(capsys.readouterr().out)["observer"]
    assert lines[5] == f"Observer effect: {sentence(told)}"


@pytest.mark.parametrize("number", ["1", "11", "many"])
def test_a_wrong_number_is_a_sentence(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With what is expected."""
    with pytest.raises(SystemExit):
        cli.main(["run", "convoy", "--observe", number])
    assert f"expected a number from 2 to 10, not '{number}'" in capsys.readouterr().err
