"""Recordings as if they were of a scenario, and real ones, for the tests of its claim."""

from pathlib import Path
from typing import Any

from gilscope import claims, scenarios
from gilscope.analysis.check import check
from gilscope.analysis.fold import Gil
from gilscope.claims import Verdict, judge
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.run import Order, perform
from gilscope.recording import Recording, read
from tests.pictures import draw


def recorded(
    scenario: str,
    picture: str,
    names: dict[str, str] | None = None,
    output: str = "",
    gil: Gil = "measured",
    **parameters: Any,
) -> Recording:
    """A picture as if it were of this scenario, with its default parameters but for those given."""
    recording = draw(picture, gil=gil)
    recording.header |= {"scenario": scenario, "parameters": {**scenarios.find(scenario).defaults, **parameters}}
    for track in recording.tracks.values():
        track["name"] = (names or {}).get(track["name"], track["name"])
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
