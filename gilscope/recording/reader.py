"""Reads a recording file, and verifies every byte: what is damaged is skipped, and named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gilscope.errors import BadRecording
from gilscope.events import Kind, State
from gilscope.recording.format import (
    END,
    HEAD_BYTES,
    MAGIC,
    ROWS,
    Chunk,
    decode_chunk,
    decode_head,
    decode_header,
    next_head,
)
from gilscope.recording.rows import Rows


class Damage(NamedTuple):
    """A part of a file that can't be shown."""

    chunk: int
    """Its number, as far as that can be told."""
    offset: int
    """Where in the file it begins."""
    what: str
    """One sentence."""


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
