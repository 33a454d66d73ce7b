"""The claims about tasks of asyncio: confirmed by recordings that show it, refuted by those that show the contrary."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gilscope import claims
from gilscope.claims import Verdict
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.claimed import given, really, says, shipped, tasks_judged, verdict_of
from tests.pictures import track_of
from tests.programs import FOUND

Change = Callable[[Recording], None]


def ends(name: str, state: State) -> Change:
    """As if this task had ended so."""

    def change(recording: Recording) -> None:
        recording.rows.state[np.flatnonzero(recording.rows.track == track_of(recording, name))[-1]] = state

    return change


def puts(kind: Kind, name: str, after: Kind, of: str) -> Change:
    """As if the first of these had been just after the first of those."""

    def change(recording: Recording) -> None:
        rows = recording.rows
        (one, other) = (
            np.flatnonzero((rows.kind == what) & (rows.track == track_of(recording, whose)))[0]
            for what, whose in ((kind, name), (after, of))
        )
        rows.at[one] = rows.at[other] + 1
        recording.rows = rows[rows.at.argsort(kind="stable")]

    return change


def never(kind: Kind) -> Change:
    """As if none of these had happened."""

    def change(recording: Recording) -> None:
        recording.rows = recording.rows[recording.rows.kind != kind]

    return change


def test_take_turns() -> None:
    """One at a time, changing at awaits; each to its end where there are none."""
    names = {"one": "clerk 1", "two": "clerk 2"}
    assert tasks_judged("take_turns", "one RQRD\ntwo QRQRD", names) == claims.confirmed(
        "2 tasks were under way at the same time, on 1 thread; at most 1 ran at an instant; they took 4 steps, and 3 times "
        "the next one was another task's."
    )
    assert tasks_judged("take_turns", "one RRDD\ntwo QQRRD", names).verdict == "depends"
    assert tasks_judged("take_turns", "one RRRZRDDD\ntwo .....RZRD", names).verdict == "refuted"
    assert tasks_judged("take_turns", "one RQRD", names).verdict == "not measured"


def test_forgotten_await() -> None:
    """As many are missing as had no await, and Python warned of each."""
    assert shipped("forgotten_await") == claims.confirmed(
        "4 of 8 calls had no await: 4 entries are missing, 4 coroutines were thrown away without having run, and Python "
        "3.11.7 warned of 4."
    )
    assert shipped("forgotten_await", says("4 of 8", "8 of 8")).verdict == "refuted"
    assert shipped("forgotten_await", says("RuntimeWarning", "Nothing")).verdict == "refuted"
    assert shipped("forgotten_await", given(forget=5)).verdict == "refuted"
    assert shipped("forgotten_await", given(forget=0)).verdict == "not measured"


def test_forgotten_await_fixed() -> None:
    """All are written; one too few refutes it."""
    assert shipped("forgotten_await_fixed").verdict == "confirmed"
    assert shipped("forgotten_await_fixed", says("8 of 8", "7 of 8")).verdict == "refuted"
    assert shipped("forgotten_await_fixed", says("8 of 8", "nothing")).verdict == "not measured"


def test_when_it_starts() -> None:
    """Tasks wait together, and begin after their maker's step; one that begins in it refutes that."""
    assert shipped("when_it_starts").verdict == "confirmed"
    at_once = puts(Kind.TASK_STEP, "gather 1", Kind.TASK_NEW, "gather 1")
    assert shipped("when_it_starts", at_once).verdict == "refuted"
    assert shipped("when_it_starts", given(calls=1)).verdict == "not measured"
    one_after_the_other = """
        main RZZZZZZRD
        one  .RDDDDDDD
        two  .QRDDDDDD
        to   .QQRDDDDD
        tre  .QQQRDDDD
        four .QQQQRDDD
    """
    names = {"main": "Task-1", "one": "in sequence", "two": "gather 1", "to": "gather 2", "tre": "create_task 1"}
    names["four"] = "TaskGroup 1"
    assert tasks_judged("when_it_starts", one_after_the_other, names) == claims.depends(
        "On how long they wait: here one had its answer before the last had begun. In sequence it took 1.00 ms; with gather "
        "2.00 ms, create_task 1.00 ms, TaskGroup 1.00 ms, from the first step on. The tasks began 1.00 ms to 4.00 ms after "
        "they were made, 0 of them before their maker's next await."
    )


def test_one_fails() -> None:
    """The others run on, are waited for, are cancelled; whatever else becomes of them refutes it."""
    assert shipped("one_fails").verdict == "confirmed"
    assert shipped("one_fails", ends("gather 1", State.CANCELLED)).verdict == "refuted"
    assert shipped("one_fails", ends("values 2", State.CANCELLED)).verdict == "refuted"
    assert shipped("one_fails", ends("TaskGroup 1", State.DONE)).verdict == "refuted"
    assert shipped("one_fails", ends("TaskGroup fails", State.DONE)).verdict == "refuted"
    assert shipped("one_fails", says("a group of 1", "a group of 2")).verdict == "refuted"


def test_stopped() -> None:
    """At an await, and after it has cleaned up; in the middle of a step, or not at all, refutes it."""
    assert shipped("stopped").verdict == "confirmed"

    def in_a_step(recording: Recording) -> None:
        puts(Kind.LOOP_CALL, "stop", Kind.TASK_STEP, "backup")(recording)
        puts(Kind.TASK_CANCEL, "backup", Kind.LOOP_CALL, "stop")(recording)
        rows = recording.rows
        step = np.flatnonzero((rows.kind == Kind.TASK_STEP) & (rows.track == track_of(recording, "backup")))[0]
        for column in (rows.state, rows.thing, rows.line):  # the step goes on
            column[rows.kind == Kind.TASK_CANCEL] = column[step]

    assert shipped("stopped", in_a_step).verdict == "refuted"
    assert shipped("stopped", ends("backup", State.DONE)).verdict == "refuted"
    assert shipped("stopped", says("cleans up", "goes on")).verdict == "refuted"
    assert shipped("stopped", never(Kind.TASK_CANCEL)).verdict == "not measured"


def test_deaf_task() -> None:
    """It outlasts what cancelled it; one that ends cancelled, or a timeout that comes, refutes it."""
    assert shipped("deaf_task").verdict == "confirmed"
    assert shipped("deaf_task", ends("in a group", State.CANCELLED)).verdict == "refuted"
    assert shipped("deaf_task", says("has come to nothing", "came in time")).verdict == "refuted"
    assert shipped("deaf_task", given(attempts=1)).verdict == "depends"
    assert shipped("deaf_task", says("CancelledError", "OSError")).sentence.startswith(
        "On whether it has asked by then"
    )
    assert shipped("deaf_task", never(Kind.TASK_CANCEL)).verdict == "not measured"


def test_deaf_task_fixed() -> None:
    """One more step, and it is over; more of them, or another end, refutes it."""
    assert shipped("deaf_task_fixed").verdict == "confirmed"
    assert shipped("deaf_task_fixed", ends("in a group", State.DONE)).verdict == "refuted"
    assert shipped("deaf_task_fixed", says("came in time", "has come to nothing")).verdict == "refuted"
    early = puts(Kind.TASK_CANCEL, "in a group", Kind.TASK_NEW, "in a group")
    assert shipped("deaf_task_fixed", early).verdict == "refuted"
    assert shipped("deaf_task_fixed", never(Kind.TASK_CANCEL)).verdict == "not measured"


def test_deaf_task_shielded() -> None:
    """The waiter leaves, the work is done; a line that is missing refutes it."""
    assert shipped("deaf_task_shielded").verdict == "confirmed"
    assert shipped("deaf_task_shielded", says("15 of 15", "9 of 15")).verdict == "refuted"
    assert shipped("deaf_task_shielded", given(await_at_last=False)).verdict == "depends"
    assert shipped("deaf_task_shielded", says("waits no longer", "saved in time")).verdict == "not measured"


def life_of(recording: Recording, name: str) -> tuple[int, int]:
    """Times of the first and the last row of a task."""
    at = recording.rows.at[recording.rows.track == track_of(recording, name)]
    return int(at[0]), int(at[-1])


def beats_between(recording: Recording) -> None:
    """As if the heart had beaten in the middle of the call that sleeps."""
    rows, middle = recording.rows, sum(life_of(recording, "sleep")) // 2
    mine = np.flatnonzero(rows.track == track_of(recording, "heart"))
    step = mine[rows.kind[mine] == Kind.TASK_STEP][1]
    beat = rows[np.array([step, mine[mine > step][0]])]
    beat.at[:] = middle, middle + 1000
    recording.rows = Rows.concat((rows, beat)).sorted()


def stands_still(recording: Recording) -> None:
    """As if the heart hadn't beaten from its second step until the last one."""
    rows = recording.rows
    steps = np.flatnonzero((rows.track == track_of(recording, "heart")) & (rows.kind == Kind.TASK_STEP))
    between = (
        (rows.track == track_of(recording, "heart")) & (rows.at > rows.at[steps[0]]) & (rows.at < rows.at[steps[-1]])
    )
    between[np.flatnonzero(between)[0]] = False  # with which it went to sleep
    recording.rows = rows[~between]


def on_its_own_thread(recording: Recording) -> None:
    """As if the loop's thread had run the calls."""
    rows, main = recording.rows, track_of(recording, "MainThread")
    works = [id for id, told in recording.tracks.items() if told["kind"] == TrackKind.WORK]
    rows.thing[np.isin(rows.track, works) & (rows.state == State.RUNNING)] = main


def test_blocked_loop() -> None:
    """Silent while a call lasts; a beat in between refutes it."""
    assert shipped("blocked_loop").verdict == "confirmed"
    assert shipped("blocked_loop", beats_between).verdict == "refuted"
    assert shipped("blocked_loop", given(every_ms=500.0)).verdict == "depends"


@pytest.mark.parametrize("cure", ["to_thread", "executor", "processes"])
def test_blocked_loop_cured(cure: str) -> None:
    """It beats on; a call on the loop's thread refutes it."""
    name = f"blocked_loop_{cure}"
    assert shipped(name).verdict == "confirmed"
    assert shipped(name, on_its_own_thread).verdict == "refuted"
    assert shipped(name, stands_still).verdict == "depends"
    assert shipped(name, given(every_ms=500.0)).verdict == "not measured"


def test_twins() -> None:
    """Both wait for the same, and come to their ends; one that doesn't refutes it."""
    assert shipped("twins").verdict == "confirmed"
    assert shipped("twins", ends("task 1", State.FAILED)).verdict == "refuted"

    def nobody_waits(recording: Recording) -> None:
        tills = [id for id, told in recording.tracks.items() if told["name"] == "till" and told.get("asyncio")]
        recording.rows.thing[np.isin(recording.rows.thing, tills)] = 0

    assert shipped("twins", nobody_waits).verdict == "depends"


def test_request_limit() -> None:
    """No more than the limit; one more refutes it."""
    assert shipped("request_limit").verdict == "confirmed"
    assert shipped("request_limit", says("3 asked", "4 asked")).verdict == "refuted"
    assert shipped("request_limit", given(limit=2)).verdict == "refuted"
    assert shipped("request_limit", says("asked", "came")).verdict == "not measured"


REAL: list[tuple[str, str, dict[str, Any]]] = [
    ("take_turns", "depends", {"pause": False, "pile": 2, "rounds": 1000}),
    ("forgotten_await", "confirmed", {"entries": 3, "forget": 1}),
    ("forgotten_await_fixed", "confirmed", {"entries": 3, "way": "await"}),
    ("one_fails", "depends", {"fails_after_ms": 80.0, "latency_ms": 10.0, "others": 1}),
    ("stopped", "not measured", {"blocks": 1, "block_ms": 1.0, "stop_after_ms": 500}),
    ("deaf_task_fixed", "not measured", {"answer_ms": 20.0, "limit_ms": 200.0}),
    ("request_limit", "depends", {"requests": 2, "limit": 5, "latency_ms": 5.0}),
    ("deaf_task_shielded", "depends", {"await_at_last": False, "limit_ms": 30.0}),
]


@pytest.mark.parametrize(("name", "expected", "changes"), REAL)
def test_a_real_run_is_judged(name: str, expected: str, changes: dict[str, Any], tmp_path: Path) -> None:
    """Each on one interpreter, another for each; three runs, for on a busy machine a moment may be missed."""
    python = FOUND[REAL.index((name, expected, changes)) % len(FOUND)]
    verdicts: list[Verdict] = []
    while len(verdicts) < 3 and expected not in [verdict.verdict for verdict in verdicts]:
        verdicts.append(verdict_of(really(name, python, tmp_path / "recording", **changes)))
    assert verdicts[-1].verdict == expected, verdicts
