"""Several tasks, one thread, one step at a time.

Three clerks each work through a pile of passwords, and hash them. They are tasks of asyncio: one
thread runs them all, on one loop. A task runs until it awaits something. There it hands back the
thread, and the loop goes on with the next task that is ready. Take the await away, and each clerk
keeps the thread until its whole pile is done.

Parameters:
    clerks: 1..8, how many tasks there are
    pile: 1..20, how many passwords each has
    rounds: 100..100000, how often each password is hashed
    pause: whether a clerk lets the others go on after each password
"""

import asyncio
from hashlib import sha256


def hash_password(password, rounds):
    digest = password.encode()
    for _ in range(rounds):
        digest = sha256(digest).digest()
    return digest.hex()


async def clerk(pile, rounds, pause):
    for number in range(pile):
        hash_password(f"secret {number}", rounds)
        if pause:
            await asyncio.sleep(0)


async def main(clerks, pile, rounds, pause):
    tasks = [asyncio.create_task(clerk(pile, rounds, pause), name=f"clerk {n + 1}") for n in range(clerks)]
    for task in tasks:
        await task


def run(clerks: int = 3, pile: int = 5, rounds: int = 10_000, pause: bool = True):
    asyncio.run(main(clerks, pile, rounds, pause))


if __name__ == "__main__":
    run()
