"""Processes beside the server: ``python -m MODULE``, each in a session of its own, so that Ctrl-C in a terminal reaches the
server alone, which ends them in its own time."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

LINE_BYTES = 64 << 20
"""The longest line that one may tell."""


async def begin(module: str, *arguments: str, stdin: int = DEVNULL, stderr: int | None = None) -> Process:
    """It tells on its standard output."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=stdin,
        stdout=PIPE,
        stderr=stderr,
        limit=LINE_BYTES,
        cwd=Path(__file__).resolve().parent.parent,
        start_new_session=True,
    )


def kill(process: Process) -> None:
    """At once, if it is still there."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
