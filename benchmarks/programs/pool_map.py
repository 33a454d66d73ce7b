"""Calls that compute, in a pool of two processes: multiprocessing.Pool.map()."""

import json
import sys
import time
from multiprocessing import get_context


def words(number: int) -> int:
    """Counts words of a text that it makes: a few milliseconds of real work."""
    text = " ".join(f"w{(n * number) % 97}" for n in range(12_000))
    counts: dict[str, int] = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return len(json.loads(json.dumps(sorted(counts.items()))))


def run(n: int) -> None:
    """n calls, once the processes are there."""
    with get_context("fork").Pool(2) as pool:
        pool.map(words, range(4), chunksize=1)
        begin = time.perf_counter_ns()
        assert sum(pool.map(words, range(n), chunksize=1)) > n
        print(json.dumps({"ns": time.perf_counter_ns() - begin}), flush=True)


if __name__ == "__main__":
    run(int(sys.argv[1]))
