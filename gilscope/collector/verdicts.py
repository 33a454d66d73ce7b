"""How far a run may go, and how it is said how it ended."""

import math
import signal
from dataclasses import dataclass, fields
from typing import NamedTuple

from gilscope.analysis.text import counted, duration


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use, all its processes together."""

    wall_seconds: float = 30
    cpu_seconds: float = 60
    memory_bytes: float = 1 << 30
    processes: float = 32
    threads: float = 256
    output_bytes: float = 1 << 20
    events: float = 20_000_000


OWN = Limits(**{limit.name: math.inf for limit in fields(Limits)} | {"events": 5_000_000})
"""Of programs of one's own: only as much is recorded as a disk, and whoever looks at it, can bear."""


LIMITS = (
    "wall-limit",
    "cpu-limit",
    "memory-limit",
    "process-limit",
    "thread-limit",
    "output-limit",
    "event-limit",
)
"""The verdicts on runs that went too far."""


class Verdict(NamedTuple):
    """How a run ended: a word of docs/HACKING.md, "The recording file", and a sentence for people."""

    word: str
    sentence: str


STOPPED = Verdict("stopped", "It was stopped by hand. What was recorded until then is kept.")
INTERRUPTED = Verdict(
    "interrupted", "Whoever started it is gone, so it was ended. What was recorded until then is kept."
)
DISK_FULL = Verdict(
    "disk-full", "The disk is full, so it was ended. What was recorded until then is kept. Make room, and run it again."
)

CTRL_C = Verdict("stopped", "It was ended by SIGINT, as Ctrl-C sends it.")


def recorded_no_further(verdict: Verdict) -> Verdict:
    """What there is to say of a program that goes on without being recorded."""
    why = verdict.sentence.partition(": it was ended")[0].partition(", so it was ended")[0]
    return verdict._replace(sentence=f"{why}: the recording ends here, and the program went on without it.")


def ended(exit_code: int | None, signal_number: int | None) -> Verdict:
    """The verdict on a run whose first process ended by itself."""
    if signal_number is not None:
        return Verdict("killed", f"It was killed by signal {signal_number} ({_signal_name(signal_number)}).")
    if exit_code:
        return Verdict("failed", f"It ended with exit code {exit_code}.")
    return Verdict("ok", "It ended by itself.")


def exceeded(word: str, used: float, limits: Limits) -> Verdict:
    """The verdict on a run that went too far. ``used`` is in the unit of the limit that ``word`` names."""
    match word:
        case "wall-limit":
            fact, limit = f"It took {duration(used * 1e9)}", duration(limits.wall_seconds * 1e9)
        case "cpu-limit":
            fact, limit = f"It computed for {duration(used * 1e9)}", duration(limits.cpu_seconds * 1e9)
        case "memory-limit":
            fact, limit = f"It held {_size(used)} of memory", _size(limits.memory_bytes)
        case "process-limit":
            fact, limit = f"It had {counted(int(used), 'process', 'processes')}", f"{limits.processes:,}"
        case "thread-limit":
            fact, limit = f"It had {counted(int(used), 'thread')}", f"{limits.threads:,}"
        case "output-limit":
            fact, limit = f"It printed {used:,.0f} bytes", f"{limits.output_bytes:,}"
        case "event-limit":
            fact, limit = f"It caused {counted(int(used), 'event')}", f"{limits.events:,}"
        case _:
            raise ValueError(f"{word!r} isn't the verdict on a limit")
    return Verdict(word, f"{fact}, and {limit} is the limit: it was ended. What was recorded until then is kept.")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "a real-time signal"


def _size(count: float) -> str:
    """``1 GiB``, ``1.213 GiB``: limits are powers of two."""
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.4g} {unit}"
        count /= 1024
    return f"{count:.4g} GiB"
