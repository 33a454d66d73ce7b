"""Findings about cores: who has none, and which of them nobody uses."""

from gilscope.analysis.finding import WORTH_TELLING_NS, Finding, proof
from gilscope.analysis.text import duration, times
from gilscope.analysis.timeline import Timeline
from gilscope.events import State


def _stalled(timeline: Timeline) -> list[Finding]:
    """The holder of the GIL had no core, while others waited."""
    spans = timeline.thread_spans
    stalled = spans[spans.state == State.STALLED]
    total = int(stalled.length.sum())
    if total < WORTH_TELLING_NS:
        return []
    longest = int(stalled.length.argmax())
    sentence = (
        f"The thread that held the GIL lost its core {times(len(stalled))}: for {duration(total)} in all, nobody "
        f"executed Python although somebody held the GIL. The longest was {timeline.name(stalled.track[longest])}, "
        f"{duration(int(stalled.length[longest]))}."
    )
    share = total / max(timeline.duration_ns, 1)
    return [
        Finding(
            "stalled-holder",
            "The holder of the GIL had no core",
            sentence,
            "stalled",
            proof(stalled),
            300 + 200 * share,
        )
    ]


RULES = (_stalled,)
