"""Look here if you want to know how an expression of a workflow is checked and evaluated.

It is CEL (cel.dev), as Google's own library has it: checked for names and types when the manifest
is read, and it always comes to an end.

Rule: before it is evaluated, what it could come to is bounded (cost.py) by what it is about.
Rule: only what an expression names is handed to it: of `steps.page.text` that one text.
Rule: what it gives is JSON, or it fails.
"""

import math
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from lion.domain.names import did_you_mean
from lion.domain.text import show_line
from lion.workflows.cost import (
    MOST_LOOPS,
    MOST_NESTED,
    Cost,
    Size,
    TooMuch,
    loops_of,
    path_of,
    size_of,
)
from lion.workflows.hints import hint_of
from lion.workflows.meter import Meter
from lion.workflows.syntax_tree import Call, Ident, Loop, Made, Node, Select, read_tree

if TYPE_CHECKING:
    from cel_expr_python import cel  # type: ignore[import-untyped]

LONGEST: Final = 4_096
"""Characters of an expression."""
_LONGEST_WORDS: Final = 300
_DYNAMIC: Final = "dyn"
_TYPES: Final = {
    "string": "STRING", "integer": "INT", "boolean": "BOOL", "array": "LIST", "object": "MAP",
}  # fmt: skip
"""What JSON schemas call types, as CEL does; a `number` may be an integer, so it is dynamic."""

Values = Mapping[str, Mapping[str, Any] | Any]
"""What expressions may name: by root, `input`, `steps`; those of two words by the second."""


class BadExpression(ValueError):
    """It cannot be: a name that there is not, types that do not fit. Says where, for people."""


class Unanswered(ValueError):
    """It came to nothing: a field that is not there, a division by zero, too much."""


class Names:
    """What the expressions of one workflow may name: `types` by whole names (`steps.page`), each a
    JSON schema's type, or dyn.
    """

    def __init__(self, types: Mapping[str, str]) -> None:
        self.meter = Meter()
        self._types = types
        self._env: cel.Env | None = None
        self._known: dict[str, Expression] = {}

    def read(self, text: str) -> "Expression":
        """Check an expression. Raises BadExpression."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._read(text)
        return known

    def _read(self, text: str) -> "Expression":
        if len(text) > LONGEST:
            raise BadExpression(f"it is longer than {LONGEST:,} characters")
        if self._env is None:
            self._env = _environment(self._types)
        try:
            program = self._env.compile(text)
        except (RuntimeError, ValueError, UnicodeError) as exc:
            raise BadExpression(self._told(text, str(exc))) from None
        tree = read_tree(program.serialize())
        loops, nested = loops_of(tree)
        if loops > MOST_LOOPS or nested > MOST_NESTED:
            what = f"it has more than {MOST_LOOPS} loops (map, filter, all, exists)"
            raise BadExpression(what if loops > MOST_LOOPS else f"more than {MOST_NESTED} nest")
        return Expression(text, program, tree, self.meter)

    def _told(self, text: str, said: str) -> str:
        """The library's words on one line, with what may have been meant."""
        said = said.partition("ERROR: ")[2] or said
        first = said.partition("\n")[0].removesuffix(" [INVALID_ARGUMENT]")
        place, _, what = first.partition(": ")
        column = place.rpartition(":")[2]
        what = (what or first).replace(" (in container '')", "")
        what = what.replace("undeclared reference to", "there is no")
        hint = hint_of(text, what)
        if hint is not None:
            what = f"{what.partition(' expecting ')[0]}; {hint}"
        elif what.startswith("there is no '"):
            name = what.removeprefix("there is no '").removesuffix("'")
            what = f"{what}; {did_you_mean(name, self._types)}"
        where = f"column {column}: " if column.isdigit() else ""
        return show_line(f"{where}{what}", longest=_LONGEST_WORDS)


class Expression:
    """A checked expression. Made by Names.read."""

    def __init__(self, text: str, program: "cel.Expression", tree: Node, meter: Meter) -> None:
        self.text = text
        self._meter = meter
        self._program = program
        self.tree = tree
        self._uses = uses_of(tree)

    @property
    def names(self) -> frozenset[str]:
        """The variables that it names, whole: `steps.page`, `item`."""
        return frozenset(self._uses)

    @property
    def type(self) -> str:
        """The type of what it gives (JSON schema's word), or dyn."""
        name = self._program.return_type().name().partition("<")[0].partition("(")[0]
        return next(
            (json for json, one in _TYPES.items() if one == name), _OTHER.get(name, name.lower())
        )

    def evaluate(self, values: Values) -> Any:
        """The JSON value that it gives. Raises Unanswered."""
        found = {name: _value_of(name, values) for name in self._uses}
        sizes: dict[tuple[str, tuple[str, ...]], Size] = {}

        def size(name: str, fields: tuple[str, ...]) -> Size:
            known = sizes.get((name, fields))
            if known is None:
                known = sizes[name, fields] = size_of(_field(found.get(name), fields))
            return known

        cost = Cost(size)
        try:
            cost.check(self.tree)
        except TooMuch as exc:
            raise Unanswered(str(exc)) from None
        self._meter.add(cost.work + sum(one.bytes for one in sizes.values()))
        if self._meter.is_over:
            raise Unanswered("with the others beside it, it could take too long")
        given = {name: _pruned(value, self._uses[name]) for name, value in found.items()}
        return self._run(given)

    def _run(self, given: dict[str, Any]) -> Any:
        try:
            value = self._program.eval(data=given)
            plain = value.plain_value()
        except (RuntimeError, ValueError, TypeError, OverflowError) as exc:
            raise Unanswered(_why(str(exc))) from None
        if value.type().name() == "ERROR":
            raise Unanswered(_why(str(plain)))
        check_json(plain)
        return plain


_OTHER: Final = {"DOUBLE": "number", "UINT": "integer", "DYN": _DYNAMIC, "NULL": "null"}


def uses_of(tree: Node) -> dict[str, frozenset[tuple[str, ...]]]:
    """The variables that a tree names, with the fields that it takes of each; () is all of it."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for name, fields in _paths(tree, frozenset()):
        found.setdefault(name, set()).add(fields)
    return {name: frozenset(fields) for name, fields in found.items()}


def _paths(node: Node, own: frozenset[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    match node:
        case Ident() | Select():
            name, fields = path_of(node)
            if name is not None:
                if name not in own:
                    yield name, fields
                return
            while isinstance(node, Select):
                node = node.operand
            yield from _paths(node, own)
        case Call(args=parts) | Made(parts=parts):
            for part in parts:
                yield from _paths(part, own)
        case Loop():
            yield from _paths(node.range, own)
            yield from _paths(node.initial, own)
            inner = own | {*node.names, node.accumulator}
            yield from _paths(node.step, inner)
            yield from _paths(node.result, inner)
        case _:
            pass


def _value_of(name: str, values: Values) -> Any:
    root, _, second = name.partition(".")
    found = values.get(root)
    if not second:
        return found
    return found.get(second) if isinstance(found, Mapping) else None


def _field(value: Any, fields: tuple[str, ...]) -> Any:
    for field in fields:
        value = value.get(field) if isinstance(value, dict) else None
    return value


def _pruned(value: Any, uses: frozenset[tuple[str, ...]]) -> Any:
    """Of a value what is used of it."""
    if () in uses or not isinstance(value, dict):
        return value
    below: dict[str, set[tuple[str, ...]]] = {}
    for first, *rest in uses:
        below.setdefault(first, set()).add(tuple(rest))
    return {
        field: _pruned(value[field], frozenset(more))
        for field, more in below.items()
        if field in value
    }


def check_json(value: Any) -> None:
    """Raise Unanswered for what JSON does not have: times, bytes, keys that are no text."""
    level = [value]
    while level:
        below: list[Any] = []
        for one in level:
            if one is None or isinstance(one, str | bool | int):
                continue
            if isinstance(one, float):
                if not math.isfinite(one):
                    raise Unanswered(f"it gives {one}, which JSON has no number for")
            elif isinstance(one, list):
                below.extend(one)
            elif isinstance(one, dict):
                if not all(isinstance(key, str) for key in one):
                    raise Unanswered("it gives a map with keys that are no text")
                below.extend(one.values())
            else:
                raise Unanswered(f"it gives a {type(one).__name__}; make it a text: string(...)")
        level = below


def _why(said: str) -> str:
    """The library's words without its codes."""
    code, _, rest = said.partition(": ")
    words = (rest if code.isupper() else said).partition(" [")[0]
    return show_line(words, longest=_LONGEST_WORDS)


@lru_cache(maxsize=1)
def _keep_none() -> None:
    """cel-expr-python 0.1.3 lets go of None once for each null that it gives, without having held
    it; before Python 3.12, where None became immortal, some thousand nulls end the process. So
    None gets more references here than anybody could let go of.
    """
    if sys.version_info < (3, 12):
        import ctypes

        ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40


def _environment(types: Mapping[str, str]) -> "cel.Env":
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_strings  # type: ignore[import-untyped]

    _keep_none()

    kinds = {
        "string": cel.Type.STRING, "integer": cel.Type.INT, "boolean": cel.Type.BOOL,
        "array": cel.Type.List(cel.Type.DYN),
        "object": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
    }  # fmt: skip
    variables = {name: kinds.get(one, cel.Type.DYN) for name, one in types.items()}
    return cel.NewEnv(variables=variables, extensions=[ext_strings.ExtStrings()])
