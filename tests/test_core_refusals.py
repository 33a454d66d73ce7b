"""Nothing stays open, and where the kernel refuses, it is said why, and what to do."""

import errno
import itertools
import json
import os
import resource
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gilscope.collector import cores, perf
from gilscope.collector.cores import SMALLEST_RING_BYTES, Cores
from gilscope.errors import CoresUnavailable
from tests.switching import SECONDS, needs_cores, watching

pytestmark = needs_cores


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
