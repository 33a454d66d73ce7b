"""Locks in both orders: found before they deadlock, and not where they can't."""

import random
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gilscope.analysis.findings import Finding, findings
from gilscope.analysis.lock_order import inversions
from gilscope.analysis.timeline import Timeline
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.pictures import TICK, any_picture, draw, track_of


def found(recording: Recording) -> list[Finding]:
    """Findings of this kind."""
    return [finding for finding in findings(recording) if finding.kind == "lock-order"]


BOTH_ORDERS = """
    one RRRRRRROOOOOOO
    two OOOOOOORRRRRRR
    a   .11111...22...
    b   ..111...2222..
"""


def test_two_orders_are_told_with_their_places() -> None:
    """Each with its thread and the stretch in which it had both."""
    recording = draw(BOTH_ORDERS)
    recording.take({"locations": [{"id": 1, "file": "a.py", "line": 7}]})
    recording.rows.line[
        (recording.rows.kind == Kind.LOCK_ACQUIRE) & (recording.rows.thing == track_of(recording, "a"))
    ] = 1
    (finding,) = found(recording)
    one, two = track_of(recording, "one"), track_of(recording, "two")
    assert finding.title == "a and b are taken in both orders"
    assert finding.sentence == (
        "one took a (line 7), then b, once; two took b, then a (line 7), once. No deadlock came of it in this run, but one "
        "will, if each takes its first lock before the other has taken its second."
    )
    assert finding.spans == [(one, 1 * TICK, 5 * TICK), (two, 8 * TICK, 11 * TICK)]


def test_the_same_order_is_none() -> None:
    """Nor are the orders of one thread alone, nor locks that are taken one after the other."""
    assert found(draw(BOTH_ORDERS.replace("...22...", "..22222.").replace("..111...2222..", "..111....222.."))) == []
    assert found(draw("one RRRRRRRRRRRRRR\na   .11111...11...\nb   ..111...1111..")) == []
    assert (
        found(draw(BOTH_ORDERS.replace(".11111...22...", ".11......22...").replace("..111...2222..", "...11.22......")))
        == []
    )


def test_threads_that_never_lived_together_cannot_meet() -> None:
    """The second began when the first had ended."""
    assert (
        found(draw(BOTH_ORDERS.replace("RRRRRRROOOOOOO", "RRRRRRXXXXXXXX").replace("OOOOOOORRRRRRR", ".......RRRRRRR")))
        == []
    )


def test_a_lock_around_both_keeps_them_apart() -> None:
    """If both have it each time."""
    gate = "g   .11111.22222.."
    guarded = BOTH_ORDERS.replace("a   .11111", "a   ..1111").replace("b   ..111.", "b   ...11.") + gate
    assert found(draw(guarded)) == []
    assert len(found(draw(guarded.replace("g   .11111.22222..", "g   .11111........")))) == 1


def test_once_it_has_deadlocked_that_is_what_is_told() -> None:
    """The circle says it all."""
    deadlock = "left RRWWbbbb\nright WWRRaaaa\na 11111111\nb ..222222"
    assert [finding.kind for finding in findings(draw(deadlock)) if finding.state == "blocked"] == ["deadlock"]
    went_well_before = """
        left  RRRRROOOORRWWbbbb
        right OOOOORRRRWWRRaaaa
        a     .111..22..1111111
        b     ..11.222..WW22222
    """.replace("WW2", "..2")
    assert "deadlock" in [finding.kind for finding in findings(draw(went_well_before))]
    assert found(draw(went_well_before)) == []
    assert len(found(draw(went_well_before.replace("bbbb", "OOOO")))) == 1


def test_locks_of_the_standard_library_do_not_count() -> None:
    """Their order isn't the program's."""
    recording = draw(BOTH_ORDERS)
    recording.tracks[track_of(recording, "a")]["internal"] = True
    assert found(recording) == []


def steps(chance: random.Random) -> list[tuple[int, int, bool]]:
    """Thread, lock, whether it is taken: threads take locks that are free, and let go of any that they have."""
    has: dict[int, int] = {}
    told = []
    for _ in range(chance.randrange(60)):
        thread, lock = chance.choice((3, 4, 5)), chance.choice((10, 11, 12, 13))
        if lock not in has:
            has[lock] = thread
            told.append((thread, lock, True))
        elif has[lock] == thread:
            del has[lock]
            told.append((thread, lock, False))
    return told


def by_hand(moves: list[tuple[int, int, bool]]) -> set[tuple[int, int]]:
    """Pairs of locks in both orders by two threads, without a third lock around them each time; slowly."""
    has: dict[int, list[int]] = {3: [], 4: [], 5: []}
    under: dict[tuple[int, int, int], set[int]] = {}
    for thread, lock, takes in moves:
        if not takes:
            has[thread].remove(lock)
            continue
        for outer in has[thread]:
            others = {other for other in has[thread] if other != outer}
            key = (thread, outer, lock)
            under[key] = under.get(key, others) & others
        has[thread].append(lock)
    return {
        (min(a[1], a[2]), max(a[1], a[2]))
        for a, b in combinations(under, 2)
        if a[0] != b[0] and a[1:] == b[:0:-1] and not under[a] & under[b]
    }


@settings(deadline=None, max_examples=400)
@given(st.randoms(use_true_random=False))
def test_orders_are_found_as_by_hand(chance: random.Random) -> None:
    """Of whatever threads do with locks, in whatever order they let go of them."""
    moves = steps(chance)
    kinds = [Kind.LOCK_ACQUIRE if takes else Kind.LOCK_RELEASE for _, _, takes in moves]
    first = [(thread, 0, Kind.NONE, 0) for thread in (3, 4, 5)]
    rows = [*first, *((m[0], m[1], kind, int(m[2])) for m, kind in zip(moves, kinds, strict=True))]
    names = ("track", "thing", "kind", "value")
    columns = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    at = np.append([0, 0, 0], np.arange(len(moves)) * 10)
    recording = Recording({}, Rows.of(at, state=State.RUNNING, **columns), end={"duration_ns": len(moves) * 10 + 10})
    recording.take({"tracks": [{"id": n, "kind": TrackKind.THREAD} for n in (3, 4, 5)]})
    recording.take({"tracks": [{"id": n, "kind": TrackKind.LOCK} for n in (10, 11, 12, 13)]})
    told = {(min(a.outer, a.inner), max(a.outer, a.inner)) for a, _ in inversions(Timeline(recording))}
    assert told == by_hand(moves)


@settings(deadline=None, max_examples=100)
@given(any_picture())
def test_whatever_is_drawn_is_searched(picture: str) -> None:
    """Also what can't happen."""
    for one, other in inversions(Timeline(draw(picture))):
        assert (one.outer, one.inner) == (other.inner, other.outer)
        assert one.thread != other.thread
