"""Whatever a program does, nothing of it outlives its end. All processes here are real."""

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.staged import ROOMY, STUBBORN, Stage, children, marked, needs_cgroup, open_files, own_groups, wait_until

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("light", [False, True])
def test_the_end_ends_everything(stage: Stage, light: bool, record_property: Callable[[str, object], None]) -> None:
    """250 processes and more that do all they can to live on."""
    program = stage.start(STUBBORN + "tree(150, 20)\nsay('ready')\nwait()", light=light)
    stage.hear(program, "ready")
    wait_until(lambda: len(marked(stage.token)) >= 250)
    begin = time.monotonic()
    program.end()
    took = time.monotonic() - begin
    assert marked(stage.token) == []
    record_property("seconds", took)
    print(f"ended in {took * 1000:.0f} ms")
    assert took < 20
    assert program.signal == signal.SIGKILL


def test_what_the_first_process_leaves_is_ended(stage: Stage) -> None:
    """The run is over with its first process."""
    program = stage.start(STUBBORN + "tree(3, 3)")
    wait_until(lambda: not program.alive)
    assert program.exit_code == 0
    program.end()
    assert marked(stage.token) == []


def test_the_end_may_come_at_any_time(stage: Stage) -> None:
    """Before the release, after its own end, and twice."""
    program = stage.prepare("time.sleep(FOREVER)")
    program.end()
    assert not program.alive and program.signal == signal.SIGKILL
    program.end()
    assert program.look() is None and program.output() == []
    stage.run("pass").end()


def test_twenty_runs_leave_no_file_and_no_zombie(stage: Stage) -> None:
    """The fixture looks after them; here while the object still exists."""
    before = open_files(), children()
    programs = [stage.run("say('x')") for _ in range(20)]
    assert (open_files(), children()) == before
    assert [program.exit_code for program in programs] == [0] * 20


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize(
    "attack",
    [
        "for number in signal.valid_signals() - {9, 19}: os.kill(guardian, number)",
        "os.kill(guardian, signal.SIGSTOP)",
        "os.kill(guardian, signal.SIGKILL)",
    ],
)
def test_a_guardian_under_attack(stage: Stage, attack: str, light: bool) -> None:
    """The program can stop and even kill its guardian. It doesn't outlive that."""
    program = stage.start(
        STUBBORN
        + textwrap.dedent(f"""
        guardian = os.getppid()
        tree(3, 3)
        say("ready")
        wait_for("on")
        {attack}
        say("attacked")
        wait()
        """),
        light=light,
    )
    stage.hear(program, "ready")
    wait_until(lambda: len(marked(stage.token)) >= 22)
    known = set(marked(stage.token))
    wait_until(lambda: program.look() or program._known.keys() >= known & set(marked(stage.token)))
    known = set(program._known)
    (stage.folder / "on").touch()
    if "SIGKILL" in attack:
        wait_until(lambda: not Path("/proc", str(program.pid)).exists())  # the kernel has done that
        assert not program.alive
    else:
        wait_until(lambda: "attacked" in stage.listen(program))
    program.end()
    assert marked(stage.token) == []
    assert program.signal == signal.SIGKILL
    assert set(program.gone()) >= known


def test_a_stopped_guardian_is_woken(stage: Stage) -> None:
    """Limits hold, though the program has stopped who watches it."""
    script = "os.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(FOREVER)"
    program = stage.start(script, replace(ROOMY, wall_seconds=0.3))
    assert stage.verdict(program).word == "wall-limit"


@pytest.mark.parametrize(
    ("function", "light"),
    [
        ("escape", False),  # found by the mark in its environment
        pytest.param("forget", True, marks=needs_cgroup),  # has none, but is in the cgroup
    ],
)
def test_who_is_born_after_the_guardian_s_death_is_ended(stage: Stage, function: str, light: bool) -> None:
    """Nobody has seen it, and its parent has ended: it is the child of a stranger."""
    program = stage.start(
        STUBBORN
        + textwrap.dedent(f"""
        guardian = os.getppid()
        def attack():
            os.setsid()
            os.kill(guardian, signal.SIGKILL)
            child({function})
            os.kill(os.getpid(), signal.SIGKILL)
        child(attack)
        wait()
        """),
        light=light,
    )
    wait_until(lambda: not program.alive)
    program.end()
    wait_until(lambda: not marked(stage.token))


COLLECTOR = """
import sys, time
from pathlib import Path
from gilscope.collector.supervisor import Program
from gilscope.collector.verdicts import Limits

script, token, folder, light, release = sys.argv[1:]
limits = Limits(processes=1000, wall_seconds=600)
program = Program([sys.executable, "-S", "-E", script, token], {}, Path(folder), limits, bool(int(light)))
if int(release):
    program.release()
    while "ready" not in "".join(text for _, text in program.output()):
        assert program.alive
        time.sleep(0.01)
print("ready", flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("release", [False, True])
def test_nothing_outlives_a_killed_collector(stage: Stage, light: bool, release: bool) -> None:
    """SIGKILL: the collector has no chance to do anything. The guardian ends the tree, and itself."""
    _, _, _, script, token = stage.command(STUBBORN + "tree(10, 5)\nsay('ready')\nwait()")
    arguments = [script, token, stage.folder, str(int(light)), str(int(release))]
    collector = subprocess.Popen(
        [sys.executable, "-c", COLLECTOR, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert collector.stdout is not None
    with collector, collector.stdout:
        try:
            assert collector.stdout.readline() == "ready\n"
            assert len(marked(stage.token)) >= (20 if release else 3)  # the guardian has the collector's command line
        finally:
            collector.kill()
        assert collector.stdout.read() == ""  # whoever reads it isn't kept waiting by the guardian
    wait_until(lambda: not marked(stage.token))
    assert not [group for folder in own_groups() for group in folder.glob(f"gilscope-{collector.pid}-*")]
