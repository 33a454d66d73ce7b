"""The program waits for its threads, but not for daemons.

Main starts two threads that work equally long, and ends. A program lives until its last ordinary
thread has finished, so Python waits for that one. The other is a daemon: nobody waits for it. When
the program ends, it stands still wherever it is, in the middle of its work, without any cleaning up.

Parameters:
    ordinary_steps: 1..40, what the ordinary thread has to do
    daemon_steps: 1..80, what the daemon has to do
    step_ms: 1..50, how long each step takes
    main_ms: 0..500, how long main goes on after it has started them
"""

from threading import Thread
from time import sleep

done = {"ordinary": 0, "daemon": 0}


def work(kind, steps, step_ms):
    for _ in range(steps):
        sleep(step_ms / 1000)
        done[kind] += 1
    if kind == "ordinary":
        print(f"ordinary: {done['ordinary']} of {steps} steps; the daemon has done {done['daemon']}")


def run(ordinary_steps: int = 15, daemon_steps: int = 40, step_ms: float = 20.0, main_ms: int = 100):
    done.update(ordinary=0, daemon=0)
    Thread(target=work, args=("ordinary", ordinary_steps, step_ms), name="ordinary").start()
    Thread(target=work, args=("daemon", daemon_steps, step_ms), name="daemon", daemon=True).start()
    sleep(main_ms / 1000)
    print("main is through")


if __name__ == "__main__":
    run()
