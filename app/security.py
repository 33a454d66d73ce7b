"""Who may ask, and what every answer says about itself. Around everything else, static files and sockets included.

A page elsewhere may make its visitor's browser send requests here. So the Host must be one of ours (a name that
somebody points at this machine isn't), and whatever changes something, and every socket, must come from our own pages.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from app.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
EMBED = "/embed/"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


def policy(path: str) -> str:
    """The Content-Security-Policy: nothing but our own files; frames only for what is made to be framed."""
    return _POLICY + ("*" if path.startswith(EMBED) else "'none'")


def headers(path: str) -> list[tuple[bytes, bytes]]:
    """The headers that every answer carries, by its path.

    An embedded page may stand in a sandboxed frame. That has no origin of its own, so what such a page loads
    (itself, its recording, scripts, fonts; nothing of it secret) must be open to every origin.
    """
    own = [*_HEADERS, (b"content-security-policy", policy(path).encode())]
    if path.startswith((EMBED, "/static/")):
        return [*own, (b"cross-origin-resource-policy", b"cross-origin"), (b"access-control-allow-origin", b"*")]
    return [*own, (b"cross-origin-resource-policy", b"same-origin")]


def refusal(settings: Settings, kind: str, method: str, given: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Why this request isn't answered, in a sentence; None: it may pass."""
    asked = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in given}
    host = asked.get("host", "")
    if _name(host) not in settings.hosts:
        return (
            f"This server isn't known as {host[:80]!r}. Open it under its own address, "
            "or start it with GILSCOPE_ALLOWED_HOSTS naming this one."
        )
    if kind == "http" and method in SAFE:
        return None
    origin = asked.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return "This came from a page of another site. Runs can be started and stopped from Gilscope's own pages only."
    if asked.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "This came from a page of another site. Runs can be started and stopped from Gilscope's own pages only."
    return None


def _name(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


class Guard:
    """Asks ``refusal`` before anything else happens, and puts the headers on every answer."""

    def __init__(self, app: App, settings: Settings, refuse: Callable[[str], App]) -> None:
        self.app = app
        self.settings = settings
        self.refuse = refuse
        """Makes the page that says no, with status 403."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        reason = refusal(self.settings, scope["type"], scope.get("method", ""), scope["headers"])
        if scope["type"] == "websocket":
            if reason is None:
                return await self.app(scope, receive, send)
            # Closed before it was accepted: the server answers the handshake with 403.
            await receive()
            return await send({"type": "websocket.close", "code": 1008, "reason": "origin"})

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A page's own headers are kept, a second policy beside the first is not possible.
                own = headers(scope["path"])
                names = {name for name, _ in own}
                message["headers"] = [pair for pair in message.get("headers", []) if pair[0].lower() not in names] + own
            await send(message)

        return await (self.app if reason is None else self.refuse(reason))(scope, receive, dressed)
