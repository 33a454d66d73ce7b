"""Take the README's picture of the real page, after a real run: ``make picture``."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "scenario.png"
SCENARIO, FINDING = "lock_contention", "Threads queue for the lock"
WIDTH, HEIGHT, DENSITY = 1440, 900, 1.5
SECONDS = 60


def main() -> None:
    """Serve, run, wait for the findings, take the picture."""
    with (
        tempfile.TemporaryDirectory() as data,
        subprocess.Popen(
            [sys.executable, "-m", "gilscope.cli", "serve", "--port", "0", "--data", data],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as server,
    ):
        try:
            assert server.stdout
            address = re.search(r"http://\S+/", server.stdout.readline())
            assert address, "the server didn't start"
            take(address[0])
        finally:
            server.terminate()


def take(address: str) -> None:
    """In a browser of our own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=DENSITY, color_scheme="dark"
        )
        page.set_default_timeout(SECONDS * 1000)
        page.goto(f"{address}scenarios/{SCENARIO}")
        arrange(page)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()


def arrange(page: Page) -> None:
    """Run it, and look at what somebody who comes here first would want to see: who waits, and why."""
    page.get_by_role("button", name=re.compile("^Run")).click()
    page.locator(".finding a", has_text=FINDING).first.click()
    page.wait_for_selector(".gt-why li")


if __name__ == "__main__":
    main()
