"""What is recorded of asyncio: whole sequences of known tasks, in real runs, on every interpreter."""

import importlib.util
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from gilscope.analysis import critical_path
from gilscope.analysis.timeline import Timeline
from gilscope.collector.interpreters import Interpreter
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording
from tests.test_run import run

pytestmark = pytest.mark.all_interpreters

BEGIN = """
import asyncio, time

def task(coroutine, name):
    return asyncio.create_task(coroutine, name=name)

def called(name):
    asyncio.current_task().set_name(name)

async def turns():
    await asyncio.sleep(0)
    await asyncio.sleep(0)
"""


def tracks(recording: Recording, kind: TrackKind) -> dict[str, int]:
    """Id by name."""
    return {told["name"]: id for id, told in recording.tracks.items() if told["kind"] == kind}


def sequence(recording: Recording, name: str) -> list[str]:
    """What a task did: what happened, what it awaits then, who brought it about."""
    rows = recording.rows[recording.rows.track == tracks(recording, TrackKind.TASK)[name]]
    told = []
    for n in range(len(rows)):
        kind, words = Kind(rows.kind[n]), []
        if kind == Kind.TASK_SUSPEND:
            words = ["on", recording.tracks[int(rows.thing[n])]["name"]]
        elif kind in (Kind.TASK_NEW, Kind.TASK_READY, Kind.TASK_CANCEL):
            words = ["by", recording.tracks[int(rows.value[n])]["name"]]
        elif kind == Kind.TASK_END:
            words = [State(rows.state[n]).name.lower()]
        told.append(" ".join([kind.name.removeprefix("TASK_").lower(), *words]))
    return told


def lines(recording: Recording, name: str) -> list[str]:
    """At which lines of its source a task was suspended."""
    rows = recording.rows[recording.rows.track == tracks(recording, TrackKind.TASK)[name]]
    source = recording.sources["little.py"].splitlines()
    places = [recording.locations[line] for line in rows.line[rows.kind == Kind.TASK_SUSPEND].tolist()]
    return [source[place["line"] - 1].strip() for place in places]


def states(recording: Recording, track: int) -> list[str]:
    """States that follow each other on a track, with what each is about."""
    told: list[str] = []
    for row in recording.rows[recording.rows.track == track].state.tolist():
        if not told or told[-1] != State(row).name:
            told.append(State(row).name)
    return told


@pytest.fixture
def record(python: Interpreter, tmp_path: Path) -> Callable[..., Recording]:
    """Runs these functions, each as `asyncio.run(main())`, and checks the recording."""

    def recorded(program: str, body: str = "asyncio.run(main())", head: str = "") -> Recording:
        return run(tmp_path, body, before=head + BEGIN + textwrap.dedent(program), python=python.path)[0]

    return recorded


def test_tasks_take_turns(record: Callable[..., Recording]) -> None:
    """A bare yield is a step and another one; who awaits a task is ready when that ends. set_name() renames."""
    recording = record(
        """
        async def main():
            called("main")
            a, b = task(turns(), "a"), task(turns(), "b")
            await a
            await b
        """
    )
    assert sequence(recording, "a") == ["new by main", *["step", "yield"] * 2, "step", "end done"]
    assert sequence(recording, "b") == sequence(recording, "a")
    assert sequence(recording, "main") == [
        *("new by MainThread", "step", "suspend on a", "ready by a", "step"),
        "end done",  # b ended in the same round, before main's step
    ]
    assert lines(recording, "main") == ["await a"]
    a = recording.tracks[tracks(recording, TrackKind.TASK)["a"]]
    assert (a["function"], recording.tracks[a["parent"]]["name"]) == ("turns", "loop")
    assert states(recording, tracks(recording, TrackKind.LOOP)["loop"])[:4] == ["IDLE", "BUSY", "IDLE", "BUSY"]
    of_the_loop = [
        track["function"]
        for track in recording.tracks.values()
        if track["kind"] == TrackKind.TASK and track["internal"]
    ]
    assert of_the_loop == ["BaseEventLoop.shutdown_asyncgens", "BaseEventLoop.shutdown_default_executor"]


def test_gather_and_sleep(record: Callable[..., Recording]) -> None:
    """What has no track of its own goes by its word; the line is the author's own, however deep the await."""
    recording = record(
        """
        async def nap():
            called("nap")
            await deeper()

        async def deeper():
            await asyncio.sleep(0.001)

        async def bad():
            called("bad")
            raise ValueError("no")

        async def main():
            called("main")
            await asyncio.gather(nap(), bad(), return_exceptions=True)
        """
    )
    assert sequence(recording, "nap") == [
        *("new by main", "step", "suspend on asyncio.sleep", "ready by MainThread", "step", "end done"),
    ]
    assert lines(recording, "nap") == ["await asyncio.sleep(0.001)"]
    assert sequence(recording, "bad") == ["new by main", "step", "end failed"]
    assert recording.tracks[tracks(recording, TrackKind.TASK)["bad"]]["error"] == "ValueError: no"
    assert sequence(recording, "main")[2] == "suspend on gather"


def test_whose_end_lets_a_task_go_on(record: Callable[..., Recording]) -> None:
    """The last of those that it waits for together; of a gather() that fails, the one that failed."""
    recording = record(
        """
        async def naps(seconds):
            await asyncio.sleep(seconds)
            if seconds > 0.01:
                raise ValueError

        async def main():
            called("main")
            await asyncio.gather(task(naps(0.001), "quick"), task(naps(0.005), "slow"))
            await asyncio.wait([task(naps(0.001), "waited")])
            async with asyncio.TaskGroup() as group:
                group.create_task(naps(0.001), name="grouped")
            try:
                await asyncio.gather(task(naps(0.011), "fails"), task(asyncio.sleep(60), "goes on"))
            except ValueError:
                pass
        """
    )
    ready = [word for word in sequence(recording, "main") if word.startswith("ready")]
    assert ready == ["ready by slow", "ready by waited", "ready by grouped", "ready by fails"]
    rows = recording.rows
    gathered = rows[(rows.kind == Kind.TASK_GATHERED) & (rows.value != 0) & (rows.state != State.RUNNING)]
    names = [recording.tracks[track]["name"] for track in gathered.track.tolist()]
    assert list(zip(names, gathered.value.tolist(), strict=True)) == [
        *(("quick", 1), ("slow", 1)),
        *(("fails", 2), ("goes on", 2)),
    ]


def test_the_thread_that_lets_a_task_go_on(record: Callable[..., Recording]) -> None:
    """One that gives the loop a callback; a callback of the loop's own tells nobody, also at the address of an earlier one."""
    recording = record(
        """
        def sets(loop, event):
            loop.call_soon_threadsafe(event.set)

        async def main():
            called("main")
            loop = asyncio.get_running_loop()
            for name in ("other", "another"):
                event = asyncio.Event()
                thread = Thread(target=sets, args=(loop, event), name=name)
                loop.call_soon(thread.start)
                await event.wait()
                thread.join()
                for _ in range(3):
                    event.clear()
                    loop.call_soon(event.set)
                    await event.wait()
        """
    )
    ready = [word.removeprefix("ready by ") for word in sequence(recording, "main") if word.startswith("ready")]
    assert ready == ["other", *["MainThread"] * 3, "another", *["MainThread"] * 3]
    calls = recording.rows[recording.rows.kind == Kind.LOOP_CALL]
    names = [recording.tracks[track]["name"] for track in calls.track.tolist()]
    assert [name for name in names if name != "MainThread"] == ["other", "another"]
    assert {recording.tracks[thing]["name"] for thing in calls.thing.tolist()} == {"loop"}
    timeline = Timeline(recording)
    path = critical_path.path(timeline)
    assert {"other", "another"} <= {timeline.name(track) for track in path.track.tolist()}


def test_coroutines_that_nobody_awaits(record: Callable[..., Recording]) -> None:
    """Where their function begins, and where they are thrown away; the interpreter warns as ever."""
    recording = record(
        """
        async def fetch():
            pass

        def forgets():
            fetch()

        async def main():
            forgets()
            await fetch()
        """
    )
    rows = recording.rows[recording.rows.kind == Kind.UNAWAITED]
    places = [recording.locations[line] for line in rows.line.tolist()]
    source = recording.sources["little.py"].splitlines()
    told = [(place["function"], source[place["line"] - 1].strip()) for place in places]
    assert rows.value.tolist() == [0, 1]
    assert told == [("fetch", "async def fetch():"), ("forgets", "fetch()")]
    printed = "".join(each["text"] for each in recording.output)
    assert printed.count("RuntimeWarning: coroutine 'fetch' was never awaited") == 1


def test_a_group_with_a_failure(record: Callable[..., Recording]) -> None:
    """One fails: the group cancels the others, and then lets its task go on."""
    recording = record(
        """
        async def fails():
            await asyncio.sleep(0)
            raise ValueError

        async def main():
            called("main")
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.sleep(60), name="sleeper")
                    group.create_task(fails(), name="fails")
            except* ValueError:
                pass
        """
    )
    assert sequence(recording, "fails") == ["new by main", "step", "yield", "step", "end failed"]
    assert sequence(recording, "sleeper") == [
        *("new by main", "step", "suspend on asyncio.sleep"),
        *("cancel by MainThread", "ready by MainThread", "step", "end cancelled"),
    ]
    assert sequence(recording, "main")[:3] == ["new by MainThread", "step", "suspend on TaskGroup"]
    assert set(lines(recording, "main")) == {"async with asyncio.TaskGroup() as group:"}


def test_cancellation_and_timeout(record: Callable[..., Recording]) -> None:
    """Who cancels is told; what catches it goes on; a timeout is one by the loop."""
    recording = record(
        """
        async def stubborn():
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(0)

        async def main():
            called("main")
            victim = task(stubborn(), "stubborn")
            await asyncio.sleep(0)
            victim.cancel()
            await victim
            event = asyncio.Event()
            never = task(event.wait(), "never")
            try:
                async with asyncio.timeout(0.001):
                    await never
            except TimeoutError:
                pass
        """
    )
    assert sequence(recording, "stubborn") == [
        *("new by main", "step", "suspend on asyncio.sleep", "cancel by main", "ready by main"),
        *("step", "yield", "step", "end done"),
    ]
    assert sequence(recording, "never") == [
        *("new by main", "step", "suspend on event", "cancel by MainThread", "ready by MainThread", "step"),
        "end cancelled",
    ]
    assert sequence(recording, "main")[2:] == [
        *("yield", "step", "suspend on stubborn", "ready by stubborn", "step"),
        *("suspend on never", "cancel by MainThread", "ready by never", "step", "uncancel", "end done"),
    ]


def test_wait_for_and_shield(record: Callable[..., Recording]) -> None:
    """Whether there is a task in between or not, the waiting is named."""
    recording = record(
        """
        async def main():
            called("main")
            event = asyncio.Event()
            try:
                await asyncio.wait_for(event.wait(), 0.001)
            except TimeoutError:
                pass
            await asyncio.shield(asyncio.sleep(0.001))
            await asyncio.wait({task(asyncio.sleep(0.001), "slow")})
        """
    )
    waits = [word.removeprefix("suspend on ") for word in sequence(recording, "main") if word.startswith("suspend")]
    with_task_between = tuple(map(int, recording.header["python"]["version"].split(".")[:2])) < (3, 12)
    # Up to 3.11 the wait is made in a task of its own, whose cancellation is then awaited, too.
    assert set(waits[:-2]) == ({"wait_for"} if with_task_between else {"event"})
    assert waits[-2:] == ["shield", "wait"]
    assert lines(recording, "main")[0] == "await asyncio.wait_for(event.wait(), 0.001)"


def test_locks_and_kin(record: Callable[..., Recording]) -> None:
    """Named by the line that made them; a lock is held by a task, and wanted by others."""
    recording = record(
        """
        async def holds(lock):
            async with lock:
                await asyncio.sleep(0)

        async def passes(semaphore, event, condition, barrier):
            async with semaphore:
                await event.wait()
            async with condition:
                await condition.wait()
            await barrier.wait()

        async def main():
            called("main")
            mutex = asyncio.Lock()
            first, second = task(holds(mutex), "first"), task(holds(mutex), "second")
            await first
            await second
            permits = asyncio.Semaphore(1)
            go = asyncio.Event()
            news = asyncio.Condition()
            gate = asyncio.Barrier(2)
            last = task(passes(permits, go, news, gate), "last")
            async with permits:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            go.set()
            await asyncio.sleep(0)
            async with news:
                news.notify()
            while gate.n_waiting == 0:
                await asyncio.sleep(0)
            await gate.wait()
            await last
        """
    )
    assert sequence(recording, "first") == ["new by main", "step", "yield", "step", "end done"]
    assert sequence(recording, "second") == [
        *("new by main", "step", "suspend on mutex", "ready by first", "step", "yield", "step", "end done"),
    ]
    assert lines(recording, "second") == ["async with lock:"]
    mutex = tracks(recording, TrackKind.LOCK)["mutex"]
    assert states(recording, mutex)[:6] == ["FREE", "HELD", "CONTENDED", "FREE", "HELD", "FREE"]
    spans = Timeline(recording).spans.of(mutex)
    holders = [recording.tracks[thing]["name"] for thing in spans.thing.tolist() if thing]
    assert list(dict.fromkeys(holders)) == ["first", "second"]
    waits = [word for word in sequence(recording, "last") if word.startswith("suspend")]
    assert waits == ["suspend on permits", "suspend on go", "suspend on news", "suspend on gate"]
    permits = tracks(recording, TrackKind.SEMAPHORE)["permits"]
    assert states(recording, permits)[:3] == ["FREE", "HELD", "CONTENDED"]


def test_a_queue(record: Callable[..., Recording]) -> None:
    """Both ends wait for it, each is let go on by the other, and its length is told."""
    recording = record(
        """
        async def produce(line):
            for n in range(3):
                await line.put(n)

        async def consume(line):
            for n in range(3):
                await line.get()

        async def main():
            called("main")
            line = asyncio.Queue(1)
            consumer, producer = task(consume(line), "consumer"), task(produce(line), "producer")
            await producer
            await consumer
        """
    )
    assert sequence(recording, "consumer")[:4] == ["new by main", "step", "suspend on line", "ready by producer"]
    assert sequence(recording, "producer")[:4] == ["new by main", "step", "suspend on line", "ready by consumer"]
    assert set(lines(recording, "producer")) == {"await line.put(n)"}
    line = tracks(recording, TrackKind.QUEUE)["line"]
    steps = recording.rows[(recording.rows.thing == line) & (recording.rows.kind == Kind.PUT)]
    assert steps.value.tolist() == [1, 1, 1]
    of_line = recording.rows[recording.rows.track == line]
    assert of_line.value.max() == 1
    assert State.CONTENDED in of_line.state


def test_threads_and_executors(record: Callable[..., Recording]) -> None:
    """What a thread does for a task is a work, which the task awaits."""
    recording = record(
        """
        async def main():
            called("main")
            loop, go, again = asyncio.get_running_loop(), Event(), Event()
            loop.call_soon(go.set)  # once main is suspended
            await asyncio.to_thread(go.wait)
            loop.call_soon(again.set)
            await loop.run_in_executor(None, again.wait)
        """
    )
    # A second worker comes up where the first one hasn't said yet that it is through.
    assert [re.sub(r"asyncio_\d", "a worker", told) for told in sequence(recording, "main")] == [
        *("new by MainThread", "step", "suspend on Event.wait 1", "ready by a worker", "step"),
        *("suspend on Event.wait 2", "ready by a worker", "step", "end done"),
    ]


def test_streams_and_subprocesses(record: Callable[..., Recording]) -> None:
    """Reads, and the end of a process."""
    recording = record(
        """
        async def answer(reader, writer):
            called("server")
            await reader.readline()
            writer.write(b"yes" + bytes([10]))
            writer.close()

        async def main():
            called("main")
            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"well?" + bytes([10]))
            await reader.readline()
            writer.close()
            server.close()
            process = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
            process.stdin.close()  # it ends after this, so not before main awaits its end
            await process.wait()
        """
    )
    assert "suspend on read" in sequence(recording, "main")
    assert sequence(recording, "main")[-4:] == ["suspend on subprocess", "ready by MainThread", "step", "end done"]
    assert sequence(recording, "server")[-1] == "end done"


def test_eager_tasks(record: Callable[..., Recording]) -> None:
    """The first step is made inside the making; the maker goes on after it."""
    recording = record(
        """
        async def done():
            pass

        async def waits():
            await asyncio.sleep(0.001)

        async def main():
            called("main")
            if sys.version_info >= (3, 12):
                asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
            first, second = task(done(), "first"), task(waits(), "second")
            await second
        """
    )
    if tuple(map(int, recording.header["python"]["version"].split(".")[:2])) < (3, 12):
        pytest.skip("there are none before 3.12")
    assert sequence(recording, "first") == ["new by main", "step", "end done"]
    assert sequence(recording, "second")[:3] == ["new by main", "step", "suspend on asyncio.sleep"]
    assert sequence(recording, "main") == [
        *("new by MainThread", "step", "yield", "step", "yield", "step"),
        *("suspend on second", "ready by second", "step", "end done"),
    ]


def test_a_task_class_of_ones_own(record: Callable[..., Recording]) -> None:
    """Whatever makes tasks, and however their class begins: they are seen."""
    recording = record(
        """
        class Mine(asyncio.Task):
            def __init__(self, coroutine, **more):
                super().__init__(coroutine, **more)

        async def main():
            called("main")
            asyncio.get_running_loop().set_task_factory(lambda loop, coroutine, **more: Mine(coroutine, loop=loop, **more))
            await task(turns(), "mine")
        """
    )
    assert sequence(recording, "mine") == ["new by main", *["step", "yield"] * 2, "step", "end done"]


def test_two_loops_in_two_threads(record: Callable[..., Recording]) -> None:
    """Each task is of one loop, and runs in its thread only; a thread can wake another's task."""
    recording = record(
        """
        async def stays(name):
            called(name)
            for _ in range(50):
                await asyncio.sleep(0)
        """,
        body="""
        threads = [Thread(target=asyncio.run, args=(stays(name),), name=name) for name in ("left", "right")]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """,
    )
    loops = set()
    for name in ("left", "right"):
        id = tracks(recording, TrackKind.TASK)[name]
        assert sequence(recording, name) == [f"new by {name}", *["step", "yield"] * 50, "step", "end done"]
        steps = recording.rows[(recording.rows.track == id) & (recording.rows.state == State.RUNNING)]
        assert {recording.tracks[thread]["name"] for thread in steps.thing.tolist()} == {name}
        loops.add(recording.tracks[id]["parent"])
    assert sorted(recording.tracks[loop]["name"] for loop in loops) == ["loop", "loop 2"]


def test_a_step_that_blocks_the_loop(record: Callable[..., Recording]) -> None:
    """While it lasts, the loop is busy with it, and every task that could run is ready."""
    recording = record(
        """
        async def blocks():
            called("culprit")
            time.sleep(0.05)

        async def main():
            called("main")
            tasks = [task(blocks(), "culprit"), *(task(turns(), f"victim-{n}") for n in range(3))]
            await asyncio.wait(tasks)
        """
    )
    spans = Timeline(recording).spans
    names = tracks(recording, TrackKind.TASK)
    culprit = spans.of(names["culprit"])
    (step,) = culprit[culprit.state == State.RUNNING]
    begin, end = int(step.begin), int(step.end)
    assert end - begin >= 50_000_000
    for n in range(3):
        victim = spans.of(names[f"victim-{n}"]).within(begin, end)
        assert [(State(state), length) for state, length in zip(victim.state, victim.length, strict=True)] == [
            (State.READY, end - begin)
        ]
    loop = spans.of(tracks(recording, TrackKind.LOOP)["loop"]).within(begin, end)
    assert set(loop.thing.tolist()) == {names["culprit"]}
    of_loop = recording.rows[(recording.rows.track == tracks(recording, TrackKind.LOOP)["loop"])]
    assert of_loop.value.max() == 4


def test_tasks_written_in_python_are_not_measured(record: Callable[..., Recording]) -> None:
    """The recording says so; everything else of it is as ever."""
    recording = record("async def main():\n    await turns()\n", head="import sys; sys.modules['_asyncio'] = None\n")
    assert recording.end is not None
    assert recording.end["layers"]["asyncio"] == {
        "measured": False,
        "why": "The tasks of this Python are written in Python.",
    }
    assert tracks(recording, TrackKind.TASK) == {}


def test_a_forked_process_has_tasks_too(record: Callable[..., Recording]) -> None:
    """With the words of its parent, and names of its own."""
    recording = record(
        """
        async def child():
            called("child")
            await asyncio.sleep(0.001)

        async def main():
            called("main")
            await asyncio.sleep(0.001)
        """,
        body="""
        asyncio.run(main())
        if os.fork() == 0:
            asyncio.run(child())
            os._exit(0)
        os.wait()
        """,
    )
    assert sequence(recording, "child")[2] == sequence(recording, "main")[2] == "suspend on asyncio.sleep"


@pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop isn't installed here")
def test_another_loop(tmp_path: Path) -> None:
    """On uvloop, tasks are seen as on asyncio's own; of the loop itself, only its tasks."""
    recording, _ = run(
        tmp_path,
        "uvloop.run(main()) if hasattr(uvloop, 'run') else uvloop.install() or asyncio.run(main())",
        before=BEGIN
        + textwrap.dedent("""
        import uvloop

        async def main():
            called("main")
            await task(turns(), "a")
            await asyncio.sleep(0.001)
        """),
        python=Path(sys.executable),
    )
    assert sequence(recording, "a") == ["new by main", *["step", "yield"] * 2, "step", "end done"]
    assert sequence(recording, "main")[-4:] == [
        *("suspend on asyncio.sleep", "ready by MainThread", "step", "end done"),
    ]
    assert "UNKNOWN" in states(recording, tracks(recording, TrackKind.LOOP)["loop"])
