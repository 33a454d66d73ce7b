"""The recording file: write it as the run goes, read it back, verify every byte.

What others use of it; ``rows`` are its columns, ``format`` its bytes, ``writer`` and ``reader`` what they are called; ``hold`` tells whether one
still grows.
"""

from gilscope.recording.format import (
    END,
    FIRST_LINE_BYTES,
    HEAD,
    HEAD_BYTES,
    META,
    ROWS,
    Chunk,
    decode_chunk,
    decode_head,
    decode_header,
    encode_chunk,
    encode_header,
    encode_rows,
    is_recording,
    next_head,
)
from gilscope.recording.hold import is_held
from gilscope.recording.reader import Recording, chunks, read
from gilscope.recording.rows import COLUMNS, ROW_BYTES, Rows
from gilscope.recording.writer import ROWS_IN_A_CHUNK, Writer

__all__ = [
    "COLUMNS",
    "END",
    "FIRST_LINE_BYTES",
    "HEAD",
    "HEAD_BYTES",
    "META",
    "ROWS",
    "ROWS_IN_A_CHUNK",
    "ROW_BYTES",
    "Chunk",
    "Recording",
    "Rows",
    "Writer",
    "chunks",
    "decode_chunk",
    "decode_head",
    "decode_header",
    "encode_chunk",
    "encode_header",
    "encode_rows",
    "is_held",
    "is_recording",
    "next_head",
    "read",
]
