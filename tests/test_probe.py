"""The probe's recordings, compared with the truth, on every interpreter of this machine."""

import itertools
import signal
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.rings import Rings
from gilscope.events import Flag, Kind
from tests.programs import FOUND
from tests.recorded import Recorded, Row, line_of, record, start, watch

GIL = {Kind.GIL_WAIT, Kind.GIL_DROP_REQUEST, Kind.GIL_ACQUIRE, Kind.GIL_RELEASE}


def kinds(rows: list[Row]) -> list[Kind]:
    return [row.kind for row in rows]


def assert_one_holder(recorded: Recorded) -> None:
    """At any instant at most one thread holds the GIL, and only the holder releases."""
    holder = None
    for row in recorded.rows:
        thread = row.slot, row.generation
        if row.kind == Kind.GIL_ACQUIRE:
            assert holder is None, f"{thread} acquires while {holder} holds"
            holder = thread
        elif row.kind == Kind.GIL_RELEASE:
            assert holder == thread, f"{thread} releases while {holder} holds"
            holder = None


def test_each_acquire_and_release_is_there_and_none_more(python: Interpreter, tmp_path: Path) -> None:
    """A thread that gives the GIL up and takes it n times leaves n releases and n acquires, in turns."""
    recorded = record(
        python,
        """
        assert probe.install() is None
        assert probe.forced_unknown() == ""
        mark(1)
        moves.churn(20_000)
        mark(2)
        """,
        tmp_path,
    )
    rows = recorded.between(1, 2)
    assert kinds(rows) == [Kind.GIL_RELEASE, Kind.GIL_ACQUIRE] * 20_000
    assert not any(row.flags for row in rows)
    assert_one_holder(recorded)


def test_the_first_record_is_what_was_held_before(python: Interpreter, tmp_path: Path) -> None:
    """install() is called with the GIL held: an acquire with value 1 says so, and no other has it."""
    recorded = record(python, "probe.install(); moves.churn(1)", tmp_path)
    assert [row.value for row in recorded.rows if row.kind == Kind.GIL_ACQUIRE][:2] == [1, 0]
    assert recorded.rows[0].kind == Kind.GIL_ACQUIRE


def test_the_time_away_is_the_time_away(python: Interpreter, tmp_path: Path) -> None:
    """Release and acquire enclose the blocking call, closely, and the hold before it is one hold."""
    recorded = record(
        python,
        """
        probe.install()
        mark(1)
        held = moves.hold(3_000_000)
        begin, end = moves.away(0, 3_000_000)
        mark(2)
        define({"def": "truth", "held": held, "away": [begin, end]})
        """,
        tmp_path,
    )
    truth = recorded.definitions[-1]
    release, acquire = recorded.between(1, 2)
    assert (release.kind, acquire.kind) == (Kind.GIL_RELEASE, Kind.GIL_ACQUIRE)
    assert truth["held"][1] <= release.at <= truth["away"][0]
    assert truth["away"][1] <= acquire.at
    assert_one_holder(recorded)


COUNTERS = """
    probe.install()
    sys.setswitchinterval(0.001)

    @know
    def count(number):
        mark(number)
        while time.thread_time_ns() < 40_000_000:  # counts
            pass
        mark(number + 1)

    for thread in start(lambda: count(1), lambda: count(3), lambda: count(5)):
        thread.join()
    """


def test_counters_force_each_other(python: Interpreter, tmp_path: Path) -> None:
    """No counter ever blocks: each release is forced, and followed by a wait with its requests."""
    recorded = record(python, COUNTERS, tmp_path)
    forced = 0
    for first in (1, 3, 5):
        rows = [row for row in recorded.between(first, first + 1) if row.kind in GIL]
        turns = [row for row in rows if row.kind in (Kind.GIL_RELEASE, Kind.GIL_ACQUIRE)]
        assert kinds(turns) == [Kind.GIL_RELEASE, Kind.GIL_ACQUIRE] * (len(turns) // 2)
        assert all(row.flags == Flag.FORCED for row in turns[::2])
        assert not any(row.flags for row in turns[1::2])
        for before, row in itertools.pairwise(rows):
            if row.kind == Kind.GIL_WAIT:
                assert before.kind == Kind.GIL_RELEASE
            if row.kind == Kind.GIL_DROP_REQUEST:
                assert before.kind in (Kind.GIL_WAIT, Kind.GIL_DROP_REQUEST)
        forced += len(turns) // 2
    assert forced >= 5
    assert_one_holder(recorded)


def test_a_request_follows_a_whole_interval_without_a_switch(python: Interpreter, tmp_path: Path) -> None:
    """While the GIL goes from hand to hand, nobody asks for it, however long they wait."""
    switched, holder, requests = 0, None, 0
    for row in record(python, COUNTERS, tmp_path).rows:
        if row.kind == Kind.GIL_ACQUIRE and row.slot != holder:
            switched, holder = row.at, row.slot
        elif row.kind == Kind.GIL_DROP_REQUEST and switched:
            assert row.at - switched >= 1_000_000
            requests += 1
    assert requests >= 5


def test_lines_are_those_where_the_threads_stand(python: Interpreter, tmp_path: Path) -> None:
    """A forced release stands in the loop, and so do the wait and the acquire after it; a call's in the call."""
    recorded = record(python, COUNTERS, tmp_path)
    loop = line_of(COUNTERS, "# counts")
    rows = [row for row in recorded.between(1, 2) if row.kind in GIL]
    assert {recorded.line(row) for row in rows} <= {("count", loop), ("count", loop + 1)}

    program = """
    probe.install()

    def helper(n):
        moves.churn(n)

    @know
    def work():
        mark(1)
        moves.churn(2)  # here
        helper(2)  # there
        mark(2)

    work()
    """
    recorded = record(python, program, tmp_path)
    here, there = ("work", line_of(program, "# here")), ("work", line_of(program, "# there"))
    assert [recorded.line(row) for row in recorded.between(1, 2)] == [here] * 4 + [there] * 4


def test_lines_can_be_switched_off(python: Interpreter, tmp_path: Path) -> None:
    """GILSCOPE_LINES=0 leaves every line unknown."""
    program = "probe.install()\n@know\ndef work():\n    moves.churn(3)\nwork()"
    assert any(row.code for row in record(python, program, tmp_path).rows)
    assert not any(row.code for row in record(python, program, tmp_path, GILSCOPE_LINES="0").rows)


def test_leaving_of_its_own_will_is_not_forced(python: Interpreter, tmp_path: Path) -> None:
    """A thread that begins a blocking call while another asks for the GIL leaves of its own will."""
    recorded = record(
        python,
        """
        probe.install()
        over = False

        def count():
            while not over:
                pass

        sys.setswitchinterval(0.001)
        threads = start(count)
        mark(1)
        for _ in range(8):
            moves.away(10_000_000, 1_000_000)
        mark(2)
        over = True
        threads[0].join()
        """,
        tmp_path,
    )
    mine = recorded.between(1, 2)
    requests = [row for row in recorded.rows if row.kind == Kind.GIL_DROP_REQUEST and row.slot != mine[0].slot]
    acquired, asked, forced = mine[0].at, 0, 0
    for row in mine:
        if row.kind == Kind.GIL_ACQUIRE:
            acquired = row.at
        elif row.kind == Kind.GIL_RELEASE:
            pending = any(acquired < request.at < row.at for request in requests)
            long = row.at - acquired >= 10_000_000
            assert not (long and row.flags), "left for a call, after a request, and was taken for forced"
            asked += long and pending
            forced += row.flags == Flag.FORCED
    assert asked, "no request was pending when it left: nothing was tested"


def test_a_wait_for_a_lock_is_not_forced(python: Interpreter, tmp_path: Path) -> None:
    """Whatever way the interpreter gives the GIL up on before it waits for a lock, it does so of its own will."""
    recorded = record(
        python,
        """
        lock = threading.Lock()
        lock.acquire()
        probe.install()
        mark(1)
        for _ in range(5):
            lock.acquire(timeout=0.001)
        mark(2)
        """,
        tmp_path,
    )
    turns = [row for row in recorded.between(1, 2) if row.kind in (Kind.GIL_RELEASE, Kind.GIL_ACQUIRE)]
    assert kinds(turns) == [Kind.GIL_RELEASE, Kind.GIL_ACQUIRE] * 5
    assert not any(row.flags for row in turns)


def test_threads_that_python_did_not_start(python: Interpreter, tmp_path: Path) -> None:
    """A foreign thread has its own ring; a new thread state each time changes nothing in it."""
    recorded = record(python, "probe.install(); moves.foreign(50); moves.foreign(7)", tmp_path)
    pairs = [Kind.GIL_ACQUIRE, Kind.GIL_RELEASE]
    foreign: dict[tuple[int, int], list[Kind]] = {}
    for row in recorded.rows:
        if row.slot and row.kind in pairs:
            foreign.setdefault((row.slot, row.generation), []).append(row.kind)
    assert list(foreign.values()) == [pairs * 50, pairs * 7]
    assert_one_holder(recorded)


BYTE_FOR_BYTE = """
    import ctypes

    def words():
        return [(address, ctypes.c_uint64.from_address(address).value) for address, _ in probe.slots()]

    def protections():
        with open("/proc/self/maps") as maps:
            return [line.split()[:2] for line in maps if "python" in line]

    moves.away(0, 0); threading.Event().wait(0.001)  # bound lazily before, not between
    moves.churn(1)
    protected = protections()
    probe.install()
    inside = words()
    assert inside == probe.slots() and len(inside) >= 2
    probe.uninstall()
    before = words()
    assert all(a == b and x != y for (a, x), (b, y) in zip(before, inside))
    assert protections() == protected
    probe.install()
    assert words() == inside
    probe.uninstall()
    assert words() == before
    mark(1)
    moves.churn(100)
    mark(2)
    probe.install()
    moves.churn(100)
"""


def test_uninstall_puts_every_byte_back(python: Interpreter, tmp_path: Path) -> None:
    """After uninstall() the interpreter's slots hold what they held, nothing is recorded, and it can begin anew."""
    record(python, BYTE_FOR_BYTE, tmp_path)


@pytest.fixture(scope="session")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    """This interpreter, linked so that the loader makes the slots read-only (full RELRO)."""
    python = interpreters.describe(sys.executable)
    library = Path(sysconfig.get_config_var("LIBPL") or "") / f"libpython{sysconfig.get_config_var('VERSION')}.a"
    if not library.exists():
        pytest.skip(f"no static library of this interpreter at {library}")
    folder = tmp_path_factory.mktemp("hardened")
    (folder / "bin").mkdir()
    (folder / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
    (folder / "main.c").write_text(
        "int Py_BytesMain(int, char **); int main(int n, char **v) { return Py_BytesMain(n, v); }"
    )
    needed = ["-Wl,-z,relro,-z,now", "-Wl,--export-dynamic", library, "-lm", "-ldl", "-lpthread", "-lutil"]
    subprocess.run(["cc", folder / "main.c", "-o", folder / "bin" / "python3", *needed], check=True)
    return replace(python, path=folder / "bin" / "python3", identity=f"{folder}")


def test_read_only_slots_are_bound_and_put_back(hardened: Interpreter, tmp_path: Path) -> None:
    """A hardened interpreter is measured too, and its slots are read-only again afterwards."""
    record(hardened, BYTE_FOR_BYTE, tmp_path)
    recorded = record(hardened, COUNTERS, tmp_path)
    assert sum(row.flags == Flag.FORCED for row in recorded.rows) >= 5
    assert_one_holder(recorded)


def test_nothing_is_recorded_between_uninstall_and_install(python: Interpreter, tmp_path: Path) -> None:
    """The probe can be switched off and on; the second recording is as good as the first."""
    recorded = record(
        python,
        """
        probe.install(); probe.uninstall()
        mark(1); moves.churn(100); mark(2)
        probe.install()
        mark(3); moves.churn(100); mark(4)
        """,
        tmp_path,
    )
    assert recorded.between(1, 2) == []
    assert kinds(recorded.between(3, 4)) == [Kind.GIL_RELEASE, Kind.GIL_ACQUIRE] * 100


def test_events_inside_another_are_nested(python: Interpreter, tmp_path: Path) -> None:
    """Between enter() and leave() events carry NESTED; the GIL's own never do."""
    recorded = record(
        python,
        """
        probe.install()
        mark(1)
        probe.emit(20, 32, 9, probe, 5)
        probe.enter(); mark(7); moves.churn(1); probe.leave()
        probe.emit(21, 4, 9, probe, -5)
        mark(2)
        """,
        tmp_path,
    )
    rows = recorded.between(1, 2)
    assert [(row.kind, row.flags, row.aux, row.value) for row in rows] == [
        (Kind.BLOCK, Flag.TIMED, 9, 5),
        (Kind.NOTIFY, Flag.NESTED, 0, 0),
        (Kind.GIL_RELEASE, Flag(0), 0, 0),
        (Kind.GIL_ACQUIRE, Flag(0), 0, 0),
        (Kind.UNBLOCK, Flag.TIMEOUT, 9, -5),
    ]
    assert rows[0].thing == rows[4].thing != 0


def test_a_fork_leaves_the_parents_ring_alone(python: Interpreter, tmp_path: Path) -> None:
    """Parent and child each write into rings of their own, both exactly."""
    recorded = record(
        python,
        """
        probe.install()
        mark(1)
        child = os.fork()
        if child == 0:
            mark(3)
            moves.churn(1_000)
            mark(4)
            os._exit(0)
        moves.churn(1_000)
        assert os.waitpid(child, 0)[1] == 0
        mark(2)
        """,
        tmp_path,
    )
    assert kinds(recorded.between(3, 4)) == [Kind.GIL_RELEASE, Kind.GIL_ACQUIRE] * 1_000
    (begins,) = (row for row in recorded.rows if row.kind == Kind.NOTIFY and row.thing == 3)
    childs = [row for row in recorded.rows if (row.slot, row.generation) == (begins.slot, begins.generation)]
    assert childs[0].kind == Kind.GIL_ACQUIRE, "the child takes its GIL, which was made anew where its parent's was"
    parents = kinds(recorded.between(1, 2))
    assert parents.count(Kind.GIL_RELEASE) == parents.count(Kind.GIL_ACQUIRE) == 1_001
    assert len({account.pid for account in recorded.accounts}) == 2


def test_threads_left_at_the_end_are_harmless(python: Interpreter, tmp_path: Path) -> None:
    """Daemon threads that want the GIL while the interpreter ends neither crash it nor contradict the recording."""
    recorded = record(
        python,
        """
        probe.install()

        class Late:
            def __del__(self, sleep=time.sleep, hold=moves.hold, litter=moves.litter):
                litter()  # where the states of the other threads were
                for _ in range(10):
                    hold(7_000_000)  # they give up waiting
                    sleep(0.001)  # they get the GIL, and give it back

        late = Late()

        def forever():
            while True:
                time.sleep(0.0005)

        def count():
            while True:
                pass

        for target in (forever, count) * 8:
            threading.Thread(target=know(target), daemon=True).start()
        time.sleep(0.03)
        """,
        tmp_path,
    )
    assert_one_holder(recorded)
    assert all(account.emitted == account.stored + account.lost for account in recorded.accounts)


def test_a_killed_program_leaves_everything(python: Interpreter, tmp_path: Path) -> None:
    """A deadlocked program that is killed leaves its last event; nothing is counted twice or missing."""
    rings = Rings()
    process = start(
        python,
        """
        probe.install()
        moves.churn(500)
        a = threading.Lock()
        a.acquire()
        mark(1)
        print("ready", flush=True)
        a.acquire()
        """,
        tmp_path,
        rings,
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGKILL)
    recorded = Recorded(list(watch(process, rings)), list(rings.accounts.values()))
    assert process.wait() == -signal.SIGKILL
    process.communicate()
    assert Kind.NOTIFY in kinds(recorded.rows)
    assert sum(row.kind == Kind.GIL_RELEASE for row in recorded.rows) >= 500
    (account,) = recorded.accounts
    assert account.emitted == account.stored == len(recorded.rows)


@pytest.mark.skipif(not any(found.free_threaded for found in FOUND), reason="no free-threaded build here")
def test_a_free_threaded_build_says_why_there_is_no_gil(tmp_path: Path) -> None:
    """The GIL layer refuses with its reason, and everything else works."""
    python = next(found for found in FOUND if found.free_threaded)
    recorded = record(
        python,
        """
        why = probe.install()
        assert why is not None and "free-threaded" in why, why
        assert not sys._is_gil_enabled()

        @know
        def work():
            mark(1)
            mark(2)  # here
            mark(3)

        work()
        """,
        tmp_path,
    )
    assert kinds(recorded.rows) == [Kind.NOTIFY] * 3
    lines = [recorded.line(row) for row in recorded.rows]
    assert lines[0] is not None and [line and line[1] - lines[0][1] for line in lines] == [0, 1, 2]
