"""Ids by 64-bit keys, asked for in whole columns."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SLOTS = 1 << 13
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - 13)


class Memo:
    """A dict from keys to ids that are never 0 for a key that is known.

    Columns of events name few different things very often: a table of one entry a slot answers for those, whole columns
    at a time; only what it doesn't have is looked up one by one.
    """

    def __init__(self) -> None:
        self.known: dict[int, int] = {}
        self._keys = np.zeros(SLOTS, np.uint64)
        self._ids = np.zeros(SLOTS, np.uint32)

    def put(self, key: int, id: int) -> None:
        """From now on the key has this id."""
        self.known[key] = id
        keys = np.array([key], np.uint64)
        slot = (keys * _MIX) >> _SHIFT
        self._keys[slot], self._ids[slot] = keys, id

    def ids(self, keys: NDArray[np.uint64], make: Callable[[int, int], int]) -> NDArray[np.uint32]:
        """The id of each key. ``make(key, row)`` gives that of one that isn't known, which may be 0: not known yet, and
        asked for again next time. ``row``: the first that has it."""
        slots = (keys * _MIX) >> _SHIFT
        found = np.where(self._keys[slots] == keys, self._ids[slots], np.uint32(0))
        missing = np.flatnonzero(found == 0)
        if len(missing):
            unique, first, inverse = np.unique(keys[missing], return_index=True, return_inverse=True)
            ids = np.array(
                [self._one(key, int(missing[n]), make) for key, n in zip(unique.tolist(), first, strict=True)]
            )
            found[missing] = ids[inverse]
        return found

    def _one(self, key: int, row: int, make: Callable[[int, int], int]) -> int:
        id = self.known.get(key) or make(key, row)
        if id:
            self.put(key, id)
        return id
