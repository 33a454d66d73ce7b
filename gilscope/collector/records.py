"""Records of the program's events: as they lie in a ring, four words each, and as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis.columns import Columns
from gilscope.events import Kind

Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Records(Columns):
    """Events as columns, in the order of time; of one ring also in the order in which they were written.

    In a row of ``Kind.LOST``, ``at`` is when the first event was lost, ``code`` when the last, ``value`` how many.
    """

    slot: NDArray[np.uint32]
    generation: NDArray[np.uint32]
    at: NDArray[np.int64]
    kind: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    aux: NDArray[np.uint16]
    thing: NDArray[np.uint64]
    code: NDArray[np.uint64]
    offset: NDArray[np.uint16]
    value: NDArray[np.int64]


class Piece(NamedTuple):
    """What was read of one ring."""

    slot: int
    generation: int
    words: Words


def kinds(words: Words) -> Words:
    """``Kind`` of each."""
    return words[:, 1] >> np.uint64(48) & np.uint64(0xFF)


def on_our_clock(words: Words, ahead: int) -> Words:
    """The same with our times; their clock is ``ahead`` of ours by so many ns."""
    if ahead:
        words[:, 0] -= np.uint64(ahead % (1 << 64))
        words[kinds(words) == Kind.LOST, 2] -= np.uint64(ahead % (1 << 64))
    return words


def loss(first: int, last: int, count: int) -> Words:
    """The record of a loss."""
    return np.array([[first, int(Kind.LOST) << 48, last, count << 16]], np.uint64)


def as_columns(pieces: Sequence[Piece]) -> Records:
    """What was read of all rings, in the order of time."""
    counts = [len(piece.words) for piece in pieces]
    words = np.concatenate([piece.words for piece in pieces]) if pieces else np.empty((0, 4), np.uint64)
    slot = np.repeat(np.array([piece.slot for piece in pieces], np.uint32), counts)
    generation = np.repeat(np.array([piece.generation for piece in pieces], np.uint32), counts)
    if len(pieces) > 1:
        order = words[:, 0].argsort(kind="stable")
        words, slot, generation = words[order], slot[order], generation[order]
    at, what, where, value = words.T
    kind = (what >> np.uint64(48)).astype(np.uint8)
    address = np.uint64((1 << 48) - 1)
    return Records(
        slot=slot,
        generation=generation,
        at=at.astype(np.int64),
        kind=kind,
        flags=(what >> np.uint64(56)).astype(np.uint8),
        aux=value.astype(np.uint16),
        thing=what & address,
        code=np.where(kind == Kind.LOST, where, where & address),
        offset=np.where(kind == Kind.LOST, np.uint64(0), where >> np.uint64(48)).astype(np.uint16),
        value=value.astype(np.int64) >> 16,
    )
