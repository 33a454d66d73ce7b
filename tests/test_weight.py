"""A run weighs less than what else this machine does. All processes here are real."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from gilscope.collector import tree, weight
from tests.staged import STUBBORN, Stage, groups, marked, needs_cgroup, own_groups, wait_until


def weights(pids: list[int]) -> set[str]:
    """Of the autogroups of these processes, as far as they live. Who never opened a session is in none: as heavy as any."""
    found = set()
    for pid in pids:
        with suppress(OSError):
            found.add((Path(f"/proc/{pid}/autogroup").read_text().split() or ["0"])[-1])
    return found


FAMILY = STUBBORN + "tree(2, 2)\nsay('ready')\nwait()"


@needs_cgroup
def test_a_light_run_is_in_a_cgroup_of_its_own(stage: Stage) -> None:
    """All of it, with little weight; a run that isn't light is in none."""
    program = stage.start(FAMILY, light=True)
    stage.hear(program, "ready")
    assert program.weight == "cgroup"
    (group,) = groups()
    (control,) = [control for control in (weight.SHARES, weight.WEIGHT) if (group / control.file).exists()]
    assert (group / control.file).read_text() == f"{control.light}\n"
    # In the moment between two looks some of the tree may come and go.
    wait_until(lambda: set(map(int, (group / "cgroup.procs").read_text().split())) == set(marked(stage.token)))
    program.end()
    assert groups() == set()
    plain = stage.start(FAMILY, light=False)
    assert plain.weight is None and groups() == set()


@pytest.mark.skipif(not weight.autogroups(), reason="sessions aren't weighed against each other here")
def test_without_a_cgroup_all_its_sessions_are_light(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those too that it opens as it goes; only the guardian has the usual weight."""
    monkeypatch.setenv(weight.SETTING, "autogroup")
    program = stage.start(FAMILY, light=True)
    assert program.weight == "autogroup" and weights([program.pid]) == {str(weight.NICE)}
    stage.hear(program, "ready")
    wait_until(lambda: len(marked(stage.token)) >= 12)
    sessions = {process.session for pid in marked(stage.token) if (process := tree.read(pid))}
    assert len(sessions) > 1
    wait_until(lambda: program.look() or weights(marked(stage.token)) == {str(weight.NICE)})
    assert weights([os.getppid(), program._guardian]) == {"0"}
    program.end()
    plain = stage.start(FAMILY, light=False)
    stage.hear(plain, "ready")
    assert plain.weight is None and weights(marked(stage.token)) == {"0"}


@pytest.mark.parametrize("means", [pytest.param("cgroup", marks=needs_cgroup), "autogroup"])
def test_what_is_ended_gets_its_weight_back(means: weight.Means, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it dies soon, however much the machine has to do."""
    monkeypatch.setenv(weight.SETTING, means)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as child:
        process = tree.read(child.pid)
        assert process
        held = weight.Weight(light=True)
        if held.means != means:
            pytest.skip("sessions aren't weighed against each other here")
        held.begin([process])

        def now() -> set[str]:
            if held._group is None:
                return weights([child.pid])
            return {(held._group.folder / held._group.control.file).read_text().strip()}

        light = now()
        held.lift([process])
        usual = now()
        child.communicate(b"\n")
        held.end()
    assert (light, usual) in (({"256"}, {"1024"}), ({"25"}, {"100"}), ({str(weight.NICE)}, {"0"}))


def test_what_holds_the_weight_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the doctor; nothing is left of the attempt. One can say what must not be used."""
    before = groups()
    assert weight.weight_means() in ("cgroup", "autogroup", None)
    monkeypatch.setenv(weight.SETTING, "autogroup")
    assert weight.weight_means() in ("autogroup", None)
    monkeypatch.setenv(weight.SETTING, "none")
    assert weight.weight_means() is None
    assert groups() == before


@needs_cgroup
def test_a_cgroup_that_takes_no_weight_is_not_kept() -> None:
    """Where the controller isn't switched on there is no file for it."""
    for folder in own_groups():
        with pytest.raises(OSError, match="cpu.nothing"):
            weight.Group(folder, weight.Control("cpu.nothing", "1", "1"))
    assert groups() == set()


@needs_cgroup
def test_cgroups_of_the_dead_are_removed() -> None:
    """A collector and a guardian that were killed together leave an empty one; the next run takes it away."""
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    group = next(weight._groups())
    try:
        left, kept = (group.folder.with_name(f"gilscope-{pid}-0") for pid in (dead.pid, os.getpid()))
        left.mkdir()
        kept.mkdir()
        weight.Group(group.folder.parent, group.control).remove()
        assert kept.exists() and not left.exists()
        kept.rmdir()
    finally:
        group.remove()
