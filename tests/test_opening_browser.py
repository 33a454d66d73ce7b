"""Opening a recording: what comes first, what comes later, and what one can do meanwhile."""

from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from gilscope.events import State, TrackKind
from gilscope.recording import Rows, Writer
from tests.browsing import REFUSED, browser
from tests.timeline_page import (
    CHUNKS,
    ENDED,
    HEADER,
    LIVE,
    TREE,
    Server,
    ask,
    give,
    open_page,
    page,
    place,
    server,
    wait,
)

__all__ = ["browser", "page", "server"]

FIRST, LATER = "**/static/js/first.js", "**/static/js/panels/later.js"
PICTURE = """new MutationObserver((_, watch) => {
    const timeline = document.querySelector('gil-timeline');
    if (timeline?.dataset.phase !== 'shown') return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => {
        const { ground } = timeline.stage, { data } = ground.getContext('2d').getImageData(0, 0, ground.width, ground.height);
        window.colours = new Set(new Uint32Array(data.buffer)).size;
        window.rows = timeline.model.rowCount;
    }));
}).observe(document, { subtree: true, attributeFilter: ['data-phase'] });"""
BOXES = "['.gt-stage', '.gt-below', '.gt-source', '.gt-answers', '#below'].map((one) => JSON.stringify(document.querySelector(one).getBoundingClientRect()))"


def hold(page: Page, what: str) -> list[Route]:
    """Requests for it aren't answered until they are continued."""
    held: list[Route] = []
    page.route(what, lambda route: held.append(route))
    return held


def until_held(page: Page, held: list[Route]) -> Route:
    for _ in range(1500):
        if held:
            return held[0]
        page.wait_for_timeout(10)
    raise AssertionError("it was never asked for")


def test_the_first_picture_has_the_recording_in_it(page: Page, server: Server) -> None:
    """What a timeline says it shows is drawn then, with the room that there is: no empty ground before it."""
    page.add_init_script(PICTURE)
    open_page(page, server)
    assert page.evaluate("window.colours") > 20


def test_the_first_picture_is_coarse_and_the_next_one_fine(page: Page, server: Server) -> None:
    """Where there is more than one can see: columns of several pixels first, as while one zooms; each pixel of its own at rest."""
    held = hold(page, FIRST)
    page.goto(f"{server.address}/?with={quote(ENDED)}", wait_until="commit")
    until_held(page, held)
    page.evaluate(
        """async () => { const { Painter } = await import('/static/js/drawing/painter.js'), draw = Painter.prototype.drawGround;
        window.widths = []; Painter.prototype.drawGround = function (frame) {
          if (frame.model.rowCount > 0) widths.push(frame.columnPx); return draw.call(this, frame); }; }"""
    )
    for route in held:
        route.continue_()
    wait(page, "e.phase === 'ended' && s.frame === 0")
    widths = page.evaluate("widths")
    assert widths[0] == 3 and set(widths[1:]) == {1}


def test_a_large_recording_is_on_the_screen_before_the_rest_is_taken_in(
    page: Page, server: Server, tmp_path: Path
) -> None:
    rows, chunks = 9000, 4
    writer = Writer(tmp_path / "x.gilscope", HEADER)
    writer.add_meta({"tracks": [{"id": 1, "kind": TrackKind.THREAD, "name": "one", "parent": 0}]})
    random = np.random.default_rng(1)
    for n in range(chunks):
        at = np.arange(rows) * 1000 + n * rows * 1000
        states = random.integers(State.RUNNING, State.BLOCKED, rows, endpoint=True)
        writer.add_rows(Rows.of(at, track=1, state=states, value=random.integers(0, 2**60, rows)))
    writer.end({"verdict": "ok", "sentence": "It ended by itself.", "duration_ns": chunks * rows * 1000, "lost": 0})
    writer.close()
    server.file = (tmp_path / "x.gilscope").read_bytes()
    page.add_init_script(PICTURE)
    open_page(page, server)
    assert [page.evaluate("window.rows"), ask(page, "m.rowCount")] == [rows, rows * chunks]


def test_a_recording_comes_in_while_what_draws_it_is_fetched(page: Page, server: Server) -> None:
    """Its first rows are unpacked then; a worker, which would come up in the way of the first picture, comes after that."""
    workers: list[str] = []
    page.on("worker", lambda worker: workers.append(worker.url))
    held = hold(page, FIRST)
    with page.expect_response("**/recordings/x/file"):
        page.goto(f"{server.address}/?with={ENDED}", wait_until="commit")
    route = until_held(page, held)
    assert ask(page, "e.stage === undefined")
    assert workers == []
    route.continue_()
    wait(page, "e.phase === 'ended' && m.rowCount === 2125")
    assert len(workers) == 1


def test_a_run_is_followed_from_its_beginning(page: Page, server: Server) -> None:
    """What is told before anything can be drawn isn't lost."""
    server.handlers = [give(*range(len(CHUNKS)), ended=True)]
    held = hold(page, FIRST)
    page.goto(f"{server.address}/?with={LIVE}", wait_until="commit")
    route = until_held(page, held)
    while not server.connections:
        page.wait_for_timeout(10)
    route.continue_()
    wait(page, "e.phase === 'ended' && m.rowCount === 2125")
    assert server.connections == [0]


GOES = """() => { const old = document.querySelector('gil-timeline'), next = document.createElement('gil-timeline');
    next.setAttribute('src', '/recordings/x/file'); old.after(next); old.remove(); }"""
CHANGES = "() => document.querySelector('gil-timeline').removeAttribute('live')"


@pytest.mark.parametrize("change", [GOES, CHANGES])
def test_what_nobody_shows_any_more_is_let_go(page: Page, server: Server, change: str) -> None:
    """A timeline goes, or is to show something else, before anything could be drawn."""
    held = hold(page, FIRST)
    page.goto(f"{server.address}/?with={LIVE}", wait_until="commit")
    route = until_held(page, held)
    while not server.connections:
        page.wait_for_timeout(10)
    page.evaluate(change)
    route.continue_()
    wait(page, "e.phase === 'ended' && m.rowCount === 2125")
    assert server.closed.wait(15)


def test_nothing_moves_when_the_panels_come(page: Page, server: Server) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        held = hold(page, LATER)
        page.goto(f"{server.address}/?with={ENDED}")
        wait(page, "e.phase === 'ended' && s.frame === 0")
        before = ask(page, BOXES)
        until_held(page, held).continue_()
        wait(page, "e.around.later && s.frame === 0")
        assert ask(page, BOXES) == before
        page.unroute(LATER)


def test_keys_pressed_before_the_panels_have_come(page: Page, server: Server) -> None:
    """They do the same as later, but for what is typed into a panel: that is for nobody."""
    page.expected_errors = (REFUSED,)  # type: ignore[attr-defined]  # this server knows neither paths nor ranges
    held = hold(page, LATER)
    page.goto(f"{server.address}/?with={ENDED}#range=60000000,90000000")
    wait(page, "e.phase === 'ended' && s.arrangement.range && s.frame === 0")
    route = until_held(page, held)
    page.locator(TREE).focus()
    page.keyboard.press("k")
    page.keyboard.press("m")
    page.keyboard.type("boo")
    assert ask(page, "[s.arrangement.path, s.arrangement.range.to, e.around.later]") == [True, 90e6, None]
    route.continue_()
    mark = page.get_by_role("region", name="Marks").get_by_role("textbox")
    expect(mark).to_be_focused()
    expect(mark).to_have_value("")
    expect(page.get_by_role("tab", name="Critical path")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name="Range")).to_be_visible()


def test_without_the_panels_the_tracks_are_there(page: Page, server: Server) -> None:
    page.expected_errors = ("later.js", "Failed to load", "ERR_FAILED")  # type: ignore[attr-defined]
    page.route(LATER, lambda route: route.abort())
    page.goto(f"{server.address}/?with={ENDED}")
    wait(page, "e.phase === 'ended' && m.rowCount === 2125")
    expect(page.locator(".gt-status")).to_have_text(
        "What stands around the tracks didn’t all come. Load this page again to have the panels and the help."
    )
    at = ask(page, "m.duration / 2")
    where = place(page, "worker-1", at)
    page.mouse.click(where["x"], where["y"])
    wait(page, "s.selected?.track.name === 'worker-1'")


def test_without_what_draws_it_a_timeline_says_so(page: Page, server: Server) -> None:
    page.expected_errors = ("first.js", "Failed to load", "ERR_FAILED")  # type: ignore[attr-defined]
    page.route(FIRST, lambda route: route.abort())
    page.goto(f"{server.address}/?with={LIVE}")
    expect(page.locator("gil-timeline")).to_have_text(
        "The timeline can’t be shown, because a part of this page didn’t come. Load the page again."
    )
