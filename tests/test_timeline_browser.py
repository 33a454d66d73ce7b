"""The timeline in a real browser: drawn, moved, replayed, followed live through broken connections."""

import asyncio
import json
import re
import threading
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from starlette.websockets import WebSocket

from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Rows, Writer
from tests.timeline_page import (
    CHUNKS,
    HEADER,
    LIVE,
    LOOK,
    RECORDING,
    TREE,
    Server,
    ask,
    chunks,
    give,
    hang,
    open_page,
    place,
    tell,
    wait,
)

TRACEBACK = """Traceback (most recent call last):
  File "%sfails.py", line 12, in run
    return orders["pears"]
KeyError: 'pears'
"""


def failing(folder: Path) -> bytes:
    """A recording of a program that printed, and failed."""
    writer = Writer(folder / "failing.gilscope", HEADER)
    writer.add_meta({"tracks": [{"id": 1, "kind": int(TrackKind.THREAD), "name": "MainThread"}]})
    writer.add_rows(Rows.of([0, 90_000_000], track=1, kind=Kind.GIL_ACQUIRE, state=[State.RUNNING, State.EXITED]))
    lines = "".join(f"round {number}\n" for number in range(1, 41))
    writer.add_meta({"output": [{"at": 10_000_000, "stream": "stdout", "text": f"{lines}half a"}]})
    writer.add_meta({"output": [{"at": 20_000_000, "stream": "stderr", "text": "that was slow\n"}]})
    writer.add_meta({"output": [{"at": 30_000_000, "stream": "stdout", "text": " line\nthe last\n"}]})
    writer.add_meta({"output": [{"at": 95_000_000, "stream": "stderr", "text": TRACEBACK % "/home/me/"}]})
    end = {"verdict": "failed", "sentence": "It raised KeyError: 'pears'.", "traceback": TRACEBACK % ""}
    writer.end({**end, "duration_ns": 90_000_000, "lost": 0})
    return (folder / "failing.gilscope").read_bytes()


def test_draws_what_was_recorded(page: Page, server: Server) -> None:
    """An ended recording is drawn: in the middle of a running span is the colour of running, beside it isn't."""
    open_page(page, server, fragment=LOOK)
    wait(page, "s.painter.palette && s.frame === 0")
    running = ask(page, "s.painter.palette.rgb.running")
    found = ask(
        page,
        """s.layout.rows.filter((row) => row.kind === 'thread').map((row) => { const ratio = s.painter.ratio, colours = [];
        let now = row.track.spanAt(c.viewport.from, m.duration);
        for (; now.last + 1 < row.track.rows.count && now.to < c.viewport.to; now = row.track.spanOfRow(now.last + 1, m.duration)) {
          if (now.state !== 1 || now.from < c.viewport.from || s.scale.durationToPx(now.to - now.from) < 40) continue;
          const x = s.scale.timeToPx(now.to) - 8, y = row.barTopPx + 3 - s.scroll.scrollTop;
          colours.push([...s.painter.ctx.getImageData(Math.round(x * ratio), y * ratio, 1, 1).data.slice(0, 3)]); }
        return colours; }).flat()""",
    )
    assert len(found) > 5
    assert all(colour == running for colour in found)
    assert page.locator(".gt-position").inner_text() == "0.00 ms of 421 ms"
    assert page.locator(".gt-legend-item").all_inner_texts() == [
        "running",
        "native",
        "waits for GIL",
        "blocked",
        "outside",
    ]


NO_WORKER = "window.Worker = class { constructor() { throw new DOMException('not in this frame'); } };"
DEAD_WORKER = "const Real = Worker; window.Worker = class extends Real { constructor(_, options) { super('/static/none.js', options); } };"


@pytest.mark.parametrize(("script", "workers"), [("", 1), (NO_WORKER, 0), (DEAD_WORKER, 1)])
def test_unpacks_in_a_worker_or_without_one(page: Page, server: Server, script: str, workers: int) -> None:
    """Where a frame may have no worker, or it doesn't come up, the page does its work; a finished one is ended."""
    seen: list[Any] = []
    page.on("worker", lambda worker: seen.append(worker))
    page.expected_errors = ("none.js", "404")  # type: ignore[attr-defined]
    page.add_init_script(script)
    open_page(page, server)
    assert ask(page, "m.rowCount") == 2125
    assert len(seen) == workers
    deadline = time.monotonic() + 10
    while page.workers:
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def test_wheel_zooms_under_the_pointer(page: Page, server: Server) -> None:
    """The moment under the pointer stays there, in and out; at the whole recording the wheel is the page's again."""
    open_page(page, server, fragment=LOOK)
    page.mouse.move(700, 300)
    before = ask(page, "[s.scale.pxToTime(700), c.viewport.width]")
    page.mouse.wheel(0, -400)
    wait(page, f"c.viewport.width < {before[1]}")
    assert abs(ask(page, "s.scale.pxToTime(700)") - before[0]) < 1
    page.mouse.wheel(0, 400)
    wait(page, f"Math.abs(c.viewport.width - {before[1]}) < 1")
    for _ in range(8):
        page.mouse.wheel(0, 1000)
    page.wait_for_timeout(50)
    page.mouse.wheel(0, 300)
    wait(page, "scrollY > 0")


def test_drag_pans_and_ruler_moves_the_playhead(page: Page, server: Server) -> None:
    open_page(page, server, fragment=LOOK)
    moment = ask(page, "s.scale.pxToTime(700)")
    page.mouse.move(700, 300)
    page.mouse.down()
    page.mouse.move(600, 300, steps=4)
    page.mouse.up()
    assert abs(ask(page, "s.scale.pxToTime(600)") - moment) < ask(page, "s.scale.nsPerPx") * 6
    assert ask(page, "s.selected") is None
    top = ask(page, "s.canvas.getBoundingClientRect().top")
    page.mouse.click(800, top + 10)
    assert abs(ask(page, "c.at") - ask(page, "s.scale.pxToTime(800)")) < 1


def test_click_selects_tells_and_asks_why(page: Page, server: Server) -> None:
    """A click on a wait tells it in words, puts the playhead there, and brings the chain of causes from the server."""
    open_page(page, server, fragment=LOOK)
    page.evaluate(
        "() => { window.told = []; addEventListener('gil-select', (event) => window.told.push(event.detail)); }"
    )
    wait_span = ask(
        page,
        """(() => { const track = m.all.find((one) => one.name === 'worker-1'); let now = track.spanAt(c.viewport.from, m.duration);
        while (now.state !== 5 || now.from < c.viewport.from) now = track.spanOfRow(now.last + 1, m.duration); return { from: now.from, middle: Math.round((now.from + now.to) / 2) }; })()""",
    )
    middle = wait_span["middle"]
    where = place(page, "worker-1", middle)
    page.mouse.click(where["x"], where["y"])
    wait(page, "document.querySelector('.gt-why li')")
    assert server.why == [f"track=4&at={middle}"]
    assert page.locator(".gt-detail-title").inner_text() == "Why is worker-1 not running?"
    assert page.locator(".gt-spoken[aria-live]").inner_text().startswith("worker-1 waits ")
    assert "for lock cache, held by worker-2" in page.locator(".gt-spoken[aria-live]").inner_text()
    assert [detail["from"] for detail in page.evaluate("() => window.told")] == [wait_span["from"]]
    marks = page.locator(".gt-mark").all_inner_texts()
    assert "worker-1 · blocked" in marks
    line = page.locator(".gt-line", has=page.locator(".gt-mark", has_text="worker-1 · blocked"))
    assert "cache.acquire()" in line.inner_text()


def test_hover_tells_state_reason_duration_and_place(page: Page, server: Server) -> None:
    """Over a span: what, how long, who was the reason, which line, which core; over a name: how that life was divided."""
    open_page(page, server, fragment=LOOK)
    where = place(page, "worker-1", 121_000_000)
    page.mouse.move(where["x"], where["y"])
    tip = page.locator(".gt-tip")
    wait(page, "!e.tip.hidden")
    assert tip.inner_text().split("\n")[0] == "worker-1 waits 2.55 ms for the GIL, held by hasher, worker-2 and poller"
    assert tip.locator(".gt-facts").inner_text() == "line 11, in worker · on core 1 · from 119.49 ms"
    page.mouse.move(60, where["y"])
    wait(page, "e.tip.textContent.includes('is a thread')")
    told = tip.locator(".gt-facts").all_inner_texts()
    assert told[0].startswith("running 1") and told[0].endswith(" %")
    assert len(told) == len({text.partition(" ")[0] for text in told}) >= 4
    page.mouse.move(60, 5)
    wait(page, "e.tip.hidden")


def test_a_link_on_the_page_leads_to_its_span(page: Page, server: Server) -> None:
    """As of a finding: a stretch and a track select the span in its middle, and the keys are the timeline's."""
    open_page(page, server)
    page.evaluate("() => { location.hash = 'from=119000000&to=123000000&track=4'; }")
    wait(page, "s.selected")
    assert ask(page, "[s.selected.track.name, s.selected.from, c.at]") == ["worker-1", 119_485_684, 121_000_000]
    assert ask(page, "document.activeElement.ariaSelected === 'true'")
    assert page.locator(".gt-detail-title").inner_text() == "Why is worker-1 not running?"
    page.keyboard.press("ArrowRight")
    assert ask(page, "[s.selected.track.name, s.selected.state]") == ["worker-1", 1]


def test_all_that_is_seen_is_explained(page: Page, server: Server) -> None:
    """The question mark opens a sheet that has every state of a thread in words, and what the GIL is."""
    open_page(page, server)
    page.get_by_role("button", name="What all of this means").click()
    sheet = page.locator("dialog.gt-help")
    assert sheet.is_visible()
    told = sheet.inner_text()
    for label in [
        "running (R)",
        "native (N)",
        "waits for GIL (W)",
        "blocked (B)",
        "outside (O)",
        "runnable (C)",
        "stalled (S)",
        "unknown (?)",
        "arrow",
        "core",
        "lock",
    ]:
        assert label in told
    assert "global interpreter lock" in told
    page.get_by_role("button", name="Close").click()
    assert not sheet.is_visible()


def test_rows_fit_the_height_that_there_is(page: Page, server: Server) -> None:
    """Lower rows before rows out of sight; what still is out of sight is counted, and one press away."""
    heights = []
    for height in [1000, 860, 720, 640, 440]:
        page.set_viewport_size({"width": 1280, "height": height})
        open_page(page, server, fragment=LOOK)
        told = "s.layout.rows.filter((row) => row.barTopPx + row.barPx > s.scroll.clientHeight).length"
        wait(page, f"s.layout.rows.length > 5 && s.below.textContent === ({told} ? `↓ ${{{told}}} more below` : '')")
        heights.append(ask(page, "s.layout.rows.find((row) => row.kind === 'thread').heightPx"))
        assert ask(page, "!s.below.hidden") == (height == 440)
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) >= 3
    page.locator(".gt-more-below").click()
    wait(page, "s.below.hidden && s.scroll.scrollTop > 0")


def test_tracks_scroll_by_themselves_on_a_phone(page: Page, server: Server) -> None:
    """The tracks take a part of the screen, however many there are, and scroll in it."""
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, server)
    page.evaluate(
        """() => { const e = document.querySelector('gil-timeline');
        const ids = [...Array(30).keys()].map((n) => 100 + n), each = (value) => ids.map(() => value);
        e.model.tellMeta({ tracks: ids.map((id) => ({ id, kind: 1, name: `thread-${id}` })) });
        e.model.addRows({ count: 30, at: each(e.model.until), track: ids, kind: each(0), flags: each(0), state: each(7), thing: each(0), line: each(0), value: each(0) });
        e.stage.grown(); }"""
    )
    wait(page, "s.layout.rows.length > 35 && s.frame === 0")
    assert ask(page, "s.element.clientHeight <= 0.6 * innerHeight + 1")
    page.mouse.move(50, ask(page, "s.canvas.getBoundingClientRect().top + 100"))
    page.mouse.wheel(0, 60)
    wait(page, "s.scroll.scrollTop === 60")
    assert ask(page, "c.viewport.width > m.duration && scrollY === 0")


def test_keys_work_only_with_focus(page: Page, server: Server) -> None:
    """Every key does what the help sheet says, and nothing while something else has the focus."""
    open_page(page, server, fragment=LOOK)
    width = ask(page, "c.viewport.width")
    page.keyboard.press("w")
    assert ask(page, "c.viewport.width") == width
    page.locator(TREE).focus()
    page.keyboard.press("w")
    assert ask(page, "c.viewport.width") < width
    page.keyboard.press("s")
    assert abs(ask(page, "c.viewport.width") - width) < 1
    page.keyboard.press("+")
    assert ask(page, "c.viewport.width") < width
    page.keyboard.press("-")
    assert abs(ask(page, "c.viewport.width") - width) < 1
    start = ask(page, "c.viewport.from")
    page.keyboard.press("d")
    assert ask(page, "c.viewport.from") > start
    page.keyboard.press("a")
    page.keyboard.press("ArrowRight")
    first = ask(page, "[s.selected.track.name, s.selected.from]")
    assert first[0] == "MainThread"
    page.keyboard.press("ArrowDown")
    assert ask(page, "s.selected.track.name") == "worker-1"
    steps = []
    for key in ["ArrowRight", "ArrowRight", "ArrowLeft"]:
        page.keyboard.press(key)
        steps.append(ask(page, "s.selected.from"))
    assert steps[0] < steps[1] and steps[2] == steps[0]
    page.keyboard.press("f")
    assert ask(
        page,
        "c.viewport.from <= s.selected.from && c.viewport.to >= s.selected.to && c.viewport.width < 3 * (s.selected.to - s.selected.from) + 200",
    )
    page.keyboard.press("f")
    assert ask(page, "c.viewport.width > m.duration")
    page.keyboard.press("End")
    assert ask(page, "c.at") == ask(page, "m.duration")
    page.keyboard.press("Home")
    assert ask(page, "c.at") == 0
    page.keyboard.press("Escape")
    assert ask(page, "s.selected") is None
    page.keyboard.press("?")
    assert page.locator("dialog.gt-help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog.gt-help").is_visible()


def test_keys_lie_where_they_lie_on_every_keyboard(page: Page, server: Server) -> None:
    """On a French one, zoom is where W is on an English one, and the sheet calls it what is printed there: Z."""
    page.add_init_script(
        """Object.defineProperty(navigator, 'keyboard', { value: { getLayoutMap: async () =>
        new Map([['KeyW', 'z'], ['KeyA', 'q'], ['KeyS', 's'], ['KeyM', ','], ['Comma', ';']]) } });"""
    )
    open_page(page, server)
    page.locator(TREE).focus()
    keyboard = page.context.new_cdp_session(page)

    def press(key: str, code: str) -> None:
        for type in ("keyDown", "keyUp"):
            keyboard.send("Input.dispatchKeyEvent", {"type": type, "key": key, "code": code, "text": ""})

    width = ask(page, "c.viewport.width")
    press("z", "KeyW")
    assert ask(page, "c.viewport.width") == pytest.approx(width / 1.5)
    press("w", "KeyZ")
    assert ask(page, "c.viewport.width") == pytest.approx(width / 1.5)
    press("?", "KeyM")
    keys = page.locator("dialog.gt-help kbd")
    expect(keys.first).to_have_text("Z")
    assert keys.all_inner_texts()[:4] == ["Z", "S", "Q", "D"]
    assert {",", ";"} <= set(keys.all_inner_texts())


def test_slow_replay(page: Page, server: Server) -> None:
    """At 1:1000 a millisecond takes a second, the view goes with the playhead, and the lines with it; Space stops it."""
    open_page(page, server)
    page.get_by_role("button", name="1:1000").click()
    page.locator(TREE).focus()
    page.keyboard.press("Space")
    began = time.monotonic()
    wait(page, "c.at > 200000")
    page.keyboard.press("Space")
    passed = time.monotonic() - began
    at = ask(page, "c.at")
    assert at <= passed * 1e6 * 1.1
    assert ask(page, "c.viewport.contains(c.at) && c.viewport.width < 21e6")
    page.wait_for_timeout(100)
    assert ask(page, "c.at") == at
    assert page.locator(".gt-mark").count() > 0


def test_an_arrow_lights_up_when_the_playhead_passes_it(page: Page, server: Server) -> None:
    """Bright at first, then weaker, then no longer; and not at all while the playhead rests."""
    open_page(page, server, fragment="#from=118000000&to=122000000&at=119000000")
    wait(page, "s.frame === 0 && s.painter.palette")
    page.evaluate(
        """() => { const over = document.querySelector('gil-timeline').stage.painter.over, draw = over.draw;
        over.draw = (frame) => { window.frame = frame; draw.call(over, frame); }; }"""
    )
    ask(page, "s.touch()")
    wait(page, "s.frame === 0 && window.frame")
    assert page.evaluate("window.frame.passing") is None
    alphas = ask(
        page,
        """(() => { const { flows } = m, over = s.painter.over, [n] = flows.visible(119.2e6, 121e6, 0).chosen;
        const x = Math.round(s.scale.timeToPx(flows.fromAt[n]) * s.painter.ratio);
        const brightest = (passed) => { const at = flows.toAt[n] + passed;
          over.draw({ ...window.frame, at: at + 5e5, passing: passed === null ? null : { from: at - 3e5, to: at } });
          const { data } = over.over.getImageData(x - 1, 40, 3, over.overlay.height - 40); let most = 0;
          for (let i = 3; i < data.length; i += 4) most = Math.max(most, data[i]); return most; };
        return [brightest(3e4), brightest(2e5), brightest(4e5), brightest(null)]; })()""",
    )
    assert alphas[0] > 180 > alphas[1] > 40
    assert alphas[2:] == [0, 0]
    # Of the many that a stretch has, only some are drawn: none of them is any more what was passed than the others.
    many = "s.painter.over.draw({ ...window.frame, passing: { from: 0, to: 400e6 } }), s.painter.over.blank"
    assert ask(page, f"(({many}))") is True


def test_the_playhead_moves_without_the_large_canvas_being_touched(page: Page, server: Server) -> None:
    """A canvas that is touched is copied as a whole: what moves with every frame isn't on it."""
    open_page(page, server, fragment="#from=0&to=400000000&at=100000000")
    wait(page, "s.frame === 0 && s.painter.palette")
    page.evaluate(
        """() => { const { over } = document.querySelector('gil-timeline').stage.painter.over, clear = over.clearRect;
        window.touched = 0; over.clearRect = function (...edges) { touched += 1; clear.apply(over, edges); }; }"""
    )
    place = """(() => { const line = s.sheet.querySelector('.gt-playhead').getBoundingClientRect();
        return Math.abs(line.left + 1 - s.sheet.getBoundingClientRect().left - s.scale.timeToPx(c.at)) < 1; })()"""
    assert ask(page, place)
    ask(page, "s.act((c) => c.seek(200000000))")
    wait(page, "s.frame === 0")
    assert ask(page, f"[c.at, {place}]") == [200_000_000, True]
    ask(page, "s.act((c) => c.pan(-3e8))")
    wait(page, "s.frame === 0")
    assert page.locator(".gt-playhead").is_hidden()
    assert page.evaluate("touched") == 0
    ask(page, "s.setRange({ from: 1e7, to: 2e7 })")
    wait(page, "s.frame === 0")
    assert page.evaluate("touched") == 1


def test_a_moment_in_the_address_is_shown_in_the_whole(page: Page, server: Server) -> None:
    """The view is of the whole recording, however little of it was read when it was last drawn."""
    open_page(page, server, fragment="#at=300000000")
    wait(page, "s.frame === 0")
    assert ask(
        page,
        "[c.at, c.untouched, c.viewport.from < 0, c.viewport.to > m.duration, c.viewport.width < 1.1 * m.duration]",
    ) == [3e8, True, True, True, True]


def test_view_is_in_the_address(page: Page, server: Server) -> None:
    """A view comes from the address, follows it when it changes, and is written to it."""
    open_page(page, server, fragment=f"{LOOK}&at=119340000&track=5")
    wait(page, "s.selected")
    assert ask(page, "[c.viewport.from, c.viewport.to, c.at, s.selected.track.id]") == [60e6, 140e6, 119_340_000, 5]
    page.evaluate("() => { location.hash = 'from=1000000&to=2000000&at=1500000'; }")
    wait(page, "c.viewport.from === 1e6 && c.at === 1.5e6")
    page.get_by_role("button", name="Zoom in").click()
    wait(page, "!location.hash.includes('from=1000000&')")
    assert ask(page, "location.hash.includes(`from=${Math.round(c.viewport.from)}&to=${Math.round(c.viewport.to)}`)")
    page.locator(TREE).focus()
    page.keyboard.press("0")
    page.keyboard.press("Home")
    page.keyboard.press("Escape")
    wait(page, "location.hash.includes('at=0') && c.viewport.from < 0 && c.viewport.to > m.duration")


def test_what_is_selected_stays_so_wherever_the_playhead_went(page: Page, server: Server) -> None:
    """A link, and the way back, know the span and the first track in sight; links of before, which knew neither, lead where they led."""
    open_page(page, server, fragment=f"{LOOK}&at=119340000&track=5")
    wait(page, "s.selected")
    chosen = ask(page, "[s.selected.track.id, s.selected.from, s.selected.to]")
    assert chosen[1] <= 119_340_000 < chosen[2]
    page.locator(TREE).focus()
    page.keyboard.press("Home")
    wait(page, "location.hash.includes('span=')")
    page.set_viewport_size({"width": 1280, "height": 260})
    wait(page, "s.scroll.scrollHeight > s.scroll.clientHeight + 60")
    page.evaluate("() => { document.querySelector('.gt-scroll').scrollTop = 1e4; }")
    wait(page, "location.hash.includes('top=')")
    address = page.evaluate("location.hash")
    first = "s.layout.rows.find((row) => row.topPx + row.heightPx > s.scroll.scrollTop + 30).track.id"
    top = ask(page, first)
    page.goto("about:blank")
    open_page(page, server, fragment=address)
    wait(page, "s.selected && s.scroll.scrollTop > 0")
    assert ask(page, "[s.selected.track.id, s.selected.from, s.selected.to, c.at]") == [*chosen, 0]
    assert ask(page, first) == top
    page.locator(TREE).focus()
    page.keyboard.press("Escape")
    wait(page, "!location.hash.includes('span=')")
    page.keyboard.press("Backspace")
    wait(page, "s.selected")
    assert ask(page, "[s.selected.track.id, s.selected.from, s.selected.to, c.at]") == [*chosen, 0]


def test_the_first_view_begins_where_the_scenario_does(page: Page, server: Server) -> None:
    """Without what was imported before; its address says nothing, as it is what comes by itself, also when one goes back to it."""
    open_page(page, server)
    first = "[m.opening > 0, c.at === m.opening, c.viewport.from > -0.01 * m.duration && c.viewport.from < m.opening, location.hash]"
    assert ask(page, first) == [True, True, True, ""]
    page.locator(TREE).focus()
    page.keyboard.press("+")
    wait(page, "location.hash.includes('from=')")
    page.keyboard.press("Backspace")
    wait(page, "location.hash === ''")
    assert ask(page, first) == [True, True, True, ""]


def rows(page: Page) -> Any:
    """Everything that the model knows, to compare two ways of getting it."""
    return ask(
        page,
        """[m.rowCount, m.flows.count, m.duration, m.all.map((track) => [track.name, track.rows.count,
        track.rows.at.slice(0, track.rows.count).reduce((sum, at, n) => (sum * 31 + at + track.rows.state[n]) % 1e9, 0)])]""",
    )


def test_live_through_broken_connections(page: Page, server: Server) -> None:
    """Broken twice, with chunks told again and chunks left out: in the end every row is there, once, in order."""
    open_page(page, server)
    expected = rows(page)
    server.handlers = [
        give(0, 1),
        give(1, 1, 2),  # told again what was there already
        give(5, 6, len(CHUNKS) - 1, ended=True),  # too slow for 3 and 4: they must come from the file
    ]
    page.evaluate("() => sessionStorage.clear()")
    page.goto(f"{server.address}/?with={quote(LIVE)}")
    page.evaluate("() => { window.ended = 0; addEventListener('gil-ended', () => { window.ended += 1; }); }")
    wait(page, "e.phase === 'ended' && m.end && m.end.duration_ns > 0")
    assert rows(page) == expected
    assert page.evaluate("() => window.ended") == 1
    assert server.connections == [0, 2, 3]
    assert ask(page, "m.header.title") == "A lock inside the lock"


def test_follow_live_pause_and_return(page: Page, server: Server) -> None:
    """A run is followed as it grows; dragging stops that, the Live button returns, and the end shows the whole."""
    go = threading.Event()
    end = threading.Event()

    async def handler(websocket: WebSocket, _: int) -> None:
        await tell(websocket, type="status", state="running")
        for number in (0, 1, 2, 3):
            await websocket.send_bytes(CHUNKS[number])
        await asyncio.to_thread(go.wait, 20)
        await websocket.send_bytes(CHUNKS[4])
        await asyncio.to_thread(end.wait, 20)
        for number in range(5, len(CHUNKS)):
            await websocket.send_bytes(CHUNKS[number])
        await tell(websocket, type="status", state="ended", verdict="ok", sentence="Ended by itself.")
        await hang(websocket, 0)

    server.handlers = [handler]
    open_page(page, server, LIVE, phase="running")
    live = page.get_by_role("button", name="Live")
    wait(page, "c.following && Math.abs(c.at - m.until) < s.scale.nsPerPx")
    wait(page, "m.until > 2e8 && document.elementFromPoint(700, 300).tagName === 'CANVAS'")
    told = page.locator(".gt-position").inner_text()
    assert re.fullmatch(r"[1-9]00 ms of [1-9]00 ms", told), f"tenths of a second while it goes on, not {told}"
    page.mouse.move(700, 300)
    page.mouse.down()
    page.mouse.move(900, 300, steps=4)
    page.mouse.up()
    assert ask(page, "c.following") is False
    wait(page, "document.querySelector('.gt-live').getAttribute('aria-pressed') === 'false'")
    where = ask(page, "c.viewport.from")
    until = ask(page, "m.until")
    go.set()
    wait(page, f"m.until > {until}")
    assert ask(page, "c.viewport.from") == where
    live.click()
    wait(page, "c.following && Math.abs(c.at - m.until) < s.scale.nsPerPx")
    end.set()
    wait(page, "e.phase === 'ended'")
    assert ask(page, "[c.following, c.viewport.from <= 0, c.viewport.to >= m.duration]") == [False, True, True]
    assert not live.is_visible()


HIDE = """(hidden) => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange')); }"""


def test_asks_for_nothing_out_of_sight_and_for_all_it_missed_when_it_is_back(page: Page, server: Server) -> None:
    """A page in the background lets go of the run, which is no broken connection; back in sight, it has every row once."""
    open_page(page, server)
    expected = rows(page)
    server.handlers = [give(0, 1, 2, stay=True), give(*range(3, len(CHUNKS)), ended=True)]
    open_page(page, server, LIVE, phase="running")
    wait(page, "e.feed.sequence.expected === 3")
    page.evaluate(HIDE, True)
    assert server.closed.wait(15)
    assert ask(page, "[e.feed.live.socket, e.connected]") == [None, True]
    assert server.connections == [0]
    page.evaluate(f"() => [false, true, false].forEach({HIDE})")
    wait(page, "e.phase === 'ended' && m.end && m.end.duration_ns > 0")
    assert rows(page) == expected
    assert server.connections == [0, 3]


def test_leaves_undone_what_it_has_got_when_it_goes_out_of_sight(page: Page, server: Server) -> None:
    """What waits to be taken in isn't worked on in the background: it is asked for again."""

    async def all_at_once(websocket: WebSocket, _: int) -> None:
        await tell(websocket, type="status", state="running", header=HEADER)
        for chunk in CHUNKS[:-1]:
            await websocket.send_bytes(chunk)
        await hang(websocket, 0)

    open_page(page, server)
    expected = rows(page)
    server.handlers = [all_at_once, give(*range(2, len(CHUNKS)), ended=True)]
    page.add_init_script(f"""new MutationObserver((_, watch) => {{
        if (document.querySelector('gil-timeline')?.dataset.phase !== 'shown') return;
        watch.disconnect();
        ({HIDE})(true);
    }}).observe(document, {{ subtree: true, attributeFilter: ['data-phase'] }});""")
    open_page(page, server, LIVE, phase="running")
    assert server.closed.wait(15)
    assert ask(page, "e.feed.sequence.expected") == 2, "the tracks and the first rows"
    page.evaluate(HIDE, False)
    wait(page, "e.phase === 'ended' && m.end && m.end.duration_ns > 0")
    assert rows(page) == expected
    assert server.connections == [0, 2]


def test_begins_to_follow_when_it_is_seen_first(page: Page, server: Server) -> None:
    """A page that is opened in the background asks for nothing until somebody looks at it."""
    page.add_init_script("(" + HIDE + ")(true)")
    server.handlers = [give(*range(len(CHUNKS)), ended=True)]
    open_page(page, server, LIVE, phase="loading")
    page.evaluate("() => fetch('/icon').then(() => fetch('/icon'))")
    assert server.connections == []
    page.evaluate(HIDE, False)
    wait(page, "e.phase === 'ended'")
    assert server.connections == [0]


def test_tells_the_page_of_the_end_when_the_server_has_it(page: Page, server: Server) -> None:
    """The last chunk ends the picture; only the server's word that it has all of it brings the page to ask for findings."""
    go = threading.Event()

    async def handler(websocket: WebSocket, _: int) -> None:
        await tell(websocket, type="status", state="running")
        for chunk in CHUNKS:
            await websocket.send_bytes(chunk)
        await asyncio.to_thread(go.wait, 20)
        await tell(websocket, type="status", state="ended", verdict="ok", sentence="Ended by itself.")
        await hang(websocket, 0)

    server.handlers = [handler]
    page.add_init_script(
        "window.ended = []; addEventListener('gil-ended', (event) => window.ended.push(event.detail.verdict));"
    )
    open_page(page, server, LIVE, phase="ended")
    assert page.evaluate("() => window.ended") == []
    go.set()
    deadline = time.monotonic() + 10
    while not page.evaluate("() => window.ended.length"):
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)
    assert page.evaluate("() => window.ended") == ["ok"]


def test_says_when_it_waits_and_when_the_connection_is_lost(page: Page, server: Server) -> None:
    """A place in the queue, a run, silence: each is told in words."""
    silent = threading.Event()

    async def queued(websocket: WebSocket, _: int) -> None:
        await tell(websocket, type="status", state="queued", position=2)
        await asyncio.to_thread(silent.wait, 20)
        await tell(websocket, type="status", state="running")
        await websocket.send_bytes(CHUNKS[0])
        await websocket.send_bytes(CHUNKS[1])

    async def refuse(websocket: WebSocket, _: int) -> None:
        await websocket.close(1013)

    server.handlers = [queued, *[refuse] * 20]
    page.add_init_script("""window.heard = []; new MutationObserver(() => { const text = document.querySelector('.gt-spoken[aria-live]')?.textContent;
        if (text && text !== heard.at(-1)) heard.push(text); }).observe(document, { subtree: true, childList: true });""")
    open_page(page, server, LIVE, phase="queued")
    assert page.locator(".gt-message-title").inner_text() == "2nd in the queue"
    silent.set()
    wait(page, "document.querySelector('.gt-say-broken')")
    assert "Reconnecting" in page.locator(".gt-say-broken").inner_text()
    wait(page, "m.rowCount === 400")
    server.handlers = [give(*range(2, len(CHUNKS)), ended=True)]
    wait(page, "e.phase === 'ended'")
    assert [text[:21] for text in page.evaluate("() => window.heard")] == [
        "2nd in the queue. Run",
        "The run has begun.",
        "The run has ended. En",
    ]
    assert page.locator(".gt-say-broken").count() == 0
    assert page.locator(".gt-message").is_hidden()


def test_removed_element_closes_its_connection(page: Page, server: Server) -> None:
    server.handlers = [give(0, 1, stay=True)]
    open_page(page, server, LIVE, phase="running")
    page.evaluate("() => document.querySelector('gil-timeline').remove()")
    assert server.closed.wait(10)
    assert len(server.connections) == 1


def test_run_that_is_no_longer_there(page: Page, server: Server) -> None:
    """A live address that refuses from the first is left; what there is comes from the file."""

    async def refuse(websocket: WebSocket, _: int) -> None:
        await websocket.close(1013)

    server.handlers = [refuse] * 9
    open_page(page, server, LIVE)
    assert len(server.connections) == 3
    assert ask(page, "m.rowCount > 2000 && m.end.verdict === 'ok'")


def test_missing_recording(page: Page, server: Server) -> None:
    page.expected_errors = ("404",)  # type: ignore[attr-defined]
    server.file_status = 404
    open_page(page, server, phase="failed")
    assert page.locator(".gt-message").inner_text().startswith("The recording can’t be shown")
    assert "no longer there" in page.locator(".gt-message").inner_text()


def test_foreign_file(page: Page, server: Server) -> None:
    server.file = b"PK\x03\x04" * 100
    open_page(page, server, phase="failed")
    assert "not a Gilscope recording" in page.locator(".gt-message").inner_text()


def test_damaged_and_truncated_files_show_the_rest(page: Page, server: Server) -> None:
    """A damaged chunk is named and hatched; a file that breaks off shows what was written before."""
    head = RECORDING[: RECORDING.index(b"GSCK")]
    damaged = bytearray(CHUNKS[1])
    damaged[80] ^= 255
    server.file = head + CHUNKS[0] + bytes(damaged) + b"".join(CHUNKS[2:])
    open_page(page, server)
    assert ask(page, "m.damages.length") == 1
    assert "Chunk 1 is damaged" in page.locator(".gt-say-damage").inner_text()
    assert ask(page, "m.rowCount > 0 && m.end !== null")
    middle = ask(page, "(m.damages[0].from + m.damages[0].to) / 2")
    assert (
        ask(
            page,
            f"m.all.map((track) => track.spanAt({middle}, m.duration)?.state).filter((state) => state > 0 && state !== 8)",
        )
        == []
    )
    server.file = head + CHUNKS[0] + CHUNKS[1] + CHUNKS[2][:50]
    open_page(page, server)
    assert ask(page, "m.rowCount") == 400
    assert "ends in the middle of a chunk" in page.locator(".gt-status").inner_text()


def test_shows_what_was_printed_and_why_it_failed(page: Page, server: Server, tmp_path: Path) -> None:
    """The traceback is in sight at once, and once; a line leads to its moment, and later ones are dim from then on."""
    server.file = failing(tmp_path)
    open_page(page, server)
    assert page.locator(".gt-say-verdict").inner_text() == "It raised KeyError: 'pears'."
    assert page.locator(".gt-source .gt-tab[aria-selected=true]").inner_text() == "Printed 43, and the traceback"
    box, panel = (page.locator(one).bounding_box() for one in (".gt-traceback", ".gt-printed"))
    assert box and panel and panel["y"] <= box["y"] and box["y"] + box["height"] <= panel["y"] + panel["height"]
    assert page.locator(".gt-traceback").inner_text() == (TRACEBACK % "").strip()
    lines = page.locator(".gt-printed-line")
    assert [text.split() for text in lines.all_inner_texts()[-3:]] == [
        ["10.000", "ms", "half", "a", "line"],
        ["20.000", "ms", "err", "that", "was", "slow"],
        ["30.000", "ms", "the", "last"],
    ]
    assert lines.count() < 25  # only what is in sight is made
    assert page.locator(".gt-later").count() == 0
    lines.nth(-2).locator(".gt-text").click()
    assert ask(page, "c.at") == 20_000_000
    wait(page, "e.querySelectorAll('.gt-later').length === 1")
    page.get_by_role("tab", name="Source").click()
    assert not page.locator(".gt-traceback").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.locator(".gt-traceback").is_visible()


def test_shows_live_what_is_printed(page: Page, server: Server, tmp_path: Path) -> None:
    """Nothing is said of printing before something is printed; the last line stays in sight."""
    told = chunks(failing(tmp_path))
    print_it, end = threading.Event(), threading.Event()

    async def handler(websocket: WebSocket, _: int) -> None:
        await tell(websocket, type="status", state="running", header=HEADER)
        for number, chunk in enumerate(told):
            if number == 2:
                await asyncio.to_thread(print_it.wait, 20)
            if number == len(told) - 1:
                await asyncio.to_thread(end.wait, 20)
            await websocket.send_bytes(chunk)
        await hang(websocket, 0)

    server.handlers = [handler]
    open_page(page, server, LIVE, phase="running")
    wait(page, "m.rowCount === 2 && e.dataset.phase === 'shown' && e.around.later")
    assert page.locator(".gt-tab:visible").all_inner_texts() == ["Source", "Who waits", "Marks"]
    print_it.set()
    page.get_by_role("tab", name="Printed 47").click()
    page.get_by_text("KeyError: 'pears'", exact=True).wait_for()
    assert ask(page, "e.around.later.beside.printed.element.scrollTop") > 0
    assert page.locator(".gt-traceback").is_hidden()
    end.set()
    wait(page, "e.phase === 'ended'")
    assert page.locator(".gt-traceback").is_visible()


def test_says_what_was_not_measured(page: Page, server: Server) -> None:
    header = {**HEADER, "layers": {**HEADER["layers"], "gil": {"measured": False, "why": "No compiler was found."}}}
    text = json.dumps(header).encode()
    server.file = b"gilscope recording 1 crc32=%08x bytes=%d\n%s\n" % (zlib.crc32(text), len(text), text) + b"".join(
        CHUNKS
    )
    open_page(page, server)
    assert page.locator(".gt-say-unmeasured").inner_text() == "The GIL wasn’t measured. No compiler was found."


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_every_width(page: Page, server: Server, width: int) -> None:
    """Nothing sticks out, and every target is 24 pixels at least."""
    page.set_viewport_size({"width": width, "height": 844})
    open_page(page, server, fragment=f"{LOOK}&at=119340000&track=4")
    wait(page, "s.selected && s.frame === 0 && e.querySelectorAll('.gt-hop').length === 2")
    assert ask(page, "document.documentElement.scrollWidth") <= width
    sizes = ask(
        page,
        "[...e.querySelectorAll('button, select')].filter((one) => one.offsetParent).map((one) => [one.offsetWidth, one.offsetHeight])",
    )
    assert len(sizes) >= 10
    assert all(min(size) >= 24 for size in sizes)
    assert ask(page, "e.querySelectorAll('[style*=\"color\"]').length <= 1")


def test_drawn_even_if_it_had_no_size_at_first(page: Page, server: Server) -> None:
    """Created inside a hidden part of the page, it draws when it is shown, at whatever resolution."""
    open_page(page, server)
    page.evaluate(
        """() => { const main = document.querySelector('main'); main.hidden = true; const old = main.firstElementChild;
        const fresh = document.createElement('gil-timeline'); fresh.setAttribute('src', '/recordings/x/file'); old.replaceWith(fresh); }"""
    )
    wait(page, "e.phase === 'ended'")
    assert ask(page, "s.widthPx") == 0
    page.evaluate("() => { document.querySelector('main').hidden = false; }")
    wait(page, "s.widthPx > 0 && s.layout.rows.length > 5 && s.frame === 0 && s.ground.width > 1000")
    assert ask(page, "new Set(s.painter.ctx.getImageData(300, 0, 1, 300).data).size > 5")
