"""Two transfers. Both lock checking before savings, and have it for {pause_ms} ms. What becomes of them?"""

from gilscope.claims import Measured, duration

CHOICES = ("both come through, at the same time", "both come through, one after the other", "not both come through")


def outcome(run: Measured) -> tuple[int, str]:
    transfers, through = run.threads("transfer "), run.output.count("transferred")
    run.show(transfers, "blocked")
    waited = run.total(transfers, "blocked")
    figures = f"{through} of 2 came through; they waited {duration(waited)} for each other."
    if through < 2:
        return 2, figures
    return int(waited > float(run.parameters["pause_ms"]) * 1e6 / 2), figures
