"""Look here if you want to know which capability has which scopes: the one table of what is
particular to each.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from lion.domain.capability import KNOWN, Capability, is_extension
from lion.domain.plan import SYSTEM, Grant
from lion.domain.question import Question
from lion.scopes.bus import BusScopes
from lion.scopes.extension_grant import ExtensionScopes
from lion.scopes.fs_match import FsScopes
from lion.scopes.http_match import HttpScopes
from lion.scopes.named import NamedScopes
from lion.scopes.simple import (
    AgentScopes,
    ElementScopes,
    KvScopes,
    ModelScopes,
    ProgramScopes,
    SecretScopes,
    ToolScopes,
)

_OWN: Final[Mapping[str, type[NamedScopes]]] = {
    "agents": AgentScopes,
    "bus": BusScopes,
    "elements": ElementScopes,
    "fs": FsScopes,
    "http": HttpScopes,
    "kv": KvScopes,
    "llm": ModelScopes,
    "program": ProgramScopes,
    "secrets": SecretScopes,
    "tools": ToolScopes,
}

SCOPES: Final[Mapping[str, NamedScopes]] = {
    name: _OWN.get(name, NamedScopes)(one) for name, one in KNOWN.items()
}

USE: Final = NamedScopes(
    Capability(name=SYSTEM, operations=("use",), targeted=("use",), separator=".")
)
"""No capability of a guest's: which system plugins a manifest may use at all."""

SHORT: Final[Mapping[str, str]] = {"tool": "tools", "agent": "agents"}
"""Words of rules that stand for a capability where the next word is a pattern."""


@lru_cache(maxsize=256)
def extension_scopes(name: str) -> ExtensionScopes:
    """Scopes of an extension, as far as its name says."""
    return ExtensionScopes(
        Capability(name=name, operations=(), targeted=("*",), separator="/", is_scoped=True)
    )


def find_scopes(capability: str) -> NamedScopes | None:
    """The scopes of a capability or an extension; None for a name that is neither."""
    found = SCOPES.get(capability)
    if found is None and is_extension(capability):
        return extension_scopes(capability)
    return found


@lru_cache(maxsize=4_096)
def read_question(holder: str, capability: str, operation: str, target: str) -> Question:
    """The question about a target that is text: a record's, a person's."""
    scopes = find_scopes(capability)
    value = target if scopes is None else scopes.read_target(target)
    return Question(holder, capability, operation, value)


def scope_of(grant: Grant) -> tuple[str, ...]:
    """What a grant names, each part for itself: patterns, or the guest's directory."""
    scopes = find_scopes(grant.capability)
    return grant.patterns if scopes is None else scopes.scope_of(grant)
