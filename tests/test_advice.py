"""The advice of the lab: by numbers that agree with the article, contradict it, or lie too near each other to say."""

from dataclasses import replace
from typing import Any

from gilscope.advice import (
    Advice,
    Figures,
    Outcome,
    Work,
    by_measurement,
    by_the_article,
    difference,
    disturbed,
    figures,
)

MB, MS = 1_000_000, 1e6


def outcome(way: str, *took: float, memory: int = 30, reasons: tuple[str, ...] = ()) -> Outcome:
    """Runs of so many ms."""
    return Outcome(way, tuple(Figures(ms * MS, 0, 0, 0, memory * MB, reasons) for ms in took))


def test_the_article_goes_by_how_much_is_waited() -> None:
    """A little below and above each border."""
    ways = [by_the_article(Work(100, waits, 100 - waits)).way for waits in (0, 19, 20, 80, 81, 100)]
    assert ways == ["processes", "processes", "mixed", "mixed", "threads", "threads"]
    assert by_the_article(Work(101, 100, 0)) == Advice(
        "asyncio",
        "Each piece waits for 100 % of its time, and there are 101 of them: waiting of hundreds and more goes to asyncio.",
    )
    assert by_the_article(Work(1000, 0, 1)).way == "processes"


def test_the_quickest_is_advised_and_by_how_much() -> None:
    """With its spread, and the next one."""
    outcomes = [outcome("threads", 200, 210, 190), outcome("processes", 100, 104, 98), outcome("serial", 400, 401)]
    assert by_measurement(outcomes) == Advice(
        "processes", "It took 100 ms (98.0 ms to 104 ms). The next, threads, took 2.00 times as long.", ("processes",)
    )


def test_what_lies_within_the_spread_is_no_difference() -> None:
    """Then memory decides, and where that is the same, what is simpler; one ns more of distance, and time decides."""
    spread = [outcome("asyncio", 95, 100, 120), outcome("threads", 120, 130, 140)]
    assert by_measurement(spread) == Advice(
        "threads",
        "It took 130 ms (120 ms to 140 ms). As quick, within the spread: asyncio. This is the simplest of those that need "
        "no more memory, 30.0 MB.",
        ("asyncio", "threads"),
    )
    assert by_measurement([spread[0], outcome("threads", 120.000001, 130, 140)]).way == "asyncio"
    heavy = [spread[0], outcome("threads", 120, 130, 140, memory=34)]
    assert by_measurement(heavy) == Advice(
        "asyncio",
        "It took 100 ms (95.0 ms to 120 ms). As quick, within the spread: threads. This is what needs the least memory, "
        "30.0 MB.",
        ("asyncio", "threads"),
    )


def test_single_runs_are_told_as_such() -> None:
    """Less than 5 % is no difference, and how much they vary isn't known."""
    near, far = [outcome("asyncio", 100), outcome("serial", 104)], [outcome("asyncio", 100), outcome("serial", 106)]
    assert (by_measurement(near).way, by_measurement(far).way) == ("serial", "asyncio")
    assert by_measurement(far).sentence.endswith(
        "1.06 times as long. Not all ran twice, so how much they vary isn't known."
    )


def test_where_measurement_and_article_differ() -> None:
    """The same; as good; slower, with what the recording shows of it; never come to an end; threads without a GIL."""
    why = ("Its workers waited for the GIL for 60 % of their lives.",)
    outcomes = [outcome("processes", 100, 101), outcome("threads", 250, 260, reasons=why), outcome("asyncio", 101, 102)]
    measured = by_measurement(outcomes)
    assert measured.way == "asyncio"
    assert difference(measured, Advice("asyncio", ""), outcomes)[0] == "agree"
    assert difference(measured, Advice("processes", ""), outcomes) == (
        "even",
        "The article's way took 100 ms (100 ms to 101 ms): as quick, within the spread. Either will do.",
    )
    assert difference(measured, Advice("threads", ""), outcomes) == (
        "differ",
        f"The article's way took 255 ms (250 ms to 260 ms), 2.51 times as long. {why[0]}",
    )
    assert difference(measured, Advice("mixed", ""), outcomes) == (
        "not measured",
        "No run of asyncio with a pool of processes came to its end, so this can't be compared.",
    )
    free = [outcome("free threads", 100, 101)]
    assert difference(by_measurement(free), Advice("threads", ""), free)[0] == "agree"


SAID = "Done after 200.00 ms; the first piece began after 50.00 ms.\nHalf of the pieces were done after 90.00 ms, 95 % after 190.00 ms.\n"


def told(way: str, *tracks: dict[str, Any], findings: tuple[str, ...] = (), verdict: str = "ok") -> dict[str, Any]:
    """A report, as far as the advice looks at it."""
    return {
        "verdict": verdict,
        "parameters": {"way": way},
        "tracks": tracks,
        "findings": [{"kind": kind, "sentence": f"{kind}."} for kind in findings],
    }


def track(kind: str, name: str, **states: int) -> dict[str, Any]:
    """States by ms."""
    spent = {state.replace("_", "-"): ms * int(MS) for state, ms in states.items()}
    return {"kind": kind, "name": name, "lifetime_ns": sum(spent.values()), "states": spent}


def test_figures_and_reasons_come_from_the_recording() -> None:
    """Only of who does the work, and only what counts."""
    worker, server = (
        track("thread", "ThreadPoolExecutor-0_0", gil_wait=60, running=140),
        track("thread", "server", gil_wait=900),
    )
    assert figures(told("threads", worker, server, findings=("busy-machine", "handoffs")), SAID, 5) == Figures(
        200 * MS,
        50 * MS,
        90 * MS,
        190 * MS,
        5,
        (
            "The first piece began after 50.0 ms: starting took 25 % of the time.",
            "Its workers waited for the GIL for 30 % of their lives.",
        ),
        busy=True,
    )
    quick = SAID.replace(" 50.00", " 5.00")

    def reasons(*given: Any, **more: Any) -> tuple[str, ...]:
        found = figures(told(*given, **more), quick, 0)
        assert found is not None and not found.busy
        return found.reasons

    assert reasons("serial", track("thread", "MainThread", outside=150, running=50)) == (
        "It waited for 150 ms, and nothing else was done meanwhile.",
    )
    loop = [track("task", "Task-2", ready=90), track("task", "Task-3", ready=30, running=9)]
    assert reasons(
        "asyncio", track("thread", "MainThread", running=200), *loop, findings=("blocked-loop", "dear-messages")
    ) == (
        "Its tasks were ready for 60.0 ms each, on average, while the loop was at another.",
        "dear-messages.",
    )
    assert reasons("processes", track("thread", "ForkProcess-2", running=100, stalled=20, runnable=30)) == (
        "Its workers could have computed, but had no core, for 33 % of their lives.",
    )
    assert reasons("processes", track("thread", "ForkProcess-2", running=95, runnable=5)) == ()


def test_a_run_that_did_not_end_has_no_figures() -> None:
    """Neither one that was stopped, nor one that said nothing."""
    assert figures(told("serial", verdict="wall-limit"), SAID, 0) is None
    assert figures(told("serial"), "This Python has no pool of interpreters.", 0) is None


def test_a_busy_machine_is_said() -> None:
    """And nothing where none of the runs was disturbed."""
    quiet = outcome("serial", 1).runs[0]
    assert disturbed([quiet, quiet]) == ""
    assert disturbed([quiet, replace(quiet, busy=True), quiet]) == (
        "In 1 of 3 runs something else had the cores of this machine. On a quiet one the times are shorter and vary less, and the "
        "advice may be another."
    )
