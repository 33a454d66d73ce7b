"""A queue gives each order to one cook.

Taking an order from a Queue is one step, so no two cooks get the same. An empty queue makes a cook
wait, without looking again and again, until an order is there. A full one makes the waiter wait who
brings the orders: the kitchen's pace comes back to the door, and nothing grows without end.

Parameters:
    cooks: 1..6, threads that take orders
    orders: 1..40, how many come in
    order_ms: 0..30, how long until the next order comes in
    cook_ms: 1..60, how long cooking one takes
    places: 1..40, how many orders may wait
"""

from queue import Queue
from threading import Thread
from time import sleep


def cook(waiting, cooked, cook_ms):
    while (order := waiting.get()) is not None:
        sleep(cook_ms / 1000)
        cooked.append(order)
        print(f"order {order + 1} is cooked")


def run(cooks: int = 2, orders: int = 12, order_ms: float = 8.0, cook_ms: float = 25.0, places: int = 3):
    waiting, cooked, longest = Queue(places), [], 0
    arguments = (waiting, cooked, cook_ms)
    threads = [Thread(target=cook, args=arguments, name=f"cook {number + 1}") for number in range(cooks)]
    for thread in threads:
        thread.start()
    for order in range(orders):
        sleep(order_ms / 1000)
        waiting.put(order)
        longest = max(longest, waiting.qsize())
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    print(f"{len(cooked)} dishes for {orders} orders, {len(set(cooked))} of them cooked; {longest} waited at most")


if __name__ == "__main__":
    run()
