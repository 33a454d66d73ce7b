"""Two threads talk over a socket; beside them compute: {burners}. How long do the two wait for the GIL for each message?"""

from gilscope.claims import Measured, duration
from gilscope.predictions import between

CHOICES = (
    "next to nothing: less than 0.1 ms",
    "less than a switch interval, {switch_interval_ms} ms",
    "one or two switch intervals",
    "more than that",
)


def outcome(run: Measured) -> tuple[int, str]:
    talkers = run.threads("asker", "answerer")
    run.show(talkers, "gil-wait")
    waited = run.total(talkers, "gil-wait") / int(run.parameters["messages"])
    interval = float(run.parameters["switch_interval_ms"]) * 1e6
    choice = 0 if waited < 1e5 else 1 + between(waited, (interval * 0.98, interval * 2.5))
    return (
        choice,
        f"The two waited {duration(waited)} for the GIL a message, at a switch interval of {duration(interval)}.",
    )
