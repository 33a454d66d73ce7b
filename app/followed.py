"""Recordings that somebody else writes into the folder: followed as runs are, and taken into the index when they end.

Their writer holds the file (``gilscope/recording/hold.py``). One without an end that nobody holds has broken off.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from app import analysed
from app.going import LOOK_SECONDS, Going
from app.recordings_kept import Recording, described
from app.store import Store
from app.tail import Tail
from gilscope.recording import is_held

log = logging.getLogger("gilscope")

GONE = "Its file is gone, so nothing of it can be shown any more."


@dataclass(eq=False, kw_only=True)
class Followed(Going):
    """One of them. ``begun``: what its header says of it."""

    begun: Recording


class Following:
    """All of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._followed: dict[str, Followed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def find(self, id: str) -> Followed | None:
        return self._followed.get(id)

    async def begin(self, ids: Iterable[str]) -> None:
        """Follow these, whose files are there; what has ended already is taken in at once."""
        for id in ids:
            path = self.store.path(id)
            begun = await asyncio.to_thread(described, id, path)
            if begun is None:
                log.warning("%s isn't a recording", path)
                continue
            followed = self._followed[id] = Followed(id=id, tail=Tail(path), state="running", begun=begun)
            task = asyncio.create_task(self._follow(followed), name=f"follow {id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """What goes on is found again at the next start."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, followed: Followed) -> None:
        """From now to its analysis."""
        tail, id = followed.tail, followed.id
        try:
            held = True
            while held and tail.end is None and tail.damage is None:
                # Whether it is held is asked first: all that was written until the hold ended is read then.
                held = await asyncio.to_thread(is_held, tail.path)
                await followed.look()
                await asyncio.sleep(LOOK_SECONDS if held else 0)
            recording = await asyncio.to_thread(self.store.take_in, id)
            followed.end(*(recording.verdict, recording.sentence) if recording else ("interrupted", GONE))
            if recording:
                await analysed.analyse(self.store, [id])
        except Exception:
            log.exception("recording %s", id)
            if followed.state != "ended":
                followed.end("interrupted", "The server failed to follow this recording. Its log says more.")
        finally:
            del self._followed[id]
            followed.bell.ring()
