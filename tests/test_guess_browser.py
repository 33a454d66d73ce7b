"""Predict, then reveal: a guess before a real run, kept in the tab, and what the run's own recording says to it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from gilscope.recording import read
from tests.app_client import Served, served, settings
from tests.browsing import opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One on which runs run."""
    with served(settings(tmp_path_factory.mktemp("data"), slots=1)) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: Served) -> Iterator[Page]:
    page, errors = opened(browser, viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    page.goto(f"{server.base}/scenarios/deadlock")
    yield page
    page.close()
    assert errors == []


def test_a_guess_is_kept_through_the_run_and_answered_by_its_recording(page: Page, server: Served) -> None:
    """The question holds what stands in the form; while the run goes on the guess stands; the answer leads to its span."""
    question = page.get_by_role("group", name=re.compile("^Two transfers"))
    expect(question).to_contain_text("in hand for 50 ms")
    page.get_by_label("pause", exact=True).first.fill("200")
    expect(question).to_contain_text("in hand for 200 ms")
    page.get_by_label("patience", exact=True).first.fill("1500")
    question.get_by_label("both come through").check()
    page.get_by_role("button", name="Run").click()
    expect(question.get_by_label("both come through")).to_be_disabled()
    expect(question.get_by_label("both come through")).to_be_checked()
    answer = page.locator("[data-answer]")
    expect(answer).to_be_visible(timeout=30_000)
    expect(question.get_by_label("both come through")).to_be_enabled()
    (recording,) = server.state["store"].newest()
    through = "".join(part["text"] for part in read(server.state["store"].path(recording.id)).output).count(
        "transferred"
    )
    wanted = ["both come through", "one comes through, the other doesn't", "neither comes through"]
    wanted[2 - through] += " so it was"
    wanted[0] += " your guess"
    assert [" ".join(text.split()) for text in answer.locator("li").all_inner_texts()] == wanted
    expect(answer).to_contain_text("in hand for 200 ms")
    expect(answer).to_contain_text(f"{through} of 2 came through")
    answer.get_by_role("link", name="Show it").click()
    expect(page).to_have_url(re.compile("#from=.*track="))
    page.reload()
    expect(answer).to_contain_text("your guess")
    page.evaluate("sessionStorage.clear()")
    page.reload()
    page.locator("#findings .finding").nth(1).wait_for()
    expect(answer).to_be_hidden()


def test_a_wrong_number_is_kept_beside_its_error_and_not_asked_about(page: Page) -> None:
    """The question stays as it was, while it is typed and after the server has refused it, until it is mended."""
    question = page.get_by_role("group", name=re.compile("^Two transfers"))
    pause = page.get_by_label("pause", exact=True).first
    as_before = f"in hand for {pause.input_value()} ms"
    expect(question).to_contain_text(as_before)
    for wrong in ("-1", "", "soon"):
        pause.fill(wrong)
        expect(question).to_contain_text(as_before)
    patience = page.get_by_label("patience", exact=True).first
    patience.fill("600.5")
    pause.fill("70")
    expect(question).to_contain_text(as_before)
    patience.fill("600")
    expect(question).to_contain_text("in hand for 70 ms")
    pause.fill("99999")
    page.locator("[data-run-key]").click()
    expect(pause).to_have_attribute("aria-invalid", "true")
    expect(pause).to_have_value("99999")
    expect(page.locator("#e-pause_ms")).to_contain_text("must be a number from")
    expect(question).to_contain_text(as_before)
    pause.fill("60")
    expect(question).to_contain_text("in hand for 60 ms")


def test_who_does_not_want_to_guess_is_not_asked_again(page: Page) -> None:
    question = page.get_by_role("group", name=re.compile("^Two transfers"))
    expect(question).to_be_visible()
    page.get_by_text("Guess first").click()
    expect(question).to_be_hidden()
    page.reload()
    page.get_by_text("Guess first").wait_for()
    expect(question).to_be_hidden()
    page.get_by_text("Guess first").click()
    expect(question).to_be_visible()
    page.evaluate(
        "new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))"
    )  # it tells of itself later
    page.reload()
    expect(question).to_be_visible()


def test_a_guess_is_nothing_that_a_form_sends(page: Page) -> None:
    """The server knows of no guess."""
    page.get_by_label("both come through").check()
    sent = page.evaluate("[...new FormData(document.getElementById('run-form')).keys()]")
    assert sent == ["pause_ms", "patience_ms", "python", "observe"]
