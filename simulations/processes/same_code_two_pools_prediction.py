"""Pieces: {pieces}, {work}, on {workers} threads and on as many processes, which must be started. Which pool is through first?"""

import re

from gilscope.claims import Measured, NotSeen

CHOICES = ("the threads", "the processes", "both about the same")


def outcome(run: Measured) -> tuple[int, str]:
    took = [float(ms) for ms in re.findall(r"PoolExecutor: .* after ([\d.]+) ms", run.output)]
    if len(took) < 2:
        raise NotSeen("The program didn't print how long both pools took.")
    threads, processes = took
    run.show(run.threads("ForkProcess-", "SpawnProcess-", "ForkServerProcess-"), run.executes)
    figures = f"The threads took {threads:.1f} ms, the processes {processes:.1f} ms with their start."
    if abs(threads - processes) < 0.1 * max(took):
        return 2, figures
    return int(processes < threads), figures
