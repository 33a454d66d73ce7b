"""The files of a run's first process: what it inherits, and how large and how many they may be."""

import os
import resource
from contextlib import suppress

FILE_BYTES = 64 << 20
OPEN_FILES = 1024


def inherited() -> set[int]:
    """Files that this process was given, and hands on to what it executes."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # the listing's own is closed again
            if os.get_inheritable(int(name)):
                found.add(int(name))
    return found


def limit_files() -> None:
    """Of this process, and of all that come of it."""
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))
