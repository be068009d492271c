"""Look here if you want to know how a value of a manifest that has expressions in it becomes one
that has none.

Rule: a text that begins with one `=` is an expression; with two, itself from the second on.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from lion.workflows.expressions import Expression, Names, Values

Path = tuple[str | int, ...]
DEEPEST: Final = 64


def expression_of(text: Any) -> str | None:
    """The expression that a text is, if it is one."""
    if isinstance(text, str) and text.startswith("=") and not text.startswith("=="):
        return text[1:]
    return None


def expressions_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The expressions of a value, and where in it each is."""
    if (text := expression_of(value)) is not None:
        yield path, text
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from expressions_in(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from expressions_in(one, (*path, index))


Filled = Callable[[Values], Any]


def build_value(names: Names, value: Any) -> Filled:
    """A function that fills a value in; it raises Unanswered. Raises BadExpression."""
    if (text := expression_of(value)) is not None:
        expression: Expression = names.read(text)
        return expression.evaluate
    if isinstance(value, str):
        plain = value[1:] if value.startswith("==") else value
        return lambda _: plain
    if isinstance(value, dict):
        fields = [(key, build_value(names, one)) for key, one in value.items()]
        return lambda values: {key: fill(values) for key, fill in fields}
    if isinstance(value, list):
        parts = [build_value(names, one) for one in value]
        return lambda values: [fill(values) for fill in parts]
    return lambda _: value
