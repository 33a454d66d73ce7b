"""The tour in a real browser: from step to step, by address, by keys, by ear; and what is said of what didn't occur."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.glossary import meanings
from gilscope.scenarios import FOLDER
from tests import app_recordings
from tests.app_client import Served, client, served, settings
from tests.browsing import opened

TOUR = """## longest gil-wait on worker-1

{track} waits {duration} for `the GIL`, {holder} has it.

## cancel on nobody

Never.

> Nobody is called so.

## longest blocked for cache

{track} waits for {thing}.
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One recording, of a scenario with the tour above, and the same one of a scenario without."""
    data = tmp_path_factory.mktemp("data")
    folder = data / "simulations"
    (folder / "gil").mkdir(parents=True)
    for id, name in (("convoy", "convoy"), ("other", "two_counters")):
        shutil.copy(FOLDER / "gil" / f"{name}.py", folder / "gil")
        (data / "recordings").mkdir(exist_ok=True)
        file = app_recordings.file(id=id, scenario=name, title=name, parameters={})
        (data / "recordings" / f"{id}.gilscope").write_bytes(file)
    (folder / "gil" / "convoy_tour.md").write_text(TOUR, encoding="utf-8")
    with served(settings(data, folder=folder)) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page, errors = opened(browser, reduced_motion="reduce")
    yield page
    page.close()
    assert errors == []


def steps(server: Served) -> list[dict[str, Any]]:
    with client(server) as asking:
        return list(asking.get("/recordings/convoy/tour").json()["steps"])


SELECTED = """new Promise((resolve) => {
  const { stage } = document.querySelector('gil-timeline');
  const look = () => {
    const { track, from, to } = stage.selected ?? {}, { viewport, journey } = stage.camera;
    if (journey) requestAnimationFrame(look);
    else resolve([track?.id, from, to, viewport.from < from && viewport.to > to]);
  };
  look();
})"""


def selected(page: Page) -> list[Any]:
    """Track, begin and end of the selected span, and whether all of it is seen, once the view has come to rest."""
    return list(page.evaluate(SELECTED))


def test_a_tour_leads_from_step_to_step(server: Served, page: Page) -> None:
    """Each selects its span and shows all of it; the address and the text for screen readers go along, the focus stays."""
    first, missing, last = steps(server)
    page.goto(f"{server.base}/recordings/convoy")
    page.get_by_role("button", name="Tour").click()
    panel = page.get_by_role("region", name="Tour")
    expect(panel.locator(".gt-tour-shown")).to_contain_text("worker-1 waits")
    assert selected(page) == [first["track"], first["from"], first["to"], True]
    expect(page).to_have_url(re.compile("&tour=1$"))
    back, forward = panel.get_by_role("button", name="Back"), panel.get_by_role("button", name="Next")
    expect(back).to_have_attribute("aria-disabled", "true")
    height = panel.bounding_box()
    forward.click()
    expect(panel.locator(".gt-tour-shown")).to_contain_text(
        "This didn’t occur in this run.\n\nNobody is called so.", use_inner_text=True
    )
    expect(page.locator("gil-timeline > [aria-live]")).to_have_text(
        "Step 2 of 3. This didn’t occur in this run. Nobody is called so."
    )
    assert selected(page)[:3] == [first["track"], first["from"], first["to"]]
    expect(forward).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.locator(".gt-tour-shown")).to_contain_text("waits for cache")
    assert selected(page) == [last["track"], last["from"], last["to"], True]
    assert panel.bounding_box() == height
    expect(page).to_have_url(re.compile("&tour=3$"))
    back.click()
    back.click()
    assert selected(page)[0] == first["track"]
    assert not missing["found"]


def test_an_address_leads_to_a_step(server: Served, page: Page) -> None:
    """Without a view of its own to where it happened; with one, it keeps that."""
    last = steps(server)[2]
    page.goto(f"{server.base}/recordings/convoy#tour=3")
    expect(page.locator(".gt-tour-shown")).to_contain_text("waits for cache")
    assert selected(page) == [last["track"], last["from"], last["to"], True]
    page.goto(f"{server.base}/recordings/nowhere")
    page.goto(f"{server.base}/recordings/convoy#from=1000000&to=2000000&tour=99")
    expect(page.locator(".gt-tour-shown")).to_contain_text("waits for cache")
    assert page.evaluate("document.querySelector('gil-timeline').stage.camera.viewport") == {"from": 1e6, "to": 2e6}


def test_while_the_steps_are_worked_out_it_says_so(server: Served, page: Page) -> None:
    """No empty panel with buttons that do nothing; then the steps are there, with theirs."""
    waiting: list[Route] = []
    page.route("**/recordings/convoy/tour", lambda route: waiting.append(route))
    page.goto(f"{server.base}/recordings/convoy#tour=1")
    tour = page.get_by_role("region", name="Tour")
    expect(tour.get_by_role("status")).to_have_text("Looking for the steps in this recording …")
    expect(tour.get_by_role("button")).to_have_count(1)
    waiting[0].continue_()
    expect(tour.get_by_role("button", name="Next")).to_be_visible()
    expect(tour.get_by_text("Looking for")).to_have_count(0)


def test_keys_of_the_tracks_move_the_tour(server: Served, page: Page) -> None:
    """G opens it, the full stop goes on and ends it, the comma goes back, Escape closes it; the keys stay the tracks'."""
    page.goto(f"{server.base}/recordings/convoy")
    shown = page.locator(".gt-tour-shown")
    expect(page.get_by_role("button", name="Tour", exact=True)).to_be_visible(timeout=30_000)
    page.locator("gil-timeline[data-phase=shown] [role=treegrid] [tabindex='0']").focus()
    page.keyboard.press("g")
    expect(shown).to_contain_text("worker-1 waits")
    page.keyboard.press(".")
    page.keyboard.press(".")
    expect(shown).to_contain_text("waits for cache")
    page.keyboard.press(",")
    expect(shown).to_contain_text("This didn’t occur")
    assert page.evaluate("document.activeElement.closest('[role=treegrid]') !== null")
    page.keyboard.press(".")
    page.keyboard.press(".")
    expect(page.locator(".gt-tour")).to_be_hidden()
    expect(page.get_by_role("button", name="Tour", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Back", exact=True).press("Escape")
    expect(page.locator(".gt-tour")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("tour="))


def test_a_frame_has_the_tour_too_and_what_has_none_has_no_button(server: Served, page: Page) -> None:
    page.goto(f"{server.base}/embed/convoy#tour=1")
    expect(page.locator(".gt-tour-shown")).to_contain_text("worker-1 waits")
    page.goto(f"{server.base}/recordings/other")
    page.locator(".gt-legend-item").first.wait_for()
    expect(page.get_by_role("button", name="Tour", exact=True)).to_be_hidden()
    with client(server) as asking:
        assert [asking.get(f"/{place}/other/tour").status_code for place in ("recordings", "embed")] == [
            404,
            404,
        ]


def test_a_tour_that_is_changed_is_read_anew(server: Served) -> None:
    path = Path(server.settings.folder) / "gil" / "convoy_tour.md"
    try:
        path.write_text(TOUR.replace("{track} waits {duration}", "Changed: {track}"), encoding="utf-8")
        assert steps(server)[0]["paragraphs"][0][0] == ["text", "Changed: "]
    finally:
        path.write_text(TOUR, encoding="utf-8")
    assert steps(server)[0]["paragraphs"][0][0] == ["figure", "worker-1"]


def test_a_word_tells_what_it_means_when_it_has_the_focus(server: Served, page: Page) -> None:
    """Over the text, so that nothing moves; pressed, it leads to its place among all words."""
    page.goto(f"{server.base}/scenarios/convoy")
    word = page.locator(".story .term").first
    shown = "(word) => getComputedStyle(word, '::after').content"
    place = page.locator(".side").evaluate("(side) => side.scrollHeight")
    assert word.evaluate(shown) == "none"
    word.focus()
    assert meanings()["gil"] in word.evaluate(shown)
    assert page.locator(".side").evaluate("(side) => side.scrollHeight") == place
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.base}/glossary#gil")
    expect(page.locator(":target dt")).to_have_text("GIL")
