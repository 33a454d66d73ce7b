"""The timeline with what nobody would wish for: each a clear state, and never an exception."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Page
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.websockets import WebSocket

from gilscope import recording
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import ROWS, Rows, Writer
from tests.timeline_page import (
    CHUNKS,
    ENDED,
    HEADER,
    LIVE,
    RECORDING,
    TREE,
    Server,
    ask,
    give,
    hang,
    open_page,
    tell,
    wait,
)

BEFORE = RECORDING[: RECORDING.index(b"GSCK")]
END = {"verdict": "ok", "sentence": "It ended by itself.", "duration_ns": 1000, "lost": 0}
DRAWN = "s.visible && s.painter.palette && s.frame === 0 && s.widthPx > 0"


def written(folder: Path, write: Callable[[Writer], object]) -> bytes:
    """The file that a writer makes."""
    path = folder / "x.gilscope"
    writer = Writer(path, HEADER)
    write(writer)
    writer.close()
    return path.read_bytes()


def threads(names: list[str]) -> dict[str, object]:
    return {"tracks": [{"id": n, "kind": int(TrackKind.THREAD), "name": name} for n, name in enumerate(names, 1)]}


def ink(page: Page, canvas: str = "ground") -> int:
    """How many colours there are on a canvas."""
    return ask(
        page,
        f"""(() => {{ const canvas = s.{canvas}, ctx = canvas.getContext('2d');
        return new Set(new Uint32Array(ctx.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size; }})()""",
    )


def test_nothing_recorded_one_transition_and_no_recording(page: Page, server: Server, tmp_path: Path) -> None:
    def one(writer: Writer) -> None:
        writer.add_meta(threads(["alone"]))
        writer.add_rows(Rows.of([0], track=1, kind=Kind.GIL_ACQUIRE, state=State.RUNNING))

    server.file = written(tmp_path, lambda writer: writer.end(END))
    open_page(page, server)
    assert page.locator(".gt-message").inner_text().split("\n") == ["Nothing was recorded", "", "It ended by itself."]

    server.file = written(tmp_path, one)
    open_page(page, server)
    wait(page, DRAWN)
    assert ask(page, "[m.rowCount, m.duration, s.layout.rows.map((row) => row.track.name)]") == [1, 0, ["alone"]]
    assert "has no end" in page.locator(".gt-status").inner_text()
    assert ink(page) > 4
    for key in ["w", "s", "ArrowRight", "ArrowDown", "Space", "f"]:
        page.locator(TREE).press(key)
    wait(page, "Number.isFinite(c.viewport.from) && c.viewport.to > c.viewport.from")

    page.expected_errors = ("status of 500",)  # type: ignore[attr-defined]
    for file, status, *sentences in [
        (b"", 200, "is empty: nothing was written into it"),
        (b"PK\x03\x04" * 99, 200, "is not a Gilscope recording: its first line is not one", "Open a file that"),
        (b"<!doctype html>\n<html><p>Please log in", 200, "its first line does not say", "Open a file that"),
        (BEFORE[:-40], 200, "it ends within its header"),
        (RECORDING.replace(b"recording 1", b"recording 9", 1), 200, "has format 9", "Open it with a newer Gilscope"),
        (RECORDING, 500, "could not give the recording (status 500)", "Try again"),
    ]:
        server.file, server.file_status = file, status
        open_page(page, server, phase="failed")
        told = page.locator(".gt-message").inner_text()
        assert all(sentence in told for sentence in sentences), told


def test_ten_thousand_tracks(page: Page, server: Server, tmp_path: Path) -> None:
    """They scroll; only those in sight are drawn, and the last one is reached."""
    count = 10_000

    def write(writer: Writer) -> None:
        writer.add_meta(threads([f"thread-{n}" for n in range(1, count + 1)]))
        ids = np.arange(1, count + 1)
        for at, state in [(0, State.RUNNING), (500, State.OUTSIDE)]:
            writer.add_rows(Rows.of(at + np.zeros(count), track=ids, kind=Kind.GIL_ACQUIRE, state=state))
        writer.end(END)

    server.file = written(tmp_path, write)
    open_page(page, server)
    wait(page, DRAWN)
    assert ask(page, "s.layout.rows.length") == count
    assert (
        ask(
            page,
            "Number(/\\d+/.exec(s.below.textContent)[0]) + s.layout.rows.filter((row) => row.barTopPx + row.barPx <= s.heightPx).length",
        )
        == count
    )
    page.evaluate("() => { const { scroll } = document.querySelector('gil-timeline').stage; scroll.scrollTop = 1e9; }")
    wait(page, "s.below.hidden && s.frame === 0")
    assert ask(page, "s.layout.rows.at(-1).barTopPx - s.scroll.scrollTop < s.heightPx")
    assert ink(page) > 4


NAMES = {
    "long": "x" * 10_000,
    "emoji": "👩‍👩‍👧‍👦" * 1_000,
    "arabic": "خيط العامل",
    "devanagari": "कार्यकर्ता",
    "han": "工作线程一号",
    "marks": "z̸̢̛" * 500,
    "markup": "<img src=x onerror=alert(1)>&amp;",
    "control": "a\u0000b\n\t\u202ec",
    "blank": "   ",
}


def test_names_in_any_script_and_of_any_length(page: Page, server: Server, tmp_path: Path) -> None:
    def write(writer: Writer) -> None:
        writer.add_meta(threads(list(NAMES.values())))
        for at, state in [(0, State.RUNNING), (400, State.BLOCKED)]:
            things = np.roll(np.arange(1, len(NAMES) + 1), 1)
            ids = np.arange(1, len(NAMES) + 1)
            writer.add_rows(
                Rows.of(at + np.zeros(len(NAMES)), track=ids, kind=Kind.LOCK_WAIT, state=state, thing=things)
            )
        writer.end(END)

    server.file = written(tmp_path, write)
    open_page(page, server)
    wait(page, DRAWN)
    assert ask(page, "s.layout.rows.map((row) => row.track.name)") == list(NAMES.values())
    for _ in NAMES:
        page.locator(TREE).press("ArrowDown")
    wait(page, "s.frame === 0")
    for n in range(len(NAMES)):
        x, y = (
            700,
            ask(page, f"s.canvas.getBoundingClientRect().top + s.layout.rows[{n}].barTopPx + 8 - s.scroll.scrollTop"),
        )
        page.mouse.move(x, y)
        wait(
            page,
            f"!e.tip.hidden && e.tip.querySelector('strong').textContent === s.layout.rows[{n}].track.name.slice(0, 80)",
        )
    assert page.locator("gil-timeline img").count() == 0
    assert ask(page, "document.documentElement.scrollWidth <= innerWidth")


def chunk(number: int, at: list[int]) -> bytes:
    """A whole chunk of two rows as told, whatever their times."""
    rows = Rows.of(at, track=1, kind=Kind.GIL_ACQUIRE, state=[State.RUNNING, State.OUTSIDE])
    return recording.encode_chunk(number, ROWS, recording.encode_rows(rows), rows, first_row=2 * number - 2)


@pytest.mark.parametrize(
    ("times", "kept", "hatched"),
    [
        ([[0, 100], [200, 150], [300, 400]], [0, 100, 100, 300, 400], [[100, 300]]),
        ([[0, 200], [100, 150], [300, 400]], [0, 200, 200, 300, 400], [[200, 300]]),
    ],
    ids=["within a chunk", "between chunks"],
)
def test_times_out_of_order_are_damage(
    page: Page, server: Server, times: list[list[int]], kept: list[int], hatched: list[list[int]]
) -> None:
    """What can't be true isn't drawn: the place is hatched, what comes behind is whole, and time never goes back."""
    meta = recording.encode_chunk(0, recording.META, b'{"tracks": [{"id": 1, "kind": 1, "name": "thread"}]}')
    server.file = BEFORE + meta + b"".join(chunk(n, at) for n, at in enumerate(times, 1))
    open_page(page, server)
    assert ask(page, "[...m.tracks[1].rows.at.slice(0, m.tracks[1].rows.count)]") == kept
    assert all(a <= b for a, b in pairwise(kept))
    assert ask(page, "m.damages.map(({ from, to }) => [from, to])") == hatched
    assert "can’t be read and is hatched; the rest is whole" in page.locator(".gt-status").inner_text()


def test_a_damaged_chunk_in_the_middle(page: Page, server: Server) -> None:
    """Its stretch is unknown on every track that was alive; before and behind it every row is there."""
    open_page(page, server)
    whole = ask(page, "m.rowCount")
    at = RECORDING.index(CHUNKS[3])
    rows = int.from_bytes(CHUNKS[3][12:16], "little")
    server.file = RECORDING[: at + 70] + bytes([RECORDING[at + 70] ^ 1]) + RECORDING[at + 71 :]
    open_page(page, server)
    wait(page, DRAWN)
    assert rows > 0
    assert ask(page, "m.rowCount") == whole - rows
    [[begin, end]] = ask(page, "m.damages.map(({ from, to }) => [from, to])")
    middle = (begin + end) / 2
    states = ask(
        page, f"m.all.filter((one) => one.isThread).map((one) => one.spanAt({middle}, m.duration)?.state ?? 0)"
    )
    assert set(states) <= {State.UNKNOWN, State.EXITED}
    assert "is damaged: its checksum differs" in page.locator(".gt-status").inner_text()


def test_lost_and_repeated_chunks_are_told(page: Page, server: Server) -> None:
    """Where rows are missing it is hatched, however many such places there are; where none are, it isn't."""
    server.file = BEFORE + b"".join(part for n, part in enumerate(CHUNKS) if n not in (2, 4))
    open_page(page, server)
    assert "Chunk 2 is missing." in page.locator(".gt-say-damage").inner_text()
    assert ask(page, "[m.damages.length, m.end.verdict]") == [2, "ok"]
    server.file = RECORDING + CHUNKS[1]
    open_page(page, server)
    told = page.locator(".gt-say-damage").inner_text()
    assert told.endswith("no rows are missing for that. Chunk 1 comes again; it is left out.")
    assert ask(page, "m.damages.length") == 0


def test_a_connection_that_says_what_is_no_recording(page: Page, server: Server) -> None:
    """What came broken is taken from the file; who talks nonsense is left and asked again. No row is missing in the end."""

    async def nonsense(websocket: WebSocket, _: int) -> None:
        await tell(websocket, type="status", state="running", header=HEADER)
        for frame in (CHUNKS[0], b"", b"garbage" * 20, CHUNKS[1][:-9]):
            await websocket.send_bytes(frame)
        for words in ("<html>", "null"):
            await websocket.send_text(words)
        await hang(websocket, 0)

    server.handlers = [nonsense, give(*range(2, len(CHUNKS)), ended=True)]
    open_page(page, server, LIVE)
    wait(page, "m.rowCount === 2125")
    assert ask(page, "[m.flaws, m.end.verdict]") == [[], "ok"]
    assert len(server.connections) >= 2


def test_a_fault_of_the_page_is_said_while_a_run_goes_on(page: Page, server: Server) -> None:
    """What came before it stays to be looked at."""
    page.expected_errors = ("a fault",)  # type: ignore[attr-defined]
    more = threading.Event()

    async def handler(websocket: WebSocket, _: int) -> None:
        await tell(websocket, type="status", state="running", header=HEADER)
        for number in (0, 1):
            await websocket.send_bytes(CHUNKS[number])
        await asyncio.to_thread(more.wait, 20)
        await websocket.send_bytes(CHUNKS[2])
        await hang(websocket, 0)

    server.handlers = [handler]
    open_page(page, server, LIVE, phase="running")
    wait(page, "m.rowCount > 0")
    rows = ask(page, "m.rowCount")
    ask(page, "m.addRows = () => { throw new Error('a fault'); }, true")
    more.set()
    page.get_by_text("From here on nothing is shown").wait_for()
    assert ask(page, "[m.rowCount, e.dataset.phase]") == [rows, "shown"]


def test_a_stream_that_stops_and_never_ends(page: Page, server: Server) -> None:
    """What came is there to be looked at, the run is said to go on, and no frame is drawn for nothing."""
    server.handlers = [give(0, 1, 2, stay=True)]
    open_page(page, server, LIVE, phase="running")
    wait(page, "m.rowCount > 0 && c.viewport.to >= m.until && s.frame === 0")
    frames = "(window.frames = 0, e.stage.painter.over.draw = ((draw) => function (...all) { frames += 1; return draw.apply(this, all); })(e.stage.painter.over.draw))"
    ask(page, f"Boolean({frames})")
    page.evaluate(
        "() => new Promise((done) => { let n = 0; const on = () => (n += 1) > 20 ? done() : requestAnimationFrame(on); on(); })"
    )
    assert page.evaluate("() => window.frames") == 0
    assert page.get_by_role("button", name="Live").is_visible()
    page.locator(TREE).press("w")
    wait(page, "window.frames > 0")


class Stalling(Server):
    """Gives half of the file, and then nothing until it is stopped."""

    def __init__(self, whole: bool = True) -> None:
        self.released = threading.Event()
        self.whole = whole
        super().__init__()

    def _file(self, _: Request) -> Response:
        async def half() -> AsyncIterator[bytes]:
            yield self.file[: len(self.file) // 2]
            await asyncio.to_thread(self.released.wait, 20)
            if self.whole:
                yield self.file[len(self.file) // 2 :]

        return StreamingResponse(half(), headers={"content-length": str(len(self.file))})


def test_a_file_that_stops_in_the_middle_of_its_coming(page: Page) -> None:
    """What came is there at once, and that the rest hasn't come is said, until it comes."""
    server = Stalling()
    try:
        open_page(page, server, phase="loading")
        wait(page, f"m.rowCount > 0 && {DRAWN} && e.strip.textContent.includes('still being read')")
        assert ink(page) > 20
        assert 0 < ask(page, "m.rowCount") < 2125
        server.released.set()
        wait(page, "e.phase === 'ended' && m.rowCount === 2125 && e.strip.textContent === ''")
    finally:
        server.released.set()
        server.stop()


def test_a_file_whose_coming_breaks_off(page: Page) -> None:
    """What came stays in sight; it is said that the rest is missing, and what to do."""
    server = Stalling(whole=False)
    try:
        page.expected_errors = ("ERR_",)  # type: ignore[attr-defined]
        open_page(page, server, phase="loading")
        wait(page, f"m.rowCount > 0 && {DRAWN}")
        server.released.set()
        wait(page, "e.phase === 'ended'")
        told = page.locator(".gt-status").inner_text()
        assert "has no end here" in told and "could not be fetched whole" in told and "Load this page again" in told
        assert page.locator(".gt-message").is_hidden() and ink(page) > 20
    finally:
        server.released.set()
        server.stop()


def test_a_canvas_without_size_comes_to_life_with_one(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/?with={quote(ENDED)}")
    page.evaluate("() => document.querySelector('main').setAttribute('hidden', '')")
    wait(page, "e.phase === 'ended' && s.widthPx === 0")
    ask(page, "s.act((camera) => camera.zoom(2, 1e8))")
    page.evaluate("() => document.querySelector('main').removeAttribute('hidden')")
    wait(page, f"{DRAWN} && s.widthPx > 1000")
    assert ink(page) > 20
    page.set_viewport_size({"width": 1, "height": 1})
    wait(page, "s.widthPx < 10 && s.frame === 0")
    page.set_viewport_size({"width": 1280, "height": 720})
    wait(page, f"s.widthPx > 1000 && {DRAWN}")
    assert ink(page) > 20


def test_drawings_that_the_browser_takes_away_come_back(page: Page, server: Server) -> None:
    """A canvas comes back empty and undressed, which `reset` does to it too: everything is drawn again."""
    open_page(page, server)
    wait(page, DRAWN)
    before = [ink(page, canvas) for canvas in ["ground", "strip"]]
    tell = "[s.ground, s.canvas, s.strip].map((one) => (one.getContext('2d').reset(), one.dispatchEvent(new Event('%s')))).length"
    ask(page, tell % "contextlost")
    wait(page, "e.strip.textContent.includes('has taken the drawing away')")
    ask(page, tell % "contextrestored")
    wait(page, "e.strip.textContent === '' && s.frame === 0")
    assert [ink(page, canvas) for canvas in ["ground", "strip"]] == before


def test_another_resolution(page: Page, server: Server) -> None:
    """A window moved to another screen: as sharp as that can show, its patterns too."""
    open_page(page, server)
    session = page.context.new_cdp_session(page)
    for ratio, width in [(2, 1000), (1.25, 1200), (1, 1280)]:
        metrics = {"width": width, "height": 720, "deviceScaleFactor": ratio, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", metrics)
        wait(page, f"s.painter.ratio === {ratio} && s.widthPx === {width} && {DRAWN}")
        assert ask(page, "[s.ground.width, s.canvas.width]") == [round(width * ratio)] * 2
        assert ask(page, "s.painter.palette.states[5].tile.side") == 12 * round(ratio)
        assert ink(page) > 20


def test_sixteen_timelines_on_one_page(page: Page, server: Server) -> None:
    """Each is itself; those out of sight don't draw before they are looked at."""
    page.goto(f"{server.address}/?with={quote(ENDED)}")
    page.evaluate(
        """() => { const first = document.querySelector('main');
        for (let n = 1; n < 16; n += 1) first.after(first.cloneNode(true)); }"""
    )
    each = "[...document.querySelectorAll('gil-timeline')]"
    wait(page, f"{each}.every((one) => one.phase === 'ended' && one.model.rowCount === 2125)")
    wait(page, DRAWN)
    assert ask(page, f"new Set({each}.map((one) => one.model)).size") == 16
    assert ask(page, f"{each}.filter((one) => one.stage.visible).length") <= 2
    page.evaluate("() => [...document.querySelectorAll('gil-timeline')].at(-1).scrollIntoView()")
    wait(page, f"{each}.at(-1).stage.visible && {each}.at(-1).stage.frame === 0 && {each}.at(-1).stage.painter.palette")
    assert ask(page, "s.visible") is False
