"""What recordings of processes prove: dear messages, dear starts, locks that a fork left behind, and why one waits."""

import re
from pathlib import Path

import numpy as np
import pytest

from gilscope.analysis.causes import chain
from gilscope.analysis.critical_path import path
from gilscope.analysis.findings import findings
from gilscope.analysis.text import size
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind
from gilscope.recording import Recording
from tests.pictures import track_of
from tests.test_run import run

FIGURE = re.compile(r"(?<=line )\d+|\d[\d.,]* (ns|µs|ms|s|bytes|kB|MB)\b")


def proved(recording: Recording, kind: str) -> list[tuple[str, str]]:
    """Title and sentence of each finding of a kind; figures left out."""
    return [(each.title, FIGURE.sub("_", each.sentence)) for each in findings(recording) if each.kind == kind]


def why(recording: Recording, thread: str, thing: str) -> list[tuple[str, str]]:
    """The chain for the longest wait of a thread for a thing; figures left out."""
    timeline = Timeline(recording)
    spans = timeline.spans.of(track_of_kind(recording, TrackKind.THREAD, thread))
    waits = spans[(spans.state == State.BLOCKED) & (spans.thing == track_of(recording, thing))]
    longest = waits[int(waits.length.argmax()) :][:1]
    hops = chain(timeline, int(longest.track[0]), int(longest.begin[0]))
    return [(FIGURE.sub("_", hop.sentence), FIGURE.sub("_", hop.detail)) for hop in hops]


def track_of_kind(recording: Recording, kind: TrackKind, name: str) -> int:
    """The one track of this kind and name."""
    (id,) = (id for id, told in recording.tracks.items() if (told["kind"], told["name"]) == (kind, name))
    return id


SPIN = """
import time
from multiprocessing import get_context

def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
"""

ECHO = (
    SPIN
    + """
def echo(things, seconds):
    while (some := things.recv()) is not None:
        spin(seconds)
        things.send(some)
"""
)


@pytest.mark.parametrize("seconds", [0, 0.2])
def test_what_is_sent_costs_more_than_what_is_done_with_it(tmp_path: Path, seconds: float) -> None:
    """Said where it is so; a worker that computes longer pays for its messages."""
    recording, _ = run(
        tmp_path,
        f"""
        here, there = get_context("fork").Pipe()
        worker = get_context("fork").Process(target=echo, args=(there, {seconds}), name="worker")
        worker.start()
        for _ in range(3):
            here.send(list(range(30_000)))
            here.recv()
        here.send(None)
        worker.join()
        """,
        before=ECHO,
    )
    expected = [
        (
            "Sending objects costs more than the work",
            "worker and who they work for sent each other 7 messages, _ in all: pickling _, writing _, reading _ and "
            "unpickling _, together _. Everything else that worker did took _: handing the work over costs more than "
            "the work.",
        )
    ]
    assert proved(recording, "dear-messages") == ([] if seconds else expected)


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_start_takes_longer_than_the_work(tmp_path: Path, seconds: int) -> None:
    """The child is told when its start began: it works half as long again as that took, or not at all."""
    recording, _ = run(
        tmp_path,
        f"""
        begun = time.monotonic()
        worker = get_context("spawn").Process(target=work, args=(begun,{seconds}), name="worker")
        worker.start()
        worker.join()
        """,
        before=SPIN
        + """
def work(begun, times):
    time.sleep(1.5 * times * (time.monotonic() - begun))
""",
    )
    expected = [
        (
            "Starting the process took longer than its work",
            "To start worker took _ in all, until it could begin. What it then did, waiting left out, took _.",
        )
    ]
    assert proved(recording, "dear-starts") == ([] if seconds else expected)


@pytest.mark.parametrize("child", ["asks", "doesn't", "helps itself"])
def test_a_fork_leaves_a_lock_behind(tmp_path: Path, child: str) -> None:
    """Held by a thread that isn't there: a deadlock where the child asks for it; else one that is to come."""
    recording, _ = run(
        tmp_path,
        f"""
        with spare:
            holder.start()
            held.wait()
            worker = get_context("fork").Process(target=work, args=("{child}",), name="worker")
            worker.start()
            worker.join()
        done.set()
        """,
        before=SPIN
        + """
import warnings
warnings.simplefilter("ignore")
cache, spare, held, done = Lock(), Lock(), Event(), Event()

def hold():
    with cache:
        held.set()
        done.wait()

def work(child):
    if child == "helps itself":
        cache.release()
        cache.acquire()
    elif child == "asks":
        assert not cache.acquire(timeout=0.02)

holder = Thread(target=hold, name="holder")
""",
    )
    begins = (
        "MainThread forked the process worker while holder held the lock cache. The child has a copy of the lock, but not "
        "of holder: nobody there can ever release it. "
    )
    found = proved(recording, "deadlock") + proved(recording, "fork-held-lock")
    match child:
        case "asks":
            place = "worker waits for it at line _: _, until it gave up."
            assert found == [("worker waits for a lock that its fork left behind", begins + place)]
        case "doesn't":
            asks = "worker didn't ask for it in this run; if it does, it waits for ever."
            assert found == [("worker was forked while holder held cache", begins + asks)]
        case _:
            assert found == []


ENDS = """
def end_later():
    sleep(0.3)
    os._exit(0)
"""


@pytest.mark.parametrize("reads", [False, True])
def test_a_process_is_joined_before_what_it_sends_is_read(tmp_path: Path, reads: bool) -> None:
    """It sends more than a pipe holds; nothing is said where it is read."""
    recording, _ = run(
        tmp_path,
        f"""
        results = get_context("fork").Queue()
        worker = get_context("fork").Process(target=results.put, args=(b"x" * 1_000_000,), name="worker")
        worker.start()
        if {reads}:
            results.get()
        else:
            Thread(target=end_later, daemon=True).start()
        worker.join()
        """,
        before=SPIN + ENDS,
    )
    expected = [
        (
            "worker is joined before what it sends is read",
            "MainThread waits for worker to end, but that can't end before what it sends is read: QueueFeederThread of "
            "worker writes _ to results for _, up to the end, and nobody reads it. It goes on if results is read before "
            "worker is joined.",
        )
    ]
    assert proved(recording, "deadlock") == ([] if reads else expected)


def test_a_deadlock_between_processes_is_one(tmp_path: Path) -> None:
    """Who joins a process holds the lock that it wants."""
    recording, _ = run(
        tmp_path,
        """
        cache = get_context("fork").Lock()
        worker = get_context("fork").Process(target=cache.acquire, name="worker")
        with cache:
            worker.start()
            Thread(target=end_later, daemon=True).start()
            worker.join()
        """,
        before=SPIN + ENDS,
    )
    ((title, sentence),) = proved(recording, "deadlock")
    assert title in ("Deadlock of MainThread and worker", "Deadlock of worker and MainThread")
    assert "worker waits for cache, held by MainThread" in sentence
    assert "MainThread waits for the end of worker" in sentence


def test_who_waits_for_a_message_waits_for_what_its_sender_does(tmp_path: Path) -> None:
    """From the reader to the sender's thread; before that one was there, to its process; the path goes the same way."""
    recording, _ = run(
        tmp_path,
        """
        results = get_context("fork").Queue()
        worker = get_context("fork").Process(target=work, args=(results,), name="worker")
        worker.start()
        results.get()
        worker.join()
        """,
        before=SPIN + "\ndef work(results):\n    spin(0.1)\n    results.put([1] * 1000)\n",
    )
    (first, detail), *rest = why(recording, "MainThread", "results")
    assert first == "MainThread waits _ in results.get for a message from pipe results, at line _."
    assert re.sub(r" worker was being started for _ of it\.", "", detail) == (
        "QueueFeederThread of worker sends it _; it needs _ to wake up."
    )
    assert rest
    assert all(sentence.startswith("worker ") for sentence, _ in rest)
    timeline = Timeline(recording)
    critical = path(timeline)
    names = [timeline.name(thread) for thread in critical.track.tolist()]
    order = [name for n, name in enumerate(names) if n == 0 or names[n - 1] != name]
    assert order[0] == order[-1] == "MainThread"
    assert {"worker", "QueueFeederThread"} < set(order)
    spent = {name: int(critical.length[np.array(names) == name].sum()) for name in set(names)}
    assert spent["worker"] >= 100_000_000


def test_who_waits_for_a_shared_lock_waits_for_its_holder_in_the_other_process(tmp_path: Path) -> None:
    """And for what that one does meanwhile."""
    recording, _ = run(
        tmp_path,
        """
        cache = get_context("fork").Lock()
        here, there = get_context("fork").Pipe()
        worker = get_context("fork").Process(target=work, args=(cache, there), name="worker")
        worker.start()
        here.recv()
        with cache:
            pass
        worker.join()
        """,
        before=SPIN + "\ndef work(cache, line):\n    with cache:\n        line.send(1)\n        spin(0.1)\n",
    )
    (first, detail), (second, _), *_ = why(recording, "MainThread", "cache")
    assert first == "MainThread waits _ for lock cache, at line _."
    assert detail.startswith("Held by worker, which took it at line _")
    assert second.startswith("worker ")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (12_345, "12.3 kB"),
        (999_900, "1.00 MB"),
        (2 * 10**9, "2.00 GB"),
    ],
)
def test_sizes_have_three_digits(count: int, text: str) -> None:
    """One form everywhere."""
    assert size(count) == text
