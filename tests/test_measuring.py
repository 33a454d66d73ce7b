"""The command ``claims``, with real runs."""

import html
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gilscope import cli
from gilscope.terminal import OK, USAGE
from tests.app_client import client, served, settings
from tests.programs import FOUND

ROOT = Path(__file__).resolve().parent.parent
OLD = next(python for python in FOUND if python.version < (3, 14))
"""Has no module for interpreters, so one claim can't be measured on it."""


def test_the_table_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """Whole: what is stated, by what it is measured, and what each interpreter says, with figures."""
    assert cli.main(["claims", "starting_gun", "own_gil_each", "--json", "--python", str(OLD.path)]) == OK
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
    assert re.fullmatch(
        rf"Run 1 of 2: own_gil_each on {OLD.text}\nRun 2 of 2: starting_gun on {OLD.text}, about \d+ s to go\n", errors
    )


def test_an_interrupt_keeps_what_there_is_and_the_same_command_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run that was going on isn't judged. What was kept isn't measured again, and stands on the page of a server."""
    given = ["claims", "starting_gun", "two_counters", "--python", str(OLD.path), "--data", str(tmp_path / "data")]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "gilscope.cli", *given, "--repeats", "9"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=-1,
        stderr=-1,
        text=True,
    ) as running:
        assert running.stderr is not None
        said = ""
        while not said.startswith("Run 2 of 18"):
            said = running.stderr.readline()
            assert said, "it ended before its second run"
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGINT
    assert errors == "What was measured is kept: the same command goes on with the rest.\n"
    told = [" ".join(line.split(" on 3.")[0].split()) for line in out.splitlines() if " on 3." in line]
    assert told == ["confirmed two_counters", "confirmed two_counters", "not yet run starting_gun"]
    assert out.endswith("2 verdicts: confirmed 1, not yet run 1.\n")
    assert cli.main([*given, "--json"]) == OK
    out, errors = capsys.readouterr()
    assert errors == f"1 run of 2 is there already.\nRun 1 of 1: starting_gun on {OLD.text}\n"
    judged = {one["scenario"]: one["verdicts"][OLD.text] for one in json.loads(out)["scenarios"]}
    assert {name: one["runs"] for name, one in judged.items()} == {"starting_gun": 1, "two_counters": 1}
    with served(settings(tmp_path / "data")) as running_server, client(running_server) as asking:
        page = asking.get(f"/article?python={OLD.text}").text
        links = set(re.findall(r'href="/recordings/(\w+)[^"]*">See', page))
        assert html.escape(judged["two_counters"]["sentence"]) in page and len(links) == 2
        assert [asking.get(f"/recordings/{id}").status_code for id in links] == [200, 200]


def test_what_is_kept_goes_by_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two interpreters of one version, or a folder that can't be: one sentence, before anything runs."""
    twin, given = tmp_path / "python", ["claims", "two_counters", "--python", str(OLD.path)]
    twin.symlink_to(OLD.path)
    assert cli.main([*given, "--python", str(twin), "--data", str(tmp_path / "data")]) == USAGE
    assert "are of the same version, by which verdicts are kept. Give one." in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert cli.main([*given, "--data", str(tmp_path / "file")]) == USAGE
    assert f"{tmp_path / 'file'} can't be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no_such"], "There is no scenario 'no_such'."),
        (["--repeats", "0"], "repeats must be a whole number from 1 to 20, not '0'."),
        (["--repeats", "10", "--data", "DATA"], "repeats must be a whole number from 1 to 9, not '10'."),
        (["--python", "/nowhere"], "/nowhere can't be used as an interpreter"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """One sentence, and exit code 2."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["claims", *arguments]) == USAGE
    assert sentence in capsys.readouterr().err
