"""Programs under supervision, and what must not be left of them. All processes are real."""

import os
import sys
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gilscope.collector import tree, weight
from gilscope.collector.supervisor import Program
from gilscope.collector.verdicts import Limits, Verdict

PATIENCE = 60.0
"""Seconds; only ever spent by a test that fails."""

PROLOGUE = """
import ctypes, json, mmap, os, resource, signal, subprocess, sys, threading, time
FOREVER = 1000
def say(text):
    print(text, flush=True)
def child(function, *arguments):
    "Fork; in the child call the function and end."
    pid = os.fork()
    if pid == 0:
        try:
            function(*arguments)
        finally:
            os._exit(0)
    return pid
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.001)
"""

needs_cgroup = pytest.mark.skipif(weight.weight_means() != "cgroup", reason="no cgroup can be made here")
ROOMY = Limits(wall_seconds=600, cpu_seconds=600, processes=1000, threads=2000)

STUBBORN = """
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)

def wait():
    time.sleep(FOREVER)
def escape():
    os.setsid()
    wait()
def vanish():
    os.setsid()
    child(escape)
def forget():
    os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(1000)", sys.argv[1]], {})
def stop():
    os.kill(os.getpid(), signal.SIGSTOP)
def hang():
    threading.Thread(target=ctypes.PyDLL(None).sleep, args=[FOREVER]).start()  # keeps the GIL
def wake():
    while True:  # whoever is stopped
        os.killpg(0, signal.SIGCONT)
def respawn():
    "Two that replace each other."
    while True:
        other = os.getpid()
        if os.fork():
            os.wait()
        else:
            while os.getppid() == other:
                time.sleep(0.001)

def tree(plain, others):
    for _ in range(plain):
        child(wait)
    for function in escape, vanish, forget, stop, hang, respawn:
        for _ in range(others):
            child(function)
    child(wake)
"""


def wait_until(condition: Callable[[], Any]) -> Any:
    """What the condition gives once it gives something."""
    end = time.monotonic() + PATIENCE
    while not (given := condition()):
        assert time.monotonic() < end, f"{condition} didn't come true in {PATIENCE} s"
        time.sleep(0.002)
    return given


def marked(token: str) -> list[int]:
    """All processes with the token in their command line; forks keep it, whatever else they do."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                line = Path("/proc", name, "cmdline").read_bytes()
            except OSError:
                continue
            if token.encode() in line:
                found.append(int(name))
    return found


def children() -> set[int]:
    """Of this process, zombies included."""
    seen = [tree.read(int(name)) for name in os.listdir("/proc") if name.isdigit()]
    return {process.pid for process in seen if process and process.parent == os.getpid()}


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


class Stage:
    """Starts programs, and knows what must not be left of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = uuid.uuid4().hex
        self.programs: list[Program] = []
        self.printed: dict[str, str] = {}

    def command(self, script: str) -> list[str | Path]:
        file = self.folder / "program.py"
        file.write_text(PROLOGUE + textwrap.dedent(script), encoding="utf-8")
        return [sys.executable, "-S", "-E", file, self.token]

    def prepare(self, script: str, limits: Limits = ROOMY, light: bool = False) -> Program:
        program = Program(self.command(script), {"MARK": "here"}, self.folder, limits, light)
        self.programs.append(program)
        return program

    def start(self, script: str, limits: Limits = ROOMY, light: bool = False) -> Program:
        program = self.prepare(script, limits, light)
        program.release()
        return program

    def listen(self, program: Program) -> str:
        """All that was printed so far."""
        for stream, text in program.output():
            self.printed[stream] = self.printed.get(stream, "") + text
        return self.printed.get("stdout", "")

    def hear(self, program: Program, text: str) -> None:
        """Watch until the program says this, without a verdict."""

        def heard() -> bool:
            verdict = program.look()
            assert verdict is None, verdict
            assert text in self.listen(program) or program.alive, self.printed
            return text in self.listen(program)

        wait_until(heard)

    def verdict(self, program: Program) -> Verdict:
        """Watch until a limit is exceeded, then end it."""
        verdict: Verdict = wait_until(program.look)
        program.end()
        self.listen(program)
        return verdict

    def run(self, script: str, limits: Limits = ROOMY) -> Program:
        """From start to end."""
        program = self.start(script, limits)
        wait_until(lambda: (self.listen(program) and program.look()) or not program.alive)
        program.end()
        self.listen(program)
        return program


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """After each test nothing of its programs is left: no process, no zombie, no open file, no cgroup."""
    before = open_files(), children(), groups()
    stage = Stage(tmp_path)
    yield stage
    for program in stage.programs:
        program.end()
    assert marked(stage.token) == []
    assert (open_files(), children(), groups()) == before


def groups() -> set[Path]:
    """Cgroups that this process has made."""
    return {group for folder in own_groups() for group in folder.glob(f"gilscope-{os.getpid()}-*")}


def own_groups() -> list[Path]:
    """Cgroups that this process is in."""
    return [own for _, own, _ in weight._own_groups()]


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
