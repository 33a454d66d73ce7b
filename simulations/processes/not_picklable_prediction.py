"""Here is a {thing}. Four ways are to send it to a process: as its argument, through two pools, through a queue. In how many does it arrive?"""

from gilscope.claims import Measured, NotSeen, times

CHOICES = ("in all four", "in two or three", "in one", "in none")


def outcome(run: Measured) -> tuple[int, str]:
    if "through_queue: " not in run.output:
        raise NotSeen("The program didn't print what became of all four ways.")
    arrived = run.output.count("it arrived")
    run.show(run.threads("MainThread"), "outside")
    sentence = f"It arrived in {arrived} of 4 ways; pickling failed {times(run.not_pickled)}."
    return (3, 2, 1, 1, 0)[arrived], sentence
