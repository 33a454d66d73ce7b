"""A burner in a process of its own doesn't hold up the threads that talk."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (11,)

SWITCH_INTERVAL = 5e6
"""ns; the scenario leaves it as CPython sets it."""


def claim(run: Measured) -> Verdict:
    waited = run.total(run.threads("asker", "answerer"), "gil-wait") / int(run.parameters["messages"])
    interval = duration(SWITCH_INTERVAL)
    figures = f"The two that talk waited {duration(waited)} for the GIL a message; a switch interval is {interval}."
    if not run.parameters["burners"] or run.parameters["burn_in"] == "thread":
        return not_measured(f"No process computed beside them. {figures}")
    return confirmed(figures) if waited < SWITCH_INTERVAL / 5 else refuted(figures)
