"""Two counters take turns.

Counting is pure Python: only the thread that holds the GIL counts, whatever the number of cores.
Neither ever waits for anything, so each keeps the GIL until the other has waited a whole switch
interval for it and sends a drop request. Serial, one after the other, the same work takes about
as long, without a single handoff.

Parameters:
    mode: all at once on threads of their own, or one after the other
    threads: 1..16, how many counters run
    work_ms: 10..2000, how long each would take alone
"""

from threading import Thread
from time import thread_time
from typing import Literal


def count(work_ms):
    """Count until this thread has computed for so long; time without a core or the GIL isn't counted."""
    end = thread_time() + work_ms / 1000
    number = 0
    while thread_time() < end:
        number += 1


def run(mode: Literal["threads", "serial"] = "threads", threads: int = 2, work_ms: int = 200):
    counters = [Thread(target=count, args=(work_ms,), name=f"counter {number + 1}") for number in range(threads)]
    for counter in counters:
        counter.start()
        if mode == "serial":
            counter.join()
    for counter in counters:
        counter.join()


if __name__ == "__main__":
    run()
