"""Look here if you want to know how the operator keeps directories from every grant.

Rule: compared are real directories, by device and inode and by name, links on the way included: a
link or another spelling is no way around.
Rule: what is refused is the grant: one that holds a barred directory would give it, too.
Rule: a rule that cannot be enforced is an error, not a rule that is left out.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from lion.capabilities.fs.trail import ancestors, inode, trail
from lion.capabilities.fs.usage import Identity, identity
from lion.domain.call import Verdict
from lion.domain.plan import Mount
from lion.errors import OperatorError
from lion.places import homes_of
from lion.policy.policy_file import Policy
from lion.policy.rules import Rule
from lion.scopes.fs_at import (
    EVERYWHERE,
    FS_AT,
    HostPattern,
    names_in,
    read_host_pattern,
    tops_of,
)


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, with the operator's home for `~`. `access` is what it keeps from grants, read or
    write; None is both.
    """

    top: Path
    pattern: HostPattern
    access: str | None
    said: str


def bars_of(policy: Policy, lookups: Mapping[str, str]) -> tuple[Bar, ...]:
    """A policy's rules about directories. Raises OperatorError for `~` where nobody has a home."""
    rules = [r for r in (*policy.deny, *policy.ask) if r.capability == FS_AT.capability.name]
    return tuple(bar for rule in rules for bar in _bars(rule, lookups))


def _bars(rule: Rule, lookups: Mapping[str, str]) -> Iterator[Bar]:
    pattern = EVERYWHERE if rule.pattern is None else read_host_pattern(rule.pattern.text)
    is_ask = rule.opinion.verdict is Verdict.ASK
    nobody = ", and nobody can answer yet" if is_ask else ""
    said = f"{rule.opinion.reason} ({rule.opinion.processor}){nobody}"
    for top in tops_of(rule.text, pattern, homes_of(lookups)):
        yield Bar(top=Path(top), pattern=pattern, access=rule.operation, said=said)


class _Seen(msgspec.Struct, frozen=True):
    """Where a rule's directory is now: the directories on the way, itself, and its names."""

    bar: Bar
    way: set[Identity]
    which: Identity | None
    spellings: tuple[tuple[str, ...], ...]


class Barred:
    """What the operator keeps from grants, at one moment."""

    def __init__(self, bars: Sequence[Bar]) -> None:
        self._seen = [
            _Seen(
                bar,
                trail(bar.top),
                inode(bar.top),
                tuple({names_in(str(bar.top)), names_in(os.path.realpath(bar.top))}),
            )
            for bar in bars
        ]

    def check(self, folder: int, real: str, mount: Mount, place: str, *, is_new: bool) -> None:
        """Raise OperatorError if a directory may not be granted: `folder`, which is open, or
        (`is_new`) one that would be made in it. `real` is its path without links.
        """
        for seen in self._seen:
            access = seen.bar.access
            if (access != "write" or mount.write) and _meets(seen, folder, real, is_new):
                also = "" if real == str(mount.at) else f", which is {real!r},"
                word = "written" if access == "write" else "granted"
                raise OperatorError(
                    f"{place}: {str(mount.at)!r}{also} may not be {word}: {seen.bar.said}",
                    hint="grant another directory; no manifest can change the operator's rule",
                )


def _meets(seen: _Seen, folder: int, real: str, is_new: bool) -> bool:
    names = names_in(real)
    pattern = seen.bar.pattern
    if any(pattern.meets_by_name(top, names) for top in seen.spellings):
        return True
    if not is_new and identity(os.fstat(folder)) in seen.way:
        return True
    for above, which in enumerate(ancestors(folder), is_new):
        if which == seen.which:
            return pattern.meets(names[len(names) - above :])
    return False
