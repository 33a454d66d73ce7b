"""Beside a thread that computes, a thread that does I/O pays a switch interval at its wake-ups."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (11,)


def claim(run: Measured) -> Verdict:
    talkers = run.threads("asker", "answerer")
    messages = int(run.parameters["messages"])
    waited = run.total(talkers, "gil-wait") / messages
    if not run.parameters["burners"]:
        return not_measured(f"Nothing computed beside the two: they waited {duration(waited)} for the GIL a message.")
    interval = float(run.parameters["switch_interval_ms"]) * 1e6
    requests = run.counted(talkers, "drop_requests")
    figures = (
        f"{messages} messages, {requests} drop requests by the two that talk: {duration(waited)} of waiting for the GIL "
        f"a message, at a switch interval of {duration(interval)}."
    )
    # Half of each will do: now and then the burner lets go for the other of the two, or has just been put off its core.
    return confirmed(figures) if requests >= messages / 2 and waited >= interval / 2 else refuted(figures)
