"""Recordings beside each other in a real browser: one view for all, each with its own tracks, and all of it in the address."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app import series_kept
from gilscope.analysis.timeline import Timeline
from gilscope.recording import END, decode_chunk, encode_chunk, read
from gilscope.series import Plan
from tests import app_recordings
from tests.app_client import Served, client, served, settings, wait_for_analysis
from tests.browsing import opened
from tests.test_access_browser import AXE, assert_axe_finds_nothing

SHIPPED = Path(__file__).resolve().parent.parent / "recordings"
CHOSEN = {"convoy": "convoy", "fixed": "convoy_fixed", "deadlock": "deadlock"}
VIEWS = """() => [...document.querySelectorAll('gil-timeline')].map((timeline) => {
  const { viewport, at } = timeline.stage.camera;
  return { from: viewport.from, to: viewport.to, at, duration: timeline.model.duration };
})"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """With three shipped recordings, analysed; nothing runs."""
    data = tmp_path_factory.mktemp("data")
    (data / "recordings").mkdir()
    for id, name in CHOSEN.items():
        shutil.copyfile(SHIPPED / f"{name}.gilscope", data / "recordings" / f"{id}.gilscope")
    with served(settings(data)) as running:
        wait_for_analysis(running)
        yield running


@pytest.fixture
def page(browser: Browser, server: Served) -> Iterator[Page]:
    """A page on which every error fails the test."""
    page, errors = opened(browser, expected=(), viewport={"width": 1280, "height": 900})
    yield page
    page.close()
    assert errors == []


def shown(page: Page, server: Served, address: str) -> None:
    page.goto(server.base + address)
    page.wait_for_selector("#main[data-ready]")


def views(page: Page) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate(VIEWS)
    return found


def until(holds: Callable[[], object]) -> None:
    """The pages' policy lets nobody wait by evaluating text there."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def at_rest(page: Page, address: str) -> None:
    """The address tells it, and the table is that of it."""
    page.wait_for_url(re.compile(address))
    expect(page.locator("#table")).to_have_attribute("aria-busy", "false")


def test_panning_one_moves_all(page: Page, server: Served) -> None:
    """One dragged, zoomed or sought: the others are at the same ns. Their tracks are their own."""
    shown(page, server, "/compare?ids=convoy,fixed")
    first, second = views(page)
    assert (first["from"], first["to"]) == (second["from"], second["to"])
    assert first["duration"] > second["duration"]
    box = page.locator("gil-timeline .gt-sheet").nth(1).bounding_box()
    assert box
    page.mouse.move(box["x"] + 700, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 600, box["y"] + 100, steps=4)
    page.mouse.up()
    panned = views(page)
    assert panned[1]["from"] > second["from"]
    assert (panned[0]["from"], panned[0]["to"]) == (panned[1]["from"], panned[1]["to"])
    page.mouse.click(box["x"] + 400, box["y"] + 10)
    page.keyboard.press("w")
    sought = views(page)
    assert sought[0]["at"] == sought[1]["at"] > 0
    assert sought[0]["to"] - sought[0]["from"] < panned[0]["to"] - panned[0]["from"]
    names = [page.locator("gil-timeline").nth(n).locator(".gt-name").all_text_contents() for n in (0, 1)]
    assert "burner 1" in names[0]
    assert names[0] != names[1]


def test_the_names_of_all_states_stand_in_one_row(page: Page, server: Served) -> None:
    """Below the buttons, also where the choice of alignment stands beside those."""
    shown(page, server, "/compare?ids=convoy,fixed")
    names = page.locator(".compare-bar .gt-legend-item")
    for _ in range(3):  # as many as a program with tasks has
        names.first.evaluate("(first) => first.parentElement.append(first.cloneNode(true))")
    rows = {box["y"] for box in (each.bounding_box() for each in names.all()) if box}
    assert names.count() > 7
    assert len(rows) == 1
    (align, play) = (
        page.locator(part).bounding_box() for part in ("#align", ".compare-bar .gt-bar .gt-button >> nth=0")
    )
    assert align and play and abs(align["y"] - play["y"]) < 12


def test_they_play_together(page: Page, server: Served) -> None:
    """From the bar or by Space in any: all playheads go on at one moment, and the bar says whether they do."""
    shown(page, server, "/compare?ids=convoy,fixed,deadlock")
    page.locator("#bar").get_by_role("button", name="1:1000").click()
    expect(page.locator("#bar").get_by_role("button", name="1:1000")).to_have_attribute("aria-pressed", "true")
    page.locator("#bar").get_by_role("button", name="Play (Space)").click()
    until(lambda: views(page)[2]["at"] > 10_000)
    assert len({each["at"] for each in views(page)}) == 1
    page.locator("gil-timeline .gt-row").nth(12).focus()
    page.keyboard.press("Space")
    expect(page.locator("#bar").get_by_role("button", name="Play (Space)")).to_be_visible()
    stopped = views(page)
    page.wait_for_timeout(100)
    assert views(page) == stopped


def test_stretched_to_equal_length(page: Page, server: Served) -> None:
    """Both begin and end at the same places, and a part of one is the same share of the other."""
    shown(page, server, "/compare?ids=convoy,deadlock")
    page.select_option("#align", "stretch")
    first, second = views(page)
    shares = [(each["from"] / each["duration"], each["to"] / each["duration"]) for each in (first, second)]
    assert shares[0] == pytest.approx(shares[1])
    page.locator("gil-timeline .gt-sheet").first.focus()
    page.locator("gil-timeline .gt-sheet").first.click(position={"x": 700, "y": 10})
    first, second = views(page)
    assert first["at"] / first["duration"] == pytest.approx(second["at"] / second["duration"])
    assert first["at"] != second["at"]


def test_a_mark_set_beside_others_can_be_what_they_are_aligned_by(page: Page, server: Served) -> None:
    """By key and by button; drawn in its pane, kept in its recording, and offered when all have it."""
    shown(page, server, "/compare?ids=fixed,deadlock")
    offered = page.locator("#align optgroup[label='A mark'] option")
    page.locator("gil-timeline .gt-sheet").first.click(position={"x": 600, "y": 10})
    first = round(views(page)[0]["at"])
    until(lambda: page.evaluate("[...document.querySelectorAll('gil-timeline')].every(({ around }) => around.later)"))
    page.keyboard.press("m")
    page.keyboard.type("Begin")
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Marks")
    expect(sheet.get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(offered).to_have_count(0)
    page.locator("gil-timeline .gt-sheet").nth(1).click(position={"x": 800, "y": 10})
    second = round(views(page)[1]["at"])
    page.get_by_role("button", name="Marks of 2").click()
    page.get_by_role("textbox", name="Text of the mark").last.fill("Begin")
    page.keyboard.press("Enter")
    expect(offered).to_have_count(1)
    page.keyboard.press("Escape")
    page.select_option("#align", "mark:Begin")
    assert [round(each["at"]) for each in views(page)] == [first, second]
    assert [round(mark.at) for id in ("fixed", "deadlock") for mark in server.state["store"].marks(id)] == [
        first,
        second,
    ]


def test_aligned_by_an_event_and_by_chosen_moments(page: Page, server: Served) -> None:
    """The first wait for the GIL of both is at one place; so are two moments that were pressed."""
    shown(page, server, "/compare?ids=convoy,deadlock")
    page.select_option("#align", label="blocked")
    zero = [each["at"] for each in views(page)]
    firsts = page.evaluate(
        """() => [...document.querySelectorAll('gil-timeline')].map(({ model }) => Math.min(...model.all.filter((track) =>
        track.isThread).map(({ rows }) => rows.at[rows.state.subarray(0, rows.count).indexOf(5)] ?? Infinity)))"""
    )
    assert zero == firsts
    page.get_by_role("button", name="Choose moments").click()
    for n, x in ((0, 400), (1, 800)):
        page.locator("gil-timeline .gt-sheet").nth(n).click(position={"x": x, "y": 10})
    chosen = [round(each["at"]) for each in views(page)]
    assert chosen[0] != chosen[1]
    page.get_by_role("button", name="Align at the playheads").click()
    first, second = views(page)
    assert [first["at"], second["at"]] == chosen
    assert first["from"] - chosen[0] == pytest.approx(second["from"] - chosen[1])
    at_rest(page, rf"#align=at&moment\.convoy={chosen[0]}&moment\.deadlock={chosen[1]}&")


def test_a_range_selected_in_one_is_that_of_all(page: Page, server: Served) -> None:
    """The table tells of it, each recording's part of it in its own time; the link restores it, Escape forgets it."""
    shown(page, server, "/compare?ids=convoy,deadlock")
    page.select_option("#align", "stretch")
    box = page.locator("gil-timeline .gt-sheet").first.bounding_box()
    assert box
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 400, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 100, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    ranges = "() => [...document.querySelectorAll('gil-timeline')].map(({ stage, model }) => stage.arrangement.range && { ...stage.arrangement.range, duration: model.duration })"
    first, second = page.evaluate(ranges)
    assert first["from"] / first["duration"] == pytest.approx(second["from"] / second["duration"], rel=1e-6)
    assert first["to"] / first["duration"] == pytest.approx(second["to"] / second["duration"], rel=1e-6)
    expect(page.get_by_role("button", name="the selected range")).to_have_attribute("aria-pressed", "true")
    parts = f"{first['from']}-{first['to']}%2C{second['from']}-{second['to']}"
    last = "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('parts=')).at(-1)"
    until(lambda: str(page.evaluate(last)).endswith(f"parts={parts}&align=stretch"))
    at_rest(page, r"table=range.*range")
    page.reload()
    page.wait_for_selector("#main[data-ready]")
    assert page.evaluate(ranges) == [first, second]
    expect(page.get_by_role("button", name="the selected range")).to_have_attribute("aria-pressed", "true")
    page.locator("gil-timeline .gt-row").first.focus()
    page.keyboard.press("Escape")
    assert page.evaluate(ranges) == [None, None]
    expect(page.get_by_role("button", name="the whole", exact=True)).to_have_attribute("aria-pressed", "true")


def test_aligned_by_a_mark_that_all_have(page: Page, server: Served) -> None:
    """Of marks with the same text, the first of each is at one place."""
    with client(server) as http:
        http.headers["Origin"] = server.base
        for id, at in (("convoy", 90_000_000), ("fixed", 40_000_000)):
            assert http.put(f"/recordings/{id}/marks/m1", json={"at": at, "text": "here"}).status_code == 204
            assert http.put(f"/recordings/{id}/marks/m2", json={"at": at + 9, "text": "here"}).status_code == 204
    shown(page, server, "/compare?ids=convoy,fixed#align=mark:here")
    assert [each["at"] for each in views(page)] == [90_000_000, 40_000_000]


def test_the_address_restores_all_of_it(page: Page, server: Served) -> None:
    """Alignment, view, playhead, folded tracks and the table's range; also when a pane is moved or taken out."""
    shown(page, server, "/compare?ids=convoy,fixed,deadlock")
    page.select_option("#align", "stretch")
    page.locator("gil-timeline .gt-sheet").first.click(position={"x": 500, "y": 10})
    for _ in range(3):
        page.keyboard.press("w")
    page.locator("gil-timeline").nth(1).locator(".gt-fold").first.click()
    page.get_by_role("button", name="what is in view", exact=True).click()
    at_rest(page, r"#align=stretch&table=view&view\.fixed=fold.*&from=\d+&to=\d+&at=\d+")
    before, address, table = views(page), page.url, page.locator("#table").inner_text()
    page.reload()
    page.wait_for_selector("#main[data-ready]")
    at_rest(page, re.escape(address))
    assert page.url == address
    assert [{key: pytest.approx(value, abs=2) for key, value in each.items()} for each in before] == views(page)
    assert page.locator("#table").inner_text() == table
    page.get_by_role("link", name="Take 1 out").click()
    page.wait_for_url(re.compile(r"ids=fixed,deadlock#align=stretch&table=view"))
    page.wait_for_selector("#main[data-ready]")
    expect(page.locator(".pane")).to_have_count(2)
    page.get_by_role("link", name="Move 2 up").click()
    page.wait_for_url(re.compile(r"ids=deadlock,fixed#align=stretch"))


def test_forced_colours_leave_states_and_what_is_chosen_to_be_seen(browser: Browser, server: Served) -> None:
    """In the table and the legend of small timelines states have their colours; of the figures of a curve, the one that is drawn stands out."""
    with server.state["store"].transaction() as database:
        if series_kept.find(database, "like") is None:
            plan = Plan("convoy", {}, 1, "burners", (1, 2))
            series_kept.keep(database, "like", plan, "3.11.7", ("convoy", "fixed"))
    page = browser.new_page(viewport={"width": 1280, "height": 640}, forced_colors="active")
    colours = "(all) => all.map((one) => getComputedStyle(one).backgroundColor)"
    shown(page, server, "/compare?ids=convoy,fixed")
    at_rest(page, "")
    states = page.locator("#table .tint-running, #table .tint-blocked, #table .tint-gil-wait").evaluate_all(colours)
    assert len(set(states)) == 3
    # Where it is low, what is pressed goes away with the page, and leaves its room to the tracks.
    assert page.locator(".compare-top").evaluate("(top) => getComputedStyle(top).position") == "static"
    page.goto(f"{server.base}/series/like")
    legend = page.locator(".series-legend .figures-state").evaluate_all(colours)
    assert len(set(legend)) >= 3
    chosen = page.locator(".choices a[aria-current]").evaluate_all(colours)
    others = page.locator(".choices a:not([aria-current])").evaluate_all(colours)
    assert len(chosen) == 1 and chosen[0] not in others
    page.close()


def test_a_recording_that_is_too_short_to_be_seen_says_so(page: Page, server: Served) -> None:
    """Beside one of ten minutes: its pane would seem to be empty; stretched, or zoomed in, it is seen."""
    *chunks, last = app_recordings.CHUNKS
    _, told = decode_chunk(last)
    assert isinstance(told, dict)
    end = json.dumps({**told, "duration_ns": 600_000_000_000}).encode()
    file = app_recordings.head(id="long") + b"".join([*chunks, encode_chunk(len(chunks), END, end)])
    server.state["store"].path("long").write_bytes(file)
    server.state["store"].take_in("long")
    shown(page, server, "/compare?ids=convoy,long")
    said = page.locator(".pane-short")
    expect(said).to_have_count(1)
    expect(page.locator(".pane").first).to_contain_text("too short to be seen at this zoom")
    page.select_option("#align", "stretch")
    expect(said).to_have_count(0)


EACH = """() => [...document.querySelectorAll('gil-timeline')].map(({ stage }) => ({
  from: Math.round(stage.camera.viewport.from), to: Math.round(stage.camera.viewport.to), at: Math.round(stage.camera.at),
  selected: stage.selected && [stage.selected.track.id, stage.selected.from],
  top: stage.layout.rows.find((row) => row.topPx + row.heightPx > stage.scroll.scrollTop + 30)?.track.id, ...stage.arrangement.told }))"""


def test_each_step_is_in_the_address_and_one_goes_back_over_all_of_them(page: Page, server: Served) -> None:
    """What is selected in each, wherever the playhead went since; folded, found, curves, a moment of each: a second tab shows the same."""
    size = {"width": 1280, "height": 640}
    page.set_viewport_size(size)  # type: ignore[arg-type]
    shown(page, server, "/compare?ids=convoy,fixed")
    sheets = page.locator("gil-timeline .gt-sheet")
    looks = [page.evaluate(EACH)]
    assert page.context.browser
    second = page.context.browser.new_page(viewport=size)  # type: ignore[arg-type]

    def step(does: Callable[[], object], kept: str) -> None:
        does()
        page.wait_for_url(re.compile(kept))
        looks.append(page.evaluate(EACH))
        assert looks[-1] != looks[-2]

    def open_again() -> None:
        second.goto("about:blank")
        second.goto(page.url)
        second.wait_for_selector("#main[data-ready]")
        until(lambda: second.evaluate(EACH) == looks[-1])

    step(lambda: sheets.first.click(position={"x": 600, "y": 142}), r"view\.convoy=track%3D\d+&at=")
    step(
        lambda: sheets.nth(1).click(position={"x": 400, "y": 80}), r"view\.convoy=track%3D\d+%26span%3D\d+&view\.fixed="
    )
    step(lambda: page.keyboard.press("v"), "curves")
    step(lambda: sheets.nth(1).evaluate("(sheet) => { sheet.closest('.gt-scroll').scrollTop = 40; }"), "top%3D")
    open_again()
    step(lambda: page.keyboard.press("x"), "fold")
    page.keyboard.press("/")
    step(lambda: page.locator(".gt-find input").nth(1).fill("asker"), "find%3Dasker")
    page.keyboard.press("Enter")
    looks.append(page.evaluate(EACH))
    page.wait_for_url(re.compile(f"at={looks[-1][1]['at']}"))
    sheets.nth(1).click(position={"x": 800, "y": 8})
    page.wait_for_url(re.compile(f"at={page.evaluate(EACH)[1]['at']}"))
    for look in reversed(looks):
        page.keyboard.press("Backspace")
        until(lambda look=look: page.evaluate(EACH) == look)  # type: ignore[misc]
    expect(page.locator("#bar").get_by_role("button", name="Back to the view before")).to_be_disabled()
    page.locator("#bar").get_by_role("button", name="Forth again").click()
    until(lambda: page.evaluate(EACH) == looks[1])
    page.get_by_role("button", name="Choose moments").click()
    step(lambda: sheets.nth(1).click(position={"x": 900, "y": 8}), "loose=1")
    open_again()
    expect(second.get_by_role("button", name="Align at the playheads")).to_be_visible()
    assert looks[-1][0]["at"] != looks[-1][1]["at"]
    second.close()


def test_what_all_have_is_shown_in_all_and_the_name_leads_to_the_same_view(page: Page, server: Served) -> None:
    """Critical paths and a range, from the bar; no pane says that it can't be told. The recording's own page goes on where one was."""
    shown(page, server, "/compare?ids=convoy,fixed")
    bar = page.locator("#bar")
    bar.get_by_role("button", name="critical path").click()
    until(lambda: page.evaluate("[...document.querySelectorAll('gil-timeline')].every(({ stage }) => stage.path)"))
    bar.get_by_role("button", name="Figures of what is in view").click()
    until(
        lambda: all(
            each["range"] == {"from": 0, "to": view["duration"]}
            for each, view in zip(page.evaluate(EACH), views(page), strict=True)
        )
    )
    expect(bar.get_by_role("button", name="critical path")).to_have_attribute("aria-pressed", "true")
    assert page.locator("gil-timeline .gt-say").all_inner_texts() == []
    at_rest(page, "table=range")
    page.locator("gil-timeline .gt-sheet").nth(1).click(position={"x": 600, "y": 90})
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("gil-timeline .gt-say")).to_contain_text("told on the recording’s own page")
    before = page.evaluate(EACH)[1]
    page.locator(".pane-head h2 a").nth(1).click()
    page.wait_for_url(re.compile(r"/recordings/fixed#"))
    until(
        lambda: (
            page.locator("gil-timeline[data-phase=shown]").count()
            and page.evaluate(EACH)[0] | {"from": 0, "to": 0, "top": 0} == before | {"from": 0, "to": 0, "top": 0}
        )
    )


OF_BEFORE: dict[str, dict[str, Any]] = {
    "align=stretch&table=view&from=1000000&to=90000000&at=5000000": {
        "from": 1_000_000,
        "to": 90_000_000,
        "at": 5_000_000,
        "selected": None,
    },
    "view.convoy=track%3D30&at=224927821": {"at": 224_927_821, "selected": [30, 218_860_717]},
    "align=at&moment.convoy=90000000&moment.fixed=40000000&from=-5000000&to=5000000": {
        "from": 85_000_000,
        "to": 95_000_000,
        "at": 90_000_000,
    },
    "table=range&view.convoy=range%3D5%2C9000": {"range": {"from": 5, "to": 9000}},
}


def test_addresses_of_before_lead_where_they_led(page: Page, server: Served) -> None:
    """Links that were made with earlier versions: each form as it was written then; also when it is put into the page that is there."""
    shown(page, server, "/compare?ids=convoy,fixed")
    for form, view in OF_BEFORE.items():
        page.evaluate("(hash) => { location.hash = hash; }", form)
        until(lambda view=view: {key: page.evaluate(EACH)[0].get(key) for key in view} == view)  # type: ignore[misc]
    page.goto("about:blank")
    form, view = next(iter(OF_BEFORE.items()))
    shown(page, server, f"/compare?ids=convoy,fixed#{form}")
    assert {key: page.evaluate(EACH)[0].get(key) for key in view} == view


def test_one_is_added_and_what_differs_is_marked(page: Page, server: Served) -> None:
    """The form adds what is chosen; marked is what isn't the same in all."""
    shown(page, server, "/compare?ids=convoy")
    page.select_option("#add", "fixed")
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(re.compile(r"ids=convoy.*add=fixed"))
    page.wait_for_selector("#main[data-ready]")
    assert page.locator(".pane").nth(0).locator("mark").all_inner_texts() == ["25 messages", "switch interval 5 ms"]
    assert page.locator(".pane").nth(1).locator("mark").all_inner_texts() == ["60 messages", "burn in process"]


def test_a_scenario_offers_what_can_stand_beside_it(page: Page, server: Served) -> None:
    """Its pair; and a recording can be compared with any."""
    opened_at = f"{server.base}/scenarios/convoy"
    page.goto(opened_at)
    page.get_by_role("link", name="its pair").click()
    page.wait_for_url(re.compile(r"/compare\?ids=convoy,fixed$"))
    page.goto(f"{server.base}/recordings/deadlock")
    page.get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_url(re.compile(r"/compare\?ids=deadlock$"))


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1920, "dark")])
def test_nothing_is_cut_off(browser: Browser, server: Served, width: int, scheme: Any) -> None:
    """On a phone and on a wide screen: no scrolling sideways, every control has a name, one axis for all panes."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    shown(page, server, "/compare?ids=convoy,fixed,deadlock")
    at_rest(page, "")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        len(
            {
                tuple(each)
                for each in page.evaluate(
                    "[...document.querySelectorAll('gil-timeline')].map(({stage}) => [stage.namesPx, stage.widthPx])"
                )
            }
        )
        == 1
    )
    heads = page.evaluate(
        """() => [...document.querySelectorAll('.pane')].map((pane) => {
          const box = (part) => pane.querySelector(part).getBoundingClientRect();
          return box('.pane-head').bottom <= box('.gt-stage').top + 1 && box('.gt-stage').bottom <= pane.getBoundingClientRect().bottom + 1;
        })"""
    )
    assert heads == [True, True, True]
    nameless = "[...document.querySelectorAll('button, a, select')].filter((each) => each.checkVisibility() && !(each.ariaLabel || each.innerText.trim() || each.labels?.length)).length"
    assert page.evaluate(nameless) == 0
    page.close()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core isn't there: npm ci brings it")
@pytest.mark.parametrize("address", ["/compare?ids=convoy,fixed", "/scenarios/convoy/series", "/series/like"])
def test_axe_finds_nothing(browser: Browser, server: Served, address: str) -> None:
    """A comparison, the form of a series, and a series with its curve, in dark and light."""
    with server.state["store"].transaction() as database:
        if series_kept.find(database, "like") is None:
            plan = Plan("convoy", {}, 1, "burners", (1, 2))
            series_kept.keep(database, "like", plan, "3.11.7", ("convoy", "fixed"))
    page = browser.new_page(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page.goto(server.base + address)
    if "compare" in address:
        page.wait_for_selector("#main[data-ready]")
        at_rest(page, "")
    assert_axe_finds_nothing(page)
    page.close()


def test_the_table_is_there_without_javascript(server: Served) -> None:
    """Whole, and of parts; what can't be asked is told."""
    with client(server) as http:
        whole = http.get("/compare/table?ids=convoy,fixed")
        assert whole.status_code == 200
        one, other = (len(Timeline(read(SHIPPED / f"{CHOSEN[id]}.gilscope")).handoffs) for id in ("convoy", "fixed"))
        assert re.search(rf"handoffs of the GIL</th>\s*<td>{one}</td>\s*<td>{other} <span", whole.text)
        part = http.get("/compare/table?ids=convoy,fixed&parts=0-1000000,5-1000005").text
        assert re.search(r"duration</th>\s*<td>1.00 ms</td>\s*<td>1.00 ms <span[^>]*>the same", part)
        assert http.get("/compare/table?ids=convoy,fixed&parts=0-1").status_code == 422
        assert http.get("/compare/table?ids=convoy&parts=2-1").status_code == 422
        assert http.get("/compare/table?ids=").status_code == 422
        assert http.get("/compare?ids=a,b,c,d,e,f,g").status_code == 422
        gone = http.get("/compare?ids=convoy,nothing,fixed")
        assert gone.status_code == 200
        assert "no longer there: <code>nothing</code>" in gone.text
        assert re.findall(r'<gil-timeline recording="(\w+)"', gone.text) == ["convoy", "fixed"]
        assert "/compare?ids=fixed" in gone.text and "ids=nothing" not in gone.text
        assert http.get("/compare?ids=nothing,gone").status_code == 404
        assert http.get("/compare").status_code == 200
