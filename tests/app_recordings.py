"""Recording files for tests of the web application: a real one, and ones of any length made of its chunks."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from gilscope.recording import END, HEAD_BYTES, ROWS

FILE = (Path(__file__).resolve().parent / "js" / "recordings" / "convoy.gilscope").read_bytes()


def split(file: bytes) -> tuple[bytes, list[bytes]]:
    """What stands before the chunks, and the chunks."""
    at = file.index(b"GSCK")
    before, found = file[:at], []
    while at < len(file):
        size = HEAD_BYTES + struct.unpack_from("<I", file, at + 40)[0]
        found.append(file[at : at + size])
        at += size
    return before, found


BEFORE, CHUNKS = split(FILE)
HEADER: dict[str, Any] = json.loads(BEFORE.split(b"\n", 2)[1])
A_ROWS_CHUNK = next(chunk for chunk in CHUNKS if chunk[4] == ROWS)
AN_END_CHUNK = next(chunk for chunk in CHUNKS if chunk[4] == END)


def numbered(chunk: bytes, number: int) -> bytes:
    """The same chunk at another place of a recording."""
    head = bytearray(chunk[:HEAD_BYTES])
    struct.pack_into("<I", head, 8, number)
    struct.pack_into("<I", head, 52, zlib.crc32(head[:-4]))
    return bytes(head) + chunk[HEAD_BYTES:]


def head(**changes: Any) -> bytes:
    """The beginning of a file with another header."""
    header = json.dumps({**HEADER, **changes}).encode()
    return b"gilscope recording 1 crc32=%08x bytes=%d\n%s\n" % (zlib.crc32(header), len(header), header)


def file(**changes: Any) -> bytes:
    """A whole file with another header."""
    return head(**changes) + b"".join(CHUNKS)
