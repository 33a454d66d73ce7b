"""What this machine can measure, and why not more: one line each, with what to do about it."""

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gilscope.collector import interpreters
from gilscope.collector.cores import Cores
from gilscope.collector.probe import build_probe
from gilscope.collector.weight import weight_means
from gilscope.errors import CoresUnavailable, ProbeUnavailable

ENOUGH_DISK = 1 << 30
"""Bytes; a busy run writes some tens of megabytes."""


@dataclass(frozen=True)
class Line:
    """One answer. ``needed``: without it nothing works; otherwise recordings say less."""

    subject: str
    ok: bool
    sentence: str
    needed: bool = False


def examine(data: Path) -> Iterator[Line]:
    """Try everything that a run needs, for real; ``data`` is where recordings go."""
    yield system()
    yield from pythons()
    yield cores()
    yield shared_memory()
    yield weight()
    yield disk(data)


def system() -> Line:
    """The layers below the program exist on Linux only."""
    kind = os.uname()
    if sys.platform != "linux":
        return Line("system", False, f"{kind.sysname}: the GIL and the cores are measured on Linux only.")
    if kind.machine != "x86_64":
        return Line("system", False, f"Linux on {kind.machine}: the exact GIL is tried and tested on x86_64 only.")
    return Line("system", True, f"Linux {kind.release} on {kind.machine}, {os.cpu_count()} cores")


def pythons() -> Iterator[Line]:
    """Each interpreter, and whether the probe can be built and loaded for it."""
    found = interpreters.find()
    if not found:
        yield Line("python", False, "No CPython 3.11 or later was found. Install one.", needed=True)
    for interpreter in found:
        subject = f"Python {interpreter.text}"
        try:
            build_probe(interpreter)
        except ProbeUnavailable as error:
            yield Line(subject, False, f"GIL: not measured. {error}")
        else:
            gil = "it has no GIL; all else is measured" if interpreter.free_threaded else "the GIL is measured exactly"
            yield Line(subject, True, f"{interpreter.path}: {gil}")


def cores() -> Line:
    """Whether the kernel tells which thread is on which core: tried on this very thread."""
    try:
        Cores(threading.get_native_id()).close()
    except CoresUnavailable as error:
        return Line("cores", False, f"Cores: not measured. {error}")
    return Line("cores", True, "the kernel tells each switch of a thread on or off a core")


def shared_memory() -> Line:
    """The rings that the program writes and the collector reads."""
    try:
        os.close(os.memfd_create("gilscope"))
    except (OSError, AttributeError) as error:
        return Line("memory", False, f"The kernel gives no shared memory (memfd_create: {error}).", needed=True)
    return Line("memory", True, "shared memory between program and collector")


def weight() -> Line:
    """Whether the server stays quick while a run keeps all cores busy."""
    match weight_means():
        case "cgroup":
            return Line("weight", True, "a run has less weight than the server, by a cgroup of the cpu controller")
        case "autogroup":
            return Line("weight", True, "a run has less weight than the server, by the kernel's autogroups")
    return Line(
        "weight",
        False,
        "A busy run slows the server down: no cgroup of the cpu controller can be made here, and there are no autogroups."
        " Allow one of them: Delegate=cpu in the server's systemd unit, or sysctl kernel.sched_autogroup_enabled=1.",
    )


def disk(data: Path) -> Line:
    """Room for recordings, where they will be written."""
    folder = next(parent for parent in [data, *data.absolute().parents] if parent.exists())
    free = shutil.disk_usage(folder).free
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = f"{folder} can't be written to ({error.strerror}). Choose another folder with --data."
        return Line("disk", False, reason, needed=True)
    if free < ENOUGH_DISK:
        return Line(
            "disk", False, f"Only {free >> 20} MB are free in {folder}. Make room, or choose another with --data."
        )
    return Line("disk", True, f"{free >> 30} GB free in {folder}")
