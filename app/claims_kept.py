"""Claims that the command line measures, kept where the page shows them: in a server's data folder, also while that serves."""

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from app import verdicts
from app.analysed import analysis_of
from app.settings import Settings
from app.store import Store
from gilscope.claims import Claim, Verdict
from gilscope.errors import Refused


class ClaimsKept:
    """``Refused`` where the folder can't be written."""

    most = verdicts.KEPT

    def __init__(self, settings: Settings) -> None:
        self.data = settings.data
        try:
            self.store = Store(settings.recordings, settings.data / "index.sqlite")
        except (OSError, sqlite3.Error) as error:
            raise self._refused(error) from None

    def verdicts(self, measured: Sequence[Claim]) -> dict[tuple[str, str], list[Verdict]]:
        """Of these claims as they are now, by scenario and version of the interpreter."""
        with self.store.transaction() as database:
            found = verdicts.read(database, {claim.scenario.name: claim for claim in measured})
        return {cell: [one.verdict for one in kept] for cell, kept in found.items()}

    def keep(self, id: str, file: Path) -> Verdict:
        """Copy a recording, enter it with all that is worked out of it, and say what its claim's verdict is."""
        analysis, path = analysis_of(file), self.store.path(id)
        part = path.with_suffix(".part")
        try:
            shutil.copyfile(file, part)
            part.replace(path)
            self.store.take_in(id)
            self.store.put_analysis(id, analysis)
        except (OSError, sqlite3.Error) as error:
            part.unlink(missing_ok=True)
            raise self._refused(error) from None
        told = analysis.report["claim"]
        return Verdict(told["verdict"], told["sentence"])

    def _refused(self, error: Exception) -> Refused:
        return Refused(f"{self.data} can't be written: {error}. Choose another folder with --data.")
