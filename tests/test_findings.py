"""Findings: there where a picture shows them, and not where it doesn't."""

from gilscope.analysis.findings import Finding, findings
from gilscope.recording import COLUMNS, Recording, Rows
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


def test_a_condition_that_waits_is_no_deadlock() -> None:
    """It takes an inner lock twice, and another thread is to give it back; one of the program's own is told."""
    gives_up = draw("one RRRaaaaR\na   1111111.")
    assert [each.title for each in found(gives_up, "deadlock")] == ["one waits for itself"]
    gives_up.tracks[track_of(gives_up, "a")]["internal"] = True
    assert found(gives_up, "deadlock") == []


def test_waiting_for_each_other_in_turn_is_no_deadlock() -> None:
    """Each wait ended in an acquire."""
    recording = draw("""
        left   RRRaaaRRRbbbR
        right  OOORRROOORRRO
        a      ...222111....
        b      .........2221
    """)
    assert found(recording, "deadlock") == []


TURNS = """
    one   RRRRRWWWWWRRRRRWWWWWOO
    two   WWWWWRRRRRWWWWWRRRRROO
    three OOOOOOOOOOOOOOOOOOOOOO
"""


def test_computing_in_turns() -> None:
    """Two want to compute, one at a time does; not so where C code computes beside, or one of them hardly computes."""
    turns = TURNS
    (finding,) = found(draw(turns), "false-parallelism")
    assert finding.sentence == (
        "For 20.0 ms, 91 % of this run, more than one of one and two wanted to compute; on average 1.00 of them had their "
        "turn. Only one thread at a time has the GIL."
    )
    assert len(finding.spans) == 4
    stalled = turns.replace("RRRRRWWWWWRR", "RSSSRWWWWWRS")
    assert "1.00 of them had their turn" in found(draw(stalled), "false-parallelism")[0].sentence
    together = "one   RRRNNNNRRRNNNNRRR\ntwo   WWWRRRRWWWRRRRWWW"
    assert found(draw(together), "false-parallelism") == []
    hardly = "burner RRRRRRWRRRRRRRRRRRRRRR\nio     .WWWWWROOOOOOOOOOOOOOO"
    assert found(draw(hardly), "false-parallelism") == []
    assert found(draw(turns, gil="absent"), "false-parallelism") == []


def hurried(recording: Recording) -> Recording:
    """The same, ten thousand times as fast."""
    rows, end = recording.rows, recording.end or {}
    recording.rows = Rows(rows.at // 10_000, *(getattr(rows, name) for name in COLUMNS if name != "at"))
    recording.end = {**end, "duration_ns": end["duration_ns"] // 10_000}
    return recording


def test_what_takes_hardly_any_time_is_no_finding() -> None:
    """Whatever share of a short run it is."""
    for picture, kind in ((TURNS, "false-parallelism"), (TURNS, "idle-cores"), (CROWD, "oversubscribed-cores")):
        assert len(found(draw(picture), kind)) == 1
        assert found(hurried(draw(picture)), kind) == []
    assert found(hurried(draw(STARVED)), "starvation") == []


def test_what_takes_a_small_part_of_the_run_is_no_finding() -> None:
    """However long that is."""
    short = f"one {'R' * 60}WWW{'R' * 40}{'O' * 30}\ntwo WWW{'O' * 57}RRR{'O' * 40}{'R' * 30}"
    for kind in ("false-parallelism", "idle-cores"):
        assert found(draw(short), kind) == []
    rarely = f"one {'N' * 90}CCC\ntwo {'O' * 90}NNN\ncore0 {'1' * 90}222"
    assert found(draw(rarely), "oversubscribed-cores") == []


def test_threads_that_lack_cores_do_not_take_turns() -> None:
    """It isn't the GIL that keeps them from computing."""
    lacking = """
        one   NNNCCCNNNCCCR
        two   CCCNNNCCCNNNW
        core0 1112221112221
    """
    assert found(draw(lacking), "false-parallelism") == []


def with_cores(recording: Recording, cores: int) -> Recording:
    """As the header of a real one says it."""
    recording.header["machine"] = {"cores": cores}
    return recording


CROWD = """
    one   NNNNNCCCCCNN
    two   NNNNNNNNNNNN
    three OOOOONNNNNOO
    core0 111113333311
    core1 222222222222
"""


def test_more_threads_than_cores() -> None:
    """All cores are busy with this run, and more of its threads want one."""
    recording = draw(CROWD)
    (finding,) = found(recording, "oversubscribed-cores")
    assert finding.title == "More threads compute than there are cores (2)"
    assert finding.sentence == (
        "While threads of this run were on all of its 2 cores, up to 1 more thread wanted one, too: they waited 5.00 ms in "
        "all, 14 % of all lives."
    )
    assert finding.spans == [(track_of(recording, "one"), 5 * TICK, 10 * TICK)]
    assert found(recording, "busy-machine") == []


def test_a_core_that_something_else_has() -> None:
    """The same wait, while a core has no thread of this run."""
    recording = with_cores(draw(CROWD), 3)
    assert found(recording, "oversubscribed-cores") == []
    (finding,) = found(recording, "busy-machine")
    assert finding.sentence == (
        "Threads of this run waited 5.00 ms for a core in all, 14 % of all lives, while at least one of 3 cores had none of "
        "them: something else was on it, or this run may not use it. On a quiet machine its times would be shorter."
    )
    assert found(with_cores(draw(CROWD, cores=False), 3), "busy-machine") == []
    assert found(draw(CROWD.replace("CCCCC", "OOOOO")), "oversubscribed-cores") == []


def test_waiting_for_the_gil_beside_cores_that_nobody_uses() -> None:
    """With the share; not while the holder itself lacks a core, nor where all cores are in use."""
    turns = """
        one   RRRRRWWWWWO
        two   WWWWWRRRRRO
        core0 1111122222.
        core1 ...........
    """
    (finding,) = found(draw(turns), "idle-cores")
    assert finding.sentence == (
        "For 10.0 ms, 91 % of this run, threads waited for the GIL, whose holder had a core; meanwhile 1.0 of 2 cores had no "
        "thread of this run on them on average. More cores would be no help."
    )
    assert len(finding.spans) == 2
    stalled = f"one R{'S' * 30}R\ntwo {'W' * 32}\ncore0 1{'.' * 30}1\ncore1 ."
    assert found(draw(stalled), "idle-cores") == []
    assert len(found(draw(stalled.replace("S", "R")), "idle-cores")) == 1
    busy = turns.replace("core1 ...........", "three NNNNNNNNNNN\n        core1 33333333333")
    assert found(draw(busy), "idle-cores") == []
    assert found(draw(turns.replace("core1 ...........", "")), "idle-cores") == []


STARVED = """
    greedy RORORORORORORORORORORORORR
    hungry .OOaaaaaaaaaaaaaaaaaaaaaaR
    a      1.1.1.1.1.1.1.1.1.1.1.1.12
"""


def test_starvation() -> None:
    """Another thread gets the lock again and again, and never has to wait for it."""
    recording = draw(STARVED)
    (finding,) = found(recording, "starvation")
    assert finding.title == "hungry starves: others get the lock a again and again"
    assert finding.sentence == (
        "hungry waited 22.0 ms for the lock a. Meanwhile greedy got it 11 times, and never had to wait for it."
    )
    assert finding.spans == [(track_of(recording, "hungry"), 3 * TICK, 25 * TICK)]


def test_waiting_in_turn_is_no_starvation() -> None:
    """Others get it as often, but wait as long; or they get it only a few times."""
    assert found(draw(STARVED.replace("1.1.1.1.1.1.1.1.1.1.1.1", "1.1.1.1.1.1.1.1.1.111111")), "starvation") == []
    queue = """
        greedy ROROROROROROROROROROROORRRRRORO
        hungry .OOaaaaaaaaaaaaaaaaaaaaaaaaaaR
        other  OOOOOOOOOOOOOOOOOOOOOOaaaaaRXX
        a      1.1.1.1.1.1.1.1.1.1.1.111113.2
    """
    assert len(found(draw(queue), "starvation")) == 1
    longer = queue.replace("OOaaaaaRXX", "aaaaaaaRXX").replace("1.111113.2", "11111113.2")
    assert found(draw(longer), "starvation") == []
    recording = draw(STARVED)
    recording.tracks[track_of(recording, "a")]["internal"] = True
    assert found(recording, "starvation") == []


def test_who_starves_twice_is_told_once() -> None:
    """By the longer time."""
    recording = draw(f"""
        greedy {"RO" * 30}RR
        hungry .OO{"a" * 26}ROO{"a" * 22}R
        a      {"1." * 14}12..{"1." * 11}12
    """)
    (finding,) = found(recording, "starvation")
    assert finding.spans == [(track_of(recording, "hungry"), 3 * TICK, 29 * TICK)]


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
