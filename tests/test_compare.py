"""Recordings beside each other: the figures, their differences, and series of runs."""

import itertools
import json
import sys
from pathlib import Path

import pytest

from gilscope import cli, series
from gilscope.analysis import compare, report
from gilscope.analysis.compare import ALL_THREADS, DURATION, HANDOFFS, PARALLELISM, Cell, Name, Row
from gilscope.analysis.timeline import Timeline
from gilscope.errors import BadParameters
from gilscope.parameters import Parameter
from gilscope.recording import read
from gilscope.scenarios import Scenario
from gilscope.terminal import OK, USAGE

SHIPPED = Path(__file__).resolve().parent.parent / "recordings"
KEPT = ("convoy", "deadlock_without_locks", "free_threads", "own_gil_each", "producer_consumer")


@pytest.mark.parametrize("name", KEPT)
def test_the_whole_is_the_part_from_beginning_to_end(name: str) -> None:
    """Two ways to the same figures: out of the report, and out of the rows of a stretch that is everything."""
    timeline = Timeline(read(SHIPPED / f"{name}.gilscope"))
    part = compare.part(timeline, 0, timeline.duration_ns)
    part[PARALLELISM] = round(part[PARALLELISM] or 0, 3)
    assert part == compare.whole(report.of(timeline))


def test_parts_add_up() -> None:
    """Cut anywhere, the time in each state of the pieces is that of the whole, and so are the handoffs."""
    timeline = Timeline(read(SHIPPED / "convoy.gilscope"))
    third = timeline.duration_ns // 3
    cuts = (0, third, 2 * third + 1, timeline.duration_ns)
    parts = [compare.part(timeline, begin, end) for begin, end in itertools.pairwise(cuts)]
    whole = compare.part(timeline, 0, timeline.duration_ns)
    added = [name for name in whole if name.about or name in (DURATION, HANDOFFS)]
    assert {name: sum(part.get(name) or 0 for part in parts) for name in added} == {n: whole[n] for n in added}


def test_differences_and_ratios_are_to_the_first_column() -> None:
    """Several runs in a column are its median, least and greatest; what wasn't measured has no difference."""
    waits = Name(ALL_THREADS, "gil-wait", "ns")
    ran, ready = Name("thread a", "running", "ns"), Name("thread a", "runnable", "ns")
    first: list[compare.Figures] = [
        {DURATION: 100, waits: 10, ran: 7},
        {DURATION: 300, waits: None, ready: 8},
        {DURATION: 120, waits: 30},
    ]
    second: list[compare.Figures] = [{DURATION: 60, HANDOFFS: 4, waits: None}]
    duration, handoffs, waited, *others = compare.compare([first, second])
    assert duration == Row(DURATION, (Cell(120, 100, 300, 3), Cell(60, 60, 60, 1)), (0, -60), (1, 0.5))
    assert handoffs == Row(HANDOFFS, (Cell(0, 0, 0, 3), Cell(4, 4, 4, 1)), (0, 4), (None, None))
    assert waited == Row(waits, (Cell(20, 10, 30, 2), Cell(None, None, None, 0)), (0, None), (1, None))
    assert [row.cells for row in others] == [
        (Cell(3.5, 0, 7, 2), Cell(None, None, None, 0)),
        (Cell(4, 0, 8, 2), Cell(None, None, None, 0)),
    ]
    assert compare.as_text(["a", "b"], [duration, handoffs, waited, others[0]]) == (
        "                     a                          b\n"
        "duration             120 ns (100 ns to 300 ns)  60 ns  −60 ns, ×0.50\n"
        "handoffs of the GIL  0 (0 to 0)                 4  +4\n"
        "\n"
        "all threads\n"
        "  gil-wait           20 ns (10 ns to 30 ns)     not measured\n"
        "\n"
        "thread a\n"
        "  running            4 ns (0 ns to 7 ns)        —\n"
    )


def test_what_needs_the_gil_is_not_measured_without_it() -> None:
    """As on a free-threaded build: no time in gil-wait, not 0 of it. What its threads did on their cores is measured."""
    told = report.report(read(SHIPPED / "convoy.gilscope"))
    for track in told["tracks"]:
        track["gil"] = None
        track["states"] = {state: ns for state, ns in track["states"].items() if state in ("native", "blocked")}
    figures = compare.whole({**told, "handoffs": None})
    states = {name.figure: value for name, value in figures.items() if name.about == ALL_THREADS}
    assert [figures[HANDOFFS], figures[compare.GIL_WAITS]] == [None, None]
    assert [states[state] for state in ("running", "stalled", "gil-wait")] == [None] * 3
    assert (states["native"] or 0) > 0
    # Neither is it of one thread: beside a run with a GIL, it hasn't run 0 ns.
    rows = {
        row.name: row
        for row in compare.compare([[compare.whole(report.report(read(SHIPPED / "convoy.gilscope")))], [figures]])
    }
    burner = rows[Name("thread burner 1", "running", "ns")]
    assert (burner.cells[1].median, compare.said_cell(burner, 1), compare.said_difference(burner, 1)) == (None, "—", "")


def test_a_ratio_that_says_nothing_is_only_said_to_be_large_or_small() -> None:
    """Of 30 ns against 4 s, and back."""
    (row,) = compare.compare([[{DURATION: 30}], [{DURATION: 4_000_000_000}], [{DURATION: 29_000}]])
    assert [compare.said_difference(row, n) for n in (1, 2)] == ["+4.00 s, ×>1000", "+29.0 µs, ×966.67"]
    (row,) = compare.compare([[{DURATION: 4_000_000_000}], [{DURATION: 30}]])
    assert compare.said_difference(row, 1) == "−4.00 s, ×<0.01"


SCENARIO = Scenario(
    "mine",
    "",
    "Mine",
    "",
    Path("mine.py"),
    "",
    (
        Parameter("threads", "int", 2, 1, 8),
        Parameter("work_ms", "float", 1.0, 0.5, 100.0, unit="ms"),
        Parameter("way", "choice", "loop", choices=("loop", "threads", "tasks")),
    ),
)


@pytest.mark.parametrize(
    ("parameter", "over", "points"),
    [
        ("threads", "1..8:8", (1, 2, 3, 4, 5, 6, 7, 8)),
        ("threads", "1..8:3", (1, 4, 8)),
        ("threads", "2..4", (2, 3, 4)),
        ("threads", "1,8,2", (1, 8, 2)),
        ("work_ms", "0.5..2.5:5", (0.5, 1.0, 1.5, 2.0, 2.5)),
        ("way", "", ("loop", "threads", "tasks")),
        ("way", "tasks,loop", ("tasks", "loop")),
    ],
)
def test_a_sweep_stops_where_it_says(parameter: str, over: str, points: tuple[object, ...]) -> None:
    """First and last value are what was asked for; each value is there once."""
    assert series.sweep(SCENARIO, SCENARIO.defaults, parameter, over, "1").points == points


@pytest.mark.parametrize(
    ("parameter", "over", "repeats", "errors"),
    [
        ("threads", "1..9:3", "1", ["over: threads must be a whole number from 1 to 8, not '9'."]),
        ("threads", "1..3:5", "1", ["over: From 1 to 3 there are 3 whole numbers, so at most 3 steps."]),
        ("threads", "3..3:2", "1", ["over: The sweep goes from 3 to 3. The second must be greater."]),
        ("threads", "1..8:13", "1", ["over: A sweep has 2 to 12 steps, not 13."]),
        ("threads", "2,2", "1", ["over: '2,2' has a value twice. Give each value once."]),
        ("threads", "2", "1", ["over: '2' gives 1 values of threads. Expected 2 to 12, as FROM..TO:STEPS or A,B,C."]),
        ("way", "1..2", "1", ["over: way must be one of loop, threads, tasks, not '1'."]),
        (
            "nothing",
            "1..8:8",
            "6",
            [
                "repeats: repeats must be a whole number from 1 to 5, not '6'.",
                "parameter: mine has no parameter 'nothing'. Choose one of threads, work_ms, way.",
            ],
        ),
    ],
)
def test_what_cannot_be_swept_is_told_at_its_field(parameter: str, over: str, repeats: str, errors: list[str]) -> None:
    """Everything at once, before anything runs."""
    with pytest.raises(BadParameters) as refused:
        series.sweep(SCENARIO, SCENARIO.defaults, parameter, over, repeats)
    assert [f"{error.parameter}: {error}" for error in refused.value.errors] == errors


def test_repeats_go_round() -> None:
    """Each point once, then each again: a drift of the machine falls on all of them."""
    plan = series.sweep(SCENARIO, SCENARIO.defaults, "threads", "1,4", "2")
    assert [(run.point, run.turn, run.values["threads"]) for run in plan.runs()] == [
        (0, 0, 1),
        (1, 0, 4),
        (0, 1, 1),
        (1, 1, 4),
    ]
    again = series.repeat(SCENARIO, SCENARIO.defaults, "2")
    assert [(run.point, run.turn, run.values) for run in again.runs()] == [
        (0, 0, SCENARIO.defaults),
        (0, 1, SCENARIO.defaults),
    ]


def test_compare_prints_files_and_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder is one column, of all that lies in it."""
    for n in range(2):
        (tmp_path / f"{n}.gilscope").write_bytes((SHIPPED / "convoy.gilscope").read_bytes())
    assert cli.main(["compare", str(SHIPPED / "convoy_fixed.gilscope"), str(tmp_path), "--json"]) == OK
    told = json.loads(capsys.readouterr().out)
    assert [(column["title"], len(column["recordings"])) for column in told["columns"]] == [
        ("convoy_fixed", 1),
        (tmp_path.name, 2),
    ]
    duration = told["rows"][0]
    fixed, convoy = (read(SHIPPED / f"{name}.gilscope").duration_ns for name in ("convoy_fixed", "convoy"))
    assert (duration["figure"], duration["unit"]) == ("duration", "ns")
    assert [value["median"] for value in duration["values"]] == [fixed, convoy]
    assert [value["runs"] for value in duration["values"]] == [1, 2]
    assert duration["values"][1]["difference"] == convoy - fixed


def test_compare_wants_two(capsys: pytest.CaptureFixture[str]) -> None:
    """One recording has a report instead."""
    assert cli.main(["compare", str(SHIPPED / "convoy.gilscope")]) == USAGE
    assert capsys.readouterr().err == "gilscope: 2 to 12 recordings or folders can be compared, not 1.\n"


def test_sweep_runs_each_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For real: two values, a recording each, and a table with a column each."""
    folder = tmp_path / "sweep"
    given = ["sweep", "convoy", "--over", "burners=0,1", "--set", "messages=5", "-o", str(folder)]
    assert cli.main([*given, "--json"]) == OK
    told = json.loads(capsys.readouterr().out)
    assert [(column["value"], len(column["recordings"])) for column in told["columns"]] == [(0, 1), (1, 1)]
    recordings = [read(folder / f"burners={value}-1.gilscope") for value in (0, 1)]
    parameters = [recording.header["parameters"] for recording in recordings]
    assert [(each["burners"], each["messages"]) for each in parameters] == [(0, 5), (1, 5)]
    assert [value["median"] for value in told["rows"][0]["values"]] == [each.duration_ns for each in recordings]
    assert cli.main(given) == USAGE
    assert capsys.readouterr().err == f"gilscope: {folder} isn't empty. Choose another folder with -o.\n"


def test_sweep_over_interpreters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same on each of those that are given, by their versions; two of one version by their paths."""
    again = str(Path(sys.executable).resolve())
    given = ["sweep", "two_counters", "--set", "work_ms=10", "--python", sys.executable, "--python", again]
    assert cli.main([*given, "-o", str(tmp_path / "sweep"), "--json"]) == OK
    told = json.loads(capsys.readouterr().out)
    assert (told["parameter"], [column["value"] for column in told["columns"]]) == ("python", [sys.executable, again])
    files = [Path(column["recordings"][0]["file"]) for column in told["columns"]]
    assert [read(file).header["parameters"]["work_ms"] for file in files] == [10, 10]
    assert {file.parent for file in files} == {tmp_path / "sweep"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "What is swept? Give --over NAME=FROM..TO:STEPS, or --python all, or --python twice or more."),
        (
            ["--over", "threads=1,2", "--python", sys.executable, "--python", str(Path(sys.executable).resolve())],
            "A sweep has one parameter: threads, or 2 interpreters.",
        ),
        (["--python", "nothing-here"], "nothing-here can't be used as an interpreter"),
    ],
)
def test_what_a_sweep_is_over_must_be_told(
    given: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["sweep", "two_counters", *given, "-o", str(tmp_path / "sweep")]) == USAGE
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_sweep_refuses_before_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that is wrong at once; no folder, no run."""
    given = ["--over", "burners=0..1:2", "--set", "burners=2", "--set", "messages=x", "-o", str(tmp_path / "sweep")]
    assert cli.main(["sweep", "convoy", *given]) == USAGE
    assert capsys.readouterr().err == (
        "gilscope: messages must be a whole number from 5 to 200, not 'x'. "
        "burners is swept: it can't be set, too. Leave one of the two out.\n"
    )
    assert list(tmp_path.iterdir()) == []
