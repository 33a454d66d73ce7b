"""Interpreters of one process, each with a GIL of its own: who has which, when they begin, and when they end."""

import os
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from gilscope.analysis import report
from gilscope.analysis.causes import chain
from gilscope.analysis.check import check
from gilscope.analysis.findings import of
from gilscope.analysis.timeline import Timeline
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import read
from gilscope.scenarios import load
from tests import recorded
from tests.programs import FOUND, WITH_GIL, ids

OWN_GILS = [found for found in WITH_GIL if found.version >= (3, 12)]
PARTS = '''
import sys, textwrap, threading
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
else:
    import _xxsubinterpreters as interpreters

def make(shared=False):
    if sys.version_info >= (3, 13):
        return interpreters.create("legacy" if shared else "isolated")
    return interpreters.create(isolated=not shared)

def within(interpreter, program):
    """Execute it there, in the calling thread; what it raised."""
    program = textwrap.dedent(program)
    if sys.version_info >= (3, 13):
        error = interpreters.exec(interpreter, program)
        return error and error.formatted
    try:
        interpreters.run_string(interpreter, program)
    except interpreters.RunFailedError as error:
        return str(error)
'''

MOVES = (
    '''"""Known moves of interpreters."""
import mmap, os, tempfile, time
'''
    + PARTS
    + '''
MEET = """
    import mmap
    flags = mmap.mmap({file}, 4096)
    flags[{mine}] = 1
    while not flags[{other}]:  # keeps the GIL: nobody else wants it
        pass
"""
LINGER = """
    import mmap, threading
    flags = mmap.mmap({file}, 4096)
    def linger():
        flags[2] = 1
        while not flags[3]:
            pass
    threading.Thread(target=linger).start()
"""

def let_go(main, flags):
    """Once the main thread has slept in the kernel for a while."""
    asleep = 0
    while asleep < 8:
        with open(f"/proc/self/task/{main}/stat") as stat:
            asleep = asleep + 1 if stat.read().rpartition(")")[2].split()[0] == "S" else 0
        time.sleep(0.001)
    flags[3] = 1

def run():
    one, two = make(), make()
    assert "ZeroDivisionError" in within(one, "1 / 0")
    with tempfile.TemporaryFile() as file:
        file.truncate(4096)
        flags = mmap.mmap(file.fileno(), 4096)
        pair = [
            threading.Thread(target=within, args=(where, MEET.format(file=file.fileno(), mine=mine, other=1 - mine)), name=f"worker-{mine}")
            for mine, where in ((0, one), (1, two))
        ]
        for thread in pair: thread.start()
        for thread in pair: thread.join()
        within(one, LINGER.format(file=file.fileno()))
    while not flags[2]:
        time.sleep(0.001)
    threading.Thread(target=let_go, args=(threading.get_native_id(), flags), name="helper").start()
    interpreters.destroy(one)  # waits: a thread of its own has its GIL
    interpreters.destroy(two)
    while len(os.listdir("/proc/self/task")) > 1:
        time.sleep(0.001)
'''
)


def picture(folder: Path, python: Interpreter, program: str) -> Timeline:
    """Record it to its end; the recording is sound."""
    file, output = folder / "moves.py", folder / "moves.gilscope"
    file.write_text(program, encoding="utf-8")
    end = perform(Order("moves", load(file), {}, python.path, output))
    recording = read(output)
    assert end["verdict"] == "ok", end
    timeline = Timeline(recording)
    assert [each.sentence for each in check(recording)] == []
    return timeline


@pytest.fixture(scope="module", params=OWN_GILS, ids=ids)
def moves(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Timeline:
    """The known moves on one Python."""
    return picture(tmp_path_factory.mktemp("moves"), request.param, MOVES)


def thread(timeline: Timeline, name: str) -> int:
    """The track of a thread."""
    return next(id for id in timeline.ids(TrackKind.THREAD) if timeline.name(id) == name)


def gil(timeline: Timeline, interpreter: int) -> int:
    """The track of an interpreter's own GIL."""
    return next(id for id in timeline.ids(TrackKind.GIL) if timeline.tracks[id].get("interpreter", 0) == interpreter)


def visits(timeline: Timeline, track: int) -> list[str]:
    """The GILs of others that a thread had, one after the other: from 3.13 on it is back in its own interpreter for each
    extension module that one of them imports."""
    rows, acquires = timeline.gil_moves
    mine = rows[acquires & (rows.track == track)]
    names = [timeline.name(each) for each in mine[mine.at.argsort(kind="stable")].thing.tolist()]
    assert names[0] == names[-1] == "GIL"
    return [name for name, _ in groupby(name for name in names if name != "GIL")]


def test_each_interpreter_has_a_track_for_its_gil(moves: Timeline) -> None:
    """It says whose it is, and ends with its interpreter."""
    gils = [moves.tracks[id] for id in moves.ids(TrackKind.GIL)]
    assert [(told["name"], told.get("interpreter", 0)) for told in gils] == [
        ("GIL", 0),
        ("GIL 1", 1),
        ("GIL 2", 2),
    ]
    rows = moves.rows
    ends = rows[rows.kind == Kind.INTERPRETER_END]
    assert ends.thing.tolist() == [gil(moves, 1), gil(moves, 2)]
    for own, at in zip(ends.thing.tolist(), ends.at.tolist(), strict=True):
        spans = moves.spans.of(own)
        assert (spans.state[-1], spans.begin[-1]) == (State.EXITED, at)
        assert (spans.state[:-1] != State.EXITED).all()


def test_a_thread_goes_from_one_gil_to_another(moves: Timeline) -> None:
    """Whole sequences: it never has two, and comes back to its own."""
    one, two = "GIL 1", "GIL 2"
    assert visits(moves, thread(moves, "MainThread")) == [one, two, one, two]  # makes both, works in one, ends both
    assert visits(moves, thread(moves, "worker-0")) == [one]
    assert visits(moves, thread(moves, "worker-1")) == [two]
    rows, acquires = moves.gil_moves
    for track in moves.ids(TrackKind.THREAD):
        mine = np.flatnonzero(rows.track == track)
        mine = mine[np.lexsort((acquires[mine], rows.at[mine]))]
        first, second = mine[:-1], mine[1:]
        assert (acquires[first] != acquires[second]).all(), "it lets go of one before it has another"
        assert (rows.thing[first] == rows.thing[second])[acquires[first]].all(), "it lets go of the one that it has"


def test_two_gils_are_held_at_the_same_instant(moves: Timeline) -> None:
    """Each told the other while it had its own, and waited for the other's word without letting go."""
    holds = []
    for interpreter, worker in ((1, "worker-0"), (2, "worker-1")):
        spans = moves.spans.of(gil(moves, interpreter))
        holds.append(spans[(spans.state == State.HELD) & (spans.thing == thread(moves, worker))])
    first, second = holds
    begin = np.maximum(first.begin[:, None], second.begin[None, :])
    end = np.minimum(first.end[:, None], second.end[None, :])
    assert (end > begin).any()
    assert not moves.handoffs.of(gil(moves, 2)).forced.any()


def test_a_thread_belongs_to_the_interpreter_that_it_began_in(moves: Timeline) -> None:
    """Who only visits one stays where it is."""
    seen = np.intersect1d(moves.rows.track, moves.ids(TrackKind.THREAD)).tolist()
    homes = {moves.name(id): moves.tracks[id].get("interpreter", 0) for id in seen}
    assert [homes.pop(name) for name in ("MainThread", "worker-0", "worker-1", "helper")] == [0] * 4
    assert [*homes.values()] == [1]


def test_a_thread_of_another_interpreter_ends(moves: Timeline) -> None:
    """It says so itself, though nothing of Python's tells it; the kernel may let it go on until its interpreter is gone."""
    own = next(id for id in moves.ids(TrackKind.THREAD) if moves.tracks[id].get("interpreter"))
    spans, rows = moves.spans.of(own), moves.rows
    exited = np.flatnonzero(spans.state == State.EXITED)
    assert exited.tolist() == [*range(exited[0], len(spans))]
    every = rows[(rows.kind == Kind.THREAD_END) & (moves.kind_of(rows.track) == TrackKind.THREAD)]
    seen = np.intersect1d(rows.track, moves.ids(TrackKind.THREAD))
    assert sorted(every.track.tolist()) == seen.tolist(), "each tells its end once"


def test_the_cause_of_a_wait_is_who_had_that_gil(moves: Timeline) -> None:
    """The main thread ends an interpreter that a thread of its own still works in."""
    one, main = gil(moves, 1), thread(moves, "MainThread")
    waits = moves.gil_waits
    waits = waits[(waits.track == main) & (waits.thing == one)]
    longest = int(waits.length.argmax())
    hops = chain(moves, main, int(waits.begin[longest]))
    lingers = next(id for id in moves.ids(TrackKind.THREAD) if moves.tracks[id].get("interpreter") == 1)
    assert hops[0].sentence.startswith("MainThread waits ")
    assert " for the GIL of interpreter 1" in hops[0].sentence
    assert hops[1].track == lingers


def test_the_report_says_what_of_an_interpreter_is_not_measured(moves: Timeline) -> None:
    """In words, too."""
    told = report.of(moves)
    pid = moves.tracks[thread(moves, "MainThread")]["pid"]
    assert [(each["pid"], each["number"], each["own_gil"]) for each in told["interpreters"]] == [
        (pid, 1, True),
        (pid, 2, True),
    ]
    assert [each["program"]["measured"] for each in told["interpreters"]] == [False, False]
    lines = report.as_text(told).splitlines()
    assert (
        sum(
            line.startswith(f"Interpreter 2 of process {pid}: a GIL of its own; program: not measured. ")
            for line in lines
        )
        == 1
    )
    own = [track for track in told["tracks"] if track["kind"] == "thread" and track.get("interpreter")]
    assert [track["interpreter"] for track in own] == [1]


def test_findings_keep_gils_apart(moves: Timeline) -> None:
    """One about each, and its figures are of that one."""
    told = {each.title for each in of(moves) if each.kind == "handoffs"}
    every = moves.handoffs
    assert {title.partition(" of ")[2] for title in told} == {moves.the_gil(id) for id in np.unique(every.gil).tolist()}


MANY = (
    '''"""Interpreters that come and go."""
'''
    + PARTS
    + """
def run():
    for n in range(%d):
        interpreters.destroy(make())
"""
)


def test_as_many_come_and_go_as_there_are(tmp_path: Path) -> None:
    """Also where one lies at the address of another that is gone."""
    often = 50 if os.environ.get("GILSCOPE_THOROUGH") else 8
    timeline = picture(tmp_path, OWN_GILS[0], MANY % often)
    rows = timeline.rows
    told = rows[(rows.kind == Kind.INTERPRETER_NEW) | (rows.kind == Kind.INTERPRETER_END)]
    numbers = [n for n in range(1, often + 1) for _ in ("new", "end")]
    assert told.kind.tolist() == [Kind.INTERPRETER_NEW, Kind.INTERPRETER_END] * often
    assert told.value.tolist() == numbers
    assert [timeline.tracks[id]["interpreter"] for id in told.thing.tolist()] == numbers
    assert visits(timeline, thread(timeline, "MainThread")) == [f"GIL {n}" for n in range(1, often + 1)]


SHARED = (
    '''"""Interpreters that share a GIL."""
'''
    + PARTS
    + """
def run():
    one = make(shared=True)
    within(one, "import threading; t = threading.Thread(target=lambda: None); t.start(); t.join()")
    interpreters.destroy(one)
"""
)


def test_interpreters_that_share_a_gil(tmp_path: Path) -> None:
    """There is one GIL; who began in the other interpreter is told apart all the same."""
    timeline = picture(tmp_path, OWN_GILS[0], SHARED)
    assert [timeline.name(id) for id in timeline.ids(TrackKind.GIL)] == ["GIL"]
    assert sorted(timeline.tracks[id].get("interpreter", 0) for id in timeline.ids(TrackKind.THREAD)) == [0, 1]


@pytest.mark.parametrize("python", [found for found in FOUND if found.free_threaded], ids=ids)
def test_a_free_threaded_build_has_interpreters_without_gils(python: Interpreter, tmp_path: Path) -> None:
    """Their threads are recorded as all others are."""
    timeline = picture(tmp_path, python, MOVES)
    assert timeline.ids(TrackKind.GIL) == []
    workers = [id for id in timeline.ids(TrackKind.THREAD) if timeline.name(id).startswith("worker-")]
    assert all((timeline.spans.of(id).state == State.NATIVE).any() for id in workers)


COLLECTS = (
    '''"""Garbage of two interpreters, collected by one thread."""
import gc
'''
    + PARTS
    + """
def run():
    gc.disable()
    one = make()
    within(one, "import gc; gc.collect(); gc.collect()")
    gc.collect()
    interpreters.destroy(one)
"""
)


def test_garbage_of_another_interpreter_is_not_told(tmp_path: Path) -> None:
    """Only that of the main one: nothing of the program in another one is."""
    timeline = picture(tmp_path, OWN_GILS[-1], COLLECTS)
    rows = timeline.rows
    (made,) = rows.at[rows.kind == Kind.INTERPRETER_NEW].tolist()
    collections = rows[np.isin(rows.kind, (Kind.GC_BEGIN, Kind.GC_END)) & (rows.at > made)]
    assert collections.kind.tolist() == [Kind.GC_BEGIN, Kind.GC_END]


@pytest.mark.parametrize("python", OWN_GILS, ids=ids)
def test_the_recorder_comes_and_goes_while_an_interpreter_lives(python: Interpreter, tmp_path: Path) -> None:
    """Every slot is put back; installed again, it knows the interpreter that was there before, and not one that is gone."""
    program = (
        PARTS
        + """
import ctypes

def words():
    return [(address, ctypes.c_uint64.from_address(address).value) for address, _ in probe.slots()]

interpreters.destroy(make())  # bound lazily before, not between
probe.install()
inside = words()
gone, stays = make(), make()
probe.uninstall()
assert all(a == b and x != y for (a, x), (b, y) in zip(words(), inside))
within(stays, "pass")
interpreters.destroy(gone)
probe.install()
assert words() == inside
mark(1)
within(stays, "pass")
interpreters.destroy(stays)
mark(2)
probe.uninstall()
"""
    )
    told = recorded.record(python, program, tmp_path)
    new = [row for row in told.rows if row.kind == Kind.INTERPRETER_NEW]
    assert [row.value for row in new] == [2, 3, 3]
    again = new[-1].thing
    between = [
        row for row in told.between(1, 2) if row.kind in (Kind.GIL_ACQUIRE, Kind.GIL_RELEASE, Kind.INTERPRETER_END)
    ]
    assert {row.aux for row in between if row.thing == again and row.kind == Kind.GIL_ACQUIRE} == {3}
    own = [row.kind for row in between if row.thing == again]
    assert own == [*[Kind.GIL_ACQUIRE, Kind.GIL_RELEASE] * (len(own) // 2), Kind.INTERPRETER_END]
    assert len(own) > 4


PUBLIC = (
    '''"""Interpreters as programs use them."""
import mmap, tempfile, threading
from concurrent import interpreters
from textwrap import dedent
'''
    + MOVES[MOVES.index("MEET = ") : MOVES.index("LINGER = ")]
    + """
def run():
    one, two = interpreters.create(), interpreters.create()
    requests, results = interpreters.create_queue(), interpreters.create_queue(2)
    one.prepare_main(requests=requests, results=results)
    work = "import time; n = requests.get(); time.sleep(0.2); results.put(n + 1); results.put(n + 2)"
    worker = threading.Thread(target=one.exec, args=(work,), name="worker")
    worker.start()
    requests.put(41)
    assert results.get() == 42
    worker.join()
    assert results.get_nowait() == 43
    try: results.get(block=False)
    except interpreters.QueueEmpty: pass
    try: results.get(timeout=0)
    except interpreters.QueueEmpty: pass
    assert two.call(sum, (1, 2)) == 3
    with tempfile.TemporaryFile() as file:
        file.truncate(4096)
        pair = [
            threading.Thread(target=where.exec, args=(dedent(MEET.format(file=file.fileno(), mine=mine, other=1 - mine)),), name=f"worker-{mine}")
            for mine, where in ((0, one), (1, two))
        ]
        for thread in pair: thread.start()
        for thread in pair: thread.join()
    one.close()
    two.close()
"""
)


@pytest.mark.parametrize("python", [found for found in OWN_GILS if found.version >= (3, 14)], ids=ids)
def test_interpreters_as_programs_use_them(python: Interpreter, tmp_path: Path) -> None:
    """create, exec, call, close; two GILs at once; and their queues, as far as the main interpreter puts and gets."""
    timeline = picture(tmp_path, python, PUBLIC)
    test_two_gils_are_held_at_the_same_instant(timeline)
    main = thread(timeline, "MainThread")
    assert visits(timeline, thread(timeline, "worker")) == ["GIL 1"]
    queues = {timeline.name(id): id for id in timeline.ids(TrackKind.QUEUE) if not timeline.tracks[id]["internal"]}
    assert timeline.tracks[queues["results"]]["capacity"] == 2
    rows = timeline.rows[timeline.rows.track == main]
    told = {
        name: [
            f"{Kind(kind).name} {value}"
            for kind, value in zip(
                rows.kind[rows.thing == id].tolist(), rows.value[rows.thing == id].tolist(), strict=True
            )
            if kind not in (Kind.CORE_ON, Kind.CORE_OFF, Kind.GIL_RELEASE, Kind.GIL_ACQUIRE, Kind.GIL_WAIT)
        ]
        for name, id in queues.items()
    }
    wait = ["BLOCK 0", "UNBLOCK 0"]
    assert told["requests"] == ["THING_NEW 0", "PUT 1"]
    # Whether the other interpreter has put its second one by then is up to that.
    assert told["results"] in (["THING_NEW 2", *wait, f"GET {left}", "GET 0", *wait] for left in (0, 1))
    waits = timeline.spans.of(main)
    waits = waits[(waits.state == State.BLOCKED) & (waits.thing == queues["results"])]
    hops = chain(timeline, main, int(waits.begin[waits.length.argmax()]))
    assert " in results.get for queue results" in hops[0].sentence
