"""Two threads talk over a socket. Beside them compute: {burners}, in a {burn_in} each. How long do the two wait for the GIL for each message?"""

from gilscope.claims import Measured, duration
from gilscope.predictions import between

CHOICES = ("next to nothing: less than 0.1 ms", "up to a switch interval, 5 ms", "longer than that")


def outcome(run: Measured) -> tuple[int, str]:
    talkers = run.threads("asker", "answerer")
    run.show(talkers, "running")
    waited = run.total(talkers, "gil-wait") / int(run.parameters["messages"])
    return between(waited, (1e5, 5e6)), f"The two waited {duration(waited)} for the GIL a message."
