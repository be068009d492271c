"""Regular expressions mean the same on every Python that lion runs on: before 3.11.5 (Debian 12
has 3.11.2) possessive repeats and atomic groups match wrongly (python/cpython#106052).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LION = Path(__file__).parents[1] / "lion"
WRONG = {"POSSESSIVE_REPEAT", "ATOMIC_GROUP"}


def operations(parsed: Any) -> Iterator[str]:
    """What a parsed expression consists of, at any depth."""
    if isinstance(parsed, tuple | list) or type(parsed).__name__ == "SubPattern":
        for one in parsed:
            yield from operations(one)
    elif type(parsed).__name__ == "_NamedIntConstant":
        yield str(parsed)


def used(text: str | bytes) -> set[str]:
    parser: Any = re._parser  # type: ignore[attr-defined]
    return set(operations(parser.parse(text, re.VERBOSE))) | set(operations(parser.parse(text)))


def patterns(path: Path) -> Iterator[str | bytes]:
    """Texts that stand first in a call of a function of `re`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            for one in ast.walk(node.args[0]) if node.args else ():
                if isinstance(one, ast.Constant) and isinstance(one.value, str | bytes):
                    yield one.value


@pytest.mark.parametrize("text", ["(?:a|b)*+", "a++", "(?>a)", b"a{2,3}+"])
def test_they_are_seen(text: str | bytes) -> None:
    assert used(text) & WRONG


def test_none_is_used() -> None:
    found = {}
    for path in LION.rglob("*.py"):
        for text in patterns(path):
            try:
                operations_used = used(text)
            except re.error:  # a part of one, which is put together
                continue
            if operations_used & WRONG:
                found[str(path)] = text
    assert found == {}
