"""Every scenario of the folder keeps the form, ends by itself, and leaves nothing behind.

Each runs on the Python of these tests and on one other, so that all scenarios together run on every interpreter. With
GILSCOPE_THOROUGH=1 each scenario does.
"""

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.scenarios import FOLDER, Scenario, catalogue

SCENARIOS = catalogue()
INTERPRETERS = interpreters.find()
LINES_ON_A_SLIDE = 40
LINES = {"which_way": 100}
PARAMETERS = {"which_way": 7}
"""Any work in each way, with the server that it waits for, is too much for a slide: the page of the lab shows it."""
QUICK = {
    "two_counters": "work_ms=20",
    "convoy": "messages=5",
    "convoy_fixed": "messages=5",
    "io_releases_the_gil": "latency_ms=20",
    "deadlock": "patience_ms=150",
    "lost_update": "deposits=20000",
    "lost_update_locked": "deposits=2000",
    "same_lock_twice": "look_ms=5, patience_ms=50",
    "same_lock_twice_rlock": "look_ms=5",
    "connection_pool": "query_ms=5",
    "starting_gun": "shot_after_ms=50, dress_ms=5, laps=1",
    "unguarded_wait": "loaves=4, bake_ms=5",
    "unguarded_wait_fixed": "loaves=4, bake_ms=5",
    "phases": "phase_count=1",
    "phases_broken": "part_ms=10, patience_ms=60",
    "thread_local": "handle_ms=5",
    "list_as_queue": "orders=4",
    "list_as_queue_fixed": "orders=4",
    "daemon_dies": "ordinary_steps=2, main_ms=10",
    "deadlock_timed_out": "pause_ms=10, try_ms=10",
    "deadlock_retried": "pause_ms=10",
    "deadlock_single_lock": "pause_ms=10",
    "deadlock_without_locks": "pause_ms=10",
    "philosophers": "patience_ms=120",
    "philosophers_fixed": "think_ms=5, eat_ms=5",
    "four_ways": "piece_ms=5",
    "mostly_waiting": "latency_ms=5",
    "threads_gain_nothing": "steps=20_000, repeats=1",
    "blocking_calls": "calls=3, read_mb=1",
    "reference_counts": "rounds=5",
    "switch_interval": "steps=200_000",
    "latency_beside_burners": "messages=3, switch_interval_ms=0.5",
    "free_threads": "numbers=1000",
    "own_gil_each": "steps=100_000",
    "take_turns": "rounds=500",
    "forgotten_await": "write_ms=1",
    "forgotten_await_fixed": "write_ms=1",
    "when_it_starts": "latency_ms=10, busy_ms=1",
    "one_fails": "fails_after_ms=10, latency_ms=30",
    "stopped": "block_ms=5, stop_after_ms=20, cleanup_ms=1",
    "deaf_task": "answer_ms=40, limit_ms=20",
    "deaf_task_fixed": "limit_ms=20",
    "deaf_task_shielded": "line_ms=2, limit_ms=10",
    "blocked_loop": "takes_ms=10, every_ms=2",
    "blocked_loop_to_thread": "takes_ms=10, every_ms=2",
    "blocked_loop_executor": "takes_ms=10, every_ms=2",
    "blocked_loop_processes": "takes_ms=10, every_ms=2, workers=1",
    "twins": "pay_ms=2",
    "request_limit": "latency_ms=3",
    "pool_life": "file_mb=1",
    "too_many_requests": "latency_ms=3, back_off_ms=2",
    "future_life": "rounds=50, timeout_ms=2",
    "straggler": "rounds=2",
    "which_way": "way='mixed', pieces=3, waiting_ms=5",
    "pool_map": "most=2, numbers=200",
    "messages": "orders=3",
    "shared_counter": "steps=100",
    "shared_counter_locked": "steps=100",
    "many_requests": "requests=3, latency_ms=10",
    "fifty_pages": "pages=3, latency_ms=5",
    "csv_rows": "rows=1000",
    "background_writer": "requests=2",
    "batch_inference": "items=20",
    "websocket_server": "clients=2, messages=1",
    "parallel_map": "items=10, steps=100",
    "sent_or_shared": "size_kb=8, repeats=1",
    "same_code_two_pools": "pieces=2, piece=100",
    "processes_for_waiting": "clients=1, latency_ms=5",
    "pickling_ceiling": "largest_kb=10, work_ms=1, repeats=1",
    "start_methods": "method='default', processes=1",
    "fork_held_lock": "hold_ms=10, patience_ms=60",
    "fork_held_lock_fixed": "hold_ms=10",
}
"""Parameters with which a scenario shows the same in less time."""

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def some_interpreters() -> list[tuple[Scenario, Interpreter]]:
    """Each scenario with those it is to run on."""
    ours = [interpreter for interpreter in INTERPRETERS if interpreter.path.samefile(sys.executable)]
    others = [interpreter for interpreter in INTERPRETERS if interpreter not in ours]
    if os.environ.get("GILSCOPE_THOROUGH") or not others:
        return [(scenario, interpreter) for scenario in SCENARIOS for interpreter in INTERPRETERS]
    return [
        (scenario, interpreter)
        for number, scenario in enumerate(SCENARIOS)
        for interpreter in (*ours, others[number % len(others)])
    ]


def body(scenario: Scenario) -> list[str]:
    """The lines below the docstring that aren't empty."""
    end = ast.parse(scenario.source).body[0].end_lineno or 0
    return [line for line in scenario.source.splitlines()[end:] if line.strip()]


def imported(path: Path) -> set[str]:
    """The top names of the packages that a file imports, wherever it does."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {
        name.partition(".")[0]
        for name in plain | {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)}
    }


@each_scenario
def test_it_fits_on_a_slide(scenario: Scenario) -> None:
    """A title of one line, a story, and a program that one sees at a glance."""
    assert 10 <= len(scenario.title) <= 60
    assert len(scenario.story) >= 100
    assert len(body(scenario)) <= LINES.get(scenario.name, LINES_ON_A_SLIDE)
    assert max(map(len, body(scenario))) <= 120


@each_scenario
def test_it_can_be_changed_in_a_form(scenario: Scenario) -> None:
    """Two to five parameters, each explained, each number within limits."""
    assert 2 <= len(scenario.parameters) <= PARAMETERS.get(scenario.name, 5)
    for parameter in scenario.parameters:
        assert len(parameter.sentence) > 10
        assert parameter.type not in ("int", "float") or parameter.minimum is not None


@each_scenario
def test_it_stands_alone(scenario: Scenario) -> None:
    """Copied out of the repository, the file needs the standard library and nothing else."""
    assert imported(scenario.path) <= set(sys.stdlib_module_names)
    assert scenario.source.endswith('\n\nif __name__ == "__main__":\n    run()\n')


@pytest.mark.parametrize(
    ("scenario", "interpreter"), some_interpreters(), ids=lambda one: getattr(one, "text", getattr(one, "name", ""))
)
def test_it_runs_under_plain_python_and_leaves_nothing_behind(
    scenario: Scenario, interpreter: Interpreter, tmp_path: Path
) -> None:
    """No warning, no thread or process after its end, no file: only what it prints."""
    copy = tmp_path / "anywhere" / scenario.path.name
    copy.parent.mkdir()
    copy.write_text(scenario.source, encoding="utf-8")
    call = f"import {scenario.name} as scenario; scenario.run({QUICK.get(scenario.name, '')})"
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(tmp_path),
    }
    run = subprocess.Popen(
        [interpreter.path, "-W", "error", "-c", call],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, errors = run.communicate(timeout=30)
        assert (run.returncode, errors.decode()) == (0, "")
        wait_until_gone(run.pid)
    finally:
        if alive(run.pid):
            os.killpg(run.pid, signal.SIGKILL)
    assert list(tmp_path.iterdir()) == [copy.parent]
    assert list(copy.parent.iterdir()) == [copy]


def alive(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(group: int) -> None:
    """The servers of multiprocessing end a moment after the program that started them."""
    deadline = time.monotonic() + 10
    while alive(group):
        assert time.monotonic() < deadline, "the scenario left a process behind"
        time.sleep(0.01)


def test_the_folder_holds_chapters_of_scenarios_with_what_lies_beside_them_only() -> None:
    """What lies in simulations/ is in the catalogue, or the claim, the tour or the prediction of what is."""
    names = {scenario.name for scenario in SCENARIOS}
    found = {path.stem for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    beside = {f"{name}_{kind}" for name in names for kind in ("tour", "prediction")}
    assert found - beside == names | {f"{name}_claim" for name in names}
