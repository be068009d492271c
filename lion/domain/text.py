"""Look here if you want to know how text of a guest is shown without letting it speak for lion.

Rule: guest text is never markup: what could move the cursor, colour, hide or reorder is escaped.
Rule: escaping never fails, and escaped text escapes to itself.
"""

import json
import re

_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""C0 (tab and newline are judged apart), DEL, C1."""
_UNSAFE = (
    f"{_CONTROLS}"
    "\u00ad\u061c\u200b\u200e\u200f"  # soft hyphen, marks of direction, spaces without width
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # letters that show nothing
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # separators, invisible controls
    "\ud800-\udfff"  # half a surrogate pair cannot be written as UTF-8
    "\U000e0000-\U000e0fff"  # tags and selectors that show nothing
)
_IN_BLOCK = re.compile(f"[{_UNSAFE}]")
_OF_JSON = re.compile(f"[{_UNSAFE.removeprefix(_CONTROLS)}\x7f-\x9f]")
_IN_LINE = re.compile(f"[\t\n{_UNSAFE}]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def show(text: str) -> str:
    """Text for people, newlines and tabs kept; `\\r\\n` counts as a newline."""
    return _IN_BLOCK.sub(_escape, text.replace("\r\n", "\n"))


def show_line(text: str, *, longest: int | None = None) -> str:
    """Text for people on one line: newlines and tabs escaped too.

    Of more than `longest` characters the end is cut and an ellipsis put.
    """
    if longest is not None and len(text) > longest:
        return _IN_LINE.sub(_escape, text[: max(longest - 1, 0)]) + "…"
    return _IN_LINE.sub(_escape, text)


def show_lines(text: str) -> list[str]:
    """The lines of a text, each safe to print after a name. A newline at the end adds no line."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    return [show(line) for line in lines]


def show_json(text: str) -> str:
    """JSON for people: the same values, with what JSON itself leaves unescaped."""
    return _OF_JSON.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
