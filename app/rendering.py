"""Templates: pages, partials, and the pages that say what went wrong."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import security, static, words
from gilscope import __version__, advice
from gilscope.analysis.text import about, duration

ROOT = Path(__file__).resolve().parent.parent
VARY = "HX-Request, HX-Request-Type"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for filter in (duration, about, words.size, words.number, words.moment, words.label, words.paragraphs):
        environment.filters[filter.__name__] = filter
    environment.filters |= {"given": words.value, "listed": words.parameters, "first_sentence": words.first_sentence}
    environment.filters |= {"way": advice.name, "spread": words.spread}
    environment.globals |= {"version": __version__, "chapters": words.CHAPTERS, "verdicts": words.VERDICTS}
    environment.globals["states"] = words.STATES
    environment.globals["vendor"] = _vendor()
    return environment


def _vendor() -> dict[str, dict[str, str]]:
    """Address and hash of the vendored script that pages load, from the manifest beside it."""
    manifest = json.loads((ROOT / "static" / "vendor" / "manifest.json").read_text(encoding="utf-8"))
    hashes = {path: digest for package in manifest for path, digest in package["files"].items()}
    path = next(path for path in hashes if path.endswith("/htmx.min.js"))
    return {"htmx": {"src": f"/static/vendor/{path}", "integrity": hashes[path]}}


ENVIRONMENT = _environment()


def is_htmx(request: Request) -> bool:
    """Asked for by htmx, for a part of a page; a page that it restores for the back button is a whole one."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"


def render(
    template: str, context: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """An answer from a template. A name that the template uses and the context lacks is an error."""
    html = ENVIRONMENT.get_template(template).render({**context, "static": cache(static.address)})
    return HTMLResponse(html, status, {"Vary": VARY, "Cache-Control": "no-cache", **(headers or {})})


async def error_page(
    request: Request, status: int, title: str, sentence: str, headers: Mapping[str, str] | None = None
) -> Response:
    """What was wrong, what was expected, what to do; for htmx as a note on the page that asked, for modules as JSON."""
    context = {"status": status, "title": title, "sentence": sentence, "now": datetime.now(UTC)}
    own = dict(headers or {})
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"title": title, "sentence": sentence}, status, own)
    if is_htmx(request):
        own |= {"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"}
        return render("_partials/notice.html", context, status, own)
    if request.url.path.startswith(security.EMBED):
        return render("embed_error.html", context, status, own)
    return render("error.html", context, status, own)
