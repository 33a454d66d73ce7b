"""Runs: who waits, who runs, and each run from Run to its verdict.

A run is one collector process; it writes the recording file and says a line when there is something new. The server
reads the same file. As many run at once as there are slots; the others wait, and clients take turns.
"""

import asyncio
import json
import logging
import shutil
from asyncio.subprocess import PIPE
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from app import analysed, children
from app.going import LOOK_SECONDS, Going, State
from app.queue import Queue
from app.settings import Settings
from app.store import Store, new_id
from app.tail import Tail
from gilscope.collector.interpreters import Interpreter
from gilscope.errors import BadInterpreter, Refused
from gilscope.parameters import Value
from gilscope.scenarios import Scenario

log = logging.getLogger("gilscope")

STOP_SECONDS = 3.0
"""A collector that hasn't ended so long after "stop" is killed."""
AGAIN_SECONDS = 1.0
"""How long to wait before a full queue is asked again."""

Some = TypeVar("Some")


class QueueFull(Refused):
    """Too many runs wait. ``retry_seconds``: when to try again."""

    def __init__(self, message: str, retry_seconds: int) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


@dataclass(eq=False, kw_only=True)
class Run(Going):
    """One run of a scenario."""

    scenario: Scenario
    values: dict[str, Value]
    interpreter: Interpreter
    client: str
    observe: int = 0
    """So many more runs of each kind are to measure the observer effect."""
    observing: tuple[int, int] | None = None
    """Which of them goes on, and of how many."""
    state: State = "queued"
    process: asyncio.subprocess.Process | None = None
    stopping: bool = False


class Runs:
    """All runs that wait or run, and those that have ended but aren't analysed yet."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self._runs: dict[str, Run] = {}
        self.queue: Queue[Run] = Queue()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closing = False

    def find(self, id: str) -> Run | None:
        return self._runs.get(id)

    def running(self) -> list[str]:
        """Recordings that must not be deleted now."""
        return list(self._runs)

    def submit(
        self,
        scenario: Scenario,
        values: dict[str, Value],
        interpreter: Interpreter,
        client: str,
        observe: int = 0,
        id: str = "",
    ) -> Run:
        """Start a run, or put it into the queue; ``Refused`` or ``BadInterpreter`` says why neither. ``id``: what it was promised to be called."""
        self._refuse_if_full(client)
        if not interpreter.path.exists():
            raise BadInterpreter(f"CPython {interpreter.text} isn't at {interpreter.path} any more. Choose another.")
        id = id or new_id()
        run = Run(
            id=id,
            tail=Tail(self.store.path(id)),
            scenario=scenario,
            values=values,
            interpreter=interpreter,
            client=client,
            observe=observe,
        )
        self._runs[id] = run
        self.queue.add(run)
        self._start_next()
        return run

    async def when_possible(self, submit: Callable[[], Some]) -> Some:
        """What ``submit`` gives; a full queue is asked again until there is room."""
        while True:
            try:
                return submit()
            except QueueFull:
                await asyncio.sleep(AGAIN_SECONDS)

    async def over(self, run: Run) -> None:
        """Return when it has ended and is analysed."""
        while self.find(run.id) is run:
            await run.bell.next.wait()

    def position(self, run: Run) -> int:
        """Place in the queue, from 1; 0: it waits no longer."""
        return next((place for place, other in enumerate(self.queue.order(), 1) if other is run), 0)

    async def stop(self, id: str) -> bool:
        """End a run and keep what was recorded; one that waits leaves nothing. False: there is no such run."""
        run = self._runs.get(id)
        if run is None or run.state == "ended":
            return False
        if run.state == "queued":
            self.queue.take_out(run)
            del self._runs[id]
            run.end("stopped", "Stopped while it waited: nothing was recorded.")
            self._tell_queue()
        elif not run.stopping:
            run.stopping = True
            await self._tell_stop(run)
        return True

    async def close(self) -> None:
        """End all runs, keep their recordings."""
        self._closing = True
        for run in list(self._runs.values()):
            await self.stop(run.id)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=STOP_SECONDS)
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    # Beginning

    def _refuse_if_full(self, client: str) -> None:
        if self._closing:
            raise Refused("The server is shutting down. Run again when it is back.")
        waiting, own = len(self.queue), self.queue.of(client)
        retry = max(5, int(self.settings.wall_seconds))
        if own >= self.settings.waiting_by_client:
            raise QueueFull(f"{own} of your runs wait already. Let one of them start, or stop one.", retry)
        if waiting >= self.settings.waiting:
            raise QueueFull(f"The queue is full: {waiting} runs wait. Try again in {retry} s.", retry)
        free = shutil.disk_usage(self.store.folder).free
        if free < self.settings.reserve_bytes:
            raise Refused(
                f"The disk is nearly full ({free >> 20} MB left), so nothing can be recorded. "
                "Delete recordings, or make room on the disk, and run again."
            )

    def _start_next(self) -> None:
        for run in self.queue.order()[: max(0, self.settings.slots - len(self._tasks))]:
            if self._closing:
                break
            self.queue.serve(run)
            self._tasks[run.id] = asyncio.create_task(self._perform(run), name=f"run {run.id}")
        self._tell_queue()

    def _tell_queue(self) -> None:
        for run in self.queue.order():
            run.bell.ring()

    # One run

    async def _perform(self, run: Run) -> None:
        """From start to analysis. The slot is kept until then: the analysis would disturb the next measurement."""
        try:
            run.state = "running"
            run.bell.ring()
            await self._record(run)
            await self._conclude(run)
        except Exception:
            log.exception("run %s", run.id)
            if run.state != "ended":
                run.end("failed", "The server failed to follow this run. Run it again; its log says more.")
        finally:
            self._tasks.pop(run.id, None)
            self._runs.pop(run.id, None)
            run.bell.ring()
            self._start_next()

    async def _record(self, run: Run) -> None:
        """Start the collector and follow it to its end."""
        process = run.process = await children.begin("gilscope.collector", stdin=PIPE, stderr=PIPE)
        assert process.stdin and process.stdout and process.stderr
        said = asyncio.Event()
        followers = [
            asyncio.create_task(_lines(process.stdout, run, said)),
            asyncio.create_task(_log_lines(process.stderr, run.id)),
        ]
        try:
            with suppress(ConnectionError):
                process.stdin.write(json.dumps(self._spec(run)).encode() + b"\n")
                await process.stdin.drain()
            ended = asyncio.create_task(process.wait())
            while not ended.done():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await said.wait()
                said.clear()
                await run.look()
            await run.look()
        finally:
            children.kill(process)
            await process.wait()
            for follower in followers:
                follower.cancel()

    def _spec(self, run: Run) -> dict[str, object]:
        """What the collector needs to know."""
        return {
            "id": run.id,
            "scenario": str(run.scenario.path),
            "parameters": run.values,
            "python": str(run.interpreter.path),
            "output": str(run.tail.path),
            "limits": {"wall_seconds": self.settings.wall_seconds},
            "observe": run.observe,
        }

    async def _tell_stop(self, run: Run) -> None:
        process = run.process
        if process is None or process.stdin is None:
            return
        with suppress(ConnectionError, RuntimeError):
            process.stdin.write(b"stop\n")
            await process.stdin.drain()
        asyncio.get_running_loop().call_later(STOP_SECONDS, children.kill, process)

    async def _conclude(self, run: Run) -> None:
        """Enter the recording into the index, tell the viewers, analyse it, make room."""
        recording = await asyncio.to_thread(self.store.take_in, run.id)
        if recording is None:
            await asyncio.to_thread(run.tail.path.unlink, True)
            run.end("failed", "The run could not be started: nothing was recorded. The server's log says why.")
            return
        run.end(recording.verdict, recording.sentence)
        await analysed.analyse(self.store, [run.id])
        gone = await asyncio.to_thread(self.store.retain, self.settings.retention_bytes, self.running)
        if gone:
            log.info("deleted %d old recordings to stay within %d bytes", len(gone), self.settings.retention_bytes)


async def _lines(stream: asyncio.StreamReader, run: Run, said: asyncio.Event) -> None:
    """The collector says a line when there is something new: what is new stands in the file; or which run it observes."""
    while line := await stream.readline():
        match line.split():
            case [b"observing", number, of]:
                run.observing = int(number), int(of)
        said.set()


async def _log_lines(stream: asyncio.StreamReader, id: str) -> None:
    while line := await stream.readline():
        log.warning("collector of %s: %s", id, line.decode(errors="replace").rstrip()[:1000])
