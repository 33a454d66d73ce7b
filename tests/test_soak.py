"""Random mixes of threads, tasks, processes and pools: what they count themselves is what is recorded."""

import sys

import pytest

from benchmarks import contradictions, soak
from gilscope import scenarios
from gilscope.collector import interpreters
from gilscope.events import TrackKind


@pytest.mark.parametrize("seed", [24, 17, 0])
def test_a_mix_is_recorded_as_it_counted(seed: int) -> None:
    """Each with threads, tasks, pools and processes: forked, spawned, and by a fork server."""
    outcome = soak.one(seed, interpreters.describe(sys.executable))
    assert (outcome.wrong, outcome.lost) == ([], 0)
    assert outcome.counted["processes"]
    assert outcome.counted["works"]
    assert outcome.counted["tasks"]
    assert outcome.counted["threads"]


def test_a_difference_is_told() -> None:
    """Of what either of the two has, in words."""
    assert soak.differences({"locks": 3, "tasks": 1}, {"locks": 2, "tasks": 1, "shared": 4}) == [
        "the program counted 3 locks, the recording has 2",
        "the program counted 0 shared, the recording has 4",
    ]


def test_every_scenario_is_checked_on_every_interpreter() -> None:
    """At least two hundred runs, also where there are fewer interpreters; quickly: each scenario once."""
    every, found = scenarios.catalogue(), contradictions.pythons()
    whole = [(scenario.name, python.text) for scenario, python in contradictions.plan(every, found, quick=False)]
    assert set(whole) == {(scenario.name, python.text) for scenario in every for python in found}
    assert [name for name, _ in whole[: len(every)]] == [scenario.name for scenario in every]
    assert len([*contradictions.plan(every, found[:1], quick=False)]) >= contradictions.FEWEST
    quick = [*contradictions.plan(every, found, quick=True)]
    assert [scenario for scenario, _ in quick] == every
    assert {python for _, python in quick} == {*found}


def test_what_was_checked_is_told() -> None:
    """How many runs of what, and the most that there was in one of them."""
    python = interpreters.describe(sys.executable)
    one = contradictions.check(scenarios.find("lost_update_locked"), python)
    assert (one.wrong, one.missing) == ([], "")
    assert one.tracks[TrackKind.PROCESS] == 1 < one.tracks[TrackKind.THREAD]
    assert contradictions.coverage([one, one]) == (
        f"    2 runs of 1 scenarios on 1 interpreters ({python.text}), {2 * one.events:,} events; "
        f"in one run up to {one.tracks[TrackKind.THREAD]} threads, 0 tasks and 1 processes"
    )
