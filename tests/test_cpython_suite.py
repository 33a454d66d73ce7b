"""CPython's own tests of threads, locks, queues, asyncio and processes end the same way with the recorder and without."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from gilscope.collector.interpreters import Interpreter
from gilscope.collector.rings import Rings
from tests.programs import CHILD, WITH_GIL, environment, ids

HERE = Path(__file__).parent
QUICK = ("test.test_thread", "test.test_threading", "test.test_queue")
"""About half a minute. test_thread and test_threading run lock_tests on every kind of lock."""
THOROUGH = (
    *QUICK,
    "test.test_threading_local",
    "test.test_threadsignals",
    "test.test_sched",
    "test.test_importlib.test_locks",
    "test.test_sys_settrace",
    "test.test_sys_setprofile",
    "test.test_atexit",
    "test.test_inspect",
    "test.test_gc",
    "test.test_logging",
)
ASYNCIO = tuple(
    f"test.test_asyncio.test_{part}"
    for part in (
        "tasks",
        "futures",
        "futures2",
        "locks",
        "queues",
        "taskgroups",
        "timeouts",
        "waitfor",
        "eager_task_factory",
    )
)
"""About half a minute."""

START_METHODS = ("fork", "spawn", "forkserver")
PROCESSES = {
    method: tuple(
        f"test.test_multiprocessing_{method}.test_{part}" for part in ("processes", "threads", "manager", "misc")
    )
    for method in START_METHODS
} | {"main module": ("test.test_multiprocessing_main_handling",)}
"""One to three minutes each, without the recorder as well."""

FUTURES = tuple(
    f"test.test_concurrent_futures.test_{part}"
    for part in ("as_completed", "deadlock", "future", "init", "process_pool", "shutdown", "thread_pool", "wait")
)

EXCEPTIONS: dict[str, str] = {}
"""Tests that may end otherwise, and why. So far none has to."""


def has_suite(found: Interpreter) -> bool:
    """Distributions leave the tests out."""
    script = "import test.test_threading, test.lock_tests"
    return subprocess.run([found.path, "-c", script], capture_output=True, check=False).returncode == 0


def of(major: int, minor: int) -> Interpreter:
    """The first interpreter of this version that has the suite."""
    found = [each for each in WITH_GIL if each.version[:2] == (major, minor) and has_suite(each)]
    if not found:
        pytest.skip(f"no Python {major}.{minor} with its tests is here")
    return found[0]


def plain(python: Interpreter, file: Path, modules: tuple[str, ...]) -> dict[str, list[str]]:
    """How each test ends without the recorder."""
    subprocess.run([python.path, "-m", "outcomes", file, *modules], cwd=HERE, capture_output=True, check=True)
    return dict(json.loads(file.read_text(encoding="utf-8")))


def recorded(python: Interpreter, file: Path, modules: tuple[str, ...]) -> tuple[dict[str, list[str]], int]:
    """How each test ends under the recorder, and how many events that gave."""
    rings, events = Rings(), 0
    with subprocess.Popen(
        [python.path, CHILD, "--module", "outcomes", file, *modules],
        cwd=HERE,
        env=environment(python, rings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            events += len(rings.read().records.at)
            time.sleep(0.02)
    rings.bury(process.pid)
    events += len(rings.read(final=True).records.at)
    rings.close()
    assert process.returncode == 0
    return dict(json.loads(file.read_text(encoding="utf-8"))), events


def compare(python: Interpreter, folder: Path, modules: tuple[str, ...], least: int = 250) -> None:
    """Each test is there twice, and both ended the same. ``least``: so many tests there are."""
    without = plain(python, folder / "plain.json", modules)
    under, events = recorded(python, folder / "recorded.json", modules)
    differ = {
        name: (without.get(name, ["missing"]), under.get(name, ["missing"]))
        for name in without.keys() | under.keys()
        if name not in EXCEPTIONS and without.get(name, [""])[0] != under.get(name, [""])[0]
    }
    assert not differ, differ
    assert len(without) > least, "the suite is smaller than it was"
    assert events > 200 * least, "the suite hardly was recorded"


@pytest.mark.slow
def test_threads_locks_and_queues(tmp_path: Path) -> None:
    """On one interpreter each time."""
    compare(of(3, 13), tmp_path, QUICK)


@pytest.mark.slow
def test_asyncio(tmp_path: Path) -> None:
    """Tasks, futures and what they wait for."""
    compare(of(3, 13), tmp_path, ASYNCIO)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif("GILSCOPE_THOROUGH" not in os.environ, reason="takes minutes: set GILSCOPE_THOROUGH=1")
def test_futures(tmp_path: Path) -> None:
    """Pools of threads and of processes, however they are started."""
    compare(of(3, 13), tmp_path, FUTURES)


@pytest.mark.slow
@pytest.mark.all_interpreters
@pytest.mark.skipif("GILSCOPE_THOROUGH" not in os.environ, reason="takes minutes: set GILSCOPE_THOROUGH=1")
@pytest.mark.parametrize("python", WITH_GIL, ids=ids)
def test_everything_on_every_interpreter(python: Interpreter, tmp_path: Path) -> None:
    """More of the suite, wherever it is installed; minutes each."""
    if not has_suite(python):
        pytest.skip(f"{python.path} comes without its tests")
    compare(python, tmp_path, THOROUGH)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif("GILSCOPE_THOROUGH" not in os.environ, reason="takes minutes: set GILSCOPE_THOROUGH=1")
@pytest.mark.parametrize("part", PROCESSES)
def test_multiprocessing(tmp_path: Path, part: str) -> None:
    """Processes, pools, managers, shared memory and what they send, for each way to start them; minutes each."""
    compare(of(3, 13), tmp_path, PROCESSES[part], 30 if part == "main module" else 300)
