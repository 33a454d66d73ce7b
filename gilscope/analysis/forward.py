"""Last values carried forward: how the fold knows, at every row, what each thread and thing was told last."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Index = NDArray[np.intp]
Truth = NDArray[np.bool_]


def order_by(*columns: Numbers) -> Index:
    """The order by the first column, then by the next …; rows equal in all keep their order."""
    order: Index | None = None
    for column in reversed(columns):
        if len(column) and int(column.min()) >= 0 and int(column.max()) < 1 << 16:
            column = column.astype(np.uint16)  # numpy sorts these by radix
        order = column.argsort(kind="stable") if order is None else order[column[order].argsort(kind="stable")]
    assert order is not None
    return order


def starts_of(*columns: Numbers) -> Index:
    """Where, in ordered columns, each group of equal rows begins."""
    changed = np.zeros(len(columns[0]), np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changed)


def ends_of(starts: Index, count: int) -> Index:
    """The last row of each group."""
    return np.append(starts[1:], count) - 1


def forward(starts: Index, sets: Truth, values: Numbers, carried: Numbers) -> Numbers:
    """At each row the value set last in its group, this row's included; before the first, what was carried in."""
    marks, filled = sets.copy(), values.copy()
    unset = ~sets[starts]
    filled[starts[unset]] = carried[unset]
    marks[starts] = True
    return np.asarray(filled[np.maximum.accumulate(np.where(marks, np.arange(len(marks)), 0))])


def before(starts: Index, values: Numbers, carried: Numbers) -> Numbers:
    """At each row the value of the row before it in its group."""
    shifted = np.empty_like(values)
    shifted[1:] = values[:-1]
    shifted[starts] = carried
    return shifted


def running_total(starts: Index, values: Numbers, carried: Numbers) -> Numbers:
    """Sum over each group up to each row, upon what was carried in."""
    total = np.cumsum(values, dtype=np.int64)
    base = total[starts] - values[starts] - carried
    return np.asarray(total - np.repeat(base, np.diff(np.append(starts, len(values)))))


def pairs(first: Index, last: Index) -> tuple[Index, Index]:
    """Each n beside each number from ``first[n]`` up to ``last[n]``, which isn't one of them."""
    count = np.maximum(last - first, 0)
    which = np.repeat(np.arange(len(count)), count)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(count) - count - first, count)


def batches(count: Index, most: int) -> Iterator[slice]:
    """All of them, in slices whose counts don't add up to more than this, unless a single one does."""
    total = np.cumsum(count)
    begin = 0
    while begin < len(count):
        done = int(total[begin - 1]) if begin else 0
        end = max(int(total.searchsorted(done + most, "right")), begin + 1)
        yield slice(begin, end)
        begin = end


def stretches(groups: Numbers, opens: Truth, closes: Truth) -> tuple[Index, Index]:
    """Each opening row, and the row of its group that closes it, before the next one there opens; −1 where none does."""
    some = np.flatnonzero(opens | closes)
    if not len(some):
        return some, some
    order = some[order_by(groups[some])]
    begins = np.flatnonzero(opens[order])
    following = order[np.minimum(begins + 1, len(order) - 1)]
    first = order[begins]
    closed = closes[following] & (groups[following] == groups[first]) & (following > first)
    by_place = first.argsort()
    return first[by_place], np.where(closed, following, -1)[by_place]


def last_before(groups: Numbers, places: Index, wanted: Numbers, before: Index) -> Index:
    """Of members, each in a group and at a place: where the last one of a wanted group before a place is; or −1."""
    if not len(groups):
        return np.full(len(wanted), -1)
    keys = np.sort((groups.astype(np.int64) << 32) + places)
    limit = (wanted.astype(np.int64) << 32) + before
    found = keys[np.maximum(keys.searchsorted(limit) - 1, 0)]
    return np.where((found < limit) & (found >> 32 == wanted), found & 0xFFFFFFFF, -1)


class Table:
    """A value for each track, which grows with the ids."""

    def __init__(self, dtype: Any, initial: int = 0) -> None:
        self._initial = initial
        self.values = np.full(64, initial, dtype)

    def reach(self, size: int) -> None:
        """Make room for ids below this."""
        if size > len(self.values):
            more = np.full(max(size, 2 * len(self.values)) - len(self.values), self._initial, self.values.dtype)
            self.values = np.concatenate((self.values, more))

    def __getitem__(self, index: Any) -> Any:
        return self.values[index]

    def __setitem__(self, index: Any, values: Any) -> None:
        self.values[index] = values


class Tables:
    """Base of what carries values of tracks from batch to batch, in tables that are its attributes."""

    def reach(self, size: int) -> None:
        """Make room for ids below this."""
        for table in vars(self).values():
            if isinstance(table, Table):
                table.reach(size)


class Groups:
    """Ordered rows in groups of one track each, by its id. What was told of a track before them comes from a table."""

    def __init__(self, ids: Numbers) -> None:
        self.starts = starts_of(ids)
        self.ids = ids[self.starts]
        self.ends = ends_of(self.starts, len(ids))[: len(self.ids)]

    def forward(self, sets: Truth, values: Numbers, table: Table) -> Numbers:
        """At each row the value set last for its track."""
        return forward(self.starts, sets, values, table[self.ids])

    def before(self, values: Numbers, table: Table) -> Numbers:
        """At each row the value of its track's row before it."""
        return before(self.starts, values, table[self.ids])

    def total(self, values: Numbers, table: Table) -> Numbers:
        """Sum up to each row."""
        return running_total(self.starts, values, table[self.ids])

    def carry(self, *carried: tuple[Table, Numbers]) -> None:
        """Put the last value of each track into its table."""
        for table, values in carried:
            table[self.ids] = values[self.ends]
