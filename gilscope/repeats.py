"""What several runs of one scenario say about its claim: one verdict, and its sentence with the spread of each figure.

A claim tells what it measured in a sentence. Where runs agree, their sentences are the same but for the figures: laid over
each other they give one, with the median of each figure and, in brackets, the least and the greatest.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import Any, Literal

from gilscope.analysis.text import times
from gilscope.claims import Verdict

Word = Literal["confirmed", "refuted", "depends", "not measured", "not yet run"]

_FIGURE = re.compile(
    r"(?<![\w.,])(?:−?\d[\d,]*(?:\.\d+)?(?: (?:ns|µs|ms|s|bytes?|kB|MB|GB|times)\b| %)?|once|twice)(?!\.?\w)"
)
_PAUSE = re.compile(r"[,;:.]+(?:\s|$)")
_FACTORS = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "byte": 1, "bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
_UNITS = dict.fromkeys(("ns", "µs", "ms", "s"), "ns") | dict.fromkeys(("byte", "bytes", "kB", "MB", "GB"), "bytes")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a sentence, in all runs. ``unit``: ns, bytes, %, times, or none."""

    median: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Judged:
    """``runs``: of how many; ``figures``: each number of the sentence, in its order."""

    verdict: Word
    sentence: str
    runs: int = 0
    figures: tuple[Figure, ...] = ()


NOT_YET = Judged("not yet run", "")


def together(verdicts: Sequence[Verdict]) -> Judged:
    """Runs that measured nothing count only where none did. Where the others differ, it depends on the run."""
    measured = [verdict for verdict in verdicts if verdict.verdict != "not measured"] or list(verdicts)
    if not measured:
        return NOT_YET
    counts = Counter(verdict.verdict for verdict in measured)
    word, _ = counts.most_common(1)[0]
    sentence, figures = _over_each_other([verdict.sentence for verdict in measured if verdict.verdict == word])
    if len(counts) == 1:
        return Judged(word, sentence, len(measured), figures)
    how = ", ".join(f"{each} {times(count)}" for each, count in counts.most_common())
    return Judged("depends", f"On the run: {how}. {sentence}", len(measured), figures)


@dataclass(frozen=True, slots=True)
class Column:
    """One number of sentences of one form. ``around``: the words beside it, … in its place; ``values``: one for each
    sentence, None for one of another form."""

    around: str
    unit: str
    values: tuple[float | None, ...]


def columns(sentences: Sequence[str]) -> list[Column]:
    """The numbers that differ from sentence to sentence, of the form that most of them have."""
    forms = [_FIGURE.sub("#", sentence) for sentence in sentences]
    if not forms:
        return []
    form, _ = Counter(forms).most_common(1)[0]
    told = [_FIGURE.findall(one) if own == form else None for one, own in zip(sentences, forms, strict=True)]
    between = _FIGURE.split(next(one for one, own in zip(sentences, forms, strict=True) if own == form))
    found = []
    for n, (before, after) in enumerate(pairwise(between)):
        texts = [figures and figures[n] for figures in told]
        there = [text for text in texts if text]
        if len({_number(text) for text in there}) > 1:
            around = f"{_PAUSE.split(before)[-1].strip()} … {_PAUSE.split(after)[0].strip()}".strip()
            found.append(Column(around, _unit(there[0]), tuple(_number(text) if text else None for text in texts)))
    return found


def _over_each_other(sentences: Sequence[str]) -> tuple[str, tuple[Figure, ...]]:
    """One sentence of all; where they differ in more than figures, the first, with its own figures."""
    if len({_FIGURE.sub("#", sentence) for sentence in sentences}) > 1:
        sentences = sentences[:1]
    between = _FIGURE.split(sentences[0])
    columns = [sorted(texts, key=_number) for texts in zip(*(_FIGURE.findall(one) for one in sentences), strict=True)]
    said = [_with_spread(texts) for texts in columns]
    figures = tuple(
        Figure(_number(_middle(texts)), _number(texts[0]), _number(texts[-1]), _unit(texts[0])) for texts in columns
    )
    return "".join(part for pair in zip(between, [*said, ""], strict=True) for part in pair), figures


def _middle(texts: Sequence[str]) -> str:
    """Of figures that are sorted; of two in the middle the lower, so that it is one that was measured."""
    return texts[median_low(range(len(texts)))]


def _with_spread(texts: Sequence[str]) -> str:
    middle, low, high = _middle(texts), texts[0], texts[-1]
    if _number(low) == _number(high):
        return middle
    least, _, unit = low.partition(" ")
    return f"{middle} ({least if high.partition(' ')[2] == unit else low}–{high})"


def _number(text: str) -> float:
    if text in ("once", "twice"):
        return 1 if text == "once" else 2
    number, _, unit = text.partition(" ")
    return float(number.replace(",", "").replace("−", "-")) * _FACTORS.get(unit, 1)


def _unit(text: str) -> str:
    if text in ("once", "twice"):
        return "times"
    unit = text.partition(" ")[2]
    return _UNITS.get(unit, unit)


def as_json(judged: Judged) -> dict[str, Any]:
    """For programs."""
    figures = [
        {"median": figure.median, "low": figure.low, "high": figure.high, "unit": figure.unit}
        for figure in judged.figures
    ]
    return {"verdict": judged.verdict, "sentence": judged.sentence, "runs": judged.runs, "figures": figures}
