"""A real browser, and pages in it that tell their errors."""

import shutil
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect, sync_playwright

expect.set_options(timeout=30_000)  # what is waited for may take a while on a busy machine

REFUSED = "the server responded with a status of 4"
"""The browser's own word on an answer that says no: no error of the page."""
unexpected: list[str] = []
"""The errors of pages that were made by ``browser.new_page``: no test goes without somebody who listens."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        make = browser.new_page

        def new_page(**options: Any) -> Page:
            page = make(**options)
            listen(page, unexpected, (REFUSED,))
            return page

        browser.new_page = new_page  # type: ignore[method-assign]
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def no_page_complains() -> Iterator[None]:
    """Nothing throws, and no console has an error."""
    yield
    told = unexpected.copy()
    unexpected.clear()
    assert told == []


def listen(page: Page, errors: list[str], expected: Sequence[str]) -> None:
    """Enter every error that a page tells, but those in which one of the expected texts stands."""

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in expected):
            errors.append(message.text)

    def answered(response: Response) -> None:
        if response.status >= 400 and "/static/" in response.url:
            errors.append(f"{response.status} {response.url}")

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", said)
    page.on("response", answered)


def opened(browser: Browser, expected: Sequence[str] = (REFUSED,), **options: Any) -> tuple[Page, list[str]]:
    """A page, and every error that it tells, but those in which one of the expected texts stands."""
    page = type(browser).new_page(
        browser, **{"viewport": {"width": 1280, "height": 720}, "color_scheme": "dark", **options}
    )
    errors: list[str] = []
    listen(page, errors, expected)
    return page, errors


def come_to_rest(page: Page) -> None:
    """Until nothing moves. Not by promises of animations: where nothing of them is to be drawn, the browser leaves those unsettled."""
    deadline = time.monotonic() + 15
    while page.evaluate("document.getAnimations().some((one) => one.playState === 'running')"):
        assert time.monotonic() < deadline, "something moves on and on"
        page.wait_for_timeout(20)
