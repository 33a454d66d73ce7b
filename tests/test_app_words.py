"""How values are written on the pages."""

import pytest

from app import words
from gilscope.analysis.text import about, duration


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0, "0 ns"), (830, "830 ns"), (5_120, "5.12 µs"), (12_340_000, "12.3 ms"), (421e6, "421 ms"), (1.24e9, "1.24 s")],
)
def test_durations_have_three_digits_and_a_unit(ns: float, text: str) -> None:
    assert duration(ns) == text


@pytest.mark.parametrize(
    ("count", "text"), [(830, "830 B"), (12_300, "12.3 kB"), (999_000_000, "999 MB"), (4_294_967_296, "4.3 GB")]
)
def test_sizes(count: int, text: str) -> None:
    assert words.size(count) == text


def test_parameters_read_as_a_sentence() -> None:
    """What is counted stands after its number, in the singular after 1; what is measured before it, with its unit."""
    given = {
        "burners": 1,
        "messages": 25,
        "deposits": 200_000,
        "capacity": 3,
        "switch_interval_ms": 0.5,
        "mode": "serial",
    }
    assert words.parameters(given) == (
        "1 burner, 25 messages, 200\u202f000 deposits, capacity 3, switch interval 0.5 ms, mode serial"
    )
    assert words.parameters({"ordered": True, "daemon": False, "small_bytes": 100_000}) == (
        "ordered, no daemon, small 100\u202f000 bytes"
    )


def test_moments_are_in_utc_and_unreadable_ones_stay() -> None:
    assert words.moment("2026-11-24T14:03:07Z") == "24 Nov 14:03:07 UTC"
    assert words.moment("2026-11-24T15:03:07+01:00") == "24 Nov 14:03:07 UTC"
    assert words.moment("yesterday") == "yesterday"


def test_source_below_the_docstring_keeps_its_numbers() -> None:
    """The page tells the docstring in words already; marks are escaped like everything else."""
    lines = words.source_below('"""Title.\n\nStory.\n"""\n\nimport os\n\nx = "<b>" if 1 else 2  # why\n')
    assert [number for number, _ in lines] == [6, 7, 8]
    assert str(lines[0][1]) == '<span class="c-keyword">import</span> os'
    assert '<span class="c-string">&#34;&lt;b&gt;&#34;</span>' in lines[2][1]
    assert '<span class="c-comment"># why</span>' in lines[2][1]


def test_source_that_python_cannot_read_is_still_shown() -> None:
    assert [str(line) for line in words.source("x = (\n'open\n")] == ["x = (", "&#39;open"]


@pytest.mark.parametrize(("ns", "text"), [(4e8, "0 s"), (89e9, "89 s"), (90e9, "2 min"), (417e9, "7 min")])
def test_how_long_something_will_take(ns: float, text: str) -> None:
    assert about(ns) == text
