"""Things are called what the source calls them."""

import pytest

from gilscope.collector.names import Names

SOURCE = """
cache = Lock()
self.changed = threading.Condition()
a, b = Lock(), RLock()
forks = [Lock() for _ in range(3)]
shelf = Shelf(room=Semaphore(2), done=Event())
by_name = {"first": Lock()}
if (ready := Event()):
    pass
typed: Lock = Lock()
Lock()
wait_for(Event())
locks[0] = Lock()
once = lambda: Lock()
def make():
    return Lock()
(queue, other) = pair()
line = Queue(maxsize=int(room))
path, waiting = join(folder, name), Queue()
left, right = pair(), pair()
"""


def given(*lines: int) -> list[str]:
    """What things are called in the end that these lines make, one after the other."""
    names = Names(lambda file: SOURCE if file == "here.py" else None)
    found: dict[int, str] = {}
    for id, line in enumerate(lines, 1):
        found.update(names.give(id, "here.py", line, "lock"))
    return [found[id] for id in sorted(found)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((2,), ["cache"]),
        ((3,), ["changed"]),
        ((4, 4), ["a", "b"]),
        ((5, 5, 5), ["forks 1", "forks 2", "forks 3"]),
        ((6, 6), ["room", "done"]),
        ((7,), ["by_name"]),
        ((8,), ["ready"]),
        ((10,), ["typed"]),
        ((11,), ["lock"]),
        ((12, 11), ["lock", "lock"]),
        ((13,), ["locks"]),
        ((14, 16), ["lock", "lock"]),
        ((16, 16), ["lock 1", "lock 2"]),
        ((17,), ["queue"]),
        ((2, 3, 2), ["cache 1", "changed", "cache 2"]),
        ((18,), ["line"]),
        ((19,), ["waiting"]),
        ((20, 20), ["left", "right"]),
        ((999,), ["lock"]),
    ],
)
def test_a_thing_is_called_by_what_it_is_assigned_to(lines: tuple[int, ...], expected: list[str]) -> None:
    """Two of one line and name get numbers; where the source says nothing, the kind is the name."""
    assert given(*lines) == expected


@pytest.mark.parametrize("source", [None, "not python at all (", "x" * 10 + "\0"])
def test_without_a_readable_source_the_kind_is_the_name(source: str | None) -> None:
    """The file may be gone, or be something else by now."""
    assert dict(Names(lambda file: source).give(1, "there.py", 2, "event")) == {1: "event"}
