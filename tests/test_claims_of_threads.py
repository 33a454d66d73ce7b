"""The claims about threads: confirmed by recordings that show it, refuted by those that show the contrary."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gilscope import claims
from gilscope.claims import Verdict
from gilscope.events import Kind
from gilscope.recording import Recording
from tests.claimed import given, judged, really, recorded, says, shipped, verdict_of
from tests.pictures import TICK, track_of
from tests.programs import FOUND


def without(kind: Kind, thing: str) -> Callable[[Recording], None]:
    """As if the last of these had never happened."""

    def change(recording: Recording) -> None:
        rows = recording.rows
        last = np.flatnonzero((rows.kind == kind) & (rows.thing == track_of(recording, thing)))[-1]
        recording.rows = rows[np.arange(len(rows)) != last]

    return change


def test_same_lock_twice() -> None:
    """It waits for itself; who gets it twice, or gives up at once, refutes it."""
    own = "visitor RRaaaaaaR\na 11111111."
    gave_up = "gave up after 5 ms, with 2 to go\n"
    assert judged("same_lock_twice", own, {"a": "tree_lock"}, gave_up, patience_ms=10) == claims.refuted(
        "The visitor had the lock for 8.00 ms, and waited for it for 6.00 ms of these; nobody else wanted it."
    )
    verdict = judged("same_lock_twice", own.replace("aaaaaa", "a" * 10), {"a": "tree_lock"}, gave_up, patience_ms=10)
    assert verdict.verdict == "confirmed"
    assert judged("same_lock_twice", own, {"a": "tree_lock"}, depth=1).verdict == "not measured"


def test_same_lock_twice_rlock() -> None:
    """One at a time, however often; two at once would refute it, and so would who doesn't get through."""
    picture = "visitor1 RRRRRX...\nvisitor2 .RaaaRRRX\na 11111222."
    names = {"visitor1": "visitor 1", "visitor2": "visitor 2", "a": "tree_lock"}
    through = "saw everything\n" * 2
    assert judged("same_lock_twice_rlock", picture, names, through) == claims.confirmed(
        "The lock went to 2 visitors, one at a time, and each took it 3 times; the others waited 3.00 ms in all."
    )
    assert judged("same_lock_twice_rlock", picture, names, "saw everything\n").verdict == "refuted"
    assert judged("same_lock_twice_rlock", picture, names, through, depth=1).verdict == "not measured"
    twice = recorded("same_lock_twice_rlock", picture, names, through)
    rows = twice.rows
    rows.at[(rows.kind == Kind.LOCK_RELEASE) & (rows.track == track_of(twice, "visitor 1"))] += TICK
    twice.rows = rows[rows.at.argsort(kind="stable")]
    assert verdict_of(twice) == claims.refuted("A visitor had the lock before another had given it back: once.")


def test_connection_pool() -> None:
    """Three at a time; a fourth before one was given back refutes it."""
    assert shipped("connection_pool").verdict == "confirmed"
    assert "at most 3 were in use" in shipped("connection_pool").sentence

    def one_isnt_given_back(recording: Recording) -> None:
        rows = recording.rows
        first = np.flatnonzero((rows.kind == Kind.NOTIFY) & (rows.thing == track_of(recording, "free")))[0]
        recording.rows = rows[np.arange(len(rows)) != first]

    verdict = shipped("connection_pool", one_isnt_given_back)
    assert (verdict.verdict, "at most 4 were in use" in verdict.sentence) == ("refuted", True)


def test_starting_gun() -> None:
    """One shot for all; somebody who goes on before it, or a second shot, refutes it."""
    picture = "main RRRRRRX.\nrunner1 .aaaaaRX\nrunner2 ..aaaaRX\na! ......1."
    names = {"runner1": "runner 1", "runner2": "runner 2", "a": "shot"}
    assert judged("starting_gun", picture, names) == claims.confirmed(
        "2 of 2 runners waited for the shot, 9.00 ms together; the last of them went on 0 ns after it."
    )
    early = picture.replace(".aaaaaRX", ".aaaROOX")
    assert judged("starting_gun", early, names).verdict == "refuted"
    assert judged("starting_gun", "runner1 RRRX", {"runner1": "shot"}).verdict == "not measured"
    assert shipped("starting_gun", without(Kind.NOTIFY, "shot")).verdict == "refuted"


def test_unguarded_wait() -> None:
    """A loaf was gone, or none was, though more were woken than there were loaves; one customer has no rival."""
    assert shipped("unguarded_wait").verdict == "confirmed"
    assert judged(
        "unguarded_wait", "customer R\na .", {"a": "baked"}, "a loaf was eaten\n", loaves=1
    ).sentence.startswith("On how many are woken by one call: here there was something for each.")
    assert shipped("unguarded_wait", says("a loaf was gone", "a loaf was eaten")).verdict == "refuted"
    assert shipped("unguarded_wait", given(customers=1)).verdict == "not measured"


def test_unguarded_wait_fixed() -> None:
    """All eaten, though woken for nothing; one too few refutes it."""
    assert shipped("unguarded_wait_fixed").verdict == "confirmed"
    assert shipped("unguarded_wait_fixed", given(loaves=13)).verdict == "refuted"
    assert judged("unguarded_wait_fixed", "customer R\na .", {"a": "baked"}, "a loaf was eaten\n", loaves=1) == (
        claims.depends(
            "On whether anybody is woken for nothing. Customers were woken 0 times for 1 loaves; 1 were eaten."
        )
    )


def test_phases() -> None:
    """All wait for the last one; a gate that opens once too little refutes it."""
    assert shipped("phases").verdict == "confirmed"
    assert shipped("phases", without(Kind.NOTIFY, "gate")).verdict == "refuted"
    assert shipped("phases", given(phase_count=4)).verdict == "refuted"


def test_phases_broken() -> None:
    """Everybody gets the error; whoever doesn't refutes it."""
    assert shipped("phases_broken").verdict == "confirmed"
    assert shipped("phases_broken", given(workers=5)).verdict == "refuted"
    assert shipped("phases_broken", given(complete=True)).verdict == "not measured"
    assert shipped("phases_broken", says("phase 2", "phase 1")).verdict == "not measured"


def test_lost_update_step_by_step() -> None:
    """An old reading was written back; else they didn't meet."""
    lost = "clerk 1 reads 0\nclerk 2 reads 0\nclerk 1 writes 1\nclerk 2 writes 1\nexpected 2, got 1\n"
    assert judged("lost_update_step_by_step", "main R", output=lost) == claims.confirmed(
        "A clerk wrote on the ground of an old reading once; 1 of 2 updates were lost."
    )
    kept = "clerk 1 reads 0\nclerk 1 writes 1\nclerk 2 reads 1\nclerk 2 writes 2\nexpected 2, got 2\n"
    assert judged("lost_update_step_by_step", "main R", output=kept) == claims.depends(
        "On whether they meet: here they didn't. A clerk wrote on the ground of an old reading 0 times; 0 of 2 updates were "
        "lost."
    )
    assert judged("lost_update_step_by_step", "main R", output=lost, clerks=1).verdict == "not measured"
    assert judged("lost_update_step_by_step", "main R").verdict == "not measured"


def test_thread_local() -> None:
    """One's own copy is right, the shared one isn't, and what was left is found."""
    say = "user-1 found nobody; local user-1, shared user-2\nuser-2 found user-1; local {}, shared user-2\n".format
    assert judged("thread_local", "main R", output=say("user-2")) == claims.confirmed(
        "Of 2 requests, 1 read another's user from the variable that they share, 0 from the thread-local one; once one "
        "found what an earlier request had left."
    )
    assert judged("thread_local", "main R", output=say("user-1")).verdict == "refuted"
    assert judged("thread_local", "main R", output=say("user-2").splitlines(True)[0]).verdict == "depends"
    assert judged("thread_local", "main R").verdict == "not measured"


def test_list_as_queue() -> None:
    """More dishes than orders; with two cooks and no dish too many it isn't so."""
    say = "{} dishes for 12 orders, 12 of them cooked; 9 waited at most\n".format
    assert judged("list_as_queue", "main R", output=say(24)) == claims.confirmed(
        "24 dishes were cooked for 12 orders; the list grew to 9."
    )
    assert judged("list_as_queue", "main R", output=say(12)).verdict == "refuted"
    assert judged("list_as_queue", "main R", output=say(12), cooks=1).verdict == "depends"
    assert judged("list_as_queue", "main R").verdict == "not measured"


def test_list_as_queue_fixed() -> None:
    """Each once, and both sides wait; a dish too many refutes it."""
    picture = "main RRRRaaaR\ncook .aaaRRRR\na 11112221"
    say = "{} dishes for 12 orders, 12 of them cooked; 3 waited at most\n".format
    assert judged("list_as_queue_fixed", picture, {"a": "waiting"}, say(12)) == claims.confirmed(
        "12 of 12 orders were cooked, with 12 dishes; the cooks waited 3.00 ms for orders, and who brings them 3.00 ms for "
        "room."
    )
    assert judged("list_as_queue_fixed", picture, {"a": "waiting"}, say(13)).verdict == "refuted"
    idle = picture.replace("RRRRaaaR", "RRRRRRRR").replace("2221", "1111")
    assert judged("list_as_queue_fixed", idle, {"a": "waiting"}, say(12)).verdict == "depends"
    assert judged("list_as_queue_fixed", picture, {"a": "waiting"}).verdict == "not measured"


def test_daemon_dies() -> None:
    """Ended in the middle of its work; not so where it was through, or the ordinary thread didn't come to its end."""
    picture = "ordinary RRRRRRX\ndaemon RROOOOO"
    output = "ordinary: 15 of 15 steps; the daemon has done {}\n".format
    assert judged("daemon_dies", picture, output=output(14)) == claims.confirmed(
        "The ordinary thread did all of its 15 steps, 6.00 ms; the daemon was ended after 7.00 ms, with work for 800 ms."
    )
    assert judged("daemon_dies", picture, output=output(40)).verdict == "depends"
    assert judged("daemon_dies", picture, output=output(14), main_ms=500).verdict == "not measured"
    assert judged("daemon_dies", picture) == claims.refuted("The ordinary thread didn't come to its end.")


CIRCLE = """
    one RRORRbbbbb
    two .ROORaaaaa
    a   1111111111
    b   .222222222
"""


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("deadlock_timed_out", {"one": "transfer 1", "two": "transfer 2"}),
        ("deadlock_retried", {"one": "transfer 1", "two": "transfer 2"}),
        ("deadlock_single_lock", {"one": "transfer 1", "two": "transfer 2", "a": "bank"}),
        ("deadlock_without_locks", {"one": "transfer 1", "two": "transfer 2"}),
        ("philosophers_fixed", {"one": "philosopher 1", "two": "philosopher 2"}),
    ],
)
def test_a_way_out_of_the_deadlock(name: str, names: dict[str, str]) -> None:
    """All go through; a circle refutes it, and who gave up shows neither."""
    through = ("eaten\n" if name == "philosophers_fixed" else "transferred\n") * 2
    turns = "one RRRRRX...\ntwo .RaaaRRRX\na 11111222."
    assert judged(name, turns, names, through).verdict == "confirmed"
    longer = {"try_ms": 4.0} if name == "deadlock_timed_out" else {}  # than they try
    assert judged(name, CIRCLE, names, through, **longer).verdict == "refuted"
    half = "refuted" if name == "deadlock_without_locks" else "not measured"
    assert judged(name, turns, names, through[: len(through) // 2]).verdict == half


def test_a_circle_that_a_timeout_would_have_ended() -> None:
    """Main gave up while both still tried: no deadlock."""
    names = {"one": "transfer 1", "two": "transfer 2"}
    assert judged("deadlock_timed_out", CIRCLE, names, try_ms=6.0).verdict == "not measured"


def test_philosophers() -> None:
    """A circle of forks; without one it depends on the moment, or main was too early."""
    names = {"one": "philosopher 1", "two": "philosopher 2"}
    assert judged("philosophers", CIRCLE, names).verdict == "confirmed"
    turns = "one RRRRRX...\ntwo .RaaaRRRX\na 11111222."
    assert judged("philosophers", turns, names, "eaten\n" * 2).verdict == "depends"
    assert judged("philosophers", turns, names, "eaten\n").verdict == "not measured"


REAL: list[tuple[str, str, dict[str, Any]]] = [
    ("same_lock_twice", "confirmed", {"patience_ms": 60, "look_ms": 5.0}),
    ("same_lock_twice", "not measured", {"depth": 1, "look_ms": 5.0}),
    ("same_lock_twice_rlock", "confirmed", {"look_ms": 5.0}),
    ("connection_pool", "confirmed", {"query_ms": 10.0}),
    ("connection_pool", "depends", {"connections": 8, "query_ms": 5.0}),
    ("starting_gun", "confirmed", {"shot_after_ms": 100, "dress_ms": 5.0, "laps": 1}),
    ("unguarded_wait", "confirmed", {"loaves": 5}),
    ("unguarded_wait_fixed", "confirmed", {"loaves": 5}),
    ("phases", "confirmed", {"phase_count": 2}),
    ("phases_broken", "confirmed", {"patience_ms": 150}),
    ("lost_update_step_by_step", "confirmed", {}),
    ("lost_update_step_by_step", "depends", {"think_ms": 0.0, "late_ms": 50.0}),
    ("thread_local", "confirmed", {"handle_ms": 15.0}),
    ("thread_local", "depends", {"handle_ms": 15.0, "clear": True}),
    ("list_as_queue", "confirmed", {"orders": 5}),
    ("list_as_queue", "depends", {"orders": 5, "cooks": 1}),
    ("list_as_queue_fixed", "confirmed", {"cook_ms": 40.0}),
    ("daemon_dies", "confirmed", {"ordinary_steps": 8}),
    ("deadlock_timed_out", "confirmed", {"patience_ms": 5000}),
    ("deadlock_retried", "confirmed", {}),
    ("deadlock_single_lock", "confirmed", {}),
    ("deadlock_without_locks", "confirmed", {"pause_ms": 10.0}),
    ("philosophers", "confirmed", {"patience_ms": 200}),
    ("philosophers", "depends", {"think_ms": 0.0, "philosophers": 2, "eat_ms": 0.0}),
    ("philosophers_fixed", "confirmed", {"eat_ms": 10.0}),
]


@pytest.mark.parametrize(("name", "expected", "changes"), REAL)
def test_a_real_run_is_judged(name: str, expected: str, changes: dict[str, Any], tmp_path: Path) -> None:
    """Also where there is no GIL. Each on one interpreter, another for each; three runs, for a busy machine may keep a
    thread from coming in time to what it would wait for."""
    python = FOUND[REAL.index((name, expected, changes)) % len(FOUND)]
    verdicts: list[Verdict] = []
    while len(verdicts) < 3 and expected not in [verdict.verdict for verdict in verdicts]:
        verdicts.append(verdict_of(really(name, python, tmp_path / "recording", **changes)))
    assert verdicts[-1].verdict == expected, verdicts
