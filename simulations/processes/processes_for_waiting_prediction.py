"""Clients: {clients}. Each waits {latency_ms} ms for a server, once as a process, once as a thread. How much longer does it take with processes?"""

import re

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("no longer: less than a tenth more", "up to half as long again", "longer than that")


def outcome(run: Measured) -> tuple[int, str]:
    took = {kind: int(ms) for kind, ms in re.findall(r"all on (process|thread): (\d+) ms", run.output)}
    if len(took) < 2:
        raise NotSeen("The program didn't print how long both kinds of clients took.")
    run.show(run.threads("process "), "outside")
    figures = f"All answers were there after {took['process']} ms with processes, {took['thread']} ms with threads."
    return between(took["process"] / max(took["thread"], 1), (1.1, 1.5)), figures
