"""Wires the parts together: ``create_app(settings)`` is the web application."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app import analysed, article, comparison, embed, glossary, lab, live, marks, pages, questions, recordings, series
from app.followed import Following
from app.interpreters import Interpreters
from app.plans import Plans
from app.rendering import error_page
from app.rounds import Rounds
from app.runs import Runs
from app.security import App, Guard
from app.settings import Settings, from_environment
from app.static import VERSION, Static
from app.store import Store
from gilscope.errors import GilscopeError, Refused, UnknownScenario

log = logging.getLogger("gilscope")

UVICORN: dict[str, Any] = {
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
    app = Application(
        settings,
        title="Gilscope",
        lifespan=_lifespan(settings),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    for part in (pages, article, recordings, comparison, lab, series, questions, marks, embed, live, glossary):
        app.include_router(part.router)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_api_route("/readyz", readyz, include_in_schema=False)
    app.mount("/static", Static(VERSION), name="static")
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(GilscopeError, _known_error)
    app.add_exception_handler(Exception, _unknown_error)
    return app


class Application(FastAPI):
    """With the guard around everything, also around what answers when something else has failed."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        super().__init__(**options)
        self.settings = settings

    def build_middleware_stack(self) -> Any:
        return Guard(super().build_middleware_stack(), self.settings, _refuse)


def _lifespan(settings: Settings) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        store = await asyncio.to_thread(Store, settings.recordings, settings.data / "index.sqlite")
        await asyncio.to_thread(store.seed, settings.shipped)
        growing = await asyncio.to_thread(store.growing)
        await asyncio.to_thread(store.reconcile, growing)
        following = Following(store)
        await following.begin(growing)
        runs = Runs(settings, store)
        plans, interpreters = Plans(runs), Interpreters()
        rounds = await asyncio.to_thread(Rounds, store, runs, interpreters)
        asked = questions.Questions()
        beginning = [asyncio.create_task(interpreters.look()), asyncio.create_task(analysed.catch_up(store))]
        try:
            yield {
                "settings": settings,
                "store": store,
                "runs": runs,
                "following": following,
                "interpreters": interpreters,
                "rounds": rounds,
                "plans": plans,
                "questions": asked,
                "viewers": set(),
            }
        finally:
            for task in beginning:
                task.cancel()
            await rounds.close()
            await plans.close()
            await runs.close()
            await following.close()
            await asked.close()
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
    said = sentence if error.detail == HTTPStatus(error.status_code).phrase else str(error.detail)
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
