"""How values are written: times, bytes, dates, parameters, source."""

import ast
import io
import itertools
import keyword
import tokenize
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

from gilscope.analysis.compare import Cell
from gilscope.analysis.statistics import STATE_NAMES
from gilscope.analysis.text import duration
from gilscope.events import STATE_TEXT
from gilscope.parameters import UNITS, Parameter

STATES = {STATE_NAMES[state]: label for state, (label, _, _) in STATE_TEXT.items()}
"""By the name of a state, what pages call it."""
_THIN = "\u202f"

CHAPTERS = {
    "concurrency": (
        "Concurrency and parallelism",
        "Taking turns or running at once: who really computes at the same instant, and who only waits.",
    ),
    "gil": ("The GIL", "One thread executes Python at a time. Who, for how long, and who waits meanwhile."),
    "threads": (
        "Threads and locks",
        "Threads that share: what waiting for each other costs, and what goes wrong without it.",
    ),
    "processes": (
        "Processes",
        "An interpreter, a GIL and memory each: what that gains, and what starting them and sending to them costs.",
    ),
    "tasks": (
        "Tasks of asyncio",
        "One thread for many tasks that take turns at their awaits: what starts when, what ends what, and what holds up all.",
    ),
    "futures": (
        "Futures and pools",
        "Work that is handed to threads or processes, and a future for each result: how many workers, in which order.",
    ),
    "deciding": (
        "Which one to take",
        "Work as it comes, done the way that suits it: look at where the time goes, then change the way.",
    ),
}

VERDICTS = {
    "ok": "ended by itself",
    "failed": "raised an error",
    "stopped": "was stopped",
    "wall-limit": "reached its time limit",
    "cpu-limit": "reached its limit of computing time",
    "memory-limit": "reached its memory limit",
    "process-limit": "reached its limit of processes",
    "thread-limit": "reached its limit of threads",
    "output-limit": "printed more than its limit",
    "event-limit": "reached its limit of events",
    "killed": "was killed",
    "interrupted": "broke off",
    "disk-full": "found the disk full",
}


def spread(cell: Cell) -> str:
    """``5.12 ms (4.90 ms to 6.01 ms)``; without a spread where only one was measured."""
    if cell.median is None or cell.low is None or cell.high is None:
        return "not measured"
    return (
        duration(cell.median)
        if cell.count < 2
        else f"{duration(cell.median)} ({duration(cell.low)} to {duration(cell.high)})"
    )


def size(count: float) -> str:
    """``830 B``, ``12.3 kB``, ``1.24 MB``."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def number(count: int) -> str:
    """``12 345``."""
    return f"{count:,}".replace(",", _THIN)


def moment(iso: str) -> str:
    """``24 Nov 14:03:07`` in UTC; the page shows it in the reader's own time."""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return f"{when.astimezone(UTC):%-d %b %H:%M:%S} UTC"


def label(name: str) -> str:
    """``switch interval`` for ``switch_interval_ms``."""
    base, _, unit = name.rpartition("_")
    return (base if base and unit in UNITS else name).replace("_", " ")


def value(given: Any, parameter: Parameter | None = None) -> str:
    """A parameter's value as text that the form takes again."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, float):
        return f"{given:.10g}"
    return str(given)


def parameters(given: Mapping[str, Any]) -> str:
    """``2 workers, 1 burner, capacity 3, work 4 ms``: what is counted after its number."""
    return ", ".join(_parameter(name, given[name]) for name in given)


def _parameter(name: str, given: Any) -> str:
    words, unit = label(name), UNITS.get(name.rpartition("_")[2], "") if "_" in name else ""
    if isinstance(given, bool):
        return words if given else f"no {words}"
    text = number(given) if isinstance(given, int) else value(given)
    if unit:
        return f"{words} {text} {unit}"
    if isinstance(given, int) and words.endswith("s"):
        return f"{text} {words[:-1] if given == 1 else words}"
    return f"{words} {text}"


def first_sentence(story: str) -> str:
    """What stands on a card."""
    text = " ".join(story.split("\n\n")[0].split())
    sentence, dot, _ = text.partition(". ")
    return sentence + "." if dot else text


def paragraphs(story: str) -> list[str]:
    return [" ".join(part.split()) for part in story.split("\n\n") if part.strip()]


def source_below(text: str) -> list[tuple[int, Markup]]:
    """The numbered lines below the docstring, which the page tells already."""
    numbered = list(enumerate(source(text), 1))
    body = ast.parse(text).body
    begin = (body[0].end_lineno or 0) if body and ast.get_docstring(ast.Module(body[:1], [])) else 0
    below = numbered[begin:]
    return list(itertools.dropwhile(lambda line: not line[1], below))


def source(text: str) -> list[Markup]:
    """Lines of Python with their words marked: keywords, strings, comments, numbers."""
    lines = text.splitlines()
    marks: dict[int, list[tuple[int, int, str]]] = {}
    for first, last, kind in _marks(text):
        for row in range(first[0], last[0] + 1):
            begin = first[1] if row == first[0] else 0
            end = last[1] if row == last[0] else len(lines[row - 1])
            marks.setdefault(row, []).append((begin, end, kind))
    return [_marked(line, marks.get(row, ())) for row, line in enumerate(lines, 1)]


def _marks(text: str) -> Iterable[tuple[tuple[int, int], tuple[int, int], str]]:
    kinds = {tokenize.STRING: "string", tokenize.COMMENT: "comment", tokenize.NUMBER: "number"}
    kinds |= {getattr(tokenize, name): "string" for name in dir(tokenize) if name.startswith("FSTRING_")}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME and keyword.iskeyword(token.string):
                yield token.start, token.end, "keyword"
            elif token.type in kinds:
                yield token.start, token.end, kinds[token.type]
    except (tokenize.TokenError, SyntaxError):
        return  # what was read so far stays marked


def _marked(line: str, marks: Iterable[tuple[int, int, str]]) -> Markup:
    parts: list[Markup] = []
    at = 0
    for begin, end, kind in marks:
        parts += [escape(line[at:begin]), Markup('<span class="c-{}">{}</span>').format(kind, line[begin:end])]
        at = end
    return Markup("").join([*parts, escape(line[at:])])
