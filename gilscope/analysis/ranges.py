"""Figures of a part of a recording: what everybody did in it, what was waited for, who is to blame. Times are ns.

Whatever is added up or counted is so exactly: of two ranges that adjoin, the figures together are those of the whole.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import numpy as np

from gilscope.analysis import blame, statistics
from gilscope.analysis.forward import Numbers, Truth, starts_of
from gilscope.analysis.statistics import STATE_NAMES
from gilscope.analysis.text import counted, duration, percent
from gilscope.analysis.timeline import Timeline
from gilscope.errors import BadParameter
from gilscope.events import State, TrackKind

LIVING = (TrackKind.THREAD, TrackKind.TASK, TrackKind.WORK)
MOST_REASONS = 20
"""Of one thread in the blame table; its others are one row, so that all still add up to its life."""
BOUNDS = np.array([step * 10**power for power in range(3, 11) for step in (1, 3)], np.int64)
"""Of the histogram's bins: a wait is in the first one whose bound is above it; the longest ones are in one more."""
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the waits for one thing cost."""

    thing: int
    """0: a GIL that has no track."""
    wait_ns: int
    """Within the range, of all who waited."""
    count: int
    """Waits that ended in the range."""
    lengths: Numbers
    """ns of these, the shortest first, from their beginnings on, also where that was before the range."""


def of(timeline: Timeline, begin: int, end: int) -> dict[str, Any]:
    """All figures of what lies between two times. ``BadParameter`` where there is nothing between them."""
    begin, end = max(begin, 0), min(end, timeline.duration_ns)
    if begin >= end:
        raise BadParameter(
            "range",
            f"There is nothing to tell: a range begins before it ends, and within the recording's {duration(timeline.duration_ns)}.",
        )
    parallelism = statistics.at_once(timeline.thread_spans.within(begin, end))
    return {
        "from": begin,
        "to": end,
        "tracks": _tracks(timeline, begin, end),
        "handoffs": _handoffs(timeline, begin, end),
        "bounds_ns": BOUNDS.tolist(),
        "waits": [_told(timeline, each) for each in waits(timeline, begin, end)],
        "parallelism": {
            "most": parallelism.most,
            "mean": round(parallelism.mean, 3),
            "together_ns": parallelism.together_ns,
        },
        "cores": _cores(timeline, begin, end),
        "blame": blamed(timeline, begin, end),
    }


def within(timeline: Timeline, at: Numbers, begin: int, end: int) -> Truth:
    """Which instants belong to the range: its beginning does, its end doesn't, unless the recording ends there."""
    return np.asarray((at >= begin) & ((at < end) | (end >= timeline.duration_ns)))


def _tracks(timeline: Timeline, begin: int, end: int) -> list[dict[str, Any]]:
    """Of threads, tasks and works that lived then, the time by state."""
    return [
        {
            "id": each.track,
            "name": timeline.name(each.track),
            "kind": TrackKind(timeline.tracks[each.track]["kind"]).name.lower(),
            "lifetime_ns": each.lifetime_ns,
            "states": {STATE_NAMES[state]: ns for state, ns in each.states.items()},
        }
        for each in statistics.tracks(timeline, begin, end)
        if each.lifetime_ns and timeline.tracks[each.track]["kind"] in LIVING
    ]


def _handoffs(timeline: Timeline, begin: int, end: int) -> dict[str, int] | None:
    """None where the GIL wasn't measured."""
    if not timeline.measured("gil"):
        return None
    mine = timeline.handoffs[within(timeline, timeline.handoffs.acquired, begin, end)]
    return {"count": len(mine), "forced": int(mine.forced.sum())}


def waits(timeline: Timeline, begin: int, end: int) -> list[Waiting]:
    """For GILs, locks and other things, what cost most first."""
    things, gil = timeline.waits, timeline.gil_waits
    thing = np.concatenate((things.thing, gil.thing)).astype(np.int64)
    first = np.concatenate((things.begin, gil.begin))
    last = np.concatenate((things.end, gil.end))
    inside = np.maximum(np.minimum(last, end) - np.maximum(first, begin), 0)
    ended = within(timeline, last, begin, end)
    some = np.flatnonzero((inside > 0) | ended)
    some = some[np.lexsort(((last - first)[some], thing[some]))]
    starts = starts_of(thing[some])
    found = []
    for mine in np.split(some, starts[1:]) if len(some) else []:
        lengths = (last - first)[mine[ended[mine]]]
        found.append(Waiting(int(thing[mine[0]]), int(inside[mine].sum()), len(lengths), lengths))
    return sorted(found, key=lambda each: (-each.wait_ns, each.thing))


def histogram(lengths: Numbers) -> list[int]:
    """How many waits are in each bin of ``BOUNDS``, and beyond the last."""
    counts: list[int] = np.bincount(BOUNDS.searchsorted(lengths, "right"), minlength=len(BOUNDS) + 1).tolist()
    return counts


def _told(timeline: Timeline, each: Waiting) -> dict[str, Any]:
    kind = timeline.tracks.get(each.thing, {}).get("kind", TrackKind.GIL)
    told: dict[str, Any] = {
        "thing": each.thing,
        "name": timeline.the_gil(each.thing) if kind == TrackKind.GIL else timeline.name(each.thing),
        "kind": TrackKind(kind).name.lower(),
        "internal": bool(timeline.tracks.get(each.thing, {}).get("internal")),
        "wait_ns": each.wait_ns,
        "count": each.count,
        "histogram": histogram(each.lengths),
    }
    for percentile in PERCENTILES:
        length = np.percentile(each.lengths, percentile, method="inverted_cdf") if each.count else None
        told[f"p{percentile}_ns"] = None if length is None else int(length)
    return told


def _cores(timeline: Timeline, begin: int, end: int) -> dict[str, Any] | None:
    """How long each core had a thread of this run; None where that wasn't measured."""
    if not timeline.measured("cores"):
        return None
    spans = timeline.spans[timeline.kind_of(timeline.spans.track) == TrackKind.CORE]
    busy = spans[spans.state == State.BUSY].within(begin, end)
    by_core = [
        {"id": id, "name": timeline.name(id), "busy_ns": int(busy.of(id).length.sum())}
        for id in timeline.ids(TrackKind.CORE)
    ]
    return {"count": timeline.cores, "busy_ns": int(busy.length.sum()), "by_core": by_core}


def blamed(timeline: Timeline, begin: int = 0, end: int | None = None) -> list[dict[str, Any]]:
    """The blame table with its sentences, by thread and task, the longest first."""
    rows = []
    for thread, group in groupby(blame.table(timeline, begin, end), key=lambda row: row.thread):
        mine = list(group)
        kept = mine if len(mine) <= MOST_REASONS else mine[: MOST_REASONS - 1]
        rows += [{**asdict(row), "sentence": blame.sentence(timeline, row)} for row in kept]
        if rest := mine[len(kept) :]:
            sentence = f"lost it to {counted(len(rest), 'other reason')}"
            ns = sum(row.ns for row in rest)
            rows.append({"thread": thread, "reason": "other", "thing": 0, "culprit": 0, "ns": ns, "sentence": sentence})
    return rows


def as_text(told: dict[str, Any]) -> str:
    """What ``of`` gave, to be read."""
    length = told["to"] - told["from"]
    lines = [f"From {duration(told['from'])} to {duration(told['to'])}, {duration(length)}:"]
    if (handoffs := told["handoffs"]) is not None:
        lines.append(f"{counted(handoffs['count'], 'handoff')} of the GIL, {handoffs['forced']:,} of them forced")
    if cores := told["cores"]:
        use = percent(cores["busy_ns"] / (length * cores["count"])) if cores["count"] else "none"
        lines.append(f"Of {counted(cores['count'], 'core')}, {use} was used by this run")
    together = told["parallelism"]
    lines.append(
        f"At most {counted(together['most'], 'thread')} ran or computed at the same instant, {together['mean']:.2f} on average while any did"
    )
    lines += ["", *(_waited(each) for each in told["waits"] if not each["internal"]), ""]
    names = {track["id"]: track["name"] for track in told["tracks"]}
    for thread, rows in groupby(told["blame"], key=lambda row: row["thread"]):
        lines.append(f"{names.get(thread, f'track {thread}')}:")
        lines += [f"  {duration(row['ns']):>8}  {row['sentence']}" for row in rows]
    return "\n".join(lines).rstrip() + "\n"


def _waited(each: dict[str, Any]) -> str:
    line = f"{each['name']}: {duration(each['wait_ns'])} waited, {counted(each['count'], 'wait')} ended"
    return line + (
        f" ({_percentiles([each[f'p{percentile}_ns'] for percentile in PERCENTILES])})" if each["count"] else ""
    )


def _percentiles(lengths: Sequence[int]) -> str:
    return ", ".join(
        f"{percentile} of 100 within {duration(ns)}" for percentile, ns in zip(PERCENTILES, lengths, strict=True)
    )
