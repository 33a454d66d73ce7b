"""A heart beats on a loop every {every_ms} ms. Beside it tasks make calls of {takes_ms} ms and await nothing meanwhile ({call}). How long is its longest pause?"""

from gilscope.claims import Measured, duration

CHOICES = ("about {every_ms} ms, as always", "longer, but shorter than a call", "as long as a call, or longer")


def outcome(run: Measured) -> tuple[int, str]:
    (heart,), every = run.tasks("heart"), float(run.parameters["every_ms"]) * 1e6
    call = int(run.steps(run.tasks("sleep", "file", "compute")).length.max())
    pause = run.longest_pause(heart, *run.life(heart))
    run.show([heart], "suspended")
    figures = f"The heart's longest pause was {duration(pause)}, the longest call took {duration(call)}."
    if pause < 1.5 * every:
        return 0, figures
    return (2 if pause >= 0.9 * call else 1), figures
