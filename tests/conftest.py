"""What holds for all tests: hypothesis without deadlines, Ctrl-C, a list of the interpreters that are missing, sanitizers."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from gilscope.collector import interpreters, probe
from gilscope.collector.interpreters import Interpreter
from tests.browsing import browser, no_page_complains  # noqa: F401
from tests.programs import python  # noqa: F401
from tests.staged import stage  # noqa: F401
from tests.timeline_page import page, server  # noqa: F401

settings.register_profile("gilscope", deadline=None, max_examples=60)
settings.load_profile("gilscope")

# Who starts tests in the background has SIGINT ignored: programs under test then couldn't be interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)

EXPECTED = ((3, 11), (3, 12), (3, 13), (3, 14), (3, 15))


def missing_interpreters() -> list[str]:
    """Versions that Gilscope records and that this machine doesn't have, or not with their headers."""
    there = {found.version[:2] for found in interpreters.find() if found.include and not found.free_threaded}
    return [".".join(map(str, version)) for version in EXPECTED if version not in there]


def pytest_report_header() -> list[str]:
    """Which interpreters the tests run on."""
    found = [f"{each.text} ({each.path})" for each in interpreters.find()]
    return ["interpreters: " + ", ".join(found)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not tested, where one sees it."""
    missing = missing_interpreters()
    if missing:
        terminalreporter.write_line(
            f"Not tested: Python {', '.join(missing)}, not found with headers here "
            "(scripts/install-interpreters brings some; GILSCOPE_INTERPRETERS names others)."
        )


SANITIZERS = ("-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")


@pytest.fixture
def sanitized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Interpreter:
    """This Python, with a recorder under the address and undefined-behaviour sanitizers: a complaint ends the program."""
    preloaded = " ".join(map(_library, ("libasan.so", "libubsan.so")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CC", "gcc")
    monkeypatch.setattr(probe, "FLAGS", (*probe.FLAGS, *SANITIZERS))
    monkeypatch.setattr(probe, "_try_to_load", lambda *_: None)  # it doesn't preload the sanitizers
    own = interpreters.describe(sys.executable)
    probe.build_probe(own)
    monkeypatch.setenv("LD_PRELOAD", preloaded)
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")
    return own


def _library(name: str) -> str:
    """Path of a library of gcc's; skips the test where there is none."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc here")
    path = subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if path == name:
        pytest.skip(f"gcc has no {name} here")
    return path
