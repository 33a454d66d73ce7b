"""Claims: what a scenario is to show, as a check on a recording of it.

``convoy_claim.py`` beside ``convoy.py`` holds the claim in one sentence (its docstring), ``ROWS``, the numbers of the
statements about concurrency (1 to 51) that it measures, and a function ``claim(run: Measured) -> Verdict``. It judges
what this one recording shows, with its figures.
"""

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from gilscope.analysis import report as reports
from gilscope.analysis.finding import Stretch
from gilscope.analysis.text import duration, percent, size, times
from gilscope.analysis.timeline import Timeline
from gilscope.errors import BadParameters, BadScenario
from gilscope.measured import Measured, NotSeen
from gilscope.recording import Recording
from gilscope.scenarios import CLAIM_SUFFIX, FOLDER, Scenario, beside, load, validate

__all__ = [
    "Measured",
    "NotSeen",
    "Verdict",
    "confirmed",
    "depends",
    "duration",
    "not_measured",
    "percent",
    "refuted",
    "size",
    "times",
]

Word = Literal["confirmed", "refuted", "depends", "not measured"]


@dataclass(frozen=True)
class Verdict:
    """What one recording says about a claim, in a sentence with the measured figures."""

    verdict: Word
    sentence: str
    spans: tuple[Stretch, ...] = field(default=(), compare=False)
    """Where the recording shows it; none where no single place does."""

    def told(self) -> dict[str, Any]:
        """As reports have it."""
        spans = [{"track": track, "from": begin, "to": end} for track, begin, end in self.spans]
        return {"verdict": self.verdict, "sentence": self.sentence, "spans": spans}


def confirmed(sentence: str) -> Verdict:
    """The recording shows what the claim says."""
    return Verdict("confirmed", sentence)


def refuted(sentence: str) -> Verdict:
    """The recording shows the contrary."""
    return Verdict("refuted", sentence)


def depends(sentence: str) -> Verdict:
    """It is so under conditions; the sentence begins with which, or with what this recording shows instead."""
    return Verdict("depends", sentence)


def not_measured(sentence: str) -> Verdict:
    """The recording can't tell: a layer is missing, or the parameters leave out what the claim is about."""
    return Verdict("not measured", sentence)


@dataclass(frozen=True)
class Claim:
    """The statement that a scenario tests, and the rule that judges a recording by it."""

    statement: str
    rows: tuple[int, ...]
    """Numbers of the statements about concurrency that it measures."""
    scenario: Scenario
    rule: Callable[[Measured], Verdict]
    version: str
    """Another one where the scenario or the claim has changed: what was measured before doesn't count then."""


def executed(path: Path) -> ModuleType:
    """What lies beside a scenario: its claim, its prediction."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def claim_of(name: str, folder: Path = FOLDER) -> Claim | None:
    """The claim that lies beside a scenario of the catalogue; None where there is none."""
    path = beside(name, f"{CLAIM_SUFFIX}.py", folder)
    if path is None:
        return None
    module = executed(path)
    if not module.__doc__ or not callable(getattr(module, "claim", None)):
        raise BadScenario(f"{path}:1: isn't a claim. Expected a docstring, the statement, and 'def claim(run)'.")
    statement, rows = " ".join(module.__doc__.split()), tuple(getattr(module, "ROWS", ()))
    scenario = load(path.with_name(f"{name}.py"))
    version = hashlib.sha256(scenario.source.encode() + path.read_bytes()).hexdigest()[:16]
    return Claim(statement, rows, scenario, module.claim, version)


def judge(recording: Recording) -> Verdict | None:
    """What a recording says about its scenario's claim; None where that has no claim."""
    claim = claim_of(str(recording.header.get("scenario")))
    if claim is None:
        return None
    timeline = Timeline(recording)
    return _judge(claim, timeline, reports.of(timeline))


def report(recording: Recording) -> dict[str, Any]:
    """As ``gilscope report --json`` prints it: all figures, and ``claim``, which is None where there is none."""
    return of(Timeline(recording))


def of(timeline: Timeline) -> dict[str, Any]:
    """As ``report``, on a timeline that is there already."""
    told = reports.of(timeline)
    claim = claim_of(str(told["scenario"]))
    judged = claim and {
        "statement": claim.statement,
        "rows": claim.rows,
        "version": claim.version,
        "usual": told["parameters"] == claim.scenario.defaults,
        **_judge(claim, timeline, told).told(),
    }
    return {**told, "claim": judged}


def _judge(claim: Claim, timeline: Timeline, told: Mapping[str, Any]) -> Verdict:
    try:
        run = whole(claim.scenario, timeline, told)
        return replace(claim.rule(run), spans=proof(run))
    except NotSeen as missing:
        return not_measured(str(missing))


def proof(run: Measured) -> tuple[Stretch, ...]:
    """Where the recording shows what it was asked for."""
    return next((tuple(spans) for place in run.places if (spans := place())), ())


def whole(scenario: Scenario, timeline: Timeline, told: Mapping[str, Any]) -> Measured:
    """A claim is about a whole run: of one that was ended early, or that events were lost of, ``NotSeen`` says so."""
    if told["verdict"] != "ok":
        raise NotSeen(f"The run didn't come to its end: {told['sentence']}")
    if told["lost"] or told["damage"]:
        raise NotSeen("Parts of this run were lost, so its figures aren't all of it.")
    given = {name: str(value) for name, value in told["parameters"].items()}
    try:
        parameters = validate(scenario, given)
    except BadParameters:
        parameters = {}
    if parameters.keys() != given.keys():
        raise NotSeen(f"This was recorded with another {scenario.name}: its parameters don't fit this one.")
    return Measured(timeline, told, parameters)
