"""Threads: {threads}. They hash blocks of {large_bytes} bytes, then as many bytes in blocks of {small_bytes}. What takes longer?"""

import re

from gilscope.claims import Measured, NotSeen

CHOICES = ("the large blocks", "both about the same", "the small blocks")


def outcome(run: Measured) -> tuple[int, str]:
    took = {name: int(ms) for name, ms in re.findall(r"(\w+): .* in (\d+) ms", run.output)}
    if took.keys() != {"large", "small"}:
        raise NotSeen("The program didn't print how long it took.")
    run.show(run.threads("small "), "gil-wait")
    ratio = took["small"] / max(took["large"], 1)
    choice = 0 if ratio < 0.85 else 1 if ratio < 1.15 else 2
    return choice, f"The large blocks took {took['large']} ms, the small ones {took['small']} ms."
