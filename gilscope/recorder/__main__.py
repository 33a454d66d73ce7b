"""The child of the collector: runs a scenario, a file or a module under the recorder.

    python gilscope/recorder/__main__.py --scenario FILE --params JSON
    python gilscope/recorder/__main__.py --script FILE ARGUMENT…        as python FILE does
    python gilscope/recorder/__main__.py --module NAME ARGUMENT…        as python -m does
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
        case ["--script", file, *rest]:
            inside = _has_main(file)
            folder = os.path.join(os.getcwd(), file) if inside else _beside(os.path.dirname(os.path.realpath(file)))
            _record(folder, argv=[file, *rest])
            _own_command_line(file, *rest)
            _visible(*(_run_main, "__main__", False) if inside else (_run_script, file))
        case ["--module", name, *rest]:
            _record(folder=_beside(os.getcwd()), argv=["-m", *rest])
            _own_command_line("-m", name, *rest)
            _visible(_run_main, name, True)
        case ["--command", program, *rest]:
            try:  # noqa: SIM105  # contextlib would be one import more
                _record(folder=_beside(""), argv=["-c", *rest])
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


def _beside(folder: str) -> str:
    """What stands first on the path, unless the interpreter was told (PYTHONSAFEPATH) that the program's folder doesn't."""
    return sys.path[0] if sys.flags.safe_path else folder


def _own_command_line(*words: str) -> None:
    """What the interpreter was started with, as far as the program is concerned."""
    sys.orig_argv[1:] = words


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


def _has_main(path: str) -> bool:
    """Whether a path is executed by the __main__.py in it: a folder, or a zip file."""
    for hook in sys.path_hooks:
        try:
            hook(path)
        except ImportError:
            continue
        return True
    return False


def _new_main() -> ModuleType:
    """What the program finds as __main__, as empty as the interpreter makes it."""
    main = ModuleType("__main__")
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    main.__dict__.update(__loader__=BuiltinImporter, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    return main


def _run_script(file: str) -> None:
    """Execute the file as the main module, as `python FILE` does."""
    main = _new_main()
    path = os.path.join(os.getcwd(), file)
    loader = SourceFileLoader("__main__", path)
    main.__dict__.update(__file__=path, __loader__=loader)
    if sys.version_info < (3, 15):
        main.__dict__["__cached__"] = None
    exec(compile(loader.get_data(path), path, "exec", dont_inherit=True), main.__dict__)


def _run_main(name: str, alter_argv: bool) -> None:
    """Find the module and execute it as the main module: the interpreter has this function for `python -m`, too."""
    _new_main()
    from runpy import _run_module_as_main  # type: ignore[attr-defined]

    _run_module_as_main(name, alter_argv)


def _run_command(program: str) -> None:
    """Execute the text as the main module, as `python -c` does."""
    main = _new_main()
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
