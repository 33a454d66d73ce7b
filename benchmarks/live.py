"""From an event to the screen, and to two hundred viewers, of a run at 5,000 events a second.

The rows come from here, at the times that they carry, instead of from a program, because a program's events can't be
had at just this rate; everything after the recording's file is the real server, the real sockets and a real browser.
"""

import asyncio
import json
import shutil
import statistics
import sys
import time
from collections.abc import Iterator

import httpx
import numpy as np
from playwright.async_api import async_playwright

from benchmarks import measure
from benchmarks.measure import Figure, NotMeasured
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Rows, Writer
from tests.app_client import Served, serving, settings

RATE = 5000
ROUND_SECONDS = 0.02
VIEWERS = 200
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
WATCH = """
() => {
  window.painted = [];
  const element = document.querySelector('gil-timeline');
  let before = -1;
  const look = () => {
    // What was drawn in the frame before this one is on screen by now.
    if (before > (painted.at(-1)?.[0] ?? -1)) painted.push([before, performance.timeOrigin + performance.now()]);
    before = element.model.until;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""
CROWD = """
import asyncio, json, sys, time
from websockets.asyncio.client import connect

async def view(address, seen, ready):
    async with connect(address, compression=None, max_size=None) as socket:
        ready.release()
        async for message in socket:
            if isinstance(message, bytes):
                seen.append((int.from_bytes(message[8:12], "little"), time.monotonic_ns()))

async def main(address, count):
    ready, seen = asyncio.Semaphore(0), [[] for _ in range(count)]
    views = [asyncio.create_task(view(address, each, ready)) for each in seen]
    for _ in views:
        await ready.acquire()
    print("ready", flush=True)
    await asyncio.gather(*views)
    print(json.dumps(seen), flush=True)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


class Feeding:
    """A run whose recording grows at a known rate."""

    def __init__(self, server: Served, id: str) -> None:
        self.run = server.state["runs"].find(id)
        self.origin = time.monotonic_ns()
        header = {"id": id, "scenario": "convoy", "title": "Fed", "parameters": {}, "origin_ns": self.origin}
        header |= {"started": "2026-01-01T00:00:00Z", "gilscope": "0", "states": {}, "kinds": {}, "limits": {}}
        header |= {"python": {"version": "3.13.0", "implementation": "CPython", "build": "", "free_threaded": False}}
        header |= {"machine": {"cores": 2, "system": "Linux", "processor": ""}}
        header["layers"] = {layer: {"measured": True, "why": ""} for layer in ("gil", "cores", "program")}
        self.writer = Writer(self.run.tail.path, header)
        tracks = [{"id": number, "kind": int(TrackKind.THREAD), "name": f"worker-{number}"} for number in (1, 2)]
        self.writer.add_meta({"tracks": tracks})
        self.written: dict[int, int] = {}
        """When each chunk was handed to the file, by number: CLOCK_MONOTONIC, ns."""
        self.events: list[int] = []
        """When each event was, ns since the origin."""
        self.run.state = "running"

    async def feed(self, seconds: float) -> None:
        """Round after round, each with the events since the one before."""
        now = told = time.monotonic_ns() - self.origin
        end = now + int(seconds * 1e9)
        while now < end:
            await asyncio.sleep(ROUND_SECONDS)
            now = time.monotonic_ns() - self.origin
            at = np.arange(told, now, 1_000_000_000 // RATE)
            told = int(at[-1]) + 1_000_000_000 // RATE
            turn = np.arange(len(at)) % 2
            states = np.where(turn == 0, State.RUNNING, State.GIL_WAIT)
            rows = Rows.of(at, track=turn + 1, kind=np.full(len(at), Kind.GIL_ACQUIRE), state=states)
            before = time.monotonic_ns()
            for chunk in self.writer.add_rows(rows):
                self.written[chunk.number] = before
            self.events += at.tolist()
            await asyncio.to_thread(self.run.tail.advance)
            self.run.bell.ring()

    async def end(self) -> None:
        """End as a run does."""
        ended = {
            "verdict": "ok",
            "sentence": "Ended by itself.",
            "duration_ns": self.events[-1],
            "emitted": 0,
            "stored": 0,
            "lost": 0,
        }
        self.writer.end(ended)
        self.writer.close()
        await asyncio.to_thread(self.run.tail.advance)
        self.run.end("ok", "Ended by itself.")
        self.run.bell.ring()


async def begin(server: Served) -> Feeding:
    """A new run of a server that starts none."""
    async with httpx.AsyncClient(base_url=server.base) as web:
        answer = await web.post("/scenarios/convoy/runs")
    return Feeding(server, answer.headers["location"].rpartition("=")[2])


def figures(quick: bool) -> Iterator[Figure | str]:
    """Pixels, then viewers."""
    rounds, seconds = (1, 3) if quick else (3, 8)
    browser = shutil.which("chromium")
    if browser is None:
        yield "event to pixel: not measured. There is no Chromium."
    else:
        taken = [asyncio.run(pixels(seconds, browser)) for _ in range(rounds)]
        yield Figure(f"event to pixel at {RATE:,} events a second, p95", tuple(taken), "ms", 200)
    taken = [asyncio.run(viewers(seconds)) for _ in range(rounds)]
    yield Figure(f"{VIEWERS} viewers, one stalled: delivery, p99", tuple(taken), "ms", 100)


async def pixels(seconds: float, chromium: str) -> float:
    """p95 in ms, over all events, from the event to the frame after the one that drew it."""
    with measure.scratch() as folder:
        async with serving(settings(folder)) as server, async_playwright() as playwright:
            feeding = await begin(server)
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = await browser.new_page(viewport={"width": 1600, "height": 1000})
            await page.goto(f"{server.base}/scenarios/convoy?recording={feeding.run.id}")
            await page.wait_for_selector("gil-timeline canvas", state="attached")  # shown with the first rows
            await feeding.feed(1)  # the page is up and follows
            await page.evaluate(WATCH)
            await feeding.feed(0.2)
            first = len(feeding.events)
            wall = time.time_ns() - (time.monotonic_ns() - feeding.origin)
            await feeding.feed(seconds)
            last = len(feeding.events)
            await feeding.feed(0.5)
            painted = await page.evaluate("painted")
            await feeding.end()
            await browser.close()
    if not painted:
        raise NotMeasured("the page drew no event")
    drawn_until = np.array([until for until, _ in painted])
    events = np.array(feeding.events[first:last])
    frame = np.searchsorted(drawn_until, events)
    if frame[-1] >= len(painted):
        raise NotMeasured(f"the page was more than half a second behind at {len(painted)} frames")
    on_screen = np.array([when for _, when in painted])[frame]
    return float(np.quantile(on_screen - (wall + events) / 1e6, 0.95))


async def viewers(seconds: float) -> float:
    """p99 in ms, over all chunks and all viewers but the stalled one, from the file to the viewer."""
    with measure.scratch() as folder:
        async with serving(settings(folder)) as server:
            feeding = await begin(server)
            address = f"ws://127.0.0.1:{server.port}/live/{feeding.run.id}?from=0"
            crowd = await asyncio.create_subprocess_exec(
                sys.executable, "-c", CROWD, address, str(VIEWERS - 1), stdout=asyncio.subprocess.PIPE, limit=1 << 28
            )
            assert crowd.stdout is not None
            _, stalled = await _stalled(server.port, feeding.run.id)
            await crowd.stdout.readline()
            await feeding.feed(seconds)
            await feeding.end()
            seen = json.loads(await asyncio.wait_for(crowd.stdout.readline(), measure.LIMIT_SECONDS))
            await crowd.wait()
            stalled.close()
    missing = [len(feeding.written) - len({number for number, _ in each} & feeding.written.keys()) for each in seen]
    if any(missing):
        raise NotMeasured(f"{sum(map(bool, missing))} of {len(seen)} viewers lack {sum(missing)} chunks")
    late = [(at - feeding.written[number]) / 1e6 for each in seen for number, at in each if number in feeding.written]
    return statistics.quantiles(late, n=100)[98]


async def _stalled(port: int, id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A viewer that asks and then never reads."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    writer.write(
        f"GET /live/{id}?from=0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await writer.drain()
    return reader, writer
