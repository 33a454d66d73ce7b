"""The timeline without its picture: by keys, by what a screen reader hears, as text; and what axe finds on the pages."""

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.app_client import Served, served, settings
from tests.browsing import come_to_rest, opened
from tests.timeline_page import LOOK, ROOT, TREE, Server, ask, open_page, wait

AXE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_solves_the_deadlock_by_ear(page: Page, server: Server) -> None:
    """With keys and the accessibility tree alone: who waits for which lock, held by whom, until the circle closes."""
    server.file = (ROOT / "recordings/deadlock.gilscope").read_bytes()
    open_page(page, server)
    page.get_by_role("treegrid", name="Tracks").locator("[tabindex='0']").focus()
    page.keyboard.press("/")
    page.keyboard.type("blocked")
    waits: dict[str, tuple[str, str]] = {}
    for _ in range(8):
        page.keyboard.press("Shift+Enter")  # from the end
        row = page.get_by_role("treegrid").get_by_role("row", selected=True)
        row.get_by_role("gridcell", name=re.compile(" waits ")).wait_for()
        heard = row.aria_snapshot()
        told = re.search(r'gridcell "([^"]+?) waits [\d.]+ \w+ for lock (\w+), held by ([^",]+)', heard)
        if told:
            waits.setdefault(told[1], (told[2], told[3]))
        if len(waits) == 2:
            break
    begin = next(iter(waits))
    circle = [begin]
    while (following := waits[circle[-1]][1]) not in circle:
        circle.append(following)
    assert following == begin
    assert sorted(circle) == ["transfer 1", "transfer 2"]
    assert {waits[who][0] for who in circle} == {"checking", "savings"}


def test_tells_the_recording_in_words_and_as_a_table(page: Page, server: Server) -> None:
    """T opens both; the table holds all of the visible stretch though few of its rows are made, filters, and leads to a span."""
    open_page(page, server, fragment=LOOK)
    page.locator(TREE).focus()
    page.keyboard.press("t")
    sheet = page.get_by_role("dialog", name="The recording in words")
    words = sheet.locator(".gt-summary").inner_text()
    assert words.startswith("The recording lasts 421 ms, with 5 threads.")
    assert (
        re.search(r"worker-1: running [\d.]+ ms, \d+ %; ", words) and "While one had lock cache, others waited" in words
    )
    table = sheet.get_by_role("table")
    count = int(table.get_attribute("aria-rowcount") or 0) - 1
    assert count == ask(
        page,
        "s.layout.rows.reduce((sum, { track }) => { for (let n = 0; n < track.rows.count; n += 1) if (track.rows.at[n] >= c.viewport.from && track.rows.at[n] <= c.viewport.to && !(n > 0 && track.sameSpan(n - 1, n))) sum += 1; return sum; }, 0)",
    )
    assert 10 < table.locator("tbody tr:not([aria-hidden])").count() < 60 < count
    sheet.get_by_label("Filter the table").fill("blocked")
    rows = table.locator("tbody tr:not([aria-hidden])")
    assert rows.count() > 5 and all("waits " in text for text in rows.all_inner_texts())
    rows.nth(2).get_by_role("button").click()
    assert not sheet.is_visible()
    assert ask(page, "[s.selected.state, document.activeElement.role]") == [5, "row"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data: Path = tmp_path_factory.mktemp("pages")
    with served(settings(data, shipped=ROOT / "recordings")) as running:
        yield running


def assert_axe_finds_nothing(page: Page, schemes: Sequence[str] = ("dark", "light")) -> None:
    """In dark and light, once nothing moves."""
    page.add_script_tag(path=AXE)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        come_to_rest(page)
        found = page.evaluate(
            "async (tags) => (await axe.run({ runOnly: tags })).violations.map(({ id, nodes }) => [id, nodes.map((one) => one.html.slice(0, 160))])",
            RULES,
        )
        assert found == [], scheme


@pytest.mark.skipif(not AXE.exists(), reason="axe-core isn't there: npm ci brings it")
@pytest.mark.parametrize("address", ["/", "/article?python=all", "/scenarios/deadlock#tour=3", "/recordings/"])
def test_axe_finds_nothing(browser: Browser, pages: Served, address: str) -> None:
    """Home, the article, a scenario with its tour, and a recording with its path and the figures of a range, in dark and light, the help and the words open too."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page.goto(pages.base + address)
    if address == "/recordings/":
        page.locator("main a[href^='/recordings/']").first.click()
    if address != "/" and "article" not in address:
        deadline = time.monotonic() + 15
        while not page.evaluate(
            "(({ phase, around }) => phase === 'ended' && around.later)(document.querySelector('gil-timeline') ?? {})"
        ):
            assert time.monotonic() < deadline
            page.wait_for_timeout(20)
    if address == "/recordings/":
        page.evaluate("() => { location.hash = 'path=1&range=0,9000000'; }")
        page.locator(".gt-path .gt-hop").first.wait_for()
        page.get_by_role("tab", name="Range").click()
        page.locator(".gt-range table").last.wait_for()
    if "tour" in address:
        page.locator(".gt-tour-shown").wait_for()
    assert_axe_finds_nothing(page)
    page.close()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core isn't there: npm ci brings it")
def test_axe_finds_nothing_in_what_opens(browser: Browser, pages: Served) -> None:
    """A selected span, each sheet and panel in turn, a recording that can't be shown, a frame; a closed sheet gives the focus back."""
    page, errors = opened(browser, expected=("status of 500",), bypass_csp=True)
    page.goto(f"{pages.base}/recordings/shippeddeadlock")
    wait(page, "e?.phase === 'ended' && s.frame === 0 && s.painter.palette")
    page.locator(TREE).focus()
    page.keyboard.press("ArrowRight")
    row = page.evaluate("document.activeElement.id")
    for key in "?t":
        page.keyboard.press(key)
        page.locator("dialog[open]").wait_for()
        assert_axe_finds_nothing(page, ["dark" if key == "?" else "light"])
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.id") == row
    for key in "/vb":
        page.keyboard.press(key)
        page.keyboard.press("Escape" if key == "/" else "Shift")
    for name in ("Who waits", "Marks"):
        page.get_by_role("tab", name=name).click()
    page.locator(".gt-range table").last.wait_for()
    assert_axe_finds_nothing(page)
    page.goto(f"{pages.base}/embed/shippeddeadlock")
    wait(page, "e?.phase === 'ended'")
    assert_axe_finds_nothing(page, ["light"])
    page.route("**/file*", lambda route: route.fulfill(status=500))
    page.reload()
    wait(page, "e?.phase === 'failed'")
    assert_axe_finds_nothing(page, ["dark"])
    page.close()
    assert errors == []


def test_two_fingers_zoom_and_one_pans(browser: Browser, server: Server) -> None:
    """By touch: the moments under two fingers stay there; one finger takes the time along, and a tap selects."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    open_page(page, server, fragment=LOOK)
    wait(page, "s.painter.palette && s.frame === 0")
    box = ask(page, "s.canvas.getBoundingClientRect().toJSON()")
    touch = page.context.new_cdp_session(page)

    def put(kind: str, *xs: float) -> None:
        points = [{"x": x, "y": box["top"] + 150, "id": n} for n, x in enumerate(xs)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    under = ask(page, "[s.scale.pxToTime(200), s.scale.pxToTime(260)]")
    put("touchStart", 200, 260)
    for step in range(1, 7):
        put("touchMove", 200 - 5 * step, 260 + 5 * step)
    put("touchEnd")
    pixel = ask(page, "s.scale.nsPerPx")
    now = ask(page, "[s.scale.pxToTime(170), s.scale.pxToTime(290)]")
    assert max(abs(a - b) for a, b in zip(under, now, strict=True)) < 6 * pixel
    moment = ask(page, "s.scale.pxToTime(200)")
    put("touchStart", 200)
    for step in range(1, 9):
        put("touchMove", 200 + 5 * step)
    put("touchEnd")
    assert abs(ask(page, "s.scale.pxToTime(240)") - moment) < 6 * pixel
    assert ask(page, "s.selected") is None
    page.touchscreen.tap(250, box["top"] + 112)
    wait(page, "s.selected")
    page.close()
