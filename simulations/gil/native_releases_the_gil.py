"""C code may give the GIL up: hashing does, for large inputs.

Two threads hash the same number of bytes twice: first in large blocks, then in small ones. From
2048 bytes on, hashlib lets go of the GIL while it computes, and both threads compute at once, on
two cores. Below that, giving it up and taking it again would cost more than the hashing, so it
doesn't, and they take turns.

Parameters:
    threads: 1..8, how many hash
    large_bytes: 2048..4194304, the size of the blocks in the first half
    small_bytes: 256..2047, the size of the blocks in the second half
"""

from hashlib import sha256
from threading import Barrier, Thread
from time import perf_counter

AMOUNT = 100_000_000  # bytes that each thread hashes in each half


def hash_blocks(size):
    block = bytes(size)
    began = perf_counter()
    for _ in range(AMOUNT // size):
        sha256(block)
    print(f"blocks of {size} bytes: {(perf_counter() - began) * 1000:.0f} ms")


def hasher(half_time, large_bytes, small_bytes):
    hash_blocks(large_bytes)
    half_time.wait()
    hash_blocks(small_bytes)


def run(threads: int = 2, large_bytes: int = 1_000_000, small_bytes: int = 1_000):
    half_time = Barrier(threads)
    sizes = (large_bytes, small_bytes)
    hashers = [
        Thread(target=hasher, args=(half_time, *sizes), name=f"hasher {number + 1}") for number in range(threads)
    ]
    for thread in hashers:
        thread.start()
    for thread in hashers:
        thread.join()


if __name__ == "__main__":
    run()
