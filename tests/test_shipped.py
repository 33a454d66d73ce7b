"""The recordings that come with Gilscope are real, sound and small: ``make recordings`` makes them anew."""

from pathlib import Path

import pytest

from gilscope.analysis.check import check
from gilscope.recording import read
from gilscope.scenarios import Scenario, catalogue

FOLDER = Path(__file__).resolve().parent.parent / "recordings"
LARGEST_BYTES = 100_000


def test_there_is_one_of_each_scenario_and_no_other() -> None:
    """So that every card has a true picture before anything has run."""
    assert {path.stem for path in FOLDER.iterdir()} == {scenario.name for scenario in catalogue()}


@pytest.mark.parametrize("scenario", catalogue(), ids=lambda scenario: scenario.name)
def test_it_is_sound_and_of_this_very_scenario(scenario: Scenario) -> None:
    """Nothing lost, no contradiction, the source as it is now, and no name of somebody's folder."""
    path = FOLDER / f"{scenario.name}.gilscope"
    recording = read(path)
    assert recording.damage == []
    assert [each.sentence for each in check(recording)] == []
    assert recording.end is not None
    assert (recording.end["verdict"], recording.end["lost"]) == ("ok", 0)
    assert {name for name, layer in recording.header["layers"].items() if layer["measured"]} >= {
        "gil",
        "cores",
        "program",
    }
    assert recording.sources[scenario.path.name] == scenario.source
    assert recording.header["parameters"] == scenario.defaults
    assert all(not file.startswith("/") for file in recording.sources)
    assert path.stat().st_size < LARGEST_BYTES
