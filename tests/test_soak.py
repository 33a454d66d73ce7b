"""Random mixes of threads, tasks, processes and pools: what they count themselves is what is recorded."""

import sys

import pytest

from benchmarks import soak
from gilscope.collector import interpreters


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
