"""Look here if you want to know which capabilities there are, and which operations name a target.

Rule: the table equals the WIT files; a test reads both.
Rule: whatever a rule can say of a capability is enforced, so a pattern is refused where no
operation has a target.
Rule: an extension, the interface of a system plugin's own, goes by its whole name
(`acme:shelf/books`), so none can be taken for one of lion's.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """Some host functions under one name.

    `operations` are all of them (`pending.take` is a method), `targeted` those whose calls name
    what they are about, `listings` those whose target is only the beginning of what they show,
    `separator` divides a target into segments, and `is_scoped` says that a grant must name the
    targets it covers. `outside` are cases of errors that only the world outside of lion causes:
    network, server, disk.
    """

    name: str
    operations: tuple[str, ...]
    targeted: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    separator: str = ""
    is_scoped: bool = False
    outside: tuple[str, ...] = ()


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

ELEMENTS: Final = (
    "create",
    "get",
    "update",
    "delete",
    "list",
    "append",
    "insert",
    "move",
    "exclude",
    "order",
    "progressions",
)
"""Operations on elements; all but the last name a kind, an id or a progression."""

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
            outside=("timeout", "unavailable"),
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
            outside=("timeout", "unavailable", "dns", "connection", "tls", "protocol"),
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
            outside=("unavailable", "input-output"),
        ),
        Capability(
            name="secrets",
            operations=("exists",),
            targeted=("exists",),
            separator="/",
            is_scoped=True,
        ),
        Capability(name="denials", operations=("last",)),
        Capability(name="process", operations=("start",)),
        Capability(
            name="agents",
            operations=("spawn", "list", "budgets", "child.next", "child.wait", "child.cancel"),
            targeted=("spawn",),
            separator=".",
            is_scoped=True,
        ),
        Capability(
            name="bus",
            operations=("send", "publish", "subscribe", "inbox", "subscription.next"),
            targeted=("send", "publish", "subscribe"),
            separator=".",
            is_scoped=True,
        ),
        Capability(name="elements", operations=ELEMENTS, targeted=ELEMENTS[:-1], separator="."),
    )
}
"""What this version offers, by name."""

OF_WORKFLOWS: Final[dict[str, Capability]] = {
    capability.name: capability
    for capability in (
        Capability(
            name="agents",
            operations=("start", "work.next", "work.take"),
            targeted=("start",),
            separator=".",
            is_scoped=True,
        ),
        Capability(name="people", operations=("ask", "answer.take")),
    )
}
"""What only workflows are offered: no component can import it, so there is no WIT. Of agents they
have operations of their own."""

OF_PROGRAMS: Final = Capability(
    name="program", operations=("start", "running.next", "running.say")
)
"""What only agents of others are offered, which are programs (lion/conductor): their own one."""

_BOTH: Final = Capability(
    name="agents",
    operations=(*OFFERED["agents"].operations, *OF_WORKFLOWS["agents"].operations),
    targeted=(*OFFERED["agents"].targeted, *OF_WORKFLOWS["agents"].targeted),
    separator=".",
    is_scoped=True,
)
KNOWN: Final = {**OFFERED, **OF_WORKFLOWS, "agents": _BOTH, "program": OF_PROGRAMS}
"""What a rule may speak of, and a system plugin judge."""

_WORD: Final = "[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*"
EXTENSION_PATTERN: Final = rf"(?!lion:|wasi:){_WORD}:{_WORD}/{_WORD}"
"""Names of extensions, without a version: `acme:shelf/books`. Two namespaces are not for them."""
VERSION_PATTERN: Final = r"(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}"
"""Versions of extensions: three numbers (semver.org), `1.0.0`."""

_OFFER: Final = (
    rf"(?P<name>{EXTENSION_PATTERN})@{VERSION_PATTERN}#(?P<function>{_WORD})\((?P<target>[^)]*)\)"
)


def is_extension(name: str) -> bool:
    """Whether a capability, or an interface without its version, is an extension."""
    # Patterns are compiled when the first one is met: most runs meet none.
    return not name.startswith("lion:") and re.fullmatch(EXTENSION_PATTERN, name) is not None


def capability_of(interface: str) -> str:
    """The capability an import belongs to: `kv` of `lion:host/kv@0.1.0`, but `acme:shelf/books`
    of `acme:shelf/books@1.0.0`.
    """
    name = interface.partition("@")[0]
    return name.rpartition("/")[2] if not is_extension(name) else name


def name_call(interface: str, name: str) -> tuple[str, str]:
    """Capability and operation of an import: `lion:host/kv@0.1.0`, `get` is `kv`, `get`."""
    return capability_of(interface), name.removeprefix("[method]")


def extensions_of(offers: Iterable[str]) -> dict[str, Capability]:
    """Capabilities by name of what system plugins offer, each function as
    `acme:shelf/books@1.0.0#find(title)`; in brackets the parameter that is its target, if any.
    """
    functions: dict[str, dict[str, str]] = {}
    for offer in offers:
        if (found := re.fullmatch(_OFFER, offer)) is not None:
            functions.setdefault(found["name"], {})[found["function"]] = found["target"]
    return {name: _extension(name, targets) for name, targets in functions.items()}


def _extension(name: str, targets: dict[str, str]) -> Capability:
    targeted = tuple(function for function, target in targets.items() if target)
    return Capability(
        name=name,
        operations=tuple(targets),
        targeted=targeted,
        separator="/",
        is_scoped=bool(targeted),
    )
