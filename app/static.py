"""The files that pages load, under an address that says what is in them: a browser keeps them for good, and asks nothing at the next visit."""

import hashlib
import mimetypes
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
        self.contents: dict[str, bytes] = {}
        """What is in each file of this version, by its path in the folder: about a megabyte, given in a third of the time that a file takes."""
        self._seen: dict[str, tuple[int, int]] = {}
        """When each was changed last, and its size."""
        self._version = ""

    def now(self) -> str:
        """Looks at each file, but reads them only if one has changed."""
        paths = [Path(folder, name) for folder, _, names in os.walk(self.folder) for name in names]
        seen = {
            str(path.relative_to(self.folder)): (told.st_mtime_ns, told.st_size)
            for path in sorted(paths)
            for told in [path.stat()]
        }
        if seen != self._seen:
            self.contents = {path: (self.folder / path).read_bytes() for path in seen}
            content = hashlib.sha256()
            for path, data in self.contents.items():
                content.update(f"{path}\0{len(data)}\0".encode() + data)
            self._seen, self._version = seen, content.hexdigest()[:16]
        return self._version

    def content(self, version: str, path: str) -> bytes | None:
        """What is in a file of a version; None if it has no such file, or isn't the last one that was asked for."""
        return self.contents.get(path) if version == (self._version or self.now()) else None


VERSION = Version(FOLDER)


def address() -> str:
    """Where a page finds them. Modules find each other from there, because they name each other relatively."""
    return f"/static/{VERSION.now()}"


class Static(StaticFiles):
    """Under their version files are kept for good, and so are vendored ones, whose address has one of its own; without one they are asked for anew.
    Under a version that isn't that of now there is nothing: a page of before then says that a part is missing, and never mixes old and new."""

    def __init__(self, version: Version) -> None:
        super().__init__(directory=version.folder)
        self.version = version

    async def get_response(self, path: str, scope: Any) -> Response:
        version, _, rest = path.partition("/")
        if _VERSION.fullmatch(version) and scope["method"] in ("GET", "HEAD"):
            content = self.version.content(version, rest)
            if content is None:
                raise HTTPException(404)
            return Response(content, media_type=mimetypes.guess_type(rest)[0], headers={"Cache-Control": _FOR_GOOD})
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _FOR_GOOD if path.startswith("vendor/") else "no-cache"
        return response
