"""Writes a recording file as the run goes."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gilscope.recording.format import END, META, ROWS, Chunk, decode_head, encode_chunk, encode_header, encode_rows
from gilscope.recording.hold import hold
from gilscope.recording.rows import Rows

ROWS_IN_A_CHUNK = 1 << 16


class Writer:
    """Appends whole chunks to a file, which it holds; what was returned from is in the hands of the operating system.

    When a chunk can't be written (disk full), the file is cut back to the last whole chunk and the
    ``OSError`` goes on; the writer can be used again, for a smaller chunk may still fit.
    """

    def __init__(self, path: Path | str, header: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.bytes = 0
        """Size of the file."""
        self.rows = 0
        self.chunks = 0
        self.ended = False
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            hold(self._file)
            os.ftruncate(self._file, 0)
            self._append(encode_header(header))
        except OSError:
            self.close()
            raise

    def add_meta(self, meta: Mapping[str, Any]) -> Chunk:
        """Tracks, locations, sources, output or losses: a dict of lists, see docs/HACKING.md."""
        return self._add_json(META, meta)

    def add_rows(self, rows: Rows) -> list[Chunk]:
        """Rows sorted by time, none before the last one written. As many chunks as they need, none for none."""
        written = []
        for start in range(0, len(rows), ROWS_IN_A_CHUNK):
            part = rows[start : start + ROWS_IN_A_CHUNK]
            written.append(self._add(encode_chunk(self.chunks, ROWS, encode_rows(part), part, self.rows)))
            self.rows += len(part)
        return written

    def end(self, end: Mapping[str, Any]) -> Chunk:
        """The last chunk: the verdict. Closes the file."""
        chunk = self._add_json(END, end)
        self.ended = True
        self.close()
        return chunk

    def close(self) -> None:
        """Also without ``end``: the recording is then one that broke off."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _add_json(self, type: int, told: Mapping[str, Any]) -> Chunk:
        payload = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
        return self._add(encode_chunk(self.chunks, type, payload, None, self.rows))

    def _add(self, data: bytes) -> Chunk:
        if self._file < 0:
            raise ValueError("the recording has ended")
        chunk = decode_head(data)
        if chunk is None:
            raise ValueError(f"a chunk of {len(data):,} bytes is more than a reader takes")
        offset = self.bytes
        self._append(data)
        self.chunks += 1
        return chunk._replace(offset=offset)

    def _append(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self.bytes)
                os.lseek(self._file, self.bytes, os.SEEK_SET)
            raise
        self.bytes += len(data)
