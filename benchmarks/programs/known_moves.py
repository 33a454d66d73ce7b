"""Two threads take the GIL a known number of times: each gives it up of its own will around a short sleep."""

import importlib.util
import sys
from threading import Thread

spec = importlib.util.spec_from_file_location("_moves", sys.argv[1])
moves = importlib.util.module_from_spec(spec)
spec.loader.exec_module(moves)


def cpu_bound_task(n: int) -> None:
    for _ in range(n):
        moves.away(20_000, 50_000)


threads = [Thread(target=cpu_bound_task, args=(int(sys.argv[2]),), name=f"mover {number}") for number in (1, 2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
