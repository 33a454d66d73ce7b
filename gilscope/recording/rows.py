"""Rows: what is recorded, as columns. Times are ns since the run's origin."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Index = slice | NDArray[np.integer[Any]] | NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Transitions and marks as columns of one length; docs/HACKING.md tells each column's meaning."""

    at: NDArray[np.int64]
    track: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    state: NDArray[np.uint8]
    thing: NDArray[np.uint32]
    line: NDArray[np.uint32]
    value: NDArray[np.int64]

    @classmethod
    def of(cls, at: Any, **columns: Any) -> Self:
        """Columns from anything that numpy takes; one that isn't given is zeros, a single number stands for all."""
        first = np.asarray(at, np.int64)
        full = {
            name: np.broadcast_to(np.asarray(columns.pop(name, 0), dtype), first.shape)
            for name, dtype in COLUMNS.items()
            if name != "at"
        }
        if columns:
            raise TypeError(f"rows have no column {min(columns)!r}")
        return cls(first, **full)

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls.of(())

    @classmethod
    def concat(cls, parts: Iterable["Rows"]) -> Self:
        """One after the other."""
        some = list(parts)
        if not some:
            return cls.empty()
        return cls(*(np.concatenate([getattr(part, name) for part in some]) for name in COLUMNS))

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, index: Index) -> "Rows":
        return Rows(*(getattr(self, name)[index] for name in COLUMNS))

    def sorted(self) -> "Rows":
        """By time; rows of one time keep their order."""
        if len(self) < 2 or bool((self.at[1:] >= self.at[:-1]).all()):
            return self
        return self[self.at.argsort(kind="stable")]

    def same(self, other: "Rows") -> bool:
        """Whether all columns are equal."""
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in COLUMNS)


COLUMNS: dict[str, np.dtype[Any]] = {
    column.name: np.dtype(dtype)
    for column, dtype in zip(fields(Rows), ("<i8", "<u4", "u1", "u1", "u1", "<u4", "<u4", "<i8"), strict=True)
}
ROW_BYTES = sum(dtype.itemsize for dtype in COLUMNS.values())
