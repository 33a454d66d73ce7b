"""The files that pages load, under an address that says what is in them: a browser keeps them for good, and asks nothing at the next visit."""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).resolve().parent.parent / "static"
_VERSION = re.compile(r"[0-9a-f]{16}")
_FOR_GOOD = "public, max-age=31536000, immutable"


class Version:
    """Stands for the content of all files of a folder, and is another one as soon as one of them is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, tuple[int, int]] = {}
        """Each file, by its path in the folder: when it was changed last, and its size."""
        self._version = ""

    def now(self) -> str:
        """Looks at each file, but reads them only if one has changed."""
        found = {
            os.path.relpath(os.path.join(folder, name), self.folder)
            for folder, _, names in os.walk(self.folder)
            for name in names
        }
        known = {path: self._told(path) for path in sorted(found)}
        if known != self._known:
            content = hashlib.sha256()
            for path, (_, size) in known.items():
                content.update(f"{path}\0{size}\0".encode() + (self.folder / path).read_bytes())
            self._known, self._version = known, content.hexdigest()[:16]
        return self._version

    def has(self, version: str, path: str) -> bool:
        """Whether a file is still what it was in that version."""
        if not self._version:
            self.now()
        return version == self._version and self._known.get(path) == self._told(path)

    def _told(self, path: str) -> tuple[int, int]:
        try:
            told = (self.folder / path).stat()
        except OSError:
            return (0, 0)
        return (told.st_mtime_ns, told.st_size)


VERSION = Version(FOLDER)


def address() -> str:
    """Where a page finds them. Modules find each other from there, because they name each other relatively."""
    return f"/static/{VERSION.now()}"


class Static(StaticFiles):
    """Under their version files are kept for good, and so are vendored ones, whose address has one of its own; without one they are asked for anew.
    What has changed isn't there under the version before: a page that was opened then says that a part is missing, and never mixes old and new."""

    def __init__(self, version: Version) -> None:
        super().__init__(directory=version.folder)
        self.version = version

    async def get_response(self, path: str, scope: Any) -> Response:
        version, _, rest = path.partition("/")
        versioned = _VERSION.fullmatch(version) is not None
        if versioned and not self.version.has(version, rest):
            raise HTTPException(404)
        response = await super().get_response(rest if versioned else path, scope)
        response.headers["Cache-Control"] = _FOR_GOOD if versioned or path.startswith("vendor/") else "no-cache"
        return response
