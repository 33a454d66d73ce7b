"""Three ways around the lock that a fork leaves held.

Who forks before there are other threads leaves nothing behind: the child's lock is free. spawn and forkserver
begin with an interpreter of their own: it imports this module anew, and makes its own lock, which nobody
holds. Each time a thread of the parent holds the parent's lock meanwhile, and the child goes through.

Parameters:
    way: how the child is started
    hold_ms: 1..500, how long the thread keeps the lock once the child has been started
    patience_ms: 500..10000, how long the parent waits for the child before it ends it
"""

from multiprocessing import get_context
from threading import Event, Lock, Thread
from time import sleep
from typing import Literal

ledger_lock = Lock()


def hold(held, started, hold_ms):
    with ledger_lock:
        held.set()
        started.wait()
        sleep(hold_ms / 1000)


def write():
    with ledger_lock:
        print("the child has written")


def run(way: Literal["fork first", "spawn", "forkserver"] = "fork first", hold_ms: int = 50, patience_ms: int = 5000):
    held, started = Event(), Event()
    holder = Thread(target=hold, args=(held, started, hold_ms), name="holder")
    child = get_context(way.removesuffix(" first")).Process(target=write, name="child")
    if way == "fork first":
        child.start()
    holder.start()
    held.wait()
    if way != "fork first":
        child.start()
    started.set()
    holder.join()
    child.join(patience_ms / 1000)
    print("the child hangs, and is ended" if child.is_alive() else "the child has ended by itself")
    child.kill()
    child.join()


if __name__ == "__main__":
    run()
