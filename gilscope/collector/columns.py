"""Tables that answer for whole columns of what was read of a run."""

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis.forward import Table
from gilscope.collector.cores import Switches
from gilscope.collector.records import Records
from gilscope.collector.tracks import Tracks
from gilscope.events import Kind

_NONE = np.empty(0, np.uint32)
NO_SWITCHES = Switches(np.empty(0, np.int64), _NONE, _NONE, _NONE, np.empty(0, np.bool_), np.empty(0, np.bool_))

Ids = NDArray[np.uint32]
Ring = tuple[int, int]
"""Whose records: slot and generation."""


def kinds(*some: Kind) -> NDArray[np.bool_]:
    """A table that tells these kinds."""
    table = np.zeros(256, np.bool_)
    table[list(some)] = True
    return table


def ring_of(records: Records, n: int) -> Ring:
    """The ring that a record comes from."""
    return int(records.slot[n]), int(records.generation[n])


class Known:
    """What is true of each track, by its id."""

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self.kind = Table(np.uint8)
        self.inner = Table(np.bool_)
        self.main = Table(np.bool_)
        """The main thread of its process."""
        self.pid = Table(np.int64)

    def new(self, track: int) -> int:
        """Remember what kind of track this is."""
        for table in (self.kind, self.inner, self.main, self.pid):
            table.reach(track + 1)
        told = self._tracks[track]
        self.kind[track], self.inner[track], self.pid[track] = told["kind"], told["internal"], told["pid"]
        return track
