"""What is hooked in `threading`: which method, and what the hook does there (see _hooks.c)."""

import threading

from gilscope.events import TrackKind
from gilscope.recorder import _probe

Place = tuple[object, str, object]
"""A class or a module, the name of its attribute, and what is to stand there."""

_OWN = (("_cond", _probe.NEWS),)
"""The condition on which an event, a semaphore or a barrier lets its threads wait."""


def places() -> list[Place]:
    """Every hook of this module, made new."""
    made = (
        (threading.Condition, TrackKind.CONDITION, None, ()),
        (threading.Event, TrackKind.EVENT, None, _OWN),
        (threading.Semaphore, TrackKind.SEMAPHORE, "_value", _OWN),
        (threading.BoundedSemaphore, TrackKind.SEMAPHORE, "_value", _OWN),
        (threading.Barrier, TrackKind.BARRIER, "_parties", _OWN),
    )
    steps = (
        (threading.Condition, "wait", "wait"),
        (threading.Condition, "notify", "notify"),
        (threading.Barrier, "wait", "inside"),
        (threading.Thread, "_bootstrap", "life"),
        (threading.Thread, "join", "join"),
    )
    found: list[Place] = [
        (
            owner,
            "__init__",
            _probe.hook(vars(owner)["__init__"], "made", kind, capacity, conditions),
        )
        for owner, kind, capacity, conditions in made
    ]
    found += [(owner, name, _probe.hook(vars(owner)[name], step)) for owner, name, step in steps]
    take = _probe.hook(vars(threading.Semaphore)["acquire"], "take")
    found += [(threading.Semaphore, name, take) for name in ("acquire", "__enter__")]  # one function, two names
    name = vars(threading.Thread)["name"]
    found.append((threading.Thread, "name", name.setter(_probe.hook(name.fset, "name"))))
    return found
