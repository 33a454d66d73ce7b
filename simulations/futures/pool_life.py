"""A pool looks after its threads, errors and results.

Files are to be hashed. Each is submitted to a pool, which starts threads as work comes, up to its
number of workers, and gives a thread that has finished its next piece. One file is missing: that
ends neither the thread nor the program. The error waits in the future, and is raised where its
result is asked for. At the end of the with block the pool waits for all, and its threads end.

Parameters:
    files: 1..30, how many are to be hashed
    missing: 0..5, how many more there are of which nobody has a file
    workers: 1..8, how many threads the pool has at most
    file_mb: 1..16, how large each file is
"""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import active_count


def digest(path):
    return sha256(path.read_bytes()).hexdigest()


def run(files: int = 8, missing: int = 1, workers: int = 3, file_mb: int = 4):
    with TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.bin") for number in range(files + missing)]
        for path in paths[missing:]:
            path.write_bytes(bytes(file_mb * 1_000_000))
        with ThreadPoolExecutor(workers, thread_name_prefix="worker") as pool:
            futures = [pool.submit(digest, path) for path in paths]
        done = errors = 0
        for future in futures:
            try:
                future.result()
                done += 1
            except FileNotFoundError:
                errors += 1
        print(f"{done} results, {errors} errors, {active_count() - 1} threads left")


if __name__ == "__main__":
    run()
