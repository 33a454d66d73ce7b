"""What a run's program prints: read from its pipes as it comes, up to a limit."""

import codecs
import fcntl
import os
from collections.abc import Mapping
from contextlib import suppress

PIPE_BYTES = 1 << 20
"""So much may be printed between two looks before the program has to wait."""
READ_BYTES = 1 << 16


class Printed:
    """What comes out of the program's pipes, as text, up to a limit for all of them together."""

    def __init__(self, streams: Mapping[int, str], limit: float) -> None:
        self.count = 0
        """Bytes that came. One more than the limit is enough to know: then nothing is read any more."""
        self._limit = limit
        self._streams = dict(streams)
        self._decoders = {file: codecs.getincrementaldecoder("utf-8")("replace") for file in streams}
        self._texts: list[tuple[str, str]] = []
        for file in streams:
            os.set_blocking(file, False)
            with suppress(OSError):  # more than this user may have
                fcntl.fcntl(file, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def read(self) -> None:
        """Take what there is."""
        for file in self._streams:
            with suppress(BlockingIOError):
                for _ in range(PIPE_BYTES // READ_BYTES):
                    if self.count > self._limit or not self._read(file):
                        break

    def take(self) -> list[tuple[str, str]]:
        """What has come since the last call."""
        texts, self._texts = self._texts, []
        return texts

    def finish(self) -> None:
        """Nobody writes any more."""
        self.read()
        for file in self._streams:
            self._keep(file, b"", final=True)

    def _read(self, file: int) -> bool:
        data = os.read(file, READ_BYTES)
        left = self._limit - self.count
        self.count += len(data)
        self._keep(file, data[: int(min(left, len(data)))])
        return bool(data)

    def _keep(self, file: int, data: bytes, final: bool = False) -> None:
        if text := self._decoders[file].decode(data, final):
            self._texts.append((self._streams[file], text))
