"""The blame table, against pictures in which one can count, and on whatever can be drawn."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gilscope.analysis import statistics
from gilscope.analysis.blame import REASONS, Blame, blame, sentence, table
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind
from gilscope.recording import Recording
from tests.pictures import TICK, any_picture, draw, track_of


def told(recording: Recording, name: str, begin: int = 0, end: int | None = None) -> list[tuple[int, str]]:
    """Ticks and words of a thread's rows."""
    timeline, thread = Timeline(recording), track_of(recording, name)
    rows = table(timeline, begin * TICK, None if end is None else end * TICK)
    return [(row.ns // TICK, sentence(timeline, row)) for row in rows if row.thread == thread]


PICTURE = """
    main   RRRRWWWWRRWWWRRRXX
    worker ..WWRRaaaaRRRWWWRR
    hasher ...WWWRNNNNNNCCNOO
    a      111111111122222222
"""


def test_waits_have_the_names_of_those_who_had_it() -> None:
    """The GIL and the lock, by who had them for how long; what a thread does by itself is its own."""
    recording = draw(PICTURE)
    assert told(recording, "main") == [
        (9, "ran Python"),
        (5, "waited for the GIL, which worker had"),
        (1, "needn't wait for the GIL any more, but was still waking up"),
        (1, "waited for the GIL, which hasher had"),
    ]
    assert told(recording, "worker") == [
        (7, "ran Python"),
        (5, "waited for the GIL, which main had"),
        (4, "waited for the lock a, which main had"),
    ]
    main, worker, lock = (track_of(recording, name) for name in ("main", "worker", "a"))
    assert Blame(worker, "lock", lock, main, 4 * TICK) in blame(recording)


def test_what_a_library_made_for_itself_is_told_as_such() -> None:
    """Its name says what it is already."""
    recording = draw(PICTURE)
    lock = recording.tracks[track_of(recording, "a")]
    lock |= {"internal": True, "name": "inner lock"}
    assert (4, "waited for an inner lock, which main had") in told(recording, "worker")
    late = draw("one RRRRRRRRR\ntwo OOaaaaaRR\na   1111....2")
    late.tracks[track_of(late, "a")] |= {"internal": True, "name": "inner lock"}
    assert (3, "needn't wait for an inner lock any more, but was still waking up") in told(late, "two")


def test_a_part_of_the_time() -> None:
    """Only what lies in it, to the nanosecond."""
    recording = draw(PICTURE)
    assert told(recording, "worker", 3, 8) == [
        (2, "ran Python"),
        (2, "waited for the lock a, which main had"),
        (1, "waited for the GIL, which main had"),
    ]
    assert told(recording, "worker", 0, 2) == told(recording, "worker", 30, 40) == []
    assert sum(row.ns for row in blame(recording, 7 * TICK + 1, 8 * TICK)) == 3 * (TICK - 1)


def test_each_way_to_be_away() -> None:
    """Asleep, outside, in C code, without a core, unseen."""
    assert told(draw("one RRZZZOONNNNCCS?"), "one") == [
        (4, "computed in C code, without the GIL"),
        (3, "had no core: something outside of this run was on core 0"),
        (3, "slept"),
        (2, "ran Python"),
        (2, "was away from Python: input, output, or the clock"),
        (1, "was not seen"),
    ]


def test_who_has_the_core() -> None:
    """Another thread of the run, for as long as it is on that very core; else something outside of the run."""
    recording = draw("""
        one   NNNCCCCCCNN
        two   OOONNNNOOOO
        three NNNNNNNNNNN
        core0 111222...11
        core1 33333333333
    """)
    assert told(recording, "one")[1:] == [
        (4, "had no core: two was on core0"),
        (2, "had no core: something outside of this run was on core0"),
    ]


def test_a_waker_is_to_blame_until_it_wakes() -> None:
    """From there on, the thread itself is late. A wait that was given up is nobody's fault."""
    recording = draw("""
        giver RRRRRRRROOO
        taker WWOeeeeeeeR
        e!    ......1....
    """)
    assert told(recording, "taker")[:2] == [
        (4, "needn't wait for e any more, but was still waking up"),
        (3, "waited for the event e, until giver let it go on"),
    ]
    gives_up = draw("giver RRRRROO\ntaker OOeeeeR\ne!    .......")
    assert told(gives_up, "taker")[0] == (4, "waited for the event e, and nobody let it go on")


def test_a_join_waits_for_the_end() -> None:
    """Of the thread that is joined; that one's own table says what took it so long."""
    recording = draw("""
        main   RR2222222R
        worker ..RRZZZRXX
    """)
    assert told(recording, "main") == [
        (6, "waited for worker to end"),
        (3, "ran Python"),
        (1, "needn't wait for worker any more, but was still waking up"),
    ]


def test_what_was_not_measured_is_unknown() -> None:
    """Without the GIL layer, a thread's own time isn't called running."""
    recording = draw("one RRRRaaa\ntwo RRRRRRR\na   2222222", gil="unmeasured", cores=False)
    assert told(recording, "one") == [(4, "was not seen"), (3, "waited for the lock a, which two had")]
    assert blame(Recording({})) == []


def test_the_sentence_of_a_holder_that_is_not_known() -> None:
    """As after a loss."""
    recording = draw("""
        one RRRR?RRRR
        two OOOOaaaaa
        a   111111111
    """)
    assert (5, "waited for the lock a, and who had it isn't known") in told(recording, "two")


def sums(timeline: Timeline, begin: int, end: int) -> dict[int, int]:
    """What each thread's rows must add up to."""
    lives = {track: min(until, end) - max(since, begin) for track, (since, until) in timeline.lives.items()}
    return {track: length for track, length in lives.items() if length > 0}


@settings(deadline=None, max_examples=300)
@given(any_picture(), st.tuples(st.integers(0, 25), st.integers(0, 25)), st.sampled_from(["measured", "absent"]))
def test_a_thread_is_accounted_for_to_the_nanosecond(picture: str, range: tuple[int, int], gil: str) -> None:
    """Whatever is drawn, also what can't be: the rows of a thread add up to its life, in any stretch of time."""
    timeline = Timeline(draw(picture, gil=gil))  # type: ignore[arg-type]
    for begin, end in ((0, timeline.duration_ns), (range[0] * TICK + 7, range[1] * TICK)):
        rows = table(timeline, begin, end)
        total: dict[int, int] = {}
        for row in rows:
            assert row.ns > 0
            assert row.reason in REASONS
            total[row.thread] = total.get(row.thread, 0) + row.ns
        assert total == sums(timeline, begin, end)
        assert len({(row.thread, row.reason, row.thing, row.culprit) for row in rows}) == len(rows)


@pytest.mark.parametrize("most", [1, 7])
def test_batches_of_any_size_give_the_same_table(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many waits over many holds are worked off in parts."""
    recording = draw(PICTURE)
    whole, parts = blame(recording), Timeline.parts
    monkeypatch.setattr(Timeline, "parts", lambda self, *stretches: parts(self, *stretches, most))
    assert blame(recording) == whole


def test_the_table_agrees_with_the_figures_by_state() -> None:
    """Running is running, whoever counts."""
    recording = draw(PICTURE)
    timeline, rows = Timeline(recording), blame(recording)
    pairs = ((State.RUNNING, "running"), (State.NATIVE, "native"), (State.RUNNABLE, "no-core"))
    for figures in statistics.tracks(timeline):
        if timeline.tracks[figures.track]["kind"] == TrackKind.THREAD:
            for state, reason in pairs:
                mine = [row.ns for row in rows if (row.thread, row.reason) == (figures.track, reason)]
                assert figures.states.get(state, 0) == sum(mine)
