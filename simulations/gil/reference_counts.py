"""Counting references is why there is a GIL.

Every object counts who refers to it, and goes when nobody does. Here threads take and drop millions
of references, first each to an object of its own, then all to the same one. With a GIL only one of
them counts at a time, so counting is cheap and right. Without one, each step on a shared object must
be safe against the others: still right, but dearer by far.

Parameters:
    threads: 1..8, how many count at the same time
    rounds: 5..3000, how often each takes and drops ten thousand references
"""

import sys
from itertools import repeat
from threading import Thread


def refer(thing, rounds):
    thing = thing or ["a thing of its own"]
    for _ in range(rounds):
        list(repeat(thing, 10_000))


def run(threads: int = 2, rounds: int = 1500):
    thing = ["a thing for all"]
    before = sys.getrefcount(thing)
    for way, what in (("own", None), ("shared", thing)):
        names = [f"{way} {number + 1}" for number in range(threads)]
        counters = [Thread(target=refer, args=(what, rounds), name=name) for name in names]
        for counter in counters:
            counter.start()
        for counter in counters:
            counter.join()
    del what, counter, counters  # they refer to it, too
    print(f"{before} references before, {sys.getrefcount(thing)} after")


if __name__ == "__main__":
    run()
