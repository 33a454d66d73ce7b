"""The fold: from events of threads to states of everything, in batches of any size."""

import random
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gilscope.analysis.check import check
from gilscope.analysis.fold import Fold
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.pictures import draw, events_of, redraw

PICTURE = """
    main   RRRRWWRRRRRWSSRXX
    worker ..WWRRaaaaaWRRROO
    poller ....OOOO..OOWWWWR
    hasher ...WWWNNNNNNNCCNN
    a      .111111111.22....
"""


def test_a_picture_comes_back_as_it_was_drawn() -> None:
    """Each state of the table, the lock's holder, the GIL's and the cores'."""
    recording = draw("""
        main   RRRRWWWWRRRWSSSRXX
        worker ..WWRRaaaaaaRRRRWR
        hasher ...WWWRNNNNNNCCNOO
        a      1111111111..222222
    """)
    assert [redraw(recording, name) for name in ("main", "worker", "hasher", "a", "core 0")] == [
        "RRRRWWWWRRRWSSSRXX",
        "..WWRRaaaaaaRRRRWR",
        "...WWWRNNNNNNCCNOO",
        "1111111111..222222",
        "1111....111....1..",
    ]


def test_the_gil_has_one_holder_and_says_when_others_wait() -> None:
    """Free, held, contended, with the holder as the thing, one row each change."""
    recording = draw("""
        one RRRRROOOO
        two ..WWWRRRR
    """)
    gil = recording.rows[recording.rows.track == 2]
    assert list(zip((gil.at // 1_000_000).tolist(), gil.state.tolist(), gil.thing.tolist(), strict=True)) == [
        (0, State.HELD, 3),
        (2, State.CONTENDED, 3),
        (5, State.FREE, 0),
        (5, State.HELD, 4),
    ]
    assert set(gil.kind.tolist()) == {Kind.RESOURCE}


def test_a_wait_names_what_it_waits_for() -> None:
    """The GIL's track, the lock's; nothing for a thread that is merely away."""
    recording = draw("""
        one RRRRRRRR
        two WWWWaaOO
        a   111111..
    """)
    ids = {track["name"]: id for id, track in recording.tracks.items()}
    mine = recording.rows[recording.rows.track == ids["two"]]
    waits = {(State(state), thing) for state, thing in zip(mine.state.tolist(), mine.thing.tolist(), strict=True)}
    assert {(State.GIL_WAIT, ids["GIL"]), (State.BLOCKED, ids["a"]), (State.OUTSIDE, 0)} <= waits


def test_after_a_loss_nothing_is_known_until_something_tells() -> None:
    """Neither of the thread nor of what it may have taken or let go."""
    recording = draw("""
        one RRRR???RRR
        two OOOOOOOOOO
        a   1111111111
    """)
    assert redraw(recording, "one") == "RRRR???RRR"
    assert redraw(recording, "a") == "1111??????"
    assert redraw(recording, "GIL") == "1111???111"


@pytest.mark.parametrize(
    ("gil", "cores", "expected"),
    [
        ("measured", True, ["RRRWWWRR", "...RRRaa", "..NNNOOC"]),
        ("measured", False, ["RRRWWWRR", "...RRRaa", "..??????"]),
        ("absent", True, ["NNNOOONN", "...NNNaa", "..NNNOOC"]),
        ("absent", False, ["????????", "...???aa", "..??????"]),
        ("unmeasured", True, ["????????", "...???aa", "..??????"]),
        ("unmeasured", False, ["????????", "...???aa", "..??????"]),
    ],
)
def test_what_is_not_measured_is_not_told(gil: Any, cores: bool, expected: list[str]) -> None:
    """Each layer alone: blocked needs the program layer only; native and outside need cores; the rest needs both."""
    recording = draw(
        """
        one   RRRWWWRR
        two   ...RRRaa
        three ..NNNOOC
        a     11111111
        """,
        gil=gil,
        cores=cores,
    )
    assert [redraw(recording, name) for name in ("one", "two", "three")] == expected


@settings(deadline=None, max_examples=60)
@given(cuts=st.lists(st.integers(0, 90), max_size=12))
def test_batches_of_any_size_give_the_same_rows(cuts: list[int]) -> None:
    """Also single rows, also in the middle of an instant."""
    tracks, events = events_of(PICTURE)
    whole = Fold("measured", True)
    whole.add_tracks(tracks)
    expected = whole.feed(events)
    fold = Fold("measured", True)
    fold.add_tracks(tracks)
    edges = [0, *sorted(min(cut, len(events)) for cut in cuts), len(events)]
    parts = [fold.feed(events[begin:end]) for begin, end in pairwise(edges)]
    assert _of_each_track(Rows.concat(parts)) == _of_each_track(expected)


def _of_each_track(rows: Rows) -> list[tuple[int, ...]]:
    columns = (rows.track, rows.at, rows.kind, rows.flags, rows.state, rows.thing, rows.line, rows.value)
    return sorted(zip(*(column.tolist() for column in columns), strict=True), key=lambda row: row[:2])


def simulated(chance: random.Random, threads: int = 3, steps: int = 60) -> Rows:
    """Events of threads that share a GIL and two locks as CPython would have them, each at a time of its own."""
    gil, locks, sleeping = 2, (9, 11), 10
    holder, owner = 0, dict.fromkeys(locks, 0)
    doing = dict.fromkeys(range(20, 20 + threads), "wants")
    # thread, kind, thing, flags, value
    rows: list[tuple[int, Kind, int, int, int]] = [(thread, Kind.GIL_WAIT, gil, 0, 0) for thread in doing]

    def let_go(forced: bool) -> None:
        rows.append((thread, Kind.GIL_RELEASE, gil, Flag.FORCED if forced else 0, 0))

    for _ in range(steps):
        thread = chance.choice(list(doing))
        what, lock = doing[thread], chance.choice(locks)
        if what == "wants" and not holder:
            rows.append((thread, Kind.GIL_ACQUIRE, gil, 0, 0))
            holder, doing[thread] = thread, "runs"
        elif what == "runs" and (move := chance.randrange(4)) == 0:
            let_go(forced=True)
            holder, doing[thread] = 0, "wants"
        elif what == "runs" and move == 1:
            rows.append((thread, Kind.CALL, sleeping, 0, -1))
            let_go(forced=False)
            holder, doing[thread] = 0, "sleeps"
        elif what == "runs" and owner[lock] == thread:
            rows.append((thread, Kind.LOCK_RELEASE, lock, 0, 0))
            owner[lock] = 0
        elif what == "runs" and not owner[lock]:
            rows.append((thread, Kind.LOCK_ACQUIRE, lock, 0, 1))
            owner[lock] = thread
        elif what == "runs":
            rows.append((thread, Kind.LOCK_WAIT, lock, 0, 0))
            let_go(forced=False)
            holder, doing[thread] = 0, f"lock {lock}"
        elif what == "sleeps" and not holder:
            rows.append((thread, Kind.GIL_ACQUIRE, gil, 0, 0))
            rows.append((thread, Kind.RETURN, sleeping, 0, 0))
            holder, doing[thread] = thread, "runs"
        elif what.startswith("lock") and not holder and not owner[lock := int(what.split()[1])]:
            rows.append((thread, Kind.GIL_WAIT, gil, 0, 0))
            rows.append((thread, Kind.GIL_ACQUIRE, gil, 0, 0))
            rows.append((thread, Kind.LOCK_ACQUIRE, lock, Flag.CONTENDED, 1))
            holder, owner[lock], doing[thread] = thread, thread, "runs"
    names = ("track", "kind", "thing", "flags", "value")
    return Rows.of(np.arange(len(rows)) * 10, **{name: [row[n] for row in rows] for n, name in enumerate(names)})


def with_a_loss(events: Rows, chance: random.Random) -> tuple[Rows, list[dict[str, int]]]:
    """Some events of one thread, one after the other, are gone; a LOST row says so."""
    mine = np.flatnonzero(events.track == chance.choice(events.track.tolist()))
    first = chance.randrange(len(mine))
    gone = mine[first : first + chance.randrange(1, 8)]
    kept = np.ones(len(events), np.bool_)
    kept[gone] = False
    at = events.at[gone]
    told = {"track": int(events.track[gone[0]]), "from": int(at[0]), "to": int(at[-1]), "count": len(gone)}
    lost = Rows.of(at[:1], track=told["track"], kind=Kind.LOST, value=len(gone))
    return Rows.concat((events[kept], lost)).sorted(), [told]


@settings(deadline=None, max_examples=150)
@given(chance=st.randoms(use_true_random=False), lossy=st.booleans(), batch=st.integers(1, 60))
def test_whatever_threads_do_is_told_without_contradiction(chance: random.Random, lossy: bool, batch: int) -> None:
    """Random programs, whole or with a loss in them, in batches: the checker finds nothing."""
    events, lost = simulated(chance), list[dict[str, int]]()
    if lossy:
        events, lost = with_a_loss(events, chance)
    tracks = [{"id": 2, "kind": TrackKind.GIL}, {"id": 9, "kind": TrackKind.LOCK}, {"id": 11, "kind": TrackKind.LOCK}]
    tracks += [{"id": n, "kind": TrackKind.THREAD, "tid": n} for n in (20, 21, 22)]
    tracks += [{"id": 10, "kind": TrackKind.SLEEP}]
    fold = Fold("measured", cores=False)
    fold.add_tracks({**track, "pid": 1} for track in tracks)
    rows = Rows.concat(fold.feed(events[n : n + batch]) for n in range(0, len(events), batch))
    recording = Recording({"layers": {"gil": {"measured": True}}}, rows, lost=lost)
    recording.take({"tracks": tracks})
    assert check(recording) == []
    if not lossy:  # then the GIL's own track and its threads' tell the same
        assert _running(rows) == _held(rows)


def _running(rows: Rows) -> list[tuple[int, int]]:
    """When each thread begins to run, by the threads."""
    some = rows[rows.kind == Kind.GIL_ACQUIRE]
    return list(zip(some.at.tolist(), some.track.tolist(), strict=True))


def _held(rows: Rows) -> list[tuple[int, int]]:
    """When the GIL comes to a thread, by the GIL."""
    mine = rows[rows.track == 2]
    came = (mine.thing != 0) & np.append(True, mine.thing[1:] != mine.thing[:-1])
    return list(zip(mine.at[came].tolist(), mine.thing[came].tolist(), strict=True))


class Program:
    """Two threads, the GIL not measured, and one thing of each kind."""

    def __init__(self, gil: Any = "unmeasured") -> None:
        self.fold = Fold(gil, cores=False)
        kinds = [TrackKind.PROCESS, TrackKind.GIL, TrackKind.THREAD, TrackKind.THREAD]
        kinds += [
            TrackKind.SEMAPHORE,
            TrackKind.QUEUE,
            TrackKind.RLOCK,
            TrackKind.EVENT,
            TrackKind.LOCK,
            TrackKind.SLEEP,
        ]
        self.fold.add_tracks({"id": n, "kind": kind, "pid": 7, "tid": 6 + n - 2} for n, kind in enumerate(kinds, 1))

    def resource(self, track: int, *events: tuple[Any, ...]) -> list[tuple[State, int, int]]:
        """State, holder and value after each change, of events (thread, kind, value, flags)."""
        full = [(*event, 0, 0)[:4] for event in events]
        rows = self.fold.feed(
            Rows.of(
                np.arange(len(full)) * 10,
                track=[event[0] for event in full],
                kind=[event[1] for event in full],
                value=[event[2] for event in full],
                flags=[event[3] for event in full],
                thing=track,
            )
        )
        mine = rows[rows.track == track]
        return [
            (State(s), t, v)
            for s, t, v in zip(*map(np.ndarray.tolist, (mine.state, mine.thing, mine.value)), strict=True)
        ]


def test_permits_of_a_semaphore() -> None:
    """Held while one is out, contended while somebody waits; the value tells how many are left."""
    assert Program().resource(
        5,
        (3, Kind.THING_NEW, 2),
        (3, Kind.TAKE, 1),
        (4, Kind.TAKE, 0),
        (4, Kind.BLOCK),
        (3, Kind.NOTIFY, 1),
        (4, Kind.UNBLOCK),
        (4, Kind.TAKE, 0),
        (4, Kind.NOTIFY, 2),
    ) == [
        (State.FREE, 0, 2),
        (State.HELD, 0, 1),
        (State.HELD, 0, 0),
        (State.CONTENDED, 0, 0),
        (State.CONTENDED, 0, 1),
        (State.HELD, 0, 1),
        (State.HELD, 0, 0),
        (State.FREE, 0, 2),
    ]


def test_the_length_of_a_queue() -> None:
    """After each put and get, and contended while somebody waits for an item or for room."""
    assert Program().resource(
        6, (3, Kind.THING_NEW, 5), (4, Kind.BLOCK), (3, Kind.PUT, 1), (4, Kind.UNBLOCK), (4, Kind.GET, 0)
    ) == [(State.FREE, 0, 0), (State.CONTENDED, 0, 0), (State.CONTENDED, 0, 1), (State.FREE, 0, 1), (State.FREE, 0, 0)]


def test_an_rlock_is_free_when_it_was_let_go_as_often_as_taken() -> None:
    """Its depth is the value of each event."""
    assert Program().resource(
        7,
        (3, Kind.LOCK_ACQUIRE, 1),
        (3, Kind.LOCK_ACQUIRE, 2),
        (3, Kind.LOCK_RELEASE, 1),
        (3, Kind.LOCK_RELEASE, 0),
    ) == [(State.HELD, 3, 0), (State.FREE, 0, 0)]


def test_another_thread_may_let_go_of_a_lock() -> None:
    """Plain locks allow it; a release that comes in behind the acquire of the same instant doesn't take it away."""
    assert Program().resource(
        9, (3, Kind.LOCK_ACQUIRE, 1), (4, Kind.LOCK_RELEASE, 0), (3, Kind.LOCK_ACQUIRE, 1), (3, Kind.LOCK_RELEASE, 0)
    ) == [(State.HELD, 3, 0), (State.FREE, 0, 0), (State.HELD, 3, 0), (State.FREE, 0, 0)]
    fold = Program("measured").fold
    gil = Rows.of([0, 50, 50], track=[3, 4, 3], thing=2, kind=[Kind.GIL_ACQUIRE, Kind.GIL_ACQUIRE, Kind.GIL_RELEASE])
    folded = fold.feed(gil)
    assert folded.thing[folded.track == 2].tolist() == [3, 4]


def test_a_wait_that_is_given_up_is_over() -> None:
    """By a timeout, or by the thread's end."""
    assert Program().resource(
        9,
        (3, Kind.LOCK_ACQUIRE, 1),
        (4, Kind.LOCK_WAIT),
        (4, Kind.LOCK_TIMEOUT, 0, Flag.TIMEOUT),
        (4, Kind.LOCK_WAIT),
        (4, Kind.THREAD_END, 0, Flag.ERROR),
    ) == [(State.HELD, 3, 0), (State.CONTENDED, 3, 0), (State.HELD, 3, 0), (State.CONTENDED, 3, 0), (State.HELD, 3, 0)]


def states(rows: Rows, track: int) -> list[State]:
    return [State(state) for state in rows.state[rows.track == track].tolist()]


def test_the_outermost_wait_is_the_reason() -> None:
    """What happens inside it doesn't change what it waits for. Where no GIL tells that it acts, a step does."""
    fold = Program().fold
    kinds = [
        Kind.BLOCK,
        Kind.BLOCK,
        Kind.LOCK_WAIT,
        Kind.LOCK_ACQUIRE,
        Kind.UNBLOCK,
        Kind.UNBLOCK,
        Kind.CALL,
        Kind.RETURN,
    ]
    flags = [0, *[Flag.NESTED] * 4, 0, 0, 0]
    rows = fold.feed(Rows.of(np.arange(8), track=3, kind=kinds, flags=flags, thing=[6, 8, 9, 9, 8, 6, 10, 10]))
    assert states(rows, 3) == [State.BLOCKED] * 3 + [State.UNKNOWN] * 3 + [State.OUTSIDE, State.UNKNOWN]
    assert rows.thing[rows.track == 3].tolist() == [6, 6, 6, 9, 8, 6, 10, 10]


def test_without_a_gil_who_acts_inside_of_a_wait_is_not_waiting() -> None:
    """A condition's wait lets its lock go first, and takes it back: these rows are about the lock."""
    fold = Fold("absent", cores=True)
    kinds = [TrackKind.PROCESS, TrackKind.GIL, TrackKind.THREAD, TrackKind.CORE, TrackKind.CONDITION, TrackKind.LOCK]
    fold.add_tracks({"id": n, "kind": kind, "pid": 7, "tid": 7} for n, kind in enumerate(kinds, 1))
    told = [
        (Kind.CORE_ON, 4, 0),
        (Kind.BLOCK, 5, 0),
        (Kind.LOCK_RELEASE, 6, Flag.NESTED),
        (Kind.LOCK_WAIT, 6, Flag.NESTED),
        (Kind.CORE_OFF, 4, 0),
        (Kind.CORE_ON, 4, 0),
        (Kind.LOCK_ACQUIRE, 6, Flag.NESTED),
        (Kind.UNBLOCK, 5, 0),
    ]
    kind, thing, flags = zip(*told, strict=True)
    rows = fold.feed(Rows.of(np.arange(8), track=3, kind=kind, flags=flags, thing=thing))
    mine = rows[rows.track == 3]
    acts, waits = State.NATIVE, State.BLOCKED
    assert states(rows, 3) == [acts, waits, acts, waits, waits, waits, acts, acts]
    assert mine.thing.tolist() == [0, 5, 6, 5, 5, 5, 6, 5]


def test_with_its_process_everything_ends() -> None:
    """Threads that didn't tell their end, the GIL, and each lock that was seen."""
    fold = Program("measured").fold
    first = fold.feed(
        Rows.of([0, 1, 2, 3], track=[3, 3, 4, 4], kind=[3, Kind.LOCK_ACQUIRE, 1, Kind.THREAD_END], thing=[2, 9, 2, 0])
    )
    assert states(first, 3) == [State.RUNNING, State.RUNNING]
    last = fold.feed(Rows.of([9], track=1, state=State.EXITED))
    assert [states(last, track)[-1] for track in (1, 2, 3, 9)] == [State.EXITED] * 4
    assert last.kind[last.track == 3].tolist() == [Kind.THREAD_END]
    assert states(last, 4) == []
    assert states(last, 5) == []


def test_the_end_of_a_thread_is_when_it_lets_go_of_the_gil() -> None:
    """What its C code does after its last line still runs; the main thread's end ends what is seen of it."""
    fold = Program("measured").fold
    kinds = [Kind.GIL_ACQUIRE, Kind.THREAD_END, Kind.GIL_RELEASE]
    rows = fold.feed(Rows.of([1, 2, 3], track=4, kind=kinds, thing=[2, 0, 2]))
    assert states(rows, 4) == [State.RUNNING, State.RUNNING, State.EXITED]
    fold.add_tracks([{"id": 3, "kind": TrackKind.THREAD, "pid": 7, "tid": 7}])
    rows = fold.feed(Rows.of([4, 5], track=3, kind=kinds[:2], thing=[2, 0]))
    assert states(rows, 3) == [State.RUNNING, State.EXITED]
    assert states(rows, 2) == [State.HELD, State.UNKNOWN]


def test_the_lock_that_joining_waits_for_is_let_go_at_the_exit() -> None:
    """Unseen, by the interpreter, up to Python 3.12; a lock of the program stays with who had it."""
    for internal, expected in ((True, [State.HELD, State.FREE]), (False, [State.HELD])):
        for cut in (1, 2, 3, 4):
            fold = Program("measured").fold
            fold.add_tracks([{"id": 9, "kind": TrackKind.LOCK, "pid": 7, "internal": internal}])
            kinds = [Kind.GIL_ACQUIRE, Kind.LOCK_ACQUIRE, Kind.THREAD_END, Kind.GIL_RELEASE]
            events = Rows.of([1, 2, 3, 4], track=4, kind=kinds, thing=[2, 9, 0, 2], value=[0, 1, 0, 0])
            rows = Rows.concat([fold.feed(events[:cut]), fold.feed(events[cut:])])
            assert states(rows, 9) == expected


def test_a_row_about_nothing_is_refused() -> None:
    """A track has to be told before it is named."""
    with pytest.raises(ValueError, match="never told"):
        Program().fold.feed(Rows.of([0], track=11))
    with pytest.raises(ValueError, match="never told"):
        Program().fold.feed(Rows.of([0], track=3, thing=5000))


def test_a_large_batch_needs_no_loop_over_its_rows() -> None:
    """A thousand threads and a hundred thousand rows; the bound is far above what it needs."""
    fold = Fold("measured", True)
    count, threads = 100_000, 1000
    fold.add_tracks([{"id": 1, "kind": TrackKind.GIL, "pid": 1}])
    fold.add_tracks({"id": n, "kind": TrackKind.THREAD, "pid": 1, "tid": n} for n in range(2, threads + 2))
    kinds = np.tile([Kind.GIL_WAIT, Kind.GIL_ACQUIRE, Kind.GIL_RELEASE], count // 3 + 1)[:count]
    tracks = np.repeat(np.arange(count // 3 + 1) % threads + 2, 3)[:count]
    begin = time.process_time()
    rows = fold.feed(Rows.of(np.arange(count), track=tracks, kind=kinds, thing=1))
    assert len(rows) >= 2 * count * 0.8
    assert time.process_time() - begin < 2


def test_what_processes_share_is_unknown_after_a_loss_in_any_of_them() -> None:
    """Unless a thread holds it of which nothing was lost; what belongs to another process stays known."""
    tracks = [
        {"id": id, "kind": int(kind), "name": name, "parent": 0, "internal": False, "pid": pid, "tid": pid}
        for id, kind, name, pid in (
            (1, TrackKind.THREAD, "here", 100),
            (2, TrackKind.THREAD, "there", 200),
            (3, TrackKind.LOCK, "shared and free", 0),
            (4, TrackKind.LOCK, "shared and held", 0),
            (5, TrackKind.LOCK, "only here", 100),
            (6, TrackKind.LOCK, "only there", 200),
        )
    ]
    events = [
        *((n, 1 if n != 6 else 2, Kind.THING_NEW, n) for n in (3, 4, 5, 6)),
        (7, 1, Kind.LOCK_ACQUIRE, 4),
        (8, 2, Kind.LOST, 0),
        (9, 2, Kind.LOCK_ACQUIRE, 3),
    ]
    at, track, kind, thing = np.array(events).T
    fold = Fold("absent", cores=False)
    fold.add_tracks(tracks)
    rows = fold.feed(Rows.of(at, track=track, kind=kind, thing=thing, value=1))
    said = {
        told["name"]: [State(state).name for state in rows.state[rows.track == told["id"]].tolist()]
        for told in tracks[2:]
    }
    assert said == {
        "shared and free": ["FREE", "UNKNOWN", "HELD"],
        "shared and held": ["FREE", "HELD"],
        "only here": ["FREE"],
        "only there": ["FREE", "UNKNOWN"],
    }


@pytest.mark.parametrize("cut", range(20))
def test_who_may_be_on_a_core_whose_records_were_lost_is_not_known(cut: int) -> None:
    """From the loss on, but of a thread that is on another core, up to each one's next record; the core itself, too, up to
    its next one. However the rows are cut into batches."""
    tracks = [
        {"id": id, "kind": int(kind), "name": name, "parent": 0, "internal": False, "pid": 100, "tid": id}
        for id, kind, name in (
            (1, TrackKind.THREAD, "computes"),
            (2, TrackKind.THREAD, "elsewhere"),
            (3, TrackKind.THREAD, "away"),
            (4, TrackKind.THREAD, "sleeps"),
            (5, TrackKind.CORE, "core 0"),
            (6, TrackKind.CORE, "core 1"),
            (7, TrackKind.SLEEP, "time.sleep"),
        )
    ]
    on, off = Kind.CORE_ON, Kind.CORE_OFF
    events = [
        *((0, thread, Kind.THREAD_BEGIN, thread) for thread in (1, 2, 3, 4)),
        *((2, 3, on, 6), (3, 3, off, 6), (4, 4, on, 6), (5, 4, Kind.CALL, 7), (6, 4, off, 6), (7, 2, on, 6)),
        *((10, 1, on, 5), (20, 2, off, 6), (21, 3, on, 6), (22, 3, off, 6)),
        *((28, 4, on, 5), (29, 3, on, 6), (30, 3, off, 6), (31, 4, off, 5), (32, 1, on, 5), (33, 1, off, 5)),
    ]
    at, track, kind, thing = np.array(events).T
    fold = Fold("absent", cores=True)
    fold.add_tracks(tracks)
    rows = Rows.of(at, track=track, kind=kind, thing=thing)
    fed = []
    for part in (rows[:cut], rows[cut:]):
        if len(part) and part.at[-1] >= 10 and not any(len(each) and each.at[-1] >= 10 for each in fed):
            fold.lose_core(5, 10, 40)
        fed.append(fold.feed(part))
    folded = Rows.concat(fed)
    said = {}
    for told in tracks[:6]:
        mine = folded[folded.track == told["id"]]
        said[told["name"]] = [
            f"{when} {State(state).name.lower()}"
            for when, state in zip(mine.at.tolist(), mine.state.tolist(), strict=True)
        ]
    assert said == {
        "computes": ["0 unknown", "10 native", "10 unknown", "32 native", "33 outside"],
        "elsewhere": ["0 unknown", "7 native", "20 unknown"],
        "away": [
            *("0 unknown", "2 native", "3 outside", "10 unknown", "21 native", "22 unknown", "29 native", "30 outside"),
        ],
        "sleeps": ["0 unknown", "4 native", "5 native", "6 outside", "10 outside", "28 native", "31 outside"],
        "core 0": ["10 busy", "10 unknown", "28 busy", "31 idle", "32 busy", "33 idle"],
        "core 1": [
            *("2 busy", "3 idle", "4 busy", "6 idle", "7 busy", "20 idle", "21 busy", "22 idle", "29 busy", "30 idle"),
        ],
    }
