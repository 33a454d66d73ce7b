"""Items for a model: one by one, or in batches.

Each process of a pool loads the model once, at its start, and keeps it. Then it is given items: one at a
time, or many in a batch. Every item must be sent there and its result back, and for a small model that
costs more than what is computed. The model here is two layers of weights in plain Python; with a library
for numbers batches gain still more, because it computes a whole batch in one call.

Parameters:
    items: 10..5000, how many there are
    batch: 1..500, items of a batch
    workers: 1..8, processes of the pool
    width: 2..64, how large the model is
"""

from math import tanh
from multiprocessing import Barrier, Pool
from random import Random
from time import perf_counter

model = []


def load(width, everybody):
    random = Random(1)
    model[:] = [[[random.gauss(0, 1) for _ in range(width)] for _ in range(width)] for _ in range(2)]
    everybody.wait()


def predict(batch):
    results = []
    for values in batch:
        for layer in model:
            values = [tanh(sum(map(float.__mul__, weights, values))) for weights in layer]
        results.append(max(range(len(values)), key=values.__getitem__))
    return results


def run(items: int = 400, batch: int = 50, workers: int = 2, width: int = 8):
    random, everybody = Random(2), Barrier(workers + 1)
    questions = [[random.random() for _ in range(width)] for _ in range(items)]
    with Pool(workers, load, (width, everybody)) as pool:
        everybody.wait()
        for name, size in (("one by one", 1), ("in batches", batch)):
            batches = [questions[first : first + size] for first in range(0, items, size)]
            began = perf_counter()
            answers = [answer for results in pool.map(predict, batches, 1) for answer in results]
            print(f"{name}: {len(answers)} answers, {sum(answers)}, after {(perf_counter() - began) * 1000:.1f} ms")
        pool.close()
        pool.join()


if __name__ == "__main__":
    run()
