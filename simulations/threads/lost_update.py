"""Two threads update one number, and updates get lost.

An update reads the balance, adds one and writes it back. A thread that loses the GIL in between
writes an old number when it comes back: whatever the others added meanwhile is gone. The
interpreter changes threads only at calls and at the end of a loop's turn. So a plain += has no
gap to fall into, and looks safe; with a call between reading and writing, it isn't.

Parameters:
    threads: 1..8, how many deposit at the same time
    deposits: 1000..500000, how many times each adds one
    switch_interval_us: 10..5000, how long a thread waits for the GIL before its drop request
"""

import sys
from threading import Barrier, Thread

balance = 0


def one_more(amount):
    return amount + 1


def deposit_plainly(start, deposits):
    global balance
    start.wait()
    for _ in range(deposits):
        balance += 1


def deposit_with_a_call(start, deposits):
    global balance
    start.wait()
    for _ in range(deposits):
        balance = one_more(balance)


def run(threads: int = 2, deposits: int = 200_000, switch_interval_us: int = 100):
    global balance
    sys.setswitchinterval(switch_interval_us / 1e6)
    for way, deposit in (("plain", deposit_plainly), ("call", deposit_with_a_call)):
        balance = 0
        start = Barrier(threads)
        names = [f"{way} {number + 1}" for number in range(threads)]
        depositors = [Thread(target=deposit, args=(start, deposits), name=name) for name in names]
        for depositor in depositors:
            depositor.start()
        for depositor in depositors:
            depositor.join()
        print(f"{way}: expected {threads * deposits}, got {balance}")


if __name__ == "__main__":
    run()
