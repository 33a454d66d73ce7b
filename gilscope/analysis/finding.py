"""What a finding is: a sentence that a recording proves, with the spans that prove it."""

from dataclasses import dataclass, field

import numpy as np

from gilscope.analysis.spans import Spans

Stretch = tuple[int, int, int]
"""Track, from, to (ns)."""

MOST_SPANS = 50
WORTH_TELLING_NS = 1_000_000
"""What takes less time than this in a whole run is no finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is proved, and by which spans."""

    kind: str
    title: str
    sentence: str
    state: str
    """The state whose colour it has."""
    spans: list[Stretch] = field(default_factory=list)
    weight: float = 0
    """Larger comes first."""


def proof(spans: Spans) -> list[Stretch]:
    """The longest of them, by time."""
    some = spans[np.sort(spans.length.argsort(kind="stable")[::-1][:MOST_SPANS])]
    return list(zip(some.track.tolist(), some.begin.tolist(), some.end.tolist(), strict=True))
