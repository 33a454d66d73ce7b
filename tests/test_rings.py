"""The rings: nothing is lost silently, nothing comes late, whatever the writers do. The writer is the real one."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gilscope.collector import interpreters
from gilscope.collector.probe import build_probe
from gilscope.collector.rings import FOREVER, Batch, Rings
from gilscope.events import Kind, Ring, SlotState
from tests.recorded import Recorded, record, start, watch

PYTHON = interpreters.describe(sys.executable)

COUNT = """
def count(n, begin=0):
    for i in range(begin, begin + n):
        probe.emit(25, 0, 10, 7, i)

"""


def assert_exact(recorded: Recorded) -> None:
    """Every number that was emitted is there or counted, in order; batches keep what their watermarks promise."""
    expected: dict[tuple[int, int], int] = {}
    last: dict[tuple[int, int], int] = {}
    for row in recorded.rows:
        thread = row.slot, row.generation
        assert row.at >= last.get(thread, 0)
        last[thread] = row.at
        if row.kind == Kind.LOST:
            assert row.code >= row.at and row.value > 0
            expected[thread] = expected.get(thread, 0) + row.value
        elif row.kind == Kind.TAKE:
            assert row.value == expected.get(thread, 0)
            expected[thread] = row.value + 1
    for account in recorded.accounts:
        assert account.emitted == account.stored + account.lost
        assert expected.get((account.slot, account.generation), 0) == account.emitted
    assert_in_time(recorded)


def assert_in_time(recorded: Recorded) -> None:
    promised = 0
    for batch in recorded.batches:
        at = batch.records.at
        assert (np.diff(at) >= 0).all()
        if len(at):
            assert promised <= at[0] and at[-1] <= batch.watermark
        promised = batch.watermark


def tell(process: subprocess.Popen[str]) -> None:
    """Let the program go on to its next input()."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def read_all(rings: Rings) -> Recorded:
    """Read while the writers pause: everything is older than the margin."""
    time.sleep(0.001)
    return Recorded([rings.read()], list(rings.accounts.values()))


def test_records_come_as_they_were_written(tmp_path: Path) -> None:
    """Each word of a record arrives, the extremes of its fields included."""
    recorded = record(
        PYTHON,
        """
        probe.emit(255, 255, 65535, (1 << 48) - 1, (1 << 47) - 1)
        probe.emit(20, 1, 2, 3, -(1 << 47))
        define({"def": "me", "me": probe.me(), "pid": os.getpid(), "tid": threading.get_native_id()})
        """,
        tmp_path,
    )
    (columns,) = [batch.records for batch in recorded.batches if len(batch.records)]
    first, second = zip(columns.kind, columns.flags, columns.aux, columns.thing, columns.value, strict=True)
    assert first == (255, 255, 65535, (1 << 48) - 1, (1 << 47) - 1)
    assert second == (20, 1, 2, 3, -(1 << 47))
    assert 0 <= time.monotonic_ns() - columns.at[0] < 60_000_000_000
    (account,), (me,) = recorded.accounts, recorded.definitions
    assert (account.pid, account.tid, [account.slot, account.generation]) == (me["pid"], me["tid"], me["me"])


def test_a_full_ring_loses_and_counts(tmp_path: Path) -> None:
    """A ring that nobody reads keeps its oldest records, and tells how many were lost and when."""
    rings = Rings(records=64)
    process = start(PYTHON, COUNT + "count(1000)", tmp_path, rings)
    process.communicate()
    rings.bury(process.pid)
    recorded = Recorded([rings.read(final=True)], list(rings.accounts.values()))
    rows = recorded.rows
    assert [row.value for row in rows] == [*range(64), 1000 - 64]
    assert rows[-1].kind == Kind.LOST and rows[-2].at < rows[-1].at < rows[-1].code
    assert_exact(recorded)


def test_a_loss_is_told_once(tmp_path: Path) -> None:
    """Read while it lasts, a loss is told at once; the record that the ring writes about it later adds nothing."""
    rings = Rings(records=64)
    process = start(PYTHON, COUNT + "count(100); print('full', flush=True); input(); count(10, 100)", tmp_path, rings)
    assert hear(process) == "full"
    recorded = read_all(rings)
    assert [(row.kind, row.value) for row in recorded.rows[63:]] == [(Kind.TAKE, 63), (Kind.LOST, 36)]
    tell(process)
    recorded.batches += watch(process, rings)
    process.communicate()
    assert [row.value for row in recorded.rows] == [*range(64), 36, *range(100, 110)]
    assert_exact(recorded)


def test_a_loss_is_recorded_only_with_room_for_two(tmp_path: Path) -> None:
    """One free place is too few for the record of the loss and the next event: that one is lost too."""
    rings = Rings(records=64)
    process = start(PYTHON, COUNT + "count(100); print('full', flush=True); input(); count(1, 100)", tmp_path, rings)
    assert hear(process) == "full"
    words = rings._slots[0]
    words[Ring.S_TAIL // 8] = 1  # as if an earlier read had brought the first
    words[Ring.S_EMITTED // 8] -= np.uint64(1)
    process.communicate("\n")
    rings.bury(process.pid)
    recorded = Recorded([rings.read(final=True)], list(rings.accounts.values()))
    assert [row.value for row in recorded.rows] == [*range(1, 64), 37]


def test_the_rest_of_a_loss_is_told_later(tmp_path: Path) -> None:
    """What was lost while a read took the first part: its range begins where the promise of that read ends."""
    rings = Rings(records=64)
    process = start(PYTHON, COUNT + "count(100); print('full', flush=True); input(); count(10, 105)", tmp_path, rings)
    assert hear(process) == "full"
    recorded = read_all(rings)
    words = rings._slots[0]  # as if the writer had lost five more before it saw that there is room again
    words[Ring.S_LOST // 8] += np.uint64(5)
    words[Ring.S_EMITTED // 8] += np.uint64(5)
    words[Ring.S_LOST_LAST // 8] = last = time.monotonic_ns()
    tell(process)
    recorded.batches += watch(process, rings)
    process.communicate()
    assert [row.value for row in recorded.rows] == [*range(64), 36, 5, *range(105, 115)]
    rest = recorded.rows[65]
    assert recorded.batches[0].watermark < rest.at < rest.code == last
    assert_exact(recorded)


def test_a_loss_that_is_over_is_told_by_the_ring(tmp_path: Path) -> None:
    """When nobody looked while it lasted, the ring's own record tells the loss, at its place."""
    rings = Rings(records=64)
    program = COUNT + "count(100); print('full', flush=True); input(); count(10, 100); print('on', flush=True); input()"
    process = start(PYTHON, program, tmp_path, rings)
    assert hear(process) == "full"
    words = rings._slots[0]
    words[Ring.S_TAIL // 8] = 32  # as if an earlier read had brought half of it
    words[Ring.S_EMITTED // 8] -= np.uint64(32)
    tell(process)
    assert hear(process) == "on"
    recorded = read_all(rings)
    tell(process)
    recorded.batches += watch(process, rings)
    process.communicate()
    assert [row.value for row in recorded.rows] == [*range(32, 64), 36, *range(100, 110)]
    lost = recorded.rows[32]
    assert lost.kind == Kind.LOST and recorded.rows[31].at < lost.at < lost.code < recorded.rows[33].at


def test_four_threads_as_fast_as_they_can(tmp_path: Path) -> None:
    """Small rings that overflow all the time: stored + counted lost = emitted, number by number."""
    rings = Rings(records=256)
    recorded = record(
        PYTHON,
        COUNT + "sys.setswitchinterval(0.0005)\nfor thread in start(*[lambda: count(60_000)] * 4): thread.join()",
        tmp_path,
        rings,
    )
    assert_exact(recorded)
    assert [account.emitted for account in recorded.accounts] == [60_000] * 4
    assert any(account.lost for account in recorded.accounts), "nothing overflowed: nothing was tested"


def test_the_default_rings_lose_nothing(tmp_path: Path) -> None:
    """Four threads, a hundred thousand events each as fast as they can, read as they come."""
    recorded = record(PYTHON, COUNT + "for thread in start(*[lambda: count(100_000)] * 4): thread.join()", tmp_path)
    columns = recorded.columns
    assert [account.lost for account in recorded.accounts] == [0] * 4
    for account in recorded.accounts:
        mine = (columns.slot == account.slot) & (columns.generation == account.generation)
        assert (columns.value[mine] == np.arange(100_000)).all()
    assert_in_time(recorded)


def test_slots_are_used_again(tmp_path: Path) -> None:
    """A drained ring of an ended thread goes to the next one, under a new generation."""
    rings = Rings(slots=4)
    program = COUNT + "\nfor _ in range(20): start(lambda: count(3))[0].join(); print('ended', flush=True); input()"
    process = start(PYTHON, program, tmp_path, rings)
    batches: list[Batch] = []
    for number in range(20):
        assert hear(process) == "ended"
        while len([account for batch in batches for account in batch.ended]) <= number:
            batches.append(rings.read())
        tell(process)
    batches += watch(process, rings)
    process.communicate()
    recorded = Recorded(batches, list(rings.accounts.values()))
    assert sorted(rings.accounts) == [(0, generation) for generation in range(1, 21)]
    assert_exact(recorded)
    assert [account for batch in batches for account in batch.begun] == recorded.accounts


def test_threads_without_a_slot_are_counted(tmp_path: Path) -> None:
    """No ring is free: the thread's events are counted, and it asks again later."""
    rings = Rings(slots=1)
    program = COUNT + "count(5); start(lambda: count(3000))[0].join()"
    recorded_by_first = record_without_closing(program, tmp_path, rings)
    assert [account.emitted for account in recorded_by_first.accounts] == [5]
    assert rings.slotless_lost == 3000


def record_without_closing(program: str, folder: Path, rings: Rings) -> Recorded:
    process = start(PYTHON, program, folder, rings)
    recorded = Recorded(list(watch(process, rings)), list(rings.accounts.values()))
    process.communicate()
    return recorded


def test_many_short_threads(tmp_path: Path) -> None:
    """Threads that come and go faster than anybody reads: stored + lost + those without a ring = all."""
    rings = Rings(records=64, slots=16)
    recorded = record_without_closing(
        COUNT + "for _ in range(300):\n    for thread in start(*[lambda: count(5)] * 4): thread.join()", tmp_path, rings
    )
    assert sum(account.emitted for account in recorded.accounts) + rings.slotless_lost == 300 * 4 * 5
    assert_exact(recorded)


def test_a_ring_being_written_holds_the_watermark(tmp_path: Path) -> None:
    """While a thread's record has its time but isn't published, nothing after that ring's last record is told."""
    rings = Rings()
    program = (
        COUNT
        + "count(1); print('one', flush=True); input()\n"
        + "start(lambda: count(1))[0].join(); print('two', flush=True); input()"
    )
    process = start(PYTHON, program, tmp_path, rings)
    assert hear(process) == "one"
    rings._slots[0][Ring.S_BUSY // 8] = 1
    tell(process)
    assert hear(process) == "two"
    held = read_all(rings)
    assert [row.slot for row in held.rows] == [0]
    assert held.batches[0].watermark == held.rows[0].at
    rings._slots[0][Ring.S_BUSY // 8] = 0
    free = read_all(rings)
    assert [row.slot for row in free.rows] == [1]
    tell(process)
    process.communicate()
    assert rings.read(final=True).watermark == FOREVER


def test_killed_in_the_middle_of_a_record(tmp_path: Path) -> None:
    """The half-written event counts as lost: it happened, and isn't stored."""
    rings = Rings()
    process = start(PYTHON, COUNT + "count(5); print('five', flush=True); input()", tmp_path, rings)
    assert hear(process) == "five"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    words = rings._slots[0]
    words[Ring.S_BUSY // 8] = 1  # where a writer stands between counting an event and publishing it
    words[Ring.S_EMITTED // 8] += np.uint64(1)
    rings.bury(process.pid)
    recorded = Recorded([rings.read(final=True)], list(rings.accounts.values()))
    assert [(row.kind, row.value) for row in recorded.rows[4:]] == [(Kind.TAKE, 4), (Kind.LOST, 1)]
    assert_exact(recorded)
    assert words[Ring.S_STATE // 8] == SlotState.FREE


def test_burying_one_process_leaves_the_others(tmp_path: Path) -> None:
    """Only rings of the process that is over end with it."""
    rings = Rings()
    first = start(PYTHON, COUNT + "count(2); print('first', flush=True); input()", tmp_path, rings)
    assert hear(first) == "first"
    second = start(PYTHON, COUNT + "count(3); print('second', flush=True); input()", tmp_path, rings)
    assert hear(second) == "second"
    first.kill()
    first.communicate()
    rings.bury(first.pid)
    time.sleep(0.001)
    batch = rings.read()
    assert [(account.pid, account.emitted) for account in batch.ended] == [(first.pid, 2)]
    assert {account.pid for account in batch.begun} == {first.pid, second.pid}
    second.communicate("\n")


def test_a_definition_that_is_written_while_it_is_looked_at() -> None:
    """Between any two looks at it, it may come to its end: then it is read whole, or later."""
    rings = Rings()
    memory, text = rings._memory, b'{"def": "x"}'
    memory[Ring.H_DEFINITIONS_END : Ring.H_DEFINITIONS_END + 8] = (24).to_bytes(8, "little")

    class Written:
        """The memory, in which the writer goes on after the first look."""

        def __getitem__(self, part: slice) -> bytes:
            seen = memory[part]
            entry = (len(text) | 1 << 32).to_bytes(8, "little") + text
            memory[Ring.HEADER_BYTES : Ring.HEADER_BYTES + len(entry)] = entry
            return seen

    rings._memory = Written()  # type: ignore[assignment]
    found = [*rings._read_definitions(final=False), *rings._read_definitions(final=False)]
    assert found == [{"def": "x"}]
    rings._memory = memory
    rings.close()


def test_definitions_come_once_and_in_order(tmp_path: Path) -> None:
    """A definition is read when it is committed; a hole holds the later ones back until the end of the run."""
    rings = Rings()
    process = start(
        PYTHON,
        "for i in range(3): define({'def': 'x' * i})\nprint('on', flush=True)\ninput()\ndefine({'def': 'last'})",
        tmp_path,
        rings,
    )
    assert hear(process) == "on"
    assert [definition["def"] for definition in rings.read().definitions] == ["", "x", "xx"]
    end = int(rings._header[Ring.H_DEFINITIONS_END // 8])
    at = Ring.HEADER_BYTES + end
    rings._memory[at : at + 8] = (11).to_bytes(4, "little") + bytes(4)  # reserved, never committed: a killed writer
    rings._header[Ring.H_DEFINITIONS_END // 8] = end + 24
    process.communicate("\n")
    assert rings.read().definitions == []
    assert [definition["def"] for definition in rings.read(final=True).definitions] == ["last"]


@pytest.mark.parametrize("damage", ["magic", "version", "records", "short"])
def test_foreign_memory_is_refused(tmp_path: Path, damage: str) -> None:
    """attach() takes only a run's memory of its own version, and names what it got."""
    rings = Rings()
    path = rings.path
    if damage == "short":
        (tmp_path / "short").write_bytes(b"GIL1" * 1000)
        path = str(tmp_path / "short")
    else:
        offset = {"magic": Ring.H_MAGIC, "version": Ring.H_VERSION, "records": Ring.H_RECORDS}[damage]
        rings._header[offset // 8] += np.uint64(1)
    program = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("_probe", sys.argv[1])
probe = importlib.util.module_from_spec(spec)
spec.loader.exec_module(probe)
probe.emit(22, 0, 0, 0, 0)
try:
    probe.attach(sys.argv[2])
except ValueError as error:
    print(error)
probe.emit(22, 0, 0, 0, 0)
"""
    answer = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            build_probe(PYTHON),
            path,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{path!r} isn't shared memory of a run" in answer.stdout


def test_a_rings_size_is_a_power_of_two() -> None:
    """The rings are addressed by a mask."""
    for records in (0, 1, 3, 100):
        with pytest.raises(ValueError, match="power of two"):
            Rings(records=records)
