"""What can be measured on each interpreter is tried, told, and offered."""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.interpreters import Interpreters
from gilscope import cli
from gilscope.collector import interpreters, trial
from gilscope.terminal import OK
from tests.programs import FOUND

HERE = interpreters.describe(sys.executable)


def test_every_interpreter_is_told_with_what_a_trial_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON for programs; the GIL on every build that has one, all else on those without."""
    assert cli.main(["interpreters", "--json"]) == OK
    told = {each["path"]: each for each in json.loads(capsys.readouterr().out)}
    assert told.keys() == {str(each.path) for each in interpreters.find()}
    for known in FOUND:
        each = told[str(known.path)]
        assert (each["version"], each["build"], each["free_threaded"]) == (known.text, known.build, known.free_threaded)
        assert each["layers"]["program"] == {"measured": True, "why": ""}
        gil = each["layers"]["gil"]
        assert gil["measured"] is not known.free_threaded
        assert bool(gil["why"]) is known.free_threaded


def test_people_read_why_not_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without a compiler, for instance: what to install."""
    monkeypatch.setenv("CC", "/nowhere/cc")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(interpreters, "find", lambda: [HERE])
    assert cli.main(["interpreters"]) == OK
    first, build, *layers = capsys.readouterr().out.splitlines()
    assert first.split() == [HERE.text, str(HERE.path)]
    assert build.split() == ["CPython", *HERE.build.split()]
    assert [line for line in layers if "gil not measured: " in line and "Install gcc or clang" in line]
    assert [line for line in layers if "program not measured: " in line]


def test_what_cannot_be_started_measures_nothing() -> None:
    """It was an interpreter when it was found."""
    told = trial.layers(replace(HERE, path=Path("/bin/true")))
    assert {layer: each["measured"] for layer, each in told.items()} == {"gil": False, "cores": False, "program": False}
    assert "can't be used as an interpreter" in told["gil"]["why"]


def test_the_form_offers_free_threaded_builds_but_chooses_none_by_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One without headers isn't offered: nothing of its programs would be seen but the cores."""
    elsewhere = tmp_path / "python"
    elsewhere.touch()
    free = replace(HERE, version=(3, 99, 0), free_threaded=True, path=elsewhere)
    bare = replace(free, version=(3, 98, 0), include=None)
    monkeypatch.setattr(interpreters, "find", lambda: [replace(HERE, path=elsewhere), bare, free])

    async def offered() -> tuple[list[str], str]:
        known = Interpreters()
        await known.look()
        return [each.text for each in await known.all()], (await known.default()).text

    assert asyncio.run(offered()) == ([HERE.text, "3.99.0t"], HERE.text)
