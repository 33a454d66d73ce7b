"""How an update gets lost, step by step.

Adding one to a number is three steps: read it, add, write it back. Two clerks read the same number;
each adds one to what it has read, and writes. The second writes over what the first has written.
Every reading and writing prints its value, so you can follow which one was lost, and to whom.

Parameters:
    clerks: 1..4, threads that add to the same number
    turns: 1..8, how often each adds one
    think_ms: 0..50, how long a clerk takes from reading to writing
    late_ms: 0..50, how much later each clerk begins than the one before
"""

from threading import Thread, current_thread
from time import sleep

balance = 0


def add(turns, think_ms, late_ms):
    global balance
    sleep(late_ms / 1000)
    name = current_thread().name
    for _ in range(turns):
        known = balance
        print(f"{name} reads {known}")
        sleep(think_ms / 1000)
        balance = known + 1
        print(f"{name} writes {known + 1}")


def run(clerks: int = 2, turns: int = 4, think_ms: float = 20.0, late_ms: float = 8.0):
    names = [f"clerk {number + 1}" for number in range(clerks)]
    threads = [
        Thread(target=add, args=(turns, think_ms, late_ms * number), name=name) for number, name in enumerate(names)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"expected {clerks * turns}, got {balance}")


if __name__ == "__main__":
    run()
