"""Main forks while a lock is {fork_while}; a thread that has it keeps it for {hold_ms} ms more. The child wants it, too. When does it get it?"""

from gilscope.claims import Measured, duration

CHOICES = ("at once", "when the thread lets go of it", "never")


def outcome(run: Measured) -> tuple[int, str]:
    child = run.threads("child")
    run.show(child, "blocked")
    waited = run.total(child, "blocked")
    if "the child has written" not in run.output:
        return 2, f"The child waited {duration(waited)}, and still didn't have it when it was ended."
    choice = int(waited > float(run.parameters["hold_ms"]) * 1e6 / 2)
    return choice, f"The child was blocked for {duration(waited)} before it was through."
