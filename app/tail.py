"""The chunks of one recording file, also while it grows: where each lies, its bytes, what each track does now.

Reads the file only; it never waits for whoever writes it. Everything here blocks and belongs into a thread.
"""

import json
import os
import struct
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gilscope.errors import BadRecording

HEADER = struct.Struct("<4sBBHIIqqQIIII")
MAGIC = b"GSCK"
META, ROWS, END = 1, 2, 3
FIRST_LINE_BYTES = 128
CACHE_BYTES = 8 << 20
"""Of the newest chunks, so that many viewers of one run cost one read."""
LARGEST_CHUNK_BYTES = 64 << 20

_COLUMNS = (("at", 8), ("track", 4), ("kind", 1), ("flags", 1), ("state", 1))


@dataclass(frozen=True, slots=True)
class Place:
    """One chunk: where it lies in the file and what its header says."""

    offset: int
    bytes: int
    """Header included."""
    type: int
    rows: int
    last_at: int


class Tail:
    """A recording file as chunks. ``advance`` looks for new ones; numbers count from 0."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.places: list[Place] = []
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
        return len(self.places)

    @property
    def last_at(self) -> int:
        """Time of the last row, ns since the run's origin."""
        return next((place.last_at for place in reversed(self.places) if place.type == ROWS), 0)

    @property
    def rows(self) -> int:
        return sum(place.rows for place in self.places)

    def advance(self, keep: bool = True) -> int:
        """Take in what has been written since; the number of chunks there are. ``keep``: remember their bytes."""
        with self._lock:
            if self.end is None and self.damage is None:
                try:
                    with self.path.open("rb") as file:
                        self._advance(file, keep)
                except FileNotFoundError:
                    pass  # the collector hasn't made it yet, or it was deleted
            return len(self.places)

    def read(self, first: int, bytes_at_most: int = 1 << 20) -> list[bytes]:
        """Chunks from this number on, at least one if there is one, more while they fit."""
        with self._lock:
            wanted: list[int] = []
            total = 0
            for number in range(first, len(self.places)):
                total += self.places[number].bytes
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
            end, first = len(self.places), self._states_end
        while first < end:
            for chunk in self.read(first):
                if chunk[4] == ROWS:
                    self._states.update(last_states(chunk))
                first += 1
        with self._lock:
            self._states_end = max(self._states_end, end)
            return dict(self._states)

    def _load(self, file: Any, number: int) -> bytes:
        place = self.places[number]
        return os.pread(file.fileno(), place.bytes, place.offset)

    def _advance(self, file: Any, keep: bool) -> None:
        size = os.fstat(file.fileno()).st_size
        if self._position == 0 and not self._read_header(file, size):
            return
        while size - self._position >= HEADER.size:
            head = os.pread(file.fileno(), HEADER.size, self._position)
            magic, kind, _, _, number, rows, _, last, _, payload, _, _, check = HEADER.unpack(head)
            if magic != MAGIC or zlib.crc32(head[:-4]) != check or number != len(self.places):
                self.damage = f"The file is damaged at byte {self._position:,}. What comes before it is shown."
                return
            if payload > LARGEST_CHUNK_BYTES or size - self._position < HEADER.size + payload:
                return  # its rest is still to come
            place = Place(self._position, HEADER.size + payload, kind, rows, last)
            self.places.append(place)
            self._position += place.bytes
            if keep or kind == END:
                chunk = os.pread(file.fileno(), place.bytes, place.offset)
                if keep:
                    self._remember(number, chunk)
                if kind == END:
                    self.end = json.loads(payload_of(chunk))
                    return

    def _read_header(self, file: Any, size: int) -> bool:
        first = os.pread(file.fileno(), FIRST_LINE_BYTES, 0).partition(b"\n")
        if not first[1]:
            return False
        try:
            words = dict(word.split(b"=") for word in first[0].split() if b"=" in word)
            length = int(words[b"bytes"])
        except (KeyError, ValueError):
            self.damage = "This isn't a Gilscope recording: its first line is another."
            return False
        line = os.pread(file.fileno(), length + 1, len(first[0]) + 1)
        if len(line) < length:
            return False
        line = line[:length]
        if zlib.crc32(line) != int(words.get(b"crc32", b"0"), 16):
            self.damage = "The header of the file is damaged."
            return False
        self.header = json.loads(line)
        self._position = len(first[0]) + 1 + length
        if os.pread(file.fileno(), 1, self._position) == b"\n":
            self._position += 1
        return True

    def _remember(self, number: int, chunk: bytes) -> None:
        self._cache[number] = chunk
        self._cached_bytes += len(chunk)
        while self._cached_bytes > CACHE_BYTES and len(self._cache) > 1:
            _, oldest = self._cache.popitem(last=False)
            self._cached_bytes -= len(oldest)


def payload_of(chunk: bytes) -> bytes:
    """A chunk's payload, unpacked; ``BadRecording`` when its checksum is another."""
    head = HEADER.unpack_from(chunk)
    payload = chunk[HEADER.size :]
    encoding, unpacked, check = head[2], head[10], head[11]
    if zlib.crc32(payload) != check:
        raise BadRecording(f"Chunk {head[4]} is damaged: its checksum doesn't fit its bytes.")
    if encoding == 0:
        return payload
    inflate = zlib.decompressobj(wbits=31)
    return inflate.decompress(payload, unpacked)


def last_states(chunk: bytes) -> dict[int, int]:
    """By track, the state that the last of its rows in this chunk leaves it in."""
    rows = HEADER.unpack_from(chunk)[5]
    payload = np.frombuffer(payload_of(chunk), np.uint8)
    start = dict[str, int]()
    position = 0
    for name, width in _COLUMNS:
        start[name] = position
        position += width * rows
    shuffled = payload[start["track"] : start["track"] + 4 * rows].reshape(4, rows)
    track = np.ascontiguousarray(shuffled.T).view("<u4").ravel()
    state = payload[start["state"] : start["state"] + rows]
    newest, index = np.unique(track[::-1], return_index=True)
    return dict(zip(newest.tolist(), state[::-1][index].tolist(), strict=True))
