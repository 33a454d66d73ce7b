"""A small web application under load: JSON from a coroutine, a page from a template in a thread of the pool."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import DictLoader, Environment

CONNECTIONS = 8
CLIENT = Path(__file__).with_name("web_client.py")
PAGE = """<!doctype html><title>{{ title }}</title><table>
{% for item in items %}<tr class="{{ loop.cycle('odd', 'even') }}"><td>{{ item.id }}<td>{{ item.name | title }}<td>{{ item.tags | join(', ') }}
{% endfor %}</table>"""

app = FastAPI()
page = Environment(loader=DictLoader({"page": PAGE}), autoescape=True).get_template("page")


def items(count: int) -> list[dict[str, Any]]:
    """What a database would give."""
    return [{"id": n, "name": f"item {n}", "tags": [f"tag {n % 3}", "<shown>"]} for n in range(count)]


@app.get("/items")
async def as_json(count: int = 20) -> dict[str, Any]:
    """A parameter that is checked, and JSON."""
    return {"count": count, "items": items(count)}


@app.get("/page")
def as_page() -> HTMLResponse:
    """Not a coroutine, so in a thread."""
    return HTMLResponse(page.render(title="Items", items=items(20)))


def load(server: uvicorn.Server, port: int, n: int) -> None:
    """Let a process of its own ask n times, say how long that took, and end the server."""
    command = [sys.executable, str(CLIENT), str(port), str(n), str(CONNECTIONS)]
    try:
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(json.dumps({"ns": told["ns"]}), flush=True)
    finally:
        server.should_exit = True


def run(n: int) -> None:
    """Serve n requests."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    loading = threading.Thread(target=load, args=(server, listening.getsockname()[1], n), name="load")
    loading.start()
    server.run(sockets=[listening])
    loading.join()


if __name__ == "__main__":
    run(int(sys.argv[1]))
