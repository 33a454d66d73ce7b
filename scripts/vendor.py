"""Fetch the browser's libraries and fonts from npm into ``static/vendor``: ``python scripts/vendor.py``.

Needed only to change a version. What npm delivers is held against the integrity that is pinned here; the
manifest that it writes is what the tests and the pages hold the files against.
"""

import base64
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"


@dataclass(frozen=True)
class Package:
    """One version of an npm package, and what of it we serve."""

    name: str
    version: str
    licence: str
    integrity: str
    folder: str
    files: tuple[str, ...]


PACKAGES = (
    Package(
        "htmx.org",
        "4.0.1",
        "0BSD",
        "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
        "htmx/4.0.1",
        ("dist/htmx.min.js", "LICENSE"),
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        "sha512-OupL48va4JNofb97w6NYeF9S7W/kHNKM0Er8Dem5nqi4jeOLrVJDoE8tZEpnMJmtkvNbB1EIPPwHcdkF6b1oUA==",
        "inter",
        ("files/inter-latin-wght-normal.woff2", "LICENSE"),
    ),
    Package(
        "@fontsource-variable/jetbrains-mono",
        "5.3.0",
        "OFL-1.1",
        "sha512-F32xpS2NsGYoQi2ADSkKTgpJj7ozajsGgDJ8woTnqjmIB+dxDIqImjl4pXZVEExu8UFZ2ndhmX18EBS/hdz3Lw==",
        "jetbrains-mono",
        ("files/jetbrains-mono-latin-wght-normal.woff2", "LICENSE"),
    ),
)


def digest(content: bytes, algorithm: str) -> str:
    """As in Subresource Integrity: ``sha384-`` and the hash in base64."""
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def fetch(package: Package) -> bytes:
    """The package's archive, held against its pinned integrity."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{package.name}@{package.version}"
        subprocess.run(
            ["npm", "pack", "--silent", "--pack-destination", folder, wanted], check=True, stdout=subprocess.DEVNULL
        )
        (archive,) = Path(folder).iterdir()
        content = archive.read_bytes()
    found = digest(content, "sha512")
    if found != package.integrity:
        sys.exit(f"{wanted} has integrity {found}, expected {package.integrity}. Nothing of it was unpacked.")
    return content


def unpack(package: Package, archive: bytes) -> dict[str, str]:
    """Write its files; their hashes by path below ``static/vendor``."""
    hashes = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for name in package.files:
            member = tar.extractfile(f"package/{name}")
            assert member is not None
            content = member.read()
            path = VENDOR / package.folder / Path(name).name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            hashes[str(path.relative_to(VENDOR))] = digest(content, "sha384")
    return hashes


def main() -> None:
    """Fetch all, then write the manifest."""
    manifest = [
        {
            "package": package.name,
            "version": package.version,
            "licence": package.licence,
            "integrity": package.integrity,
            "files": unpack(package, fetch(package)),
        }
        for package in PACKAGES
    ]
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
