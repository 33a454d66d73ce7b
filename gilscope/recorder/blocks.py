"""What is hooked in `multiprocessing.shared_memory`: memory that several processes have at once, so that nothing is copied.

A block goes by its name, which is the same in all processes.
"""

from __future__ import annotations

import sys

from gilscope.events import Kind, TrackKind
from gilscope.recorder import _probe
from gilscope.recorder.shared import PIPE, key, made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from gilscope.recorder.threads import Place


def of_shared_memory(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.shared_memory`."""
    block = module.SharedMemory
    steps = (
        ("__init__", _opens, _opened),
        ("close", _closes, _closed),
        ("unlink", _itself, _unlinked),
    )
    return [(block, name, _probe.around(vars(block)[name], before, after)) for name, before, after in steps]


def _key(block: Any) -> int:
    return key(PIPE, f"memory {block.name}")


def _opens(block: object, name: object = None, create: bool = False, *_: object, **__: object) -> tuple[object, bool]:
    return block, create


def _opened(noted: tuple[Any, bool], result: object, error: object) -> None:
    block, create = noted
    if error is None:
        if create:
            made(block, TrackKind.SHARED_MEMORY, _key(block), block.size, sys._getframe(1))
        _probe.emit(Kind.MEMORY_OPENED, 0, TrackKind.SHARED_MEMORY, _key(block), block.size)


def _closes(block: Any) -> Any:
    """It, unless this process doesn't have it any more."""
    return block if getattr(block, "_mmap", None) is not None else None


def _itself(block: object) -> object:
    return block


def _closed(block: Any, result: object, error: object) -> None:
    if block is not None and error is None:
        _probe.emit(Kind.MEMORY_CLOSED, 0, TrackKind.SHARED_MEMORY, _key(block), block.size)


def _unlinked(block: Any, result: object, error: object) -> None:
    if error is None:
        _probe.emit(Kind.MEMORY_CLOSED, 0, TrackKind.SHARED_MEMORY, _key(block), 0)
