"""The child of the collector: runs a scenario, or a module, under the recorder.

    python gilscope/recorder/__main__.py --scenario FILE --params JSON
    python gilscope/recorder/__main__.py --module NAME ARGUMENT…
    python gilscope/recorder/__main__.py --command PROGRAM ARGUMENT…    as python -c does: how multiprocessing starts its own

For the program everything is as under plain Python: path, arguments, tracebacks, exit codes, signals. GILSCOPE_PROBE
is the path of the extension for this interpreter (empty: nothing is recorded from inside), GILSCOPE_RINGS that of
the run's shared memory. GILSCOPE_TOOK, where it is set, is the file that takes how long a scenario's run() took (ns).
"""

from __future__ import annotations

import os
import sys
import time
from importlib.machinery import BuiltinImporter, ExtensionFileLoader, ModuleSpec, SourceFileLoader
from types import ModuleType

TYPE_CHECKING = False  # typing takes longer to import than all of this does to run
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

_FILE = __file__  # the interpreter takes the name away before it reports an exception
_HERE = os.path.dirname(os.path.abspath(_FILE))


def main(arguments: list[str]) -> None:
    """Do what the command line says. Whatever the program raises goes on, without the frames of this file."""
    match arguments:
        case ["--scenario", file, "--params", params]:
            file = os.path.abspath(file)
            parameters = _parameters(params)
            took = os.environ.pop("GILSCOPE_TOOK", "")
            _record(folder=os.path.dirname(file), argv=[file])
            _visible(_run_scenario, file, parameters, took)
        case ["--module", name, *rest]:
            import runpy

            _record(folder=os.getcwd(), argv=[name, *rest])
            _visible(runpy.run_module, name, None, "__main__", True)
        case ["--command", program, *rest]:
            try:  # noqa: SIM105  # contextlib would be one import more
                _record(folder=sys.path[0] if sys.flags.safe_path else "", argv=["-c", *rest])
            except (OSError, ValueError):
                pass  # the run's memory is out of its reach: it goes on unrecorded
            _visible(_run_command, program)
        case _:
            raise SystemExit(__doc__)


def _parameters(text: str) -> dict[str, Any]:
    import json

    parameters = json.loads(text)
    if not isinstance(parameters, dict):
        raise SystemExit(f'--params takes a JSON object, such as {{"threads": 4}}, not {text}')
    return parameters


def _record(folder: str, argv: list[str]) -> None:
    """Start recording, if there is a probe, and leave path and arguments as the program expects them. OSError or
    ValueError: the run's memory isn't there."""
    probe = os.environ.get("GILSCOPE_PROBE", "")
    sys.argv[:] = argv
    try:
        if probe:
            sys.path[0] = os.path.dirname(os.path.dirname(_HERE))
            import atexit

            import gilscope.recorder

            _load_probe(gilscope.recorder, probe)
            from gilscope.recorder import hooks

            hooks.install(os.environ.get("GILSCOPE_RINGS", ""))
            atexit.register(hooks.put_back)  # the first that is registered runs last: after all threads are joined
    finally:
        sys.path[0] = folder


def _load_probe(package: ModuleType, path: str) -> None:
    name = "gilscope.recorder._probe"
    loader = ExtensionFileLoader(name, path)
    module = loader.create_module(ModuleSpec(name, loader, origin=path))
    loader.exec_module(module)
    sys.modules[name] = module
    package._probe = module  # type: ignore[attr-defined]


def _run_scenario(file: str, parameters: dict[str, Any], took: str) -> None:
    """Execute the file as a module of its own name, so that what guards `__main__` doesn't run, and call its run()."""
    name = os.path.splitext(os.path.basename(file))[0]
    if name in sys.modules or name in sys.stdlib_module_names:
        name += "_scenario"
    module = ModuleType(name)
    loader = SourceFileLoader(name, file)
    module.__file__ = file
    module.__loader__ = loader
    module.__spec__ = ModuleSpec(name, loader, origin=file)
    sys.modules[name] = sys.modules["__main__"] = module
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # as in a terminal: who watches sees each line when it is printed
    exec(compile(loader.get_data(file), file, "exec", dont_inherit=True), module.__dict__)
    run = getattr(module, "run", None)
    if not callable(run):
        raise SystemExit(f"{file} has no function run(): a scenario is a file that defines one")
    began, here = time.monotonic_ns(), os.getpid()
    run(**parameters)
    if took and os.getpid() == here:
        ns = time.monotonic_ns() - began
        with open(took, "w", encoding="ascii") as told:
            told.write(str(ns))


def _run_command(program: str) -> None:
    """Execute the text as the main module, as `python -c` does."""
    main = ModuleType("__main__")
    main.__dict__.update(__loader__=BuiltinImporter, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    exec(compile(program, "<string>", "exec", dont_inherit=True), main.__dict__)


def _visible(function: Any, *arguments: Any) -> None:
    try:
        function(*arguments)
    except SystemExit:
        raise
    except BaseException:
        sys.excepthook = _Reporter(sys.excepthook)
        raise


def _mark_interrupt() -> None:
    """Let the process die of SIGINT after its end, as it would: the imports and evals of the report undid the mark."""
    try:  # noqa: SIM105  # contextlib would be one import more
        exec("raise KeyboardInterrupt")  # a string: only those mark
    except KeyboardInterrupt:
        pass


class _Reporter:
    """Stands for sys.excepthook while an exception leaves this file: takes this file's frames out of the traceback."""

    def __init__(self, hook: Any) -> None:
        self.hook = hook

    def __call__(
        self,
        kind: type[BaseException],
        value: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        sys.excepthook = self.hook
        while traceback is not None and traceback.tb_frame.f_code.co_filename == _FILE:
            traceback = traceback.tb_next
        value.__traceback__ = sys.last_traceback = traceback
        if "gilscope.recorder.definitions" in sys.modules:
            from traceback import format_exception

            from gilscope.recorder import definitions

            definitions.error(kind, value, "".join(format_exception(kind, value, traceback)))
            if kind is KeyboardInterrupt:
                _mark_interrupt()
        self.hook(kind, value, traceback)


main(sys.argv[1:])
