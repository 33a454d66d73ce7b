"""How figures and names are said: one form everywhere."""

from collections.abc import Sequence


def duration(nanoseconds: float) -> str:
    """``640 ns``, ``830 µs``, ``5.12 ms``, ``1.24 s``: three digits that tell something."""
    size = abs(nanoseconds)
    for unit, factor in (("ns", 1), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        value = size / factor
        rounded = value if unit == "ns" else float(f"{value:.3g}")
        if rounded < 1000 or unit == "s":
            break
    sign = "−" if nanoseconds < 0 else ""
    if unit == "ns" or rounded >= 100:
        return f"{sign}{value:,.0f} {unit}"
    return f"{sign}{value:.1f} {unit}" if rounded >= 10 else f"{sign}{value:.2f} {unit}"


def about(nanoseconds: float) -> str:
    """``40 s``, ``7 min``: how long something will take."""
    return f"{nanoseconds / 1e9:.0f} s" if nanoseconds < 90e9 else f"{nanoseconds / 60e9:.0f} min"


def size(count: int) -> str:
    """``640 bytes``, ``83.0 kB``, ``1.24 MB``."""
    if count < 1000:
        return counted(count, "byte")
    unit, factor = next(
        ((unit, factor) for unit, factor in (("kB", 1e3), ("MB", 1e6)) if count < 999.5 * factor), ("GB", 1e9)
    )
    value = count / factor
    return (
        f"{value:.0f} {unit}" if value >= 99.95 else f"{value:.1f} {unit}" if value >= 9.995 else f"{value:.2f} {unit}"
    )


def percent(share: float) -> str:
    """``87 %``; ``0.4 %`` below one."""
    return f"{share * 100:.0f} %" if share >= 0.01 or share <= 0 else f"{share * 100:.1f} %"


def times(count: int) -> str:
    """``once``, ``twice``, ``7 times``."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def counted(count: int, one: str, many: str = "") -> str:
    """``1 thread``, ``2 threads``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def called(kind: str, name: str) -> str:
    """``lock cache``; ``lock 2`` where a lock is called so: its kind isn't said twice."""
    first, _, rest = name.partition(" ")
    return f"{kind} {rest if first == kind.split()[-1] else name}".rstrip()


def listed(names: Sequence[str], most: int = 4) -> str:
    """``a, b and c``; of many only the first."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
