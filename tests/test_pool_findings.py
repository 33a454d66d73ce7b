"""What recordings of pools prove: too few workers, too many, and nothing where a pool fits."""

import re
from pathlib import Path

import pytest

from gilscope.analysis.findings import findings
from gilscope.recording import Recording
from tests.test_run import run

FIGURE = re.compile(r"\d[\d.,]* (ns|µs|ms|s|%)|\d+\.\d+")

BEGIN = """
from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor
from multiprocessing import get_context
import time

def waits(_):
    sleep(0.1)

def computes(_):
    end = time.thread_time() + 0.02
    while time.thread_time() < end:
        pass
"""


def proved(recording: Recording) -> dict[str, tuple[str, str]]:
    """By kind, title and sentence of what is said about pools; figures left out."""
    return {
        each.kind: (each.title, FIGURE.sub("_", each.sentence))
        for each in findings(recording)
        if each.kind.startswith("pool-")
    }


@pytest.mark.parametrize(("workers", "calls", "taken"), [(2, 5, "all 2 workers were"), (1, 3, "its only worker was")])
def test_too_few_workers_for_work_that_waits(tmp_path: Path, workers: int, calls: int, taken: str) -> None:
    """Calls are queued while all workers sleep: more of them would help."""
    body = f"with ThreadPoolExecutor({workers}) as fetchers: list(fetchers.map(waits, range({calls})))"
    recording, _ = run(tmp_path, body, before=BEGIN)
    assert proved(recording) == {
        "pool-too-small": (
            "fetchers has too few workers for work that mostly waits",
            f"For _, _ of this run, {taken} taken while up to {calls - workers} more calls waited in the queue of "
            "fetchers, one of them for _. But the workers computed little: for _ of that time they were away or blocked "
            "themselves. With more workers, more of these calls would wait at the same time.",
        )
    }


def test_more_threads_than_the_gil_lets_compute(tmp_path: Path) -> None:
    """They take turns. What is queued meanwhile would gain nothing by more workers: that isn't said."""
    body = "with ThreadPoolExecutor(3) as counters: list(counters.map(computes, range(9)))"
    recording, _ = run(tmp_path, body, before=BEGIN)
    assert proved(recording) == {
        "pool-too-large": (
            "counters has more workers than can compute at once",
            "counters ran up to 3 calls at the same time, and all of them wanted to compute; on average _ of them did. The "
            "others waited for the GIL, which one thread at a time has: _ in all. More threads can't make this faster; "
            "processes could.",
        )
    }


@pytest.mark.parametrize(
    "body",
    [
        "with ThreadPoolExecutor(8) as fetchers: list(fetchers.map(waits, range(8)))",
        "with ThreadPoolExecutor(1) as counters: list(counters.map(computes, range(5)))",
    ],
)
def test_nothing_is_said_of_a_pool_that_fits(tmp_path: Path, body: str) -> None:
    """A worker for each call that waits; one worker for calls that compute, though they are queued."""
    recording, _ = run(tmp_path, body, before=BEGIN)
    assert proved(recording) == {}
