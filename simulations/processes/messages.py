"""Processes share nothing, so they send each other messages.

Orders go through one queue to some cooks, each a process: whoever is free takes the next. Each cook hands its
dishes through a pipe of its own, which has two ends and no more. What is sent is pickled here, written,
read and unpickled there: the other process gets a copy, never the thing itself.

Parameters:
    cooks: 1..6, processes that take orders
    orders: 1..200, how many there are
    cook_ms: 0..50, how long each dish takes
    dish_kb: 1..1000, how large what comes back is
"""

from multiprocessing import Pipe, Process, Queue
from multiprocessing.connection import wait
from time import sleep


def cook(orders, hatch, cook_ms, dish_kb):
    for _ in iter(orders.get, "closed"):
        sleep(cook_ms / 1000)
        hatch.send(bytes(dish_kb * 1000))
    hatch.close()


def run(cooks: int = 2, orders: int = 12, cook_ms: float = 10.0, dish_kb: int = 10):
    kitchen, hatches, served = Queue(), [], 0
    for number in range(cooks):
        here, there = Pipe(duplex=False)
        Process(target=cook, args=(kitchen, there, cook_ms, dish_kb), name=f"cook {number + 1}").start()
        there.close()
        hatches.append(here)
    for order in [f"order {number + 1}" for number in range(orders)] + ["closed"] * cooks:
        kitchen.put(order)
    while hatches:
        for hatch in wait(hatches):
            try:
                hatch.recv()
                served += 1
            except EOFError:
                hatch.close()
                hatches.remove(hatch)
    kitchen.close()
    kitchen.join_thread()
    print(f"{served} dishes for {orders} orders")


if __name__ == "__main__":
    run()
