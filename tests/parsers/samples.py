"""Texts of every format, for the tests of this room."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

from lion.parsers import Event, Fault, Parsed, join_text, open_parser

OBJECT: Final = (
    '{"name": "Ann \\"A\\"", "n": -12.5e3, "items": [{"id": 1}, [], "x, y]"], "é": null}'
)
LIST: Final = '[{"a": 1}, {"b": [1, 2, "]"]}, 12, "\\u00e9\\\\", true]'
CALLS: Final = """I do find(q="a (b)", n=3, o={"k": [True, None]}) and
<call>{"name": "add", "arguments": {"a": 1}}</call> go(t=(1, 2,), s='it\\'s "x"')"""
MARKDOWN: Final = """# Title #
A
b

- a

- b

```py
x

# no
```
> q

| a |
|---|
| 1 |

Set
===
***
1. z"""

SAMPLES: Final[dict[str, tuple[str, dict[str, Any], str]]] = {
    "object": ("json", {}, OBJECT),
    "list": ("json", {}, LIST),
    "fenced": ("json", {}, f"Sure, here it is:\n```json\n{LIST}\n```\nAnything else?"),
    "path": ("json", {"records": "a.b"}, '{"x": [0], "a": {"c": {"b": [9]}, "b": [1, {"b": 2}]}}'),
    "repair": ("json", {"repair": True}, "{'a': 1, b: [1, 2,], \"c\": tru"),
    "scalar": ("json", {}, " 12.5 "),
    "lines of JSON": ("json-lines", {}, 'Here:\n```\n{"a": 1}\r\n\n{"b": [2]}\n```\nDone.'),
    "rows": ("csv", {}, 'As asked:\n\nname,text\nann,"one\ntwo"\nbob,"say ""hi"", bob"\n'),
    "lines": ("lines", {}, "one\r\ntwo\n\nthree é"),
    "xml": ("xml", {}, '<?xml version="1.0"?><r k="1>0"><i>a &amp; b</i><!-- > --> <j/>x</r> ok'),
    "named xml": ("xml", {"root": "r", "records": "i"}, "<b/> <r><x><i>1</i></x><i>2</i></r>"),
    "calls": ("calls", {}, CALLS),
    "named calls": ("calls", {"names": ("go",)}, "f(x) means go(a=1); then f(2)"),
    "markdown": ("markdown", {}, MARKDOWN),
    "text": ("text", {}, "Any words, é, 😀.\r\nMore."),
}  # fmt: skip
"""By name: format, options, text."""


def cut(text: Sequence[Any], places: Iterable[int]) -> list[Any]:
    """A text in pieces, cut at the places."""
    ends = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in pairwise(ends)]


def read(
    format: str, pieces: Iterable[str | bytes], **options: Any
) -> tuple[list[Event], Parsed | Fault]:
    """Everything that a parser tells of a text, and its end."""
    parser = open_parser(format, **options)
    events: list[Event] = []
    for piece in pieces:
        events += parser.feed(piece)
        parser.snapshot()
    end = parser.finish()
    assert parser.finish() == end
    return join_text(events + parser.rest()), end
