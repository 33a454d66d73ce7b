"""The recording file: what is written is read, and what is damaged is named and skipped."""

import json
import os
import resource
import signal
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gilscope import recording
from gilscope.errors import BadRecording
from gilscope.events import Kind, State
from gilscope.recording import COLUMNS, Rows, Writer

REAL = Path(__file__).parent / "js" / "recordings" / "convoy.gilscope"
HEADER: dict[str, Any] = {"id": "r", "scenario": "convoy", "title": "Ünïcode"}


def some_rows(count: int, start: int = 0) -> Rows:
    """Rows whose every column differs from row to row."""
    n = np.arange(start, start + count)
    return Rows.of(
        n * 1000, track=n % 3 + 1, kind=n % 5, flags=n % 2, state=n % 8 + 1, thing=n % 4, line=n % 70000, value=-n
    )


def written(path: Path, *, chunks: int = 4, rows: int = 50) -> bytes:
    """A small recording's bytes: meta, chunks of rows, end."""
    writer = Writer(path, HEADER)
    writer.add_meta({"tracks": [{"id": 1, "name": "a"}], "output": [{"at": 3, "stream": "out", "text": "é\ud800"}]})
    for number in range(chunks):
        writer.add_rows(some_rows(rows, number * rows))
    writer.end({"verdict": "ok", "duration_ns": 7})
    return path.read_bytes()


i64 = st.integers(-(2**63), 2**63 - 1)
u32 = st.integers(0, 2**32 - 1)
u8 = st.integers(0, 255)
a_row = st.tuples(st.integers(-(2**61), 2**61), u32, u8, u8, u8, u32, u32, i64)


@given(rows=st.lists(a_row, max_size=40))
def test_any_rows_come_back(rows: list[tuple[int, ...]]) -> None:
    """Every column, to its last bit."""
    rows.sort(key=lambda row: row[0])
    columns = [np.array([row[n] for row in rows], dtype) for n, dtype in enumerate(COLUMNS.values())]
    before = Rows(*columns)
    payload = recording.encode_rows(before)
    chunk, after = recording.decode_chunk(recording.encode_chunk(7, recording.ROWS, payload, before, 99))
    assert isinstance(after, Rows)
    assert before.same(after)
    assert (chunk.number, chunk.rows, chunk.first_row) == (7, len(rows), 99)


def test_a_recording_comes_back(tmp_path: Path) -> None:
    """Header, rows, tracks as told last, locations, sources, output, losses and the end."""
    path = tmp_path / "r.gilscope"
    writer = Writer(path, HEADER)
    first = writer.add_meta({"tracks": [{"id": 1, "name": "Thread-1", "pid": 4}], "locations": [{"id": 1, "line": 3}]})
    second = writer.add_rows(some_rows(10))
    writer.add_meta({"tracks": [{"id": 1, "name": "worker"}], "sources": [{"file": "a.py", "text": "x = 1"}]})
    writer.add_meta({"lost": [{"track": 1, "from": 1, "to": 2, "count": 3}], "output": [{"at": 1, "text": "hi"}]})
    assert writer.add_rows(Rows.empty()) == []
    last = writer.end({"verdict": "ok", "duration_ns": 9000})

    read = recording.read(path)

    assert read.header == HEADER
    assert read.rows.same(some_rows(10))
    assert read.tracks == {1: {"id": 1, "name": "worker", "pid": 4}}
    assert read.locations == {1: {"id": 1, "line": 3}}
    assert read.sources == {"a.py": "x = 1"}
    assert read.lost == [{"track": 1, "from": 1, "to": 2, "count": 3}]
    assert read.output == [{"at": 1, "text": "hi"}]
    assert read.end == {"verdict": "ok", "duration_ns": 9000}
    assert (read.damage, read.duration_ns) == ([], 9000)
    assert [first.number, second[0].number, last.number] == [0, 1, 4]
    assert (second[0].offset, second[0].rows, second[0].last_at) == (first.offset + first.bytes, 10, 9000)
    assert path.stat().st_size == last.offset + last.bytes == writer.bytes


def test_many_rows_become_several_chunks(tmp_path: Path) -> None:
    """Each chunk knows the number of its first row."""
    writer = Writer(tmp_path / "r", HEADER)
    chunks = writer.add_rows(some_rows(recording.ROWS_IN_A_CHUNK + 5))
    writer.close()
    assert [(chunk.rows, chunk.first_row) for chunk in chunks] == [
        (recording.ROWS_IN_A_CHUNK, 0),
        (5, recording.ROWS_IN_A_CHUNK),
    ]
    read = recording.read(tmp_path / "r")
    assert read.rows.same(some_rows(recording.ROWS_IN_A_CHUNK + 5))
    assert (read.end, read.damage) == (None, [])


def test_the_browsers_reader_and_this_one_agree() -> None:
    """A file that the tests of the page's own reader have written."""
    read = recording.read(REAL)
    assert (len(read.rows), read.damage, read.header["scenario"]) == (2125, [], "convoy")
    assert b"".join(data for _, data in recording.chunks(REAL)) == REAL.read_bytes().split(b"\n", 2)[2]
    assert [chunk.number for chunk, _ in recording.chunks(REAL, first=5)] == [5, 6, 7]


def test_cut_anywhere_it_opens_up_to_the_last_whole_chunk(tmp_path: Path) -> None:
    """As after kill -9, at every single byte."""
    data = written(tmp_path / "whole")
    ends = [chunk.offset + chunk.bytes for chunk, _ in recording.chunks(tmp_path / "whole")]
    start = data.index(b"GSCK")
    cut = tmp_path / "cut"
    for size in range(len(data)):
        cut.write_bytes(data[:size])
        if size < start:
            with pytest.raises(BadRecording):
                recording.read(cut)
            continue
        read = recording.read(cut)
        whole = sum(end <= size for end in ends)
        assert len(read.rows) == 50 * min(max(whole - 1, 0), 4)
        assert read.rows.same(some_rows(len(read.rows)))
        assert read.end is None
        assert [damage.what for damage in read.damage] == (
            [] if size in (start, *ends) else [f"The file ends within chunk {whole}."]
        )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_every_flipped_bit_is_found(tmp_path: Path, where: float, bit: int) -> None:
    """It is named, and everything outside its chunk is shown as it was."""
    path = tmp_path / "flipped"
    data = bytearray(written(path))
    at = int(where * len(data))
    data[at] ^= 1 << bit
    path.write_bytes(data)
    try:
        read = recording.read(path)
    except BadRecording:
        assert at < data.index(b"GSCK")
        return
    assert read.damage
    told = {tuple(row) for row in zip(*(getattr(read.rows, name).tolist() for name in COLUMNS), strict=True)}
    real = some_rows(200)
    all_rows = {tuple(row) for row in zip(*(getattr(real, name).tolist() for name in COLUMNS), strict=True)}
    gap = {row for row in told if row[2] == Kind.LOST}
    assert told - gap <= all_rows
    assert len(told - gap) >= 150


def test_a_damaged_chunk_is_named_and_the_rest_is_shown(tmp_path: Path) -> None:
    """In the gap nothing is known of any track, but that one has ended."""
    path = tmp_path / "r"
    data = bytearray(written(path))
    chunk = [chunk for chunk, _ in recording.chunks(path)][2]
    data[chunk.offset + recording.HEAD_BYTES + 9] ^= 1
    path.write_bytes(data)

    read = recording.read(path)

    assert read.damage == [(2, chunk.offset, "Chunk 2 is damaged: its checksum doesn't fit its bytes.")]
    lost = read.rows[read.rows.kind == Kind.LOST]
    assert lost.same(Rows.of([49000] * 2, track=[1, 2], kind=Kind.LOST, state=State.UNKNOWN, value=50))
    assert read.rows[read.rows.kind != Kind.LOST].at.tolist() == [n * 1000 for n in (*range(50), *range(100, 200))]
    assert read.end is not None


def test_missing_repeated_and_strange_chunks_are_named(tmp_path: Path) -> None:
    """A chunk cut out, one that comes twice, and bytes between two that are none."""
    path = tmp_path / "r"
    data = written(path)
    parts = [bytes for _, bytes in recording.chunks(path)]
    start = data[: data.index(b"GSCK")]

    path.write_bytes(start + b"".join(parts[:2] + parts[3:]))
    assert [damage.what.split(" before")[0] for damage in recording.read(path).damage] == ["Chunk 2 is missing"]

    path.write_bytes(start + b"".join(parts[:2] + parts[1:]))
    read = recording.read(path)
    assert [damage.chunk for damage in read.damage] == [1]
    assert len(read.rows) == 200

    path.write_bytes(start + b"".join(parts[:2]) + b"GSCK noise" + b"".join(parts[2:]))
    read = recording.read(path)
    assert [damage.chunk for damage in read.damage] == [2]
    assert len(read.rows) == 200


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "isn't a Gilscope recording"),
        (b"PK\x03\x04 something else\n", "isn't a Gilscope recording"),
        (b"gilscope recording 2 crc32=00000000 bytes=2\n{}\n", "reads up to 1. Open it with a newer"),
        (b"gilscope recording 1 crc32=00000000 bytes=2\n{}\n", "damaged or"),
        (b"gilscope recording 1 crc32=%08x bytes=2\n[]\n" % zlib.crc32(b"[]"), "isn't a JSON object"),
        (recording.encode_header(HEADER)[:-1], "damaged or incomplete"),
    ],
)
def test_foreign_files_are_refused_with_a_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    """What it is not, or which version reads it."""
    path = tmp_path / "holiday.jpg"
    path.write_bytes(data)
    with pytest.raises(BadRecording, match=r"holiday\.jpg") as caught:
        recording.read(path)
    assert sentence in str(caught.value)


def test_a_chunk_unpacks_to_no_more_than_it_says(tmp_path: Path) -> None:
    """A bomb stops at the size in its header, and is damage."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = bomb.compress(bytes(50_000_000)) + bomb.flush()
    head = recording.HEAD.pack(b"GSCK", recording.META, 1, 0, 0, 0, 0, 0, 0, len(packed), 100, zlib.crc32(packed))
    path = tmp_path / "bomb"
    path.write_bytes(recording.encode_header(HEADER) + head + zlib.crc32(head).to_bytes(4, "little") + packed)
    assert [damage.what for damage in recording.read(path).damage] == [
        "Chunk 0 unpacks to another size than its header says."
    ]


def test_a_full_disk_leaves_whole_chunks(tmp_path: Path) -> None:
    """The chunk that found no room leaves nothing of itself; a smaller one still fits."""
    path = tmp_path / "r"
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
            writer = Writer(path, HEADER)
            writer.add_meta({"tracks": []})
            noise = np.random.default_rng(1).integers(0, 2**60, 1000)
            with pytest.raises(OSError, match="File too large"):
                writer.add_rows(Rows.of(np.sort(noise), value=noise))
            writer.end({"verdict": "disk-full"})
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    read = recording.read(path)
    assert (read.damage, len(read.rows), read.end) == ([], 0, {"verdict": "disk-full"})
    with pytest.raises(OSError):  # noqa: PT011
        Writer(tmp_path / "no" / "such", HEADER)


def test_nothing_comes_after_the_end(tmp_path: Path) -> None:
    """A recording that has ended stays as it is."""
    writer = Writer(tmp_path / "r", HEADER)
    writer.end({})
    with pytest.raises(ValueError, match="ended"):
        writer.add_rows(some_rows(1))


def test_a_file_is_held_while_it_is_written(tmp_path: Path) -> None:
    """Nobody else writes there meanwhile; whoever ends, even by being killed, holds nothing any more."""
    path = tmp_path / "r"
    assert not recording.is_held(path)
    writer = Writer(path, HEADER)
    before = path.read_bytes()
    assert recording.is_held(path)
    with pytest.raises(OSError, match="another run is being recorded there"):
        Writer(path, HEADER)
    assert path.read_bytes() == before
    writer.end({})
    assert not recording.is_held(path)
    begun, tell = os.pipe()
    child = os.fork()
    if child == 0:
        writer = Writer(path, HEADER)
        os.write(tell, b"+")
        signal.pause()
    os.read(begun, 1)
    assert recording.is_held(path)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert not recording.is_held(path)


def test_the_header_is_a_line_that_people_can_read(tmp_path: Path) -> None:
    """Text, up to the first chunk."""
    first, second, _ = written(tmp_path / "r").split(b"\n", 2)
    assert first.startswith(b"gilscope recording 1 crc32=")
    assert json.loads(second) == HEADER
