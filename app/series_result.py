"""What a series has given so far: for each point its runs, the figures with median and spread, and the curve to draw."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app import words
from app.beside import MOST, address
from app.plans import Plans
from app.recordings_kept import Recording
from app.runs import Runs
from app.series_kept import Kept
from app.store import Store
from gilscope.analysis import compare
from gilscope.analysis.compare import Cell, Figures, Name, Unit
from gilscope.parameters import Value
from gilscope.repeats import columns
from gilscope.series import PYTHON

FIGURES: dict[str, tuple[str, Name]] = {
    "duration": ("duration", compare.DURATION),
    "handoffs": ("handoffs of the GIL", compare.HANDOFFS),
    "gil-wait": ("time waiting for the GIL, all threads", compare.GIL_WAIT),
    "blocked": ("time blocked, all threads", Name(compare.ALL_THREADS, "blocked", "ns")),
    "parallelism": ("threads computing at once, on average", compare.PARALLELISM),
}
CLAIM = "claim"
MOST_CLAIMED = 4
"""Figures of a claim: a sentence with more has the others in the recordings."""
_UNITS: dict[str, Unit] = {"ns": "ns", "%": "%", "bytes": "bytes"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 280, 84, 24, 16, 40
TICKS = 4
SMALL_WIDTH, SMALL_HEIGHT = 160, 48


@dataclass(frozen=True)
class Member:
    """One run of a series. ``state``: planned, queued, running, ended, or missing: it was never run, or is deleted."""

    id: str
    state: str
    recording: Recording | None
    figures: Figures | None
    claim: str
    """The verdict …"""
    sentence: str = ""
    """… and what it says."""


@dataclass(frozen=True)
class Point:
    """One value of what is swept, or all of a repeat."""

    text: str
    value: Value
    members: tuple[Member, ...]
    claims: str

    @property
    def recordings(self) -> list[Recording]:
        return [member.recording for member in self.members if member.recording]

    def cell(self, name: Name) -> Cell:
        """A figure of all its runs."""
        told = [member.figures for member in self.members if member.figures is not None]
        return compare.cell(figures.get(name, 0) for figures in told)

    def median(self, name: Name) -> str:
        cell = self.cell(name)
        measured = cell.count or (name.about != CLAIM and any(member.figures for member in self.members))
        return compare.said(cell.median, name.unit) if measured else "—"

    def spread(self, name: Name) -> str:
        """From the least to the greatest; empty where there is one run."""
        cell, unit = self.cell(name), name.unit
        return f"{compare.said(cell.low, unit)} to {compare.said(cell.high, unit)}" if cell.count > 1 else ""

    def said(self, name: Name) -> str:
        """Both."""
        return ", ".join(filter(None, (self.median(name), self.spread(name))))


@dataclass(frozen=True)
class Mark:
    """A point of the curve, in the picture's units."""

    x: float
    median: float
    low: float
    high: float
    each: tuple[float, ...]
    text: str
    value: str
    said: str


@dataclass(frozen=True)
class Curve:
    """``ticks``: height and label of each line across. ``joined``: between its points there are others."""

    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    label: str
    joined: bool


@dataclass(frozen=True)
class Result:
    """A series as its page shows it."""

    kept: Kept
    points: tuple[Point, ...]
    counts: dict[str, int]
    figures: dict[str, tuple[str, Name]]
    """By key, those that a curve can be of, with what they are called: the usual ones, and those of the claim that differ."""

    @property
    def going(self) -> bool:
        """Something of it is still to come by itself."""
        unread = any(one.recording and not one.recording.analysed for point in self.points for one in point.members)
        return unread or any(self.counts[state] for state in ("planned", "queued", "running"))

    @property
    def compared(self) -> str:
        """Address of a comparison of the first run of each point; of a repeat, of its first runs."""
        firsts = [point.recordings[0].id for point in self.points if point.recordings]
        ids = firsts if len(self.points) > 1 else [one.id for one in self.points[0].recordings]
        return address(ids[:MOST]) if len(ids) > 1 else ""

    @property
    def longest_ns(self) -> int:
        return max((one.duration_ns for point in self.points for one in point.recordings), default=1) or 1

    @property
    def tints(self) -> list[str]:
        """The states that the small timelines have a colour for."""
        drawn = "".join(point.recordings[0].miniature for point in self.points if point.recordings)
        there = set(re.findall(r'class="tint-([a-z-]+)"', drawn))
        return [state for state in compare.STATES if state in there]

    def curve(self, key: str) -> Curve | None:
        """Over what is swept; None while there are no two points, or the figure wasn't measured."""
        label, name = self.figures[key]
        told = [(point, point.cell(name)) for point in self.points]
        there = [(n, point, cell) for n, (point, cell) in enumerate(told) if cell.count]
        if not self.kept.plan.parameter or len(there) < 2:
            return None
        most = max(cell.high or 0 for _, _, cell in there) or 1
        place = _places([point.value for point in self.points])

        def height(value: float | None) -> float:
            return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value or 0) / most), 2)

        marks = []
        for n, point, cell in there:
            each = tuple(
                height(value)
                for one in point.members
                if one.figures is not None and (value := one.figures.get(name, 0)) is not None
            )
            marks.append(
                Mark(
                    place(n),
                    height(cell.median),
                    height(cell.low),
                    height(cell.high),
                    each,
                    point.text,
                    words.value(point.value),
                    point.said(name),
                )
            )
        values = [most * n / TICKS for n in range(TICKS + 1)]
        ticks = tuple((height(value), compare.said(_rounded(value), name.unit)) for value in values)
        return Curve(tuple(marks), ticks, label, _numeric([point.value for point in self.points]))


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _numeric(values: list[Value]) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def _places(values: list[Value]) -> Callable[[int], float]:
    """Numbers stand where they are, everything else at equal distances."""
    numbers = [float(value) for value in values] if _numeric(values) else [float(n) for n in range(len(values))]
    low, high = min(numbers), max(numbers)
    width = WIDTH - LEFT - RIGHT - 24
    return lambda n: round(LEFT + 12 + width * (numbers[n] - low) / ((high - low) or 1), 2)


def look(kept: Kept, store: Store, runs: Runs, plans: Plans) -> Result:
    """All that there is now."""
    members = [_member(id, store, runs, plans) for id in kept.members]
    members, claimed = _claimed(members)
    points: dict[int, list[Member]] = {n: [] for n in range(len(kept.plan.points) or 1)}
    counts = dict.fromkeys(("planned", "queued", "running", "ended", "missing"), 0)
    for planned, member in zip(kept.plan.runs(), members, strict=True):
        counts[member.state] += 1
        points[planned.point].append(member)
    found = tuple(_point(kept, n, members) for n, members in points.items())
    return Result(kept, found, counts, FIGURES | claimed)


def _claimed(members: list[Member]) -> tuple[list[Member], dict[str, tuple[str, Name]]]:
    """The same with the figures of their claim among theirs; and what these are called."""
    judged = [member for member in members if member.figures is not None and member.claim not in ("", "not measured")]
    told = columns([member.sentence for member in judged])[:MOST_CLAIMED]
    names = [Name(CLAIM, column.around, _UNITS.get(column.unit, "")) for column in told]
    own = {
        member.id: {name: column.values[n] for name, column in zip(names, told, strict=True)}
        for n, member in enumerate(judged)
    }
    nothing: Figures = dict.fromkeys(names)
    all_of_them = [
        replace(member, figures={**member.figures, **own.get(member.id, nothing)}) if member.figures else member
        for member in members
    ]
    return all_of_them, {f"{CLAIM}-{n}": (f"claim: {name.figure}", name) for n, name in enumerate(names, 1)}


def _member(id: str, store: Store, runs: Runs, plans: Plans) -> Member:
    run, recording = runs.find(id), store.get(id)
    if run is not None and run.state != "ended":
        return Member(id, run.state, None, None, "")
    if recording is None:
        return Member(id, "planned" if plans.planned(id) else "missing", None, None, "")
    told: dict[str, Any] = store.report(id) or {}
    figures = compare.whole(told) if "tracks" in told else None
    claim = told.get("claim") or {}
    return Member(id, "ended", recording, figures, str(claim.get("verdict", "")), str(claim.get("sentence", "")))


def _point(kept: Kept, n: int, members: list[Member]) -> Point:
    plan = kept.plan
    value: Value = plan.points[n] if plan.parameter else ""
    text = words.parameters({plan.parameter: value}) if plan.parameter not in ("", PYTHON) else f"CPython {value}"
    told = [member.claim for member in members if member.claim]
    counted = ", ".join(f"{claim} {told.count(claim)} of {len(told)}" for claim in dict.fromkeys(told))
    return Point(text if plan.parameter else "all runs", value, tuple(members), counted)
