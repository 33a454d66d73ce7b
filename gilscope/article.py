"""The article, measured: what introductions to concurrency in Python teach, as 51 statements, and what measures each.

``NAME_claim.py`` beside a scenario names in ``ROWS`` the statements that it measures. ``docs/ARTICLE.md`` is made of
both, by ``python -m gilscope.article``.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gilscope import scenarios
from gilscope.claims import Claim, claim_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "ARTICLE.md"

_CHAPTERS: dict[str, tuple[str, ...]] = {
    "Concurrency and parallelism": (
        "Work that takes turns is concurrent; work that is on several cores at the same instant is parallel.",
        "For Python code threads are concurrent and not parallel, processes are both, and tasks of one loop take turns.",
        "A program that does input and output spends nearly all of its time waiting.",
        "Computing on several threads is no faster than on one, and pays for changing between them.",
    ),
    "The GIL": (
        "At any instant at most one thread of an interpreter executes Python code.",
        "The GIL is there so that counts of references stay right; an interpreter without it has to pay for them otherwise.",
        "A call that blocks, such as receiving, reading a file or sleeping, gives the GIL up until it returns.",
        "Code written in C may compute without the GIL: hashing does so where the input is large.",
        "Each interpreter of a process has a GIL of its own, from Python 3.12 on.",
        "A thread that waits for the GIL asks for it after a switch interval, which is 5 ms unless a program sets another.",
        "Beside a thread that computes, one that does input and output pays a switch interval whenever it wakes up.",
        "A free-threaded build executes threads in parallel.",
    ),
    "Threads": (
        "Daemon threads are cut off when the main thread ends; the process stays for all others.",
        "A lock lets one thread in at a time.",
        "An RLock can be taken again by the thread that has it, where a plain lock makes a thread wait for itself.",
        "A semaphore lets a fixed number in at a time.",
        "An event that is set once wakes all who wait for it.",
        "A condition brings producers and consumers together; whoever is woken has to look again.",
        "A barrier holds all until the last has come, and breaks for all when one doesn't come.",
        "Two threads that add to one number without a lock lose updates.",
        "With a lock the number is exact, and everybody else waits.",
        "A deadlock takes four conditions: things that only one can have, holding one while waiting for another, "
        "nobody to take it away, and a circle; breaking any of them prevents it.",
        "Thread-local data is there once for each thread, also for those that a pool uses again.",
        "A pool of threads takes care of starting, ending, errors and results.",
        "More workers aren't always better: how many are right depends on what they do and on who answers them.",
        "A bounded queue makes whoever puts wait while it is full, and whoever gets while it is empty.",
    ),
    "Processes": (
        "Each process has an interpreter, a GIL and memory of its own, so computing gets faster with cores.",
        "Processes tell each other things through queues and pipes.",
        "Values and arrays in shared memory are seen by all processes, and lose updates without their lock.",
        "What goes from process to process is pickled, sent and unpickled, which can cost more than the work is worth.",
        "Functions without a name, connections and open files can't be pickled, and whoever tries gets an error.",
        "Forking starts fast and copies everything, spawning starts slowly and clean, a fork server lies between.",
        "A fork copies a lock that another thread has, and in the copy nobody is left to release it.",
        "Data in shared memory needn't be copied from process to process.",
        "A pool of processes is used just as a pool of threads is.",
        "For work that waits, processes cost time to start and memory, and gain nothing over threads.",
    ),
    "asyncio": (
        "A loop runs many tasks on one thread; each gives way only where it awaits.",
        "Calling a coroutine function runs none of its body.",
        "Who forgets to await gets a coroutine instead of a result, and a warning.",
        "Awaiting one after the other takes the sum; gather, create_task and TaskGroup let the waits overlap.",
        "When one fails, gather raises and leaves the others running, or returns errors as values; a TaskGroup cancels "
        "the others and waits for them.",
        "A cancellation arrives where a task awaits; it may clean up, and has to pass it on.",
        "A task that swallows its cancellation makes timeouts and groups wait.",
        "A call that blocks stops every task of the loop; in a thread or a process it doesn't.",
        "asyncio has locks, semaphores, conditions and queues that work for tasks as those of threads do for threads.",
        "A semaphore limits how many requests are under way at the same time.",
    ),
    "Futures": (
        "Threads and processes are used through one and the same interface.",
        "A future is pending, running, then done; it can be cancelled only before it runs, and tells whoever asks to be told.",
        "map() gives results in order and waits for the slow one; as_completed() gives each as it comes.",
    ),
    "Deciding": (
        "What waits goes to threads, or to a loop when it is very much; what computes goes to processes; a mixture to a loop "
        "with a pool of processes.",
        "Typical programs, such as fetching pages, reading a large table, writing in the background and serving "
        "connections, each have a way that fits them best.",
    ),
}


@dataclass(frozen=True)
class Statement:
    """One thing that is taught. ``number``: from 1, as ``ROWS`` of a claim has it."""

    number: int
    chapter: str
    text: str


STATEMENTS = tuple(
    Statement(number, chapter, text)
    for number, (chapter, text) in enumerate(
        ((chapter, text) for chapter, texts in _CHAPTERS.items() for text in texts), 1
    )
)
CHAPTERS = tuple(_CHAPTERS)


def chapters() -> Iterator[tuple[str, list[Statement]]]:
    """In order, each with its statements."""
    for chapter in CHAPTERS:
        yield chapter, [statement for statement in STATEMENTS if statement.chapter == chapter]


def claims_in(folder: Path = scenarios.FOLDER) -> list[Claim]:
    """The claims of all scenarios, in the catalogue's order."""
    found = (claim_of(scenario.name, folder) for scenario in scenarios.catalogue(folder))
    return [claim for claim in found if claim]


def unmeasured(folder: Path = scenarios.FOLDER) -> list[int]:
    """Numbers of the statements that no scenario measures."""
    measured = {row for claim in claims_in(folder) for row in claim.rows}
    return [statement.number for statement in STATEMENTS if statement.number not in measured]


def markdown() -> str:
    """``docs/ARTICLE.md``."""
    claims = claims_in()
    lines = [
        "# The article, measured",
        "",
        f"What introductions to concurrency in Python teach, as {len(STATEMENTS)} statements. Below each stand the scenarios that",
        "measure it, with what they claim. `gilscope claims` runs them on your machine and says what came out: *confirmed*,",
        "*refuted*, or *depends*, and on what; so does the page `/article` of the web application.",
        "",
        "This page is made of the code by `make article`.",
    ]
    for chapter, statements in chapters():
        lines += ["", f"## {chapter}"]
        for statement in statements:
            lines += ["", f"**{statement.number}.** {statement.text}", ""]
            lines += [
                f"- [{claim.scenario.name}]({Path('..') / claim.scenario.path.relative_to(PAGE.parent.parent)}): {claim.statement}"
                for claim in claims
                if statement.number in claim.rows
            ] or ["- No scenario measures it yet."]
    return "\n".join([*lines, ""])


def main() -> int:
    """Write ``docs/ARTICLE.md``."""
    PAGE.write_text(markdown(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
