"""What holds for all tests: hypothesis without deadlines, Ctrl-C, and a list of the interpreters that are missing."""

import signal

import pytest
from hypothesis import settings

from gilscope.collector import interpreters
from tests.browsing import browser  # noqa: F401
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
