"""Numbers, {size_kb} kB: once they are sent to a process, once they lie in shared memory and only its name is sent. How much faster is that?"""

import re

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("not faster", "up to 10 times as fast", "10 to 100 times as fast", "more than that")


def outcome(run: Measured) -> tuple[int, str]:
    took = {way: float(ms) for way, ms in re.findall(r"(sent|shared): ([\d.]+) ms", run.output)}
    if len(took) < 2:
        raise NotSeen("The program didn't print how long both ways took.")
    run.show(run.threads("MainThread"), "outside")
    figures = f"Sent they took {took['sent']} ms, shared {took['shared']} ms."
    return between(took["sent"] / max(took["shared"], 1e-3), (1, 10, 100)), figures
