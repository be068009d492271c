"""Look here if you want to know which capabilities there are, and which operations name a target.

Rule: the table equals the WIT files; a test reads both.
Rule: whatever a rule can say of a capability is enforced, so a pattern is refused where no
operation has a target.
"""

from typing import Final

import msgspec


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """Some host functions under one name.

    `operations` are all of them (`pending.take` is a method), `targeted` those whose calls name
    what they are about, `listings` those whose target is only the beginning of what they show,
    `separator` divides a target into segments, and `is_scoped` says that a grant must name the
    targets it covers.
    """

    name: str
    operations: tuple[str, ...]
    targeted: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    separator: str = ""
    is_scoped: bool = False


FS_BY_PATH: Final = (
    "open",
    "read",
    "write",
    "stat",
    "set-times",
    "list",
    "make-dir",
    "remove-dir",
    "unlink",
    "rename",
    "link",
    "symlink",
    "readlink",
)
"""Operations on files that name a path; the others work on what is open already."""

OFFERED: Final[dict[str, Capability]] = {
    capability.name: capability
    for capability in (
        Capability(name="log", operations=("write",)),
        Capability(name="clock", operations=("now", "monotonic", "sleep")),
        Capability(name="random", operations=("number", "bytes")),
        Capability(
            name="config",
            operations=("get", "keys"),
            targeted=("get", "keys"),
            listings=("keys",),
            separator="/",
        ),
        Capability(
            name="kv",
            operations=("get", "set", "delete", "list", "compare-and-set"),
            targeted=("get", "set", "delete", "list", "compare-and-set"),
            listings=("list",),
            separator="/",
        ),
        Capability(name="output", operations=("text", "partial", "progress")),
        Capability(
            name="tools",
            operations=("list", "call", "start", "pending.take"),
            targeted=("call", "start"),
            separator=".",
            is_scoped=True,
        ),
        Capability(
            name="llm",
            operations=("models", "ask", "start", "answer.next"),
            targeted=("ask", "start"),
            separator=".",
            is_scoped=True,
        ),
        Capability(name="poll", operations=("wait",)),
        Capability(
            name="http",
            operations=(
                "send",
                "start",
                "exchange.write",
                "exchange.finish",
                "exchange.head",
                "exchange.read",
            ),
            targeted=("send", "start"),
            separator="/",
            is_scoped=True,
        ),
        Capability(
            name="fs",
            operations=(
                "file.read-at",
                "file.write-at",
                "file.append",
                "file.stat",
                "file.set-size",
                "file.set-times",
                "file.sync",
                "mounts",
                *FS_BY_PATH,
            ),
            targeted=FS_BY_PATH,
            separator="/",
            is_scoped=True,
        ),
        Capability(
            name="secrets",
            operations=("exists",),
            targeted=("exists",),
            separator="/",
            is_scoped=True,
        ),
    )
}
"""What this version offers, by name."""

LATER: Final = ("bus",)
"""Capabilities that lion knows by name and will offer: a manifest that asks for one is refused."""
