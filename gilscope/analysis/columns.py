"""Columns of one length: what stands at the same place of each belongs together."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np


class Columns:
    """Base of frozen dataclasses whose fields are such columns."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __len__(self) -> int:
        return len(getattr(self, next(iter(self.__dataclass_fields__))))

    def __getitem__(self, index: Any) -> Self:
        return type(self)(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    @classmethod
    def concat(cls, several: Sequence[Self]) -> Self:
        """One after the other; nothing is copied where only one of them has rows."""
        names = cls.__dataclass_fields__
        if not several:
            return cls(*(np.empty(0, np.int64) for _ in names))
        some = [each for each in several if len(each)] or several[:1]
        if len(some) == 1:
            return some[0]
        return cls(*(np.concatenate([getattr(each, name) for each in some]) for name in names))
