"""Programs that switch cores, and what the kernel tells of it otherwise. All processes are real."""

import errno
import json
import os
import resource
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from gilscope.collector import cores
from gilscope.collector.cores import MARGIN_NS, Cores, Switches
from gilscope.collector.rings import FOREVER
from gilscope.errors import CoresUnavailable


def refusal() -> str:
    """Why this machine won't tell, if it has been forbidden to; any other failure is one of ours."""
    try:
        Cores(os.getpid()).close()
    except CoresUnavailable as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            return str(error)
    return ""


needs_cores = pytest.mark.skipif(bool(reason := refusal()), reason=reason)
SMALL = 4 * resource.getpagesize()  # 512 switches
SECONDS = 60

PROLOGUE = """
import ctypes, hashlib, json, os, resource, sys, threading, time

core_now = ctypes.CDLL(None).sched_getcpu
me = threading.get_native_id
pause = sys.stdin.readline

def tell(**facts):
    sys.stdout.write(json.dumps(facts) + chr(10))
    sys.stdout.flush()

def start(*functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    return threads

def nap(times):
    for _ in range(times):
        time.sleep(1e-6)

pause()
"""


class Program:
    """A child that waits until it is let go, and tells JSON."""

    def __init__(self, source: str, *command: str) -> None:
        self.process = subprocess.Popen(
            [*(command or (sys.executable, "-c")), PROLOGUE + textwrap.dedent(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self.process.pid
        await_rest(self.pid)

    def let_go(self, line: str = "") -> None:
        """Let it go on."""
        assert self.process.stdin
        print(line, file=self.process.stdin, flush=True)

    def go(self, line: str = "") -> dict[str, Any]:
        """Let it go on until it tells something."""
        self.let_go(line)
        return self.hear()

    def nap(self, times: int) -> None:
        """Let one that is OBEDIENT nap, and come to rest."""
        self.go(str(times))
        await_rest(self.pid)

    def hear(self) -> dict[str, Any]:
        """What it tells next."""
        assert self.process.stdout
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def end(self) -> list[dict[str, Any]]:
        """Let it run to its end; what it tells on the way."""
        output, _ = self.process.communicate(timeout=SECONDS)
        assert self.process.returncode == 0
        return [json.loads(line) for line in output.splitlines()]


class Witness(NamedTuple):
    """What the kernel counts for a thread: times that it gave its core up, and that it was taken away."""

    given: int
    taken: int


def witness(pid: int) -> tuple[bool, dict[int, Witness]]:
    """Whether all threads of a process wait for something, and what is counted for each."""
    resting = True
    found = {}
    for folder in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            lines = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines())
            counted = (int(lines[f"{kind}_ctxt_switches"]) for kind in ("voluntary", "nonvoluntary"))
            found[int(folder.name)] = Witness(*counted)
            resting &= lines["State"].startswith("S")
    return resting, found


def await_rest(pid: int) -> dict[int, Witness]:
    """Wait until all threads of a process wait for something, and nothing has changed from one look to the next."""
    deadline = time.monotonic() + SECONDS
    before: dict[int, Witness] = {}
    while time.monotonic() < deadline:
        resting, now = witness(pid)
        if resting and now == before:
            return now
        before = now
    raise AssertionError(f"process {pid} doesn't come to rest")


@contextmanager
def started(source: str, *command: str) -> Iterator[Program]:
    """A program that waits to be let go."""
    program = Program(source, *command)
    try:
        yield program
    finally:
        program.process.kill()
        program.process.communicate()


@contextmanager
def watching(pid: int, ring_bytes: int = cores.RING_BYTES) -> Iterator[Cores]:
    """The cores of a program."""
    watched = Cores(pid, ring_bytes)
    try:
        yield watched
    finally:
        watched.close()


def watch(source: str, *command: str) -> tuple[list[dict[str, Any]], Switches]:
    """Run a program to its end: what it told, and all its switches."""
    with started(source, *command) as program, watching(program.pid) as watched:
        told = program.end()
        switches, losses = watched.read(FOREVER)
    assert losses == []
    assert_consistent(switches)
    return told, switches


def settled() -> int:
    """A time (ns) up to which everything has come to light; what has happened until now is before it."""
    now = time.monotonic_ns()
    time.sleep(MARGIN_NS / 1e9)
    return now


def steps(switches: Switches, *names: str) -> list[tuple[Any, ...]]:
    """The rows of these columns."""
    return list(zip(*(getattr(switches, name).tolist() for name in names), strict=True))


def assert_consistent(switches: Switches) -> None:
    """Nothing is lost: a thread is put on and taken off in turns; a core has one thread at a time."""
    assert (np.diff(switches.at) >= 0).all()
    assert not (switches.on & switches.preempted).any()
    for tid in np.unique(switches.tid):
        on = switches.on[switches.tid == tid]
        assert on[::2].all() and not on[1::2].any() and len(on) % 2 == 0, f"thread {tid}"
    for cpu in np.unique(switches.cpu):
        there = switches[switches.cpu == cpu]
        assert there.on[::2].all() and not there.on[1::2].any(), f"core {cpu}"
        assert (there.tid[::2] == there.tid[1::2]).all(), f"core {cpu}"


def count_of(switches: Switches, tid: int) -> Witness:
    """What we have seen of what the kernel counts."""
    off = (switches.tid == tid) & ~switches.on
    return Witness(int((off & ~switches.preempted).sum()), int((off & switches.preempted).sum()))
