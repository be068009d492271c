"""Look here if you want to know whether the files that comments and docstrings name are there.

Rule: a name is looked for beside the file that cites it, in lion/, and at the top.
"""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_CITED = re.compile(r"(?<![\w/.*<-])((?:[\w-]+/)*[\w-]+\.(?:py|md))\b(?!:\d)")
FOREIGN = {"CanonicalABI.md"}
"""Of other projects."""


def prose(path: Path) -> Iterator[str]:
    """The comments and docstrings of a file, those below names too."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.string
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


@pytest.mark.parametrize(
    "room",
    sorted({path.parent for path in ROOT.glob("lion/**/*.py")}),
    ids=lambda room: room.relative_to(ROOT).as_posix(),
)
def test_the_files_that_are_cited_are_there(room: Path) -> None:
    gone = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in room.glob("*.py")
        for text in prose(path)
        for name in _CITED.findall(text)
        if name not in FOREIGN
        and not any((folder / name).exists() for folder in (room, ROOT / "lion", ROOT))
    ]
    assert not gone
