"""The memo is a dict that answers for whole columns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from gilscope.collector.memo import SLOTS, Memo

KEYS = some.lists(some.integers(0, (1 << 64) - 1), max_size=50)


@given(some.lists(KEYS, max_size=6))
def test_every_key_keeps_the_id_that_it_was_given(columns: list[list[int]]) -> None:
    """In whatever columns it comes again."""
    memo, expected = Memo(), dict[int, int]()

    def make(key: int, _: int) -> int:
        assert key not in expected
        return len(expected) + 1

    for keys in columns:
        ids = memo.ids(np.array(keys, np.uint64), lambda key, n: expected.setdefault(key, make(key, n)))
        assert ids.tolist() == [expected[key] for key in keys]


def test_more_keys_than_the_table_has_slots() -> None:
    """Those that share a slot are found all the same."""
    keys = np.arange(5 * SLOTS, dtype=np.uint64) << np.uint64(20)
    memo = Memo()
    first = memo.ids(keys, lambda key, n: n + 1)
    assert (first == np.arange(len(keys)) + 1).all()
    assert (memo.ids(keys[::-1], lambda key, n: 0) == first[::-1]).all()


def test_what_is_not_known_yet_is_asked_for_again() -> None:
    """0 is no id."""
    memo, asked = Memo(), list[tuple[int, int]]()
    keys = np.array([7, 8, 7], np.uint64)
    for answer in (0, 5):

        def make(key: int, n: int, answer: int = answer) -> int:
            asked.append((key, n))
            return answer

        memo.ids(keys, make)
    assert asked == [(7, 0), (8, 1)] * 2
    memo.put(8, 6)
    assert memo.ids(keys, lambda key, n: 0).tolist() == [5, 6, 5]
