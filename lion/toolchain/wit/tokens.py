"""Look here if you want to know how WIT text is cut into tokens, with its comments and lines.

Source: wit-parser's lexer (ast/lex.rs, ast.rs parse_docs, ast/resolve.rs docs): every comment
before an item is its documentation, `//` as well as `///`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lion.errors import OperatorError
from lion.toolchain.project import shown

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<line>//[^\n]*\n?)|(?P<block>/\*)|(?P<arrow>->)
    |(?P<word>%?[A-Za-z_0-9][A-Za-z0-9_.+-]*)|(?P<text>"[^"]*")|(?P<mark>[=,:;(){}<>@/*.+-])""",
    re.VERBOSE,
)
_EDGE = re.compile(r"/\*|\*/")


class Token(msgspec.Struct, frozen=True):
    """A word (without its `%`) or mark, the comments before it, its line (from 1), and where it
    begins and ends in the text.
    """

    text: str
    comments: tuple[str, ...]
    line: int
    begin: int = 0
    end: int = 0

    @property
    def is_escaped(self) -> bool:
        """Whether it is a name whatever it means elsewhere, as `%type` is."""
        return self.end - self.begin > len(self.text)


def tokens(text: str, path: Path) -> Iterator[Token]:
    """The tokens of one file. Raises OperatorError with the line for what is none of WIT's."""
    at = 1 if text.startswith("\ufeff") else 0
    line = 1
    comments: list[str] = []
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise wit_error(path, line, f"unexpected {text[at]!r}")
        kind, end = found.lastgroup, found.end()
        if kind == "block":
            end = _block_end(text, at, path, line)
        piece = text[at:end]
        if kind in ("line", "block"):
            comments.append(piece)
        elif kind != "space":
            yield from _split(piece, tuple(comments), line, at)
            comments = []
        line += piece.count("\n")
        at = end


def wit_error(path: Path, line: int, what: str) -> OperatorError:
    """A mistake in WIT, and where it is."""
    return OperatorError(f"{shown(path)}:{line}: {what}", hint="correct the WIT there")


def _split(piece: str, comments: tuple[str, ...], line: int, at: int) -> Iterator[Token]:
    """A word with what only looks like a part of it: `fetch.{` begins with a word and a dot."""
    word = piece.rstrip(".") if piece != "." else piece
    yield Token(word.removeprefix("%"), comments, line, at, at + len(word))
    for place, mark in enumerate(piece[len(word) :], at + len(word)):
        yield Token(mark, (), line, place, place + 1)


def _block_end(text: str, at: int, path: Path, line: int) -> int:
    """Where a block comment ends; they nest."""
    depth = 0
    for edge in _EDGE.finditer(text, at):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    raise wit_error(path, line, "a comment that does not end")


def docs_of(comments: tuple[str, ...]) -> str | None:
    """What comments say, without their marks and common indentation; None if there are none."""
    if not comments:
        return None
    docs = [_unmarked(comment).rstrip() for comment in comments]
    indents = [len(doc) - len(doc.lstrip(" \t\r\n\f")) for doc in docs if doc]
    indent = " " * min(indents, default=0)
    lines = [line for doc in docs for line in doc.removeprefix(indent).split("\n")]
    return "\n".join(line.removesuffix("\r") for line in lines).rstrip("\n")


def _unmarked(comment: str) -> str:
    if comment.startswith("/**"):
        return comment[3:].removesuffix("*/")
    return comment.lstrip("/")
