"""The same conversation, with the computing in a process.

A process has an interpreter and a GIL of its own. The burner computes as much as before, on
another core, and the two threads that talk find their GIL free at every wake-up: microseconds a
message instead of milliseconds.

Parameters:
    messages: 5..200, how many questions are asked
    burners: 0..4, how many compute
    burn_in: a process of its own for each burner, or a thread as before
"""

from multiprocessing import Process
from socket import socketpair
from threading import Thread
from time import perf_counter, sleep
from typing import Literal


def ask(line, messages):
    for number in range(messages):
        sleep(0.005)
        began = perf_counter()
        line.sendall(b"?")
        line.recv(1)
        print(f"answer {number + 1} after {(perf_counter() - began) * 1000:.2f} ms")
    line.close()


def answer(line):
    while line.recv(1):
        line.sendall(b"!")
    line.close()


def burn():
    while True:
        pass


def run(messages: int = 60, burners: int = 1, burn_in: Literal["process", "thread"] = "process"):
    kind = Process if burn_in == "process" else Thread
    computing = [kind(target=burn, name=f"burner {number + 1}", daemon=True) for number in range(burners)]
    for burner in computing:
        burner.start()
    here, there = socketpair()
    Thread(target=answer, args=(there,), name="answerer").start()
    asker = Thread(target=ask, args=(here, messages), name="asker")
    asker.start()
    asker.join()


if __name__ == "__main__":
    run()
