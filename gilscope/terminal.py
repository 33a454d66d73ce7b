"""The terminal of a command: what is said there, the signals that come from it, and the exit codes that go back."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

OK, FAILED, USAGE, SIGNALLED = 0, 1, 2, 128
"""What they stand for is told in ``cli.py``. ``SIGNALLED``: with the number of the signal added."""


def asked(received: Sequence[int]) -> str | None:
    """What a signal asks of the run: Ctrl-C is somebody's wish, the others are how terminals and machines end."""
    if not received:
        return None
    return "stopped" if received[0] == signal.SIGINT else "interrupted"


@contextmanager
def signals() -> Iterator[list[int]]:
    """Signals that end a program go into a list instead; the second one does what it always does."""
    received: list[int] = []

    def receive(number: int, frame: object) -> None:
        received.append(number)
        _put_back(usual)

    usual = _handlers((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    for number in usual:
        signal.signal(number, receive)
    try:
        yield received
    finally:
        _put_back(usual)


@contextmanager
def noticed(numbers: Iterable[int]) -> Iterator[Callable[[], list[int]]]:
    """Signals that are the program's do nothing here; the function gives those that came since its last call. One that
    is ignored, as under nohup, stays so."""
    came: list[int] = []
    usual = _handlers(numbers)

    def take() -> list[int]:
        return [came.pop(0) for _ in range(len(came))]

    for number in usual:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield take
    finally:
        _put_back(usual)


def _handlers(numbers: Iterable[int]) -> dict[int, Any]:
    """What these signals do now, but for those that are ignored, or that Python hasn't set: they stay as they are."""
    found = {number: signal.getsignal(number) for number in numbers}
    return {number: handler for number, handler in found.items() if handler not in (signal.SIG_IGN, None)}


def _put_back(usual: Mapping[int, Any]) -> None:
    for number, handler in usual.items():
        signal.signal(number, handler)


def show(stream: str, text: str) -> None:
    """What the program prints goes where it would have gone."""
    here = sys.stdout if stream == "stdout" else sys.stderr
    try:
        here.write(text)
        here.flush()
    except BrokenPipeError:  # nobody reads it any more; everything else goes on
        let_go(here)


def say(text: str) -> None:
    """To people, beside what the program printed."""
    show("stderr", text + "\n")


def let_go(stream: TextIO) -> None:
    """From now on nothing goes there, and nothing fails because of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
