"""The kernel's event of context switches: opens it on a process and a core, and says why where it can't be had."""

import ctypes
import errno
import os
import struct
import time
from pathlib import Path

MOST_PARANOID = 2
"""The kernel's own default. Some distributions set more: then nothing is allowed without privilege."""
PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
ONLINE = Path("/sys/devices/system/cpu/online")

# perf_event_open(2) and linux/perf_event.h.
PERF_EVENT_OPEN = 298  # on x86_64
TYPE_SOFTWARE, COUNT_DUMMY = 1, 9
SAMPLE_TID, SAMPLE_TIME, SAMPLE_CPU = 1 << 1, 1 << 2, 1 << 7
FORMAT_LOST = 1 << 4
INHERIT, EXCLUDE_KERNEL, TASK = 1 << 1, 1 << 5, 1 << 13
SAMPLE_ID_ALL, USE_CLOCKID, CONTEXT_SWITCH = 1 << 18, 1 << 25, 1 << 26
CLOSE_ON_EXEC = 1 << 3
ATTRIBUTES = "<IIQ8xQQQ8x32x4xi"  # type, bytes, config, sample_type, read_format, flags, clockid; the rest is 0


def online() -> list[int]:
    """The numbers of the cores that are switched on: ``0-3,8`` in the kernel's words."""
    ranges = [part.split("-") for part in ONLINE.read_text().strip().split(",")]
    return [cpu for ends in ranges for cpu in range(int(ends[0]), int(ends[-1]) + 1)]


def open_event(pid: int, cpu: int) -> int:
    """An event that counts nothing, and has the kernel tell the switches of ``pid`` on ``cpu``."""
    kinds = SAMPLE_TID | SAMPLE_TIME | SAMPLE_CPU
    flags = INHERIT | EXCLUDE_KERNEL | TASK | SAMPLE_ID_ALL | USE_CLOCKID | CONTEXT_SWITCH
    call = ctypes.CDLL(None, use_errno=True).syscall
    numbers = [ctypes.c_long(number) for number in (pid, cpu, -1, CLOSE_ON_EXEC)]
    for answer in (FORMAT_LOST, 0):  # the first not before Linux 6.0
        attributes = struct.pack(ATTRIBUTES, TYPE_SOFTWARE, 96, COUNT_DUMMY, kinds, answer, flags, time.CLOCK_MONOTONIC)
        event = int(call(ctypes.c_long(PERF_EVENT_OPEN), attributes, *numbers))
        if event >= 0:
            return event
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def why_not(error: OSError) -> str:
    """Why the kernel refuses, and what to do."""
    match error.errno:
        case errno.EMFILE:
            return f"{error.strerror}: each core takes two. Raise the limit (ulimit -n)."
        case errno.ENOMEM:
            return (
                "The kernel has no memory left for this user's records of cores. End other runs, or raise what"
                " each user may have: sysctl kernel.perf_event_mlock_kb=… (KB for each core)."
            )
        case errno.ESRCH:
            return "The process to be watched has ended already."
        case errno.EPERM | errno.EACCES | errno.ENOSYS:
            return f"The kernel doesn't tell which thread is on which core ({error.strerror}): {_who_forbids()}"
        case _:
            return f"The kernel can't tell which thread is on which core ({error.strerror})."


def _who_forbids() -> str:
    if "\nSeccomp:\t2\n" in Path("/proc/self/status").read_text():
        return "a seccomp filter is in force, as in containers. Start the container with --cap-add PERFMON."
    if not PARANOID.exists():
        return "it is built without perf events."
    level = int(PARANOID.read_text())
    if level > MOST_PARANOID:
        return f"perf_event_paranoid is {level}. Allow it: sysctl kernel.perf_event_paranoid={MOST_PARANOID}."
    return f"perf_event_paranoid is {level}, which allows it. A security module may be what forbids it."
