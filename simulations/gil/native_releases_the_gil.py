"""C code may give the GIL up: hashing does, for large inputs.

The threads called large hash big blocks, then the threads called small hash as many bytes in
small blocks. From 2048 bytes on, hashlib lets go of the GIL while it computes, and its threads
compute at once, each on a core. Below that, giving it up and taking it again would cost more than
the hashing, so it doesn't, and they take turns.

Parameters:
    threads: 1..8, how many hash at the same time
    large_bytes: 2048..4194304, the size of the large blocks
    small_bytes: 256..2047, the size of the small blocks
"""

from hashlib import sha256
from threading import Thread
from time import perf_counter

AMOUNT = 100_000_000  # bytes that each thread hashes


def hash_blocks(size):
    block = bytes(size)
    for _ in range(AMOUNT // size):
        sha256(block)


def run(threads: int = 2, large_bytes: int = 1_000_000, small_bytes: int = 1_000):
    for name, size in (("large", large_bytes), ("small", small_bytes)):
        began = perf_counter()
        hashers = [Thread(target=hash_blocks, args=(size,), name=f"{name} {number + 1}") for number in range(threads)]
        for hasher in hashers:
            hasher.start()
        for hasher in hashers:
            hasher.join()
        print(f"{name}: {threads} times {AMOUNT // 1_000_000} MB in {(perf_counter() - began) * 1000:.0f} ms")


if __name__ == "__main__":
    run()
