"""A fork copies a held lock, and nobody can release the copy.

A thread holds a lock while main forks. The child has a copy of all memory, so its lock is held, too. But
of the threads only the one that forked goes on in the child: the holder isn't there. In the parent the
lock is soon free again; the child waits for its own copy, and would for ever. After a while the parent
ends it.

Parameters:
    fork_while: the lock is held by the thread, or free again
    hold_ms: 1..500, how long the thread keeps the lock after the fork
    patience_ms: 50..1500, how long the parent waits for the child before it ends it
"""

import warnings
from multiprocessing import get_context
from threading import Event, Lock, Thread
from time import sleep
from typing import Literal

ledger_lock = Lock()


def hold(held, forked, hold_ms):
    with ledger_lock:
        held.set()
        forked.wait()
        sleep(hold_ms / 1000)


def write():
    with ledger_lock:
        print("the child has written")


def run(fork_while: Literal["held", "free"] = "held", hold_ms: int = 50, patience_ms: int = 300):
    held, forked = Event(), Event()
    holder = Thread(target=hold, args=(held, forked, hold_ms), name="holder")
    holder.start()
    held.wait()
    if fork_while == "free":
        forked.set()
        holder.join()
    child = get_context("fork").Process(target=write, name="child")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # since 3.12 Python warns of just this
        child.start()
    forked.set()
    holder.join()
    child.join(patience_ms / 1000)
    print("the child hangs, and is ended" if child.is_alive() else "the child has ended by itself")
    child.kill()
    child.join()


if __name__ == "__main__":
    run()
