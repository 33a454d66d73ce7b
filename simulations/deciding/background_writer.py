"""Database writes in the background: a thread and a queue.

Whoever answers requests shouldn't wait for a disk. First main writes each entry itself, and waits for every
commit. Then it puts the entries into a queue and goes on; a daemon thread takes what has come, and writes
it in one commit. At the end main waits until the queue is empty: a daemon left alone would take the rest
with it.

Parameters:
    requests: 2..500, how many are answered each way
    handle_ms: 0..20, how long each takes besides its entry
    batch: 1..100, entries of a commit at most
"""

import os
from contextlib import closing
from queue import Queue
from sqlite3 import connect
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter, sleep


def write(path, entries, batch):
    database = connect(path)
    while True:
        together = [entries.get()]
        while len(together) < batch and not entries.empty():
            together.append(entries.get())
        with database:
            database.executemany("INSERT INTO log VALUES (?)", together)
        for _ in together:
            entries.task_done()


def run(requests: int = 30, handle_ms: float = 2.0, batch: int = 20):
    with TemporaryDirectory() as folder:
        path, entries = os.path.join(folder, "log.db"), Queue()
        with closing(connect(path)) as database:
            database.execute("CREATE TABLE log (entry)")
            began = perf_counter()
            for number in range(requests):
                sleep(handle_ms / 1000)
                with database:
                    database.execute("INSERT INTO log VALUES (?)", (f"request {number}",))
            print(f"main writes: {(perf_counter() - began) * 1000 / requests:.3f} ms a request")
        Thread(target=write, args=(path, entries, batch), name="writer", daemon=True).start()
        began = perf_counter()
        for number in range(requests):
            sleep(handle_ms / 1000)
            entries.put((f"request {number}",))
        print(f"writer writes: {(perf_counter() - began) * 1000 / requests:.3f} ms a request")
        entries.join()
        with closing(connect(path)) as database:
            written = database.execute("SELECT count(*) FROM log").fetchone()[0]
        print(f"{written} of {2 * requests} entries are in the database")


if __name__ == "__main__":
    run()
