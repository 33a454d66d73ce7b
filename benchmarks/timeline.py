"""What looking at a large recording costs a browser: a million spans on 64 tracks, and ten million.

The recordings are a real one, tiled: eight processes side by side, each with its GIL, its threads and its lock, over
and over. A frame's cost is what its task took of the page's main thread, in the thread's own CPU time, by Chromium's
own trace: painting into the canvas is included, what else the machine does in between isn't. A machine that is busy is
slower all the same: the time of a fixed loop on the same thread stands beside.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, Page, async_playwright

from app.static import address
from benchmarks import measure
from benchmarks.chromium import HEIGHT, LOOP, WIDTH, serving, traced
from benchmarks.following import followed
from benchmarks.live import FLAGS
from benchmarks.measure import Figure, NotMeasured
from gilscope import recording
from gilscope.recording import Recording, Rows, Writer

SOURCE = measure.ROOT / "tests" / "js" / "recordings" / "convoy.gilscope"
TILED = ("python", "GIL", "MainThread", "worker-1", "worker-2", "poller", "hasher", "cache")
COPIES = 8
OPENINGS = 7
SHIFT_NS = 17_000_000
"""Each copy lags behind the one before: not everything happens at once."""
PAGE = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Timeline</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="{address()}/css/timeline.css">
<script type="module" src="{address()}/js/main.js"></script><style>body {{ margin: 0 }} main {{ height: 100vh }}</style>
<main><gil-timeline %s controls></gil-timeline></main></html>"""
WATCH = """
window.drawn = window.shown = null;
new MutationObserver((_, watch) => {
  if (document.querySelector('gil-timeline')?.dataset.phase !== 'shown') return;
  watch.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { shown = performance.now(); }));
}).observe(document, { subtree: true, attributeFilter: ['data-phase'] });
addEventListener('gil-ended', () => requestAnimationFrame(() => requestAnimationFrame(() => { drawn = performance.now(); console.info('drawn'); })));
"""
DRIVE = """
async ([what, width, frames]) => {
  const { stage, model } = document.querySelector('gil-timeline'), { camera } = stage;
  const box = stage.canvas.getBoundingClientRect();
  camera.fit();
  if (width > 0) camera.zoom(model.duration / width, model.duration / 2);
  for (let n = 0; n < frames; n += 1) {
    await new Promise(requestAnimationFrame);
    const back = n % 100 < 50 ? 1 : -1;
    if (what === 'pan') stage.act((camera) => camera.pan(camera.viewport.width * 0.02 * back));
    if (what === 'zoom') stage.act((camera) => camera.zoom(back > 0 ? 1.25 : 0.8, model.duration * 0.37));
    if (what === 'hover') stage.canvas.dispatchEvent(new PointerEvent('pointermove', { bubbles: true,
      clientX: box.left + 200 + (n * 37) % (box.width - 220), clientY: box.top + 40 + (n * 23) % (box.height - 50) }));
  }
}
"""


@dataclass(frozen=True)
class Tiled:
    """A recording to look at."""

    folder: Path
    spans: int
    rows: int


def tile(spans: int, folder: Path) -> Tiled:
    """Write a recording of about so many spans, and the page that shows it."""
    source = recording.read(SOURCE)
    block, tracks = _block(source)
    period = source.duration_ns
    turns = -(-spans // _spans(block))
    writer = Writer(folder / "x.gilscope", source.header)
    writer.add_meta({"tracks": tracks, "locations": list(source.locations.values())})
    columns = {name: getattr(block, name) for name in recording.COLUMNS if name != "at"}
    for turn in range(turns):
        writer.add_rows(Rows.of(block.at + turn * period, **columns))
    writer.end({"verdict": "ok", "sentence": "It ended by itself.", "duration_ns": turns * period, "lost": 0})
    writer.close()
    (folder / "index.html").write_text(PAGE % 'src="/x.gilscope"')
    return Tiled(folder, _spans(block) * turns, writer.rows)


def _block(source: Recording) -> tuple[Rows, list[dict[str, Any]]]:
    """One tile: every copy of the tracks, each a little later than the one before and wrapped at the end."""
    kept = [id for name in TILED for id, told in source.tracks.items() if told["name"] == name]
    rows = source.rows[np.isin(source.rows.track, kept)]
    parts, tracks = [], []
    for copy in range(COPIES):
        ids = np.zeros(max(source.tracks) + 1, np.uint32)
        ids[kept] = np.arange(len(kept)) + copy * len(kept) + 1
        columns = {name: getattr(rows, name) for name in ("kind", "flags", "state", "line", "value")}
        at = (rows.at + copy * SHIFT_NS) % source.duration_ns
        parts.append(Rows.of(at, track=ids[rows.track], thing=ids[rows.thing], **columns))
        tracks += [
            {**source.tracks[id], "id": int(ids[id]), "parent": int(ids[source.tracks[id]["parent"]])} for id in kept
        ]
    return Rows.concat(parts).sorted(), tracks


def _spans(rows: Rows) -> int:
    """How often a track changes its state, or what that is about."""
    order = rows.track.argsort(kind="stable")
    told = np.stack([rows.track[order], rows.state[order], rows.thing[order]])
    return 1 + int((np.diff(told) != 0).any(axis=0).sum())


def figures(quick: bool) -> Iterator[Figure | str]:
    """Opening, memory, frames of a million spans, frames of ten million, following a run."""
    browser = shutil.which("chromium")
    if browser is None:
        raise NotMeasured("there is no Chromium")
    yield from asyncio.run(_figures(quick, browser))


async def _figures(quick: bool, chromium: str) -> list[Figure | str]:
    frames, found = (100, list[Figure | str]()) if quick else (300, [])
    async with async_playwright() as playwright:

        async def start() -> Browser:
            return await playwright.chromium.launch(executable_path=chromium, args=FLAGS)

        sizes = ((100_000, 500, 0.0), (1_000_000, 2000, 8.0), *(() if quick else ((10_000_000, None, 16.0),)))
        for spans, shown_ms, frame_ms in sizes:
            with measure.scratch() as folder:
                tiled = tile(spans, folder)
                with serving(folder) as where:
                    found += await _openings(start, where, f"{tiled.spans:,} spans", shown_ms)
                    browser = await start()
                    found += await _looked_at(browser, where, tiled, frame_ms, frames)
                    await browser.close()
        with measure.scratch() as folder:
            block, tracks = _block(recording.read(SOURCE))
            browser = await start()
            found += await followed(browser, folder, PAGE, block, tracks, 10 if quick else 60)
            await browser.close()
    return found


async def _open(browser: Browser, where: str) -> Page:
    """A page with all of the recording, once it is drawn."""
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    await page.add_init_script(WATCH)
    async with page.expect_console_message(lambda said: said.text == "drawn", timeout=measure.LIMIT_SECONDS * 1000):
        await page.goto(where)  # asking it anything meanwhile would cost it something
    return page


async def _openings(
    start: Callable[[], Awaitable[Browser]], where: str, size: str, shown_ms: float | None
) -> list[Figure]:
    """Each in a browser of its own that has just been started and has nothing at hand."""
    opened = []
    for _ in range(OPENINGS):
        browser = await start()
        page = await _open(browser, where)
        opened.append(await page.evaluate("[shown, drawn]"))
        await browser.close()
    shown, drawn = zip(*opened, strict=True)
    return [
        Figure(f"{size}: opened, to be used", shown, "ms", shown_ms, note="(wall)"),
        Figure(f"{size}: opened, all read and drawn", drawn, "ms", note="(wall)"),
    ]


async def _looked_at(browser: Browser, where: str, tiled: Tiled, frame_ms: float, frames: int) -> list[Figure | str]:
    size = f"{tiled.spans:,} spans"
    page = await _open(browser, where)
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    heap = await session.send("Runtime.getHeapUsage")
    held = (heap["usedSize"] + heap["backingStorageSize"]) / tiled.spans
    found: list[Figure | str] = [Figure(f"{size}: memory a span", (held,), "B", 60 if frame_ms else None)]
    longest = []
    if frame_ms:
        for what, width in (("pan", 0), ("pan", 5e9), ("pan", 2e7), ("zoom", 0), ("hover", 0)):
            loop = await page.evaluate(LOOP)
            async with traced(browser, page) as tasks:
                await page.evaluate(DRIVE, [what, width, frames])
            view = f"{width / 1e9:g} s in view" if width else "all in view"
            note = f"({tasks.p95 / loop:.2f} of the loop's {loop:.0f} ms)"
            found.append(Figure(f"{size}: {what}, {view}, a frame, p95", (tasks.p95,), "ms", frame_ms, note=note))
            longest.append(tasks.longest)
        found.append(Figure(f"{size}: the longest task of them", (max(longest),), "ms", 50))
    await page.close()
    return found
