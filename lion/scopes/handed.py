"""Look here if you want to know how an agent writes what it hands on to one that it spawns.

    line = capability [what]        "http GET https://api.example.com/v1/**", "tools fetcher.*",
                                    "fs /notes", "fs /notes write", "kv", "acme:shelf/books a/**"

Rule: a line is a grant, read as a manifest's, and gives nothing by itself: a call has to be
covered by the holder's own grants, and by a line of everybody who handed something on.
"""

from pathlib import Path
from typing import Final

from lion.domain.call import CallError
from lion.domain.capability import KNOWN, is_extension
from lion.domain.names import did_you_mean
from lion.domain.plan import DEFAULT_CAPABILITIES, Grant, Mount
from lion.scopes.fs_path import parse_path
from lion.scopes.table import SHORT, find_scopes

MOST_LINES: Final = 256


def parse_handed(text: str) -> tuple[Grant, ...]:
    """The grants of these lines. Raises ValueError, which says what to write."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise ValueError(f"at most {MOST_LINES} lines are handed on, these are {len(lines):,}")
    return tuple(_parse(line) for line in lines)


def _parse(line: str) -> Grant:
    name, _, what = line.strip().partition(" ")
    name, what = SHORT.get(name, name), what.strip()
    scopes = find_scopes(name)
    if scopes is None or (name not in KNOWN and not is_extension(name)):
        raise ValueError(f"no capability {name[:80]!r}; {did_you_mean(name, tuple(KNOWN))}")
    if name in DEFAULT_CAPABILITIES:
        raise ValueError(f"{name} is everybody's and is not handed on; leave the line out")
    if name == "fs":
        return _directory(line, what)
    if not what:
        if scopes.capability.is_scoped and name in KNOWN:
            raise ValueError(f"{line[:80]!r} says nothing of {name}; write what of it")
        return Grant(name, line)
    if name in KNOWN and not scopes.capability.is_scoped:
        raise ValueError(f'{line[:80]!r} says too much; write "{name}"')
    try:
        scopes.grant_pattern(what)
    except ValueError as exc:
        raise ValueError(f"{line[:80]!r}: {exc}") from None
    return Grant(name, line, patterns=(what,))


def _directory(line: str, what: str) -> Grant:
    path, _, access = what.rpartition(" ")
    if access != "write":
        path = what
    try:
        path = parse_path(path.strip())
    except CallError as exc:
        raise ValueError(f"{line[:80]!r}: {exc.text}") from None
    return Grant("fs", line, mount=Mount(path, path, Path(), write=access == "write"))
