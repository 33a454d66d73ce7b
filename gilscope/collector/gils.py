"""Whose GIL is whose: each interpreter of a process may have one of its own, and threads of its own."""

import numpy as np

from gilscope.analysis.forward import Table
from gilscope.collector.columns import Ids, Known, kinds
from gilscope.collector.memo import Memo
from gilscope.collector.records import Records
from gilscope.collector.tracks import Tracks
from gilscope.events import Kind

OF_GIL = kinds(Kind.GIL_WAIT, Kind.GIL_DROP_REQUEST, Kind.GIL_ACQUIRE, Kind.GIL_RELEASE)
OF_GIL |= kinds(Kind.INTERPRETER_NEW, Kind.INTERPRETER_END)


class Gils:
    """Of all processes of a run."""

    def __init__(self, tracks: Tracks, known: Known) -> None:
        self._tracks, self._known = tracks, known
        self._gils: dict[int, Memo] = {}
        self._at_home = Table(np.bool_)
        """Threads of which it is known which interpreter's they are."""

    def meant_by(self, pid: int, records: Records) -> Ids:
        """The GIL that each record is about; 0: none. An address means the one that was made there last."""
        thing = np.zeros(len(records.at), np.uint32)
        some = np.flatnonzero(OF_GIL[records.kind])
        if not len(some):
            return thing
        about = records[some]
        memo = self._gils.setdefault(pid, Memo())
        begin = 0
        for n in [*np.flatnonzero(about.kind == Kind.INTERPRETER_NEW).tolist(), len(some)]:
            thing[some[begin:n]] = memo.ids(about.thing[begin:n], lambda *_: self._new(pid, 0))
            if n < len(some):
                memo.put(int(about.thing[n]), self._new(pid, int(about.value[n])))
            begin = n
        return thing

    def bring_home(self, track: Ids, records: Records) -> None:
        """A thread is of the interpreter in which it first had a GIL, wherever it goes later. ``track``: of each record."""
        self._at_home.reach(int(track.max(initial=0)) + 1)
        fresh = np.flatnonzero((records.kind == Kind.GIL_ACQUIRE) & ~self._at_home[track])
        tracks, first = np.unique(track[fresh], return_index=True)
        for id, interpreter in zip(tracks.tolist(), records.aux[fresh[first]].tolist(), strict=True):
            self._at_home[id] = True
            if interpreter:
                self._tracks.change(id, interpreter=interpreter)

    def _new(self, pid: int, interpreter: int) -> int:
        return self._known.new(self._tracks.gil(pid, interpreter))
