"""A page that follows a run of 100,000 transitions a second: in sight, and in the background."""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.chromium import HEIGHT, WIDTH, serving, traced
from benchmarks.measure import LIMIT_SECONDS, Figure
from gilscope import recording
from gilscope.recording import Rows

RATE = 100_000
HIDE = """(hidden) => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange')); }"""
"""As a browser says that a page is out of sight; one that is driven never is."""
KNOWN = "document.querySelector('gil-timeline').model.until"
COUNT = """() => { const { over } = document.querySelector('gil-timeline').stage.painter, draw = over.draw;
  window.frames = 0; over.draw = function (frame) { frames += 1; return draw.call(over, frame); }; }"""


@dataclass
class Run:
    """Rows over and over, at a steady rate, for so long; ``sent``: up to when, ns."""

    block: Rows
    tracks: list[dict[str, Any]]
    seconds: float
    sent: int = 0

    async def __call__(self, socket: ServerConnection) -> None:
        number = 0

        async def give(type: int, payload: bytes, rows: Rows | None = None) -> None:
            nonlocal number
            await socket.send(recording.encode_chunk(number, type, payload, rows))
            number += 1

        try:
            await socket.send(json.dumps({"type": "status", "state": "running", "header": {}}))
            await give(recording.META, json.dumps({"tracks": self.tracks}).encode())
            each = len(self.block) / RATE
            stretch = each * 1e9 / (int(self.block.at[-1]) + 1)
            columns = {name: getattr(self.block, name) for name in recording.COLUMNS if name != "at"}
            begin = time.monotonic()
            for turn in range(int(self.seconds / each) + 1):
                await asyncio.sleep(max(0, begin + turn * each - time.monotonic()))
                rows = Rows.of((self.block.at * stretch + turn * each * 1e9).astype("int64"), **columns)
                await give(recording.ROWS, recording.encode_rows(rows), rows)
                self.sent = int(rows.at[-1])
            await socket.wait_closed()
        except ConnectionClosed:
            pass  # the page was closed


async def followed(
    browser: Browser, folder: Path, html: str, block: Rows, tracks: list[dict[str, Any]], seconds: float
) -> list[Figure | str]:
    """How far the page is behind, what its frames cost, what it costs out of sight, and how soon it is there again."""
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
            drawn = await page.evaluate("frames")
            async with traced(browser, page) as away:
                unseen = await _watch(page, run, seconds * 0.8)
            drawn = await page.evaluate("frames") - drawn
            await page.evaluate(HIDE, False)
            begin = await page.evaluate("performance.now()")
            await page.wait_for_function("frames > 0")
            back = await page.evaluate("performance.now()") - begin
            behind += await _watch(page, run, seconds - 1)
            await page.close()
    name = f"live, {RATE:,} transitions a second"
    late = tuple(behind[len(behind) // 2 :])
    return [
        Figure(f"{name}, {seconds:g} s: behind", late, "ms", 500, note="(wall)"),
        Figure(f"{name}: a frame, p95", (seen.p95,), "ms", 8),
        Figure(f"{name}: the longest task", (seen.longest,), "ms", 50),
        Figure(f"{name}, in the background: frames drawn", (drawn,), "", 0),
        Figure(f"{name}, in the background: of the thread's time", (away.total / away.wall * 100,), "%"),
        Figure(f"{name}, in the background: behind", tuple(unseen), "ms", 500, note="(wall)"),
        Figure(f"{name}: drawn again when it is back in sight", (back,), "ms", 500, note="(wall)"),
    ]


async def _watch(page: Page, run: Run, until: float) -> list[float]:
    """How many ms the page is behind, asked again and again up to a moment of the run."""
    behind: list[float] = []
    while not behind or run.sent < until * 1e9:
        await asyncio.sleep(0.25)
        behind.append((run.sent - await page.evaluate(KNOWN)) / 1e6)
    return behind
