"""One thread owns the accounts, and nobody needs a lock.

The accounts belong to one thread, the bank. Whoever wants a transfer sends it an order through a
queue and waits for the receipt. A deadlock needs things that only one may have at a time; here
there is nothing to have. The price: there is one bank, and it does one order after the other.

Parameters:
    pause_ms: 0..500, how long the bank takes over an order
    transfers: 1..8, threads that send an order
"""

from queue import SimpleQueue
from threading import Thread
from time import sleep

accounts = {"checking": 100, "savings": 100}


def keep_the_accounts(orders, pause_ms):
    while (order := orders.get()) is not None:
        source, target, receipt = order
        accounts[source] -= 1
        sleep(pause_ms / 1000)
        accounts[target] += 1
        receipt.put("transferred")


def transfer(orders, source, target):
    receipt = SimpleQueue()
    orders.put((source, target, receipt))
    print(receipt.get())


def run(pause_ms: float = 50.0, transfers: int = 4):
    orders = SimpleQueue()
    bank = Thread(target=keep_the_accounts, args=(orders, pause_ms), name="bank")
    bank.start()
    ways = [("checking", "savings"), ("savings", "checking")]
    threads = [
        Thread(target=transfer, args=(orders, *ways[number % 2]), name=f"transfer {number + 1}")
        for number in range(transfers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    orders.put(None)
    bank.join()


if __name__ == "__main__":
    run()
