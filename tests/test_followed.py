"""A recording that another process writes is followed live, and becomes an ended one when its end comes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Browser, Page, expect

from gilscope import cli
from gilscope.recording import Writer
from gilscope.terminal import USAGE
from tests import app_recordings
from tests.app_client import Served, client, served, settings
from tests.browsing import opened

WAITING = """
import threading
typed = threading.Event()
thread = threading.Thread(target=typed.wait, name="patient")
thread.start()
input()
typed.set()
thread.join()
"""
"""A program that goes on until something is typed."""
PATIENCE = 60.0


@contextmanager
def recorded(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """It is being recorded into this file, which has begun."""
    program = path.with_name("waiting.py")
    program.write_text(WAITING, encoding="utf-8")
    command = [sys.executable, "-m", "gilscope.cli", "run", "-q", "-o", path.name, program.name]
    with subprocess.Popen(command, cwd=path.parent, stdin=subprocess.PIPE) as run:
        try:
            deadline = time.monotonic() + PATIENCE
            while not path.exists() or not path.stat().st_size:
                assert run.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield run
        finally:
            run.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the server has its recordings."""
    found = settings(tmp_path).recordings
    found.mkdir(parents=True)
    return found


def typed(run: subprocess.Popen[bytes]) -> None:
    """Let the program come to its end."""
    pipe: IO[bytes] | None = run.stdin
    assert pipe
    pipe.write(b"\n")
    pipe.close()


def followed(browser: Browser, running: Served, id: str) -> tuple[Page, list[str]]:
    """Its page shows what the program does, while it does it."""
    page, errors = opened(browser)
    page.goto(f"{running.base}/recordings/{id}")
    expect(page.locator("#facts")).to_contain_text("still running")
    expect(page.locator("#facts")).to_contain_text("stopped there: Ctrl-C")
    expect(page.get_by_role("row", name="patient")).to_contain_text("for event typed")
    expect(page.locator("#pills")).to_contain_text("recording")
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.get_by_role("button", name="Pin", exact=True)).to_have_count(0)
    return page, errors


def test_its_page_follows_it_to_its_end(browser: Browser, tmp_path: Path, folder: Path) -> None:
    """In a browser that never loads the page again: rows while it runs, then the verdict, the findings and all that can be
    done with a recording. One whose writer is killed has broken off."""
    with ExitStack() as stack:
        ends, killed = (stack.enter_context(recorded(folder / f"{id}.gilscope")) for id in ("ends", "killed"))
        running = stack.enter_context(served(settings(tmp_path)))
        page, errors = followed(browser, running, "ends")
        broken, more = followed(browser, running, "killed")
        assert running.state["store"].newest() == []

        page.get_by_role("button", name="Live").click()
        expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")
        typed(ends)
        expect(page.locator("#facts")).to_contain_text("ended by itself")
        expect(page.locator("#facts")).to_contain_text("handoffs of the GIL")
        expect(page.locator("#pills")).to_contain_text("0 contradictions")
        expect(page.get_by_role("button", name="Pin", exact=True)).to_be_visible()
        expect(page.get_by_text("Delete it")).to_be_visible()
        expect(page.get_by_role("button", name="Live")).to_be_hidden()
        expect(page.locator(".gt-detail-title")).to_have_text("Why is a thread not running?")
        page.get_by_role("link", name="handoffs of the GIL").click()
        expect(page.locator(".gt-detail-title")).not_to_have_text("Why is a thread not running?")

        killed.kill()
        expect(broken.locator("#facts")).to_contain_text("broke off")
        expect(broken.locator("#findings")).to_contain_text(
            "It broke off before its end. What was recorded until then is kept."
        )
        assert errors + more == []
        page.close()
        broken.close()


def test_a_scenario_that_somebody_else_records_has_no_stop_button(tmp_path: Path, folder: Path) -> None:
    """Nor is it listed, kept or put beside others, until its end is there."""
    writer = Writer(folder / "abc.gilscope", {**app_recordings.HEADER, "scenario": "convoy"})
    with served(settings(tmp_path)) as running, client(running) as web:
        answers = [web.get(f"/{path}") for path in ("recordings/abc", "scenarios/convoy?recording=abc", "recordings/")]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert ["still running" in answer.text for answer in answers] == [True, False, False]
        assert ["/runs/abc/stop" in answer.text for answer in answers] == [False] * 3
        assert "recordings/abc" not in answers[2].text
        assert [web.get(f"/{path}").status_code for path in ("compare?ids=abc", "recordings/abc/path")] == [409, 409]
        writer.end({"verdict": "ok", "sentence": "It ended.", "duration_ns": 5})
        deadline = time.monotonic() + PATIENCE
        while not (found := running.state["store"].get("abc")) or not found.analysed:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert (found.verdict, found.sentence) == ("ok", "It ended.")
        assert "recordings/abc" in web.get("/recordings/").text


def test_what_is_being_recorded_is_written_by_one_and_shown_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both are said before anything begins."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("print(1)\n", encoding="utf-8")
    Path("other").write_bytes(app_recordings.FILE)
    writer = Writer("mine.gilscope", app_recordings.HEADER)
    before = Path("mine.gilscope").read_bytes()
    assert cli.main(["run", "mine.py"]) == USAGE
    assert cli.main(["show", "--no-browser", "other", "mine.gilscope"]) == USAGE
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "gilscope: mine.gilscope is being recorded by another run. Wait for its end, or choose another file with -o.",
        "gilscope: mine.gilscope is still being recorded. Show it by itself, or when it has ended.",
    ]
    assert Path("mine.gilscope").read_bytes() == before
    writer.close()
