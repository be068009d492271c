"""Look here if you want to know that no file and no function grows beyond what one reads at once.

Rule: an exception is in the table below, with its reason; one that is not needed any more has to
go.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PLACES: Final = ("lion", "examples", "plugins-src")
FILE, FUNCTION = 300, 40
"""Lines of a file, and of a function from its first line to its last."""
GENERATED: Final = "do not edit"
"""In the first lines of what a program wrote, which nobody reads."""
EXCEPTIONS: Final[dict[str, str]] = {}
"""Files, and functions as `file: name`, that are longer, and why."""

SUFFIXES: Final = (".py", ".rs", ".ts", ".mjs")
_OPENS: Final = {
    ".rs": re.compile(
        r"^(\s*)(?:pub(?:\(\w+\))? )?(?:const |async |unsafe |extern \S+ )*fn (\w+)"
    ),
    ".ts": re.compile(
        r"^(\s*)(?:(?:export|default|static|private|public|protected|async|get|set) )*"
        r"(?:function )?(?!if|for|while|switch|catch|return|else|do\b)(\w+)(?:<[^(]*>)?\("
    ),
}
_OPENS[".mjs"] = _OPENS[".ts"]


@cache
def sources() -> list[Path]:
    """What people write here, in the languages that have functions."""
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PLACES],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    if not known:
        pytest.skip("needs a git checkout")
    paths = (ROOT / name for name in known.splitlines())
    found = [p for p in paths if p.suffix in SUFFIXES and p.is_file() and not p.is_symlink()]
    return [path for path in found if not is_generated(path)]


def is_generated(path: Path) -> bool:
    """Its head says so."""
    head = path.read_text("utf-8").splitlines()[:3]
    return any(GENERATED in line.lower() for line in head)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of a file with their lengths."""
    text = path.read_text("utf-8")
    return _python(text) if path.suffix == ".py" else _braces(text, _OPENS[path.suffix])


def _python(text: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def _braces(text: str, opens: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """As their formatters write them: a function ends with the next brace that stands where it
    began.
    """
    lines = text.splitlines()
    for at, line in enumerate(lines):
        begun = opens.match(line)
        if begun is None:
            continue
        indent, name = begun.groups()
        for end in range(at, len(lines)):
            if lines[end].startswith(f"{indent}}}"):
                yield name, end - at + 1
                break
            if lines[end].endswith(";") and not _is_body(lines, at, end):
                break  # a declaration, or a call
            if end == at and line.endswith("}") and "{" in line:
                yield name, 1
                break


def _is_body(lines: list[str], begin: int, end: int) -> bool:
    """A brace was opened at the end of one of these lines."""
    return any(line.endswith("{") for line in lines[begin : end + 1])


@cache
def too_long() -> dict[str, int]:
    """Everything beyond the bounds, with its lines."""
    found: dict[str, int] = {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        lines = len(path.read_text("utf-8").splitlines())
        if lines > FILE:
            found[name] = lines
        for function, length in functions(path):
            if length > FUNCTION:
                found[f"{name}: {function}"] = length
    return found


def test_nothing_is_longer_than_one_reads_at_once() -> None:
    assert {k: v for k, v in too_long().items() if k not in EXCEPTIONS} == {}


def test_no_exception_outlives_its_need() -> None:
    assert set(EXCEPTIONS) - set(too_long()) == set()


@pytest.mark.parametrize(
    ("suffix", "text", "expected"),
    [
        (".rs", "pub fn one(\n    a: u32,\n) -> u32 {\n    a\n}\n", [("one", 5)]),
        (".rs", "impl A {\n    fn two() {\n        x(\n        );\n    }\n}\n", [("two", 4)]),
        (".rs", "trait A {\n    fn three();\n}\n", []),
        (".ts", "export function one(): void {\n  if (x) {\n  }\n}\n", [("one", 4)]),
        (".ts", "class A {\n  two(): i32 {\n    return f(\n    );\n  }\n}\n", [("two", 4)]),
        (".ts", "f(1);\nwhile (x) {\n}\n", []),
        (
            ".py",
            "def one():\n    pass\n\nasync def two():\n    return 1\n",
            [("one", 2), ("two", 2)],
        ),
    ],
)
def test_functions_are_measured(
    tmp_path: Path, suffix: str, text: str, expected: list[tuple[str, int]]
) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_text(text, "utf-8")
    assert list(functions(path)) == expected


def test_there_is_something_to_measure() -> None:
    found = sources()
    assert {path.suffix for path in found} == set(SUFFIXES)
    for suffix in SUFFIXES:
        assert any(list(functions(path)) for path in found if path.suffix == suffix), suffix
