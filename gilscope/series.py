"""Series: the same scenario run many times. Repeated as it is, or swept: one parameter takes one value after the other.

A plan is made and found possible before anything runs. Repeats go round: each point once, then each again, so that a
drift of the machine falls on all of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gilscope.errors import BadParameter, BadParameters
from gilscope.parameters import NUMBER, Parameter, Value
from gilscope.scenarios import Scenario

Kind = Literal["repeat", "sweep"]

FEWEST_STEPS, MOST_STEPS = 2, 12
MOST_REPEATS = {"repeat": 10, "sweep": 5}
PYTHON = "python"
"""Stands for the interpreter among the parameters that are swept: its points are versions."""
OVER = re.compile(rf"(?P<low>{NUMBER})\.\.(?P<high>{NUMBER})(?::(?P<steps>\d+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Planned:
    """One run of a plan. ``point``: which of the plan's points, from 0; ``turn``: which of its repeats, from 0."""

    point: int
    turn: int
    values: dict[str, Value]
    python: str = ""
    """The interpreter, where that is what is swept."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``parameter`` is the one that is swept; empty: nothing is, and there is one point."""

    scenario: str
    values: dict[str, Value]
    repeats: int
    parameter: str = ""
    points: tuple[Value, ...] = ()

    @property
    def kind(self) -> Kind:
        return "sweep" if self.parameter else "repeat"

    def runs(self) -> list[Planned]:
        """In the order in which they are to go."""
        return [self._run(n, turn) for turn in range(self.repeats) for n in range(len(self.points) or 1)]

    def _run(self, point: int, turn: int) -> Planned:
        if not self.parameter:
            return Planned(point, turn, dict(self.values))
        value = self.points[point]
        if self.parameter == PYTHON:
            return Planned(point, turn, dict(self.values), str(value))
        return Planned(point, turn, {**self.values, self.parameter: value})


def repeat(scenario: Scenario, values: Mapping[str, Value], repeats: str) -> Plan:
    """So many runs that are alike; ``BadParameters`` says what can't be."""
    return Plan(scenario.name, dict(values), _whole("repeats", repeats, 2, MOST_REPEATS["repeat"]))


def sweep(scenario: Scenario, values: Mapping[str, Value], parameter: str, over: str, repeats: str) -> Plan:
    """``over`` is ``1..8:8`` (from, to, how many steps), ``1,2,4`` or ``mode,other``; empty: all choices of a choice.

    ``BadParameters`` has one error for each field that can't be: ``parameter``, ``over``, ``repeats``.
    """
    errors, times, points = list[BadParameter](), 0, tuple[Value, ...]()
    known = {one.name: one for one in scenario.parameters}
    try:
        times = _whole("repeats", repeats, 1, MOST_REPEATS["sweep"])
    except BadParameters as error:
        errors += error.errors
    try:
        if parameter not in known:
            there = f"Choose one of {', '.join(known)}." if known else "It has none."
            raise BadParameter("parameter", f"{scenario.name} has no parameter {parameter[:80]!r}. {there}")
        points = _points(known[parameter], over.strip())
    except BadParameter as error:
        errors.append(error)
    if errors:
        raise BadParameters(errors)
    return Plan(scenario.name, dict(values), times, parameter, points)


def over_pythons(scenario: Scenario, values: Mapping[str, Value], pythons: Sequence[str], repeats: str) -> Plan:
    """The same on several interpreters; ``BadParameters`` as in ``sweep``."""
    times = _whole("repeats", repeats, 1, MOST_REPEATS["sweep"])
    if not FEWEST_STEPS <= len(pythons) <= MOST_STEPS:
        there = f"{len(pythons)} interpreters can't be compared: expected {FEWEST_STEPS} to {MOST_STEPS}."
        raise BadParameters([BadParameter("over", there)])
    return Plan(scenario.name, dict(values), times, PYTHON, tuple(pythons))


def _points(parameter: Parameter, over: str) -> tuple[Value, ...]:
    """Where a sweep stops, each once; ``BadParameter`` about the field ``over``."""
    if found := OVER.fullmatch(over):
        points = _between(parameter, found["low"], found["high"], found["steps"])
    else:
        all_of_them = {"choice": parameter.choices, "bool": ("false", "true")}.get(parameter.type, ())
        points = [_parsed(parameter, text) for text in (over.split(",") if over else all_of_them)]
    if len(set(points)) < len(points):
        raise BadParameter("over", f"{over[:80]!r} has a value twice. Give each value once.")
    if not FEWEST_STEPS <= len(points) <= MOST_STEPS:
        expected = f"Expected {FEWEST_STEPS} to {MOST_STEPS}, as FROM..TO:STEPS or A,B,C."
        raise BadParameter("over", f"{over[:80]!r} gives {len(points)} values of {parameter.name}. {expected}")
    return tuple(points)


def _between(parameter: Parameter, low: str, high: str, steps: str | None) -> list[Value]:
    first, last = _parsed(parameter, low), _parsed(parameter, high)
    if isinstance(first, (bool, str)) or isinstance(last, (bool, str)):
        raise BadParameter("over", f"{parameter.name} has no range: it is {parameter.allowed()}. Give A,B.")
    if first >= last:
        raise BadParameter("over", f"The sweep goes from {first} to {last}. The second must be greater.")
    whole = parameter.type == "int"
    count = int(steps) if steps else min(MOST_STEPS, int(last - first) + 1) if whole else FEWEST_STEPS
    if not FEWEST_STEPS <= count <= MOST_STEPS:
        raise BadParameter("over", f"A sweep has {FEWEST_STEPS} to {MOST_STEPS} steps, not {count}.")
    if whole and count > last - first + 1:
        there = int(last - first) + 1
        raise BadParameter("over", f"From {first} to {last} there are {there} whole numbers, so at most {there} steps.")
    exact = [first + (last - first) * n / (count - 1) for n in range(count)]
    return [round(value) if whole else float(f"{value:.10g}") for value in exact]


def _parsed(parameter: Parameter, text: str) -> Value:
    try:
        return parameter.parse(text)
    except BadParameter as error:
        raise BadParameter("over", str(error)) from None


def _whole(field: str, text: str, least: int, most: int) -> int:
    if not text.isdecimal() or len(text) > len(str(most)) or not least <= int(text) <= most:
        sentence = f"{field} must be a whole number from {least} to {most}, not {text[:80]!r}."
        raise BadParameters([BadParameter(field, sentence)])
    return int(text)
