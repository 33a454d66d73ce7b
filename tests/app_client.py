"""A server of the web application in this process, on a port of its own, over real sockets."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from app.main import UVICORN, create_app
from app.settings import Settings


class Served:
    """A running server: its address, its lifespan's state, and an HTTP client."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create_app(settings)
        self.server = uvicorn.Server(uvicorn.Config(self.app, host="127.0.0.1", port=0, log_level="warning", **UVICORN))

    @property
    def port(self) -> int:
        return int(self.server.servers[0].sockets[0].getsockname()[1])

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> dict[str, Any]:
        return self.server.lifespan.state


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Served]:
    """In this event loop."""
    served = Served(settings)
    task = asyncio.create_task(served.server._serve())
    while not served.server.started:
        assert not task.done(), "the server didn't start"
        await asyncio.sleep(0.01)
    try:
        yield served
    finally:
        served.server.should_exit = True
        await task


@contextlib.contextmanager
def served(settings: Settings) -> Iterator[Served]:
    """In a thread of its own, for tests that block."""
    running = Served(settings)
    thread = threading.Thread(target=lambda: asyncio.run(running.server._serve()), name="server")
    thread.start()
    try:
        while not running.server.started:
            assert thread.is_alive(), "the server didn't start"
            thread.join(0.01)
        yield running
    finally:
        running.server.should_exit = True
        thread.join()


def wait_for_analysis(running: Served) -> None:
    """What the recordings prove is known of all of them."""
    deadline = time.monotonic() + 60
    while not all(recording.analysed for recording in running.state["store"].newest()):
        assert time.monotonic() < deadline, "the analysis of the recordings doesn't end"
        time.sleep(0.05)


def settings(data: Path, **changes: Any) -> Settings:
    return Settings(**{"data": data, "slots": 0, "shipped": data / "none", **changes})


def client(running: Served) -> httpx.Client:
    return httpx.Client(base_url=running.base, timeout=30)
