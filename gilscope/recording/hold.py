"""Who writes a recording holds its file, so that others can tell one that still grows from one that broke off.

The hold is a lock of the open file (``F_OFD_SETLK``), which the kernel takes away when its holder ends, however it ends.
Others ask whether there is one, and take none themselves: nobody who looks is ever in the writer's way.
"""

import errno
import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path

_LOCK = struct.Struct("hhqqi4x")
"""``struct flock``: type, whence, start, length (0: to the end), pid (0 here)."""
_HELD = (errno.EAGAIN, errno.EACCES)


def hold(file: int) -> None:
    """Until the file is closed. ``OSError`` when somebody else holds it; where the file system has no locks, nothing is held."""
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, _LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    except OSError as error:
        if error.errno in _HELD:
            raise OSError(errno.EBUSY, "another run is being recorded there") from None


def is_held(path: Path) -> bool:
    """Whether somebody writes it now. What can't be opened is held by nobody."""
    with suppress(OSError):
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            told = fcntl.fcntl(file, fcntl.F_OFD_GETLK, _LOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
            return bool(_LOCK.unpack(told)[0] != fcntl.F_UNLCK)
        finally:
            os.close(file)
    return False
