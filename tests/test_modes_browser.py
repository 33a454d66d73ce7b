"""What readers ask of their system: less motion, more contrast, forced colours, large print, a finger."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.app_client import Served, served, settings
from tests.browsing import come_to_rest, opened
from tests.test_pages_browser import TEXTS
from tests.timeline_page import ROOT, ask, wait

SCENARIO = "/scenarios/deadlock"
MOVING = """[...document.querySelectorAll('*')].flatMap((one) => ['', '::before', '::after'].map((part) => getComputedStyle(one, part)))
  .filter((style) => /[1-9]/.test(style.transitionDuration) || style.animationName !== 'none').length"""
STEPS = """async () => {
  const { stage } = document.querySelector('gil-timeline'), { camera } = stage, found = [];
  let { at } = camera;
  for (const from = camera.viewport.from; found.length < 2;) {
    await new Promise(requestAnimationFrame);
    if (camera.at !== at) found.push([camera.at, camera.viewport.from === from]);
    ({ at } = camera);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data: Path = tmp_path_factory.mktemp("modes")
    with served(settings(data, shipped=ROOT / "recordings")) as running:
        yield running


def shown(browser: Browser, server: Served, **options: Any) -> Page:
    """A scenario with its recording, all of it drawn."""
    page, errors = opened(browser, **options)
    page.goto(server.base + SCENARIO)
    wait(page, "e && e.phase === 'ended' && e.around.later && s.painter.palette && s.frame === 0", seconds=30)
    assert errors == []
    return page


def contrast(one: list[int], other: list[int]) -> float:
    """Of two colours, as WCAG has it."""

    def light(colour: list[int]) -> float:
        red, green, blue = (c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05

    return max(light(one), light(other)) / min(light(one), light(other))


def test_with_less_motion_nothing_glides(browser: Browser, server: Served) -> None:
    """No transition and no animation; another view is there at once; a replay goes in steps, and the view doesn't go along."""
    page = shown(browser, server, reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0
    where = page.evaluate("""async () => {
      const { stage, model } = document.querySelector('gil-timeline'), { camera } = stage;
      const near = camera.viewport.zoom(4, model.duration / 2, model.duration);
      stage.act(() => camera.glide(near));
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      const there = camera.viewport === near && camera.journey === null;
      stage.act(() => { camera.seek(near.from + near.width * 0.8); camera.setPace(100); camera.togglePlay(); });
      return there;
    }""")
    assert where
    steps = page.evaluate(STEPS)
    assert [stays for _, stays in steps] == [True, True]
    assert steps[1][0] - steps[0][0] >= 500e6 / 100, "half a second, a hundred times slower"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(MOVING) > 0
    page.close()


def test_more_contrast_is_more_on_the_whole_page(browser: Browser, server: Served) -> None:
    """Seven to one for every word, around the tracks and beside them; on the canvas words stand out from the bar of a core."""
    page = shown(browser, server, contrast="more")
    for scheme, ink in (("dark", 255), ("light", 0)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wait(page, f"s.painter.palette.rgb.ink[0] === {ink}")
        come_to_rest(page)
        assert [text for text in page.evaluate(TEXTS) if text["contrast"] < 7] == [], scheme
        assert contrast(*ask(page, "[s.painter.palette.rgb.ink, s.painter.palette.rgb.core]")) >= 7
        assert contrast(*ask(page, "[s.painter.palette.rgb.line, s.painter.palette.rgb.bg]")) >= 4.5
    page.close()


def test_forced_colours_are_the_systems(browser: Browser, server: Served) -> None:
    """The canvas draws with them, and tells states apart by patterns; what is chosen has an edge, what isn't has none; the focus can be seen."""
    page = shown(browser, server, forced_colors="active")
    system = page.evaluate("""() => Object.fromEntries(['Canvas', 'CanvasText', 'GrayText', 'Highlight'].map((name) => {
      const one = document.body.appendChild(document.createElement('i'));
      one.style.color = name;
      const { color } = getComputedStyle(one);
      one.remove();
      return [name, color];
    }))""")
    palette = ask(page, "s.painter.palette.css")
    assert {role: palette[role].replace(" ", ", ") for role in ("bg", "panel", "ink", "dim", "outside")} == {
        "bg": system["Canvas"],
        "panel": system["Canvas"],
        "ink": system["CanvasText"],
        "dim": system["CanvasText"],
        "outside": system["CanvasText"],
    }
    patterns = ask(page, "[1, 2, 4, 5, 7].map((state) => s.painter.palette.states[state].pattern)")
    assert patterns == ["plain", "broken", "hatch", "dots", "bars"]
    assert [text for text in page.evaluate(TEXTS) if text["contrast"] < 4.5] == []
    pressed = page.locator(".gt-pace[aria-pressed=true]")
    assert pressed.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    tabs = page.get_by_role("tab").evaluate_all(
        "(tabs) => tabs.map((one) => [one.ariaSelected, getComputedStyle(one).borderBottomColor])"
    )
    assert {(chosen, colour == system["Canvas"]) for chosen, colour in tabs} == {("true", False), ("false", True)}
    page.get_by_role("tab").first.focus()
    page.keyboard.press("Shift+Tab")
    ring = page.evaluate(
        "(({ outlineStyle, outlineColor }) => [outlineStyle, outlineColor])(getComputedStyle(document.activeElement))"
    )
    assert ring == ["solid", system["Highlight"]]
    assert (
        page.locator(".instrument .actions").evaluate("(one) => getComputedStyle(one).backgroundColor")
        == system["Canvas"]
    )
    page.close()


def test_forced_colours_leave_what_differs_readable(browser: Browser, server: Served) -> None:
    """What the browser would colour by its own: marked words, where recordings are compared."""
    page, errors = opened(browser, forced_colors="active")
    page.goto(f"{server.base}/compare?ids=shippedconvoy,shippedconvoyfixed")
    assert page.locator("mark").count() == 4
    assert [text for text in page.evaluate(TEXTS) if text["contrast"] < 4.5] == []
    assert errors == []
    page.close()


@pytest.mark.parametrize(("width", "height"), [(640, 360), (390, 844)])
def test_twice_as_large_or_on_a_phone(browser: Browser, server: Served, width: int, height: int) -> None:
    """At 200 % of 1280 × 720, and by touch: nothing sticks out, the tracks have room, and a finger that goes up over them scrolls."""
    page = shown(browser, server, viewport={"width": width, "height": height}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".gt-stage").scroll_into_view_if_needed()
    box = ask(page, "s.canvas.getBoundingClientRect().toJSON()")
    assert min(height, 320) * 0.8 <= box["height"] and box["width"] == width
    touch = page.context.new_cdp_session(page)

    def put(kind: str, *ys: float) -> None:
        points = [{"x": width - 60 - 80 * n, "y": y, "id": n} for n, y in enumerate(ys)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    stretch, scrolled = ask(page, "[c.viewport.width, scrollY + s.scroll.scrollTop]")
    middle = max(box["top"], 0) + 120
    put("touchStart", middle)
    for step in range(1, 9):
        put("touchMove", middle - 12 * step)
    put("touchEnd")
    wait(page, f"scrollY + s.scroll.scrollTop > {scrolled} + 40")
    assert ask(page, "c.viewport.width") == stretch
    page.close()
