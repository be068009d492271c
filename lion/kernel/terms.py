"""Look here if you want to know how the terms are read under which an agent is spawned.

Rule: what makes no sense, or names a budget that the spawner has not, spawns nothing.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from lion.domain.call import CallError
from lion.domain.names import did_you_mean
from lion.domain.plan import Grant
from lion.kernel.allotments import COUNTED
from lion.kernel.invocation import Invocation
from lion.scopes.handed import parse_handed

LONGEST: Final = 16 * 1024
"""Bytes of either text."""
MOST_BUDGETS: Final = 64
_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,17}")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a child may do and use: `allow` as it was written and the `grants` it says (None: all
    that its own give), what is set aside by `budget`, whether what it shows is read.
    """

    allow: str | None
    grants: tuple[Grant, ...] | None
    budget: dict[str, int]
    streams: bool


def read_terms(terms: Mapping[str, Any]) -> Terms:
    """The terms of a record of `agents.terms`. Raises CallError("invalid")."""
    allow = terms["allow"]
    for text in (allow or "", terms["budget"]):
        if len(text) > LONGEST or len(text.encode("utf-8", "replace")) > LONGEST:
            raise CallError("invalid", f"terms: a text has at most {LONGEST:,} bytes")
    try:
        grants = None if allow is None else parse_handed(allow)
    except ValueError as exc:
        raise CallError("invalid", f"allow: {exc}") from None
    return Terms(
        allow=allow, grants=grants, budget=_budget(terms["budget"]), streams=terms["streams"]
    )


def _budget(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in filter(str.strip, text.splitlines()):
        name, _, amount = line.strip().rpartition(" ")
        if not name or _AMOUNT.fullmatch(amount) is None:
            what = f'budget: {line[:80]!r} is none; write its name and an amount, "calls 100"'
            raise CallError("invalid", what)
        if name.strip() in found:
            raise CallError("invalid", f"budget: {name[:80]!r} is there twice")
        found[name.strip()] = int(amount)
    if len(found) > MOST_BUDGETS:
        raise CallError("invalid", f"budget: at most {MOST_BUDGETS} are set aside")
    return found


def check_budgets(caller: Invocation, budget: Mapping[str, int]) -> None:
    """Raise CallError for a budget that the caller has not. What nobody limits can be bounded, and
    those are calls and output.
    """
    for name in budget:
        if name not in COUNTED and name not in caller.owner.budgets:
            known = (*COUNTED, *caller.owner.budgets)
            words = f"there is no budget {name[:80]!r}; {did_you_mean(name[:80], known)}"
            raise CallError("not-found", words)
