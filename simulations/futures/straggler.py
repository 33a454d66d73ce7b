"""One is slow: map waits for it, as_completed doesn't.

Some passwords are hashed on a pool, each with the same number of rounds, but the first with many
times as many. Twice the same: map gives the results in the order of the calls, so that the first
one to come is the slow one, and all others wait behind it. as_completed gives each as it is done,
and the slow one last.

Parameters:
    passwords: 2..16, how many there are
    workers: 2..8, how many threads the pool has
    rounds: 1..100, thousands of rounds for each
    slow: 1..50, how many times as many for the first
"""

from concurrent.futures import ThreadPoolExecutor, as_completed
from hashlib import pbkdf2_hmac
from time import perf_counter


def hash_password(rounds):
    return pbkdf2_hmac("sha256", b"secret", b"salt", rounds * 1000)


def tell(way, began, results):
    times = [(perf_counter() - began) * 1000 for _ in results]
    print(f"{way}: the first result after {times[0]:.1f} ms, the last after {times[-1]:.1f} ms")


def run(passwords: int = 6, workers: int = 2, rounds: int = 15, slow: int = 12):
    each = [rounds * slow] + [rounds] * (passwords - 1)
    with ThreadPoolExecutor(workers, thread_name_prefix="worker") as pool:
        tell("map", perf_counter(), pool.map(hash_password, each))
        tell("as_completed", perf_counter(), as_completed([pool.submit(hash_password, rounds) for rounds in each]))


if __name__ == "__main__":
    run()
