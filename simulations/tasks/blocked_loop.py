"""One call blocks, and everything else stops.

A heart beats on the loop: a task that sleeps for a moment, again and again. Beside it, other tasks
call what takes long: time.sleep, reading and hashing a file, a loop that computes. None of these
awaits anything meanwhile, so the loop can't go on, and the heart misses its beats until the call is
over. That goes for every other task as well: a server would answer nobody.

Parameters:
    call: which of the calls, or all of them one after the other
    takes_ms: 10..300, how long a call takes
    every_ms: 1..500, how long the heart waits between two beats
"""

import asyncio
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


async def answer(call, ms):
    request(call, ms)


async def main(call, takes_ms, every_ms):
    heart = asyncio.create_task(heartbeat(every_ms), name="heart")
    await asyncio.sleep(every_ms / 200)
    for name in ("sleep", "file", "compute"):
        if call in ("all", name):
            await asyncio.create_task(answer(name, takes_ms), name=name)
            await asyncio.sleep(every_ms / 200)
    heart.cancel()


def run(call: Literal["all", "sleep", "file", "compute"] = "all", takes_ms: float = 80.0, every_ms: float = 10.0):
    asyncio.run(main(call, takes_ms, every_ms))


if __name__ == "__main__":
    run()
