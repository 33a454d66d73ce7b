"""Clocks of other time namespaces: a container may set the monotonic clock of its processes off by a constant.

The kernel tells that constant, so what they record is put on our time exactly.
"""

import os
from pathlib import Path

PROC = Path("/proc")


def ahead(pid: int, proc: Path = PROC) -> int:
    """By how many ns the monotonic clock of a process is ahead of ours. 0 where it is the same, or the process is gone."""
    try:
        theirs, ours = (os.readlink(proc / who / "ns" / "time") for who in (str(pid), "self"))
        if theirs == ours:
            return 0
        return _offset(proc / str(pid)) - _offset(proc / "self")
    except OSError:
        return 0


def _offset(process: Path) -> int:
    """Of its clock from that of the machine, ns. The file tells that of its children: its own, unless it has just left
    a namespace behind for them."""
    if os.readlink(process / "ns" / "time") != os.readlink(process / "ns" / "time_for_children"):
        return 0
    for line in (process / "timens_offsets").read_text(encoding="ascii").splitlines():
        clock, seconds, nanoseconds = line.split()
        if clock == "monotonic":
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return 0
