"""Two readers of the recording file, Python's and the browser's: the same rows of whatever is left of it."""

import json
import random
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from gilscope import recording
from gilscope.errors import BadRecording
from gilscope.events import Kind, State
from tests.timeline_page import ROOT, chunks

REAL = [(ROOT / f"recordings/{name}.gilscope").read_bytes() for name in ("deadlock", "when_it_starts", "pool_life")]
Rows = dict[int, list[list[int]]]


def spoilt(file: bytes, any: random.Random) -> bytes:
    """A recording to which one thing happened, behind its header."""
    begin = file.index(b"GSCK")
    body, parts = bytearray(file[begin:]), chunks(file)
    at, length = any.randrange(len(body)), any.randrange(1, 3000)
    match any.randrange(6):
        case 0:  # flipped bits
            for _ in range(any.randrange(1, 5)):
                body[any.randrange(len(body))] ^= 1 << any.randrange(8)
        case 1:  # lost chunks, the last rows among them or not
            lost = any.sample(range(len(parts)), any.randrange(1, 4))
            body = bytearray(b"".join(part for n, part in enumerate(parts) if n not in lost))
        case 2:
            del body[at:]
        case 3:
            del body[at : at + length]
        case 4:  # told twice
            again = any.randrange(len(parts))
            body = bytearray(b"".join([*parts[: again + 1], *parts[again:]]))
        case 5:
            body[at:at] = any.randbytes(length)
    return file[:begin] + bytes(body)


def python_reads(path: Path) -> tuple[Rows, bool] | None:
    """The rows by track, and whether something was found damaged; None for what can't be read at all."""
    try:
        read = recording.read(path)
    except BadRecording:
        return None
    rows: Rows = defaultdict(list)
    for track, *row in zip(read.rows.track, read.rows.at, read.rows.state, read.rows.kind, strict=True):
        rows[int(track)].append([int(value) for value in row])
    return dict(rows), bool(read.damage)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_both_readers_make_the_same_of_a_damaged_file(tmp_path: Path) -> None:
    """Where rows are missing, all tracks are unknown until their next ones, in both; and neither is silent about it."""
    any = random.Random(3)
    paths = [tmp_path / f"{n}.gilscope" for n in range(90)]
    for n, path in enumerate(paths):
        path.write_bytes(spoilt(REAL[n % len(REAL)], any))
    # A file that lacks its last rows, and one that lacks only names: nothing is unknown there.
    parts, begin = chunks(REAL[0]), REAL[0][: REAL[0].index(b"GSCK")]
    last = max(n for n, part in enumerate(parts) if part[4] == recording.ROWS)
    told = max(n for n, part in enumerate(parts) if part[4] == recording.META)
    for lost in (last, told):
        paths.append(tmp_path / f"without {lost}.gilscope")
        paths[-1].write_bytes(begin + b"".join(part for n, part in enumerate(parts) if n != lost))
    answer = subprocess.run(
        ["node", ROOT / "tests/js/read_rows.js"],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for path, browser in zip(paths, json.loads(answer.stdout), strict=True):
        expected = python_reads(path)
        assert (expected is None) == bool(browser["refused"]), path.name
        if expected is not None:
            found = {int(track): rows for track, rows in browser["rows"].items() if rows}
            assert (found, bool(browser["flaws"])) == expected, path.name
    without_rows, without_names = (python_reads(path) for path in paths[-2:])
    assert without_rows and without_names
    assert {tuple(rows[-1][1:]) for rows in without_rows[0].values()} >= {(State.UNKNOWN, Kind.LOST)}
    assert all(kind != Kind.LOST for rows in without_names[0].values() for *_, kind in rows)
