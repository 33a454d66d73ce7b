"""Figures of a part of a recording: to be counted in pictures; two parts that adjoin are the whole, whatever is drawn."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gilscope.analysis import ranges
from gilscope.analysis.timeline import Timeline
from gilscope.errors import BadParameter
from tests.pictures import TICK, any_picture, draw, track_of

PICTURE = """
    main   RRRRWWWWRRWWWRRRXX
    worker ..WWRRaaaaRRRWWWRR
    hasher ...WWWRNNNNNNCCNOO
    a      111111111122222222
"""


def test_what_happened_in_a_part_of_the_time() -> None:
    """Every figure of the stretch from 3 to 11, counted in the picture."""
    recording = draw(PICTURE)
    main, worker, hasher, lock = (track_of(recording, name) for name in ("main", "worker", "hasher", "a"))
    told = ranges.of(Timeline(recording), 3 * TICK, 11 * TICK)
    assert (told["from"], told["to"]) == (3 * TICK, 11 * TICK)
    states = {track["id"]: {state: ns // TICK for state, ns in track["states"].items()} for track in told["tracks"]}
    assert states == {
        main: {"running": 3, "gil-wait": 5},
        worker: {"running": 3, "gil-wait": 1, "blocked": 4},
        hasher: {"running": 1, "native": 4, "gil-wait": 3},
    }
    assert told["handoffs"] == {"count": 4, "forced": 2}
    waited = {each["thing"]: (each["wait_ns"] // TICK, each["count"]) for each in told["waits"]}
    assert waited == {2: (9, 3), lock: (4, 1)}
    assert (told["waits"][1]["p50_ns"], told["waits"][1]["p99_ns"]) == (4 * TICK, 4 * TICK)
    assert (told["parallelism"]["most"], told["cores"]["count"]) == (2, 3)
    assert told["cores"]["busy_ns"] == sum(core["busy_ns"] for core in told["cores"]["by_core"]) == 11 * TICK
    blame = [(row["ns"] // TICK, row["sentence"]) for row in told["blame"] if row["thread"] == worker]
    assert blame == [
        (4, "waited for the lock a, which main had"),
        (3, "ran Python"),
        (1, "waited for the GIL, which main had"),
    ]


@pytest.mark.parametrize(("begin", "end"), [(5, 5), (7, 3), (18, 20), (-4, 0)])
def test_nothing_between_two_times(begin: int, end: int) -> None:
    with pytest.raises(BadParameter, match=r"within the recording's 18\.0 ms"):
        ranges.of(Timeline(draw(PICTURE)), begin * TICK, end * TICK)


def sums(told: dict[str, Any], whole: bool) -> Counter[tuple[Any, ...]]:
    """Everything that can be added up. ``whole``: with who is to blame for what."""
    found: Counter[tuple[Any, ...]] = Counter()
    for track in told["tracks"]:
        for state, ns in track["states"].items():
            found["state", track["id"], state] += ns
    for name, count in told["handoffs"].items():
        found["handoffs", name] += count
    for each in told["waits"]:
        found["waited", each["thing"]] += each["wait_ns"]
        found["waits", each["thing"]] += each["count"]
        for n, count in enumerate(each["histogram"]):
            found["bin", each["thing"], n] += count
    found["together"] += told["parallelism"]["together_ns"]
    for core in told["cores"]["by_core"]:
        found["core", core["id"]] += core["busy_ns"]
    for row in told["blame"]:
        found[("blame", row["thread"]) + ((row["reason"], row["thing"], row["culprit"]) if whole else ())] += row["ns"]
    return +found


@settings(deadline=None, max_examples=60)
@given(any_picture(), st.integers(0, 24 * TICK))
def test_two_that_adjoin_are_the_whole(picture: str, cut: int) -> None:
    """To the nanosecond, wherever they meet; and of each thread, the blame is the time that it lived in the range."""
    timeline = Timeline(draw(picture))
    if not 0 < cut < timeline.duration_ns:
        return
    several = ((0, cut), (cut, timeline.duration_ns), (0, timeline.duration_ns))
    first, second, whole = (ranges.of(timeline, begin, end) for begin, end in several)
    assert sums(first, True) + sums(second, True) == sums(whole, True)
    for told in (first, second, whole):
        lives = {track["id"]: track["lifetime_ns"] for track in told["tracks"]}
        blamed = Counter[int]()
        for row in told["blame"]:
            blamed[row["thread"]] += row["ns"]
        assert {**blamed} == lives
        assert all(ns <= told["to"] - told["from"] for ns in lives.values())


def test_bins_are_between_their_bounds() -> None:
    lengths = np.array([0, 999, 1_000, 2_999, 3_000, 10**12])
    assert ranges.histogram(lengths) == [2, 2, 1, *[0] * (len(ranges.BOUNDS) - 3), 1]


def test_as_text() -> None:
    text = ranges.as_text(ranges.of(Timeline(draw(PICTURE)), 3 * TICK, 11 * TICK))
    assert text.splitlines()[:4] == [
        "From 3.00 ms to 11.0 ms, 8.00 ms:",
        "4 handoffs of the GIL, 2 of them forced",
        "Of 3 cores, 46 % was used by this run",
        "At most 2 threads ran or computed at the same instant, 1.38 on average while any did",
    ]
    assert "a: 4.00 ms waited, 1 wait ended (50 of 100 within 4.00 ms, 95 of 100 within 4.00 ms" in text
    assert "worker:\n   4.00 ms  waited for the lock a, which main had\n" in text
