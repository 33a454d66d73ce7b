"""The interpreters that a run can use: looked for once, when the server starts."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.errors import BadInterpreter


class Interpreters:
    """All usable interpreters, oldest first, one for each version."""

    def __init__(self) -> None:
        self._found = asyncio.Event()
        self._usable: tuple[Interpreter, ...] = ()

    async def look(self) -> None:
        with suppress(OSError):
            self._usable = tuple(await asyncio.to_thread(interpreters.recordable))
        self._found.set()

    async def all(self) -> tuple[Interpreter, ...]:
        """Those that are still there."""
        await self._found.wait()
        return tuple(one for one in self._usable if one.path.exists())

    async def default(self) -> Interpreter:
        """The server's own, or the newest whose GIL can be recorded."""
        usable = await self.all()
        measured = [one for one in usable if one.include is not None and not one.free_threaded]
        own = [one for one in measured if one.path.resolve() == Path(sys.executable).resolve()]
        chosen = own or measured[-1:] or list(usable[-1:])
        if not chosen:
            raise BadInterpreter(
                "There is no CPython 3.11 or later on this machine. Install one and start the server again."
            )
        return chosen[0]

    async def choose(self, text: str) -> Interpreter:
        """The one of that version; an empty text chooses the default."""
        if not text:
            return await self.default()
        usable = await self.all()
        for interpreter in usable:
            if interpreter.text == text:
                return interpreter
        known = ", ".join(interpreter.text for interpreter in usable)
        raise BadInterpreter(f"There is no CPython {text[:20]!r} here. Choose one of {known}.")
