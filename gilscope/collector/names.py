"""What things are called: by the line of source that made them.

``cache = threading.Lock()`` makes ``cache``; two of one line are told apart by numbers, in the order in which they were
made: ``forks 1``, ``forks 2``.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class _Line:
    """Things of one name that one line made."""

    first: int
    count: int = 1


class Names:
    """Gives names, and remembers which ones were given. ``source``: the text of a file, None where there is none."""

    def __init__(self, source: Callable[[str], str | None]) -> None:
        self._source = source
        self._lines: dict[tuple[str, int, str], _Line] = {}
        self._words: dict[str, dict[int, tuple[str, ...]]] = {}
        self._made: dict[tuple[str, int], int] = {}

    def give(self, id: int, file: str, line: int, otherwise: str) -> Iterator[tuple[int, str]]:
        """The name of the thing ``id``, made at this line; and of an earlier one that is told apart from it from now on."""
        words = self._of(file).get(line, ())
        nth = self._made.get((file, line), 0)
        self._made[file, line] = nth + 1
        word = words[nth % len(words)] if words else otherwise
        known = self._lines.get((file, line, word))
        if known is None:
            self._lines[file, line, word] = _Line(id)
            yield id, word
            return
        known.count += 1
        if known.count == 2:
            yield known.first, f"{word} 1"
        yield id, f"{word} {known.count}"

    def _of(self, file: str) -> dict[int, tuple[str, ...]]:
        if file not in self._words:
            try:
                self._words[file] = words_by_line(self._source(file) or "")
            except (SyntaxError, ValueError, RecursionError):
                self._words[file] = {}
        return self._words[file]


def words_by_line(source: str) -> dict[int, tuple[str, ...]]:
    """For each line that calls something: what the results are called, in the order in which they come. Where some are
    calls of classes, those alone: in ``path, waiting = join(folder, name), Queue()`` it isn't ``path`` that is made."""
    found: dict[int, dict[str, bool]] = {}
    for call, word in _calls(ast.parse(source), ""):
        if word:
            words = found.setdefault(call.lineno, {})
            words[word] = words.get(word, False) or _makes(call)
    return {line: tuple(word for word in words if words[word]) or tuple(words) for line, words in found.items()}


def _calls(node: ast.AST, word: str) -> Iterator[tuple[ast.Call, str]]:
    """Every call below a node, and the name that its result goes to; ``word``: the one that the node's goes to."""
    if isinstance(node, ast.Call):
        yield from _calls(node.func, "")
        for argument in node.args:
            yield from _calls(argument, word)
        for keyword in node.keywords:
            yield from _calls(keyword.value, keyword.arg or word if _makes(keyword.value) else "")
        yield node, word  # after its arguments, as it is evaluated
        return
    if isinstance(node, ast.Assign) and _pairs(node):
        yield from (each for target, value in _pairs(node) for each in _calls(value, _word(target)))
        return
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        yield from _calls(node.value, _word(target))
        return
    if isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield from _calls(node.context_expr, _word(node.optional_vars))
        return
    if isinstance(node, (ast.stmt, ast.Lambda)):
        word = ""
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, word)


def _makes(node: ast.AST) -> bool:
    """Whether it looks like the call of a class: in ``Queue(maxsize=int(room))`` nothing is called ``maxsize``."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name[:1].isupper()
    return False


def _pairs(node: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    """``a, b = this(), that()``: what goes where."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return []


def _word(target: ast.expr) -> str:
    """The last part of a target's name: ``lock`` for ``self.lock`` and ``lock[0]``."""
    match target:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            return word
        case ast.Subscript(value=value) | ast.Starred(value=value):
            return _word(value)
        case ast.Tuple(elts=[first, *_]):
            return _word(first)
    return ""
