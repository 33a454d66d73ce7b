"""Pieces of computing: {pieces}, on threads, in processes and in tasks. Of which ways do several run at the same instant?"""

from gilscope.claims import Measured, NotSeen

CHOICES = ("of none", "of processes only", "of processes and threads", "of tasks, too")


def outcome(run: Measured) -> tuple[int, str]:
    if run.parameters["way"] != "all":
        raise NotSeen(f"Only {run.parameters['way']} ran, so there is nothing to compare it with.")
    threads, processes, tasks = run.threads("thread "), run.threads("process "), run.tasks("task ")
    run.show(processes, run.executes)
    of_threads, of_processes = (run.most_at_once(tracks, run.executes) for tracks in (threads, processes))
    of_tasks = run.most_at_once(tasks, "running")
    choice = 3 if of_tasks > 1 else 2 if of_threads > 1 else int(of_processes > 1)
    sentence = f"At most {of_threads} of the threads ran at the same instant, {of_processes} of the processes, {of_tasks} of the tasks."
    return choice, sentence
