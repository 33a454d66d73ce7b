"""The pages of recordings: the list, one of them, its file, and its findings."""

import asyncio
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse

from app.catalogue import find_scenario, read_catalogue
from app.forms import make_form
from app.pages import PAST, Shown, find_shown, has_tour, offered_ways
from app.recordings_kept import Recording
from app.rendering import is_htmx, render
from app.store import Store
from app.words import value
from gilscope.errors import UnknownScenario

router = APIRouter(prefix="/recordings")

PAGE = 50


async def ended(request: Request, id: str) -> Recording:
    """A recording that has ended; 404 or 409 with a sentence."""
    shown = await find_shown(request, id)
    if shown.recording is None:
        raise HTTPException(409, "This run hasn't ended yet. Wait until it has, or stop it.")
    return shown.recording


@router.get("/")
async def listed(request: Request, q: str = "", before: str = "") -> Response:
    """All recordings, newest first."""
    store: Store = request.state.store
    found = await asyncio.to_thread(store.newest, None, q[:200], PAGE + 1, before[:40] or None)
    context = {
        "recordings": found[:PAGE],
        "more": found[PAGE - 1].started if len(found) > PAGE else "",
        "first": not before,
        "q": q[:200],
        "total_bytes": await asyncio.to_thread(store.total_bytes),
        "retention_bytes": request.state.settings.retention_bytes,
    }
    return render("_partials/recordings.html" if is_htmx(request) else "recordings.html", context)


@router.get("/{id}")
async def recording(request: Request, id: str) -> Response:
    """One recording; a run of this server that goes on is shown on its scenario's page."""
    shown = await find_shown(request, id)
    if shown.recording is None and shown.begun is None:
        return RedirectResponse(f"/scenarios/{shown.scenario}?recording={shown.id}", 303)
    context = {**await _about(request, shown), "tour": has_tour(request, shown.scenario)}
    return render("recording.html", context)


@router.get("/{id}/file")
async def file(request: Request, id: str, download: str = "") -> Response:
    """The recording file, or a range of it; also while it grows."""
    shown = await find_shown(request, id)
    path = request.state.store.path(shown.id)
    if not await asyncio.to_thread(path.exists):
        raise HTTPException(
            404, "There is no file yet: nothing of this run was recorded so far. Try again in a moment."
        )
    name = f"{shown.scenario}-{shown.id}.gilscope" if download else None
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=name,
        # What is drawn of an ended run never changes; a downloaded file has its marks as they are now.
        headers={"Cache-Control": "no-cache" if shown.live or download else "private, max-age=31536000, immutable"},
    )


@router.get("/{id}/findings")
async def findings(request: Request, id: str, scenario: str = "", page: str = "") -> Response:
    """What the analysis found; for a scenario's page also its button, its pills and its past runs, for the ``page`` of the
    recording what stands there about it; that was "live" before, or "ended"."""
    shown = await find_shown(request, id)
    context: dict[str, Any] = {"shown": shown, "form": None, "past": [], "page": "", "was_live": False}
    if scenario and is_htmx(request):
        context |= await _around(request, shown)
    elif page and is_htmx(request):
        context |= {**await _about(request, shown), "page": page, "was_live": page == "live"}
    return render("_partials/outcome.html" if is_htmx(request) else "findings.html", context)


async def _about(request: Request, shown: Shown) -> dict[str, Any]:
    """What a recording's page says of it."""
    base = str(request.base_url).rstrip("/")
    return {
        "shown": shown,
        "recording": shown.recording,
        "base": base,
        "runs_here": await _runs_here(request, shown.scenario),
    }


async def _runs_here(request: Request, scenario: str) -> bool:
    """Whether it can be run again: a recording of one's own program, or from elsewhere, has no scenario here."""
    listed = await asyncio.to_thread(read_catalogue, request.state.settings.folder)
    return any(one.name == scenario for one in listed)


async def _around(request: Request, shown: Shown) -> dict[str, Any]:
    try:
        found = await find_scenario(request, shown.scenario)
    except UnknownScenario:
        return {}
    texts = {name: value(given) for name, given in shown.parameters.items()}
    form = await make_form(request, found, texts, shown.python.rpartition(" ")[2])
    past = await asyncio.to_thread(request.state.store.newest, shown.scenario, "", PAST)
    return {"form": form, "past": past, "ways": await offered_ways(request, found, shown, past)}


@router.get("/{id}/report.json")
async def report(request: Request, id: str) -> Response:
    """All figures of a recording."""
    recording = await ended(request, id)
    found = await asyncio.to_thread(request.state.store.report, recording.id)
    if found is None:
        raise HTTPException(
            503, "The analysis of this recording hasn't ended yet. Try again in a moment.", {"Retry-After": "2"}
        )
    return JSONResponse(found)


@router.post("/{id}/pin")
async def pin(request: Request, id: str) -> Response:
    """Keep a recording, however full it gets."""
    return await _set_pin(request, id, True)


@router.post("/{id}/unpin")
async def unpin(request: Request, id: str) -> Response:
    return await _set_pin(request, id, False)


async def _set_pin(request: Request, id: str, pinned: bool) -> Response:
    recording = await ended(request, id)
    await asyncio.to_thread(request.state.store.pin, recording.id, pinned)
    if not is_htmx(request):
        return RedirectResponse(f"/recordings/{id}", 303)
    return render("_partials/pin.html", {"recording": await ended(request, id)})


@router.post("/{id}/delete")
async def delete(request: Request, id: str) -> Response:
    """Delete a recording for good."""
    recording = await ended(request, id)
    await asyncio.to_thread(request.state.store.delete, recording.id)
    if is_htmx(request):
        return Response(status_code=200, headers={"HX-Redirect": "/recordings/"})
    return RedirectResponse("/recordings/", 303)
