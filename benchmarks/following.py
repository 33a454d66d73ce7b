"""A page that follows a run of 100,000 transitions a second: in sight, out of sight, and back again."""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Browser, Page
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.chromium import HEIGHT, WIDTH, serving, traced
from benchmarks.measure import LIMIT_SECONDS, Figure
from gilscope import recording
from gilscope.recording import Rows

RATE = 100_000
HIDE = """(hidden) => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange')); }"""
"""As a browser says that a page is out of sight; one that is driven never is."""
RETURN = """async (sent) => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => false });
  const { model } = document.querySelector('gil-timeline'), begin = performance.now();
  frames = 0;
  document.dispatchEvent(new Event('visibilitychange'));
  let drawn = null;
  for (;;) {
    await new Promise(requestAnimationFrame);
    if (frames > 0) drawn ??= performance.now() - begin;
    if (drawn !== null && model.until >= sent) return [drawn, performance.now() - begin];
  }
}"""
"""Be seen again; how long it takes until something is drawn, and until what there was by then is known."""
KNOWN = "document.querySelector('gil-timeline').model?.until"
COUNT = """() => { const { over } = document.querySelector('gil-timeline').stage.painter, draw = over.draw;
  window.frames = 0; over.draw = function (frame) { frames += 1; return draw.call(over, frame); }; }"""


@dataclass
class Run:
    """Rows over and over, at a steady rate, for so long; ``sent``: up to when there are any, ns."""

    block: Rows
    tracks: list[dict[str, Any]]
    seconds: float
    sent: int = 0
    chunks: list[bytes] = field(default_factory=list)
    going: asyncio.Task[None] | None = None
    sockets: set[ServerConnection] = field(default_factory=set)

    def _add(self, type: int, payload: bytes, rows: Rows | None = None) -> None:
        self.chunks.append(recording.encode_chunk(len(self.chunks), type, payload, rows))
        broadcast(self.sockets, self.chunks[-1])

    async def _go(self) -> None:
        self._add(recording.META, json.dumps({"tracks": self.tracks}).encode())
        each = len(self.block) / RATE
        stretch = each * 1e9 / (int(self.block.at[-1]) + 1)
        columns = {name: getattr(self.block, name) for name in recording.COLUMNS if name != "at"}
        begin = time.monotonic()
        for turn in range(int(self.seconds / each) + 1):
            await asyncio.sleep(max(0, begin + turn * each - time.monotonic()))
            rows = Rows.of((self.block.at * stretch + turn * each * 1e9).astype("int64"), **columns)
            self._add(recording.ROWS, recording.encode_rows(rows), rows)
            self.sent = int(rows.at[-1])

    async def __call__(self, socket: ServerConnection) -> None:
        """As the server does it: from the chunk that is asked for, then as they come."""
        assert socket.request is not None
        number = int(parse_qs(urlsplit(socket.request.path).query)["from"][0])
        self.going = self.going or asyncio.create_task(self._go())
        with contextlib.suppress(ConnectionClosed):  # the page is out of sight, or closed
            await socket.send(json.dumps({"type": "status", "state": "running", "header": {}}))
            while number < len(self.chunks):
                await socket.send(self.chunks[number])
                number += 1
            self.sockets.add(socket)
            await socket.wait_closed()
        self.sockets.discard(socket)


async def followed(
    browser: Browser, folder: Path, html: str, block: Rows, tracks: list[dict[str, Any]], seconds: float
) -> list[Figure | str]:
    """How far the page is behind, what its frames cost, what it costs out of sight, and how soon it has caught up."""
    run = Run(block, tracks, seconds)
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    async with serve(run, "127.0.0.1", 0, compression=None) as server:
        (folder / "index.html").write_text(html % f'live="ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"')
        with serving(folder) as address:
            await page.goto(address)
            await page.wait_for_function(f"{KNOWN} > 0", timeout=LIMIT_SECONDS * 1000)
            behind = await _watch(page, run, seconds * 0.5)
            async with traced(browser, page) as seen:
                behind += await _watch(page, run, seconds * 0.6)
            await page.evaluate(COUNT)
            await page.evaluate(HIDE, True)
            await page.evaluate("new Promise(requestAnimationFrame)")  # the one that was under way
            drawn = await page.evaluate("frames")
            async with traced(browser, page) as away:
                before = await page.evaluate(KNOWN)
                await asyncio.sleep(seconds * 0.2)  # asking the page anything would cost it something
                missed = (run.sent - before) / 1e9 * RATE
            drawn = await page.evaluate("frames") - drawn
            back, caught_up = await page.evaluate(RETURN, run.sent)
            behind += await _watch(page, run, seconds - 1)
            await page.close()
    name = f"live, {RATE:,} transitions a second"
    late = tuple(behind[len(behind) // 2 :])
    return [
        Figure(f"{name}, {seconds:g} s: behind", late, "ms", 500, note="(wall)"),
        Figure(f"{name}: a frame, p95", (seen.p95,), "ms", 8),
        Figure(f"{name}: the longest task", (seen.longest,), "ms", 50),
        Figure(f"{name}, in the background: frames drawn", (drawn,), "", 0),
        Figure(f"{name}, in the background: of the thread's time", (away.total / away.wall * 100,), "%", 1),
        Figure(f"{name}: drawn again when it is back in sight", (back,), "ms", 500, note="(wall)"),
        Figure(f"{name}: all {missed:,.0f} that it missed taken in", (caught_up,), "ms", 2000, note="(wall)"),
    ]


async def _watch(page: Page, run: Run, until: float) -> list[float]:
    """How many ms the page is behind, asked again and again up to a moment of the run."""
    behind: list[float] = []
    while not behind or run.sent < until * 1e9:
        await asyncio.sleep(0.25)
        behind.append((run.sent - await page.evaluate(KNOWN)) / 1e6)
    return behind
