"""A forgotten await: nothing runs.

A diary is written to a file, one entry after the other, by a function that is declared with async
def. Calling such a function runs none of its code: it makes a coroutine, which waits for somebody
to await it. Some calls here lack the await. Their entries never reach the file, no error is raised,
and Python only warns once the coroutine is thrown away.

Parameters:
    entries: 1..50, how many are to be written
    forget: 0..50, how many of the calls lack their await
    write_ms: 0..20, how long writing one takes
"""

import asyncio
import warnings
from tempfile import TemporaryFile


async def write(file, entry, write_ms):
    await asyncio.sleep(write_ms / 1000)
    file.write(f"{entry}\n")


async def main(file, entries, forget, write_ms):
    for number in range(entries):
        if number < forget:
            write(file, f"entry {number + 1}", write_ms)
        else:
            await write(file, f"entry {number + 1}", write_ms)


def run(entries: int = 8, forget: int = 4, write_ms: float = 5.0):
    with TemporaryFile("w+") as diary, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main(diary, entries, forget, write_ms))
        diary.seek(0)
        print(f"{len(diary.readlines())} of {entries} entries are in the file")
    for warning in caught:
        print(f"{warning.category.__name__}: {warning.message}")


if __name__ == "__main__":
    run()
