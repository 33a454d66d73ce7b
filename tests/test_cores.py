"""The core layer: every switch of a real program, from the real kernel, against what others know of it."""

import os
import signal
import sys
import time

import numpy as np

from gilscope.collector.cores import Switches
from gilscope.collector.rings import FOREVER
from tests.switching import (
    Witness,
    assert_consistent,
    await_rest,
    count_of,
    needs_cores,
    settled,
    started,
    watch,
    watching,
)

pytestmark = needs_cores


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
    its = switches[switches.tid == told["tid"]]
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
            hashlib.pbkdf2_hmac("sha256", b"", b"", 1_000_000)  # without the GIL
            tell(tid=me(), begin=begin, end=time.monotonic_ns())
        for thread in start(busy, busy): thread.join()
    """)
    tids = [each["tid"] for each in told]
    begin, end = max(each["begin"] for each in told), min(each["end"] for each in told)
    first, last = begin + (end - begin) // 4, begin + (end - begin) // 2  # before and after one may wait for the GIL
    both = switches[(switches.at > first) & (switches.at < last) & np.isin(switches.tid, tids)]
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
    its = switches[switches.tid == told["tid"]]
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
        its = switches[switches.tid == each["tid"]]
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
    assert_consistent(Switches.concat([first, second]))
