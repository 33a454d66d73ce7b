"""What a step of a tour looks for, in words: ``longest gil-wait over 5 ms on asker``. Read and written here, found in ``moments.py``.

    query    = [then] [which] what clause…
    which    = first | 2nd, 3rd … | last | longest | shortest          first, where nothing is said
    what     = a state of a track      running, gil-wait, blocked, held …
             | a mark                  drop request, put, start …
             | handoff                 of the GIL
             | finding KIND            finding deadlock
             | printed "TEXT"
    clause   = over LENGTH | under LENGTH | on [KIND] NAME | for NAME | by NAME | at "TEXT" | from NAME | to NAME
    LENGTH   = 5 ms, 0.5 switch-intervals; units: ns us ms s switch-intervals
    KIND     = a kind of track: thread, task, process, core, gil, lock, queue …
    NAME     = a word, or "in quotation marks" where it has a space or is one of these words; * stands for anything

``on``: the track; ``for``: what it waits for, or what a mark is about; ``by``: who has that then, or who has a lock or a
core; ``at``: a part of the line of source where it stands; ``from`` and ``to``: a handoff's threads. ``then``: not before the step before it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn

from gilscope.errors import BadQuery
from gilscope.events import Kind, State, TrackKind

Which = int | Literal["last", "longest", "shortest"]
"""``int``: which one, from 1."""

STATES = {state.name.lower().replace("_", "-"): state for state in State if state != State.UNKNOWN}
KINDS = {kind.name.lower().replace("_", "-"): kind for kind in TrackKind}
MARKS: Mapping[str, Kind] = {
    "drop request": Kind.GIL_DROP_REQUEST,
    "forced release": Kind.GIL_RELEASE,
    "acquire": Kind.LOCK_ACQUIRE,
    "release": Kind.LOCK_RELEASE,
    "timeout": Kind.LOCK_TIMEOUT,
    "notify": Kind.NOTIFY,
    "put": Kind.PUT,
    "get": Kind.GET,
    "take": Kind.TAKE,
    "start": Kind.THREAD_START,
    "begin": Kind.THREAD_BEGIN,
    "end": Kind.THREAD_END,
    "collection": Kind.GC_BEGIN,
    "interpreter": Kind.INTERPRETER_NEW,
    "process start": Kind.PROCESS_START,
    "process run": Kind.PROCESS_RUN,
    "pickle": Kind.PICKLE,
    "unpickle": Kind.UNPICKLE,
    "new task": Kind.TASK_NEW,
    "step": Kind.TASK_STEP,
    "cancel": Kind.TASK_CANCEL,
    "loop call": Kind.LOOP_CALL,
    "unawaited": Kind.UNAWAITED,
    "submit": Kind.WORK_NEW,
    "work run": Kind.WORK_RUN,
    "work end": Kind.WORK_END,
    "work cancel": Kind.WORK_CANCEL,
    "callback": Kind.WORK_CALLED,
    "shutdown": Kind.POOL_SHUTDOWN,
}
UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "switch-intervals": 0}
ORDERS: tuple[Literal["last", "longest", "shortest"], ...] = ("last", "longest", "shortest")
NAMED = ("on", "for", "by", "at", "from", "to")
LASTING = ("over", "under")
RESERVED = {"then", "first", "handoff", "finding", "printed", *ORDERS, *NAMED, *LASTING, *UNITS, *STATES, *KINDS}
RESERVED |= {word for mark in MARKS for word in mark.split()}

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s"]+)')
PLAIN = re.compile(r'[^\s"]+')
ORDINAL = re.compile(r"([1-9]\d{0,5})(st|nd|rd|th)")
NUMBER = re.compile(r"\d{1,9}(\.\d{1,6})?")
WORD = re.compile(r"[a-z][a-z-]*")


@dataclass(frozen=True)
class Length:
    """How long something lasts: a number of ns, or of the run's switch intervals."""

    number: float
    unit: str

    def ns(self, switch_interval_ns: int) -> float:
        """In a run with this switch interval."""
        return self.number * (UNITS[self.unit] or switch_interval_ns)

    def __str__(self) -> str:
        return f"{self.number:.6f}".rstrip("0").rstrip(".") + f" {self.unit}"


@dataclass(frozen=True)
class Name:
    """What tracks are called; ``*`` stands for anything. ``kind``: only tracks of that kind."""

    pattern: str
    kind: str = ""

    def fits(self, name: str) -> bool:
        """Whether a track's name is so."""
        return re.fullmatch(".*".join(map(re.escape, self.pattern.split("*"))), name, re.DOTALL) is not None

    def __str__(self) -> str:
        plain = PLAIN.fullmatch(self.pattern) and self.pattern not in RESERVED
        text = self.pattern if plain else json.dumps(self.pattern, ensure_ascii=False)
        return f"{self.kind} {text}" if self.kind else text


@dataclass(frozen=True)
class Query:
    """One event, or none, of any recording. ``what``: a state, a mark, ``handoff``, ``finding`` or ``printed``."""

    what: str
    argument: str = ""
    """Kind of the finding, or the text that is printed."""
    which: Which = 1
    then: bool = False
    over: Length | None = None
    under: Length | None = None
    on: Name | None = None
    about: Name | None = None
    by: Name | None = None
    source: str = ""
    giver: Name | None = None
    taker: Name | None = None

    @property
    def lasts(self) -> bool:
        """Whether it takes time: a mark and a text that is printed are instants."""
        return self.what not in MARKS and self.what != "printed"

    def __str__(self) -> str:
        """As it is written; ``parse`` gives the same query again."""
        which = ordinal(self.which) if isinstance(self.which, int) else self.which
        argument = json.dumps(self.argument, ensure_ascii=False) if self.what == "printed" else self.argument
        parts = ["then"] * self.then + [which, self.what] + [argument] * bool(argument)
        for word, clause in zip(FIELDS, (getattr(self, field) for field in FIELDS.values()), strict=True):
            said = json.dumps(clause, ensure_ascii=False) if isinstance(clause, str) else str(clause)
            parts += [f"{word} {said}"] if clause else []
        return " ".join(parts)


FIELDS = {
    "over": "over",
    "under": "under",
    "on": "on",
    "for": "about",
    "by": "by",
    "at": "source",
    "from": "giver",
    "to": "taker",
}
"""By the word that a clause begins with, the member that holds it."""


def ordinal(number: int) -> str:
    """``first``, ``2nd``, ``13th``."""
    if number == 1:
        return "first"
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def parse(text: str) -> Query:
    """The query that a text says; ``BadQuery`` says what was expected instead."""
    return _Reader(text).query()


def text_of(quoted: str) -> str:
    """What stands between quotation marks."""
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:
        raise BadQuery(
            f"{quoted} can't be read. Expected a text in quotation marks, a backslash before each of its own."
        ) from None


class _Reader:
    """Reads one query from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = TOKEN.findall(text)
        if "".join(text.split()) != "".join("".join(self.tokens).split()):
            self.refuse("an even number of quotation marks")

    def refuse(self, expected: str) -> NoReturn:
        found = f"found {self.tokens[0]!r}" if self.tokens else "it ends"
        raise BadQuery(f"can't read {self.text.strip()!r}: expected {expected}, {found}.")

    @property
    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def took(self, *words: str) -> bool:
        """Whether these words come next; then they are taken."""
        if self.tokens[: len(words)] != list(words):
            return False
        del self.tokens[: len(words)]
        return True

    def query(self) -> Query:
        then = self.took("then")
        which = self.which()
        query = replace(self.what(), which=which, then=then)
        while self.tokens:
            query = self.clause(query)
        return query

    def which(self) -> Which:
        if self.took("first"):
            return 1
        for word in ORDERS:
            if self.took(word):
                return word
        if found := ORDINAL.fullmatch(self.next):
            number = int(found[1])
            if self.next != ordinal(number):
                self.refuse(repr(ordinal(number)))
            self.tokens.pop(0)
            return number
        return 1

    def what(self) -> Query:
        for mark in MARKS:
            if self.took(*mark.split()):
                return Query(mark)
        for state in (*STATES, "handoff"):
            if self.took(state):
                return Query(state)
        if self.took("finding"):
            if not WORD.fullmatch(self.next):
                self.refuse("the kind of a finding, such as deadlock")
            return Query("finding", self.tokens.pop(0))
        if self.took("printed"):
            return Query("printed", self.quoted("what was printed"))
        self.refuse(f"what happens, one of {', '.join((*STATES, *MARKS, 'handoff', 'finding', 'printed'))}")

    def clause(self, query: Query) -> Query:
        allowed = ["on", "for", "by", "at"]
        if query.what == "handoff":
            allowed = [*LASTING, "from", "to"]
        elif query.what == "printed":
            allowed = []
        elif query.lasts:
            allowed = [*LASTING, *(["on"] if query.what == "finding" else allowed)]
        word = next((word for word in allowed if word == self.next and not getattr(query, FIELDS[word])), None)
        if word is None:
            open = [word for word in allowed if not getattr(query, FIELDS[word])]
            self.refuse(f"one of {', '.join(open)}, or the end" if open else "the end")
        self.tokens.pop(0)
        value: Any
        if word == "at":
            value = self.quoted("a part of a line of source")
        else:
            value = self.length() if word in LASTING else self.name()
        return replace(query, **{FIELDS[word]: value})

    def quoted(self, what: str) -> str:
        if len(self.next) < 3 or self.next[0] != '"':
            self.refuse(f"{what}, in quotation marks")
        return text_of(self.tokens.pop(0))

    def length(self) -> Length:
        if not NUMBER.fullmatch(self.next) or self.tokens[1:2] == [] or self.tokens[1] not in UNITS:
            self.refuse(f"a length such as 5 ms; units are {', '.join(UNITS)}")
        number, unit = self.tokens.pop(0), self.tokens.pop(0)
        return Length(float(number), unit)

    def name(self) -> Name:
        kind = self.tokens.pop(0) if self.next in KINDS else ""
        if not self.next or (self.next in RESERVED and self.next[0] != '"') or self.next == '""':
            self.refuse("a name, in quotation marks if it has a space or is a word of the query language")
        token = self.tokens.pop(0)
        return Name(text_of(token) if token[0] == '"' else token, kind)
