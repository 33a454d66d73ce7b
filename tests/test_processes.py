"""Processes record themselves, however they are started, from their first Python instruction to their end."""

import json
import re
import signal
import subprocess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest

from gilscope.analysis.timeline import Timeline
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.rings import Rings
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Recording
from tests.programs import CHILD, GIL, environment, record
from tests.test_run import run, tracks

METHODS = ("fork", "spawn", "forkserver")

pytestmark = pytest.mark.all_interpreters


def track(recording: Recording, kind: TrackKind, name: str) -> int:
    """The one track of this kind and name."""
    (id,) = (id for id, told in recording.tracks.items() if (told["kind"], told["name"]) == (kind, name))
    return id


def life(recording: Recording, name: str) -> list[str]:
    """States of a process, one after the other."""
    mine = recording.rows[recording.rows.track == track(recording, TrackKind.PROCESS, name)]
    states = [State(state).name for state in mine.state.tolist()]
    return [state for n, state in enumerate(states) if n == 0 or states[n - 1] != state]


def steps(recording: Recording, name: str) -> list[str]:
    """What is told on the track of a process, each kind once, in the order of time."""
    mine = recording.rows[recording.rows.track == track(recording, TrackKind.PROCESS, name)]
    return list(dict.fromkeys(Kind(kind).name for kind in mine.kind.tolist() if kind != Kind.NONE))


def family(recording: Recording) -> dict[str, str]:
    """By process, its parent, without helpers."""
    processes = {id: told for id, told in recording.tracks.items() if told["kind"] == TrackKind.PROCESS}
    return {
        told["name"]: processes[told["parent"]]["name"] if told["parent"] else ""
        for told in processes.values()
        if not told["internal"]
    }


BURN = """
from multiprocessing import get_context

def burn(n):
    with Lock():
        while n and not os.path.exists("started"):
            sleep(0.001)
"""


@pytest.mark.parametrize("method", METHODS)
def test_a_child_records_itself(python: Interpreter, tmp_path: Path, method: str) -> None:
    """By name, with a GIL of its own, a parent, and a start that is told apart from its life."""
    recording, _ = run(
        tmp_path,
        f"""
        burner = get_context("{method}").Process(target=burn, args=(1,), name="burner 1")
        burner.start()
        open("started", "w").close()
        burner.join()
        assert burner.exitcode == 0
        """,
        before=BURN,
        python=python.path,
    )
    assert recording.end is not None
    assert (recording.end["verdict"], recording.end["lost"]) == ("ok", 0)
    server = {"fork server": "python"} if method == "forkserver" else {}
    assert family(recording) == {"python": "", "burner 1": "python", **server}
    helpers = {
        (told["name"], recording.tracks[told["parent"]]["name"])
        for told in recording.tracks.values()
        if told["internal"] and told["kind"] in (TrackKind.PROCESS, TrackKind.THREAD)
    }
    tracker = {("resource tracker", "python"), ("resource tracker", "resource tracker")}
    assert helpers == (set() if method == "fork" else tracker)
    assert life(recording, "burner 1") == ["STARTING", "ALIVE", "EXITED"]
    assert set(steps(recording, "burner 1")) == {
        *("PROCESS_START", "PROCESS_STARTED", "PROCESS_BEGIN", "PROCESS_RUN"),
    }
    assert steps(recording, "burner 1")[0] == "PROCESS_START"
    main = track(recording, TrackKind.THREAD, "burner 1")
    told = recording.tracks[main]
    assert told["pid"] == told["tid"] == recording.tracks[track(recording, TrackKind.PROCESS, "burner 1")]["pid"]
    rows = recording.rows[recording.rows.track == main]
    own = [Kind(kind) for kind in rows.kind.tolist() if kind in (Kind.PROCESS_BEGIN, Kind.PROCESS_RUN, Kind.THREAD_END)]
    assert own == [Kind.PROCESS_BEGIN, Kind.PROCESS_RUN, Kind.THREAD_END]
    assert Kind.GIL_ACQUIRE in rows.kind
    gils = [told for told in recording.tracks.values() if told["kind"] == TrackKind.GIL]
    assert sorted(told["parent"] for told in gils) == sorted(
        id for id, told in recording.tracks.items() if told["kind"] == TrackKind.PROCESS and not told["internal"]
    )
    functions = {recording.locations[line]["function"] for line in rows.line.tolist() if line}
    assert "burn" in functions


@pytest.mark.parametrize("method", METHODS)
def test_grandchildren_record_themselves(python: Interpreter, tmp_path: Path, method: str) -> None:
    """A child's child has the child as its parent."""
    recording, _ = run(
        tmp_path,
        f"""
        child = get_context("{method}").Process(target=have_child, args=("{method}",), name="child")
        child.start()
        child.join()
        assert child.exitcode == 0
        """,
        before=BURN
        + """
def have_child(method):
    child = get_context(method).Process(target=burn, args=(0,), name="grandchild")
    child.start()
    child.join()
    raise SystemExit(child.exitcode)
""",
        python=python.path,
    )
    told = family(recording)
    assert (told["child"], told["grandchild"]) == ("python", "child")
    assert life(recording, "grandchild") == ["STARTING", "ALIVE", "EXITED"]


def test_a_fork_in_a_threaded_program_has_the_thread_that_forked(python: Interpreter, tmp_path: Path) -> None:
    """And none of the others; what it inherits goes by the same names; a fork of a fork is counted too."""
    recording, _ = run(
        tmp_path,
        """
        with shelf:
            other.start()
            pid = os.fork()
            if pid == 0:
                shelf.release()
                shelf.acquire()
                again = os.fork()
                if again:
                    os.waitpid(again, 0)
                os._exit(0)
            os.waitpid(pid, 0)
        done.set()
        """,
        before="""
        import warnings
        warnings.simplefilter("ignore")
        shelf, done = Lock(), Event()
        other = Thread(target=done.wait, name="other")
        """,
        python=python.path,
    )
    assert family(recording) == {"python": "", "fork 1": "python", "fork 1.1": "fork 1"}
    assert sorted(tracks(recording, TrackKind.THREAD)) == ["MainThread", "fork 1", "fork 1.1", "other"]
    assert tracks(recording, TrackKind.LOCK) == ["shelf", "shelf"]
    assert life(recording, "fork 1") == ["STARTING", "ALIVE", "EXITED"]


@pytest.mark.parametrize(
    ("end", "exit_code"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("os._exit(7)", 7),
        ("raise SystemExit(3)", 3),
        ("os.abort()", -signal.SIGABRT),
        ("raise MemoryError", 1),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_whatever_ends_a_child_the_recording_is_sound(tmp_path: Path, method: str, end: str, exit_code: int) -> None:
    """Its exit code is its own, its tracks end, and nothing is left behind."""
    recording, _ = run(
        tmp_path,
        f"""
        child = get_context("{method}").Process(target=end, name="child")
        child.start()
        child.join()
        print(child.exitcode)
        """,
        before=BURN + f"\nlock = Lock()\n\ndef end():\n    lock.acquire()\n    {end}\n",
    )
    assert "".join(told["text"] for told in recording.output if told["stream"] == "stdout") == f"{exit_code}\n"
    assert life(recording, "child")[-1] == "EXITED"


def test_a_child_killed_while_it_starts_has_exited(tmp_path: Path) -> None:
    """It never was alive."""
    recording, _ = run(
        tmp_path,
        """
        child = get_context("spawn").Process(target=burn, args=(0,), name="child")
        child.start()
        os.kill(child.pid, signal.SIGSTOP)
        child.kill()
        child.join()
        """,
        before=BURN,
    )
    child = next(
        id
        for id, told in recording.tracks.items()
        if told["kind"] == TrackKind.PROCESS and told["parent"] == 1 and not told["internal"]
    )
    states = dict.fromkeys(recording.rows.state[recording.rows.track == child].tolist())
    first, *_, last = states
    assert (first, last) == (State.STARTING, State.EXITED)


FACTS = """
import json, sys
from multiprocessing import current_process, get_context

def facts(method):
    main = sys.modules["__main__"]
    print(json.dumps({
        "argv": sys.argv, "path": sys.path, "flags": repr(sys.flags), "warnings": sys.warnoptions, "x": sys._xoptions,
        "name": current_process().name, "main": [main.__name__, getattr(main, "__file__", None)],
        "modules": sorted(name for name in sys.modules if name.startswith("multiprocessing")),
    }), flush=True)
    raise SystemExit(5)

def run(method):
    process = get_context(method).Process(target=facts, args=(method,))
    process.start()
    process.join()
    print(process.exitcode)
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize(
    "flags", [[], ["-P", "-W", "ignore", "-X", "faulthandler"], ["-O", "-E"]], ids=["none", "PWX", "OE"]
)
def test_a_child_finds_what_it_would_find(python: Interpreter, tmp_path: Path, method: str, flags: list[str]) -> None:
    """Path, arguments, flags, name, main module, exit code."""
    file = tmp_path / "program.py"
    file.write_text(FACTS, encoding="utf-8")
    command = [python.path, *flags, CHILD, "--scenario", file, "--params", json.dumps({"method": method})]
    rings = Rings()
    plain, recorded = (
        subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        for variables in (None, environment(python, rings))
    )
    batch = rings.read(final=True)
    rings.close()
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout.endswith("\n5\n")
    assert (recorded.stdout, recorded.stderr) == (plain.stdout, plain.stderr)
    assert Kind.PROCESS_RUN in batch.records.kind


def test_an_exception_of_a_child_is_not_that_of_the_run(tmp_path: Path) -> None:
    """A fork that leaves run() by an exception prints its traceback; the program goes on."""
    recording, printed = run(
        tmp_path,
        """
        if os.fork() == 0:
            raise ValueError("only mine")
        os.wait()
        """,
    )
    assert recording.end is not None
    assert (recording.end["verdict"], recording.end["traceback"]) == ("ok", None)
    assert "ValueError: only mine" in "".join(text for _, text in printed)
    assert life(recording, "fork 1") == ["STARTING", "ALIVE", "EXITED"]


LOOK = """
import importlib.machinery, json, os, sys, types
sys.path.insert(0, sys.argv[1])
import gilscope.recorder
loader = importlib.machinery.ExtensionFileLoader("gilscope.recorder._probe", os.environ["GILSCOPE_PROBE"])
module = loader.create_module(importlib.machinery.ModuleSpec("gilscope.recorder._probe", loader, origin=loader.path))
loader.exec_module(module)
sys.modules["gilscope.recorder._probe"] = gilscope.recorder._probe = module
from gilscope.recorder import hooks

def hooked():
    import multiprocessing.popen_forkserver
    owners = [importlib.machinery.SourceFileLoader.__mro__[-2]]
    for name, each in list(sys.modules.items()):
        if name.startswith(("multiprocessing", "concurrent.futures")):
            owners += [each, *(value for value in vars(each).values() if isinstance(value, type))]
    return sorted({f"{owner.__name__}.{name}" for owner in owners for name, value in vars(owner).items()
                   if type(getattr(value, "__func__", value)).__name__ in ("Hook", "Watched")})

hooks.install(os.environ["GILSCOPE_RINGS"])
import concurrent.futures.process, concurrent.futures.thread
between = hooked()
hooks.put_back()
print(json.dumps([between, hooked()]))
"""


def test_everything_is_put_back(python: Interpreter, tmp_path: Path) -> None:
    """Each function of modules that were loaded in between is what it was."""
    file = tmp_path / "program.py"
    file.write_text(LOOK, encoding="utf-8")
    rings = Rings()
    words = [python.path, file, CHILD.parent.parent.parent]
    done = subprocess.run(words, env=environment(python, rings), capture_output=True, text=True, check=False)
    rings.close()
    assert done.returncode == 0, done.stderr
    between, after = json.loads(done.stdout)
    assert after == []
    assert {
        *("BaseProcess._bootstrap", "BaseProcess.join", "_LoaderBasics.exec_module", "ForkServer.ensure_running"),
        *("multiprocessing.util.spawnv_passfds", "Popen._launch", "SpawnProcess._after_fork"),
        *("Future.__init__", "Future._state", "ThreadPoolExecutor.shutdown", "_SafeQueue.get"),
        *("ProcessPoolExecutor.__init__", "concurrent.futures.process._sendback_result"),
    } <= set(between)


SHARED = '''
import time
from multiprocessing import get_context

def until_asleep(pid):
    """Return when the process has slept in the kernel for a while."""
    asleep = 0
    while asleep < 8:
        with open(f"/proc/{pid}/stat") as stat:
            asleep = asleep + 1 if stat.read().rpartition(")")[2].split()[0] == "S" else 0
        time.sleep(0.001)
'''
OUTSIDE = GIL | {Kind.CORE_ON, Kind.CORE_OFF}
"""What happens to a thread, not what it does."""
THINGS = (
    *(TrackKind.LOCK, TrackKind.RLOCK, TrackKind.SEMAPHORE, TrackKind.CONDITION, TrackKind.EVENT),
    *(TrackKind.PIPE, TrackKind.TYPE),
)


def sequence(recording: Recording, thread: str) -> list[str]:
    """What a thread did with the things that have names: kind, name, flags, value."""
    rows = recording.rows[recording.rows.track == track(recording, TrackKind.THREAD, thread)]
    found = []
    for kind, thing, flags, value in zip(
        *(each.tolist() for each in (rows.kind, rows.thing, rows.flags, rows.value)), strict=True
    ):
        told = recording.tracks.get(thing)
        if told and told["kind"] in THINGS and not told["internal"] and kind not in OUTSIDE:
            words = [Kind(kind).name, told["name"], *(flag.name or "" for flag in Flag if flag & flags)]
            found.append(" ".join([*words, *([str(value)] if value else [])]))
    return found


@pytest.mark.parametrize("method", METHODS)
def test_locks_are_one_track_in_all_processes(python: Interpreter, tmp_path: Path, method: str) -> None:
    """Who has it, who waits, whichever process they are in; each called by the line that made it."""
    recording, _ = run(
        tmp_path,
        f"""
        context = get_context("{method}")
        gate, again, permits = context.Lock(), context.RLock(), context.Semaphore(2)
        news, done = context.Condition(), context.Event()
        worker = context.Process(target=work, args=(gate, again, permits, news, done), name="worker")
        gate.acquire()
        worker.start()
        open("started", "w").close()
        until_asleep(worker.pid)
        with news:
            gate.release()
            news.wait()
        until_asleep(worker.pid)
        done.set()
        worker.join()
        """,
        before=SHARED
        + """
def work(gate, again, permits, news, done):
    while not os.path.exists("started"):
        pass
    with gate:
        assert not gate.acquire(False)
        assert not gate.acquire(timeout=0.001)
    try:
        gate.release()
    except ValueError:
        pass
    with again, again:
        pass
    with permits, permits:
        assert not permits.acquire(timeout=0.001)
    with news:
        news.notify()
    done.wait()
""",
        python=python.path,
    )
    for kind, names in (
        (TrackKind.LOCK, ["gate"]),
        (TrackKind.RLOCK, ["again"]),
        (TrackKind.SEMAPHORE, ["permits"]),
        (TrackKind.CONDITION, ["news"]),
        (TrackKind.EVENT, ["done"]),
    ):
        assert tracks(recording, kind) == names
    assert sequence(recording, "MainThread") == [
        *("THING_NEW gate", "THING_NEW again", "THING_NEW permits 2", "THING_NEW news", "THING_NEW done"),
        *("LOCK_ACQUIRE gate 1", "LOCK_RELEASE gate", "BLOCK news", "UNBLOCK news", "NOTIFY done"),
    ]
    assert sequence(recording, "worker") == [
        *("LOCK_WAIT gate", "LOCK_ACQUIRE gate CONTENDED 1"),
        *("LOCK_WAIT gate TIMED", "LOCK_TIMEOUT gate TIMEOUT TIMED", "LOCK_RELEASE gate"),
        *("LOCK_ACQUIRE again 1", "LOCK_ACQUIRE again 2", "LOCK_RELEASE again 1", "LOCK_RELEASE again"),
        *("TAKE permits 1", "TAKE permits", "BLOCK permits TIMED", "UNBLOCK permits TIMEOUT TIMED"),
        *("NOTIFY permits 1", "NOTIFY permits 1", "NOTIFY news", "BLOCK done", "UNBLOCK done"),
    ]
    gate = track(recording, TrackKind.LOCK, "gate")
    states = recording.rows.state[recording.rows.track == gate].tolist()
    assert State.CONTENDED in states
    assert states[-1] == State.FREE


@pytest.mark.parametrize("method", METHODS)
def test_what_is_sent_is_pickled_written_read_and_unpickled(python: Interpreter, tmp_path: Path, method: str) -> None:
    """With bytes and type; what is written to a pipe is what is read from it, in the same order."""
    recording, _ = run(
        tmp_path,
        f"""
        context = get_context("{method}")
        results = context.Queue()
        here, there = context.Pipe()
        worker = context.Process(target=work, args=(results, there), name="worker")
        worker.start()
        assert [results.get() for _ in range(2)] == [1, "two"]
        here.send([3])
        assert here.recv() == {{4: 4}}
        worker.join()
        """,
        before=SHARED
        + """
def work(results, line):
    results.put(1)
    results.put("two")
    assert line.recv() == [3]
    line.send({4: 4})
""",
        python=python.path,
    )
    assert tracks(recording, TrackKind.PIPE) == ["results", "here 1", "here 2"]
    sizes = {text: len(ForkingPickler.dumps(thing)) for text, thing in (("int", 1), ("str", "two"), ("list", [3]))}
    sizes["dict"] = len(ForkingPickler.dumps({4: 4}))

    def named(thread: str) -> list[str]:
        found = [line for line in sequence(recording, thread) if not line.startswith("THING_NEW")]
        return [
            re.sub(r" (\d+)$", lambda size: f" ={said[int(size[1])]}" if int(size[1]) in said else size[0], line)
            for line in found
        ]

    said = {size: text for text, size in sizes.items()}
    main = named("MainThread")
    assert main[main.index("BLOCK results") :] == [
        *("BLOCK results", "UNBLOCK results =int", "UNPICKLED int =int"),
        *("BLOCK results", "UNBLOCK results =str", "UNPICKLED str =str"),
        *("PICKLE list", "PICKLED list =list", "CALL here 1 =list", "RETURN here 1 =list"),
        *("BLOCK here 2", "UNBLOCK here 2 =dict", "UNPICKLED dict =dict"),
    ]
    assert named("QueueFeederThread") == [
        *("PICKLE int", "PICKLED int =int", "CALL results =int", "RETURN results =int"),
        *("PICKLE str", "PICKLED str =str", "CALL results =str", "RETURN results =str"),
    ]
    worker = named("worker")
    assert worker[worker.index("BLOCK here 1") :] == [
        *("BLOCK here 1", "UNBLOCK here 1 =list", "UNPICKLED list =list"),
        *("PICKLE dict", "PICKLED dict =dict", "CALL here 2 =dict", "RETURN here 2 =dict"),
    ]
    timeline = Timeline(recording)
    flows = timeline.flows
    sent, rows = flows.messages, flows.rows
    ours = np.isin(sent.pipe, [track(recording, TrackKind.PIPE, name) for name in ("results", "here 1", "here 2")])
    assert [
        (timeline.name(rows.track[begun]), timeline.name(rows.track[read]), said[count])
        for begun, read, count in zip(sent.begun[ours], sent.read[ours], sent.bytes[ours], strict=True)
    ] == [
        ("QueueFeederThread", "MainThread", "int"),
        ("QueueFeederThread", "MainThread", "str"),
        ("MainThread", "worker", "list"),
        ("worker", "MainThread", "dict"),
    ]


def test_hooks_never_let_the_gil_go(python: Interpreter, tmp_path: Path) -> None:
    """Sending and receiving let it go once for each read and write that the program makes itself."""
    recorded = record(
        python,
        tmp_path,
        """
        from multiprocessing import Pipe

        def run():
            here, there = Pipe()
            there.send("a word")
            assert here.recv() == "a word"
        """,
    )
    kinds = [row.kind for row in recorded.rows if row.kind not in (Kind.GC_BEGIN, Kind.GC_END)]
    aside = [Kind.GIL_RELEASE, Kind.GIL_ACQUIRE]
    assert kinds[kinds.index(Kind.PICKLE) : kinds.index(Kind.UNPICKLED) + 1] == [
        *(Kind.PICKLE, Kind.PICKLED, Kind.CALL, *aside, Kind.RETURN),
        *(Kind.BLOCK, *aside, *aside, Kind.UNBLOCK, Kind.UNPICKLE, Kind.UNPICKLED),
    ]


POOLS = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

def square(n):
    return n * n

def count(shared, number, items):
    with number.get_lock():
        number.value += 1
    shared["x"] = items.get()
    items.task_done()
"""


@pytest.mark.parametrize("method", METHODS)
def test_pools_and_managers_leave_sound_recordings(tmp_path: Path, method: str) -> None:
    """Pool, ProcessPoolExecutor, Manager, Value and JoinableQueue: everything accounted for, nothing contradicted."""
    recording, printed = run(
        tmp_path,
        f"""
        context = get_context("{method}")
        with context.Pool(2) as pool:
            print(sum(pool.map(square, range(100), chunksize=5)))
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            print(list(pool.map(square, range(5))))
        with context.Manager() as manager:
            shared, number, items = manager.dict(), context.Value("i", 0), context.JoinableQueue()
            process = context.Process(target=count, args=(shared, number, items))
            process.start()
            items.put(7)
            items.join()
            process.join()
            print(dict(shared), number.value)
        """,
        before=POOLS,
    )
    assert "".join(text for _, text in printed) == "328350\n[0, 1, 4, 9, 16]\n{'x': 7} 1\n"
    assert recording.end is not None
    assert recording.end["lost"] == 0
    assert len(tracks(recording, TrackKind.PROCESS)) == 7 + (method == "forkserver")
