"""A recording in somebody else's page: the timeline and nothing that changes anything. No cookie is set or read."""

import asyncio

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from app.pages import find_shown, has_tour
from app.questions import toured
from app.rendering import render

router = APIRouter(prefix="/embed")

THEMES = ("auto", "dark", "light")


@router.get("/{id}")
async def embed(request: Request, id: str, theme: str = "auto", controls: str = "1") -> Response:
    """The timeline of a recording, frameable. The view stands behind the ``#``, as on its page."""
    shown = await find_shown(request, id)
    if shown.live:
        raise HTTPException(409, "This run hasn't ended yet. Its timeline can be shown here when it has.")
    if theme not in THEMES:
        raise HTTPException(422, f"There is no theme {theme[:20]!r}. Choose one of {', '.join(THEMES)}.")
    context = {"shown": shown, "theme": theme, "controls": controls != "0", "tour": has_tour(request, shown.scenario)}
    return render("embed.html", context)


@router.get("/{id}/tour")
async def tour(request: Request, id: str) -> JSONResponse:
    """The tour of its scenario, for the page above."""
    shown = await find_shown(request, id)
    if shown.live:
        raise HTTPException(404, "There is no such recording.")
    return await toured(request, shown.scenario, shown.id)


@router.get("/{id}/file")
async def file(request: Request, id: str) -> Response:
    """The recording's file, for the page above in a frame that has no origin of its own."""
    shown = await find_shown(request, id)
    path = request.state.store.path(shown.id)
    if shown.live or not await asyncio.to_thread(path.exists):
        raise HTTPException(404, "There is no such recording.")
    return FileResponse(path, media_type="application/octet-stream")
