"""Threads: {threads}, all of them computing in Python. How long do they take together, against one after the other?"""

import re

from gilscope.claims import Measured, NotSeen

CHOICES = ("far less: they share the work", "about as long", "clearly longer")


def outcome(run: Measured) -> tuple[int, str]:
    took = {way: sum(map(int, re.findall(rf"{way}: (\d+) ms", run.output))) for way in ("alone", "together")}
    if not all(took.values()):
        raise NotSeen("The program didn't print how long it took.")
    run.show(run.threads("together "), "gil-wait")
    ratio = took["together"] / took["alone"]
    choice = 0 if ratio < 0.75 else 1 if ratio < 1.3 else 2
    return choice, f"One after the other {took['alone']} ms, together {took['together']} ms."
