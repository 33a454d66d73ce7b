"""What another process computes neither blocks the loop nor takes its GIL."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (44,)


def claim(run: Measured) -> Verdict:
    (heart,), every = run.tasks("heart"), float(run.parameters["every_ms"]) * 1e6
    lives = {call["name"]: run.life(call) for call in run.works("request")}
    pauses = {name: run.longest_pause(heart, *life) for name, life in lives.items()}
    told = [
        f"{duration(pauses[name])} while {name} took {duration(end - begin)}" for name, (begin, end) in lives.items()
    ]
    figures = f"The heart, which beats every {duration(every)}, was silent for at most {', '.join(told)}."
    if any(end - begin < 2 * every for begin, end in lives.values()):
        return not_measured(f"So short a call would hold up hardly anybody. {figures}")
    if run.workers(run.works("request")) & set(run.steps([heart]).track.tolist()):
        return refuted(f"A call ran on the thread of the loop. {figures}")
    beats = run.steps([heart]).begin[1:]
    if any(not ((begin < beats) & (beats < end)).any() for begin, end in lives.values()):
        return depends(f"On a core, and the GIL, that are free for the loop. {figures}")
    return confirmed(figures)
