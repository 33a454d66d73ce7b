"""The command ``claims``, with real runs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gilscope import cli
from tests.programs import FOUND

ROOT = Path(__file__).resolve().parent.parent
OLD = next(python for python in FOUND if python.version < (3, 14))
"""Has no module for interpreters, so one claim can't be measured on it."""


def test_the_table_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """Whole: what is stated, by what it is measured, and what each interpreter says, with figures."""
    assert cli.main(["claims", "starting_gun", "own_gil_each", "--json", "--python", str(OLD.path)]) == cli.OK
    out, errors = capsys.readouterr()
    told = json.loads(out)
    assert told.keys() == {"pythons", "statements", "scenarios"}
    assert told["pythons"] == [{"title": OLD.text, "path": str(OLD.path)}]
    assert [(one["number"], one["chapter"], one["scenarios"]) for one in told["statements"]] == [
        (9, "The GIL", ["own_gil_each"]),
        (17, "Threads", ["starting_gun"]),
    ]
    first, second = told["scenarios"]
    assert (first["scenario"], first["statements"]) == ("own_gil_each", [9])
    assert first["verdicts"][OLD.text]["verdict"] == "not measured"
    assert "has no module for interpreters" in first["verdicts"][OLD.text]["sentence"]
    judged = second["verdicts"][OLD.text]
    assert judged.keys() == {"verdict", "sentence", "runs", "figures"}
    assert (judged["verdict"], judged["runs"]) == ("confirmed", 1)
    assert judged["figures"][0].keys() == {"median", "low", "high", "unit"}
    assert errors == f"Run 1 of 2: own_gil_each on {OLD.text}\nRun 2 of 2: starting_gun on {OLD.text}\n"


def test_an_interrupt_keeps_what_there_is() -> None:
    """The run that was going on isn't judged, and the rest says that it wasn't run."""
    command = [sys.executable, "-P", "-m", "gilscope.cli", "claims", "starting_gun", "two_counters", "--repeats", "9"]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=-1, stderr=-1, text=True
    ) as running:
        assert running.stderr is not None
        said = ""
        while not said.startswith("Run 3 of 18"):
            said = running.stderr.readline()
            assert said, "it ended before its third run"
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGINT
    names = [line.split()[:4] for line in out.splitlines() if " on 3." in line]
    assert {tuple(name[:2]) for name in names if name[0] != "not"} == {("confirmed", "two_counters")}
    assert {tuple(name) for name in names if name[0] == "not"} == {("not", "yet", "run", "starting_gun")}
    assert "2 runs" in out and "9 runs" not in out
    assert out.endswith("2 verdicts: confirmed 1, not yet run 1.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no_such"], "There is no scenario 'no_such'."),
        (["--repeats", "0"], "repeats must be a whole number from 1 to 20, not '0'."),
        (["--python", "/nowhere"], "/nowhere can't be used as an interpreter"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, and exit code 2."""
    assert cli.main(["claims", *arguments]) == cli.USAGE
    assert sentence in capsys.readouterr().err
