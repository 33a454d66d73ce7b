"""Recordings beside each other: the same figures of each, with difference and ratio to the first. Times are ns.

A column is one recording, or several of one run that was repeated: then a cell has their median and their spread.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

import numpy as np

from gilscope.analysis import statistics
from gilscope.analysis.ranges import within
from gilscope.analysis.statistics import STATE_NAMES, Parallelism
from gilscope.analysis.text import duration, size
from gilscope.analysis.timeline import RESOURCE_KINDS, Timeline
from gilscope.events import TASK_ENDS, Kind, State, TrackKind

Unit = Literal["ns", "", "×", "%", "bytes"]
Figures = dict["Name", float | None]
"""None: not measured."""
ALL_THREADS = "all threads"
KINDS = {TrackKind.THREAD: "thread", TrackKind.TASK: "task"}
"""Whose time by state is told."""
OVER = {STATE_NAMES[state] for state in (State.EXITED, *TASK_ENDS)}
STATES = [name for state, name in STATE_NAMES.items() if name not in OVER and state != State.UNKNOWN] + ["unknown"]
OF_THE_GIL = {"running", "native", "gil-wait", "stalled"}
"""Of these a thread has none where the GIL isn't measured: that is no 0."""
LEAST_RATIO, MOST_RATIO = 0.01, 1000
"""Smaller ones are only said to be smaller, greater ones to be greater."""


@dataclass(frozen=True, slots=True)
class Name:
    """Which figure: of the whole (``about`` is empty), of all threads, or of the tracks of one name."""

    about: str
    figure: str
    unit: Unit = ""


DURATION = Name("", "duration", "ns")
HANDOFFS = Name("", "handoffs of the GIL")
GIL_WAITS = Name("", "waits for the GIL")
WAITS = Name("", "waits for locks and other things")
PARALLELISM = Name("", "threads computing at once, on average", "×")
MOST = Name("", "threads computing at once, at most")
TOGETHER = Name("", "two or more computing", "ns")
GIL_WAIT = Name(ALL_THREADS, "gil-wait", "ns")


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one column: the median of those that have it, and the least and greatest of them."""

    median: float | None
    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of all columns. ``differences`` and ``ratios`` are to the first; None where there is none."""

    name: Name
    cells: tuple[Cell, ...]
    differences: tuple[float | None, ...]
    ratios: tuple[float | None, ...]


def whole(told: Mapping[str, Any]) -> Figures:
    """Of a whole recording, out of its report."""
    states: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    waits = None
    for track in told["tracks"]:
        if track["kind"] not in KINDS.values():
            continue
        for about in _abouts(track["kind"], track["name"]):
            for state, ns in track["states"].items():
                states[about][state] += ns
        if gil := track.get("gil"):
            waits = (waits or 0) + gil["waits"]
    things = [each for each in told["resources"] if each["kind"] != "gil" and not each["internal"]]
    return _figures(
        told["duration_ns"],
        told["handoffs"],
        waits,
        sum(each["contended"] for each in things),
        Parallelism(**told["parallelism"]),
        states,
    )


def part(timeline: Timeline, begin: int, end: int) -> Figures:
    """Of what lies between two times of a recording."""
    states: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    gil_waits = None
    for track in statistics.tracks(timeline, begin, end):
        kind = KINDS.get(timeline.tracks[track.track]["kind"], "")
        for about in _abouts(kind, timeline.name(track.track)) if kind else ():
            for state, ns in track.states.items():
                states[about][STATE_NAMES[state]] += ns
        if track.gil:
            gil_waits = (gil_waits or 0) + track.gil.waits
    things = timeline.waits
    named = [id for id in timeline.ids(*RESOURCE_KINDS) if not timeline.tracks[id].get("internal")]
    got = ~np.isin(things.ended, (0, Kind.LOCK_TIMEOUT)) & np.isin(things.thing, named)
    return _figures(
        end - begin,
        int(within(timeline, timeline.handoffs.acquired, begin, end).sum()) if timeline.measured("gil") else None,
        gil_waits,
        int(within(timeline, things.end[got], begin, end).sum()),
        statistics.at_once(timeline.thread_spans.within(begin, end)),
        states,
    )


def first(timeline: Timeline, state: int) -> int | None:
    """When a thread or task was first in a state; None: none was."""
    rows = timeline.rows
    there = (rows.state == state) & np.isin(timeline.kind_of(rows.track), list(KINDS))
    return int(rows.at[there.argmax()]) if there.any() else None


def _abouts(kind: str, name: str) -> tuple[str, ...]:
    return (ALL_THREADS, f"thread {name}") if kind == "thread" else (f"task {name}",)


def _figures(
    ns: int,
    handoffs: int | None,
    gil_waits: int | None,
    waits: int,
    parallelism: Parallelism,
    states: Mapping[str, Mapping[str, int]],
) -> Figures:
    figures: Figures = {
        DURATION: ns,
        HANDOFFS: handoffs,
        GIL_WAITS: gil_waits,
        WAITS: waits,
        PARALLELISM: parallelism.mean,
        MOST: parallelism.most,
        TOGETHER: parallelism.together_ns,
    }
    for about in sorted(states, key=lambda about: (about != ALL_THREADS, -sum(states[about].values()), about)):
        for state in STATES:
            if ns := states[about].get(state, 0):
                figures[Name(about, state, "ns")] = ns
            elif about == ALL_THREADS and state in OF_THE_GIL:
                figures[Name(about, state, "ns")] = None if handoffs is None else 0
    return figures


def packed(figures: Figures) -> list[Any]:
    """To be sent as JSON."""
    return [[name.about, name.figure, name.unit, value] for name, value in figures.items()]


def unpacked(told: Iterable[Any]) -> Figures:
    """What ``packed`` gave."""
    return {Name(about, figure, unit): value for about, figure, unit, value in told}


def compare(columns: Sequence[Sequence[Figures]]) -> list[Row]:
    """All figures that any column has. A track that a recording lacks has none; a state that its track was never in is 0."""
    names = dict.fromkeys(name for column in columns for figures in column for name in figures)
    order = {about: n for n, about in enumerate(dict.fromkeys(name.about for name in names))}
    states = {state: n for n, state in enumerate(STATES)}
    rows = []
    for name in sorted(names, key=lambda name: (order[name.about], states.get(name.figure, -1))):
        cells = tuple(cell(_value(figures, name) for figures in column) for column in columns)
        first = cells[0].median
        differences = tuple(None if None in (each.median, first) else each.median - first for each in cells)  # type: ignore[operator]
        ratios = tuple(each.median / first if first and each.median is not None else None for each in cells)
        rows.append(Row(name, cells, differences, ratios))
    return rows


def _value(figures: Figures, name: Name) -> float | None:
    there = any(each.about == name.about for each in figures)
    unmeasured = figures.get(HANDOFFS, 0) is None and name.figure in OF_THE_GIL
    known = (there or name.about in ("", ALL_THREADS)) and not unmeasured
    return figures.get(name, 0 if known else None)


def cell(values: Iterable[float | None]) -> Cell:
    """What several runs tell of one figure; a run that didn't measure it doesn't count."""
    known = [value for value in values if value is not None]
    if not known:
        return Cell(None, None, None, 0)
    return Cell(median(known), min(known), max(known), len(known))


def said(value: float | None, unit: Unit) -> str:
    """``5.12 ms``, ``12``, ``1.87``; ``not measured``."""
    if value is None:
        return "not measured"
    if unit == "ns":
        return duration(round(value))
    if unit == "bytes":
        return size(round(value))
    if unit == "%":
        return f"{value:,.10g} %"
    return f"{value:.2f}" if unit == "×" else f"{value:,.10g}"


def said_cell(row: Row, n: int) -> str:
    """Of a column, with the spread, where several runs have told it; — for a track that isn't there, or wasn't measured."""
    cell, unit = row.cells[n], row.name.unit
    if cell.median is None and row.name.about not in ("", ALL_THREADS):
        return "—"
    text = said(cell.median, unit)
    return text if cell.count < 2 else f"{text} ({said(cell.low, unit)} to {said(cell.high, unit)})"


def said_difference(row: Row, n: int) -> str:
    """``+1.20 ms, ×1.31`` of a column to the first; empty where nothing can be said, or nothing differs."""
    difference, ratio = row.differences[n], row.ratios[n]
    if difference is None:
        return ""
    size = said(abs(difference), row.name.unit)
    if size == said(0, row.name.unit):
        return "the same"
    text = ("+" if difference > 0 else "−") + size
    if not ratio:
        return text
    if ratio > MOST_RATIO:
        return f"{text}, ×>{MOST_RATIO}"
    return f"{text}, ×{ratio:.2f}" if ratio >= LEAST_RATIO else f"{text}, ×<{LEAST_RATIO}"


def as_text(titles: Sequence[str], rows: Sequence[Row]) -> str:
    """The table, for people."""
    lines = [["", *titles]]
    about = ""
    for row in rows:
        if row.name.about != about:
            about = row.name.about
            lines += [[], [about]]
        cells = [said_cell(row, n) for n in range(len(row.cells))]
        told = [f"{text}  {said_difference(row, n)}".rstrip() if n else text for n, text in enumerate(cells)]
        lines.append([("  " if about else "") + row.name.figure, *told])
    widths = [max((len(line[n]) for line in lines if len(line) > max(n, 1)), default=0) for n in range(len(titles) + 1)]
    return (
        "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=False)).rstrip() for line in lines
        )
        + "\n"
    )


def as_json(row: Row) -> dict[str, Any]:
    """The row, for programs; times in ns."""
    return {
        "about": row.name.about,
        "figure": row.name.figure,
        "unit": row.name.unit,
        "values": [
            {
                "median": each.median,
                "low": each.low,
                "high": each.high,
                "runs": each.count,
                "difference": row.differences[n],
                "ratio": row.ratios[n],
            }
            for n, each in enumerate(row.cells)
        ],
    }
