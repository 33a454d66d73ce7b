"""Messages: what was written to a pipe and where it was read, as far as that is proved."""

import numpy as np
import pytest

from gilscope.analysis import messages
from gilscope.events import Flag, Kind, TrackKind
from gilscope.recording import Rows

PIPE = 1


def drawn(picture: str) -> tuple[list[str], Rows]:
    """A line is a thread that writes (its name begins with ``to``) or reads; a character is an instant.

    Of a writing or a reading: a number of bytes where it begins (``r`` of a reading) and where it is over; ``x``: it
    failed; ``p`` looks whether there is something, to ``q``. ``?``: something was lost.
    """
    lines = dict(line.strip().split() for line in picture.strip().splitlines())
    events = []
    for track, (name, line) in enumerate(lines.items(), 2):
        inside = False
        for at, letter in enumerate(line):
            opens, closes = (Kind.CALL, Kind.RETURN) if name.startswith("to") else (Kind.BLOCK, Kind.UNBLOCK)
            value = int(letter) if letter.isdigit() else 0
            if letter == "?":
                events.append((at, track, Kind.LOST, 0, 0, 1))
            elif letter in "pq":
                events.append((at, track, opens if letter == "p" else closes, Flag.TIMED, PIPE, 0))
            elif letter not in ".=":
                kind, inside = (closes, False) if inside else (opens, True)
                events.append((at, track, kind, Flag.ERROR if letter == "x" else 0, PIPE, value))
    events.sort()
    at, track, kind, flags, thing, value = np.array(events).T
    return list(lines), Rows.of(at, track=track, kind=kind, flags=flags, thing=thing, value=value)


def told(picture: str) -> list[str]:
    """``to 0–2 → from 5: 3``: who wrote from when to when, who had read it when, bytes."""
    names, rows = drawn(picture)
    kinds = np.array([255, TrackKind.PIPE, *(TrackKind.THREAD for _ in names)], np.uint8)
    found = messages.find(rows, kinds)
    return [
        f"{names[rows.track[begun] - 2]} {rows.at[begun]}–{rows.at[written] if written >= 0 else '?'} → "
        f"{names[rows.track[read] - 2]} {rows.at[read]}: {count}"
        for begun, written, read, count in zip(found.begun, found.written, found.read, found.bytes, strict=True)
    ]


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        # The n-th is the n-th, whoever writes and whoever reads.
        (
            """
            to-1   33.....4=4
            to-2   ...5=5....
            from-1 .....r=3.r===4
            from-2 .....r==5
            """,
            ["to-1 0–1 → from-1 7: 3", "to-2 3–5 → from-2 8: 5", "to-1 7–9 → from-1 13: 4"],
        ),
        # A large one is read while it is written.
        ("to 9=====9\nfrom .r==9", ["to 0–6 → from 4: 9"]),
        # Who writes was killed before it was seen that it is done.
        ("to 3====\nfrom .r==3", ["to 0–? → from 4: 3"]),
        # What failed to be written is none, nor the end of the pipe, nor a look at it.
        ("to 3x44\nfrom pq.r=4r=x", ["to 2–3 → from 5: 4"]),
        # Something came that nobody was seen writing: from there on nothing is sure.
        ("to 3344......55\nfrom ....r3r7r4...r5", ["to 0–1 → from 5: 3"]),
        ("to ....33\nfrom r3....r3", []),
        # The same after a loss, in whichever thread.
        ("to 3355\nother ......?\nfrom ....r3..r5", ["to 0–1 → from 5: 3"]),
    ],
)
def test_the_nth_written_is_the_nth_read(picture: str, expected: list[str]) -> None:
    """As far as it is proved."""
    assert told(picture) == expected
