"""Where things lie, and how much of them there may be. From the environment, or given by the command line."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from gilscope import scenarios
from gilscope.errors import Refused

PREFIX = "GILSCOPE_"
LOCAL = ("127.0.0.1", "localhost", "[::1]")


def default_data() -> Path:
    """The user's folder for data, by the XDG rule."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "gilscope"


@dataclass(frozen=True)
class Settings:
    """All settings of the server. Bytes and seconds where a name says so."""

    data: Path = field(default_factory=default_data)
    host: str = "127.0.0.1"
    port: int = 8000
    allowed_hosts: tuple[str, ...] = ()
    """Names by which browsers may reach the server, besides this machine's own; without port."""
    slots: int = max(1, (os.cpu_count() or 1) // 2)
    """Runs at the same time: one for two cores, because a measurement that shares its cores isn't one."""
    waiting: int = 32
    """Runs that may wait, of all clients together …"""
    waiting_by_client: int = 8
    """… and of one client."""
    retention_bytes: int = 4 << 30
    reserve_bytes: int = 64 << 20
    """With less room than this on the disk no run is started."""
    wall_seconds: float = 30.0
    folder: Path = scenarios.FOLDER
    """The scenarios."""
    shipped: Path = Path(__file__).resolve().parent.parent / "recordings"
    """Recordings that come along: each data folder is given each of them once."""

    @property
    def recordings(self) -> Path:
        return self.data / "recordings"

    @property
    def hosts(self) -> frozenset[str]:
        """Every name that the Host header may have."""
        own = () if self.host in ("0.0.0.0", "::") else (self.host,)
        return frozenset(name.lower() for name in (*LOCAL, *own, *self.allowed_hosts))


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings with what ``GILSCOPE_DATA``, ``GILSCOPE_PORT``, … say; ``Refused`` names the one that can't be read."""
    settings = Settings()
    for known in fields(Settings):
        text = environment.get(PREFIX + known.name.upper())
        if text:
            settings = replace(settings, **{known.name: _read(known.name, text, getattr(settings, known.name))})
    return settings


def _read(name: str, text: str, like: Any) -> Any:
    """A value of the same type as the default."""
    if isinstance(like, Path):
        return Path(text).expanduser().resolve()
    if isinstance(like, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        value = type(like)(text)
        if isinstance(value, (int, float)) and value < 0:
            raise ValueError
    except ValueError:
        wanted = "a number, 0 or more"
        raise Refused(
            f"{PREFIX}{name.upper()} is {text[:80]!r}. Expected {wanted}. Set it right, or unset it."
        ) from None
    return value
