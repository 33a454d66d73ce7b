"""The same calls, on the threads of a pool of its own.

run_in_executor gives the call to a pool that the program has made itself: with as many threads as
it wants to allow. If all of them are taken, a call waits for its turn in the pool's queue, and not
the loop. As with to_thread, what computes in Python shares the GIL with the loop.

Parameters:
    call: which of the calls, or all of them one after the other
    takes_ms: 10..300, how long a call takes
    every_ms: 1..500, how long the heart waits between two beats
    workers: 1..4, how many threads the pool has
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from tempfile import TemporaryFile
from time import perf_counter, sleep
from typing import Literal


async def heartbeat(every_ms):
    while True:
        await asyncio.sleep(every_ms / 1000)


def request(call, ms):
    if call == "sleep":
        sleep(ms / 1000)
    end = perf_counter() + ms / 1000
    with TemporaryFile(buffering=0) as file:
        file.write(bytes(1_000_000))
        while call == "file" and perf_counter() < end:
            file.seek(0)
            sha256(file.read())
        while call == "compute" and perf_counter() < end:
            sha256(b"a small one")


async def main(call, takes_ms, every_ms, workers):
    with ThreadPoolExecutor(workers) as pool:
        heart = asyncio.create_task(heartbeat(every_ms), name="heart")
        loop, names = asyncio.get_running_loop(), ["sleep", "file", "compute"] if call == "all" else [call]
        await asyncio.wait([loop.run_in_executor(pool, request, name, takes_ms) for name in names])
        heart.cancel()


def run(
    call: Literal["all", "sleep", "file", "compute"] = "all",
    takes_ms: float = 80.0,
    every_ms: float = 10.0,
    workers: int = 2,
):
    asyncio.run(main(call, takes_ms, every_ms, workers))


if __name__ == "__main__":
    run()
