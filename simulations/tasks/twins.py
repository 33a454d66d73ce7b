"""The locks of threads, and their twins for tasks.

A bakery, twice: once its visitors are threads, once they are tasks. They take one
of a few baskets from a semaphore, wait for the lock of the till, and put an order into a small
queue; a condition tells them whose loaf is done. Each thing of asyncio does for tasks what its twin
does for threads. But it has to be awaited, and who waits for it leaves the thread to other tasks.

Parameters:
    visitors: 2..8, how many come each time
    places: 1..8, how many baskets there are
    pay_ms: 1..50, how long each has the till
"""

import asyncio
from queue import Queue
from threading import Condition, Lock, Semaphore, Thread
from time import sleep


def bakery(visitors, places, pay_ms):
    baskets, till, orders, baked, done = Semaphore(places), Lock(), Queue(1), Condition(), []

    def visit(number):
        with baskets, till:
            sleep(pay_ms / 1000)
            orders.put(number)
        with baked:
            baked.wait_for(lambda: number in done)

    for n in range(visitors):
        Thread(target=visit, args=[n], name=f"thread {n + 1}").start()
    while len(done) < visitors:
        order = orders.get()
        with baked:
            done.append(order)
            baked.notify_all()


async def bakery_of_tasks(visitors, places, pay_ms):
    baskets, till = asyncio.Semaphore(places), asyncio.Lock()
    orders, baked, done = asyncio.Queue(1), asyncio.Condition(), []

    async def visit(number):
        async with baskets, till:
            await asyncio.sleep(pay_ms / 1000)
            await orders.put(number)
        async with baked:
            await baked.wait_for(lambda: number in done)

    visits = [asyncio.create_task(visit(n), name=f"task {n + 1}") for n in range(visitors)]
    while len(done) < visitors:
        order = await orders.get()
        async with baked:
            done.append(order)
            baked.notify_all()
    await asyncio.wait(visits)


def run(visitors: int = 4, places: int = 2, pay_ms: float = 15.0):
    bakery(visitors, places, pay_ms)
    asyncio.run(bakery_of_tasks(visitors, places, pay_ms))


if __name__ == "__main__":
    run()
