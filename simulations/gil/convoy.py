"""A thread that computes slows down threads that hardly do.

Two threads talk over a socket. Each message takes microseconds, but whoever wakes up from the
socket needs the GIL, and the burner lets go of it only after a whole switch interval. So every
message pays milliseconds, again and again: a convoy. Set the burners to 0, or shrink the switch
interval, and look at the same conversation again.

Parameters:
    messages: 5..200, how many questions are asked
    burners: 0..4, threads that do nothing but compute
    switch_interval_ms: 0.1..20, how long a thread waits for the GIL before its drop request
"""

import sys
from socket import socketpair
from threading import Event, Thread
from time import perf_counter, sleep


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


def burn(finished):
    while not finished.is_set():
        pass


def run(messages: int = 25, burners: int = 1, switch_interval_ms: float = 5.0):
    sys.setswitchinterval(switch_interval_ms / 1000)
    finished = Event()
    here, there = socketpair()
    Thread(target=answer, args=(there,), name="answerer").start()
    for number in range(burners):
        Thread(target=burn, args=(finished,), name=f"burner {number + 1}").start()
    asker = Thread(target=ask, args=(here, messages), name="asker")
    asker.start()
    asker.join()
    finished.set()


if __name__ == "__main__":
    run()
