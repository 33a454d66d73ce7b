"""What a series has given so far: for each point its runs, the figures with median and spread, and the curve to draw."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app import words
from app.beside import MOST, address
from app.plans import Plans
from app.runs import Runs
from app.series_kept import Kept
from app.store import Recording, Store
from gilscope.analysis import compare
from gilscope.analysis.compare import Cell, Figures, Name
from gilscope.scenarios import Value
from gilscope.series import PYTHON

FIGURES: dict[str, tuple[str, Name]] = {
    "duration": ("duration", compare.DURATION),
    "handoffs": ("handoffs of the GIL", compare.HANDOFFS),
    "gil-wait": ("time waiting for the GIL, all threads", compare.GIL_WAIT),
    "blocked": ("time blocked, all threads", Name(compare.ALL_THREADS, "blocked", "ns")),
    "parallelism": ("threads computing at once, on average", compare.PARALLELISM),
}
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

    def cell(self, key: str) -> Cell:
        """A figure of all its runs."""
        name = FIGURES[key][1]
        told = [member.figures for member in self.members if member.figures is not None]
        return compare.cell(figures.get(name, 0) for figures in told)

    def median(self, key: str) -> str:
        cell, unit = self.cell(key), FIGURES[key][1].unit
        measured = cell.count or any(member.figures for member in self.members)
        return compare.said(cell.median, unit) if measured else "—"

    def spread(self, key: str) -> str:
        """From the least to the greatest; empty where there is one run."""
        cell, unit = self.cell(key), FIGURES[key][1].unit
        return f"{compare.said(cell.low, unit)} to {compare.said(cell.high, unit)}" if cell.count > 1 else ""

    def said(self, key: str) -> str:
        """Both."""
        return ", ".join(filter(None, (self.median(key), self.spread(key))))


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

    def curve(self, key: str) -> Curve | None:
        """Over what is swept; None while there are no two points, or the figure wasn't measured."""
        name = FIGURES[key][1]
        told = [(point, point.cell(key)) for point in self.points]
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
                    point.said(key),
                )
            )
        values = [most * n / TICKS for n in range(TICKS + 1)]
        ticks = tuple((height(value), compare.said(_rounded(value), name.unit)) for value in values)
        return Curve(tuple(marks), ticks, FIGURES[key][0], _numeric([point.value for point in self.points]))


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
    points: dict[int, list[Member]] = {n: [] for n in range(len(kept.plan.points) or 1)}
    counts = dict.fromkeys(("planned", "queued", "running", "ended", "missing"), 0)
    for planned, id in zip(kept.plan.runs(), kept.members, strict=True):
        member = _member(id, store, runs, plans)
        counts[member.state] += 1
        points[planned.point].append(member)
    return Result(kept, tuple(_point(kept, n, members) for n, members in points.items()), counts)


def _member(id: str, store: Store, runs: Runs, plans: Plans) -> Member:
    run, recording = runs.find(id), store.get(id)
    if run is not None and run.state != "ended":
        return Member(id, run.state, None, None, "")
    if recording is None:
        return Member(id, "planned" if plans.planned(id) else "missing", None, None, "")
    told: dict[str, Any] = store.report(id) or {}
    figures = compare.whole(told) if "tracks" in told else None
    return Member(id, "ended", recording, figures, str((told.get("claim") or {}).get("verdict", "")))


def _point(kept: Kept, n: int, members: list[Member]) -> Point:
    plan = kept.plan
    value: Value = plan.points[n] if plan.parameter else ""
    text = words.parameters({plan.parameter: value}) if plan.parameter not in ("", PYTHON) else f"CPython {value}"
    told = [member.claim for member in members if member.claim]
    counted = ", ".join(f"{claim} {told.count(claim)} of {len(told)}" for claim in dict.fromkeys(told))
    return Point(text if plan.parameter else "all runs", value, tuple(members), counted)
