"""Look here if you want to know how a grant of an extension is written: the interface of a system
plugin's own.

    allow.interfaces."acme:shelf/books" = ["fiction/**"]      # or true, for all of it

Rule: without patterns it is all of the extension. With them, a call whose target they do not
match is not covered; a call without a target reaches nothing by a name and is.
"""

import json
from collections.abc import Sequence
from typing import Final

from lion.domain.plan import Grant

LONGEST: Final = 1_024
"""Characters of a pattern."""


def check_scope(value: object) -> object:
    """True, or patterns. Raises ValueError."""
    if value is True:
        return value
    if not isinstance(value, list) or not value:
        raise ValueError('write true for all of it, or a list of what it is for, ["fiction/**"]')
    for text in value:
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST or not text.isprintable():
            raise ValueError(f"{text!r:.80} is no pattern; write text, such as 'fiction/**'")
        if "***" in text:
            raise ValueError(f"{text!r:.80}: write * (within a segment) or ** (across segments)")
    return value


def build_extension_grant(where: str, name: str, scope: bool | list[str]) -> Grant:
    """A grant of the extension `name`; `where` is the table it stands in."""
    patterns = () if isinstance(scope, bool) else tuple(dict.fromkeys(scope))
    return Grant(name, extension_line(where, name, patterns), patterns=patterns)


def extension_line(where: str, name: str, patterns: Sequence[str]) -> str:
    """How a grant is written: `plugins.ann.allow.interfaces."acme:shelf/books" = ["a/**"]`."""
    # Of printable text JSON's strings are TOML's.
    written = ", ".join(json.dumps(text, ensure_ascii=False) for text in patterns)
    return f'{where}.interfaces."{name}" = {f"[{written}]" if patterns else "true"}'


def is_suggestible(target: str) -> bool:
    """Whether a pattern can name exactly this: a star would be read as one."""
    return 0 < len(target) <= LONGEST and target.isprintable() and "*" not in target
