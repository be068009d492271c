"""Look here if you want to know what a host call, a decision and an outcome are."""

from collections.abc import Hashable
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

from lion.domain.plan import Grant

Target: TypeAlias = Hashable
"""What a call is about: a value of its capability's own (scopes/), whose `str` is its text. A name
(a key, a tool, a model) is its own text; the empty text is nothing.
"""

BULK = 64 * 1024
"""What one call of a bulk interface may carry, in bytes of UTF-8; more is many calls."""


class Verdict(StrEnum):
    """What the policy chain says; the strictest wins: deny, then ask, then allow."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Effect(StrEnum):
    """What a host call can do outside the process, which decides when it must be durable
    (output-commit rule).
    """

    NONE = "none"
    """Nothing outside can see it: one record, joins the buffer."""
    OUTSIDE = "outside"
    """Its intent is committed before it is executed: two records."""


class Status(StrEnum):
    """How a host call ended."""

    COMPLETED = "completed"
    DENIED = "denied"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Opinion(msgspec.Struct, frozen=True):
    """What one processor said of one call: deny or ask, and why (it has no way to allow)."""

    processor: str
    verdict: Verdict
    reason: str


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the chain came to: verdict, the reason in words, who decided, every objection raised,
    and the grant that gives the right (None: granted by default, or refused).
    """

    verdict: Verdict
    reason: str
    decided_by: str
    opinions: tuple[Opinion, ...] = ()
    grant: Grant | None = None

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOW


class HostCall(msgspec.Struct, frozen=True):
    """One guest's call of one host function, as policy sees it.

    `invocation` is the path in the tree of calls ("0.2.1"), `number` the ordinal of the call
    within it (from 1), `chain` the holders from the run's root to the caller (last), `target` what
    the call is about, `args` the arguments as WIT values.
    """

    run: str
    invocation: str
    number: int
    chain: tuple[str, ...]
    capability: str
    operation: str
    target: Target
    args: list[Any]

    @property
    def holder(self) -> str:
        """Who calls."""
        return self.chain[-1]


ERROR_CASES: Final = (
    "denied", "invalid", "not-found", "exists", "conflict", "exhausted", "timeout", "cancelled",
    "unavailable", "other",
)  # fmt: skip
"""The cases of `types.error` (wit/types.wit; a test compares), of which a CallError is one."""


class CallError(Exception):
    """Raised by an executor: the call gave the error `case` (a case of `types.error`) with `text`
    for people.
    """

    def __init__(self, case: str, text: str) -> None:
        super().__init__(f"{case}: {text}")
        self.case = case
        self.text = text
