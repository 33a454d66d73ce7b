"""A recording that another process writes is followed live, and becomes an ended one when its end comes."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from gilscope import cli, watching
from gilscope.recording import Writer
from gilscope.terminal import USAGE
from tests import app_recordings
from tests.app_client import client, served, settings
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


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def recorded(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """It is being recorded into this file, which has begun."""
    program = path.with_name("waiting.py")
    program.write_text(WAITING, encoding="utf-8")
    command = [sys.executable, "-m", "gilscope.cli", "run", "-q", "-o", path.name, program.name]
    with subprocess.Popen(command, cwd=path.parent, stdin=subprocess.PIPE) as run:
        try:
            wait_for(lambda: path.exists() and path.stat().st_size > 0)
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


def followed(browser: Browser, address: str) -> tuple[Page, list[str]]:
    """Its page shows what the program does, while it does it."""
    page, errors = opened(browser)
    page.goto(address)
    expect(page.locator("#facts")).to_contain_text("now running", use_inner_text=True)
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
        page, errors = followed(browser, f"{running.base}/recordings/ends")
        broken, more = followed(browser, f"{running.base}/recordings/killed")
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
        assert ["<dd>running</dd>" in answer.text for answer in answers] == [True, False, False]
        assert ["/runs/abc/stop" in answer.text for answer in answers] == [False] * 3
        assert "recordings/abc" not in answers[2].text
        assert [web.get(f"/{path}").status_code for path in ("compare?ids=abc", "recordings/abc/path")] == [409, 409]
        writer.end({"verdict": "ok", "sentence": "It ended.", "duration_ns": 5})
        store = running.state["store"]
        wait_for(lambda: any(one.analysed for one in store.newest()))
        found = store.get("abc")
        assert (found.verdict, found.sentence) == ("ok", "It ended.")
        assert "recordings/abc" in web.get("/recordings/").text


# gilscope run --show

SAYING = f"""{WAITING}
import os, sys
print("typed", os.getsid(0) == os.getsid(os.getppid()), sorted(name for name in os.environ if name.startswith("GILSCOPE")))
sys.exit(7)
"""
RECORDED = sorted(
    {name for name in os.environ if name.startswith("GILSCOPE")}
    | {f"GILSCOPE_{name}" for name in ("PROBE", "RINGS", "RUN")}
)
"""What the environment of a recorded program has of Gilscope, watched or not."""
OPENS = '#!/bin/sh\nprintf %s "$1" > opened.new; mv opened.new "$HERE/opened"\n'


@contextmanager
def shown(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A program is recorded and watched, from a terminal's session of its own."""
    (folder / "mine.py").write_text(SAYING, encoding="utf-8")
    (folder / "browser").write_text(OPENS, encoding="utf-8")
    (folder / "browser").chmod(0o755)
    (folder / "temporary").mkdir(exist_ok=True)
    given = {"BROWSER": str(folder / "browser"), "HERE": str(folder), "TMPDIR": str(folder / "temporary")}
    command = [sys.executable, "-m", "gilscope.cli", "run", "--show", *options, "mine.py"]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **given},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as run:
        try:
            yield run
        finally:
            run.kill()


def is_served(address: str) -> bool:
    with socket.socket() as there:
        return there.connect_ex(("127.0.0.1", urlsplit(address).port)) == 0


def said(run: subprocess.Popen[str]) -> str:
    """The next line of what the command says."""
    assert run.stderr
    return run.stderr.readline().rstrip("\n")


def test_a_program_is_watched_while_it_runs(browser: Browser, tmp_path: Path) -> None:
    """In a browser that is opened when there is something to see; its output, input, session and exit code are its own. Then
    the page stays until Ctrl-C, which nobody waits for who reads the output."""
    with shown(tmp_path) as run:
        assert run.stdin and run.stdout
        told = re.fullmatch(r"Watch it at (http://127\.0\.0\.1:\d+/recordings/\w{12})", said(run))
        assert told
        wait_for((tmp_path / "opened").exists)
        assert (tmp_path / "opened").read_text(encoding="utf-8") == told[1]
        page, errors = followed(browser, told[1])
        run.stdin.write("\n")
        run.stdin.close()
        assert run.stdout.read() == f"typed True {RECORDED}\n"
        expect(page.locator("#facts")).to_contain_text("raised an error")
        expect(page.locator("#facts")).to_contain_text("handoffs of the GIL")
        while (line := said(run)) != f"The page stays at {told[1]} until Ctrl-C.":
            assert line
        assert errors == []
        page.close()
        os.killpg(run.pid, signal.SIGINT)
        assert (run.wait(PATIENCE), said(run)) == (7, "")
    assert not is_served(told[1])
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_page_of_a_command_that_is_ended_ends(tmp_path: Path) -> None:
    """Nobody would be there to press Ctrl-C."""
    with shown(tmp_path, "--no-browser", "-q") as run:
        address = said(run).split()[-1]
        wait_for((tmp_path / "mine.gilscope").exists)
        assert is_served(address)
        run.terminate()
        assert run.wait(PATIENCE) == 128 + signal.SIGTERM
        assert said(run) == ""
    wait_for(lambda: not is_served(address) and not list((tmp_path / "temporary").iterdir()))
    assert not (tmp_path / "opened").exists()


def test_a_server_whose_command_is_gone_ends(tmp_path: Path) -> None:
    """Before it could tell its address; without a word."""
    nobody, tell = os.pipe()
    os.close(nobody)
    command = [sys.executable, "-m", "gilscope.serving", str(tmp_path / "mine.gilscope")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=tell, stderr=subprocess.PIPE) as server:
        os.close(tell)
        try:
            assert server.stderr
            assert (server.wait(PATIENCE), server.stderr.read()) == (0, b"")
        finally:
            server.kill()


def test_a_page_whose_server_is_gone_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the command was given neither input nor output."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for name in ("stdin", "stdout"):
        monkeypatch.setattr(sys, name, None)
    with watching.page_of(tmp_path / "mine.gilscope", browser=False) as page:
        page._server.kill()
        page._server.wait()
        page.stay()
    assert capsys.readouterr().err.splitlines() == [
        f"Watch it at {page.address}",
        f"The page stays at {page.address} until Ctrl-C.",
        "The page is gone: its server has ended.",
    ]


def test_where_no_page_can_be_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """And why is said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GILSCOPE_HOST", "192.0.2.1")
    Path("mine.py").write_text("print(1)\n", encoding="utf-8")
    assert cli.main(["run", "--show", "mine.py"]) == USAGE
    out, errors = capfd.readouterr()
    assert (out, errors.count("\n")) == ("", 2)
    assert "Can't listen on 192.0.2.1" in errors
    assert "The page can't be shown. Record without --show" in errors


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
