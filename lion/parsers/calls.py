"""Look here if you want to know how function calls are read that a model writes as text.

`find(query="lions", limit=3)`, with values of JSON or Python, or `{"name": "find", "arguments":
{...}}`; one or several, within whatever marks and words. A record is `{"name", "arguments"}`.

Rule: nothing is evaluated: a value is turned into JSON and decoded.
"""

import re
from typing import Any, Final

from lion.parsers.elements import decode
from lion.parsers.events import Parsed, Partial
from lion.parsers.parser import Bounds, Parser, Stop
from lion.parsers.scan import Scanner
from lion.values.answer_schema import Held

_NAME: Final = r"[A-Za-z_][\w.-]{0,127}"
_BEGINS: Final = re.compile(rf"(?<![\w.-])({_NAME})\(|\{{")
_TAIL: Final = re.compile(r"[\w.-]{0,130}\Z")
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<name>[A-Za-z_]\w*)(?P<set>\s*=)?"""
    r"""|(?P<number>-?\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?P<mark>[{}\[\](),:]))""",
    re.DOTALL,
)
_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
_SPELLED: Final = {"\\'": "'", '"': '\\"'}
_MARKS: Final = {"(": "[", ")": "]"}


class CallsParser(Parser):
    """Calls in a text."""

    def __init__(
        self,
        bounds: Bounds,
        schema: Held | None = None,
        each: Held | None = None,
        *,
        names: tuple[str, ...] = (),
    ) -> None:
        """With `names` only calls of these count, and other words with brackets are words."""
        super().__init__(bounds, schema, each)
        self._names = frozenset(names)
        self._values: list[Any] = []
        self._tail = ""
        self._scanner: Scanner | None = None
        self._held: list[str] = []
        self._held_size = 0

    def _take(self, text: str) -> None:
        while text:
            text = self._inside(text) if self._scanner is not None else self._outside(text)

    def _outside(self, text: str) -> str:
        """Look for a beginning; what follows it."""
        window, self._tail = self._tail + text, ""
        at = 0
        while found := _BEGINS.search(window, at):
            name = found[1]
            if name is None or not self._names or name in self._names:
                self._scanner = Scanner("{}[]()\"'" if name else '"{}[]', self.bounds.depth)
                self._held, self._held_size = [found[0][:-1]], len(found[0]) - 1
                return window[found.end() - 1 :]
            at = found.end()
        tail = _TAIL.search(window, max(at, len(window) - 130))
        self._tail = tail[0] if tail else ""
        return ""

    def _inside(self, text: str) -> str:
        """Follow a call to its end; what is behind it."""
        scanner = self._scanner
        assert scanner is not None
        end = len(text)
        for at, mark in scanner.marks(text):
            if not scanner.depth and mark in "})":
                end = at + 1
                break
        self._held.append(text[:end])
        self._held_size += end
        if not scanner.depth:
            self._scanner = None
            self._check_record(self._held_size)
            self._call("".join(self._held))
        return text[end:]

    def _open_size(self) -> int:
        return self._held_size if self._scanner is not None else 0

    def _call(self, text: str) -> None:
        value = _of_json(text) if text[0] == "{" else _of_text(text)
        if value is not None and (not self._names or value["name"] in self._names):
            self._record(value)
            self._values.append(value)

    def _close(self) -> Parsed:
        if self._scanner is not None:
            raise Stop("incomplete", "a call breaks off before its end")
        if not self._values:
            raise Stop("missing", "there is no call in it")
        return Parsed(self._values)

    def _snapshot(self) -> Partial | None:
        return Partial(list(self._values)) if self._values else None


def _of_json(text: str) -> dict[str, Any] | None:
    """A call as an object, alone or under `function`; None if it is another object."""
    value = decode(text)
    value = value.get("function", value) if isinstance(value, dict) else value
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", value.get("parameters", {}))
    if isinstance(arguments, str):
        arguments = decode(arguments or "{}")
    if not isinstance(arguments, dict):
        raise Stop("syntax", f"the arguments of {value['name'][:128]!r} are no object")
    return {"name": value["name"], "arguments": arguments}


def _of_text(text: str) -> dict[str, Any]:
    name, _, rest = text.partition("(")
    arguments = decode(_as_json(name, rest[:-1]))
    return {"name": name, "arguments": arguments}


def _as_json(name: str, text: str) -> str:
    """The arguments as the text of an object. Raises Stop for what is no value of JSON."""
    out: list[str] = []
    depth, at = 0, 0
    text = text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Stop("syntax", f"the arguments of {name!r} are no values of JSON or Python")
        out.append(_written(name, token, is_name=not depth and bool(token["set"])))
        mark = token["mark"] or ""
        depth += (mark in tuple("{[(")) - (mark in tuple("}])"))
        if mark in tuple("}])") and len(out) > 1 and out[-2] == ",":
            del out[-2]
        at = token.end()
    if out and out[-1] == ",":
        del out[-1]
    return f"{{{' '.join(out)}}}"


def _written(name: str, token: re.Match[str], *, is_name: bool) -> str:
    if string := token["string"]:
        return _string(string)
    if number := token["number"]:
        return number.replace("_", "")
    if word := token["name"]:
        if is_name:
            return f'"{word}":'
        if not token["set"] and (written := _WORDS.get(word, word)) in ("true", "false", "null"):
            return written
        raise Stop("syntax", f"the arguments of {name!r} have to be by name, and {word!r} is none")
    return _MARKS.get(token["mark"], token["mark"])


def _string(text: str) -> str:
    """A string in JSON's spelling."""
    if text[0] == '"':
        inner = text[1:-1]
    else:
        inner = re.sub(r"\\.|\"", lambda m: _SPELLED.get(m[0], m[0]), text[1:-1])
    inner = inner.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{inner}"'
