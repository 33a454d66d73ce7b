"""Turns what was read of a run into its recording: merge (numbered tracks, one time axis), fold (states), file.

Reading comes first: a ring that isn't read in time loses, what was read can wait here. So ``take`` only keeps, and
``work`` does the rest, piece by piece, while there is time.
"""

import errno
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gilscope.analysis.fold import Fold, Gil
from gilscope.collector.cores import Loss, Switches
from gilscope.collector.merge import Merge
from gilscope.collector.places import Places
from gilscope.collector.records import Records
from gilscope.collector.rings import Account, Batch
from gilscope.collector.tracks import Tracks
from gilscope.collector.verdicts import DISK_FULL
from gilscope.errors import Unwritable
from gilscope.recording import Writer

PIECE_ROWS = 1 << 16
NOT_RECORDED = "The program ended, or went on, without telling that it is recorded."

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of what one look brought."""

    records: Records
    switches: Switches
    until: int
    ended: Sequence[Account] = ()
    gone: tuple[tuple[int, int], ...] = ()


class Transcript:
    """The recording of one run, while it grows.

    ``header``: what is known before the program says anything. It is completed, and the file begins, when the program
    tells that it is recorded, or at ``begin``. ``Unwritable`` comes from all that writes.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], folder: Path, libraries: tuple[str, ...]) -> None:
        self.path = path
        self.layers: dict[str, Told] = {}
        self.error: Told | None = None
        """The exception that ended the scenario."""
        self.events = 0
        """Read so far, lost ones not counted."""
        self.switches = 0
        self.switches_lost = 0
        self.writer: Writer | None = None
        self.duration_ns = 0
        self._header = dict(header)
        self._places = Places(folder, libraries)
        self._tracks = Tracks(self._places)
        self._merge: Merge | None = None
        self._fold: Fold | None = None
        self._origin = 0
        self._process: Told | None = None
        self._threads: list[Told] = []
        self._tasks: list[Told] = []
        self._begun: list[Account] = []
        self._losses: list[Loss] = []
        self._slotless: list[tuple[int, int, int]] = []
        self._pieces: deque[_Piece] = deque()
        self._output: list[tuple[int, str, str]] = []

    @property
    def begun(self) -> bool:
        """Whether there is a file."""
        return self.writer is not None

    def take(self, batch: Batch, switches: Switches, losses: Sequence[Loss], gone: Mapping[int, int]) -> None:
        """Keep what one look brought. ``gone``: processes that are over, and when that was seen."""
        for told in batch.definitions:
            self._define(told)
        self.events += len(batch.records)
        self.switches += len(switches)
        self.switches_lost += sum(loss.count for loss in losses)
        self._begun += batch.begun
        self._losses += losses
        self._slotless += [batch.slotless] if batch.slotless else []
        self._split(batch, switches, tuple(gone.items()))
        if self._process is not None and not self.begun and any(len(piece.records) for piece in self._pieces):
            self.begin(next(int(piece.records.at[0]) for piece in self._pieces if len(piece.records)))

    def print(self, at: int, stream: str, text: str) -> None:
        """The program printed something; ``at``: when that was seen, so not before it was printed."""
        self._output.append((at, stream, text))

    def begin(self, origin: int) -> None:
        """Begin the file. ``origin`` (ns) is where time 0 lies."""
        measured = self._process or {}
        for layer in ("gil", "program"):
            self.layers.setdefault(layer, measured.get(layer) or {"measured": False, "why": NOT_RECORDED})
        without = bool(measured.get("without_gil") if measured else self._header["python"]["free_threaded"])
        gil: Gil = "measured" if self.layers["gil"]["measured"] else "absent" if without else "unmeasured"
        cores = bool(self.layers["cores"]["measured"])
        self._origin = origin
        self._merge = Merge(self._tracks, self._places, origin, cores)
        self._fold = Fold(gil, cores)
        with self._writing():
            self.writer = Writer(self.path, {**self._header, "origin_ns": origin, "layers": self.layers})

    def work(self, until: float | None = None) -> bool:
        """Merge, fold and write what there is, at least one piece, and no new one after ``until`` (monotonic seconds).
        Whether something was written."""
        if not self.begun:
            return False
        assert self.writer is not None
        before = self.writer.bytes
        while self._pieces:
            with self._writing():
                self._write(self._pieces.popleft())
            if until is not None and time.monotonic() >= until:
                break
        return self.writer.bytes > before

    def end(self, told: Mapping[str, Any]) -> None:
        """The last chunk."""
        assert self.writer is not None
        with self._writing():
            self._write_meta()
            self.writer.end(told)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise Unwritable(
                DISK_FULL.sentence
                if full
                else f"{self.path} can't be written: {error.strerror}. Choose another place for it."
            ) from None

    def _define(self, told: Told) -> None:
        match told["def"]:
            case "process":
                self._tracks.define_process(told)
                self._places.process(told["pid"], told["parent"])
                self._process = self._process or told
            case "process name":
                self._tracks.name_process(told)
            case "pipe":
                self._tracks.define_pipe(*told["ends"])
            case "count":
                self._tracks.counted[told["semaphore"]] = told["queue"]
            case "pipe end":
                self._tracks.define_end(told)
            case "type":
                self._tracks.define_type(told)
            case "code":
                self._places.define(told)
            case "task" | "words" | "work" | "work error":
                self._tasks.append(told)
            case "unseen":
                self.layers[told["what"]] = {"measured": False, "why": told["why"]}
            case "thread":
                self._threads.append(told)
            case "error":
                if self._process and told["pid"] == self._process["pid"]:
                    self.error = told

    def _split(self, batch: Batch, switches: Switches, gone: tuple[tuple[int, int], ...]) -> None:
        """The last piece has the ends: they hold once everything before them is written."""
        records = batch.records
        while len(records) > PIECE_ROWS:
            until = min(int(records.at[PIECE_ROWS]) - 1, batch.watermark)
            early = switches.at <= until
            self._pieces.append(_Piece(records[:PIECE_ROWS], switches[early], until))
            records, switches = records[PIECE_ROWS:], switches[~early]
        self._pieces.append(_Piece(records, switches, batch.watermark, batch.ended, gone))

    def _write(self, piece: _Piece) -> None:
        assert self._merge and self._fold and self.writer
        merge = self._merge
        begun, self._begun = self._begun, []
        merge.begin(begun)
        threads, self._threads = self._threads, []
        for told in threads:
            merge.define(told)
        tasks, self._tasks = self._tasks, []
        for told in tasks:
            merge.define_task(told)
        losses, self._losses = self._losses, []
        of_cores = merge.lose_switches(losses)
        slotless, self._slotless = self._slotless, []
        for loss in slotless:
            merge.lose_unknown(*loss)
        merge.end(piece.ended)
        merge.gone(dict(piece.gone))
        rows = merge.feed(piece.records, piece.switches, piece.until)
        tracks = self._write_meta()
        self._fold.add_tracks(tracks)
        for core, begin, end in of_cores:
            self._fold.lose_core(core, begin, end)
        self.writer.add_rows(self._fold.feed(rows))
        if len(rows):
            self.duration_ns = int(rows.at[-1])

    def _write_meta(self) -> list[Told]:
        """Everything that rows will be about is told before them. Returns the tracks among it."""
        assert self._merge and self.writer
        tracks = self._tracks.take_changed()
        output, self._output = self._output, []
        meta = {
            "tracks": tracks,
            **self._places.take_new(),
            "lost": self._merge.take_lost(),
            "output": [
                {"at": max(at - self._origin, 0), "stream": stream, "text": text} for at, stream, text in output
            ],
        }
        meta = {name: told for name, told in meta.items() if told}
        if meta:
            self.writer.add_meta(meta)
        return tracks
