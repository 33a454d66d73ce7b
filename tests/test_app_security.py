"""Who may ask, and what every answer says about itself."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount, WebSocketRoute

from app import security
from app.settings import Settings
from tests.app_client import Served, client, served, settings

ROOT = Path(__file__).resolve().parent.parent
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(settings(tmp_path_factory.mktemp("data"))) as server:
        yield server


@pytest.fixture
def web(running: Served) -> Iterator[httpx.Client]:
    with client(running) as given:
        yield given


def routes(running: Served) -> list[tuple[str, str]]:
    """Method and an address for every route that there is; and addresses that there aren't."""
    found = [("GET", "/static/css/app.css"), ("GET", "/static/nothing.js"), ("GET", "/nothing"), ("PUT", "/")]
    pending = list(running.app.routes)
    while pending:
        route = pending.pop()
        if isinstance(route, (Mount, WebSocketRoute)):
            continue
        if hasattr(route, "original_router"):
            pending += route.original_router.routes
            continue
        path = re.sub(r"\{name[^}]*\}", "convoy", re.sub(r"\{id[^}]*\}", "abc123", route.path))
        found += [(method, path) for method in route.methods if method != "HEAD"]
    return found


def test_every_answer_carries_the_headers(running: Served, web: httpx.Client) -> None:
    """Pages, parts, files and errors alike say: only our own scripts and styles, no sniffing, no frames but embeds'."""
    asked = routes(running)
    assert len(asked) > 18, asked
    for method, path in asked:
        answer = web.request(method, path)
        framed = "*" if path.startswith("/embed/") else "'none'"
        assert answer.headers["content-security-policy"] == POLICY + framed, path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "same-origin", path
        shared = path.startswith(("/embed/", "/static/"))
        assert answer.headers["cross-origin-resource-policy"] == ("cross-origin" if shared else "same-origin"), path
        assert answer.headers.get("access-control-allow-origin") == ("*" if shared else None), path
        refused = answer.status_code == 503 and "retry-after" in answer.headers
        assert answer.status_code < 500 or refused, (path, answer.text)


def test_the_policy_has_no_exception() -> None:
    """Nothing inline and no eval, neither for scripts nor for styles."""
    for path in ("/", "/embed/abc"):
        assert "unsafe" not in security.policy(path)
        assert "http" not in security.policy(path)


@pytest.mark.parametrize("template", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.stem)
def test_templates_hold_nothing_that_the_policy_forbids(template: Path) -> None:
    """No inline script or style, no handler, no htmx attribute that needs eval, nothing from elsewhere."""
    text = re.sub(r"{[%{].*?[%}]}", "", template.read_text(), flags=re.DOTALL)
    assert not re.search(r"<style|\sstyle\s*=|\son\w+\s*=|hx-on|hx-vals|js:|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(src|href|action|hx-get|hx-post)\s*=\s*[\"']?(https?:)?//", text)
    assert not re.search(r"hx-trigger=\"[^\"]*\[", text)


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: " ".join(headers.values()))
@pytest.mark.parametrize("path", ["/scenarios/convoy/runs", "/runs/abc/stop", "/recordings/abc/delete"])
def test_another_sites_page_changes_nothing(
    web: httpx.Client, running: Served, path: str, headers: dict[str, str]
) -> None:
    """A request that would change something and doesn't come from our own pages is refused before anything happens."""
    before = running.state["runs"].running()
    answer = web.post(path, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert running.state["runs"].running() == before


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "localhost.evil.example"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_that_somebody_points_here_is_refused(web: httpx.Client, host: str, method: str) -> None:
    """An unknown Host gets nothing, reading included."""
    answer = web.request(method, "/", headers={"Host": host})
    assert answer.status_code == 403
    assert "content-security-policy" in answer.headers


def test_ones_own_pages_and_command_line_tools_may(web: httpx.Client, running: Served) -> None:
    """The same origin, and clients that send no Origin at all, pass the guard."""
    own = {"Origin": running.base, "Sec-Fetch-Site": "same-origin"}
    assert web.post("/runs/abc/stop", headers=own).status_code == 404
    assert web.post("/runs/abc/stop").status_code == 404
    assert web.get("/", headers={"Host": f"localhost:{running.port}"}).status_code == 200


def test_allowed_hosts_are_set_by_the_settings() -> None:
    """A server that is reached by another name knows it from its settings, in any case of its letters."""
    known = Settings(allowed_hosts=("Stage.example",))
    assert security.refusal(known, "http", "GET", [(b"host", b"stage.EXAMPLE:8000")]) is None
    assert security.refusal(Settings(), "http", "GET", [(b"host", b"stage.example:8000")])
    assert security.refusal(Settings(), "http", "GET", [(b"host", b"[::1]:8000")]) is None


@pytest.mark.parametrize(
    "headers",
    [*FOREIGN, {"Host": "evil.example", "Origin": "http://evil.example"}],
    ids=lambda headers: " ".join(headers.values()),
)
def test_another_sites_socket_is_refused_before_it_is_accepted(
    running: Served, web: httpx.Client, headers: dict[str, str]
) -> None:
    """The handshake itself is answered with 403; that of our own pages, for the same run, is accepted."""
    path = f"/live/{queued(running, web)}"
    assert handshake(running, path, headers).startswith("HTTP/1.1 403")
    assert handshake(running, path, {"Origin": running.base}).startswith("HTTP/1.1 101")
    assert handshake(running, path, {}).startswith("HTTP/1.1 101")


def queued(running: Served, web: httpx.Client) -> str:
    """The id of a run that waits: this server starts none."""
    waiting: list[str] = running.state["runs"].running()
    return waiting[0] if waiting else str(web.post("/scenarios/convoy/runs").headers["location"]).rpartition("=")[2]


def handshake(running: Served, path: str, headers: dict[str, str]) -> str:
    """The first line that a websocket's handshake gets."""
    given = {
        "Host": f"127.0.0.1:{running.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **headers,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    with socket.create_connection(("127.0.0.1", running.port), 10) as line:
        line.sendall("\r\n".join(lines).encode())
        return line.recv(200).decode("latin-1")


def test_no_answer_tells_of_the_insides(running: Served, web: httpx.Client) -> None:
    """Neither a path nor a traceback nor the server's software stands in any answer."""
    for method, path in routes(running):
        answer = web.request(method, path)
        assert str(ROOT) not in answer.text, path
        assert str(running.settings.data) not in answer.text, path
        assert "Traceback" not in answer.text, path
        assert "server" not in answer.headers, path


def test_embeds_set_no_cookie_and_have_no_control_that_changes_anything() -> None:
    """What stands in somebody else's page can't start, stop, pin or delete."""
    text = (ROOT / "templates" / "embed.html").read_text()
    assert not re.search(r"hx-post|<form|method=|page\.js|htmx", text)


def test_a_form_that_is_too_large_is_refused(web: httpx.Client) -> None:
    """64 kB is more than any form has."""
    answer = web.post("/scenarios/convoy/runs", content=b"a=" + b"x" * 70_000)
    assert answer.status_code == 413
    assert "content-security-policy" in answer.headers
