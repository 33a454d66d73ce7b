"""Whoever sleeps, reads or receives lets the others run.

Three threads call what may take long: one sleeps, one reads a file, one waits for bytes from a
socket. Each gives the GIL up at its call and takes it back afterwards. Meanwhile the counter has
it, and counts as if it were alone. Reading from memory's copy of a file keeps a core busy, but not
the GIL: so two threads really run at once.

Parameters:
    calls: 3..60, how often each of the three calls
    wait_ms: 1..50, how long a sleep lasts, and how long until more bytes come
    read_mb: 1..32, how much is read from the file each time
    switch_interval_ms: 0.1..20, how long a thread waits for the GIL before its drop request
"""

import sys
from socket import socketpair
from tempfile import TemporaryFile
from threading import Event, Thread
from time import sleep


def sleeper(calls, wait_ms):
    for _ in range(calls):
        sleep(wait_ms / 1000)


def reader(file, calls, buffer):
    for _ in range(calls):
        file.seek(0)
        file.readinto(buffer)


def receiver(line):
    while line.recv(1):
        pass


def counter(finished):
    while not finished.is_set():
        pass


def run(calls: int = 15, wait_ms: float = 15.0, read_mb: int = 16, switch_interval_ms: float = 1.0):
    sys.setswitchinterval(switch_interval_ms / 1000)
    finished, buffer = Event(), bytearray(read_mb * 1_000_000)
    here, there = socketpair()
    with TemporaryFile(buffering=0) as file, here, there:
        file.write(buffer)
        work = [(sleeper, (calls, wait_ms)), (reader, (file, calls, buffer)), (receiver, (there,))]
        threads = [Thread(target=target, args=args, name=target.__name__) for target, args in work]
        for thread in (counting := Thread(target=counter, args=(finished,), name="counter"), *threads):
            thread.start()
        for _ in range(calls):
            sleep(wait_ms / 1000)
            here.send(b"!")
        here.close()
        for thread in threads:
            thread.join()
        finished.set()
        counting.join()


if __name__ == "__main__":
    run()
