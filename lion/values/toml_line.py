"""Look here if you want to know how a value that lion suggests is written as one line of TOML.

Rule: a suggestion is a place and a value until it is shown; here, and nowhere else, it becomes
text.
"""

import re
from collections.abc import Sequence
from typing import Any

_BARE = re.compile("[A-Za-z0-9_-]+")


def write_place(place: Sequence[str]) -> str:
    """A dotted key: `plugins.ann.allow.interfaces."acme:shelf/books"`."""
    return ".".join(part if _BARE.fullmatch(part) else write_value(part) for part in place)


def write_line(place: Sequence[str], value: Any) -> str:
    """`agents.ann.allow.tools = ["notes.*", "db.query"]`."""
    return f"{write_place(place)} = {write_value(value)}"


def write_value(value: Any) -> str:
    """A value on one line: tables inline, lists without breaks."""
    match value:
        case dict():
            members = (f"{write_place([key])} = {write_value(one)}" for key, one in value.items())
            return f"{{ {', '.join(members)} }}"
        case list() | tuple():
            return f"[{', '.join(map(write_value, value))}]"
        case _:
            return _written(value)


def _written(value: Any) -> str:
    import tomli_w

    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")
