"""The pages in a real browser: readable, usable by keyboard and on a phone, and honest about what went wrong."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gilscope.recording import END, META, decode_chunk, encode_chunk
from gilscope.scenarios import catalogue
from tests import app_recordings
from tests.app_client import Served, client, served, settings, wait_for_analysis
from tests.browsing import opened

CONVOY = {"scenario": "convoy", "title": "A thread that computes", "parameters": {"messages": 25, "burners": 1}}
UNMEASURED = {
    "gil": {"measured": False, "why": "There is no compiler here."},
    "cores": {"measured": True, "why": ""},
    "program": {"measured": True, "why": ""},
}


def failed(head: bytes) -> bytes:
    """A run that printed, and raised an error."""
    *chunks, last = app_recordings.CHUNKS
    _, end = decode_chunk(last)
    assert isinstance(end, dict)
    output = [{"at": 60_000_000 * n, "stream": ("stdout", "stderr")[n % 2], "text": f"round {n}\n"} for n in range(7)]
    end |= {"verdict": "failed", "sentence": "It raised ValueError: no.", "traceback": "Traceback:\nValueError: no\n"}
    told = [(META, {"output": output}), (END, end)]
    parts = [encode_chunk(n, type, json.dumps(one).encode()) for n, (type, one) in enumerate(told, len(chunks))]
    return head + b"".join([*chunks, *parts])


def recordings() -> dict[str, bytes]:
    """Whole, without the GIL, damaged, broken off, failed, and no recording at all."""
    damaged = bytearray(app_recordings.CHUNKS[2])
    damaged[80] ^= 255
    parts = [*app_recordings.CHUNKS[:2], bytes(damaged), *app_recordings.CHUNKS[3:]]
    return {
        "whole": app_recordings.file(**CONVOY, id="whole", started="2026-01-05T00:00:00Z"),
        "unmeasured": app_recordings.file(**CONVOY, id="unmeasured", layers=UNMEASURED, started="2026-01-04T00:00:00Z"),
        "free": app_recordings.file(
            **CONVOY,
            id="free",
            python={"implementation": "CPython", "version": "3.13.5t"},
            layers=UNMEASURED,
            started="2025-12-31T00:00:00Z",
        ),
        "damaged": app_recordings.head(**CONVOY, id="damaged", started="2026-01-03T00:00:00Z") + b"".join(parts),
        "failed": failed(app_recordings.head(**CONVOY, id="failed", started="2026-01-01T00:00:00Z")),
        "broken": app_recordings.head(**CONVOY, id="broken", started="2026-01-02T00:00:00Z") + b"".join(parts[:2]),
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Runs wait on it, none starts; its recordings are analysed."""
    data = tmp_path_factory.mktemp("data")
    (data / "recordings").mkdir()
    for id, file in recordings().items():
        (data / "recordings" / f"{id}.gilscope").write_bytes(file)
    with served(settings(data)) as running:
        wait_for_analysis(running)
        yield running


@pytest.fixture
def page(browser: Browser, server: Served) -> Iterator[Page]:
    """A page on which every error fails the test."""
    page, errors = opened(browser)
    yield page
    page.close()
    assert errors == []


TEXTS = """() => {
  const ctx = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgb = (colours, alpha = 1) => { ctx.globalAlpha = 1; ctx.fillStyle = 'white'; ctx.fillRect(0, 0, 1, 1);
    colours.forEach((colour, n) => { ctx.globalAlpha = n === colours.length - 1 ? alpha : 1; ctx.fillStyle = colour; ctx.fillRect(0, 0, 1, 1); });
    return [...ctx.getImageData(0, 0, 1, 1).data.slice(0, 3)]; };
  const light = (channels) => { const [r, g, b] = channels.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (box.width < 2 || style.clipPath !== 'none' || element.closest('noscript, option, :disabled')) continue;
    const grounds = [];
    let opacity = 1;
    for (let up = element; up; up = up.parentElement) { grounds.unshift(getComputedStyle(up).backgroundColor); opacity *= Number(getComputedStyle(up).opacity); }
    const ground = light(rgb(grounds)), ink = light(rgb([...grounds, style.color], opacity));
    found.push({ text: node.data.trim().slice(0, 40), size: parseFloat(style.fontSize), contrast: (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05) });
  }
  return found;
}"""

ADDRESSES = [
    "/",
    "/?q=nothing%20is%20about%20this",
    "/scenarios/convoy",
    "/scenarios/two_counters",
    "/scenarios/convoi",
    "/article",
    "/article?python=all",
    "/lab",
    "/recordings/",
    "/recordings/?q=nothing",
    "/recordings/whole#from=60000000&to=140000000&at=121000000&track=4",
    "/recordings/unmeasured",
    "/recordings/damaged",
    "/recordings/broken",
    "/recordings/failed#at=150000000",
    "/recordings/whole/findings",
    "/glossary",
    "/recordings/nowhere",
    "/embed/whole",
    "/embed/nowhere",
]


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_can_be_read(browser: Browser, server: Served, address: str, scheme: str) -> None:
    """No error, nothing that sticks out, no text below 12 pixels or too weak for its ground: at three widths, in both themes."""
    page, errors = opened(browser, color_scheme=scheme)
    page.goto(server.base + address)
    page.wait_for_load_state("networkidle")
    for width, height in ((1280, 720), (1920, 1080), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        texts = page.evaluate(TEXTS)
        assert len(texts) >= 2
        assert [text for text in texts if text["size"] < 12] == []
        assert [text for text in texts if text["contrast"] < 4.5] == []
    assert errors == []
    page.close()


@pytest.mark.parametrize("address", ["/", "/scenarios/convoy", "/recordings/", "/recordings/whole", "/embed/whole"])
def test_no_style_and_no_script_in_a_page(server: Served, address: str) -> None:
    """The policy forbids them, and would leave the page without them."""
    with client(server) as asking:
        html = asking.get(address).text
    assert re.findall(r"<[^>]+ (?:style|on\w+)=", html) == []
    assert re.findall(r"<style|<script(?![^>]+src=)", html) == []


def test_provenance_is_always_on_screen_and_explained(page: Page, server: Served) -> None:
    page.goto(f"{server.base}/recordings/unmeasured")
    pills = page.locator(".pill").all_inner_texts()
    assert pills == ["CPython 3.13.0", "GIL not measured", "cores exact", "0 lost", "0 contradictions"]
    sheet = page.locator("#provenance")
    assert not sheet.is_visible()
    page.locator(".pills-button").click()
    assert sheet.is_visible()
    assert "There is no compiler here." in sheet.inner_text()
    page.keyboard.press("Escape")
    assert not sheet.is_visible()
    page.goto(f"{server.base}/recordings/free")
    assert page.locator(".pill").nth(1).inner_text() == "no GIL"
    page.goto(f"{server.base}/recordings/damaged")
    assert page.locator(".pill").last.inner_text() == "damaged"
    assert "Chunk 2 is damaged" in page.locator(".finding", has_text="A part of the file can't be read").inner_text()


def test_a_finding_leads_to_its_span_and_the_story_from_hop_to_hop(page: Page, server: Served) -> None:
    """Findings are links into the timeline; there, why a thread isn't running is a story whose hops select their spans."""
    page.goto(f"{server.base}/recordings/whole")
    page.get_by_role("link", name="Threads queue for the lock cache").click()
    title = page.locator(".gt-detail-title")
    expect(title).to_have_text(re.compile(r"Why is worker-\d not running\?"))
    hops = page.locator(".gt-hop")
    expect(hops).to_have_count(2)
    assert "for lock cache" in hops.first.inner_text()
    hops.last.click()
    expect(hops.last).to_have_attribute("aria-current", "step")
    expect(page.locator("[role=treegrid] [aria-selected=true]")).to_contain_text(hops.last.inner_text().split()[0])


def test_a_word_in_a_finding_has_its_sentence_until_escape(page: Page, server: Served) -> None:
    """Everything else of the finding leads to its span."""
    page.goto(f"{server.base}/recordings/whole")
    term = page.locator(".finding:has(h3 a) .term").first
    shown = "(term) => getComputedStyle(term, '::after').content"
    term.hover()
    means = term.evaluate(shown)
    assert means == f'"{term.get_attribute("data-means")}"'
    page.keyboard.press("Escape")
    assert term.evaluate(shown) == "none"
    page.mouse.move(0, 0)
    term.hover()
    assert term.evaluate(shown) == means
    lead = page.locator(".finding h3 a").first
    box = page.locator(".finding:has(h3 a) p").first.bounding_box()
    over = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).href", [box["x"] + 1, box["y"] + box["height"] - 2]
    )
    assert over == lead.evaluate("(link) => link.href")


def test_errors_stand_at_their_fields_and_the_first_has_the_focus(page: Page, server: Served) -> None:
    page.goto(f"{server.base}/scenarios/convoy")
    page.locator("#p-messages").fill("9999")
    page.locator("#p-switch_interval_ms").fill("abc")
    page.locator("[data-run-key]").click()
    expect(page.locator("#e-messages")).to_have_text("messages must be a whole number from 5 to 200, not '9999'.")
    expect(page.locator("#e-switch_interval_ms")).to_have_text(
        "switch interval must be a number from 0.1 to 20 ms, not 'abc'."
    )
    assert page.evaluate("document.activeElement.id") == "p-messages"
    assert page.locator("#p-messages").input_value() == "9999"
    assert "e-messages" in (page.locator("#p-messages").get_attribute("aria-describedby") or "").split()
    assert page.locator("[data-run-key]").inner_text().startswith("Run again")


def test_a_slider_and_its_number_move_together(page: Page, server: Served) -> None:
    page.goto(f"{server.base}/scenarios/convoy")
    page.locator("#p-messages").fill("100")
    slider = page.locator('[data-of="p-messages"]')
    assert slider.input_value() == "100"
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#p-messages").input_value() == "101"


def test_a_run_that_waits_says_its_place_and_can_be_taken_back(page: Page, server: Served) -> None:
    page.goto(f"{server.base}/scenarios/two_counters")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".gt-message-title")).to_have_text("1st in the queue")
    expect(page.locator("#findings")).to_contain_text("1st in the queue")
    assert page.locator("#findings").count() == 1
    assert "recording=" in page.url
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.get_by_text("Parameters and Stop")).to_be_visible()
    expect(page.get_by_text("Parameters and Run")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Stop").click()
    expect(page).to_have_url(f"{server.base}/scenarios/two_counters")
    expect(page.get_by_role("button", name="Run")).to_be_visible()
    assert page.locator("#notice").inner_text() == ""


def test_search_and_chapters_narrow_the_catalogue(page: Page, server: Served) -> None:
    page.goto(server.base)
    everything = page.locator(".card").count()
    about = [one for one in catalogue() if "deadlock" in f"{one.name} {one.title} {one.story}".lower()]
    assert page.locator(".card .miniature svg").count() == 1
    page.keyboard.press("/")
    page.keyboard.type("deadlock")
    expect(page.locator(".card")).to_have_count(len(about))
    assert 1 < len(about) < everything
    expect(page).to_have_url(re.compile("q=deadlock"))
    page.locator("input[type=search]").fill("")
    page.get_by_role("radio", name="Threads and locks").check()
    expect(page.locator(".chapter")).to_have_count(1)
    assert 0 < page.locator(".card").count() < everything
    page.locator("input[type=search]").fill("zzz")
    expect(page.locator(".nothing")).to_contain_text("Nothing fits “zzz”")


def test_on_a_phone(browser: Browser, server: Served) -> None:
    """Title, form behind its button, timeline, what a span is, findings, source; a long story unfolds."""
    page, errors = opened(browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(f"{server.base}/scenarios/convoy")
    expect(page.locator(".gt-stage canvas").first).to_be_visible()
    assert not page.locator("#run-form").is_visible()
    order = ["h1", ".fold", ".gt-bar", ".gt-stage", ".gt-detail", "#findings", ".gt-source"]
    tops = [page.locator(part).evaluate("(one) => one.getBoundingClientRect().top + scrollY") for part in order]
    assert tops == sorted(tops)
    folded = page.locator(".story").evaluate("(story) => story.clientHeight")
    page.get_by_role("button", name="Read on").tap()
    assert page.locator(".story").evaluate("(story) => story.clientHeight") > folded
    page.get_by_text("Parameters and Run").tap()
    assert page.locator("#run-form").is_visible()
    page.locator(".finding h3 a").first.tap()
    expect(page.locator(".gt-detail-title")).to_contain_text("not running")
    assert page.evaluate("document.querySelector('.gt-stage').getBoundingClientRect().top") < 844
    assert errors == []
    page.close()


def test_a_run_from_its_button_to_its_findings(browser: Browser, tmp_path: Path) -> None:
    """Run, watch it, and have its findings, its figures and its place among the past runs, without a reload."""
    with served(settings(tmp_path, slots=1)) as running:
        page, errors = opened(browser)
        page.goto(f"{running.base}/scenarios/two_counters")
        expect(page.locator(".unrun")).to_contain_text("Nothing recorded yet")
        page.locator("#p-work_ms").fill("20")
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Run", exact=True).focus()
        page.keyboard.press("Enter")
        # Whoever pressed it keeps the focus, while it becomes Stop and Run again.
        expect(page.get_by_role("button", name="Stop")).to_be_focused()
        expect(page.get_by_role("button", name="Run again")).to_be_focused(timeout=60_000)
        # The answer to a guess stands first, hidden from who hasn't guessed.
        expect(page.locator(".finding:not(.answer)").first).to_be_visible(timeout=60_000)
        expect(page.locator(".finding.answer")).to_be_hidden()
        expect(page.locator("#past li")).to_have_count(1)
        assert page.locator("#past a").get_attribute("aria-current") == "true"
        assert page.locator(".pill").all_inner_texts()[-1] == "0 contradictions"
        names = page.evaluate("document.querySelector('gil-timeline').stage.layout.rows.map((row) => row.track.name)")
        assert {"MainThread", "counter 1", "counter 2"} <= set(names)
        assert page.locator(".gt-code").inner_text().count("def count(work_ms)") == 1
        # A link to a view names its recording; R is a key of the tracks alone.
        first = page.locator("gil-timeline").get_attribute("recording")
        page.goto(f"{running.base}/scenarios/two_counters")
        page.locator("#p-work_ms").focus()
        expect(page.locator("[data-run-key] kbd")).to_be_hidden()
        page.keyboard.press("Tab")
        page.keyboard.press("r")
        page.locator("gil-timeline .gt-row").first.focus()
        page.keyboard.press("w")
        page.wait_for_url(re.compile(rf"/scenarios/two_counters\?recording={first}#from="))
        assert running.state["runs"].running() == []
        page.keyboard.press("r")
        expect(page.get_by_role("button", name="Stop")).to_be_focused()
        assert errors == []
        page.close()


def test_the_observer_effect_is_measured_where_it_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    """Off at first; then it says which run goes on, and its figure stands among the pills and is explained."""
    with served(settings(tmp_path, slots=1)) as running:
        page, errors = opened(browser)
        page.goto(f"{running.base}/scenarios/two_counters")
        page.locator("#p-work_ms").fill("60")
        effect = page.get_by_label("observer effect")
        expect(effect).to_have_value("")
        effect.select_option(label="3 + 3 runs")
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#findings")).to_contain_text(re.compile(r"measured: run \d of 6\."), timeout=30_000)
        expect(page.locator(".pill").last).to_contain_text("observer", timeout=60_000)
        badge = page.locator(".pill").last.inner_text()
        assert re.fullmatch(r"observer ×\d\.\d\d \(\d\.\d\d–\d\.\d\d\)", badge)
        title = f"Observer effect: {badge.removeprefix('observer ')}, 3 + 3 runs"
        expect(page.locator(".finding", has_text=title)).to_be_visible()
        page.locator(".pills-button").click()
        assert "3 runs with it and 3 without, in turns." in page.locator("#provenance").inner_text()
        expect(effect).to_have_value("3")
        assert errors == []
        page.close()


def test_only_offered_numbers_of_runs_are_taken(server: Served) -> None:
    with client(server) as asking:
        refused = asking.post("/scenarios/two_counters/runs", data={"observe": "99"})
    assert refused.status_code == 422
    assert "observe must be one of 3, 5, 10, or empty." in refused.text
