"""The hierarchy of errors. Each message says what was wrong, what was expected and what to do.

GilscopeError
├── BadRecording        a file that isn't a recording, or is one that this version can't read
├── UnknownScenario     no such name in the catalogue
├── BadScenario         a file that doesn't have the form of a scenario
├── BadTour             a file that doesn't have the form of a tour
├── BadQuery            a step of a tour that looks for nothing that can be found
├── BadParameter        a value outside what its parameter allows; ``parameter`` names it
├── BadParameters       all the BadParameter of one attempt, in ``errors``
├── BadInterpreter      an interpreter that can't run or is too old
├── ProbeUnavailable    the probe can't be built or loaded here; recordings go on without the GIL
├── CoresUnavailable    the kernel doesn't tell of cores here; recordings go on without them
├── Unwritable          a recording can't be written any further; what there is of it stays
└── Refused             the server won't do it now: queue full, disk full, wrong origin
"""


class GilscopeError(Exception):
    """Anything that this project tells its user about."""


class BadRecording(GilscopeError):
    """Not a recording, or damaged beyond its header."""


class UnknownScenario(GilscopeError):
    """No scenario of that name."""


class BadScenario(GilscopeError):
    """The file isn't of the scenario form."""


class BadTour(GilscopeError):
    """The file isn't of the tour form."""


class BadQuery(GilscopeError):
    """Not a query."""


class BadParameter(GilscopeError):
    """A parameter's value was refused."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class BadParameters(GilscopeError):
    """Several parameters' values were refused; each has its error."""

    def __init__(self, errors: list[BadParameter]) -> None:
        super().__init__(" ".join(str(error) for error in errors))
        self.errors = tuple(errors)


class BadInterpreter(GilscopeError):
    """The interpreter can't be used."""


class ProbeUnavailable(GilscopeError):
    """No exact GIL here; the message says why."""


class CoresUnavailable(GilscopeError):
    """Nobody tells here which thread is on which core; the message says why, and what to do."""


class Refused(GilscopeError):
    """Asked for at a moment when it can't be done."""


class Unwritable(GilscopeError):
    """A recording that can't be written: the disk is full, or its folder is gone or not ours."""
