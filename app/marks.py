"""Marks that readers set in a recording: a moment and a text, kept in its file, seen by whoever opens it, here or elsewhere."""

import asyncio
import json
import re
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from app.pages import find_shown
from app.store import Store
from gilscope.marks import Mark

router = APIRouter()

MOST_MARKS = 100
LONGEST_TEXT = 200
MOST_BYTES = 4 << 10
_ID = re.compile(r"[0-9a-z]{1,16}")


@router.get("/recordings/{id}/marks")
@router.get("/embed/{id}/marks")
async def listed(request: Request, id: str) -> JSONResponse:
    """All marks of a recording, by time."""
    store: Store = request.state.store
    shown = await find_shown(request, id)
    found = await asyncio.to_thread(store.marks, shown.id)
    return JSONResponse({"marks": [{"id": mark.id, "at": mark.at, "text": mark.text} for mark in found]})


@router.put("/recordings/{id}/marks/{mark}")
async def put(request: Request, id: str, mark: str) -> Response:
    """Set a mark, or change it. The body: ``{"at": ns, "text": "…"}``."""
    store: Store = request.state.store
    shown = await find_shown(request, id)
    if shown.recording is None:
        return _refused(409, "Marks can be set when the run has ended.")
    try:
        told = json.loads(await _body(request))
        given = Mark(mark, told["at"], str(told["text"]).strip())
    except (ValueError, KeyError, TypeError):
        return _refused(422, 'Expected JSON with "at" (nanoseconds) and "text".')
    wrong = wrong_with(given, shown.recording.duration_ns)
    if wrong:
        return _refused(422, wrong)
    try:
        if not await asyncio.to_thread(store.put_mark, shown.id, given, MOST_MARKS):
            return _refused(409, f"A recording has {MOST_MARKS} marks at most. Delete one first.")
    except OSError as error:
        return _unwritable(error)
    return Response(status_code=204)


@router.delete("/recordings/{id}/marks/{mark}")
async def delete(request: Request, id: str, mark: str) -> Response:
    """Delete a mark; one that isn't there is no error."""
    store: Store = request.state.store
    shown = await find_shown(request, id)
    try:
        await asyncio.to_thread(store.delete_mark, shown.id, mark)
    except OSError as error:
        return _unwritable(error)
    return Response(status_code=204)


def wrong_with(mark: Mark, duration_ns: int) -> str:
    """What is wrong with a mark, in a sentence; empty: nothing."""
    if not _ID.fullmatch(mark.id):
        return "A mark's id has 1 to 16 letters a to z and digits."
    if type(mark.at) is not int or not 0 <= mark.at <= duration_ns:
        return f"The moment of a mark lies in the recording: between 0 and {duration_ns} ns, as a whole number."
    if not mark.text:
        return "A mark needs a text."
    if len(mark.text) > LONGEST_TEXT:
        return f"The text has {len(mark.text)} characters, and a mark has {LONGEST_TEXT} at most."
    return "" if mark.text.isprintable() else "A mark's text is one line, without control characters."


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    return bytes(body)


def _unwritable(error: OSError) -> JSONResponse:
    sentence = f"The recording's file can't be written: {error.strerror}. Nothing was changed. See that there is room, and try again."
    return _refused(507, sentence)


def _refused(status: int, sentence: str) -> JSONResponse:
    content: dict[str, Any] = {"error": sentence}
    return JSONResponse(content, status)
