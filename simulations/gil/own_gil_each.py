"""Interpreters in one process, each with a GIL of its own.

A process can hold several interpreters, each with its own modules and objects, and since Python 3.12
with a GIL of its own. A thread that executes in another interpreter doesn't wait for the GIL of the
first. So threads compute at once, in one process, if each is in an interpreter of its own. Python
3.14 is the first with a module to make them.

Parameters:
    interpreters: 1..6, how many threads with an interpreter of their own
    steps: 100000..5000000, how far each counts
    share: let all threads compute in the main interpreter, to compare
"""

import sys
from threading import Thread

COUNT = """
def count():
    for _ in range({steps}):
        pass
count()
"""


def run(interpreters: int = 2, steps: int = 3_000_000, share: bool = False):
    code, execute = COUNT.format(steps=steps), []
    if sys.version_info < (3, 14):
        print("This Python has no module for interpreters of their own: all share its GIL.")
        share = True
    if not share:
        from concurrent.interpreters import create

        execute = [create().exec for _ in range(interpreters)]
    threads = [
        Thread(
            target=exec if share else execute[number],
            args=(code, {}) if share else (code,),
            name=f"counter {number + 1}",
        )
        for number in range(interpreters)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    run()
