"""Marks that readers set in a recording: a moment and a text. They lie in its file, so they go where it goes.

They are the last chunk, of type meta, behind the recording's end, with nothing in it but
``{"marks": [{"id", "at", "text"}, …]}``. Who doesn't look for them reads the recording as ever.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from gilscope.errors import BadRecording
from gilscope.recording import (
    HEAD_BYTES,
    META,
    Chunk,
    decode_chunk,
    decode_head,
    decode_header,
    encode_chunk,
    next_head,
)

LARGEST_BYTES = 1 << 18
"""Neither marks nor a header are ever larger."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader wrote at a moment of a recording (``at``: ns since its origin)."""

    id: str
    at: int
    text: str


def read_marks(path: Path) -> list[Mark]:
    """By time; none where the file has none, or isn't a recording. ``OSError`` when it can't be read."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _placed(file)[0]
    except BadRecording:
        return []
    finally:
        os.close(file)


def write_marks(path: Path, marks: Iterable[Mark]) -> int:
    """Put these in the place of those that are there; the file's size afterwards.

    What was recorded stays as it is, byte for byte; only a piece at the end that makes no whole chunk, which nobody can
    read, gives way. ``BadRecording`` when it isn't a recording, ``OSError`` when there is no room: nothing is changed then.
    """
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        _, number, end = _placed(file)
        ordered = [asdict(mark) for mark in sorted(marks, key=lambda mark: (mark.at, mark.id))]
        text = json.dumps({"marks": ordered}, ensure_ascii=False, separators=(",", ":")).encode()
        chunk = encode_chunk(number, META, text) if ordered else b""
        if chunk:
            os.posix_fallocate(file, end, len(chunk))
        os.pwrite(file, chunk, end)
        os.ftruncate(file, end + len(chunk))
        return end + len(chunk)
    finally:
        os.close(file)


def _placed(file: int) -> tuple[list[Mark], int, int]:
    """The marks; the number of the chunk that they are, or would be; and where in the file that begins."""
    _, start = decode_header(os.pread(file, LARGEST_BYTES, 0))
    number, end = 0, start
    before, last = (number, end), None
    for chunk in _chunks(file, start):
        before, last = (number, end), chunk
        number, end = max(number, chunk.number + 1), chunk.offset + chunk.bytes
    marks = _marks(file, last) if last else None
    return ([], number, end) if marks is None else (marks, *before)


def _chunks(file: int, at: int) -> Iterator[Chunk]:
    """The header of each chunk that isn't cut off, in the order of the file. Nothing is unpacked."""
    size = os.fstat(file).st_size
    while at < size:
        chunk = decode_head(os.pread(file, HEAD_BYTES, at))
        if chunk is None or at + chunk.bytes > size:
            at += 1
            at += next_head(os.pread(file, size - at, at), 0)
            continue
        yield chunk._replace(offset=at)
        at += chunk.bytes


def _marks(file: int, chunk: Chunk) -> list[Mark] | None:
    """What a chunk has of marks; None: it is of something else."""
    if chunk.type != META or max(chunk.bytes, chunk.unpacked_bytes) > LARGEST_BYTES:
        return None
    try:
        _, told = decode_chunk(os.pread(file, chunk.bytes, chunk.offset))
    except BadRecording:
        return None
    if not isinstance(told, dict) or told.keys() != {"marks"} or not isinstance(told["marks"], list):
        return None
    return [mark for each in told["marks"] if (mark := _mark(each))]


def _mark(told: object) -> Mark | None:
    """None where it is none: files come from anywhere."""
    match told:
        case {"id": str(id), "at": int(at), "text": str(text)} if at >= 0 and text.isprintable():
            return Mark(id, at, text)
    return None
