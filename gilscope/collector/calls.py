"""What is called where: ``connection.recv``, by the instruction at which a thread stood.

The recorder publishes of each code object of the author's its location table, as it is, and a letter for each of its code
units (2 bytes): nothing is worked out inside the program. The letters:

    c  calls, or leaves a ``with`` where the instruction before it stands at the same place
    C  calls
    e  makes the next call one that enters a ``with``
    l  leaves a ``with``
    .  belongs to the instruction beside it
    -  does something else
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST = 60
"""Letters; of a longer name the end is kept: it says more."""

_PLAIN = re.compile(r"[^\W\d]\w*(\s*\.\s*[^\W\d]\w*)*(?=\s*\()")

Place = tuple[int, int, int, int]
"""Line, end line, column, end column. Lines count from 1, columns are bytes from 0."""


@dataclass(frozen=True, slots=True)
class Call:
    """Where in the source the call stands. ``leaves``: it is that which leaves a ``with``, which stands there."""

    place: Place
    leaves: bool


def calls(does: str, table: bytes, first_line: int) -> dict[int, Call]:
    """By offset in bytes, what is called there: at each unit of an instruction, because up to 3.12 a call of a
    function written in Python stands at its last."""
    places = list(locations(table, first_line))
    found: dict[int, Call] = {}
    for unit, what in enumerate(does):
        place = places[unit]
        if what not in "cCl" or place is None:
            continue
        before = unit - 1
        while does[before] == "." or (does[before] == "c" and places[before] == place):  # 3.11 calls in two steps
            before -= 1
        if does[before] == "e":
            continue
        call = found[2 * unit] = Call(place, what == "l" or (what == "c" and places[before] == place))
        while does[unit + 1 : unit + 2] == ".":
            unit += 1
            found[2 * unit] = call
    return found


def locations(table: bytes, first_line: int) -> Iterator[Place | None]:
    """The place of each code unit, as ``co_positions()`` tells them; None where it has no column."""
    line = first_line
    at = 0
    while at < len(table):
        code, units = table[at] >> 3 & 15, (table[at] & 7) + 1
        at += 1
        place: Place | None = None
        if code < 10:
            column = code << 3 | table[at] >> 4
            place = (line, line, column, column + (table[at] & 15))
            at += 1
        elif code < 13:
            line += code - 10
            place = (line, line, table[at], table[at + 1])
            at += 2
        elif code < 15:
            delta, at = _number(table, at)
            line += -(delta >> 1) if delta & 1 else delta >> 1
            if code == 14:
                lines, at = _number(table, at)
                column, at = _number(table, at)
                end_column, at = _number(table, at)
                place = (line, line + lines, column - 1, end_column - 1) if column and end_column else None
        yield from (place for _ in range(units))


def _number(table: bytes, at: int) -> tuple[int, int]:
    """A number of 6 bits a byte, and where it ends."""
    value = shift = 0
    while table[at] & 64:
        value |= (table[at] & 63) << shift
        at, shift = at + 1, shift + 6
    return value | table[at] << shift, at + 1


def name(lines: Sequence[str], call: Call) -> str:
    """What is called, as the author wrote it, up to its arguments. ``lines``: of the source. Empty: nothing, it seems."""
    line, end_line, column, end_column = call.place
    if not 0 < line <= end_line <= len(lines):
        return ""
    part = [each.encode() for each in lines[line - 1 : end_line]]
    part[-1] = part[-1][:end_column]
    part[0] = part[0][column:]
    text = b"\n".join(part).decode(errors="replace")
    found = _left(text) if call.leaves else _called(text)
    return found if len(found) <= LONGEST else f"…{found[1 - LONGEST :]}"


def _called(text: str) -> str:
    try:
        expression = _expression(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Newer syntax than this Python's, somewhere in its arguments; or only the end of it: `recv(` of a long chain.
        plain = _PLAIN.match(text)
        return "".join(plain.group().split()) if plain else ""
    return _dotted(expression.func) if isinstance(expression, ast.Call) else ""


def _left(text: str) -> str:
    """``open.__exit__``: of an expression, or of a whole statement that has only one."""
    try:
        statement = ast.parse(text).body[0] if text.startswith("with") else None
        if statement is None:
            expression = _expression(text)
        elif isinstance(statement, ast.With) and len(statement.items) == 1:
            expression = statement.items[0].context_expr
        else:
            return ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    left = _dotted(expression.func if isinstance(expression, ast.Call) else expression)
    return f"{left}.__exit__" if left else ""


def _expression(text: str) -> ast.expr:
    return ast.parse(f"({text})", mode="eval").body


def _dotted(node: ast.expr) -> str:
    """As far as it is a name; what is computed on the way is left out: ``….join``."""
    match node:
        case ast.Name(id=word):
            return word
        case ast.Attribute(value=value, attr=attribute):
            return f"{_dotted(value) or '…'}.{attribute}"
        case ast.Call(func=function):
            word = _dotted(function)
            return f"{word}(…)" if word else ""
        case ast.Subscript(value=value):
            word = _dotted(value)
            return f"{word}[…]" if word else ""
    return ""
