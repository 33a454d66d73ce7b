"""One shot, and all runners start.

The runners get ready, each in its own time, then wait for an event. An event has no place for one
at a time, as a lock has: when somebody sets it, all that wait go on at once, and whoever comes
later doesn't wait at all. Only the GIL still lets them through one after the other.

Parameters:
    runners: 1..12, threads that wait for the shot
    shot_after_ms: 0..500, when the starter fires
    dress_ms: 0..60, how much longer each runner takes to get ready than the one before
    laps: 1..20, rounds that each runs, 10 ms each
"""

from threading import Event, Thread
from time import sleep


def race(shot, dress_ms, laps):
    sleep(dress_ms / 1000)
    shot.wait()
    for _ in range(laps):
        sleep(0.01)


def run(runners: int = 6, shot_after_ms: int = 200, dress_ms: float = 25.0, laps: int = 10):
    shot = Event()
    threads = [
        Thread(target=race, args=(shot, dress_ms * number, laps), name=f"runner {number + 1}")
        for number in range(runners)
    ]
    for thread in threads:
        thread.start()
    sleep(shot_after_ms / 1000)
    shot.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    run()
