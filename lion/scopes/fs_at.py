"""Look here if you want to know how a rule of the operator's names directories of the host's.

    fs-at write ~/.ssh/**       no grant may have it written, nor what is in it, nor what holds it
    fs-at read /srv/secret      none may have it read
    fs-at * /home/*/.aws        neither

Rule: a directory stands for all that is in it; `/**` at its end says the same.
Rule: what a rule could mean is refused with the whole grant, because a grant gives a whole
directory.
"""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

import msgspec

from lion.domain.capability import Capability
from lion.errors import OperatorError
from lion.scopes.fs_path import fold
from lion.scopes.named import NamedScopes
from lion.scopes.pattern import BadPattern, Pattern, compile_pattern

HOME: Final = "~"


class HostPattern(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule names: a directory as it is written (`~/a`, `/`), and the names after it, each a
    pattern, from the first one with a star.
    """

    top: str
    rest: tuple[str, ...]

    def meets(self, names: Sequence[str]) -> bool:
        """Whether a directory, by its names below `top`, is meant, lies in one that is, or could
        hold one.
        """
        pairs = zip(self.rest, names, strict=False)
        return all(compile_pattern(fold(one), "/").matches(fold(name)) for one, name in pairs)

    def meets_by_name(self, top: Sequence[str], names: Sequence[str]) -> bool:
        """The same of a directory by all its names, where those of `top` are these."""
        common = min(len(top), len(names))
        return top[:common] == names[:common] and self.meets(names[len(top) :])


class HostScopes(NamedScopes):
    """Directories of the host's. No call names one; grants of `fs` do."""

    through = ("fs",)

    def rule_pattern(self, text: str) -> Pattern:
        """The pattern of a rule, with its `~`. Raises BadPattern."""
        read_host_pattern(text)
        return compile_pattern(text.strip(), "/")


FS_AT: Final = HostScopes(
    Capability(
        name="fs-at", operations=("read", "write"), targeted=("read", "write"), separator="/"
    )
)
"""No capability of a guest's: which directories a manifest may grant at all."""


EVERYWHERE: Final = HostPattern(top="/", rest=())
"""What a rule means that names no directory."""


def names_in(path: str) -> tuple[str, ...]:
    """The names of a path, as they are compared."""
    return tuple(fold(name) for name in path.split("/") if name)


def tops_of(rule: str, pattern: HostPattern, homes: Sequence[PurePath]) -> tuple[str, ...]:
    """The directories that `top` means, with the operator's homes for `~`. Raises OperatorError
    where nobody has one: a rule that cannot be enforced is not left out.
    """
    if not pattern.top.startswith(HOME):
        return (pattern.top,)
    if not homes:
        raise OperatorError(
            f'the policy rule "{rule}" names ~, and nobody knows where that is',
            hint="set HOME, or write the directory from / on",
        )
    return tuple(str(home / pattern.top[2:]) for home in homes)


def read_host_pattern(text: str) -> HostPattern:
    """Read what a rule names. Raises BadPattern."""
    text = text.strip()
    start, *names = text.removesuffix("/").split("/")
    if start not in ("", HOME) or not (names or text.startswith(("/", HOME))):
        raise BadPattern(f"{text[:40]!r} names no directory; begin with / or ~/")
    if names[-1:] == ["**"]:
        names = names[:-1]
    for name in names:
        if name in ("", ".", "..") or "\0" in name:
            raise BadPattern(f"{text[:40]!r} has a name {name!r}; write the directory without it")
        if "**" in name:
            raise BadPattern(f"{text[:40]!r}: write ** at the end only, after a /")
        compile_pattern(name, "/")
    plain = next((i for i, name in enumerate(names) if "*" in name), len(names))
    top = "/".join((start, *names[:plain])) or "/"
    return HostPattern(top=top, rest=tuple(names[plain:]))
