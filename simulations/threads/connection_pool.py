"""A few connections for many clients.

A database copes with a few connections at a time. A semaphore counts how many are free: taking one
counts down, and at nought the next client waits until somebody gives one back. It doesn't matter
who: a semaphore belongs to nobody. Each query here goes to a real SQLite database.

Parameters:
    connections: 1..8, how many may be in use at a time
    clients: 1..16, threads that want to ask the database
    queries: 1..10, how many each asks
    query_ms: 1..100, how long the database takes over a query
"""

import sqlite3
from collections import deque
from threading import Semaphore, Thread
from time import sleep


def connect():
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.create_function("slowly", 1, lambda ms: sleep(ms / 1000))
    return connection


def ask(pool, free, queries, query_ms):
    for _ in range(queries):
        with free:
            connection = pool.popleft()
            connection.execute("SELECT slowly(?)", (query_ms,)).fetchall()
            pool.append(connection)


def run(connections: int = 3, clients: int = 8, queries: int = 3, query_ms: float = 25.0):
    pool = deque(connect() for _ in range(connections))
    free = Semaphore(connections)
    arguments = (pool, free, queries, query_ms)
    threads = [Thread(target=ask, args=arguments, name=f"client {number + 1}") for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for connection in pool:
        connection.close()


if __name__ == "__main__":
    run()
