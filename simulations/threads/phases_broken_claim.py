"""When one doesn't come, whoever loses patience first breaks the barrier for everybody."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (19,)


def claim(run: Measured) -> Verdict:
    others, broken = int(run.parameters["workers"]) - 1, run.output.count("broken in phase 2")
    if run.parameters["complete"]:
        return not_measured("Everybody came.")
    if early := run.output.count("broken in phase 1"):
        return not_measured(
            f"Already in the first phase {early} workers lost patience with those who were still on their way."
        )
    waits = run.waits("gate")
    ends = sorted(waits.end.tolist())[-others:]
    figures = (
        f"{broken} of the {others} that were left got the error, the last {duration(ends[-1] - ends[0])} after the first; the "
        f"longest had waited {duration(int(waits.length.max()))}."
    )
    return confirmed(figures) if broken == others else refuted(figures)
