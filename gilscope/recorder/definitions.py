"""Publishes what events mean: code objects, the process, and the error that ended the scenario."""

from __future__ import annotations

import os
import sys
from _json import encode_basestring_ascii as quote
from types import CodeType, FunctionType, ModuleType

from gilscope.recorder import _probe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_STDLIB = os.path.dirname(os.__file__) + os.sep
_GILSCOPE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")

_WITHOUT_GIL = "" if getattr(sys, "_is_gil_enabled", lambda: True)() else ', "without_gil": true'
_published: set[int] = set()


def code(root: CodeType) -> None:
    """Publish a code object with all that are nested in it, unless nobody wants to see its lines.

    User code is what lies neither in the standard library nor in an installed package nor in Gilscope. The standard
    library's lines are published too, for threads that have no other; those of packages aren't.
    """
    file = root.co_filename
    if file.startswith(("<", _GILSCOPE)) or any(part in file for part in _INSTALLED):
        return
    users = not file.startswith(_STDLIB)
    known = _probe.add_user_code if users else _probe.add_other_code
    quoted = quote(os.path.abspath(file))
    for each in _nested(root):
        if id(each) not in _published:
            known(each)  # keeps it alive: its address never means another one
            _published.add(id(each))
            _probe.define(_code_definition(each, quoted, _calls(each) if users else ""))


def is_library(file: str) -> bool:
    """Whether a file is one of the standard library."""
    return file.startswith((_STDLIB, "<frozen "))


def module(loaded: ModuleType) -> None:
    """Publish the functions of a module that was loaded before the recorder."""
    functions = [value for value in vars(loaded).values() if isinstance(value, FunctionType)]
    for value in vars(loaded).values():
        if isinstance(value, type) and value.__module__ == loaded.__name__:
            functions += [method for method in vars(value).values() if isinstance(method, FunctionType)]
    for function in functions:
        code(function.__code__)


def process(gil: str | None, program: str | None) -> None:
    """Publish this process, and why the GIL or the program layer isn't measured (None: it is)."""
    version = quote(".".join(map(str, sys.version_info[:3])))
    _probe.define(
        f'{{"def": "process", "pid": {os.getpid()}, "parent": {os.getppid()}, "python": {version}, '
        f'"switch_interval_ns": {round(sys.getswitchinterval() * 1e9)}, '
        f'"gil": {_measured(gil)}, "program": {_measured(program)}{_WITHOUT_GIL}}}'.encode()
    )


def words(names: list[str]) -> None:
    """Publish what the numbers mean by which events say what a task awaits, from 1 on."""
    _probe.define(f'{{"def": "words", "pid": {os.getpid()}, "words": [{", ".join(map(quote, names))}]}}'.encode())


def unseen(what: str, why: str) -> None:
    """Publish that a part of the program can't be recorded."""
    _probe.define(f'{{"def": "unseen", "pid": {os.getpid()}, "what": {quote(what)}, "why": {quote(why)}}}'.encode())


def error(kind: type[BaseException], value: BaseException, text: str) -> None:
    """Publish what ended the scenario; ``text``: its traceback, as printed."""
    try:
        message = str(value)
    except Exception:  # its own __str__ fails, in whatever way: the traceback says so too
        message = "<exception str() failed>"
    name = kind.__name__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    _probe.define(
        f'{{"def": "error", "pid": {os.getpid()}, "type": {quote(name)}, "message": {quote(message)}, '
        f'"traceback": {quote(text)}}}'.encode()
    )


def _nested(root: CodeType) -> Iterator[CodeType]:
    yield root
    for constant in root.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _calls(each: CodeType) -> str:
    """What the names of calls can be worked out from, by whoever has the time."""
    does = each.co_code[::2].translate(_probe.DOES).decode()
    return f', "does": "{does}", "places": "{each.co_linetable.hex()}"'


def _code_definition(each: CodeType, quoted_file: str, calls: str) -> bytes:
    lines: list[list[int]] = []
    for begin, _, line in each.co_lines():
        if line is not None and (not lines or lines[-1][1] != line):
            lines.append([begin, line])
    name = each.co_qualname.rpartition("<locals>.")[2]
    return (
        f'{{"def": "code", "pid": {os.getpid()}, "address": {id(each)}, "file": {quoted_file}, "name": {quote(name)}, '
        f'"first": {each.co_firstlineno}, "lines": {lines}{calls}}}'
    ).encode()


def _measured(why_not: str | None) -> str:
    return f'{{"measured": {"true" if why_not is None else "false"}, "why": {quote(why_not or "")}}}'
