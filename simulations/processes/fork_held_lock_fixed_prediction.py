"""A thread holds a lock for {hold_ms} ms. A child that was started like this, {way}, wants a lock of the same name. How long does it wait?"""

from gilscope.claims import Measured, duration

CHOICES = ("not for the thread: its lock is another one", "until the thread lets go of it", "for ever")


def outcome(run: Measured) -> tuple[int, str]:
    child = run.threads("child")
    run.show(child, "running", "native")
    waited = run.total(child, "blocked")
    if "the child has written" not in run.output:
        return 2, f"The child waited {duration(waited)}, until it was ended."
    choice = int(waited > float(run.parameters["hold_ms"]) * 1e6 / 2)
    return choice, f"The child was blocked for {duration(waited)} of its life."
