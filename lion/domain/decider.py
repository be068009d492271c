"""Look here if you want to know who may decide a host call, and how that is named in the log.

Rule: the names are for ever: they stand in recorded decisions.
Rule: three of them say more: `policy line 3` which line of the operator's file, `system.guard`
which system plugin's judge, `approval by anna` who answered (`approval nobody`,
`approval expired`: why nobody did; `approval later`: a person is asked before anything happens).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Decider(StrEnum):
    """Who decided, whichever line or plugin it was."""

    DEFAULT = "default"
    """What is granted without a line."""
    GRANTS = "grants"
    """The manifest's grants: one covers the call, or none does."""
    MANIFEST = "manifest"
    """The manifest takes a default away."""
    CEILING = "ceiling"
    """The component does not import it."""
    POLICY = "policy"
    """A rule of the operator's."""
    SYSTEM = "system"
    """A judge: a system plugin's."""
    APPROVAL = "approval"
    """A person who was asked, or that nobody answered."""
    BUDGET = "budget"
    """A budget or rate is used up."""
    BOUNDS = "bounds"
    """The call is longer than any may be."""
    ARGUMENTS = "arguments"
    """Its arguments name nothing that could be decided about."""
    SCREEN = "screen"
    """Its arguments hold what may not be recorded."""
    NOBODY = "nobody"
    """The call was given up before anybody had decided."""
    DOOR = "door"
    """It was allowed, and led to what nobody may reach."""
    SPAWNER = "spawner"
    """Whoever spawned the agent did not hand it on."""
    REVOKED = "revoked"
    """What its holder may do was taken from it while the run lasted."""
    DRY = "dry"
    """A dry run, which answers what was refused; never recorded as who decided."""


STATIC: Final = frozenset(
    (Decider.DEFAULT, Decider.GRANTS, Decider.MANIFEST, Decider.CEILING, Decider.POLICY)
)
"""Whose decision depends on holder, operation and target alone."""

_KINDS: Final[Mapping[str, Decider]] = MappingProxyType({str(one): one for one in Decider})


def policy_line(number: int | None) -> str:
    """How a rule of the operator's is named, by its line if that is known."""
    return str(Decider.POLICY) if number is None else f"{Decider.POLICY} line {number}"


def judge_name(holder: str) -> str:
    """How a system plugin that judges is named."""
    return f"{Decider.SYSTEM}.{holder}"


NOBODY_ASKED: Final = f"{Decider.APPROVAL} nobody"
NOBODY_CAME: Final = f"{Decider.APPROVAL} expired"
ASKED_LATER: Final = f"{Decider.APPROVAL} later"


def approver(who: str) -> str:
    """How a person who was asked is named."""
    return f"{Decider.APPROVAL} by {who}"


def decider_of(decided_by: str) -> Decider | None:
    """Which of them a recorded name is; None for one that this lion does not know."""
    return _KINDS.get(decided_by.partition(" ")[0].partition(".")[0])
