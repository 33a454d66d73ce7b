"""What this machine can measure, and why not more."""

import sys

import pytest

from gilscope import doctor
from gilscope.collector.weight import weight_means
from tests.switching import needs_cores


@needs_cores
def test_cores_are_tried() -> None:
    """Where they can be had, it says so."""
    line = doctor.cores()
    assert line.ok, line.sentence


def test_it_says_why_there_are_no_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the words of the refusal. Runs go on without them."""
    monkeypatch.setattr(sys, "platform", "darwin")
    line = doctor.cores()
    assert (line.ok, line.needed) == (False, False)
    assert line.sentence.startswith("Cores: not measured. ") and "Linux on x86_64 only" in line.sentence


SENTENCES = {"cgroup": "by a cgroup", "autogroup": "by the kernel's autogroups", None: "slows the server down"}


@pytest.mark.parametrize("means", ["cgroup", "autogroup", "none"])
def test_it_says_what_holds_a_run_down(monkeypatch: pytest.MonkeyPatch, means: str) -> None:
    """Whatever can be used here of what the environment allows."""
    monkeypatch.setenv("GILSCOPE_WEIGHT", means)
    found = weight_means()
    assert str(found or "none") in (means, "none")
    line = doctor.weight()
    assert line.ok == (found is not None) and not line.needed
    assert SENTENCES[found] in line.sentence
