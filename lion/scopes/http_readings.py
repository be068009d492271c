"""Look here if you want to know which paths a server could see in one that is sent to it.

Servers merge slashes, take `;x` off segments, decode twice, take a backslash for a slash, end a
path at a NUL or a question mark, and do so in an order of their own.

Rule: what an operator's rule forbids is forbidden in every reading; a grant's path is the one
that is sent (and that with its encoded slashes decoded, http_match.py).
Rule: letters stay as they are (`/ADMIN` is not `/admin`), and so does a slash at the end.
"""

import re
from functools import lru_cache
from typing import Final

from lion.scopes.http_url import decoded_again, slashes_decoded, without_dots

MOST: Final = 64
"""Readings that are looked for; a path that has more is read by no honest server."""

_PLAIN = re.compile(r"[^;%?#]*")
_NESTED = re.compile("%(?:25)+([0-9A-Fa-f]{2})")
_RESERVED: Final = {"%2F": "/", "%5C": "/", "%3B": ";"}
_END = re.compile("%(?:3F|23|00|0A|0D)|[?#]")


@lru_cache(maxsize=512)
def readings(path: str) -> frozenset[str] | None:
    """A path in normal form and what else it could be to a server; None for too much."""
    if "//" not in path and _PLAIN.fullmatch(path):
        return frozenset((path,))
    found, todo = {path}, [path]
    while todo:
        one = todo.pop()
        for read in _WAYS:
            other = read(one)
            if other not in found:
                found.add(other)
                todo.append(other)
        if len(found) > MOST:
            return None
    return frozenset(found)


def _decoded(path: str) -> str:
    """Percent signs that were encoded, once or more, are what they stand for."""
    path = decoded_again(_NESTED.sub(lambda found: f"%{found[1].upper()}", path))
    for escape, char in _RESERVED.items():
        path = path.replace(escape, char)
    return path


def _merged(path: str) -> str:
    return re.sub("//+", "/", path)


def _without_parameters(path: str) -> str:
    return re.sub(";[^/]*", "", path)


def _cut(path: str) -> str:
    return _END.split(path, maxsplit=1)[0] or "/"


_WAYS: Final = (slashes_decoded, _decoded, _merged, _without_parameters, _cut, without_dots)
