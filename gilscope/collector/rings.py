"""Reads the rings that recorded threads write: docs/HACKING.md, "Shared memory".

The collector makes the memory, the program writes, the collector reads. Nothing here ever makes the
program wait: a ring that is full loses, and counts. Times are ns of ``CLOCK_MONOTONIC``.
"""

import json
import mmap
import os
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gilscope.collector import clocks
from gilscope.collector.records import Piece, Records, Words, as_columns, kinds, loss, on_our_clock
from gilscope.events import Kind, Ring, SlotState

MARGIN_NS = 200_000
"""How long after its clock was read a record may take to become visible to another core, at the very most."""

FOREVER = (1 << 63) - 1
SLOT_WORDS = Ring.S_TAIL // 8 + 1

_STATE, _PID, _TID, _GENERATION = Ring.S_STATE // 8, Ring.S_PID // 8, Ring.S_TID // 8, Ring.S_GENERATION // 8
_HEAD, _BUSY, _EMITTED, _TAIL = Ring.S_HEAD // 8, Ring.S_BUSY // 8, Ring.S_EMITTED // 8, Ring.S_TAIL // 8
_LOST, _LOST_FIRST, _LOST_LAST = Ring.S_LOST // 8, Ring.S_LOST_FIRST // 8, Ring.S_LOST_LAST // 8
_COUNTERS = (_HEAD, _BUSY, _LOST, _LOST_FIRST, _LOST_LAST, _EMITTED, _TAIL)


@dataclass(slots=True)
class Account:
    """One thread's ring, from claim to end. Once everything is read: emitted = stored + lost."""

    slot: int
    generation: int
    pid: int
    tid: int
    emitted: int = 0
    stored: int = 0
    lost: int = 0
    told: int = 0
    """Of the loss that the ring hasn't told yet by a record: how many events we have told already …"""
    told_until: int = 0
    """… and until when: what is lost beyond them is lost later than this."""
    last: int = 0
    """Time of the last record read."""
    ahead: int = 0
    """By how much its clock is ahead of ours. Times here are ours; those in the ring are its own."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one read brought. No later batch brings an event before ``watermark``."""

    records: Records
    definitions: list[dict[str, Any]]
    begun: list[Account]
    ended: list[Account]
    watermark: int
    slotless: tuple[int, int, int] | None = None
    """From, to, count: events since the last read of threads that found no free ring."""


class Rings:
    """The shared memory of one run, from the collector's side."""

    def __init__(self, records: int = Ring.RECORDS, slots: int = Ring.SLOTS) -> None:
        if records < 2 or records & (records - 1):
            raise ValueError(f"a ring holds a power of two of records, at least 2, not {records}")
        self.records, self.slots = records, slots
        self.accounts: dict[tuple[int, int], Account] = {}
        """By slot and generation, also of threads that have ended."""
        self._slot_bytes = Ring.SLOT_HEADER_BYTES + self.records * Ring.RECORD_BYTES
        first = Ring.HEADER_BYTES + Ring.DEFINITIONS_BYTES
        size = first + self.slots * self._slot_bytes
        self.file = os.memfd_create("gilscope-rings", os.MFD_CLOEXEC)
        os.ftruncate(self.file, size)
        self._memory = mmap.mmap(self.file, size)
        self._header: Words = np.ndarray((Ring.HEADER_BYTES // 8,), np.uint64, self._memory)
        strides = (self._slot_bytes, 8)
        self._slots: Words = np.ndarray((self.slots, SLOT_WORDS), np.uint64, self._memory, first, strides)
        shape = (self.slots, self.records, 4)
        self._rings: Words = np.ndarray(
            shape, np.uint64, self._memory, first + Ring.SLOT_HEADER_BYTES, (self._slot_bytes, Ring.RECORD_BYTES, 8)
        )
        self._read_definitions_to = 0
        self._claimed = 0
        self._watermark = 0
        self._looked, self._slotless = time.monotonic_ns(), 0
        self._live: dict[int, Account] = {}
        self._clocks: dict[int, int] = {}
        """By process, how far its clock is ahead of ours."""
        for offset, value in (
            (Ring.H_VERSION, Ring.VERSION),
            (Ring.H_SLOTS, self.slots),
            (Ring.H_RECORDS, self.records),
            (Ring.H_MAGIC, Ring.MAGIC),
        ):
            self._header[offset // 8] = value

    @property
    def path(self) -> str:
        """Where recorded processes open the memory, as long as this process lives: the value of GILSCOPE_RINGS."""
        return f"/proc/{os.getpid()}/fd/{self.file}"

    @property
    def slotless_lost(self) -> int:
        """Events of threads that found no free ring."""
        return int(self._header[Ring.H_SLOTLESS_LOST // 8])

    @property
    def definitions_lost(self) -> int:
        """Definitions that found no room."""
        return int(self._header[Ring.H_DEFINITIONS_LOST // 8])

    @property
    def recorded(self) -> set[int]:
        """Processes that have a ring which isn't read to its end yet."""
        return {account.pid for account in self._live.values()}

    def close(self) -> None:
        """Let the memory go. What is still mapped by a recorded process lives on with it."""
        del self._header, self._slots, self._rings
        self._memory.close()
        os.close(self.file)

    def bury(self, pid: int) -> None:
        """A process is over, whatever way it went: nobody writes into its threads' rings any more."""
        for slot in range(self._count_claimed()):
            words = self._slots[slot]
            if words[_STATE] == SlotState.LIVE and words[_PID] == pid:
                words[_BUSY] = 0
                words[_STATE] = SlotState.EXITED

    def read(self, final: bool = False) -> Batch:
        """Everything up to the watermark. ``final``: up to the end, for all writers are gone or don't matter."""
        now = time.monotonic_ns()
        claimed = self._count_claimed()
        before = self._slots[:claimed].copy()
        heads = self._slots[:claimed].copy()
        # A ring is quiet when nothing was written between the two looks: then its counters fit together.
        quiet = (before[:, _HEAD:_TAIL] == heads[:, _HEAD:_TAIL]).all(axis=1) & (heads[:, _BUSY] == 0)
        begun = self._open_accounts(before)
        watermark = FOREVER if final else self._advance(now - MARGIN_NS, before, quiet)
        pieces: list[Piece] = []
        ended: list[Account] = []
        over = before[:, _STATE] == SlotState.EXITED
        busy = (before[:, _HEAD] != before[:, _TAIL]) | (before[:, _LOST] != 0) | over
        for slot in np.flatnonzero(busy):
            account = self._live[int(slot)]
            self._read_ring(account, before[slot], bool(quiet[slot]) or final, watermark, now, pieces)
            if over[slot] and self._is_drained(account, before[slot]):
                self._end(account, pieces)
                ended.append(account)
        if not final:
            self._watermark = watermark
        slotless = self._read_slotless(now)
        return Batch(as_columns(pieces), self._read_definitions(final), begun, ended, watermark, slotless)

    def _read_slotless(self, now: int) -> tuple[int, int, int] | None:
        before, self._slotless = self._slotless, self.slotless_lost
        begin, self._looked = self._looked, now
        return (begin, now, self._slotless - before) if self._slotless > before else None

    def _count_claimed(self) -> int:
        """Slots are claimed without holes: the first that never had an owner ends the search."""
        while self._claimed < self.slots and self._slots[self._claimed, _STATE] != SlotState.FREE:
            self._claimed += 1
        return self._claimed

    def _open_accounts(self, heads: Words) -> list[Account]:
        begun = []
        # A new owner has written pid, tid and generation before its first record is there.
        for slot in np.flatnonzero((heads[:, _HEAD] != 0) | (heads[:, _STATE] == SlotState.EXITED)):
            if int(slot) in self._live:
                continue
            words = [int(word) for word in heads[slot]]
            account = Account(int(slot), words[_GENERATION], words[_PID], words[_TID], ahead=self._ahead(words[_PID]))
            self._live[account.slot] = self.accounts[account.slot, account.generation] = account
            begun.append(account)
        return begun

    def _ahead(self, pid: int) -> int:
        """Asked for each process once, while it is there."""
        if pid not in self._clocks:
            self._clocks[pid] = clocks.ahead(pid)
        return self._clocks[pid]

    def _advance(self, watermark: int, heads: Words, quiet: NDArray[np.bool_]) -> int:
        """A ring that is being written holds the watermark back to what it has published."""
        for slot in np.flatnonzero(~quiet):
            head = int(heads[slot, _HEAD])
            last = (
                int(self._rings[slot, (head - 1) & (self.records - 1), 0]) - self._live[int(slot)].ahead if head else 0
            )
            watermark = min(watermark, last)
        return max(watermark, self._watermark)

    def _read_ring(
        self, account: Account, heads: Words, quiet: bool, watermark: int, now: int, pieces: list[Piece]
    ) -> None:
        tail, head = int(self._slots[account.slot, _TAIL]), int(heads[_HEAD])
        if head > tail:
            words = on_our_clock(self._copy(account.slot, tail, head), account.ahead)
            self._discount_told(account, words)
            count = len(words) if watermark == FOREVER else int(words[:, 0].searchsorted(np.uint64(watermark), "right"))
            if count:
                self._take(account, words[:count], pieces)
                self._slots[account.slot, _TAIL] = tail = tail + count
        if not quiet:
            return
        account.emitted = int(heads[_EMITTED])
        lost, first, last = int(heads[_LOST]), int(heads[_LOST_FIRST]), int(heads[_LOST_LAST])
        first, last = first - account.ahead, last - account.ahead
        begin = account.told_until if account.told else first
        if lost > account.told and begin <= watermark and tail == head:
            self._take(account, loss(begin, last, lost - account.told), pieces)
            account.told, account.told_until = lost, max(last, now)

    def _copy(self, slot: int, tail: int, head: int) -> Words:
        begin, end = tail & (self.records - 1), head & (self.records - 1)
        ring = self._rings[slot]
        if begin < end:
            return np.array(ring[begin:end])
        return np.concatenate((ring[begin:], ring[:end]))

    def _discount_told(self, account: Account, words: Words) -> None:
        """The ring tells a loss by a record of which we have told a part: leave the rest in it."""
        if not account.told:
            return
        found = np.flatnonzero(kinds(words) == Kind.LOST)
        if len(found):
            row = words[found[0]]
            row[0] = account.told_until
            row[3] = ((int(row[3]) >> 16) - account.told) << 16

    def _take(self, account: Account, words: Words, pieces: list[Piece]) -> None:
        lost = kinds(words) == Kind.LOST
        if lost.any():
            account.lost += int((words[lost, 3] >> np.uint64(16)).sum())
            if account.told and len(words):
                account.told = account.told_until = 0
            words = words[~lost | (words[:, 3] >> np.uint64(16) != 0)]
        account.stored += len(words) - int((kinds(words) == Kind.LOST).sum())
        if len(words):
            account.last = int(words[-1, 0])
            pieces.append(Piece(account.slot, account.generation, words))

    def _is_drained(self, account: Account, heads: Words) -> bool:
        return bool(self._slots[account.slot, _TAIL] == heads[_HEAD] and account.told == heads[_LOST])

    def _end(self, account: Account, pieces: list[Piece]) -> None:
        """The ring is drained and its owner gone: the slot is free for the next."""
        words = self._slots[account.slot]
        account.emitted = int(words[_EMITTED])
        missing = account.emitted - account.stored - account.lost
        if missing:  # killed in the middle of writing a record
            self._take(account, loss(account.last, account.last, missing), pieces)
        del self._live[account.slot]
        for counter in _COUNTERS:
            words[counter] = 0
        words[_STATE] = SlotState.FREE
        self._header[Ring.H_NEXT_SLOT // 8] = min(int(self._header[Ring.H_NEXT_SLOT // 8]), account.slot)

    def _read_definitions(self, final: bool) -> list[dict[str, Any]]:
        """Those committed since the last read, in their order. A hole that a killed process left ends with the run."""
        end = min(int(self._header[Ring.H_DEFINITIONS_END // 8]), Ring.DEFINITIONS_BYTES)
        found = []
        while self._read_definitions_to < end:
            at = Ring.HEADER_BYTES + self._read_definitions_to
            # What is committed was whole before; its length, looked at first, might be that of before.
            committed = int.from_bytes(self._memory[at + 4 : at + 8], "little")
            length = int.from_bytes(self._memory[at : at + 4], "little")
            if not committed and not (final and length):
                break
            if committed:
                found.append(json.loads(self._memory[at + 8 : at + 8 + length]))
            self._read_definitions_to += 8 + (length + 7 & ~7)
        return found
