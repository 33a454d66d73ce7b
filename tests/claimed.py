"""Recordings as if they were of a scenario, and real ones, for the tests of its claim."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gilscope import claims, scenarios
from gilscope.analysis.check import check
from gilscope.analysis.fold import Gil
from gilscope.claims import Verdict, judge
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.recording import Recording, read
from tests.pictures import draw
from tests.task_pictures import draw_tasks

SHIPPED = Path(__file__).resolve().parent.parent / "recordings"


def recorded(
    scenario: str,
    picture: str,
    names: dict[str, str] | None = None,
    output: str = "",
    gil: Gil = "measured",
    **parameters: Any,
) -> Recording:
    """A picture as if it were of this scenario, with its default parameters but for those given."""
    return _as_if(draw(picture, gil=gil), scenario, names or {}, output, parameters)


def tasks_judged(
    scenario: str,
    picture: str,
    names: dict[str, str] | None = None,
    output: str = "",
    gathered: str = "",
    **parameters: Any,
) -> Verdict:
    """Of a picture of tasks."""
    return verdict_of(_as_if(draw_tasks(picture, gathered), scenario, names or {}, output, parameters))


def _as_if(
    recording: Recording, scenario: str, names: dict[str, str], output: str, parameters: dict[str, Any]
) -> Recording:
    recording.header |= {"scenario": scenario, "parameters": {**scenarios.find(scenario).defaults, **parameters}}
    for track in recording.tracks.values():
        track["name"] = names.get(track["name"], track["name"])
    recording.output = [{"at": 0, "stream": "stdout", "text": part} for part in output.splitlines(keepends=True)]
    return recording


def judged(*given: Any, **more: Any) -> Verdict:
    verdict = judge(recorded(*given, **more))
    assert verdict is not None
    return verdict


def really(name: str, python: Interpreter, output: Path, **changes: Any) -> Recording:
    """A real run with other parameters, without contradictions."""
    scenario = scenarios.find(name)
    perform(Order("real", scenario, {**scenario.defaults, **changes}, python.path, output))
    recording = read(output)
    assert check(recording) == []
    return recording


def verdict_of(recording: Recording) -> Verdict:
    verdict = claims.judge(recording)
    assert verdict is not None
    return verdict


def shipped(name: str, change: Callable[[Recording], None] = lambda recording: None) -> Verdict:
    """Of the recording that comes along, after a change to what it shows."""
    recording = read(SHIPPED / f"{name}.gilscope")
    change(recording)
    return verdict_of(recording)


def says(old: str, new: str) -> Callable[[Recording], None]:
    """As if the program had printed something else."""

    def change(recording: Recording) -> None:
        whole = "".join(part["text"] for part in recording.output)
        assert old in whole
        recording.output = [{"at": 0, "stream": "stdout", "text": whole.replace(old, new)}]

    return change


def given(**parameters: Any) -> Callable[[Recording], None]:
    """As if it had been asked for something else."""
    return lambda recording: recording.header["parameters"].update(parameters)
