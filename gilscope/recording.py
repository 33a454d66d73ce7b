"""The recording file: write it as the run goes, read it back, verify every byte.

The format is docs/HACKING.md, "The recording file". Times are ns since the run's origin.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from gilscope.errors import BadRecording
from gilscope.events import Kind, State

VERSION = 1
META, ROWS, END = 1, 2, 3
PLAIN, GZIP = 0, 1
MAGIC = b"GSCK"
HEAD = struct.Struct("<4sBBHIIqqQIII")
"""A chunk's header without its own checksum, which follows it."""
HEAD_BYTES = HEAD.size + 4
ROWS_IN_A_CHUNK = 1 << 16
LARGEST_CHUNK_BYTES = 1 << 28
"""Packed or unpacked: what claims more is damaged, not a chunk."""
FIRST_WORDS = b"gilscope recording "
FIRST_LINE_BYTES = 128

Index = slice | NDArray[np.integer[Any]] | NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Transitions and marks as columns of one length; docs/HACKING.md tells each column's meaning."""

    at: NDArray[np.int64]
    track: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    state: NDArray[np.uint8]
    thing: NDArray[np.uint32]
    line: NDArray[np.uint32]
    value: NDArray[np.int64]

    @classmethod
    def of(cls, at: Any, **columns: Any) -> Self:
        """Columns from anything that numpy takes; one that isn't given is zeros, a single number stands for all."""
        first = np.asarray(at, np.int64)
        full = {
            name: np.broadcast_to(np.asarray(columns.pop(name, 0), dtype), first.shape)
            for name, dtype in COLUMNS.items()
            if name != "at"
        }
        if columns:
            raise TypeError(f"rows have no column {min(columns)!r}")
        return cls(first, **full)

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls.of(())

    @classmethod
    def concat(cls, parts: Iterable["Rows"]) -> Self:
        """One after the other."""
        some = list(parts)
        if not some:
            return cls.empty()
        return cls(*(np.concatenate([getattr(part, name) for part in some]) for name in COLUMNS))

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, index: Index) -> "Rows":
        return Rows(*(getattr(self, name)[index] for name in COLUMNS))

    def sorted(self) -> "Rows":
        """By time; rows of one time keep their order."""
        if len(self) < 2 or bool((self.at[1:] >= self.at[:-1]).all()):
            return self
        return self[self.at.argsort(kind="stable")]

    def same(self, other: "Rows") -> bool:
        """Whether all columns are equal."""
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in COLUMNS)


COLUMNS: dict[str, np.dtype[Any]] = {
    column.name: np.dtype(dtype)
    for column, dtype in zip(fields(Rows), ("<i8", "<u4", "u1", "u1", "u1", "<u4", "<u4", "<i8"), strict=True)
}
ROW_BYTES = sum(dtype.itemsize for dtype in COLUMNS.values())


class Chunk(NamedTuple):
    """What a chunk's header says, and where in the file it lies."""

    number: int
    type: int
    encoding: int
    rows: int
    first_at: int
    last_at: int
    first_row: int
    payload_bytes: int
    unpacked_bytes: int
    payload_crc: int
    offset: int = 0

    @property
    def bytes(self) -> int:
        """Header included."""
        return HEAD_BYTES + self.payload_bytes


class Damage(NamedTuple):
    """A part of a file that can't be shown."""

    chunk: int
    """Its number, as far as that can be told."""
    offset: int
    """Where in the file it begins."""
    what: str
    """One sentence."""


def encode_chunk(number: int, type: int, payload: bytes, rows: Rows | None = None, first_row: int = 0) -> bytes:
    """A whole chunk. ``payload`` unpacked; ``rows``: those that it holds, for the header."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    packed = packer.compress(payload) + packer.flush()
    encoding = GZIP if len(packed) < len(payload) else PLAIN
    stored = packed if encoding == GZIP else payload
    count = 0 if rows is None else len(rows)
    first, last = (int(rows.at[0]), int(rows.at[-1])) if rows is not None and count else (0, 0)
    head = HEAD.pack(
        MAGIC, type, encoding, 0, number, count, first, last, first_row, len(stored), len(payload), zlib.crc32(stored)
    )
    return head + zlib.crc32(head).to_bytes(4, "little") + stored


def decode_head(data: bytes, offset: int = 0) -> Chunk | None:
    """The header at this place; None when there is no undamaged one."""
    head = data[offset : offset + HEAD_BYTES]
    if len(head) < HEAD_BYTES or not head.startswith(MAGIC):
        return None
    if zlib.crc32(head[:-4]) != int.from_bytes(head[-4:], "little"):
        return None
    _, type, encoding, zero, number, rows, first, last, first_row, packed, unpacked, crc = HEAD.unpack(head[:-4])
    if zero or type not in (META, ROWS, END) or max(packed, unpacked) > LARGEST_CHUNK_BYTES:
        return None
    return Chunk(number, type, encoding, rows, first, last, first_row, packed, unpacked, crc, offset)


def decode_chunk(data: bytes, offset: int = 0) -> tuple[Chunk, Rows | dict[str, Any]]:
    """One chunk and what is in it; ``BadRecording`` when a checksum or a size is another."""
    chunk = decode_head(data, offset)
    if chunk is None:
        raise BadRecording(f"At byte {offset:,} a chunk should begin, but its header is damaged.")
    start = offset + HEAD_BYTES
    payload = _unpack(chunk, data[start : start + chunk.payload_bytes])
    if chunk.type != ROWS:
        try:
            told = json.loads(payload)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise BadRecording(f"Chunk {chunk.number} doesn't hold what a chunk of its type should.")
        return chunk, told
    if len(payload) != chunk.rows * ROW_BYTES:
        raise BadRecording(f"Chunk {chunk.number} holds {len(payload):,} bytes for {chunk.rows:,} rows.")
    return chunk, decode_rows(payload, chunk.rows)


def _unpack(chunk: Chunk, stored: bytes) -> bytes:
    if zlib.crc32(stored) != chunk.payload_crc or len(stored) != chunk.payload_bytes:
        raise BadRecording(f"Chunk {chunk.number} is damaged: its checksum doesn't fit its bytes.")
    if chunk.encoding == PLAIN:
        payload = stored
    elif chunk.encoding == GZIP:
        inflate = zlib.decompressobj(wbits=31)
        try:
            payload = inflate.decompress(stored, chunk.unpacked_bytes + 1)
        except zlib.error:
            raise BadRecording(f"Chunk {chunk.number} can't be unpacked.") from None
    else:
        raise BadRecording(f"Chunk {chunk.number} is packed in a way that this version doesn't know.")
    if len(payload) != chunk.unpacked_bytes:
        raise BadRecording(f"Chunk {chunk.number} unpacks to another size than its header says.")
    return payload


def encode_rows(rows: Rows) -> bytes:
    """Columns, byte-shuffled; times as differences."""
    columns = {name: getattr(rows, name) for name in COLUMNS}
    columns["at"] = np.diff(rows.at, prepend=np.int64(0))
    parts = []
    for name, dtype in COLUMNS.items():
        column = np.ascontiguousarray(columns[name], dtype)
        parts.append(column.view(np.uint8).reshape(len(rows), dtype.itemsize).T.tobytes())
    return b"".join(parts)


def decode_rows(payload: bytes, count: int) -> Rows:
    """The contrary of ``encode_rows``."""
    columns = []
    position = 0
    for dtype in COLUMNS.values():
        size = dtype.itemsize * count
        shuffled = np.frombuffer(payload, np.uint8, size, position).reshape(dtype.itemsize, count)
        columns.append(np.ascontiguousarray(shuffled.T).view(dtype).ravel())
        position += size
    columns[0] = np.cumsum(columns[0])
    return Rows(*columns)


def encode_header(header: Mapping[str, Any]) -> bytes:
    """The two lines of text that a file begins with."""
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    return _first_line(text) + text + b"\n"


def _first_line(text: bytes) -> bytes:
    return FIRST_WORDS + b"%d crc32=%08x bytes=%d\n" % (VERSION, zlib.crc32(text), len(text))


def decode_header(data: bytes, name: str = "This file") -> tuple[dict[str, Any], int]:
    """The header and where the chunks begin; ``BadRecording`` when this isn't a recording or a newer one."""
    line = data[:FIRST_LINE_BYTES].partition(b"\n")[0]
    words = line.split()
    if not line.startswith(FIRST_WORDS) or len(words) != 5:
        raise BadRecording(f"{name} isn't a Gilscope recording: one begins with the words 'gilscope recording'.")
    if words[2].isdigit() and int(words[2]) > VERSION:
        raise BadRecording(
            f"{name} is a recording of format {int(words[2])}; this version of Gilscope reads up to {VERSION}. "
            "Open it with a newer Gilscope."
        )
    length = words[4].removeprefix(b"bytes=")
    start = len(line) + 1
    end = start + int(length) if length.isdigit() else 0
    text = data[start:end]
    if _first_line(text) != data[:start] or data[end : end + 1] != b"\n":
        raise BadRecording(f"{name}: its header is damaged or incomplete, so nothing of it can be shown.")
    header = json.loads(text)
    if not isinstance(header, dict):
        raise BadRecording(f"{name} has a header that isn't a JSON object.")
    return header, end + 1


def is_recording(path: Path) -> bool:
    """Whether a file begins as one does; nothing more of it is read."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(FIRST_WORDS)) == FIRST_WORDS


class Writer:
    """Appends whole chunks to a file; what was returned from is in the hands of the operating system.

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
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
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


@dataclass
class Recording:
    """All that a file holds."""

    header: dict[str, Any]
    rows: Rows = field(default_factory=Rows.empty)
    tracks: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By id, as told last."""
    locations: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By id."""
    sources: dict[str, str] = field(default_factory=dict)
    """Text by file."""
    output: list[dict[str, Any]] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    """None: the run goes on, or its end was never written."""
    damage: list[Damage] = field(default_factory=list)

    @property
    def duration_ns(self) -> int:
        """Until its end, or the last row where no end was written."""
        last = int(self.rows.at[-1]) if len(self.rows) else 0
        return max(last, int((self.end or {}).get("duration_ns") or 0))

    def take(self, meta: Mapping[str, Any]) -> None:
        """Enter what a meta chunk tells."""
        for name, known in (("tracks", self.tracks), ("locations", self.locations)):
            for told in meta.get(name, ()):
                known[told["id"]] = {**known.get(told["id"], {}), **told}
        for source in meta.get("sources", ()):
            self.sources[source["file"]] = source["text"]
        self.output += meta.get("output", ())
        self.lost += meta.get("lost", ())


def read(path: Path | str) -> Recording:
    """The whole file; what is damaged is skipped and named in ``damage``."""
    data = Path(path).read_bytes()
    header, start = decode_header(data, Path(path).name)
    recording = Recording(header)
    parts: list[Rows] = []
    seen = 0
    for found in _walk(data, start):
        if isinstance(found, Damage):
            recording.damage.append(found)
            continue
        chunk, content = found
        if chunk.type in (ROWS, END) and chunk.first_row > seen and parts:
            parts.append(_gap(Rows.concat(parts), chunk.first_row - seen))
        if isinstance(content, Rows):
            parts.append(content)
            seen = chunk.first_row + len(content)
        elif chunk.type == END:
            recording.end = content
        else:
            try:
                recording.take(content)
            except (KeyError, TypeError, AttributeError):
                recording.damage.append(Damage(chunk.number, chunk.offset, f"Chunk {chunk.number} isn't understood."))
    recording.rows = Rows.concat(parts)
    return recording


def _gap(before: Rows, missing: int) -> Rows:
    """Where rows are missing, nothing is known of any track until its next row."""
    tracks, last = np.unique(before.track[::-1], return_index=True)
    tracks = tracks[before.state[::-1][last] != State.EXITED]
    at = np.full(len(tracks), before.at[-1])
    return Rows.of(at, track=tracks, kind=Kind.LOST, state=State.UNKNOWN, value=missing)


def chunks(path: Path | str, first: int = 0) -> Iterator[tuple[Chunk, bytes]]:
    """Undamaged chunks from this number on, with their bytes as they lie in the file."""
    data = Path(path).read_bytes()
    _, start = decode_header(data, Path(path).name)
    for found in _walk(data, start):
        if not isinstance(found, Damage) and found[0].number >= first:
            chunk = found[0]
            yield chunk, data[chunk.offset : chunk.offset + chunk.bytes]


def _walk(data: bytes, at: int) -> Iterator[tuple[Chunk, Rows | dict[str, Any]] | Damage]:
    """Every chunk in turn. After damage, goes on at the next header that is whole."""
    expected = 0
    while at < len(data):
        chunk = decode_head(data, at)
        if chunk is None:
            following = next_head(data, at + 1)
            if following == len(data) and len(data) - at < HEAD_BYTES and MAGIC.startswith(data[at : at + 4]):
                what = f"The file ends within chunk {expected}."
            else:
                what = f"Chunk {expected} is damaged: {following - at:,} bytes from byte {at:,} on can't be read."
            yield Damage(expected, at, what)
            if (beyond := decode_head(data, following)) is not None and beyond.number > expected:
                expected += 1
            at = following
            continue
        if chunk.number > expected:
            yield Damage(expected, at, f"{_chunks(expected, chunk.number)} missing before byte {at:,}.")
        if chunk.number < expected:
            yield Damage(chunk.number, at, f"Chunk {chunk.number} comes again at byte {at:,}; it is left out.")
            at += chunk.bytes
            continue
        expected = chunk.number + 1
        if at + chunk.bytes > len(data):
            yield Damage(chunk.number, at, f"The file ends within chunk {chunk.number}.")
            at = next_head(data, at + HEAD_BYTES)
            continue
        try:
            yield decode_chunk(data, at)
            at += chunk.bytes
        except BadRecording as error:
            yield Damage(chunk.number, at, str(error))
            at = min(
                next_head(data, at + HEAD_BYTES), at + chunk.bytes
            )  # where bytes are missing in it, the next one begins early


def _chunks(first: int, end: int) -> str:
    return f"Chunk {first} is" if end - first == 1 else f"Chunks {first} to {end - 1} are"


def next_head(data: bytes, at: int) -> int:
    """Where the next undamaged header begins; the end of the data when there is none."""
    while (at := data.find(MAGIC, at)) >= 0:
        if decode_head(data, at) is not None:
            return at
        at += 1
    return len(data)
