"""A real browser, and pages in it that tell their errors."""

import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

expect.set_options(timeout=30_000)  # what is waited for may take a while on a busy machine

REFUSED = "the server responded with a status of 4"
"""The browser's own word on an answer that says no: no error of the page."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def opened(browser: Browser, expected: Sequence[str] = (REFUSED,), **options: Any) -> tuple[Page, list[str]]:
    """A page, and every error that it tells, but those in which one of the expected texts stands."""
    page = browser.new_page(**{"viewport": {"width": 1280, "height": 720}, "color_scheme": "dark", **options})
    errors: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in expected):
            errors.append(message.text)

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", said)
    return page, errors
