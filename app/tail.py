"""The chunks of one recording file, also while it grows: where each lies, its bytes, what each track does now.

Reads the file only; it never waits for whoever writes it. Everything here blocks and belongs into a thread.
"""

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from gilscope.errors import BadRecording
from gilscope.recording import (
    END,
    FIRST_LINE_BYTES,
    HEAD_BYTES,
    ROWS,
    Chunk,
    Rows,
    decode_chunk,
    decode_head,
    decode_header,
)

CACHE_BYTES = 8 << 20
"""Of the newest chunks, so that many viewers of one run cost one read."""


class Tail:
    """A recording file as chunks. ``advance`` looks for new ones; numbers count from 0."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chunks: list[Chunk] = []
        self.header: dict[str, Any] | None = None
        self.end: dict[str, Any] | None = None
        self.damage: str | None = None
        """Why nothing more can be read; what came before is good."""
        self._position = 0
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._cached_bytes = 0
        self._states: dict[int, int] = {}
        self._states_end = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.chunks)

    @property
    def last_at(self) -> int:
        """Time of the last row, ns since the run's origin."""
        return next((chunk.last_at for chunk in reversed(self.chunks) if chunk.type == ROWS), 0)

    @property
    def rows(self) -> int:
        return sum(chunk.rows for chunk in self.chunks)

    def advance(self, keep: bool = True) -> int:
        """Take in what has been written since; the number of chunks there are. ``keep``: remember their bytes."""
        with self._lock:
            if self.end is None and self.damage is None:
                try:
                    with self.path.open("rb") as file:
                        self._advance(file, keep)
                except FileNotFoundError:
                    pass  # the collector hasn't made it yet, or it was deleted
            return len(self.chunks)

    def read(self, first: int, bytes_at_most: int = 1 << 20) -> list[bytes]:
        """Chunks from this number on, at least one if there is one, more while they fit."""
        with self._lock:
            wanted: list[int] = []
            total = 0
            for number in range(first, len(self.chunks)):
                total += self.chunks[number].bytes
                if wanted and total > bytes_at_most:
                    break
                wanted.append(number)
            cached = {number: self._cache[number] for number in wanted if number in self._cache}
        if len(cached) == len(wanted):
            return [cached[number] for number in wanted]
        with self.path.open("rb") as file:
            return [cached[number] if number in cached else self._load(file, number) for number in wanted]

    def states(self) -> dict[int, int]:
        """What each track does at the end of what is there: state by track."""
        with self._lock:
            end, first = len(self.chunks), self._states_end
        while first < end:
            for chunk in self.read(first):
                _, content = decode_chunk(chunk)
                if isinstance(content, Rows):
                    self._states.update(last_states(content))
                first += 1
        with self._lock:
            self._states_end = max(self._states_end, end)
            return dict(self._states)

    def _load(self, file: Any, number: int) -> bytes:
        chunk = self.chunks[number]
        return os.pread(file.fileno(), chunk.bytes, chunk.offset)

    def _advance(self, file: Any, keep: bool) -> None:
        size = os.fstat(file.fileno()).st_size
        if self._position == 0 and not self._read_header(file, size):
            return
        while size - self._position >= HEAD_BYTES:
            chunk = decode_head(os.pread(file.fileno(), HEAD_BYTES, self._position))
            if chunk is None or chunk.number != len(self.chunks):
                self.damage = f"The file is damaged at byte {self._position:,}. What comes before it is shown."
                return
            if size - self._position < chunk.bytes:
                return  # its rest is still to come
            self.chunks.append(chunk._replace(offset=self._position))
            self._position += chunk.bytes
            if keep:
                self._remember(chunk.number, self._load(file, chunk.number))
            if chunk.type == END:
                self.end = told_in(self._load(file, chunk.number))
                return

    def _read_header(self, file: Any, size: int) -> bool:
        line, whole, _ = os.pread(file.fileno(), FIRST_LINE_BYTES, 0).partition(b"\n")
        length = line.rpartition(b"bytes=")[2]
        needed = len(line) + 1 + (int(length) + 1 if length.isdigit() else 0)
        if not whole or size < needed:
            return False
        try:
            self.header, self._position = decode_header(os.pread(file.fileno(), needed, 0))
        except BadRecording as error:
            self.damage = str(error)
        return self.header is not None

    def _remember(self, number: int, chunk: bytes) -> None:
        self._cache[number] = chunk
        self._cached_bytes += len(chunk)
        while self._cached_bytes > CACHE_BYTES and len(self._cache) > 1:
            _, oldest = self._cache.popitem(last=False)
            self._cached_bytes -= len(oldest)


def told_in(chunk: bytes) -> dict[str, Any]:
    """What a chunk that holds no rows tells; ``BadRecording`` when it is damaged."""
    _, told = decode_chunk(chunk)
    assert isinstance(told, dict)
    return told


def last_states(rows: Rows) -> dict[int, int]:
    """By track, the state that the last of these rows leaves it in."""
    newest, index = np.unique(rows.track[::-1], return_index=True)
    return dict(zip(newest.tolist(), rows.state[::-1][index].tolist(), strict=True))
