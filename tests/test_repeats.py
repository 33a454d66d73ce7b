"""Several runs of one claim: one verdict, one sentence, the spread of each figure."""

import pytest

from gilscope.claims import Verdict, confirmed, depends, not_measured, refuted
from gilscope.repeats import NOT_YET, Figure, Judged, columns, together


def test_figures_get_their_median_and_spread() -> None:
    """Each by itself, over units and words; what is alike in all runs stays as it is."""
    runs = [
        confirmed("Python 3.11.7: 25 messages, once 1,200 of 2,000; 980 µs of 5.00 ms, 3 % (−2 s) in 1.5 kB."),
        confirmed("Python 3.11.7: 25 messages, twice 900 of 2,000; 1.20 ms of 5.00 ms, 5 % (−1 s) in 640 bytes."),
        confirmed("Python 3.11.7: 25 messages, 7 times 1,100 of 2,000; 1.00 ms of 5.00 ms, 4 % (0 s) in 640 bytes."),
    ]
    judged = together(runs)
    assert judged.sentence == (
        "Python 3.11.7: 25 messages, twice (once–7 times) 1,100 (900–1,200) of 2,000; 1.00 ms (980 µs–1.20 ms) of 5.00 ms, "
        "4 % (3–5 %) (−1 s (−2–0 s)) in 640 bytes (640 bytes–1.5 kB)."
    )
    assert (judged.verdict, judged.runs) == ("confirmed", 3)
    assert judged.figures[1:4] == (Figure(2, 1, 7, "times"), Figure(1100, 900, 1200, ""), Figure(2000, 2000, 2000, ""))
    assert judged.figures[4] == Figure(1e6, 0.98e6, 1.2e6, "ns")


def test_one_run_is_told_as_it_is() -> None:
    """Without a spread, though its figures are there."""
    assert together([refuted("It took 5.00 ms.")]) == Judged(
        "refuted", "It took 5.00 ms.", 1, (Figure(5e6, 5e6, 5e6, "ns"),)
    )


@pytest.mark.parametrize(
    ("runs", "verdict", "sentence"),
    [
        ([], "not yet run", ""),
        ([not_measured("No GIL."), not_measured("No GIL.")], "not measured", "No GIL."),
        ([not_measured("No GIL."), confirmed("It took 3 s.")], "confirmed", "It took 3 s."),
        (
            [confirmed("It took 3 s."), refuted("It took 9 s."), confirmed("It took 4 s.")],
            "depends",
            "On the run: confirmed twice, refuted once. It took 3 s (3–4 s).",
        ),
        ([depends("On cores: one."), depends("On others: two.")], "depends", "On cores: one."),
    ],
)
def test_runs_that_differ(runs: list[Verdict], verdict: str, sentence: str) -> None:
    """What measured nothing says nothing; else it depends; sentences of two forms aren't mixed."""
    judged = together(runs)
    assert (judged.verdict, judged.sentence) == (verdict, sentence)
    assert (judged == NOT_YET) is (not runs)


def test_figures_that_differ_are_columns_of_what_stands_around_them() -> None:
    """Of the form that most sentences have; one of another form has none, and a figure that is always the same is none."""
    said = "A clerk took the till 30 times; {} of these had to wait, {} in all, {} % of their lives."
    sentences = [said.format(18, "282 ms", 31), said.format("1,700", "1.20 s", 31), "No clerk took it."]
    assert [(column.around, column.unit, column.values) for column in columns(sentences)] == [
        ("… of these had to wait", "", (18, 1700, None)),
        ("… in all", "ns", (282e6, 1.2e9, None)),
    ]
    assert columns([]) == columns(["One form.", "One form."]) == []
