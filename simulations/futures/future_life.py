"""The life of a future: pending, running, done.

A pool with one worker gets two calls. While the first runs, the second is pending, and can still be
cancelled: then it never runs. The first can't be cancelled any more. Who asks for its result with a
timeout gets a TimeoutError, and may ask again. Once it is done, its callbacks are called, by the
worker. One that comes later is called at once, by whoever adds it.

Parameters:
    rounds: 1..1000, thousands of rounds of hashing for each call
    timeout_ms: 0..500, for how long the result is waited for at first
    fails: whether the first call ends with an error
"""

from concurrent.futures import ThreadPoolExecutor
from hashlib import pbkdf2_hmac
from threading import Event, current_thread


def hash_password(started, rounds, fails=False):
    started.set()
    digest = pbkdf2_hmac("sha256", b"secret", b"salt", rounds * 1000)
    if fails:
        raise ValueError("a weak password")
    return digest


def tell(future):
    print(f"callback in {current_thread().name}: {future.exception() or 'a result'}")


def run(rounds: int = 200, timeout_ms: float = 20.0, fails: bool = False):
    started = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="worker") as pool:
        first = pool.submit(hash_password, started, rounds, fails)
        second = pool.submit(hash_password, started, rounds)
        first.add_done_callback(tell)
        started.wait()
        print(f"first: running {first.running()}, cancelled {first.cancel()}")
        print(f"second: running {second.running()}, cancelled {second.cancel()}")
        try:
            first.result(timeout_ms / 1000)
            print("in time")
        except TimeoutError:
            print("not yet")
        except ValueError as error:
            print(f"an error: {error}")
        print(f"in the end: {first.exception() or 'a result'}")
    first.add_done_callback(tell)


if __name__ == "__main__":
    run()
