"""What the page of a recording asks about it: why a track isn't running, what was critical, what happened in
a range, where the steps of its tour are.

A process beside the server answers (``app.answers``): it begins with the first question, and ends when none came for a while.
"""

import asyncio
import json
import logging
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from app import children
from app.glossary import glossed_steps
from app.recordings import ended
from gilscope import tours
from gilscope.errors import Refused

log = logging.getLogger("gilscope")
router = APIRouter(prefix="/recordings")

SECONDS = 60.0
"""A question that takes longer isn't answered."""
IDLE_SECONDS = 120.0
MOST_WAITING = 16
LATEST_NS = 1 << 62
BROKE_OFF = "Working that out broke off. The recording itself is whole; try again, or ask about another part of it."


class Questions:
    """Puts questions to the process that answers them, one at a time."""

    def __init__(self, seconds: float = SECONDS, idle_seconds: float = IDLE_SECONDS) -> None:
        self.seconds, self.idle_seconds = seconds, idle_seconds
        self.process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._ending: asyncio.TimerHandle | None = None

    async def ask(self, path: Path, ask: str, **question: Any) -> dict[str, Any]:
        """The answer. ``Refused`` when too many wait; ``HTTPException`` when there is none."""
        if self._waiting >= MOST_WAITING:
            raise Refused(f"{MOST_WAITING} questions wait for their answers already. Try again in a moment.")
        self._waiting += 1
        try:
            async with self._turn:
                told = await self._answer({"file": str(path), "ask": ask, **question})
        finally:
            self._waiting -= 1
        if "error" in told:
            raise HTTPException(404, told["error"])
        return told

    async def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if self._ending:
            self._ending.cancel()
        whole = False
        try:
            async with asyncio.timeout(self.seconds):
                process = await self._running()
                assert process.stdin and process.stdout
                process.stdin.write(json.dumps(question).encode() + b"\n")
                await process.stdin.drain()
                told: dict[str, Any] = json.loads(await process.stdout.readline())
            whole = True
        except (TimeoutError, OSError, ValueError) as error:
            log.warning("no answer to %s: %r", question, error)
            raise HTTPException(500, BROKE_OFF) from None
        finally:
            if whole:
                self._ending = asyncio.get_running_loop().call_later(self.idle_seconds, self._kill)
            else:  # an answer that still came would be taken for that to the next question
                self._kill()
        return told

    async def _running(self) -> asyncio.subprocess.Process:
        if self.process is None or self.process.returncode is not None:
            self.process = await children.begin("app.answers", stdin=PIPE)
        return self.process

    def _kill(self) -> None:
        """The next question begins another one."""
        process, self.process = self.process, None
        if process:
            children.kill(process)

    async def close(self) -> None:
        """The server ends."""
        if self._ending:
            self._ending.cancel()
        process = self.process
        self._kill()
        if process:
            await process.wait()


async def _put(request: Request, id: str, ask: str, **question: int) -> JSONResponse:
    """A question about a recording that has ended, and its answer."""
    recording = await ended(request, id)
    questions: Questions = request.state.questions
    return JSONResponse(await questions.ask(request.state.store.path(recording.id), ask, **question))


async def toured(request: Request, scenario: str, id: str) -> JSONResponse:
    """The steps of a scenario's tour, each with what it says, and where in a recording of it that is."""
    path = await asyncio.to_thread(tours.path_of, scenario, request.state.settings.folder)
    if path is None:
        raise HTTPException(404, f"There is no tour of {scenario[:40]!r}.")
    questions: Questions = request.state.questions
    told = await questions.ask(request.state.store.path(id), "tour", told=str(path))
    return JSONResponse({"steps": glossed_steps(told["steps"])})


def _number(text: str, below: int, expected: str) -> int:
    if not text.isdecimal() or len(text) > 19 or int(text) >= below:
        raise HTTPException(422, expected)
    return int(text)


@router.get("/{id}/why")
async def why(request: Request, id: str, track: str = "", at: str = "") -> JSONResponse:
    """The chain of causes of what a track does at a moment (ns since the run's origin)."""
    expected = "Which track, and when? Expected track=NUMBER and at=NANOSECONDS, as whole numbers."
    which, when = _number(track, 1 << 31, expected), _number(at, LATEST_NS, expected)
    return await _put(request, id, "why", track=which, at=when)


@router.get("/{id}/path")
async def path(request: Request, id: str) -> JSONResponse:
    """The critical path of the run."""
    return await _put(request, id, "path")


@router.get("/{id}/tour")
async def tour(request: Request, id: str) -> JSONResponse:
    """The tour of its scenario."""
    recording = await ended(request, id)
    return await toured(request, recording.scenario, recording.id)


@router.get("/{id}/range")
async def figures(
    request: Request, id: str, begin: str = Query("", alias="from"), end: str = Query("", alias="to")
) -> JSONResponse:
    """All figures of what lies between two times (ns since the run's origin)."""
    expected = "Which range? Expected from=NANOSECONDS and to=NANOSECONDS, as whole numbers."
    return await _put(
        request, id, "range", begin=_number(begin, LATEST_NS, expected), end=_number(end, LATEST_NS, expected)
    )
