"""A recording's chunks over a websocket, from its beginning, while they come.

Each viewer is a cursor into the recording and pulls at its own pace, so nobody waits for anybody, and what the server
keeps for a viewer is what the operating system buffers. Who has been up to date and falls behind its budget isn't
sent the past any more: a snapshot tells what every track does now, the newest chunks follow, and the page fetches
what it missed from the file.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from app.followed import Following
from app.going import Bell, Going, State
from app.runs import Run, Runs
from app.store import ID, Store
from app.tail import Tail

BUDGET_CHUNKS = 64
BUDGET_BYTES = 1 << 20
HEARTBEAT_SECONDS = 5.0
PATIENCE_SECONDS = 30.0
"""A viewer that takes nothing for so long is let go; it may come again and resume."""
MOST_VIEWERS = 1000
NORMAL, TRY_AGAIN = 1000, 1013

router = APIRouter()


class Source:
    """What a viewer follows: a recording that goes on, or one that has ended."""

    def __init__(self, tail: Tail, going: Going | None, verdict: str = "", sentence: str = "") -> None:
        self.tail = tail
        self.going = going
        self.verdict = verdict
        self.sentence = sentence

    @property
    def state(self) -> State:
        return self.going.state if self.going else "ended"

    @property
    def bell(self) -> Bell | None:
        return self.going.bell if self.going else None

    def status(self, runs: Runs) -> dict[str, Any]:
        """What the page is told in words; the header once there is one."""
        told: dict[str, Any] = {"type": "status", "state": self.state}
        if isinstance(self.going, Run) and self.state == "queued":
            told["position"] = runs.position(self.going)
        if self.state == "ended":
            told["verdict"] = self.going.verdict if self.going else self.verdict
            told["sentence"] = self.going.sentence if self.going else self.sentence
        if self.tail.header is not None:
            told["header"] = self.tail.header
        return told


async def source(id: str, runs: Runs, following: Following, store: Store) -> Source | None:
    """Where this recording's chunks come from; None: there is no such recording."""
    if not ID.fullmatch(id):
        return None
    if going := runs.find(id) or following.find(id):
        return Source(going.tail, going)
    recording = await asyncio.to_thread(store.get, id)
    if recording is None:
        return None
    tail = Tail(store.path(id))
    await asyncio.to_thread(tail.advance, False)
    return Source(tail, None, recording.verdict, recording.sentence)


class Viewer:
    """One socket. ``next`` is the number of the chunk that it gets next."""

    def __init__(self, socket: WebSocket, source: Source, runs: Runs, first: int) -> None:
        self.socket = socket
        self.source = source
        self.runs = runs
        self.next = first
        self.current = False
        """It has been sent everything there was, at some moment: from then on its budget counts."""
        self.snapshots = 0

    async def write(self) -> None:
        """Send what there is, then what comes, until the recording ends."""
        told: dict[str, Any] | None = None
        while True:
            bell = self.source.bell
            rung = bell.next if bell else None
            status = self.source.status(self.runs)
            ended = status["state"] == "ended"
            if status != told and not ended:
                await self._say(status)
                told = status
            if await self._chunks():
                continue
            if ended:
                await self._say(self.source.status(self.runs))
                return
            if rung is None or not await _within(HEARTBEAT_SECONDS, rung):
                await self._say({"type": "heartbeat", "next": self.next})

    async def _chunks(self) -> bool:
        """Send the next chunks, at most a budget of them; False: there are none."""
        tail = self.source.tail
        end = len(tail)
        if self.next >= end:
            self.current = True
            return False
        if self.current and self._behind(end):
            await self._snapshot(end)
            end = len(tail)
        for chunk in await asyncio.to_thread(tail.read, self.next, BUDGET_BYTES):
            await self._send(self.socket.send_bytes(chunk))
            self.next += 1
            if self.current and self._behind(len(tail)):
                break
        return True

    def _behind(self, end: int) -> bool:
        if end - self.next > BUDGET_CHUNKS:
            return True
        chunks = self.source.tail.chunks
        # The chunk that comes next doesn't count: it may be larger than the budget by itself.
        return sum(chunk.bytes for chunk in chunks[self.next + 1 : end]) > BUDGET_BYTES

    async def _snapshot(self, end: int) -> None:
        tail = self.source.tail
        states = await asyncio.to_thread(tail.states)
        self.snapshots += 1
        self.next = end - 1
        told = {"type": "snapshot", "next": self.next, "last_at": tail.last_at, "states": states}
        await self._say(told)

    async def _say(self, message: dict[str, Any]) -> None:
        await self._send(self.socket.send_text(json.dumps(message)))

    async def _send(self, sending: Any) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await sending


async def _within(seconds: float, rung: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await rung.wait()
            return True
    return False


@router.websocket("/live/{id}")
async def live(socket: WebSocket, id: str) -> None:
    """Chunks from number ``from`` on as binary frames, words as text."""
    state = socket.state
    first = socket.query_params.get("from", "0")
    viewers: set[Viewer] = state.viewers
    found = await source(id, state.runs, state.following, state.store)
    if found is None or not first.isdecimal() or len(first) > 9 or len(viewers) >= MOST_VIEWERS:
        await socket.close(TRY_AGAIN)  # before it was accepted: 403
        return
    await socket.accept()
    viewer = Viewer(socket, found, state.runs, int(first))
    viewers.add(viewer)
    reading = asyncio.create_task(_read(socket))
    writing = asyncio.create_task(viewer.write())
    try:
        done, _ = await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        viewers.discard(viewer)
        for task in (reading, writing):
            task.cancel()
        await asyncio.gather(reading, writing, return_exceptions=True)
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(_code(writing) if writing in done else NORMAL)


async def _read(socket: WebSocket) -> None:
    """A viewer has nothing to say; this is how its leaving is noticed."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _code(writing: asyncio.Task[None]) -> int:
    """How the conversation ends: it is over, or the viewer took nothing and may try again."""
    error = writing.exception()
    if error is None or isinstance(error, (WebSocketDisconnect, RuntimeError)):
        return NORMAL
    if isinstance(error, TimeoutError):
        return TRY_AGAIN
    raise error
