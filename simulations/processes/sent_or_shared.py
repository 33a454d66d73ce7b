"""Numbers that are sent, and numbers that both can see.

Main has many numbers, and a process adds one to the first of them. Sent through a pipe, they are pickled, written,
read and unpickled each time, and the process changes its copy. In shared memory they lie once: only the name
of the memory is sent, and main sees the change. Nothing guards them, though: who may write when is
for the program to say.

Parameters:
    size_kb: 8..20000, how many bytes the numbers take
    repeats: 1..20, how often it is done each way
"""

from array import array
from multiprocessing import Pipe, Process
from multiprocessing.shared_memory import SharedMemory
from statistics import median
from time import perf_counter


def add_one(line):
    line.send("ready")
    while (content := line.recv()) is not None:
        block = SharedMemory(content) if isinstance(content, str) else None
        numbers = block.buf.cast("d") if block else content
        numbers[0] += 1
        line.send("done")
        if block:
            numbers.release()
            block.close()


def run(size_kb: int = 4000, repeats: int = 4):
    numbers = array("d", [0.0]) * (size_kb * 125)
    block = SharedMemory(create=True, size=size_kb * 1000)
    block.buf[: size_kb * 1000] = numbers.tobytes()
    here, there = Pipe()
    adder = Process(target=add_one, args=(there,), name="adder")
    adder.start()
    here.recv()
    for way, content in (("sent", numbers), ("shared", block.name)):
        took = []
        for _ in range(repeats):
            began = perf_counter()
            here.send(content)
            here.recv()
            took.append((perf_counter() - began) * 1000)
        first = array("d", block.buf[:8].tobytes())[0] if way == "shared" else numbers[0]
        print(f"{way}: {median(took):.3f} ms, and main sees {first:.0f} of {repeats} changes")
    here.send(None)
    adder.join()
    block.close()
    block.unlink()


if __name__ == "__main__":
    run()
