"""Look here if you want to know which JSON of a guest's is taken as it is: of a bounded size, and
not nested deeper than anybody needs.
"""

from typing import Any, Final

import msgspec

MOST_NESTED: Final = 64
"""How deep JSON of a guest's may be nested."""


def json_flaw(text: str) -> str:
    """Why a text is no such JSON, as the end of a sentence; empty if it is. Its size is for the
    caller to look at.
    """
    try:
        nested = _depth(msgspec.json.decode(text))
    except msgspec.DecodeError as exc:
        return f"is JSON, this one is not: {exc}"
    except RecursionError:
        nested = MOST_NESTED + 1
    return f"is nested at most {MOST_NESTED} deep" if nested > MOST_NESTED else ""


def _depth(value: Any) -> int:
    """How deep arrays and objects are nested: 0 for a plain value, 1 for `[]`."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, list | dict)]:
        depth += 1
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth
