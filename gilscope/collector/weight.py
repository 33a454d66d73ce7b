"""Lets a run weigh less than the server when both want the same core. On an idle core it makes no difference.

By a cgroup of the cpu controller (version 1 or 2) where one can be made; else by the kernel's autogroups, which weigh
sessions against each other and need no privilege. ``nice`` is no cure: it counts within one session only.
"""

import itertools
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from gilscope.collector.tree import Process

Means = Literal["cgroup", "autogroup"]
MEANS: tuple[Means | None, ...] = (None, "cgroup", "autogroup")

SETTING = "GILSCOPE_WEIGHT"
"""Use only this: ``cgroup``, ``autogroup`` or ``none``."""
NICE = 6
"""A quarter of the weight, too: 272 of 1024."""
REMOVE_SECONDS = 1.0

_numbers = itertools.count(1)


class Control(NamedTuple):
    """A file that takes the weight of a cgroup: light is a quarter of the usual.

    That is enough: who wants less than its share when it wakes up goes first. The server does, by far; and a run isn't
    starved where something else keeps the machine busy, such as the browser that draws it.
    """

    file: str
    light: str
    usual: str


SHARES = Control("cpu.shares", "256", "1024")
WEIGHT = Control("cpu.weight", "25", "100")


class Group:
    """A cgroup of little weight, for one run. OSError: it can't be made here."""

    def __init__(self, parent: Path, control: Control) -> None:
        self.control = control
        self.folder = parent / f"gilscope-{os.getpid()}-{next(_numbers)}"
        _remove_leftovers(parent)
        self.folder.mkdir()
        try:
            self.weigh(control.light)
        except OSError:
            self.remove()
            raise

    def add(self, pid: int) -> None:
        """Put a process into it; its children will be born there."""
        self._write("cgroup.procs", str(pid))

    def weigh(self, weight: str) -> None:
        """Change its weight."""
        self._write(self.control.file, weight)

    def remove(self) -> None:
        """Take it away. Whatever is in it still, though nobody knew it for the run's, is ended."""
        end = time.monotonic() + REMOVE_SECONDS
        while time.monotonic() < end:
            try:
                self.folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:  # not empty
                with suppress(OSError):
                    for pid in (self.folder / "cgroup.procs").read_text().split():
                        os.kill(int(pid), signal.SIGKILL)
                time.sleep(0.001)
            else:
                return

    def _write(self, name: str, text: str) -> None:
        with open(self.folder / name, "w") as file:
            file.write(text)


class Weight:
    """The weight of one run. ``means`` is what holds it down; None: nothing does."""

    def __init__(self, light: bool) -> None:
        self.means: Means | None = None
        self._group: Group | None = None
        self._sessions: set[int] = set()
        if light and allowed("cgroup"):
            self._group = next(_groups(), None)
        if self._group:
            self.means = "cgroup"
        elif light and autogroups():
            self.means = "autogroup"

    def begin(self, processes: Iterable[Process]) -> None:
        """Weigh the first process, which waits in a session of its own."""
        if self._group:
            try:
                for process in processes:
                    self._group.add(process.pid)
            except OSError:  # cgroups can be made here, but processes not be moved
                self.end()
                self._group = None
                self.means = "autogroup" if autogroups() else None
        self.follow(processes)

    def follow(self, processes: Iterable[Process]) -> None:
        """Sessions that the program has opened since begin with the usual weight."""
        if self.means != "autogroup":
            return
        for process in processes:
            if process.session not in self._sessions and _set_autogroup(process.pid, NICE):
                self._sessions.add(process.session)

    def lift(self, processes: Iterable[Process]) -> None:
        """Let them die at the usual weight: under load, dying too waits for a core."""
        if self._group:
            with suppress(OSError):
                self._group.weigh(self._group.control.usual)
        elif self.means == "autogroup":
            for pid in {process.session: process.pid for process in processes}.values():
                _set_autogroup(pid, 0)

    def end(self) -> None:
        """Leave nothing behind."""
        if self._group:
            self._group.remove()


def weight_means() -> Means | None:
    """What would hold the weight of a run down on this machine; None: a run can slow the server down."""
    weight = Weight(light=True)
    weight.end()
    return weight.means


def allowed(means: Means) -> bool:
    """Whether the environment lets us use it."""
    return os.environ.get(SETTING) in (None, "", means)


def autogroups() -> bool:
    """Whether sessions are weighed against each other. They are for processes in the root cgroup only."""
    try:
        enabled = Path("/proc/sys/kernel/sched_autogroup_enabled").read_text().strip() == "1"
    except OSError:
        return False
    return enabled and allowed("autogroup") and all(_is_root(*own) for own in _own_groups())


def _set_autogroup(pid: int, nice: int) -> bool:
    """False: not now. Without privilege the kernel takes one change in a tenth of a second."""
    try:
        with open(f"/proc/{pid}/autogroup", "w") as file:
            file.write(str(nice))
    except OSError:
        return False
    return True


def _groups() -> Iterator[Group]:
    """Cgroups as they can be made here."""
    for mount, own, control in _own_groups():
        parents = [own]
        if control is WEIGHT:  # only where the controller is switched on for children; beside us, if not below
            parents = [each for each in (own, own.parent) if each.is_relative_to(mount) and _gives_cpu(each)]
        for parent in parents:
            with suppress(OSError):
                yield Group(parent, control)


def _own_groups() -> Iterator[tuple[Path, Path, Control]]:
    """Where the hierarchy is mounted, our own cgroup in it, and what takes a weight in it."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for _, folder, kind, options, *_ in mounts:
            if kind == "cgroup" and "cpu" in controllers.split(",") and "cpu" in options.split(","):
                yield Path(folder), Path(folder + path), SHARES
            elif kind == "cgroup2" and not controllers:
                yield Path(folder), Path(folder + path), WEIGHT


def _gives_cpu(folder: Path) -> bool:
    try:
        return "cpu" in (folder / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False


def _is_root(mount: Path, own: Path, control: Control) -> bool:
    """Whether we are in the root of this hierarchy, as far as the cpu is concerned, and not only in a container's."""
    if control is SHARES:
        return (own / "release_agent").exists()
    return not any((folder / WEIGHT.file).exists() for folder in (own, *own.parents) if folder.is_relative_to(mount))


def _remove_leftovers(parent: Path) -> None:
    """Of collectors that were killed together with their guardians."""
    for folder in parent.glob("gilscope-*-*"):
        if not Path("/proc", folder.name.split("-")[1]).exists():
            with suppress(OSError):
                folder.rmdir()
