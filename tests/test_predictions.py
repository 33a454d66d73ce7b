"""Predictions: the form of what is asked before a run, and that the recording alone knows the answer."""

import json
from pathlib import Path

import pytest

from gilscope import claims
from gilscope.analysis.timeline import Timeline
from gilscope.errors import BadScenario
from gilscope.predictions import between, prediction_of, reveal
from gilscope.recording import read
from gilscope.scenarios import Scenario, catalogue
from tests.test_tours import SHIPPED

ASKED = [scenario for scenario in catalogue() if prediction_of(scenario.name)]
SCENARIO = '"""A scenario.\n\nParameters:\n    threads: 1..4, how many\n"""\n\n\ndef run(threads: int = 2): ...\n'
GOOD = '"""What do {threads} do?"""\nCHOICES = ("this", "that, {threads} times")\n\n\ndef outcome(run): ...\n'


@pytest.mark.parametrize("scenario", ASKED, ids=lambda scenario: scenario.name)
def test_the_recording_that_is_shipped_gives_the_answer(scenario: Scenario) -> None:
    """A short question and short answers, one of them right, with figures."""
    timeline = Timeline(read(SHIPPED / f"{scenario.name}.gilscope"))
    told = reveal(timeline, claims.of(timeline))
    assert told
    assert told["question"].endswith("?") and 20 < len(told["question"]) < 200
    assert all(2 < len(choice) < 80 for choice in told["choices"]) and len(set(told["choices"])) == len(told["choices"])
    assert told["choice"] in range(len(told["choices"])), told["sentence"]
    assert any(letter.isdigit() for letter in told["sentence"])
    assert json.loads(json.dumps(told)) == told


def test_another_recording_gives_another_answer() -> None:
    """The key isn't written down: what was printed decides."""
    recording = read(SHIPPED / "lost_update.gilscope")
    right = []
    for got in ("400000", "399999", "357725", "0"):
        recording.output[:] = [{"at": 1, "stream": "stdout", "text": f"call: expected 400000, got {got}\n"}]
        timeline = Timeline(recording)
        told = reveal(timeline, claims.of(timeline))
        right.append(told and told["choice"])
    assert right == [0, 1, 2, 3]
    recording.output.clear()
    timeline = Timeline(recording)
    told = reveal(timeline, claims.of(timeline))
    assert told and told["choice"] is None and told["sentence"] == "The program didn't print what it had counted."


def test_a_run_that_was_ended_early_gives_no_answer() -> None:
    recording = read(SHIPPED / "lost_update.gilscope")
    assert recording.end
    recording.end["verdict"] = "stopped"
    timeline = Timeline(recording)
    told = reveal(timeline, claims.of(timeline))
    assert told and told["choice"] is None and told["sentence"].startswith("The run didn't come to its end")


def test_numbers_stand_between_limits() -> None:
    assert [between(value, (1, 5)) for value in (0.9, 1, 4.9, 5, 9)] == [0, 1, 1, 2, 2]


def test_question_and_choices_hold_the_parameters(tmp_path: Path) -> None:
    prediction = prediction_of("good", written(tmp_path, "good", GOOD))
    assert prediction
    assert prediction.asked({}) == {"question": "What do 2 do?", "choices": ["this", "that, 2 times"]}
    assert prediction.asked({"threads": 4000})["choices"][1] == "that, 4,000 times"
    assert prediction.asked({"threads": 0.5})["question"] == "What do 0.5 do?"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("What", "{what}"), "can't fill {what}"),
        (("that, {threads}", "that, {thread}"), "can't fill {thread} in"),
        (('("this", "that, {threads} times")', '("this",)'), "CHOICES has 1 answers. Expected 2 to 5."),
        (("CHOICES", "CHOICE"), "isn't a prediction"),
        (("outcome", "claim"), "isn't a prediction"),
        (('"""What do {threads} do?"""\n', ""), "isn't a prediction"),
    ],
)
def test_what_is_no_prediction_is_refused(tmp_path: Path, change: tuple[str, str], reason: str) -> None:
    folder = written(tmp_path, "bad", GOOD.replace(*change))
    with pytest.raises(BadScenario) as refused:
        prediction_of("bad", folder)
    assert str(refused.value).startswith(f"{folder}/gil/bad_prediction.py:1: ")
    assert reason in str(refused.value)


def written(folder: Path, name: str, text: str) -> Path:
    (folder / "gil").mkdir()
    (folder / "gil" / f"{name}.py").write_text(SCENARIO, encoding="utf-8")
    (folder / "gil" / f"{name}_prediction.py").write_text(text, encoding="utf-8")
    return folder


def test_what_is_asked_beside_a_scenario_is_no_scenario(tmp_path: Path) -> None:
    assert [scenario.name for scenario in catalogue(written(tmp_path, "good", GOOD))] == ["good"]
    assert prediction_of("../good", tmp_path) is None
