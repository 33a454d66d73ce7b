"""Waiting for an answer: alone, beside one burner, beside four.

The same conversation over a socket, three times: wake up, ask, wait for the answer. Alone, that takes
microseconds. Beside a thread that does nothing but compute, whoever wakes up must wait a switch
interval for the GIL. Beside four, it is one of five in the queue, and a burner may come first.

Parameters:
    messages: 3..60, how many questions are asked each time
    burners: 2..8, threads that compute in the third conversation
    pause_ms: 0..20, how long the asker thinks before each question
    switch_interval_ms: 0.1..20, how long a thread waits for the GIL before its drop request
"""

import sys
from socket import socketpair
from statistics import median
from threading import Event, Thread
from time import perf_counter, sleep


def ask(line, name, messages, pause_ms):
    took = []
    for _ in range(messages):
        due = perf_counter() + pause_ms / 1000
        sleep(pause_ms / 1000)
        line.sendall(b"?")
        line.recv(1)
        took.append(perf_counter() - due)
    line.close()
    print(f"{name}: {median(took) * 1000:.3f} ms")


def answer(line):
    while line.recv(1):
        line.sendall(b"!")
    line.close()


def burn(finished):
    while not finished.is_set():
        pass


def run(messages: int = 8, burners: int = 4, pause_ms: float = 2.0, switch_interval_ms: float = 5.0):
    sys.setswitchinterval(switch_interval_ms / 1000)
    for name, number in (("alone", 0), ("beside one", 1), ("beside many", burners)):
        finished = Event()
        here, there = socketpair()
        burning = [Thread(target=burn, args=(finished,), name=f"burner {n + 1} of {number}") for n in range(number)]
        for thread in [*burning, Thread(target=answer, args=(there,), name=f"answers {name}")]:
            thread.start()
        asker = Thread(target=ask, args=(here, name, messages, pause_ms), name=name)
        asker.start()
        asker.join()
        finished.set()
        for thread in burning:
            thread.join()


if __name__ == "__main__":
    run()
