"""Runs test modules and writes down how each test ended: `python -m outcomes FILE MODULE…`. Any Python."""

import json
import sys
import unittest
from typing import Any


class Outcomes(unittest.TestResult):
    """By test: its outcome, and what it said when that was a failure."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[str, list[str]] = {}

    def note(self, test: unittest.TestCase, outcome: str, text: str = "") -> None:
        """Keep the worst: a test with subtests ends more than once."""
        if outcome != "ok" or test.id() not in self.ended:
            self.ended[test.id()] = [outcome, text]

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.note(test, "ok")

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        self.note(test, "error", self._exc_info_to_string(err, test))  # type: ignore[attr-defined]

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        self.note(test, "failure", self._exc_info_to_string(err, test))  # type: ignore[attr-defined]

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        if err is not None:
            self.addFailure(test, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self.note(test, "skipped", reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        self.note(test, "expected failure")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self.note(test, "unexpected success")


def main() -> None:
    """Run and write."""
    file, *modules = sys.argv[1:]
    outcomes = Outcomes()
    for module in modules:
        unittest.defaultTestLoader.loadTestsFromName(module).run(outcomes)
    with open(file, "w", encoding="utf-8") as out:
        json.dump(outcomes.ended, out)


if __name__ == "__main__":
    main()
