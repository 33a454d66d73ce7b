"""One thread serves many connections that stay open, because nearly all of them wait at any time."""

import re

from gilscope.claims import Measured, Verdict, confirmed, not_measured, refuted

ROWS = (51,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) of (\d+) messages were heard", run.output)
    if not told:
        return not_measured("The program didn't print how many messages were heard.")
    clients = run.tasks("client ")
    if len(clients) == 1:
        return not_measured("One connection alone is no company.")
    waiting, running = run.most_at_once(clients, "suspended"), run.most_at_once(clients, "running")
    figures = (
        f"Of {len(clients)} clients, each with a connection of its own, {waiting} waited at the same time, and at most {running} "
        f"ran; {told[1]} of {told[2]} messages were heard."
    )
    if told[1] != told[2] or running > 1:
        return refuted(figures)
    return confirmed(figures) if waiting == len(clients) else refuted(figures)
