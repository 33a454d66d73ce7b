"""The commands that start the web application: ``serve``, and ``show`` with recordings that lie anywhere.

Exit codes are those of ``cli.py``. ``python -m gilscope.serving FILE`` is the server of ``gilscope run --show`` (``watching.py``).
"""

import argparse
import asyncio
import os
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import uvicorn

from app import main as application
from app.beside import MOST
from app.recordings_kept import described
from app.settings import Settings, from_environment
from app.store import SUFFIX, new_id
from gilscope.errors import BadRecording, Refused
from gilscope.recording import is_held
from gilscope.terminal import OK


def serve(chosen: argparse.Namespace) -> int:
    """Bind first, so that a port in use is a sentence, then start the application on that very socket."""
    data = chosen.data and chosen.data.expanduser().resolve()
    settings = _with(from_environment(), host=chosen.host, port=chosen.port, data=data)
    listening = listen(settings.host, settings.port)
    settings = replace(settings, port=listening.getsockname()[1])
    print(f"Gilscope is at {_address(listening)}/ — Ctrl-C ends it.", flush=True)
    _serve(settings, listening)
    return OK


def show(chosen: argparse.Namespace) -> int:
    """In a store of its own, in which these recordings are links, and which is gone afterwards."""
    if len(chosen.files) > MOST:
        raise BadRecording(f"At most {MOST} recordings can be shown beside each other, not {len(chosen.files)}.")
    with _own_store(chosen.host, chosen.port) as settings:
        ids = _link(chosen.files, settings.recordings)
        listening = listen(settings.host, settings.port)
        settings = replace(settings, port=listening.getsockname()[1])
        address = f"{_address(listening)}/{page_of(ids)}"
        print(
            f"{address} — Ctrl-C ends it. Marks are kept in the file; what is run there isn't kept: `gilscope serve` does that.",
            flush=True,
        )
        if not chosen.no_browser:
            threading.Thread(
                target=webbrowser.open, args=(address,), daemon=True
            ).start()  # some only return when closed
        _serve(settings, listening)
    return OK


class Beside(uvicorn.Server):
    """Serves the page of a recording that another process is about to write. It tells the page's address on standard
    output when it is ready; a line on standard input says that the file is there, its end that this server is to end."""

    def __init__(self, config: uvicorn.Config, file: Path, root: str, browser: bool) -> None:
        super().__init__(config)
        self.file, self.root, self.browser = file, root, browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self.obeying = asyncio.create_task(self._obey())

    async def _obey(self) -> None:
        try:
            await self._follow()
        except BrokenPipeError:
            pass  # the command ended while this one started
        finally:
            self.should_exit = True

    async def _follow(self) -> None:
        state, id = self.lifespan.state, new_id()
        told = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
        await state["interpreters"].all()  # looking for them takes a core, which the program is to have
        address = f"{self.root}/{page_of([id])}"
        os.write(1, f"{address}\n".encode())
        if await told.readline():
            state["store"].path(id).symlink_to(self.file)
            await state["following"].begin([id])
            if self.browser:
                await _open(address)
            await told.read()


async def _open(address: str) -> None:
    """In a browser that has nothing of the terminal."""
    null = asyncio.subprocess.DEVNULL
    await asyncio.create_subprocess_exec(
        sys.executable, "-m", "webbrowser", address, stdin=null, stdout=null, stderr=null, start_new_session=True
    )


def beside(file: Path, browser: bool) -> None:
    """Until standard input ends."""
    with _own_store(None, 0) as settings:
        listening = listen(settings.host, settings.port)
        settings = replace(settings, port=listening.getsockname()[1])
        Beside(_config(settings), file, _address(listening), browser).run(sockets=[listening])


@contextmanager
def _own_store(host: str | None, port: int) -> Iterator[Settings]:
    """Settings with a store that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gilscope-show-") as folder:
        settings = _with(from_environment(), host=host, port=port, data=Path(folder))
        yield replace(settings, shipped=Path(folder) / "none")


def page_of(ids: Sequence[str]) -> str:
    """Where recordings are seen: one on its page, several beside each other."""
    return f"recordings/{ids[0]}" if len(ids) == 1 else f"compare?ids={','.join(ids)}"


def _with(settings: Settings, **given: object) -> Settings:
    known = {name: value for name, value in given.items() if value is not None}
    return replace(settings, **known)  # type: ignore[arg-type]


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _serve(settings: Settings, listening: socket.socket) -> None:
    with suppress(KeyboardInterrupt):  # the usual end of a server
        uvicorn.Server(_config(settings)).run(sockets=[listening])


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        application.create_app(settings), log_level="warning", access_log=False, **application.UVICORN
    )


def _link(files: Sequence[Path], folder: Path) -> list[str]:
    """Put the recordings into the folder, each once; their ids there."""
    paths = {file.expanduser().resolve(): file for file in files}
    for path, file in paths.items():
        try:
            path.open("rb").close()
        except OSError as error:
            raise BadRecording(f"{file} can't be read: {error.strerror}. Expected a recording.") from None
        if described("", path) is None:
            raise BadRecording(f"{file} isn't a recording, or not even its header is whole. `gilscope run` makes them.")
        if len(paths) > 1 and is_held(path):
            raise BadRecording(f"{file} is still being recorded. Show it by itself, or when it has ended.")
    folder.mkdir(parents=True)
    ids = []
    for path in paths:
        ids.append(new_id())
        (folder / f"{ids[-1]}{SUFFIX}").symlink_to(path)
    return ids


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, or ``Refused`` with what stands in the way."""
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OverflowError:
        raise Refused(f"There is no port {port}. Choose one from 1 to 65535, or 0 for any that is free.") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise Refused(
            f"Can't listen on {host}, port {port}: {reason}. Choose another with --port (0: any that is free) or --host."
        ) from None


if __name__ == "__main__":
    try:
        beside(Path(sys.argv[1]), "--open" in sys.argv[2:])
    except Refused as error:
        sys.exit(f"gilscope: {error}")
