"""Tours: a scenario explained in steps, each bound to an event by a query, never to a time.

``convoy_tour.md`` beside ``convoy.py``: each ``##`` heading is a query (``analysis/queries.py``), the paragraphs below it explain
what it finds. They may hold ``code`` and the placeholders {duration} {track} {thing} {holder} {line}, which are filled
with what was found. A paragraph that begins with ``>`` is said instead where the event didn't occur.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from gilscope.analysis.moments import Moment, Moments
from gilscope.analysis.queries import Query, parse
from gilscope.analysis.text import duration
from gilscope.analysis.timeline import Timeline
from gilscope.errors import BadQuery, BadTour
from gilscope.scenarios import FOLDER, beside

TOUR_SUFFIX = "_tour"
"""``convoy_tour.md`` holds the tour of ``convoy.py``."""
FEWEST_STEPS, MOST_STEPS = 3, 8
LONGEST_TEXT = 700
HOLDABLE = {"gil-wait", "blocked", "suspended", "held", "contended", "busy", "handoff"}
"""What has a holder."""
PIECES = re.compile(r"`([^`]+)`|\{(\w+)\}")
PLACEHOLDERS = ("duration", "track", "thing", "holder", "line")

Piece = tuple[str, str]
"""How it is shown (``text``, ``code`` or ``figure``), and what."""


@dataclass(frozen=True)
class Step:
    """One step: what it looks for, and what it says of that."""

    query: Query
    paragraphs: tuple[str, ...]
    otherwise: str
    """Said where the event didn't occur; may be empty."""


def path_of(name: str, folder: Path = FOLDER) -> Path | None:
    """The file of a scenario's tour; None where there is none."""
    return beside(name, f"{TOUR_SUFFIX}.md", folder)


def read(path: Path) -> tuple[Step, ...]:
    """The steps of a tour; ``BadTour`` names file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadTour(f"{path}: can't be read ({error}). Expected a text in UTF-8.") from None
    return _Reader(path, lines).steps()


def resolve(steps: tuple[Step, ...], timeline: Timeline) -> list[dict[str, Any]]:
    """Each step as a page shows it; ``found``: whether its event occurred. Times are ns, ``track`` 0: of none."""
    moments, before, told = Moments(timeline), 0, []
    for step in steps:
        moment = moments.find(step.query, before)
        shown: dict[str, Any] = {"query": str(step.query), "found": moment is not None}
        if moment is None:
            shown["paragraphs"] = [[("text", _missing(moments, step.query))]]
            shown["paragraphs"] += [_pieces(step.otherwise, lambda name: name)] if step.otherwise else []
        else:
            before = moment.begin
            fill = _Filler(timeline, moment)
            shown |= {"track": moment.track, "from": moment.begin, "to": moment.end}
            shown["paragraphs"] = [_pieces(text, fill) for text in step.paragraphs]
        told.append(shown)
    return told


def _missing(moments: Moments, query: Query) -> str:
    if not moments.measured(query):
        return "This run can’t show it: the GIL was not measured, or this Python has none."
    return "This didn’t occur in this run."


def _pieces(text: str, fill: Callable[[str], str]) -> list[Piece]:
    pieces, at = list[Piece](), 0
    for found in PIECES.finditer(text):
        pieces.append(("text", text[at : found.start()]))
        pieces.append(("code", found[1]) if found[1] else ("figure", fill(found[2])))
        at = found.end()
    return [piece for piece in (*pieces, ("text", text[at:])) if piece[1]]


@dataclass(frozen=True)
class _Filler:
    """What stands for a placeholder."""

    timeline: Timeline
    moment: Moment

    def __call__(self, name: str) -> str:
        timeline, moment = self.timeline, self.moment
        if name == "duration":
            return duration(moment.end - moment.begin)
        if name == "line":
            return timeline.place(moment.line) or "a line that wasn’t recorded"
        if name == "thing" and not moment.thing:
            return moment.text or timeline.call(moment.state, moment.line) or "something that isn’t known"
        track = getattr(moment, name)
        return timeline.name(track) if track else "nobody"


@dataclass(frozen=True)
class _Reader:
    path: Path
    lines: list[str]

    def refuse(self, line: int, reason: str) -> NoReturn:
        raise BadTour(f"{self.path}:{line}: {reason}")

    def steps(self) -> tuple[Step, ...]:
        found = tuple(self.step(*part) for part in self.parts())
        if not FEWEST_STEPS <= len(found) <= MOST_STEPS:
            self.refuse(1, f"has {len(found)} steps. Expected {FEWEST_STEPS} to {MOST_STEPS}, each under a '## query'.")
        return found

    def parts(self) -> Iterator[tuple[int, str, list[tuple[int, str]]]]:
        """Line and text of each heading, and the paragraphs below it with their lines."""
        heading: tuple[int, str] | None = None
        below: list[tuple[int, str]] = []
        open = False  # the paragraph before goes on
        for number, line in enumerate((*self.lines, "## "), 1):
            text = line.strip()
            if line.startswith("## "):
                if heading:
                    yield *heading, below
                heading, below = (number, line[3:]), []
            elif text and (heading is None or text.startswith("#")):
                self.refuse(number, f"found {text[:40]!r}. Expected a heading of the form '## query'.")
            elif text and open:
                first, before = below.pop()
                below.append((first, f"{before} {text.removeprefix('>').strip()}"))
            elif text:
                below.append((number, text))
            open = bool(text) and not line.startswith("## ")

    def step(self, number: int, heading: str, below: list[tuple[int, str]]) -> Step:
        try:
            query = parse(heading)
        except BadQuery as error:
            self.refuse(number, str(error))
        said = [(line, text) for line, text in below if not text.startswith(">")]
        others = [(line, text.lstrip("> ")) for line, text in below if text.startswith(">")]
        if not said:
            self.refuse(number, "this step says nothing. Expected a paragraph below its heading.")
        if len(others) > 1:
            self.refuse(
                others[1][0], "expected one paragraph with '>' at most: what is said where the event didn't occur."
            )
        allowed = ["track", "thing", "line"] + ["duration"] * query.lasts + ["holder"] * (query.what in HOLDABLE)
        for line, text in said:
            self.check(line, text, allowed)
        for line, text in others:
            self.check(line, text, [])
        return Step(query, tuple(text for _, text in said), others[0][1] if others else "")

    def check(self, line: int, text: str, allowed: list[str]) -> None:
        plain = PIECES.sub(lambda found: "" if found[1] or found[2] in allowed else found[0], text)
        if wrong := re.search(r"\{\w*\}?|\}|`", plain):
            expected = f"{', '.join(f'{{{name}}}' for name in PLACEHOLDERS if name in allowed)}" or "none here"
            self.refuse(line, f"can't fill {wrong[0]!r}. Placeholders of this step: {expected}.")
        if len(text) > LONGEST_TEXT:
            self.refuse(line, f"a paragraph of {len(text)} characters. Expected {LONGEST_TEXT} at most.")
