"""Look here if you want to know how the comments in WIT become comments of the bindings.

Rule: this reads WIT that a compiler has accepted; what it does not understand has no comment.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from lion.errors import OperatorError
from lion.toolchain.wit.tokens import Token, docs_of, tokens

Docs = dict[tuple[str, str], str]
"""Comments by interface (`lion:host/kv@0.1.0`) and item, a function's or a type's name."""
_TYPES = ("record", "variant", "enum", "flags")


def read_docs(text: str) -> Docs:
    """The comments of all interfaces in a text of nested packages."""
    try:
        return dict(_Scanner(list(tokens(text, Path("wit")))).packages())
    except (OperatorError, IndexError):
        return {}


def comment(docs: Docs, interface: str, item: str) -> list[str]:
    """A comment above a definition; none if WIT has none."""
    text = docs.get((interface, item), "").strip().replace("*/", "* /")
    lines = [line.rstrip() for line in text.splitlines()]
    if len(lines) < 2:
        return [f"/** {line} */" for line in lines]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]


class _Scanner:
    def __init__(self, found: list[Token]) -> None:
        self._tokens, self._at = found, 0

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _skip(self) -> None:
        """To the end of an item: its semicolon, or the brace that closes it."""
        depth = 0
        while True:
            text = self._next().text
            if text == ";" and depth == 0:
                return
            if text == "}" and depth == 1:
                self._at += self._peek() == ";"  # as `use` ends
                return
            depth += {"{": 1, "}": -1}.get(text, 0)

    def packages(self) -> Iterator[tuple[tuple[str, str], str]]:
        package = ""
        while self._at < len(self._tokens):
            word = self._item().text
            if word == "package":
                package = ""
                while self._peek() not in "{;":
                    package += self._next().text
                self._next()
            elif word == "interface":
                bare, _, version = package.partition("@")
                name = f"{bare}/{self._next().text}" + (f"@{version}" if version else "")
                self._next()
                for item, docs in self._interface():
                    yield (name, item), docs
            elif word == "world":
                self._skip()

    def _item(self) -> Token:
        """The first word of an item, with the comments before its attributes."""
        first = token = self._next()
        while token.text == "@":
            self._next()
            if self._peek() == "(":
                while self._next().text != ")":
                    pass
            token = self._next()
        return msgspec.structs.replace(token, comments=first.comments)

    def _interface(self, resource: str = "") -> Iterator[tuple[str, str]]:
        """The items up to the closing brace, of an interface or of a resource in it."""
        while (token := self._item()).text != "}":
            name, inner, word = token.text, False, "" if token.is_escaped else token.text
            if word in _TYPES or word in ("type", "resource"):
                name = self._next().text
                inner = word == "resource" and self._peek() == "{"
            elif word == "constructor":
                name = f"[constructor]{resource}"
            elif resource:
                self._next()
                name = f"[{'static' if self._peek() == 'static' else 'method'}]{resource}.{name}"
            docs = docs_of(token.comments)
            if docs:
                yield name, docs
            if inner:
                self._next()
                yield from self._interface(name)
            else:
                self._skip()
