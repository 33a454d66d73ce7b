"""Requests: {requests}, and {limit} of them at a time. The server takes {latency_ms} ms over each answer. How long do all of them take?"""

from gilscope.claims import Measured, duration

CHOICES = ("about {latency_ms} ms: all together", "several times that: a few together", "one after the other")


def outcome(run: Measured) -> tuple[int, str]:
    requests = run.tasks("request ")
    run.show(requests, "suspended")
    took, most = run.elapsed(requests), run.most_taken("slots")
    figures = f"They took {duration(took)}, with at most {most} at a time."
    if most == len(requests):
        return 0, figures
    return (2 if most == 1 else 1), figures
