"""What is recorded of concurrent.futures: whole sequences of known works, in real runs, on every interpreter."""

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gilscope.analysis.causes import chain
from gilscope.analysis.fold import Fold
from gilscope.analysis.timeline import Timeline
from gilscope.collector.interpreters import Interpreter
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.programs import FOUND, WITH_GIL, ids
from tests.test_run import run

pytestmark = pytest.mark.all_interpreters

BEGIN = """
from concurrent.futures import *
from concurrent.futures import wait as wait_for_all
import multiprocessing, os, threading, time

class Gate:
    \"\"\"A call that can be seen to run, and ends when it is told to.\"\"\"
    def __init__(self):
        self.runs, self.opened = Event(), Event()
    def __call__(self):
        self.runs.set()
        self.opened.wait()

def quick():
    pass

def fails():
    raise ValueError("no")

def both(first, second):
    first.opened.set()
    second.opened.set()
"""
NEWEST = [found for found in WITH_GIL if found.version[:2] >= (3, 14)]

Record = Callable[..., Recording]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Runs this, and checks the recording."""

    def recorded(body: str, before: str = "", python: Interpreter | None = None) -> Recording:
        more = {"python": python.path} if python else {}
        return run(tmp_path, textwrap.dedent(body), before=BEGIN + textwrap.dedent(before), **more)[0]

    return recorded


def named(recording: Recording, kind: TrackKind, name: str) -> int:
    """The one track of this kind and name."""
    (id,) = (id for id, told in recording.tracks.items() if (told["kind"], told["name"]) == (kind, name))
    return id


def story(recording: Recording, name: str) -> list[str]:
    """What became of a work: what happened, the state from then on, what that is about, and by whom it was."""
    rows = recording.rows[recording.rows.track == named(recording, TrackKind.WORK, name)]
    told = []
    for n in range(len(rows)):
        kind, state = Kind(rows.kind[n]).name.removeprefix("WORK_").lower(), State(rows.state[n]).name.lower()
        thing, by = (recording.tracks.get(int(column[n]), {}).get("name") for column in (rows.thing, rows.value))
        about = {"running": f" on {thing}", "ready": f" in {thing}"}.get(state, "")
        told.append(f"{kind}: {state}{about}" + (f", by {by}" if by else ""))
    return told


def levels(recording: Recording, name: str = "pool") -> list[str]:
    """A pool's states, with how many works are queued."""
    rows = recording.rows[recording.rows.track == named(recording, TrackKind.POOL, name)]
    pairs = zip(rows.state.tolist(), rows.value.tolist(), strict=True)
    return [f"{State(state).name.lower()} {value}" for state, value in pairs]


def waits(recording: Recording, thread: str) -> list[str]:
    """What a thread was blocked on, of pools, works and what has no better name, and who let it go on."""
    timeline = Timeline(recording)
    flows, track = timeline.flows, named(recording, TrackKind.THREAD, thread)
    told = []
    for n in np.flatnonzero((flows.rows.track == track) & (flows.rows.kind == Kind.UNBLOCK)).tolist():
        about = recording.tracks[int(flows.rows.thing[n])]
        if about["kind"] not in (TrackKind.POOL, TrackKind.WORK):
            continue
        ended = " in vain" if flows.rows.flags[n] & Flag.TIMEOUT else ""
        told.append(TrackKind(about["kind"]).name.lower() + " " + about["name"] + ended)
    return told


@pytest.mark.parametrize("python", FOUND, ids=ids)
def test_two_workers_and_five_works(record: Record, python: Interpreter) -> None:
    """From submit to result, with who did it and in which thread: queued, run, cancelled, failed, told to a callback."""
    recording = record(
        """
        first, second = Gate(), Gate()
        pool = ThreadPoolExecutor(2, thread_name_prefix="w")
        a = pool.submit(first); first.runs.wait()
        b = pool.submit(second); second.runs.wait()
        c = pool.submit(quick)
        c.add_done_callback(lambda future: None)
        d = pool.submit(fails)
        e = pool.submit(quick)
        assert e.cancel() and not a.cancel()
        try: a.result(0.01)
        except TimeoutError: pass
        first.opened.set()
        assert type(d.exception()) is ValueError
        second.opened.set()
        b.result()
        pool.shutdown()
        c.add_done_callback(lambda future: None)
        """,
        python=python,
    )
    queued = "new: ready in pool, by MainThread"
    assert story(recording, "Gate 1") == [queued, "run: running on w_0", "end: done, by w_0"]
    assert story(recording, "Gate 2") == [queued, "run: running on w_1", "end: done, by w_1"]
    assert story(recording, "quick 1") == [queued, "run: running on w_0", "end: done, by w_0"]
    assert story(recording, "fails") == [queued, "run: running on w_0", "end: failed, by w_0"]
    assert story(recording, "quick 2") == [queued, "cancel: cancelled, by MainThread"]
    assert recording.tracks[named(recording, TrackKind.WORK, "fails")]["error"] == "ValueError: no"
    assert levels(recording) == [
        *("idle 0", "busy 1", "busy 0", "busy 1", "busy 0", "contended 1", "contended 2", "contended 3"),
        *("contended 2", "busy 2", "contended 1", "busy 1", "busy 0", "idle 0", "idle 0", "exited 0"),
    ]
    told = recording.tracks[named(recording, TrackKind.POOL, "pool")]
    assert (told["capacity"], told["internal"]) == (2, False)
    assert waits(recording, "MainThread") == ["work Gate 1 in vain", "work fails", "work Gate 2"]
    rows = recording.rows
    calls = rows[(rows.kind == Kind.WORK_CALLBACK) | (rows.kind == Kind.WORK_CALLED)]
    assert [
        (recording.tracks[track]["name"], Kind(kind).name, recording.tracks[thing]["name"])
        for track, kind, thing in zip(calls.track.tolist(), calls.kind.tolist(), calls.thing.tolist(), strict=True)
    ] == [
        ("w_0", "WORK_CALLBACK", "quick 1"),
        ("w_0", "WORK_CALLED", "quick 1"),
        ("MainThread", "WORK_CALLBACK", "quick 1"),
        ("MainThread", "WORK_CALLED", "quick 1"),
    ]
    submits = [recording.locations[line]["line"] for line in rows.line[rows.kind == Kind.WORK_NEW].tolist()]
    source = recording.sources["little.py"].splitlines()
    assert ["submit" in source[line - 1] for line in submits] == [True] * 10


def test_who_waits_for_what(record: Record) -> None:
    """map() waits for one work after the other; wait() and as_completed() for the pool, or for the only work that is left."""
    recording = record(
        """
        gates = Gate(), Gate(), Gate()
        with ThreadPoolExecutor(3, thread_name_prefix="w") as pool, ThreadPoolExecutor(1) as opener:
            results = pool.map(Gate.__call__, gates)
            opener.submit(later, [gates[0]]); next(results)
            opener.submit(later, gates[1:]); list(results)
            gates = Gate(), Gate()
            works = [pool.submit(gate) for gate in gates]
            opener.submit(later, gates); wait_for_all(works)
            assert len(list(as_completed(works))) == 2
            gate = Gate()
            works.append(pool.submit(gate))
            opener.submit(later, [gate]); wait_for_all(works)
        """,
        before="""
        def later(gates):
            asleep = 0
            while asleep < 8:
                with open(f"/proc/self/task/{threading.main_thread().native_id}/stat") as stat:
                    asleep = asleep + 1 if stat.read().rpartition(")")[2].split()[0] == "S" else 0
                time.sleep(0.001)
            for gate in gates: gate.opened.set()
        """,
    )
    told = waits(recording, "MainThread")
    assert told[:2] == ["work Gate.__call__ 1", "work Gate.__call__ 2"]
    assert [each for each in told[2:] if each != "work Gate.__call__ 3"] == ["pool pool", "work Gate 3"]
    timeline = Timeline(recording)
    flows, main = timeline.flows, named(recording, TrackKind.THREAD, "MainThread")
    goes_on = flows.wakes[flows.rows.track[flows.wakes] == main]
    wakers = {
        recording.tracks[int(flows.rows.thing[flows.previous[n]])]["name"]: recording.tracks[
            int(flows.rows.track[flows.cause[n]])
        ]["name"]
        for n in goes_on.tolist()
        if flows.rows.thing[flows.previous[n]]
    }
    assert wakers["Gate.__call__ 1"].startswith("w_")
    assert wakers["pool"].startswith("w_")


def test_a_work_that_submits_and_waits(record: Record) -> None:
    """The worker is blocked on what it has submitted itself, until the other one has done it."""
    recording = record(
        """
        with ThreadPoolExecutor(2, thread_name_prefix="w") as pool:
            pool.submit(outer, pool).result()
        """,
        before="""
        submitted = []
        def outer(pool):
            submitted.append(pool.submit(inner))
            submitted[0].result()
        def inner():
            while not (submitted and submitted[0]._condition._waiters):
                time.sleep(0.001)
        """,
    )
    assert story(recording, "inner") == ["new: ready in pool, by w_0", "run: running on w_1", "end: done, by w_1"]
    assert story(recording, "outer") == [
        "new: ready in pool, by MainThread",
        "run: running on w_0",
        "end: done, by w_0",
    ]
    assert waits(recording, "w_0") == ["work inner"]
    assert waits(recording, "MainThread") == ["work outer"]


def test_a_future_of_nobody(record: Record) -> None:
    """One that the program makes itself goes by its name, and waits for whoever gives it a result."""
    recording = record(
        """
        promise = Future()
        thread = Thread(target=lambda: promise.set_result(1), name="giver")
        thread.start()
        promise.result()
        thread.join()
        """
    )
    assert story(recording, "promise") == ["thing_new: suspended, by MainThread", "end: done, by giver"]


PROCESSES = [(WITH_GIL[0], method) for method in ("fork", "spawn", "forkserver")]
PROCESSES += [(found, "forkserver") for found in FOUND if found.free_threaded or found in NEWEST[-1:]]


@pytest.mark.parametrize(("python", "method"), PROCESSES, ids=lambda part: part if isinstance(part, str) else ids(part))
def test_processes(record: Record, python: Interpreter, method: str) -> None:
    """A work runs on the main thread of a worker process, from when it begins there until it is over there."""
    recording = record(
        f"""
        with ProcessPoolExecutor(1, multiprocessing.get_context("{method}")) as pool:
            begin, end = pool.submit(clock).result()
            print(begin, end)
            assert type(pool.submit(fails).exception()) is ValueError
            assert [*pool.map(abs, range(4), chunksize=2)] == [0, 1, 2, 3]
        """,
        before="""
        def clock():
            begin = time.monotonic_ns()
            return begin, time.monotonic_ns()
        """,
        python=python,
    )
    worker = {"fork": "ForkProcess-1", "spawn": "SpawnProcess-1", "forkserver": "ForkServerProcess-1"}[method]
    manager = next(name for name in (told["name"] for told in recording.tracks.values()) if name.startswith("Thread-"))
    for name, ended in (("clock", "done"), ("fails", "failed"), ("abs 1", "done"), ("abs 2", "done")):
        assert story(recording, name) == [
            "new: ready in pool, by MainThread",
            f"sent: ready in pool, by {manager}",
            f"run: running on {worker}",
            f"return: suspended, by {worker}",
            f"end: {ended}, by {manager}",
        ]
    begin, end = map(int, recording.output[0]["text"].split())
    rows = recording.rows[recording.rows.track == named(recording, TrackKind.WORK, "clock")]
    at = {Kind(kind): at + recording.header["origin_ns"] for kind, at in zip(rows.kind, rows.at.tolist(), strict=True)}
    assert at[Kind.WORK_SENT] <= at[Kind.WORK_RUN] <= begin <= end <= at[Kind.WORK_RETURN] <= at[Kind.WORK_END]


def test_a_broken_pool(record: Record) -> None:
    """Its worker dies: what it ran, and what was queued, has failed, and says so."""
    recording = record(
        """
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("fork"))
        works = [pool.submit(dies), *(pool.submit(quick) for _ in range(4))]
        go.set()
        wait_for_all(works)
        """,
        before="""
        go = multiprocessing.get_context("fork").Event()
        def dies():
            go.wait()
            os._exit(1)
        """,
    )
    assert story(recording, "dies")[-2:] == ["run: running on ForkProcess-1", "end: failed, by Thread-1"]
    for n in (1, 2, 3, 4):
        assert story(recording, f"quick {n}")[-1] == "end: failed, by Thread-1"
        error = recording.tracks[named(recording, TrackKind.WORK, f"quick {n}")]["error"]
        assert error.startswith("BrokenProcessPool: A process in the process pool was terminated abruptly")


@pytest.mark.parametrize("python", NEWEST, ids=ids)
def test_interpreters(record: Record, python: Interpreter) -> None:
    """A pool whose threads have an interpreter of their own each."""
    recording = record(
        """
        with InterpreterPoolExecutor(1, thread_name_prefix="w") as pool:
            pool.submit(sum, (1, 2)).result()
            assert type(pool.submit(sum, 3).exception()) is TypeError
        """,
        python=python,
    )
    queued, runs = "new: ready in pool, by MainThread", "run: running on w_0"
    assert story(recording, "sum 1") == [queued, runs, "end: done, by w_0"]
    assert story(recording, "sum 2") == [queued, runs, "end: failed, by w_0"]
    assert recording.tracks[named(recording, TrackKind.POOL, "pool")]["internal"] is False


def test_the_program_sees_nothing_of_it(tmp_path: Path) -> None:
    """Tracebacks, attributes and texts are what they are without the recorder."""
    body = """
        import pickle, re, traceback
        with ThreadPoolExecutor(1) as pool:
            bad = pool.submit(fails)
            print("".join(traceback.format_exception(bad.exception())))
            print(re.sub("0x[0-9a-f]+", "", repr(bad)), sorted(vars(bad)), bad._state, hasattr(Future, "_state"))
            try: bad.set_result(1)
            except Exception as error: print(type(error))
        try: pool.submit(quick)
        except RuntimeError as error: print("".join(traceback.format_exception(error)))
        try: Future._state
        except AttributeError as error: print(error)
        print(pickle.loads(pickle.dumps(Future.add_done_callback)).__qualname__)
        """
    _, printed = run(tmp_path, body, before=BEGIN)
    script = f"import runpy; runpy.run_path({str(tmp_path / 'little.py')!r})['run']()"
    plain = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert plain.returncode == 0, plain.stderr
    assert "".join(text for _, text in printed) == plain.stdout


def test_a_pool_that_nobody_keeps(record: Record) -> None:
    """Works of one address after the other: each is its own."""
    recording = record(
        """
        with ThreadPoolExecutor(1, thread_name_prefix="w") as pool:
            for _ in range(50): pool.submit(quick).result()
        """
    )
    for n in range(1, 51):
        assert story(recording, f"quick {n}") == [
            "new: ready in pool, by MainThread",
            "run: running on w_0",
            "end: done, by w_0",
        ]


PID, WORKER = 7, 8
TRACKS = [
    {"id": 1, "name": "process", "kind": TrackKind.PROCESS, "pid": PID},
    {"id": 2, "name": "main", "kind": TrackKind.THREAD, "parent": 1, "pid": PID},
    {"id": 3, "name": "w", "kind": TrackKind.THREAD, "parent": 1, "pid": PID},
    {"id": 4, "name": "pool", "kind": TrackKind.POOL, "parent": 1, "pid": PID, "capacity": 1},
    {"id": 5, "name": "a", "kind": TrackKind.WORK, "parent": 4, "pid": PID},
    {"id": 6, "name": "b", "kind": TrackKind.WORK, "parent": 4, "pid": PID},
    {"id": 7, "name": "worker", "kind": TrackKind.THREAD, "parent": 0, "pid": WORKER},
]
EVENTS = (
    # thread, what, about what
    *((2, Kind.THING_NEW, 4), (2, Kind.WORK_NEW, 5), (2, Kind.WORK_NEW, 6), (3, Kind.WORK_RUN, 5)),
    *((3, Kind.LOST, 0), (3, Kind.WORK_RUN, 6), (3, Kind.WORK_END, 5), (2, Kind.WORK_CANCEL, 5)),
)


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_what_was_lost_and_what_comes_after_the_end(batch: int) -> None:
    """After a loss, no work of the process is known until its next event; after its end, or its process's, nothing more."""
    track, kind, thing = zip(*EVENTS, strict=True)
    rows, fold = Rows.of(range(len(EVENTS)), track=track, kind=kind, thing=thing), Fold("unmeasured", cores=False)
    fold.add_tracks(TRACKS)
    parts = [fold.feed(rows[n : n + batch]) for n in range(0, len(rows), batch)]
    parts.append(fold.feed(Rows.of([8], track=1, state=State.EXITED)))
    parts.append(fold.feed(Rows.of([9], track=7, kind=Kind.WORK_RETURN, thing=6)))
    recording = Recording({}, Rows.concat(parts), {int(told["id"]): told for told in TRACKS})
    assert [each.split(",")[0] for each in story(recording, "a")] == [
        *("new: ready in pool", "run: running on w", "lost: unknown", "end: done"),
    ]
    assert [each.split(",")[0] for each in story(recording, "b")] == [
        *("new: ready in pool", "lost: unknown", "run: running on w", "none: exited"),
    ]
    assert levels(recording) == [
        *("idle 0", "busy 1", "busy 2", "contended 1", "unknown 1", "unknown 0", "busy 0", "exited 0"),
    ]


FIGURE = re.compile(r"\d[\d.,]* (ns|µs|ms|s)\b")


def why(recording: Recording, thread: str, about: str) -> list[tuple[str, str]]:
    """The chain for the longest wait of a thread for a thing; figures left out."""
    timeline = Timeline(recording)
    spans = timeline.spans.of(named(recording, TrackKind.THREAD, thread))
    things = [id for id, told in recording.tracks.items() if told["name"] == about]
    waits = spans[(spans.state == State.BLOCKED) & np.isin(spans.thing, things)]
    longest = waits[int(waits.length.argmax()) :][:1]
    hops = chain(timeline, int(longest.track[0]), int(longest.begin[0]))
    return [(FIGURE.sub("_", hop.sentence), FIGURE.sub("_", hop.detail)) for hop in hops]


def said(hops: list[tuple[str, str]]) -> list[str]:
    """Without lines, and without how often."""
    return [
        re.sub(r" of it|, twice|, \d+ times|,? at line \d+", "", f"{hop} {detail}").strip(" .") for hop, detail in hops
    ]


def test_why_a_result_isn_t_there(record: Record) -> None:
    """The work is queued, because another has the worker, which sleeps; the work runs, and its worker sleeps."""
    recording = record(
        """
        with ThreadPoolExecutor(1, thread_name_prefix="w") as pool:
            pool.submit(long); begun.wait()
            pool.submit(other); last = pool.submit(quick); queued.set()
            last.result()
            pool.submit(other).result()
        """,
        before="""
        begun, queued = Event(), Event()
        def long():
            begun.set()
            while time.sleep(0.1) or not queued.is_set(): pass
        def other(): time.sleep(0.02)
        """,
    )
    assert said(why(recording, "MainThread", "quick")) == [
        "MainThread waits _ in last.result for work quick",
        "quick is queued for _: no worker of pool has taken it yet. Meanwhile 1 worker of pool ran long on w_0 for _ and "
        "other 1 on w_0 for _. 1 call stood in the queue before it",
        "long runs for _ on w_0. MainThread submitted it, and it was queued for _",
        "w_0 sleeps for _",
    ]
    assert said(why(recording, "MainThread", "other 2")) == [
        "MainThread waits _ in pool.submit(…).result for work other 2",
        "other 2 runs for _ on w_0. MainThread submitted it, and it was queued for _",
        "w_0 sleeps for _",
    ]


def test_a_pool_that_waits_for_itself(record: Record) -> None:
    """A work waits for one that is queued behind it: the chain leads back to it."""
    recording = record(
        """
        with ThreadPoolExecutor(1, thread_name_prefix="w") as pool:
            pool.submit(outer, pool).result()
        """,
        before="""
        def outer(pool):
            try: pool.submit(quick).result(0.05)
            except TimeoutError: pass
        """,
    )
    assert why(recording, "w_0", "quick")[-1] == (
        "w_0 is in this chain already: they wait for each other.",
        "None of them can go on for _.",
    )
