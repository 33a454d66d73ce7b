"""Why is this not running? Asked in a real browser, of a real server, about a recorded deadlock."""

import re
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.app_client import Served, served, settings
from tests.timeline_page import ROOT, ask, browser, place, wait

__all__ = ["browser"]


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
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{server.base}/recordings/deadlock")
    page.wait_for_load_state("networkidle")
    wait(page, "e.phase === 'ended' && s.frame === 0")
    yield page
    page.close()
    assert [error for error in errors if "Failed to load resource" not in error] == []


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
    page.locator("[role=treegrid] [tabindex='0']").focus()
    page.keyboard.press("Backspace")
    assert selected(page) == "transfer 1"
    expect(hops.first).to_have_attribute("aria-current", "step")
    click(page, "MainThread")
    expect(page.locator(".gt-detail-title")).to_have_text("Why is MainThread not running?")
    expect(hops).to_have_count(4)
    page.locator("[role=treegrid] [tabindex='0']").focus()
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
