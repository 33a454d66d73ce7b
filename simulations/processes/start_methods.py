"""fork, spawn, forkserver: what it takes until the first line.

fork copies the whole process, as it stands: quick, with all of its memory shared until one of them writes. spawn
starts a new interpreter, which imports what it needs. forkserver does so once, and that one is forked each
time: its first process waits for the server, too. On Linux fork was the default up to Python 3.13, and
forkserver is since 3.14.

Parameters:
    method: all three, the default of this Python, or a single one
    processes: 1..8, how many are started of each, one after the other
    ballast_mb: 0..200, memory that the process which starts them has filled before
"""

from multiprocessing import Pipe, get_context, get_start_method
from time import monotonic
from typing import Literal


def first_line(line):
    line.send(monotonic())
    with open("/proc/self/smaps_rollup") as parts:
        line.send(sum(int(part.split()[1]) for part in parts if part.startswith("Private")))


def run(
    method: Literal["all", "default", "fork", "spawn", "forkserver"] = "all", processes: int = 2, ballast_mb: int = 20
):
    ballast = bytearray(b"x") * (ballast_mb * 2**20)
    for name in ("fork", "spawn", "forkserver") if method == "all" else (method,):
        context = get_context(None if name == "default" else name)
        for number in range(1, processes + 1):
            here, there = Pipe(duplex=False)
            child = context.Process(target=first_line, args=(there,), name=f"{context.get_start_method()} {number}")
            asked = monotonic()
            child.start()
            took, kb = here.recv() - asked, here.recv()
            print(f"{child.name}: its first line after {took * 1000:.1f} ms, {kb} kB of its own")
            child.join()
            here.close()
            there.close()
    print(f"main has {len(ballast) >> 20} MB; by default this Python would use {get_start_method()}")


if __name__ == "__main__":
    run()
