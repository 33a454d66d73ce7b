"""Findings: there where a picture shows them, and not where it doesn't."""

from gilscope.analysis.findings import Finding, findings
from gilscope.recording import Recording
from tests.pictures import TICK, draw, track_of


def found(recording: Recording, kind: str) -> list[Finding]:
    """Those of one kind."""
    return [finding for finding in findings(recording) if finding.kind == kind]


def test_handoffs() -> None:
    """How many, and how long nobody had the GIL in between."""
    recording = draw("""
        one RROOORROO
        two ...RROORR
    """)
    (finding,) = found(recording, "handoffs")
    assert finding.title == "3 handoffs of the GIL"
    assert finding.sentence == ("The GIL passed from one thread to another 3 times; nobody had to wait for it.")
    one, two = track_of(recording, "one"), track_of(recording, "two")
    assert finding.spans == [(one, 2 * TICK, 3 * TICK), (two, 5 * TICK, 5 * TICK), (one, 7 * TICK, 7 * TICK)]
    assert [each.kind for each in findings(recording)] == ["handoffs"]
    (finding,) = found(draw("one RRRWRR\ntwo .WWROO\na   ......"), "handoffs")
    assert finding.sentence == (
        "The GIL passed from one thread to another twice; twice somebody waited for it already, and had it 0 ns after the "
        "release (median; 95 of 100 within 0 ns)."
    )


def test_forced_handoffs() -> None:
    """Against the switch interval, with what the takers had waited."""
    recording = draw("""
        one RRRRRRWWWWW
        two .WWWWWRRRRR
    """)
    (finding,) = found(recording, "forced-handoffs")
    assert finding.sentence == (
        "1 handoff of 1 happened only because the waiting thread had asked for it, after a switch interval of 5.00 ms; "
        "half of the takers had waited 5.00 ms or longer."
    )
    assert found(draw("one RRO\ntwo OOR"), "forced-handoffs") == []


CONVOY = """
    burner RRRRRRWRRRRRRWRRRRRRWR
    io     .WWWWWROWWWWWROWWWWWRO
"""


def test_convoy() -> None:
    """A thread that lets go by itself, and pays a switch interval each time it comes back."""
    recording = draw(CONVOY)
    (finding,) = found(recording, "convoy")
    io = track_of(recording, "io")
    assert finding.title == "io pays a switch interval at each turn"
    assert finding.sentence == (
        "io waited 3 times for the GIL behind burner, each time about a whole switch interval of 5.00 ms "
        "(median 5.00 ms): 15.0 ms in all, 71 % of its life. burner computes and never lets go by itself."
    )
    assert finding.spans == [(io, 1 * TICK, 6 * TICK), (io, 8 * TICK, 13 * TICK), (io, 15 * TICK, 20 * TICK)]
    assert finding.state == "gil-wait"


def test_a_holder_that_lets_go_is_not_called_greedy() -> None:
    """It went through other hands: what is said of the holder has to be so."""
    recording = draw("""
        first  RRRWRRRWRRRWRRRWR
        second .WWRWWWRWWWRWWWRO
        io     .WWWWWWWWWWWWWWWO
    """)
    assert found(recording, "convoy") == []
    recording = draw("""
        burner RROORRRWRROORRWRROORRWR
        io     .WWWWWWROWWWWWROWWWWWRO
    """)
    (finding,) = found(recording, "convoy")
    assert finding.sentence.endswith("% of its life.")


def test_two_that_compute_share_and_are_no_convoy() -> None:
    """Each waits a switch interval, because it was made to let go itself."""
    recording = draw("""
        one RRRRRWWWWWRRRRRWWWWWRRRRRWWWWW
        two WWWWWRRRRRWWWWWRRRRRWWWWWRRRRR
    """)
    assert found(recording, "convoy") == []
    assert len(found(recording, "forced-handoffs")) == 1


def test_a_contended_lock() -> None:
    """The total wait, its share of the waiters' lives, and who caused it."""
    recording = draw("""
        main   RRRRWWRRRRRROOOO
        worker ..WWRRaaaaaaROOO
        a      1111111111112222
    """)
    (finding,) = found(recording, "contended-lock")
    assert finding.title == "Threads queue for the lock a"
    assert finding.sentence == (
        "worker waited once for the lock a: 6.00 ms in all, 43 % of its life. main caused most of it: it held the lock for "
        "6.00 ms while others waited. The longest hold was 12.0 ms."
    )
    assert finding.spans == [(track_of(recording, "worker"), 6 * TICK, 12 * TICK)]
    recording.tracks[track_of(recording, "a")]["internal"] = True
    assert found(recording, "contended-lock") == []


def test_a_stalled_holder() -> None:
    """Nobody executes Python, although somebody holds the GIL."""
    (finding,) = found(draw("one RRSSSRRSRR\ntwo WWWWWWWWWW"), "stalled-holder")
    assert finding.sentence == (
        "The thread that held the GIL lost its core twice: for 4.00 ms in all, nobody executed Python although somebody held "
        "the GIL. The longest was one, 3.00 ms."
    )
    assert found(draw("one RRRR\ntwo WWWW"), "stalled-holder") == []


DEADLOCK = """
    left   RRWWbbbbbbbbb
    right  WWRRaaaaaaaaa
    a      1111111111111
    b      ..22222222222
"""


def test_a_deadlock() -> None:
    """The circle, when it closed, and that nothing ended it."""
    recording = draw(DEADLOCK)
    first = findings(recording)[0]
    left, right = track_of(recording, "left"), track_of(recording, "right")
    assert (first.kind, first.title) == ("deadlock", "Deadlock of right and left")
    assert first.sentence == (
        "right waits for a, held by left; left waits for b, held by right. None of them can go on. "
        "Nothing ended it: it lasted until the end of the recording, 9.00 ms."
    )
    assert found(recording, "contended-lock") == []
    assert first.spans == [(right, 4 * TICK, 13 * TICK), (left, 4 * TICK, 13 * TICK)]


def test_a_deadlock_that_patience_ended() -> None:
    """By a timeout."""
    recording = draw(DEADLOCK.replace("aaaaaaaaa", "aaaaaaRRR"))
    (finding,) = found(recording, "deadlock")
    assert finding.sentence.endswith("It lasted 6.00 ms, until a wait was given up.")


def test_a_thread_that_waits_for_itself() -> None:
    """A plain lock taken twice."""
    (finding,) = found(draw("one RRRaaaa\na   1111111"), "deadlock")
    assert finding.title == "one waits for itself"
    assert finding.sentence.startswith("one waits for a, held by one. It can never go on by itself.")


def test_waiting_for_each_other_in_turn_is_no_deadlock() -> None:
    """Each wait ended in an acquire."""
    recording = draw("""
        left   RRRaaaRRRbbbR
        right  OOORRROOORRRO
        a      ...222111....
        b      .........2221
    """)
    assert found(recording, "deadlock") == []


def test_native_parallelism() -> None:
    """C code without the GIL beside a thread that runs."""
    recording = draw("hasher RNNNNNNR\nmain   .RRRRRRO")
    (finding,) = found(recording, "native-parallelism")
    assert finding.title == "hasher really runs in parallel"
    assert finding.sentence == (
        "hasher computed 6.00 ms in C code without the GIL, so other threads could run at the same time: "
        "up to 2 threads at once, 6.00 ms of this run with more than one."
    )
    (alone,) = found(draw("hasher RNNNNNNR"), "native-parallelism")
    assert alone.sentence.endswith("though no other thread ran at the same time.")


def test_lost_events() -> None:
    """How many, of whom, and where."""
    recording = draw("one RRRR??RR")
    (finding,) = found(recording, "lost")
    assert finding.sentence == "1 event of one found no room and was lost; those stretches are marked as unknown."
    assert finding.spans == [(track_of(recording, "one"), 4 * TICK, 5 * TICK)]


def test_nothing_stands_out() -> None:
    """Of a thread by itself, of an empty recording, and of one in which nothing was measured, nothing is claimed."""
    assert findings(draw("one RRRRR")) == []
    assert findings(Recording({})) == []
    assert [each.kind for each in findings(draw(CONVOY, gil="unmeasured", cores=False))] == []
