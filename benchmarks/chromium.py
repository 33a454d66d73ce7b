"""Pages in Chromium, and what its own trace says of the thread that they run on."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from app.main import UVICORN
from app.static import VERSION, Static
from benchmarks.measure import NotMeasured

WIDTH, HEIGHT = 1920, 1080
LOOP = """() => { const column = new Float64Array(4096); let least = Infinity;
  for (let turn = 0; turn < 5; turn += 1) { const begin = performance.now();
    for (let n = 0; n < 2000 * 4096; n += 1) column[n % 4096] = column[n % 4096] * 0.5 + n;
    least = Math.min(least, performance.now() - begin); }
  return least; }"""


@dataclass
class Tasks:
    """Tasks of the page's main thread; CPU times in ms. Painting into the canvas is part of them."""

    drew: list[float] = field(default_factory=list)
    """Those that drew a frame."""
    longest: float = 0.0
    total: float = 0.0
    wall: float = 0.0

    @property
    def p95(self) -> float:
        if not self.drew:
            raise NotMeasured("Chromium's trace has no frame in it")
        return float(np.quantile(self.drew, 0.95))


@contextlib.asynccontextmanager
async def traced(browser: Browser, page: Page) -> AsyncIterator[Tasks]:
    """What the page's main thread does meanwhile; filled in at the end."""
    session, ended = await browser.new_browser_cdp_session(), asyncio.Event()
    events: list[dict[str, Any]] = []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.set())
    config = {"includedCategories": ["toplevel", "devtools.timeline", "blink.user_timing", "__metadata"]}
    await session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})
    begin = await page.evaluate("(performance.mark('gil-begin'), performance.now())")
    found = Tasks()
    yield found
    found.wall = await page.evaluate("performance.now()") - begin
    await session.send("Tracing.end")
    await ended.wait()
    await session.detach()
    where = next((event["pid"], event["tid"]) for event in events if event["name"] == "gil-begin")
    own = [event for event in events if (event["pid"], event["tid"]) == where]
    drawn = np.array(sorted(event["ts"] for event in own if event["name"] == "FireAnimationFrame"))
    for task in own:
        if task["name"].endswith("ThreadControllerImpl::RunTask") and "tdur" in task:
            took = task["tdur"] / 1000
            found.total += took
            found.longest = max(found.longest, took)
            if np.searchsorted(drawn, task["ts"]) < np.searchsorted(drawn, task["ts"] + task["dur"]):
                found.drew.append(took)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The folder over HTTP, and the application's own files as it gives them; the address."""
    app = Starlette(
        routes=[
            Mount("/static", Static(VERSION)),
            Mount("/", StaticFiles(directory=folder, html=True, follow_symlink=True)),
        ],
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", **UVICORN))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise NotMeasured("the server didn't start")
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()
