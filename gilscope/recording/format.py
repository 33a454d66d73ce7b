"""The bytes of a recording file: its header, its chunks, its rows. docs/HACKING.md, "The recording file", has them all."""

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gilscope.errors import BadRecording
from gilscope.recording.rows import COLUMNS, ROW_BYTES, Rows

VERSION = 1
META, ROWS, END = 1, 2, 3
PLAIN, GZIP = 0, 1
MAGIC = b"GSCK"
HEAD = struct.Struct("<4sBBHIIqqQIII")
"""A chunk's header without its own checksum, which follows it."""
HEAD_BYTES = HEAD.size + 4
LARGEST_CHUNK_BYTES = 1 << 28
"""Packed or unpacked: what claims more is damaged, not a chunk."""
FIRST_WORDS = b"gilscope recording "
FIRST_LINE_BYTES = 128


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


def next_head(data: bytes, at: int) -> int:
    """Where the next undamaged header begins; the end of the data when there is none."""
    while (at := data.find(MAGIC, at)) >= 0:
        if decode_head(data, at) is not None:
            return at
        at += 1
    return len(data)


def is_recording(path: Path) -> bool:
    """Whether a file begins as one does; nothing more of it is read."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(FIRST_WORDS)) == FIRST_WORDS
