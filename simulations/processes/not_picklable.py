"""What can't be pickled doesn't arrive.

A lambda, as any function inside of another, an open file, a connection to a database, a lock: none of them can
be pickled. Four ways try to send one. Two pools give the error to who wants the result. A process isn't
started at all; only a forked one has everything without pickling. A queue pickles in a thread of its own:
put() has returned by then, the error is printed and no more (here it is kept quiet), and whoever is at the
other end waits for nothing.

Parameters:
    thing: what is to be sent
    method: how the processes are started
    patience_ms: 10..1000, how long the other end of the queue waits
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, redirect_stderr
from io import StringIO
from multiprocessing import get_context
from sqlite3 import connect
from threading import Lock
from typing import Literal


def through_executor(context, thing, _):
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(id, thing).result()


def through_pool(context, thing, _):
    with context.Pool(1) as pool:
        return pool.apply(id, (thing,))


def as_an_argument(context, thing, _):
    (process := context.Process(target=id, args=(thing,), name="started with it")).start()
    process.join()


def through_queue(context, thing, patience):
    queue = context.Queue()
    with redirect_stderr(StringIO()), ExitStack() as afterwards:
        afterwards.callback(queue.join_thread)
        afterwards.callback(queue.close)
        queue.put(thing)
        queue.get(timeout=patience)


def run(
    thing: Literal["lambda", "open file", "database", "lock"] = "lambda",
    method: Literal["default", "fork", "spawn", "forkserver"] = "default",
    patience_ms: int = 50,
):
    with closing(connect(":memory:")) as database:
        what = {"lambda": lambda: 1, "open file": sys.stdout, "database": database, "lock": Lock()}[thing]
        for attempt in (as_an_argument, through_pool, through_executor, through_queue):
            try:
                attempt(get_context(None if method == "default" else method), what, patience_ms / 1000)
                print(f"{attempt.__name__}: it arrived")
            except Exception as error:
                print(f"{attempt.__name__}: {type(error).__name__}")


if __name__ == "__main__":
    run()
