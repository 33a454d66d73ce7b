"""Files: {files}, and {missing} more that don't exist. A pool that may have {workers} threads is to hash them. How many does it start?"""

from gilscope.claims import Measured

CHOICES = ("all that it may have", "one for each call", "fewer: whoever is free gets the next call")


def outcome(run: Measured) -> tuple[int, str]:
    workers, works = run.threads("worker"), run.works("digest")
    run.show(workers, "running", "native")
    figures = f"It started {len(workers)}, for {len(works)} calls."
    if len(workers) == run.parameters["workers"]:
        return 0, figures
    return (1 if len(workers) == len(works) else 2), figures
