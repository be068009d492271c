"""Look here if you want to know what a run comes to, for whoever asked for it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from lion.policy.together import join_suggestions


class Ending(msgspec.Struct, frozen=True):
    """How one agent or one call ended.

    `text` is an agent's answer, `value` the result as JSON, `error` the sentence for people if it
    was not ok, `ending`
    the kind of error (errors.GuestError) or "error" for the guest's own, `exit_code` what it adds
    to the run's.
    """

    name: str
    kind: str
    ok: bool
    exit_code: int
    text: str = ""
    value: Any = None
    error: str = ""
    ending: str = ""
    words: str = ""
    hint: str = ""


class Denial(msgspec.Struct, frozen=True):
    """A call that was refused: who, what, why, and the manifest line that would allow it (empty:
    none would). `together` is the line that allows this and the others for whose line there is
    no second place; empty if it is the only one. `decided_by` as in domain/decider.py.
    """

    holder: str
    capability: str
    operation: str
    target: str
    reason: str
    suggestion: str = ""
    times: int = 1
    together: str = ""
    decided_by: str = ""


def with_together(denials: Iterable[Denial]) -> tuple[Denial, ...]:
    """The denials, those whose lines exclude each other with one line for all of them."""
    found = tuple(denials)
    joined = join_suggestions(denial.suggestion for denial in found)
    return tuple(
        msgspec.structs.replace(denial, together=line)
        if (line := joined.get(denial.suggestion.partition(" = ")[0], ""))
        else denial
        for denial in found
    )


class RunReport(msgspec.Struct, frozen=True):
    """What a run came to. `wall_ns` is its duration in nanoseconds."""

    run: str
    exit_code: int
    endings: tuple[Ending, ...]
    calls: int
    denied: int
    denials: tuple[Denial, ...]
    wall_ns: int
    interrupted: bool = False
