"""Answers to questions about recordings, one after the other: a process of its own, because they are computed.

A line of JSON in, ``{"file", "ask", …}``; a line of JSON out, the answer or ``{"error"}``. It ends with its input.
"""

import json
import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gilscope import tours
from gilscope.analysis import causes, compare, critical_path, ranges, stretches
from gilscope.analysis.statistics import STATE_NAMES
from gilscope.analysis.timeline import Timeline
from gilscope.errors import GilscopeError
from gilscope.events import State
from gilscope.recording import read

NICE = 10
MOST_SEGMENTS = 4000
"""Of the critical path, to be drawn: more than a screen has pixels."""
MOST_TOLD = 12
MOST_ROWS = 1_000_000
"""Of all recordings together that stay in memory, worked out as far as they were asked about: some 200 bytes each. A larger one
stays alone."""


class Timelines:
    """The recordings that were asked about last."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self.most_rows = most_rows
        self.kept: OrderedDict[tuple[str, int, int], Timeline] = OrderedDict()

    def of(self, path: Path) -> Timeline:
        """A file that has changed is another one."""
        told = path.stat()
        key = (str(path), told.st_mtime_ns, told.st_size)
        if key not in self.kept:
            self.kept[key] = Timeline(read(path))
        self.kept.move_to_end(key)
        while len(self.kept) > 1 and sum(len(each.recording.rows) for each in self.kept.values()) > self.most_rows:
            self.kept.popitem(last=False)
        return self.kept[key]


def why(timeline: Timeline, track: int, at: int) -> dict[str, Any]:
    """Why a track does what it does at a moment: one hop after the other."""
    return {"hops": [asdict(hop) for hop in causes.chain(timeline, track, at)]}


def path(timeline: Timeline) -> dict[str, Any]:
    """The critical path as columns, the longest of its segments in words, and how much of it is each track's."""
    whole = critical_path.path(timeline)
    drawn = critical_path.summed_up(whole, MOST_SEGMENTS)
    whose, ns = stretches.longest(whole.track, whole.length)
    longest = np.sort(whole.length.argsort(kind="stable")[::-1][:MOST_TOLD])
    return {
        "segments": len(whole),
        "drawn": {name: getattr(drawn, name).tolist() for name in ("track", "begin", "end", "state")},
        "longest": [
            {
                "track": int(whole.track[n]),
                "begin": int(whole.begin[n]),
                "end": int(whole.end[n]),
                "state": STATE_NAMES[State(int(whole.state[n]))],
                "sentence": critical_path.sentence(timeline, whole, n),
            }
            for n in longest.tolist()
        ],
        "tracks": [{"track": track, "ns": each} for track, each in zip(whose, ns, strict=True)],
    }


def figures(timeline: Timeline, begin: int, end: int) -> dict[str, Any]:
    """All figures of a part of the recording."""
    return ranges.of(timeline, begin, end)


def compared(timeline: Timeline, begin: int, end: int) -> dict[str, Any]:
    """The figures by which recordings are compared, of a part of one."""
    return {"figures": compare.packed(compare.part(timeline, begin, end))}


def first(timeline: Timeline, state: int) -> dict[str, Any]:
    """When a thread or task was first in a state, ns; None: none was."""
    return {"at": compare.first(timeline, state)}


def tour(timeline: Timeline, told: str) -> dict[str, Any]:
    """The steps of the tour in a file, each with its place in the recording."""
    return {"steps": tours.resolve(tours.read(Path(told)), timeline)}


ANSWERS: dict[str, Callable[..., dict[str, Any]]] = {
    "why": why,
    "path": path,
    "range": figures,
    "compare": compared,
    "first": first,
    "tour": tour,
}


def answer(timelines: Timelines, question: dict[str, Any]) -> dict[str, Any]:
    """What is asked for, or why it can't be told."""
    path = Path(question.pop("file"))
    try:
        return ANSWERS[question.pop("ask")](timelines.of(path), **question)
    except GilscopeError as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": f"The recording's file can't be read: {error.strerror}."}


if __name__ == "__main__":
    os.nice(NICE)
    timelines = Timelines()
    for line in sys.stdin:
        print(json.dumps(answer(timelines, json.loads(line))), flush=True)
