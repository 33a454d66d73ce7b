"""A recording's chunks over a websocket: all of them, each once, in order, whoever else is slow."""

import asyncio
import itertools
import json
import os
import random
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app import live
from app.runs import Run
from tests.app_client import Served, serving, settings
from tests.app_recordings import A_ROWS_CHUNK, AN_END_CHUNK, BEFORE, CHUNKS, FILE, numbered


class Growing:
    """A run whose file this test writes, chunk by chunk, as a collector does. Between two chunks it is closed."""

    def __init__(self, server: Served, run: Run) -> None:
        self.server = server
        self.run = run
        self.chunks: list[bytes] = []
        run.tail.path.write_bytes(BEFORE)
        run.state = "running"

    async def grow(self, count: int = 1) -> None:
        self._write([numbered(A_ROWS_CHUNK, len(self.chunks) + n) for n in range(count)])
        await self._look()

    async def end(self) -> None:
        self._write([numbered(AN_END_CHUNK, len(self.chunks))])
        await self._look()
        self.run.end("ok", "Ended by itself.")

    def _write(self, chunks: list[bytes]) -> None:
        self.chunks += chunks
        with self.run.tail.path.open("ab", buffering=0) as file:
            for chunk in chunks:
                file.write(chunk)

    async def _look(self) -> None:
        await asyncio.to_thread(self.run.tail.advance)
        self.run.bell.ring()


async def growing(server: Served) -> Growing:
    return Growing(server, server.state["runs"].find(await queue(server)))


async def queue(server: Served) -> str:
    """The id of a new run. This server starts none, so it waits."""
    async with httpx.AsyncClient(base_url=server.base) as web:
        answer = await web.post("/scenarios/convoy/runs")
    return answer.headers["location"].rpartition("=")[2]


def viewing(server: Served, id: str, first: int = 0, **options: Any) -> Any:
    return connect(f"ws://127.0.0.1:{server.port}/live/{id}?from={first}", compression=None, **options)


async def everything(socket: ClientConnection) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Chunks and words until the server closes."""
    chunks: list[bytes] = []
    words: list[dict[str, Any]] = []
    async for message in socket:
        if isinstance(message, bytes):
            chunks.append(message)
        else:
            words.append(json.loads(message))
    return chunks, words


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


def run_with_server(tmp_path: Path, story: Callable[[Served], Awaitable[None]]) -> None:
    async def told() -> None:
        async with serving(settings(tmp_path, waiting_by_client=100)) as server, asyncio.timeout(60):
            await story(server)

    asyncio.run(told())


@pytest.mark.parametrize("first", [0, 3, len(CHUNKS), 1000])
def test_an_ended_recording_is_sent_from_the_number_asked_for(tmp_path: Path, first: int) -> None:
    """The frames are the file's own bytes; then comes how it ended."""

    async def story(server: Served) -> None:
        server.state["store"].path("abc").write_bytes(FILE)
        server.state["store"].take_in("abc")
        async with viewing(server, "abc", first) as socket:
            chunks, words = await everything(socket)
        assert chunks == CHUNKS[first:]
        assert [(word["type"], word["state"], word["verdict"]) for word in words] == [("status", "ended", "ok")]
        assert words[0]["header"]["scenario"] == "convoy"

    run_with_server(tmp_path, story)


def test_late_joiners_see_the_run_from_its_beginning(tmp_path: Path) -> None:
    """Whenever they come, viewers end up with the same chunks, each once, in order."""

    async def story(server: Served) -> None:
        run = await growing(server)
        async with asyncio.TaskGroup() as viewers:
            tasks = []
            for _ in range(5):
                await run.grow(3)
                socket = await viewing(server, run.run.id)
                tasks.append(viewers.create_task(everything(socket)))
            await run.end()
        for task in tasks:
            chunks, words = task.result()
            assert chunks == run.chunks
            assert [word["state"] for word in words] == ["running", "ended"]

    run_with_server(tmp_path, story)


def test_the_place_in_the_queue_is_told_as_it_changes(tmp_path: Path) -> None:
    """Third, second, first; then stopped, and nothing was recorded."""

    async def story(server: Served) -> None:
        ids = [await queue(server) for _ in range(3)]
        async with viewing(server, ids[2]) as socket:
            positions = [json.loads(await socket.recv())["position"]]
            for id in ids[:2]:
                await server.state["runs"].stop(id)
                positions.append(json.loads(await socket.recv())["position"])
            await server.state["runs"].stop(ids[2])
            last = json.loads(await socket.recv())
        assert positions == [3, 2, 1]
        assert (last["state"], last["verdict"]) == ("ended", "stopped")
        assert "nothing was recorded" in last["sentence"]

    run_with_server(tmp_path, story)


def test_resuming_leaves_no_gap_and_no_duplicate(tmp_path: Path) -> None:
    """A viewer that is cut off at any moment asks for the next number and goes on."""

    async def story(server: Served) -> None:
        run = await growing(server)
        chance = random.Random(3)
        got: list[bytes] = []

        async def follow() -> None:
            while True:
                wanted = chance.randint(1, 12)
                async with viewing(server, run.run.id, len(got)) as socket:
                    async for message in socket:
                        if isinstance(message, bytes):
                            got.append(message)
                            wanted -= 1
                        elif json.loads(message).get("state") == "ended":
                            return
                        if not wanted:
                            socket.transport.abort()  # a cut, not a goodbye
                            break

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(follow())
            for _ in range(60):
                await run.grow(chance.randint(1, 4))
                await asyncio.sleep(0.005)
            await run.end()
        assert got == run.chunks

    run_with_server(tmp_path, story)


async def stalled(server: Served, id: str) -> socket.socket:
    """A viewer that shakes hands and then reads nothing, with as small a buffer as there is."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(line, ("127.0.0.1", server.port))
    request = (
        f"GET /live/{id} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await loop.sock_sendall(line, request.encode())
    answer = await loop.sock_recv(line, 12)
    assert answer == b"HTTP/1.1 101"
    return line


def test_a_viewer_that_stalls_hurts_nobody(tmp_path: Path) -> None:
    """200 viewers get every chunk in order while one reads nothing; the server keeps next to nothing for that one."""

    async def story(server: Served) -> None:
        run = await growing(server)
        bad = await stalled(server, run.run.id)
        async with asyncio.TaskGroup() as tasks:
            sockets = await asyncio.gather(*(viewing(server, run.run.id) for _ in range(200)))
            viewers = [tasks.create_task(everything(socket)) for socket in sockets]
            await run.grow()
            before = resident()
            for _ in range(120):
                await run.grow(4)
                await asyncio.sleep(0.01)
            grown = resident() - before
            await run.end()
        for viewer in viewers:
            chunks, words = viewer.result()
            assert chunks == run.chunks
            assert "snapshot" not in {word["type"] for word in words}
        assert grown < 150 << 20
        bad.close()
        await until(lambda: not server.state["viewers"])

    run_with_server(tmp_path, story)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_slow_viewer_gets_a_snapshot_and_the_newest(tmp_path: Path) -> None:
    """Too far behind, it is told what every track does now, and from which number it goes on; the rest is in the file."""

    async def story(server: Served) -> None:
        run = await growing(server)
        await run.grow()
        async with viewing(server, run.run.id, max_queue=1) as slow:
            first = [await slow.recv(), await slow.recv()]
            assert first[1] == run.chunks[0]
            (viewer,) = server.state["viewers"]
            await until(lambda: viewer.current)
            slow.transport.pause_reading()
            while viewer.snapshots == 0 and len(run.chunks) < 20_000:
                await run.grow(live.BUDGET_CHUNKS)
                if viewer.next < len(run.chunks) - 2 * live.BUDGET_CHUNKS:
                    slow.transport.resume_reading()
                await asyncio.sleep(0.01)
            slow.transport.resume_reading()
            await run.end()
            chunks, words = await everything(slow)
        snapshots = [word for word in words if word["type"] == "snapshot"]
        assert snapshots
        numbers = [0, *(int.from_bytes(chunk[8:12], "little") for chunk in chunks)]
        jumps = [after for before, after in itertools.pairwise(numbers) if after != before + 1]
        assert jumps == [snapshot["next"] for snapshot in snapshots]
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == len(run.chunks) - 1
        assert snapshots[0]["states"]
        assert snapshots[0]["last_at"] > 0
        async with httpx.AsyncClient(base_url=server.base) as web:
            whole = (await web.get(f"/recordings/{run.run.id}/file")).content
        assert whole == BEFORE + b"".join(run.chunks)

    run_with_server(tmp_path, story)


def test_silence_is_broken_by_heartbeats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a page can tell a quiet run from a broken connection."""
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)

    async def story(server: Served) -> None:
        run = await growing(server)
        await run.grow(2)
        async with viewing(server, run.run.id) as socket:
            heard = [await socket.recv() for _ in range(6)]
        words = [json.loads(message) for message in heard if isinstance(message, str)]
        assert [word["type"] for word in words] == ["status", "heartbeat", "heartbeat", "heartbeat"]
        assert words[-1]["next"] == 2

    run_with_server(tmp_path, story)


@pytest.mark.parametrize(
    "path", ["nothing?from=0", "abc?from=-1", "abc?from=x", "abc?from=99999999999", "..%2Fabc", "ABC"]
)
def test_a_socket_for_nothing_is_refused(tmp_path: Path, path: str) -> None:
    """No such recording, or a number that isn't one: the handshake fails."""

    async def story(server: Served) -> None:
        server.state["store"].path("abc").write_bytes(FILE)
        server.state["store"].take_in("abc")
        with pytest.raises(InvalidStatus):
            await connect(f"ws://127.0.0.1:{server.port}/live/{path}")

    run_with_server(tmp_path, story)


def test_what_a_viewer_says_is_bounded(tmp_path: Path) -> None:
    """64 KiB is too much: the socket is closed with 1009, the others go on."""

    async def story(server: Served) -> None:
        run = await growing(server)
        async with viewing(server, run.run.id) as other, viewing(server, run.run.id) as talker:
            with suppress(ConnectionClosed):  # the server may be quicker than the sending
                await talker.send(b"x" * 70_000)
            await talker.wait_closed()
            assert talker.close_code == 1009
            await run.grow()
            await run.end()
            chunks, _ = await everything(other)
            assert chunks == run.chunks

    run_with_server(tmp_path, story)


def test_a_server_that_goes_says_so(tmp_path: Path) -> None:
    """Viewers are closed with 1012, come again: also when one of them is stalled."""

    async def told() -> None:
        async with serving(settings(tmp_path)) as server, asyncio.timeout(30):
            run = await growing(server)
            await run.grow(3)
            bad = await stalled(server, run.run.id)
            viewer = await viewing(server, run.run.id)
        await viewer.wait_closed()
        assert viewer.close_code == 1012
        bad.close()

    asyncio.run(told())
