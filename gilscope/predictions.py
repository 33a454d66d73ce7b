"""Predictions: what one is asked before a run; the recording of the run gives the answer.

``convoy_prediction.py`` beside ``convoy.py`` holds the question (its docstring), ``CHOICES``, two to five answers, and a
function ``outcome(run: Measured) -> tuple[int, str]``: which of them is right for this run, counted from 0, and the
figures that say so. Question and answers may hold parameters of the scenario as ``{name}``.
"""

import string
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gilscope.analysis.timeline import Timeline
from gilscope.claims import executed, proof, whole
from gilscope.errors import BadScenario
from gilscope.measured import Measured, NotSeen
from gilscope.scenarios import FOLDER, PREDICTION_SUFFIX, Scenario, beside, load

FEWEST, MOST = 2, 5
"""Answers to choose from."""


@dataclass(frozen=True)
class Prediction:
    """A question, the answers to choose from, and the rule that finds the right one in a recording."""

    question: str
    choices: tuple[str, ...]
    scenario: Scenario
    rule: Callable[[Measured], tuple[int, str]]

    def asked(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Question and choices with these parameters in them."""
        known = {**self.scenario.defaults, **parameters}
        values = {name: _said(value) for name, value in known.items()}
        return {
            "question": self.question.format_map(values),
            "choices": [choice.format_map(values) for choice in self.choices],
        }


def _said(value: Any) -> str:
    if type(value) is int:
        return f"{value:,}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def between(value: float, limits: Sequence[float]) -> int:
    """The number of the choice, where each but the first begins at one of these limits."""
    return bisect_right(limits, value)


@cache
def prediction_of(name: str, folder: Path = FOLDER) -> Prediction | None:
    """The prediction that lies beside a scenario of the catalogue; None where there is none."""
    path = beside(name, f"{PREDICTION_SUFFIX}.py", folder)
    if path is None:
        return None
    module = executed(path)
    question, choices, rule = module.__doc__, getattr(module, "CHOICES", None), getattr(module, "outcome", None)
    if not question or not isinstance(choices, tuple) or not callable(rule):
        raise BadScenario(f"{path}:1: isn't a prediction. Expected a question, CHOICES and 'def outcome(run)'.")
    if not FEWEST <= len(choices) <= MOST:
        raise BadScenario(f"{path}:1: CHOICES has {len(choices)} answers. Expected {FEWEST} to {MOST}.")
    scenario = load(path.with_name(f"{name}.py"))
    for text in (question, *choices):
        for _, field, *_ in string.Formatter().parse(text):
            if field is not None and field not in scenario.defaults:
                known = ", ".join(f"{{{each}}}" for each in scenario.defaults)
                raise BadScenario(f"{path}:1: can't fill {{{field}}} in {text.strip()!r}. Expected one of {known}.")
    return Prediction(" ".join(question.split()), choices, scenario, rule)


def reveal(timeline: Timeline, told: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was asked before this run, and ``choice``, the number of the right answer, with its figures and its spans.

    ``told``: the report. ``choice`` is None where the recording can't tell, the whole None where nothing was asked.
    """
    prediction = prediction_of(str(told["scenario"]))
    if prediction is None:
        return None
    asked = prediction.asked(told["parameters"])
    try:
        run = whole(prediction.scenario, timeline, told)
        choice, sentence = prediction.rule(run)
    except NotSeen as missing:
        return {**asked, "choice": None, "sentence": str(missing), "spans": []}
    spans = [{"track": track, "from": begin, "to": end} for track, begin, end in proof(run)]
    return {**asked, "choice": choice, "sentence": sentence, "spans": spans}
