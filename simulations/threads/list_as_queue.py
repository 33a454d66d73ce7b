"""A list isn't a queue.

Cooks take orders from a plain list: look at the first, cook it, strike it off. While one cooks, the
order still stands there, so the next cook looks at the same one, and both cook it. An empty list
makes nobody wait, so cooks look again and again. And a full one doesn't exist: it grows and grows.

Parameters:
    cooks: 1..6, threads that take orders
    orders: 1..40, how many come in, one every few milliseconds
    order_ms: 0..30, how long until the next order comes in
    cook_ms: 1..60, how long cooking one takes
"""

from threading import Thread
from time import sleep


def cook(waiting, closed, cooked, cook_ms):
    while waiting or not closed:
        if not waiting:
            sleep(0.002)  # and look again
            continue
        order = waiting[0]
        sleep(cook_ms / 1000)
        cooked.append(order)
        print(f"order {order + 1} is cooked")
        if order in waiting:
            waiting.remove(order)


def run(cooks: int = 2, orders: int = 12, order_ms: float = 8.0, cook_ms: float = 25.0):
    waiting, closed, cooked, longest = [], [], [], 0
    arguments = (waiting, closed, cooked, cook_ms)
    threads = [Thread(target=cook, args=arguments, name=f"cook {number + 1}") for number in range(cooks)]
    for thread in threads:
        thread.start()
    for order in range(orders):
        sleep(order_ms / 1000)
        waiting.append(order)
        longest = max(longest, len(waiting))
    closed.append(True)
    for thread in threads:
        thread.join()
    print(f"{len(cooked)} dishes for {orders} orders, {len(set(cooked))} of them cooked; {longest} waited at most")


if __name__ == "__main__":
    run()
