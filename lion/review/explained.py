"""Look here if you want to know which facts explain a record.

Rule: these are what `lion explain --json` prints (docs/log-and-audit.md): a name, once there,
stays.
"""

from typing import Any

import msgspec


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is proved: records up to `until` continue one chain. `fault` is why no further
    one does, empty if all do; `is_finished`: the run's end is among them.
    """

    until: int
    is_finished: bool
    fault: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A record that has a part in it. `time_ns` is since 1970 (UTC); not `is_proved`: what it says
    may have been changed. `run` is the one that a fork goes on from, if it is one of that; else
    empty.
    """

    seq: int
    type: str
    time_ns: int
    is_proved: bool
    run: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An opinion: who (domain/decider.py), deny or ask, and why."""

    by: str
    verdict: str
    reason: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a file: of the run's manifest as recorded, or of the operator's policy (`text`
    where that is at hand). `line` is None where it cannot be told.
    """

    file: str
    line: int | None
    text: str


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """How a call was decided. `allowed_by` is the grant's line, None where it was granted by
    default or refused; `is_stood_in`: refused, and answered all the same in a dry run.
    """

    verdict: str
    reason: str
    by: str
    opinions: tuple[Said, ...]
    allowed_by: Line | None
    rule: Line | None
    is_stood_in: bool


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """Where the call was sent on to, or what it led to, and how that was decided."""

    record: Seen
    target: str
    decided: Decided


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a call, None of it where the log ends before: status, how long it took
    (nanoseconds), what it cost of budgets, and the value as JSON text, cut to a bound.
    """

    record: Seen
    status: str
    took_ns: int
    charged: dict[str, int]
    value: str
    is_cut: bool


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How far a budget was used when it was asked; `limit` None: there is none."""

    holder: str
    budget: str
    limit: int | None
    used: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A host call: `args` as JSON text, cut to a bound; None where the log has none (they held
    what may not be recorded).
    """

    holder: str
    capability: str
    operation: str
    target: str
    args: str | None
    is_cut: bool
    decided: Decided
    sent_on: tuple[Sent, ...]
    budgets: tuple[Budget, ...]
    result: Result | None


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """A step that led to it: `holder` began `what` (an export or a task), since call `by` of the
    invocation before asked for it (empty: the run itself did, by `line` of its manifest).
    """

    invocation: str
    holder: str
    what: str
    by: str
    record: Seen
    line: Line | None
    ending: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What would have been decided otherwise, and how: `then` is deny, allow or ask; `how` a
    sentence, `line` what to write and `where`, both empty where there is nothing to write.
    """

    then: str
    how: str
    where: str
    line: str


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Why a record is there. `causes` are from the run's own beginning to the record's invocation.

    `by_whom` is who started the run, as far as the log has it; `event` the record as it is, for
    those that are no calls.
    """

    run: str
    manifest_name: str
    manifest: str
    is_dry: bool
    by_whom: str
    proof: Proof
    record: Seen
    principal: str
    invocation: str
    call: int
    event: Any
    asked: Asked | None
    causes: tuple[Cause, ...]
    changes: tuple[Change, ...]
