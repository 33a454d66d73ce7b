"""The core layer: every switch of a real program, from the real kernel, against what others know of it."""

import errno
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from gilscope.collector import cores, perf
from gilscope.collector.cores import MARGIN_NS, SMALLEST_RING_BYTES, Cores, Loss, Switches
from gilscope.collector.rings import FOREVER
from gilscope.errors import CoresUnavailable


def refusal() -> str:
    """Why this machine won't tell, if it has been forbidden to; any other failure is one of ours."""
    try:
        Cores(os.getpid()).close()
    except CoresUnavailable as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            return str(error)
    return ""


needs_cores = pytest.mark.skipif(bool(reason := refusal()), reason=reason)
pytestmark = needs_cores

SMALL = 4 * resource.getpagesize()  # 512 switches
SECONDS = 60

PROLOGUE = """
import ctypes, hashlib, json, os, resource, sys, threading, time

core_now = ctypes.CDLL(None).sched_getcpu
me = threading.get_native_id
pause = sys.stdin.readline

def tell(**facts):
    sys.stdout.write(json.dumps(facts) + chr(10))
    sys.stdout.flush()

def start(*functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    return threads

def nap(times):
    for _ in range(times):
        time.sleep(1e-6)

pause()
"""


class Program:
    """A child that waits until it is let go, and tells JSON."""

    def __init__(self, source: str, *command: str) -> None:
        self.process = subprocess.Popen(
            [*(command or (sys.executable, "-c")), PROLOGUE + textwrap.dedent(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self.process.pid
        await_rest(self.pid)

    def let_go(self, line: str = "") -> None:
        """Let it go on."""
        assert self.process.stdin
        print(line, file=self.process.stdin, flush=True)

    def go(self, line: str = "") -> dict[str, Any]:
        """Let it go on until it tells something."""
        self.let_go(line)
        return self.hear()

    def nap(self, times: int) -> None:
        """Let one that is OBEDIENT nap, and come to rest."""
        self.go(str(times))
        await_rest(self.pid)

    def hear(self) -> dict[str, Any]:
        """What it tells next."""
        assert self.process.stdout
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def end(self) -> list[dict[str, Any]]:
        """Let it run to its end; what it tells on the way."""
        output, _ = self.process.communicate(timeout=SECONDS)
        assert self.process.returncode == 0
        return [json.loads(line) for line in output.splitlines()]


class Witness(NamedTuple):
    """What the kernel counts for a thread: times that it gave its core up, and that it was taken away."""

    given: int
    taken: int


def witness(pid: int) -> tuple[bool, dict[int, Witness]]:
    """Whether all threads of a process wait for something, and what is counted for each."""
    resting = True
    found = {}
    for folder in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            lines = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines())
            counted = (int(lines[f"{kind}_ctxt_switches"]) for kind in ("voluntary", "nonvoluntary"))
            found[int(folder.name)] = Witness(*counted)
            resting &= lines["State"].startswith("S")
    return resting, found


def await_rest(pid: int) -> dict[int, Witness]:
    """Wait until all threads of a process wait for something, and nothing has changed from one look to the next."""
    deadline = time.monotonic() + SECONDS
    before: dict[int, Witness] = {}
    while time.monotonic() < deadline:
        resting, now = witness(pid)
        if resting and now == before:
            return now
        before = now
    raise AssertionError(f"process {pid} doesn't come to rest")


@contextmanager
def started(source: str, *command: str) -> Iterator[Program]:
    """A program that waits to be let go."""
    program = Program(source, *command)
    try:
        yield program
    finally:
        program.process.kill()
        program.process.communicate()


@contextmanager
def watching(pid: int, ring_bytes: int = cores.RING_BYTES) -> Iterator[Cores]:
    """The cores of a program."""
    watched = Cores(pid, ring_bytes)
    try:
        yield watched
    finally:
        watched.close()


def watch(source: str, *command: str) -> tuple[list[dict[str, Any]], Switches]:
    """Run a program to its end: what it told, and all its switches."""
    with started(source, *command) as program, watching(program.pid) as watched:
        told = program.end()
        switches, losses = watched.read(FOREVER)
    assert losses == []
    assert_consistent(switches)
    return told, switches


def settled() -> int:
    """A time (ns) up to which everything has come to light; what has happened until now is before it."""
    now = time.monotonic_ns()
    time.sleep(MARGIN_NS / 1e9)
    return now


def pick(switches: Switches, mask: Any) -> Switches:
    """Some of them."""
    return Switches(*(getattr(switches, field.name)[mask] for field in fields(switches)))


def join(pieces: list[Switches]) -> Switches:
    """One after the other."""
    return Switches(*(np.concatenate([getattr(piece, field.name) for piece in pieces]) for field in fields(Switches)))


def steps(switches: Switches, *names: str) -> list[tuple[Any, ...]]:
    """The rows of these columns."""
    return list(zip(*(getattr(switches, name).tolist() for name in names), strict=True))


def assert_consistent(switches: Switches) -> None:
    """Nothing is lost: a thread is put on and taken off in turns; a core has one thread at a time."""
    assert (np.diff(switches.at) >= 0).all()
    assert not (switches.on & switches.preempted).any()
    for tid in np.unique(switches.tid):
        on = switches.on[switches.tid == tid]
        assert on[::2].all() and not on[1::2].any() and len(on) % 2 == 0, f"thread {tid}"
    for cpu in np.unique(switches.cpu):
        there = pick(switches, switches.cpu == cpu)
        assert there.on[::2].all() and not there.on[1::2].any(), f"core {cpu}"
        assert (there.tid[::2] == there.tid[1::2]).all(), f"core {cpu}"


def count_of(switches: Switches, tid: int) -> Witness:
    """What we have seen of what the kernel counts."""
    off = (switches.tid == tid) & ~switches.on
    return Witness(int((off & ~switches.preempted).sum()), int((off & switches.preempted).sum()))


def test_a_sleeper_gives_its_core_up_once_a_sleep() -> None:
    """Of its own will, while it sleeps, and only then; and is put on a core again before the sleep is over."""
    [told], switches = watch("""
        sleeps, before = [time.monotonic_ns()], resource.getrusage(resource.RUSAGE_THREAD)
        for _ in range(20):
            time.sleep(0.005)
            sleeps.append(time.monotonic_ns())
        after = resource.getrusage(resource.RUSAGE_THREAD)
        tell(tid=me(), sleeps=sleeps, given=after.ru_nvcsw - before.ru_nvcsw)
    """)
    its = pick(switches, switches.tid == told["tid"])
    gave = np.flatnonzero(~its.on & ~its.preempted)
    begins, ends = np.array(told["sleeps"][:-1]), np.array(told["sleeps"][1:])
    inside = gave[(its.at[gave] > begins[0]) & (its.at[gave] < ends[-1])]
    assert len(inside) == told["given"] == 20
    assert ((begins < its.at[inside]) & (its.at[inside + 1] < ends)).all()


def test_two_busy_threads_on_one_core_are_preempted_for_each_other() -> None:
    """Neither ever waits in the stretch where both compute; the kernel takes the core from each in turn."""
    told, switches = watch("""
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        ready = threading.Barrier(2)
        def busy():
            ready.wait()
            begin = time.monotonic_ns()
            hashlib.pbkdf2_hmac("sha256", b"", b"", 400_000)  # without the GIL
            tell(tid=me(), begin=begin, end=time.monotonic_ns())
        for thread in start(busy, busy): thread.join()
    """)
    tids = [each["tid"] for each in told]
    begin, end = max(each["begin"] for each in told), min(each["end"] for each in told)
    first, last = begin + (end - begin) // 4, begin + (end - begin) // 2  # before and after one may wait for the GIL
    both = pick(switches, (switches.at > first) & (switches.at < last) & np.isin(switches.tid, tids))
    assert len(np.unique(both.cpu)) == 1
    for tid in tids:
        given, taken = count_of(both, tid)
        assert given == 0 and taken > 2
    assert (np.diff(both.tid.astype(np.int64)) != 0).sum() > 2, "each after the other"


def test_a_running_thread_is_on_the_core_that_it_sees() -> None:
    """The clock is that of the program, and the core that which the program is told: it looks while it moves about."""
    [told], switches = watch("""
        seen = []
        def look():
            allowed = sorted(os.sched_getaffinity(0))
            for n in range(200):
                os.sched_setaffinity(0, {allowed[n % len(allowed)]})
                begin, core, end = time.monotonic_ns(), core_now(), time.monotonic_ns()
                seen.append((begin, core, end))
            tell(tid=me(), seen=seen)
        for thread in start(look): thread.join()
    """)
    its = pick(switches, switches.tid == told["tid"])
    undisturbed = 0
    for begin, core, end in told["seen"]:
        last = int(its.at.searchsorted(begin, "right")) - 1
        assert its.on[last], "it ran"
        if int(its.at.searchsorted(end, "right")) - 1 == last:
            assert its.cpu[last] == core
            undisturbed += 1
    assert undisturbed > 100


def test_everything_that_comes_from_a_process_is_seen() -> None:
    """From before its exec: threads, a child, a grandchild that outlives all of its ancestors, and its threads."""
    source = """
        root = os.getpid()
        def work():
            time.sleep(0.001)
            tell(pid=os.getpid(), tid=me(), at=time.monotonic_ns())
        for thread in start(work): thread.join()
        if os.fork() == 0:
            work()
            if os.fork() == 0:
                while open(f"/proc/{root}/stat").read().rpartition(")")[2].split()[0] != "Z":
                    time.sleep(0.001)
                work()
                for thread in start(work, work): thread.join()
            os._exit(0)
        os.wait()
        work()
    """
    told, switches = watch(source, "/bin/sh", "-c", 'read line; exec "$0" -c "$1"', sys.executable)
    assert len(told) == 6 and len({each["pid"] for each in told}) == 3
    for each in told:
        its = pick(switches, switches.tid == each["tid"])
        assert set(its.pid.tolist()) == {each["pid"]}
        assert its.on[its.at.searchsorted(each["at"], "right") - 1], "it ran when it looked at the clock"


def test_the_kernel_s_own_counts_agree() -> None:
    """Second witness: each thread's counts in /proc. Locks, sleeps, the GIL and computing, in two processes."""
    source = """
        if os.fork() == 0:
            sys.stdin.close()
        lock, over = threading.Lock(), threading.Event()
        def work():
            for _ in range(100):
                with lock:
                    nap(1)
                sum(range(3000))
            hashlib.pbkdf2_hmac("sha256", b"", b"", 50_000)
            if ready.wait() == 0:
                tell(pid=os.getpid())
            over.wait()
        ready = threading.Barrier(5)
        start(work, work, work, work, lambda: work())
        over.wait()
    """
    with started(source) as program, watching(program.pid) as watched:
        before = await_rest(program.pid)[program.pid]
        pids = [program.go()["pid"], program.hear()["pid"]]
        counted = {tid: count for pid in pids for tid, count in await_rest(pid).items()}
        switches, losses = watched.read(settled())
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    assert losses == [] and len(counted) == 12
    mine = counted[program.pid]
    counted[program.pid] = Witness(mine.given - before.given, mine.taken - before.taken)
    assert {tid: count_of(switches, tid) for tid in counted} == counted
    assert sum(count.given for count in counted.values()) > 200 and sum(count.taken for count in counted.values()) > 20


def test_threads_that_come_and_go() -> None:
    """Starts and ends lie between the switches, in records of another length."""
    [told], switches = watch("""
        tids = []
        def work():
            tids.append(me())
            nap(1)
        for n in range(1, 40):
            for thread in start(*[work] * n): thread.join()
        tell(tids=tids)
    """)
    assert len(told["tids"]) == 780
    assert set(switches.tid.tolist()) == {*told["tids"], *switches.pid.tolist()}
    assert len(set(switches.pid.tolist())) == 1


def test_a_read_brings_what_is_up_to_its_time() -> None:
    """Later switches stay for later reads; all reads together bring everything, once."""
    with started("nap(50); tell(at=time.monotonic_ns()); nap(50)") as program, watching(program.pid) as watched:
        begin = time.monotonic_ns()
        [told] = program.end()
        assert len(watched.read(begin)[0]) == 0
        first, _ = watched.read(told["at"])
        again, _ = watched.read(told["at"])
        nothing, _ = watched.read(begin)
        second, _ = watched.read(FOREVER)
    assert (len(again), len(nothing)) == (0, 0)
    assert len(first) > 50 and first.at[-1] <= told["at"]
    assert len(second) > 50 and second.at[0] > told["at"]
    assert_consistent(join([first, second]))


ROUNDS = """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for n in range(40):
        for thread in start(lambda: nap(3 * n)): thread.join()
        tell(round=n)
        pause()
"""


def test_a_small_ring_brings_the_same_as_a_large_one() -> None:
    """It wraps round many times, also in the middle of records; read often enough, nothing is lost."""
    with started(ROUNDS) as program, watching(program.pid) as large, watching(program.pid, SMALL) as small:
        pieces, losses = [], []
        for _ in range(40):
            program.go()
            await_rest(program.pid)
            piece, loss = small.read(settled())
            pieces.append(piece)
            losses += loss
        program.end()
        pieces.append(small.read(FOREVER)[0])
        reference, _ = large.read(FOREVER)
    assert losses == []
    assert len(reference) > 5 * SMALL // 32
    names = ("tid", "pid", "cpu", "on", "preempted")
    assert steps(join(pieces), *names) == steps(reference, *names)
    assert_consistent(join(pieces))


OBEDIENT = """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    tell(cpu=core_now())
    while times := pause():
        nap(int(times))
        tell(napped=int(times))
"""


class Overflow:
    """An obedient program with a small ring, which overflows, and a large one that has everything."""

    def __init__(self, program: Program, large: Cores, small: Cores) -> None:
        self.program = program
        self.cpu = program.go()["cpu"]
        self.ring = small._rings[self.cpu]
        self._large, self._small = large, small
        self.reads: list[tuple[list[tuple[Any, ...]], list[Loss]]] = []
        self.times: list[NDArray[np.int64]] = []
        self.read()

    def read(self, until: int = 0) -> int:
        """Read what has settled, or all. Until when."""
        until = until or settled()
        switches, losses = self._small.read(until)
        there = pick(switches, switches.cpu == self.cpu)
        self.reads.append((steps(there, "tid", "on", "preempted"), losses))
        self.times.append(there.at)
        return until

    def end(self) -> list[tuple[Any, ...]]:
        """Let it end, read the rest. What the large ring has of this core."""
        self.program.end()
        self.read(FOREVER)
        switches, losses = self._large.read(FOREVER)
        assert losses == []
        assert_consistent(switches)
        return steps(pick(switches, switches.cpu == self.cpu), "tid", "on", "preempted")

    def count(self) -> int:
        """Switches that were brought, and those that were told as lost."""
        return sum(len(rows) + sum(loss.count for loss in losses) for rows, losses in self.reads)


@pytest.fixture
def overflow() -> Iterator[Overflow]:
    """Nothing has overflowed yet."""
    with started(OBEDIENT) as program, watching(program.pid) as large, watching(program.pid, SMALL) as small:
        yield Overflow(program, large, small)


def test_an_overflow_is_told_at_once(overflow: Overflow) -> None:
    """Also while the kernel has no occasion to tell it by a record; when it then does, it isn't told again."""
    overflow.program.nap(1000)
    overflow.read()
    overflow.program.nap(20)
    reference = overflow.end()
    (before, none), (first, [loss]), (rest, nothing) = overflow.reads
    assert none == nothing == []
    assert loss.count > 1000 and loss.cpu == overflow.cpu
    assert reference == [*before, *first, *reference[len(before + first) :][: loss.count], *rest]
    assert overflow.times[1][-1] <= loss.first < loss.last < overflow.times[2][0]


def test_before_linux_6_an_overflow_is_told_when_the_kernel_tells_it(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The kernel refuses to give the count, as those do: the loss comes later, but not before what was read."""
    monkeypatch.setattr(perf, "FORMAT_LOST", 1 << 40)
    overflow: Overflow = request.getfixturevalue("overflow")
    overflow.program.nap(1000)
    until = overflow.read()
    overflow.program.nap(20)
    reference = overflow.end()
    (before, none), (first, nothing), (rest, [loss]) = overflow.reads
    assert none == nothing == []
    assert loss.count > 1000
    assert reference == [*before, *first, *reference[len(before + first) :][: loss.count], *rest]
    assert until < loss.first < loss.last <= overflow.times[2][0]


class During:
    """A ring's words; the first time that they are read, something happens right after."""

    def __init__(self, words: Any, happen: Callable[[], None]) -> None:
        self._words, self._happen = words, happen

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, part: slice) -> Any:
        copy = self._words[part].copy()
        self._happen()
        self._happen = lambda: None
        return copy


def test_an_overflow_while_the_ring_is_emptied(overflow: Overflow) -> None:
    """The kernel fills what room there is before it sees the new tail: that is told at once, too."""
    overflow.program.nap(10)
    words = overflow.ring._words
    overflow.ring._words = During(words, lambda: overflow.program.nap(1000))  # type: ignore[assignment]
    overflow.read()
    overflow.ring._words = words
    assert [loss.count > 1000 for loss in overflow.reads[-1][1]] == [True]
    overflow.program.nap(10)
    assert len(overflow.end()) == overflow.count()


def test_another_overflow_before_the_first_is_counted(overflow: Overflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours of all is then ahead of the kernel's records: the second isn't told twice."""
    read = os.read

    def read_later(file: int, count: int) -> bytes:
        monkeypatch.undo()
        overflow.program.nap(1000)
        return read(file, count)

    overflow.program.nap(1000)
    monkeypatch.setattr(os, "read", read_later)
    overflow.read()
    assert [loss.count > 2500 for loss in overflow.reads[-1][1]] == [True]
    overflow.read()
    overflow.program.nap(10)
    assert len(overflow.end()) == overflow.count()


def test_an_overflow_while_it_is_read() -> None:
    """The kernel fills and we empty at the same time: switches + lost are as many in a small ring as in a large one."""
    page = resource.getpagesize()
    with (
        started("while True: nap(100)") as program,
        watching(program.pid) as large,
        watching(program.pid, page) as small,
    ):
        counts = {large: Counter[int](), small: Counter[int]()}
        lost = 0

        def read(until: int, after: int) -> None:
            nonlocal lost
            for each, count in counts.items():
                switches, losses = each.read(until)
                assert not len(switches) or after < switches.at[0] <= switches.at[-1] <= until
                assert all(after < loss.first <= loss.last for loss in losses)
                count.update(switches.cpu.tolist())
                for loss in losses:
                    count[loss.cpu] += loss.count
                    lost += each is small

        program.let_go()
        until, pause, deadline = time.monotonic_ns() - MARGIN_NS, 1, time.monotonic() + SECONDS
        read(until, 0)
        while lost <= 10 and time.monotonic() < deadline:
            pause = pause * 5 % 9973
            time.sleep(pause * 1e-6)  # as busy readers do, now shorter, now longer
            after, until = until, time.monotonic_ns() - MARGIN_NS
            read(until, after)
        program.process.kill()
        program.process.wait()
        read(FOREVER, until)
    assert lost > 10, "nothing was lost: nothing was tested"
    assert counts[small] == counts[large]


def test_what_comes_to_light_too_late_is_lost_and_counted() -> None:
    """A read had promised that nothing more comes up to its time: nothing does, but the count."""
    with started("nap(100)") as program, watching(program.pid) as large, watching(program.pid) as watched:
        until = time.monotonic_ns() + 3600 * 10**9
        assert len(watched.read(until)[0]) == 0
        assert len(watched.read(until - 1800 * 10**9)[0]) == 0, "which takes nothing of the promise back"
        program.end()
        switches, losses = watched.read(FOREVER)
        reference, _ = large.read(FOREVER)
    assert len(switches) == 0
    assert sum(loss.count for loss in losses) == len(reference) > 100
    assert {(loss.first, loss.last) for loss in losses} == {(until + 1, until + 1)}


def descriptors() -> list[int]:
    """Open files of this process."""
    found = []
    for number in range(1024):
        with suppress(OSError):
            os.fstat(number)
            found.append(number)
    return found


def test_nothing_stays_open() -> None:
    """Closed twice or once; and programs that are started meanwhile inherit nothing."""
    before = descriptors()
    watched = Cores(os.getpid())
    opened = set(descriptors()) - set(before)
    assert opened and not any(os.get_inheritable(each) for each in opened)
    watched.close()
    watched.close()
    assert descriptors() == before


@pytest.mark.parametrize("free", [1, len(perf.online())])
def test_without_a_free_descriptor_it_says_so(free: int) -> None:
    """When there are too few for its events, or for their rings; those that it has taken are given back."""
    before = descriptors()
    first = next(number for number in itertools.count() if number not in before)
    last = [number for number in range(first, 1024) if number not in before][free - 1]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (last + 1, hard))
    try:
        with pytest.raises(CoresUnavailable, match="Too many open files.*ulimit -n"):
            Cores(os.getpid())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert descriptors() == before


def test_of_a_process_that_has_ended() -> None:
    """Nothing to be watched."""
    process = subprocess.Popen(["true"])
    process.wait()
    with pytest.raises(CoresUnavailable, match="ended already"):
        Cores(process.pid)


def run_apart(source: str) -> Any:
    """In a process of its own, because there is no way back from it; the JSON that it tells."""
    prologue = "import ctypes, json, os, resource, struct, sys, time; from gilscope.collector.cores import *; from gilscope.collector.perf import *\n"
    done = subprocess.run(
        [sys.executable, "-c", prologue + textwrap.dedent(source)], capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_under_a_container_s_filter_it_says_so() -> None:
    """A seccomp filter that refuses perf_event_open only, as Docker's does."""
    message = run_apart(f"""
        steps = ((0x20, 0, 0, 0), (0x15, 0, 1, PERF_EVENT_OPEN), (6, 0, 0, 0x50000 | {errno.EPERM}), (6, 0, 0, 0x7FFF0000))
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
        program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
        prctl = ctypes.CDLL(None).prctl
        assert prctl(38, 1, 0, 0, 0) == 0 and prctl(22, 2, program, 0, 0) == 0
        try:
            Cores(os.getpid())
        except CoresUnavailable as error:
            print(json.dumps(str(error)))
    """)
    assert "(Operation not permitted): a seccomp filter" in message and "--cap-add PERFMON" in message


def test_a_user_without_privilege_gets_what_memory_is_left() -> None:
    """It works; rings get smaller, as far as they are of use; then it says so."""
    message, seen, sizes = run_apart("""
        if os.getuid() == 0:  # a user that nobody else is, so that all of its memory is there
            os.setgroups([])
            os.setuid(100_000 + os.getpid())
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
        watched = []
        try:
            while len(watched) < 100:
                watched.append(Cores(os.getpid(), 256 << 10))
        except CoresUnavailable as error:
            message = str(error)
        time.sleep(0.001)
        switches, _ = watched[0].read(time.monotonic_ns())
        sizes = [len(each._rings[0]._words) * 8 for each in watched]
        watched[0].close()
        Cores(os.getpid()).close()  # there is room again
        print(json.dumps([message, len(switches), sizes]))
    """)
    assert "perf_event_mlock_kb" in message
    assert seen > 0
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] >= SMALLEST_RING_BYTES


@pytest.mark.parametrize("limit", [1 << 20, 1])
def test_many_cores_share_the_memory(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Rings of all cores together have a limit, but none is smaller than is of use."""
    monkeypatch.setattr(cores, "ALL_RINGS_BYTES", limit)
    with watching(os.getpid()) as watched:
        sizes = {len(ring._words) * 8 for ring in watched._rings}
    assert len(sizes) == 1
    assert max(SMALLEST_RING_BYTES, limit // len(perf.online()) // 2) <= sizes.pop() < cores.RING_BYTES


@pytest.mark.parametrize(
    ("level", "sentence"),
    [
        ("4\n", "perf_event_paranoid is 4. Allow it: sysctl kernel.perf_event_paranoid=2."),
        ("2\n", "perf_event_paranoid is 2, which allows it. A security module"),
        (None, "built without perf events"),
    ],
)
@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.ENOSYS])
def test_who_forbids_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, level: str | None, sentence: str, code: int
) -> None:
    """The sentence for each setting of the kernel."""
    monkeypatch.setattr(perf, "PARANOID", tmp_path / "perf_event_paranoid")
    if level:
        perf.PARANOID.write_text(level)
    assert sentence in perf.why_not(OSError(code, os.strerror(code)))


def test_a_kernel_that_knows_no_switches() -> None:
    """Before Linux 4.3."""
    assert "can't tell which thread is on which core (Invalid argument)" in perf.why_not(
        OSError(errno.EINVAL, "Invalid argument")
    )


def test_elsewhere_it_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried on another system."""
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(CoresUnavailable, match="Linux on x86_64 only"):
        Cores(os.getpid())


def test_cores_have_numbers_with_holes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As the kernel writes them when some are switched off."""
    monkeypatch.setattr(perf, "ONLINE", tmp_path / "online")
    perf.ONLINE.write_text("0-2,5,8-9\n")
    assert perf.online() == [0, 1, 2, 5, 8, 9]
