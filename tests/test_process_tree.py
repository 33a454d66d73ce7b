"""Who belongs to a run, and who of it has ended. All processes here are real."""

import fcntl
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from gilscope.collector import tree
from gilscope.collector.tree import Tree
from tests.staged import (
    ROOMY,
    Stage,
    marked,
    wait_until,
)


def test_ended_processes_are_told(stage: Stage) -> None:
    """Its own, its children's, those of orphans, and those that have only been seen in the rings."""
    program = stage.start("""
        def orphan():
            pid = child(wait_for, "on")
            say(f"orphan {pid}")
        say(f"child {child(wait_for, 'on')}")
        os.waitpid(child(orphan), 0)
        short = child(lambda: None)
        os.waitpid(short, 0)
        say(f"short {short}")
        os.wait()
        wait_for("off")
    """)
    stage.hear(program, "short")
    words = stage.printed["stdout"].split()
    pids = {name: int(pid) for name, pid in zip(words[::2], words[1::2], strict=True)}
    assert not {pids["orphan"], pids["child"], program.pid} & set(program.gone())
    assert program.gone([program.pid, pids["short"]]) == [pids["short"]]
    wait_until(lambda: program.look() or program._known.keys() >= {pids["orphan"], pids["child"]})
    (stage.folder / "on").touch()
    told: set[int] = set()

    def both_told() -> bool:
        told.update(program.gone())
        return told >= {pids["orphan"], pids["child"]}

    wait_until(both_told)
    assert program.pid not in told
    program.end()
    assert program.pid in program.gone()
    assert program.gone() == []


def test_the_end_of_orphans_is_told_however_short_they_lived(stage: Stage) -> None:
    """The guardian has waited for them."""
    program = stage.start("""
        for _ in range(50):
            os.waitpid(child(lambda: say(child(lambda: None))), 0)
        say("ready")
        time.sleep(FOREVER)
    """)
    stage.hear(program, "ready")
    orphans = set(map(int, stage.printed["stdout"].split()[:-1]))
    assert len(orphans) == 50
    told: set[int] = set()

    def all_told() -> bool:
        told.update(program.gone())
        return told >= orphans

    wait_until(all_told)


def test_the_guardian_does_not_depend_on_the_collector(stage: Stage) -> None:
    """Who doesn't listen doesn't hinder it from keeping the limits, and is told everything later."""
    program = stage.start(
        """
        for _ in range(300):
            os.waitpid(child(lambda: say(child(lambda: None))), 0)
        for _ in range(20):
            threading.Thread(target=time.sleep, args=[FOREVER]).start()
        """,
        replace(ROOMY, threads=10),
    )
    fcntl.fcntl(program._reports, fcntl.F_SETPIPE_SZ, 4096)  # room for two hundred reports
    wait_until(lambda: not Path("/proc", str(program.pid)).exists())
    assert stage.verdict(program).word == "thread-limit"
    orphans = set(map(int, stage.printed["stdout"].split()))
    assert len(orphans) == 300
    assert set(program.gone()) >= orphans


def test_a_mark_is_found_in_what_a_process_was_given() -> None:
    """At the beginning of its environment, whole; not in what only begins alike."""
    environments = [{"A": "1", "B": "2"}, {"A": "12"}, {"B": "2", "A": "1"}]
    children = [subprocess.Popen([sys.executable, "-c", "input()"], env=each, stdin=-1) for each in environments]
    try:
        found = tree.carrying("A=1")
        assert found.keys() & {child.pid for child in children} == {children[0].pid}
        now = tree.read(children[0].pid)
        assert now and found[now.pid] == now.start
    finally:
        for child in children:
            child.communicate(b"\n")


def test_a_process_is_not_taken_for_a_later_one() -> None:
    """The pid is the same, the process isn't: the signal isn't sent."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        now = tree.read(innocent.pid)
        assert now
        earlier = now._replace(start=now.start - 1)
        tree.send(earlier, signal.SIGKILL)
        assert Tree(now.pid, {now.pid: earlier.start}).processes == {}
        other = Tree(now.pid)
        other.processes[now.pid] = earlier
        other.scan()
        assert other.processes == {}
        innocent.communicate(b"\n")
        assert innocent.returncode == 0
    tree.send(now, signal.SIGKILL)  # it has ended: nothing happens


def test_a_tree_is_its_root_s_descendants(stage: Stage) -> None:
    """Not the root, not what is beside it; parents come before their children, however deep."""
    script = "\n".join(["if os.fork() == 0: pass", "else: time.sleep(FOREVER)"] * 5)
    program = stage.start(script + "\nsay('ready')\ntime.sleep(FOREVER)")
    stage.hear(program, "ready")
    (mine, other) = Tree(program.pid), Tree(os.getpid())
    mine.scan()
    other.scan()
    pids = list(mine.processes)
    assert set(pids) == set(marked(stage.token)) - {program.pid} and len(pids) == 5
    assert [process.parent for process in mine.processes.values()] == [program.pid, *pids[:-1]]
    assert {program.pid, *pids} < set(other.processes) and os.getpid() not in other.processes


def test_nothing_is_decided_about_a_process_whose_parent_has_just_ended() -> None:
    """Read while its parent ended, it may be of the tree: the next scan knows."""
    me = tree.read(os.getpid())
    assert me
    found = Tree(me.parent)
    found._place({me.pid: me._replace(parent=1 << 22)})
    found.scan()
    assert me.pid in found.processes
