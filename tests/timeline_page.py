"""A page with a timeline in a real browser, and a server whose websocket does what each test says."""

import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.browsing import opened

ROOT = Path(__file__).resolve().parent.parent
RECORDING = (ROOT / "tests/js/recordings/convoy.gilscope").read_bytes()
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Timeline</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/icon">
<link rel="stylesheet" href="/page.css"><link rel="stylesheet" href="/static/css/timeline.css">
<script type="module" src="/static/js/main.js"></script></head>
<body><main><gil-timeline %s></gil-timeline></main><p id="below">below</p></body></html>"""
STYLE = ":root { color-scheme: light dark } body { margin: 0 } main { height: 100vh } #below { height: 2000px }"

Handler = Callable[[WebSocket, int], Coroutine[Any, Any, None]]


def chunks(file: bytes) -> list[bytes]:
    """The chunks of a recording file."""
    at = file.index(b"GSCK")
    found = []
    while at < len(file):
        size = 56 + struct.unpack_from("<I", file, at + 40)[0]
        found.append(file[at : at + size])
        at += size
    return found


CHUNKS = chunks(RECORDING)
HEADER = json.loads(RECORDING.split(b"\n", 2)[1])


class Server:
    """Serves the page, the modules and one recording; what the websocket does, each test says."""

    def __init__(self) -> None:
        self.file = RECORDING
        self.file_status = 200
        self.connections: list[int] = []
        """What each websocket asked to begin from."""
        self.handlers: list[Handler] = []
        self.closed = threading.Event()
        self.why: list[str] = []
        app = Starlette(
            routes=[
                Route(
                    "/",
                    lambda request: HTMLResponse(
                        PAGE % request.query_params["with"], headers={"Content-Security-Policy": CSP}
                    ),
                ),
                Route("/icon", lambda _: Response(status_code=204)),
                Route("/page.css", lambda _: Response(STYLE, media_type="text/css")),
                Route("/recordings/x/file", self._file),
                Route("/recordings/x/why", self._why),
                Route("/{where}/x/marks", lambda _: JSONResponse({"marks": []})),
                WebSocketRoute("/live/x", self._live),
                Mount("/static", StaticFiles(directory=ROOT / "static")),
            ]
        )
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()  # whoever asks before the server has started waits
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _file(self, _: Request) -> Response:
        return Response(
            self.file if self.file_status == 200 else "", self.file_status, media_type="application/octet-stream"
        )

    def _why(self, request: Request) -> Response:
        self.why.append(str(request.url.query))
        hop = {"detail": "", "begin": 0, "end": 9, "thing": 0, "ns": 9, "spans": []}
        told = (("worker-1 waits for lock cache", 4, "blocked"), ("worker-2 holds it", 5, "running"))
        return JSONResponse(
            {"hops": [{**hop, "sentence": sentence, "track": id, "state": state} for sentence, id, state in told]}
        )

    async def _live(self, websocket: WebSocket) -> None:
        await websocket.accept()
        first = int(websocket.query_params["from"])
        self.connections.append(first)
        handler = self.handlers.pop(0) if self.handlers else hang
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await handler(websocket, first)
        with contextlib.suppress(RuntimeError):
            await websocket.close()
        self.closed.set()


async def hang(websocket: WebSocket, _: int) -> None:
    """Say nothing until the other side goes."""
    while True:
        await websocket.receive_bytes()


async def tell(websocket: WebSocket, **message: object) -> None:
    await websocket.send_text(json.dumps(message))


def give(*numbers: int, ended: bool = False, stay: bool = False) -> Handler:
    """Send these chunks, then end the run, stay silent, or break the connection."""

    async def handler(websocket: WebSocket, _: int) -> None:
        await tell(websocket, type="status", state="running", header=HEADER)
        for number in numbers:
            await websocket.send_bytes(CHUNKS[number])
            await asyncio.sleep(0.01)
        if ended:
            await tell(websocket, type="status", state="ended", verdict="ok", sentence="Ended by itself.")
        if ended or stay:
            await hang(websocket, 0)

    return handler


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page on which every error fails the test."""
    page, errors = opened(browser, expected=())
    yield page
    page.close()
    expected = getattr(page, "expected_errors", ())
    assert [error for error in errors if not any(words in error for words in expected)] == []


ENDED = 'src="/recordings/x/file" recording="x" controls'
LIVE = f'{ENDED} live="/live/x"'


def open_page(page: Page, server: Server, attributes: str = ENDED, fragment: str = "", phase: str = "ended") -> None:
    page.goto(f"{server.address}/?with={quote(attributes)}{fragment}")
    wait(page, f"e.phase === '{phase}'")
    wait(page, "e.dataset.phase !== 'shown' || e.around.later")


def ask(page: Page, expression: str) -> Any:
    """The value of an expression; ``e`` is the element, ``s`` its stage, ``c`` the camera, ``m`` its model."""
    return page.evaluate(
        f"() => {{ const e = document.querySelector('gil-timeline'), s = e?.stage, c = s?.camera, m = e?.model; return {expression}; }}"
    )


def wait(page: Page, condition: str, seconds: float = 15) -> None:
    """Until a condition holds. By asking again: the page's policy forbids strings that are run inside it."""
    deadline = time.monotonic() + seconds
    while not ask(page, f"Boolean({condition})"):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(20)


def place(page: Page, track: str, at: float) -> dict[str, float]:
    """Where a moment of a track lies on the page."""
    return ask(
        page,
        f"""(() => {{ const row = s.layout.rows.find((row) => row.track.name === '{track}'), box = s.canvas.getBoundingClientRect();
        return {{ x: box.left + s.scale.timeToPx({at}), y: box.top + row.barTopPx + row.barPx / 2 - s.scroll.scrollTop }}; }})()""",
    )


TREE = "[role=treegrid] [tabindex='0']"
"""The row that takes the focus."""
LOOK = "#from=60000000&to=140000000"
