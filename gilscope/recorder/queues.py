"""What is hooked in `queue`. LifoQueue and PriorityQueue inherit it; SimpleQueue is written in C (see _locks.c)."""

import queue

from gilscope.events import TrackKind
from gilscope.recorder import _probe
from gilscope.recorder.threads import Place

_CONDITIONS = (
    ("not_empty", _probe.ITEM),
    ("not_full", _probe.ROOM),
    ("all_tasks_done", _probe.NEWS),
)
"""put() ends by telling `not_empty`, get() by telling `not_full`, both while they hold the queue's lock."""


def places() -> list[Place]:
    """Every hook of this module, made new."""
    methods = vars(queue.Queue)
    return [
        (
            queue.Queue,
            "__init__",
            _probe.hook(methods["__init__"], "made", TrackKind.QUEUE, "maxsize", _CONDITIONS),
        ),
        (queue.Queue, "put", _probe.hook(methods["put"], "inside")),
        (queue.Queue, "get", _probe.hook(methods["get"], "inside")),
    ]
