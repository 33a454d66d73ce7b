"""A heart beats on a loop every {every_ms} ms. Calls of {takes_ms} ms run on a thread beside it ({call}). How long is its longest pause?"""

from gilscope.claims import Measured, duration

CHOICES = ("about {every_ms} ms, as always", "longer, but shorter than a call", "as long as a call, or longer")


def outcome(run: Measured) -> tuple[int, str]:
    (heart,), every = run.tasks("heart"), float(run.parameters["every_ms"]) * 1e6
    lives = [run.life(call) for call in run.works("request")]
    call = max(end - begin for begin, end in lives)
    pause = run.longest_pause(heart, lives[0][0], lives[-1][1])
    run.show([heart], "suspended")
    figures = f"The heart's longest pause was {duration(pause)}, the longest call took {duration(call)}."
    if pause < 1.3 * every:
        return 0, figures
    return (2 if pause >= 0.9 * call else 1), figures
