"""Wires the parts together: ``create_app(settings)`` is the web application."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from app import analysed, embed, live, pages, recordings
from app.interpreters import Interpreters
from app.rendering import error_page
from app.runs import Runs
from app.security import App, Guard
from app.settings import Settings, from_environment
from app.store import Store
from gilscope.errors import GilscopeError, Refused, UnknownScenario

log = logging.getLogger("gilscope")

STATIC = Path(__file__).resolve().parent.parent / "static"
MOST_BODY_BYTES = 64 << 10
UVICORN = {
    "ws": "websockets-sansio",
    "ws_per_message_deflate": False,
    "ws_max_size": 64 << 10,
    "timeout_graceful_shutdown": 4,
    "server_header": False,
    "date_header": False,
}
"""How uvicorn has to run this application."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; with no settings given, those of the environment."""
    settings = settings or from_environment()
    app = FastAPI(
        title="Gilscope",
        lifespan=_lifespan(settings),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=MOST_BODY_BYTES,
    )
    for part in (pages, recordings, embed, live):
        app.include_router(part.router)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_api_route("/readyz", readyz, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(GilscopeError, _known_error)
    app.add_exception_handler(Exception, _unknown_error)
    app.add_middleware(Guard, settings=settings, refuse=_refuse)
    return app


def _lifespan(settings: Settings) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        store = await asyncio.to_thread(Store, settings.recordings, settings.data / "index.sqlite")
        await asyncio.to_thread(store.reconcile)
        runs = Runs(settings, store)
        closing = asyncio.Event()
        interpreters = Interpreters()
        beginning = [asyncio.create_task(interpreters.look()), asyncio.create_task(analysed.catch_up(store))]
        try:
            yield {
                "settings": settings,
                "store": store,
                "runs": runs,
                "interpreters": interpreters,
                "viewers": set(),
                "closing": closing,
            }
        finally:
            closing.set()
            for task in beginning:
                task.cancel()
            await runs.close()
            await asyncio.gather(*beginning, return_exceptions=True)
            await asyncio.to_thread(store.close)

    return lifespan


async def healthz() -> JSONResponse:
    """The server is alive."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """The server can take runs."""
    try:
        bytes_kept = await asyncio.to_thread(request.state.store.total_bytes)
    except Exception:
        log.exception("the index doesn't answer")
        return JSONResponse({"status": "the index of recordings doesn't answer"}, 503)
    return JSONResponse({"status": "ok", "recordings_bytes": bytes_kept, "viewers": len(request.state.viewers)})


def _refuse(reason: str) -> App:
    async def refused(scope: Any, receive: Any, send: Any) -> None:
        response = await error_page(Request(scope, receive), 403, "Not from here", reason)
        await response(scope, receive, send)

    return refused


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title, sentence = {
        404: ("There is nothing here", "The address may be mistyped, or what it showed was deleted to make room."),
        405: (
            "That isn't possible here",
            "This address can be looked at, or it can be asked to do something, but not this.",
        ),
        413: ("That was too much", "A form of Gilscope is never larger than 64 kB. Nothing was changed."),
        422: ("That couldn't be read", "The address or the form has a value of another type. Go back and try again."),
    }.get(error.status_code, ("That didn't work", "Go back and try again."))
    said = error.detail if isinstance(error.detail, str) and error.detail.count(" ") > 1 else sentence
    return await error_page(request, error.status_code, title, said, dict(error.headers or {}))


async def _known_error(request: Request, error: Exception) -> Response:
    if isinstance(error, UnknownScenario):
        return await error_page(request, 404, "There is no such scenario", str(error))
    if isinstance(error, Refused):
        return await error_page(request, 503, "Not now", str(error), {"Retry-After": "10"})
    log.exception("refused", exc_info=error)
    return await error_page(
        request, 500, "That didn't work", str(error).replace(f"{request.state.settings.folder}/", "")
    )


async def _unknown_error(request: Request, error: Exception) -> Response:
    log.exception("request failed", exc_info=error)
    sentence = "The server made a mistake. Nothing that was recorded is lost; its log says more. Try again."
    return await error_page(request, 500, "That didn't work", sentence)
