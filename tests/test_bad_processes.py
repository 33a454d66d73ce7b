"""Processes that fail in the worst way: the recording stays sound, says what is missing, and nothing hangs."""

from functools import partial
from pathlib import Path

import pytest

from gilscope.analysis.findings import findings
from gilscope.analysis.timeline import Timeline
from gilscope.collector.rings import Rings
from gilscope.events import Kind, TrackKind
from gilscope.recording import Recording
from tests.test_processes import life, track
from tests.test_run import run, tracks


def printed_by(recording: Recording) -> str:
    """What the program printed to its standard output."""
    return "".join(told["text"] for told in recording.output if told["stream"] == "stdout")


def test_a_child_runs_out_of_memory(tmp_path: Path) -> None:
    """Its own limit: it ends by a MemoryError, as without the recorder."""
    recording, printed = run(
        tmp_path,
        """
        child = get_context("fork").Process(target=grow, name="child")
        child.start()
        child.join()
        print(child.exitcode)
        """,
        before="""
        import resource
        from multiprocessing import get_context

        def grow():
            have = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (have + (64 << 20), have + (64 << 20)))
            held = []
            while True:
                held.append(bytearray(8 << 20))
        """,
    )
    assert printed_by(recording) == "1\n"
    assert "MemoryError" in "".join(text for _, text in printed)
    assert life(recording, "child") == ["STARTING", "ALIVE", "EXITED"]


def test_a_child_that_cannot_reach_the_memory_of_the_run_goes_on(tmp_path: Path) -> None:
    """Nothing is known of what it does, and a finding says so."""
    recording, _ = run(
        tmp_path,
        """
        child = get_context("spawn").Process(target=print, args=("there",), name="child")
        os.environ["GILSCOPE_RINGS"] = "/nowhere"
        child.start()
        child.join()
        print(child.exitcode)
        """,
        before="from multiprocessing import get_context\n",
    )
    assert printed_by(recording) == "there\n0\n"
    (pid,) = (told["pid"] for told in recording.tracks.values() if told["name"].startswith("process "))
    assert [each.sentence for each in findings(recording) if each.kind == "unseen-process"] == [
        f"process {pid} was started, but told nothing of itself: it isn't this run's Python, or couldn't reach its memory. "
        "What it did isn't known."
    ]
    assert life(recording, f"process {pid}") == ["STARTING", "EXITED"]


FORKS = """
import os
import warnings
from queue import SimpleQueue
warnings.simplefilter("ignore")
lock, shelf, stop = Lock(), Queue(4), Event()

def busy():
    while not stop.is_set():
        with lock:
            shelf.put(1)
            shelf.get()
"""


def test_forks_in_the_middle_of_steps_of_other_threads(tmp_path: Path) -> None:
    """While they hold locks, wait for them, and write records: each child records itself, and ends by itself."""
    recording, _ = run(
        tmp_path,
        """
        threads = [Thread(target=busy, name=f"busy-{n}") for n in (1, 2)]
        for thread in threads: thread.start()
        children = []
        for n in range(12):
            child = os.fork()
            if child == 0:
                own = Lock()
                with own:
                    pass
                sleep(0)
                os._exit(n)
            children.append(child)
        print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
        stop.set()
        for thread in threads: thread.join()
        """,
        before=FORKS,
    )
    assert printed_by(recording) == f"{[*range(12)]}\n"
    assert recording.end is not None
    assert recording.end["lost"] == 0
    assert sorted(tracks(recording, TrackKind.PROCESS)) == sorted(["python", *(f"fork {n}" for n in range(1, 13))])
    assert sorted(tracks(recording, TrackKind.LOCK)) == sorted(["lock", *(f"own {n}" for n in range(1, 13))])


def test_a_thread_killed_while_it_writes_a_record(tmp_path: Path) -> None:
    """Its ring says for ever that a record is coming: what the others do is told all the same, and at once."""
    recording, _ = run(
        tmp_path,
        """
        child = os.fork()
        if child == 0:
            rings = open(os.environ["GILSCOPE_RINGS"], "r+b")
            memory = mmap.mmap(rings.fileno(), 0)
            Thread(target=sleep, args=(60,)).start()
            sleep(0.01)
            word = lambda at: int.from_bytes(memory[at:at + 8], "little")
            first, bytes = 4096 + (64 << 20), 4096 + 32 * word(24)
            mine = [first + n * bytes for n in range(word(16)) if word(first + n * bytes + 8) == os.getpid()]
            for slot in mine:
                if word(slot + 16) != os.getpid():
                    memory[slot + 72] = 1
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        print("on")
        """,
        before="import mmap\nimport warnings\nwarnings.simplefilter('ignore')\n",
    )
    assert printed_by(recording) == "on\n"
    assert recording.end is not None
    assert recording.end["lost"] == 0
    assert life(recording, "fork 1") == ["STARTING", "ALIVE", "EXITED"]


def test_no_file_can_be_opened_any_more(tmp_path: Path) -> None:
    """The program's own calls fail as they would; what it did is recorded."""
    recording, _ = run(
        tmp_path,
        """
        here, there = get_context("fork").Pipe()
        held = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 8,) * 2)
        try:
            while True:
                held.append(open("/dev/null"))
        except OSError as error:
            print(error.errno == errno.EMFILE)
        try:
            get_context("fork").Process(target=print).start()
        except OSError as error:
            print(error.errno == errno.EMFILE)
        here.send([1])
        print(there.recv())
        """,
        before="import errno, resource\nfrom multiprocessing import get_context\n",
    )
    assert printed_by(recording) == "True\nTrue\n[1]\n"
    assert len(Timeline(recording).flows.messages) == 1


def test_more_threads_than_rings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that find none are counted as lost, and the program goes on."""
    monkeypatch.setattr("gilscope.collector.run.Rings", partial(Rings, slots=4))
    recording, _ = run(
        tmp_path,
        """
        gate = Barrier(8)
        threads = [Thread(target=gate.wait) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        child = os.fork()
        if child == 0:
            os._exit(3)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """,
    )
    assert printed_by(recording) == "3\n"
    assert recording.end is not None
    lost = recording.end["lost"]
    assert lost > 0
    assert sum(each["count"] for each in recording.lost) == lost
    assert {each["track"] for each in recording.lost} == {0}
    (finding,) = (each for each in findings(recording) if each.kind == "lost")
    assert finding.sentence == (
        f"{lost:,} events found no room and were lost; those stretches are marked as unknown. {lost:,} of them were of "
        "threads that have no ring, because there are more threads than rings: those threads, and the locks that they had, "
        "aren't shown right."
    )


NAMESPACE = """
import ctypes

def leave_time(monotonic):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x80):
        return False
    with open("/proc/self/timens_offsets", "w") as offsets:
        offsets.write(f"monotonic {monotonic} 0")
    return True
"""


@pytest.mark.parametrize("seconds", [100_000, -1])
def test_a_child_with_another_clock_is_put_on_ours(tmp_path: Path, seconds: int) -> None:
    """As in a container with a time namespace: what it does lies between its fork and its end."""
    recording, _ = run(
        tmp_path,
        f"""
        print(leave_time({seconds}))
        child = os.fork()
        if child == 0:
            sleep(0.1)
            os._exit(0)
        os.waitpid(child, 0)
        """,
        before=NAMESPACE,
    )
    if printed_by(recording) != "True\n":
        pytest.skip("the kernel makes no time namespace for us")
    assert recording.duration_ns < 90_000_000_000
    rows = recording.rows
    child = rows[rows.track == track(recording, TrackKind.THREAD, "fork 1")]
    started = int(rows.at[rows.kind == Kind.PROCESS_START][0])
    assert started <= int(child.at[0])
    assert int(child.at[-1]) <= recording.duration_ns
    slept = int(child.at[child.kind == Kind.RETURN][0]) - int(child.at[child.kind == Kind.CALL][0])
    assert 100_000_000 <= slept < 10_000_000_000
