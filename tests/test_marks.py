"""Marks of readers lie in the recording's file: they go where it goes, and nothing that was recorded changes."""

import resource
from pathlib import Path

import pytest

from app.tail import Tail
from gilscope import recording
from gilscope.errors import BadRecording
from gilscope.marks import Mark, read_marks, write_marks
from tests.app_recordings import FILE, split

SOME = [Mark("b", 9_000, "later <b>é"), Mark("a", 5_000, "first")]
BY_TIME = SOME[::-1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.gilscope"
    path.write_bytes(FILE)
    return path


def test_marks_travel_in_the_file_and_leave_what_was_recorded(path: Path, tmp_path: Path) -> None:
    """Read by time; readers that don't know of them see the same recording; without marks it is the same file again."""
    before = recording.read(path)
    assert read_marks(path) == []
    assert write_marks(path, SOME) == path.stat().st_size > len(FILE)
    elsewhere = tmp_path / "elsewhere.gilscope"
    elsewhere.write_bytes(path.read_bytes())
    assert read_marks(elsewhere) == BY_TIME
    assert path.read_bytes().startswith(FILE)
    after = recording.read(path)
    assert after.rows.same(before.rows)
    assert (after.end, after.tracks, after.damage) == (before.end, before.tracks, [])
    tail = Tail(path)
    assert tail.advance() == len(split(FILE)[1])
    assert (tail.end, tail.damage) == (before.end, None)
    write_marks(path, [*SOME, Mark("c", 1, "x" * 200)])
    write_marks(path, SOME[:1])
    assert read_marks(path) == SOME[:1]
    assert recording.read(path).damage == []
    assert write_marks(path, []) == len(FILE)
    assert path.read_bytes() == FILE


def test_marks_can_be_set_in_a_recording_that_broke_off_or_is_damaged(path: Path) -> None:
    """After its last whole chunk, whose rows all stay, also those behind damage in the middle."""
    start, chunks = split(FILE)
    sizes = [len(start) + sum(map(len, chunks[:n])) for n in range(len(chunks))]
    for size in sizes:
        for more in (0, 1, 60):
            path.write_bytes(FILE[: size + more])
            before = recording.read(path)
            write_marks(path, SOME)
            after = recording.read(path)
            assert read_marks(path) == BY_TIME
            assert after.rows.same(before.rows)
            assert after.damage == []
    for at in (sizes[2] + 4, sizes[2] + 80):  # the header of a chunk, and its payload
        damaged = bytearray(FILE)
        damaged[at] ^= 255
        path.write_bytes(damaged)
        before = recording.read(path)
        write_marks(path, SOME)
        write_marks(path, SOME[1:])
        after = recording.read(path)
        assert read_marks(path) == SOME[1:]
        assert after.rows.same(before.rows)
        assert (after.damage, after.end) == (before.damage, before.end)


def test_through_a_link_they_are_written_into_the_file(path: Path, tmp_path: Path) -> None:
    """As `gilscope show` has recordings: whoever marks something there finds it in the file."""
    link = tmp_path / "link.gilscope"
    link.symlink_to(path)
    write_marks(link, SOME)
    assert link.is_symlink()
    assert read_marks(path) == BY_TIME


def test_without_room_nothing_is_changed(path: Path) -> None:
    """The marks that are there stay, too."""
    write_marks(path, SOME)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before), limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_marks(path, [*SOME, Mark("c", 7, "one more that needs some room of its own: 0123456789")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "marks", ["[1]", '[{"id": "a", "at": "5", "text": "x"}]', '[{"id": "a", "at": -1, "text": "x"}]', "{}"]
)
def test_what_is_no_mark_is_left_out(path: Path, marks: str) -> None:
    """A file may come from anywhere."""
    payload = b'{"marks": %s}' % marks.encode()
    path.write_bytes(FILE + recording.encode_chunk(len(split(FILE)[1]), recording.META, payload))
    assert read_marks(path) == []


def test_a_file_that_is_no_recording_has_no_marks_and_takes_none(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    assert read_marks(path) == []
    with pytest.raises(BadRecording):
        write_marks(path, SOME)
    assert path.read_text() == "hello"
