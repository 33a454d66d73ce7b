"""Why is this not running? Asked in a real browser, of a real server, about a recorded deadlock."""

import csv
import io
import re
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.app_client import Served, served, settings
from tests.browsing import opened
from tests.timeline_page import ROOT, TREE, ask, place, wait


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("data")
    (data / "recordings").mkdir()
    shutil.copy(ROOT / "recordings" / "deadlock.gilscope", data / "recordings" / "deadlock.gilscope")
    with served(settings(data)) as running:
        deadline = time.monotonic() + 60
        while not running.state["store"].newest():
            assert time.monotonic() < deadline, "the recording doesn't come into the index"
            time.sleep(0.02)
        yield running


@pytest.fixture
def page(browser: Browser, server: Served) -> Iterator[Page]:
    """The deadlock, whole; every error fails the test, but an answer that says no."""
    page, errors = opened(browser, expected=("Failed to load resource",), viewport={"width": 1280, "height": 800})
    page.goto(f"{server.base}/recordings/deadlock")
    page.wait_for_load_state("networkidle")
    wait(page, "e.phase === 'ended' && e.around.later && s.frame === 0")
    yield page
    page.close()
    assert errors == []


def middle(page: Page) -> float:
    return float(ask(page, "m.duration / 2"))


def click(page: Page, track: str) -> None:
    """On what a track does in the middle of the recording."""
    where = place(page, track, middle(page))
    page.mouse.click(where["x"], where["y"])


def selected(page: Page) -> Any:
    return ask(page, "s.selected && s.selected.track.name")


def accents(page: Page) -> int:
    """Pixels of the overlay in the colour of stories."""
    return int(
        ask(
            page,
            """(() => { const [r, g, b] = s.painter.palette.rgb.accent, { width, height } = s.canvas, { data } = s.canvas.getContext('2d').getImageData(0, 0, width, height);
            let count = 0; for (let n = 0; n < data.length; n += 4) count += data[n] === r && data[n + 1] === g && data[n + 2] === b && data[n + 3] === 255; return count; })()""",
        )
    )


def test_the_story_of_a_deadlock_is_told_drawn_and_walked(page: Page) -> None:
    """A click on a blocked span; hop by hop, with arrows; a hop selects its span and stays in the story; back leads back."""
    before = accents(page)
    click(page, "transfer 1")
    hops = page.locator(".gt-hop")
    expect(hops).to_have_count(3)
    assert [re.sub(r"\d+ ms", "… ms", text) for text in hops.all_inner_texts()] == [
        "transfer 1 waits … ms for lock savings, at line 26.",
        "transfer 2 waits … ms for lock checking, at line 26.",
        "transfer 1 is in this chain already: they wait for each other.",
    ]
    assert hops.first.get_attribute("aria-current") == "step"
    wait(page, "s.story && s.frame === 0")
    assert accents(page) > before + 200
    page.keyboard.press("f")
    hops.nth(1).click()
    assert selected(page) == "transfer 2"
    assert page.locator(".gt-detail-title").inner_text() == "Why is transfer 1 not running?"
    assert hops.nth(1).get_attribute("aria-current") == "step"
    wait(page, "c.viewport.contains(c.at)")
    page.locator(TREE).focus()
    page.keyboard.press("Backspace")
    assert selected(page) == "transfer 1"
    expect(hops.first).to_have_attribute("aria-current", "step")
    click(page, "MainThread")
    expect(page.locator(".gt-detail-title")).to_have_text("Why is MainThread not running?")
    expect(hops).to_have_count(4)
    click(page, "savings")
    expect(page.locator(".gt-detail-title")).to_have_text("Who has savings, and what does that one do?")
    expect(hops.nth(1)).to_contain_text("transfer 2 waits")
    page.locator(TREE).focus()
    page.keyboard.press("Escape")
    assert ask(page, "s.story") is None


def test_it_says_that_it_is_asking_and_what_went_wrong_and_asks_again(page: Page) -> None:
    held: list[Route] = []
    page.route("**/why?*", lambda route: held.append(route))
    click(page, "transfer 2")
    panel = page.locator(".gt-why")
    expect(panel).to_have_text("Working out why …")
    while not held:
        page.wait_for_timeout(10)
    held.pop().fulfill(status=500, json={"sentence": "Working that out broke off."})
    expect(panel).to_contain_text("Working that out broke off.")
    page.unroute("**/why?*")
    panel.get_by_role("button", name="Try again").click()
    expect(page.locator(".gt-hop")).to_have_count(3)


def test_without_a_server_it_says_so(page: Page) -> None:
    """The recording's file alone, as it may lie beside somebody's page."""
    page.evaluate(
        "() => { const e = document.querySelector('gil-timeline'); e.removeAttribute('recording'); e.setAttribute('src', e.getAttribute('src') + '?'); }"
    )
    wait(page, "e.phase === 'ended' && m.rowCount > 0 && !s.selected")
    click(page, "transfer 2")
    expect(page.locator(".gt-why")).to_contain_text("worked out by the server that has the recording")


def test_the_critical_path_is_drawn_and_told(page: Page) -> None:
    """By its key, wherever that lies; all else is dimmed; a segment leads to its span; the key again, and it is gone."""
    veiled = "s.canvas.getContext('2d').getImageData(s.canvas.width - 40, s.canvas.height - 10, 1, 1).data[3]"
    assert ask(page, veiled) == 0
    page.locator(TREE).focus()
    page.keyboard.press("k")
    segments = page.locator(".gt-path .gt-hop")
    expect(segments.first).to_be_visible()
    wait(page, "s.path && s.frame === 0")
    assert ask(page, veiled) > 100
    assert page.get_by_role("button", name="The critical path").get_attribute("aria-pressed") == "true"
    told = page.request.get(page.url.split("#")[0] + "/path").json()
    assert segments.all_inner_texts() == [segment["sentence"] for segment in told["longest"]]
    longest = max(told["longest"], key=lambda segment: segment["end"] - segment["begin"])
    page.locator(".gt-path .gt-hop", has_text=longest["sentence"]).first.click()
    assert ask(page, "s.selected.track.id") == longest["track"]
    expect(segments.first).to_be_visible()
    wait(page, "location.hash.includes('path=1')")
    page.locator(TREE).focus()
    page.keyboard.press("k")
    wait(page, "!s.path && s.frame === 0")
    assert ask(page, veiled) == 0
    expect(page.get_by_role("tab", name="Critical path")).to_be_hidden()


def test_short_parts_of_a_range_show_when_asked_for(page: Page) -> None:
    """Of each thread the longest always shows; on a phone a row has the whole width."""
    end = ask(page, "s.model.duration")
    said = page.request.get(f"{page.url.split('#')[0]}/range?from=0&to={end}").json()["blame"]
    first = [n == 0 or said[n - 1]["thread"] != row["thread"] for n, row in enumerate(said)]
    large = [row["sentence"] for row, longest in zip(said, first, strict=True) if longest or row["ns"] >= end / 100]
    page.get_by_role("button", name="Figures of what is in view").click()
    expect(page.locator(".gt-blame table")).to_be_visible()
    # It scrolls in its panel: the page itself stays as high as the window.
    assert page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")
    page.set_viewport_size({"width": 390, "height": 800})
    table = page.locator(".gt-blame table")
    cells = table.locator("tr:not([hidden]) > td:last-child")
    expect(cells).to_have_text(large)
    assert len(large) < len(said)
    assert cells.first.bounding_box()["width"] > 200  # type: ignore[index]
    page.get_by_role("button", name=f"Show {len(said) - len(large)} parts below 1 %").click()
    expect(cells).to_have_text([row["sentence"] for row in said])


def test_a_range_has_its_figures_and_they_are_copied_as_they_are(page: Page) -> None:
    """Drawn with Shift; its table is what the server says, and so is what is copied; it is in the address; Escape forgets it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    left, right = (place(page, "transfer 1", middle(page) * part) for part in (0.5, 1.5))
    page.keyboard.down("Shift")
    page.mouse.move(left["x"], left["y"])
    page.mouse.down()
    page.mouse.move(right["x"], right["y"], steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator(".gt-range table").first).to_be_visible()
    begin, end = ask(page, "[s.arrangement.range.from, s.arrangement.range.to]")
    assert abs(begin - middle(page) / 2) < middle(page) / 50 > abs(end - middle(page) * 1.5)
    wait(page, f"location.hash.includes('range={begin},{end}')")
    said = page.request.get(f"{page.url.split('#')[0]}/range?from={begin}&to={end}").json()
    sentences = page.locator(".gt-range table").first.locator("td:last-child").all_inner_texts()
    assert sentences == [row["sentence"] for row in said["blame"]]
    page.get_by_role("button", name="Copy as CSV").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    rows = list(csv.DictReader(io.StringIO(page.evaluate("() => navigator.clipboard.readText()"))))
    blamed = [row for row in rows if row["figure"] == "blame"]
    assert [(int(row["value"]), row["what"]) for row in blamed] == [(row["ns"], row["reason"]) for row in said["blame"]]
    for figure in ("blame", "state"):  # each divides the whole life
        mine = [int(row["value"]) for row in rows if (row["figure"], row["track"]) == (figure, "transfer 1")]
        assert sum(mine) == end - begin
    page.reload()
    expect(page.locator(".gt-range table").first).to_be_visible()
    assert ask(page, "[s.arrangement.range.from, s.arrangement.range.to]") == [begin, end]
    page.locator(TREE).focus()
    page.keyboard.press("Escape")
    expect(page.locator(".gt-range")).to_be_hidden()
    wait(page, "!location.hash.includes('range')")
    page.keyboard.press("b")
    expect(page.locator(".gt-range table").first).to_be_visible()
    assert ask(page, "[s.arrangement.range.from, s.arrangement.range.to, m.duration]") == [
        0,
        *[ask(page, "m.duration")] * 2,
    ]


def test_a_range_from_the_strip_and_none_where_there_is_nothing(page: Page) -> None:
    strip = page.locator(".gt-overview").bounding_box()
    assert strip
    x, y = strip["x"] + strip["width"] * 0.5, strip["y"] + 8
    page.keyboard.down("Shift")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=2)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator(".gt-range table").first).to_be_visible()
    assert ask(page, "c.untouched")
    page.get_by_role("button", name="Clear").click()
    assert ask(page, "s.arrangement.range") is None


def test_an_embedded_timeline_says_who_could_tell(page: Page, server: Served) -> None:
    page.goto(f"{server.base}/embed/deadlock")
    wait(page, "e.phase === 'ended'")
    page.locator(TREE).focus()
    page.keyboard.press("k")
    expect(page.locator(".gt-status")).to_contain_text("worked out by the server that has the recording")
