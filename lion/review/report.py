"""Look here if you want to know what a run comes to, for whoever asked for it."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lion.domain.call import Opinion
from lion.domain.question import Question
from lion.policy.suggest import Suggestion, join_suggestions


class Ending(msgspec.Struct, frozen=True):
    """How one agent or one call ended.

    `text` is an agent's answer, `value` the result as JSON, `error` the sentence for people if it
    was not ok, `ending` the kind of error (errors.GuestError) or "error" for the guest's own,
    `exit_code` what it adds to the run's. `answer` is the value of an agent's answer where the run
    holds it to a form (`output`), `repaired` whether it was mended, `asked` how often the agent
    was. `outside` is the failure of network, server or disk that such an error tells of.
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
    outside: str = ""
    answer: Any = None
    repaired: bool = False
    asked: int = 1


class Refused(msgspec.Struct, frozen=True):
    """A question that was answered no, why, how often, and what would allow it."""

    question: Question
    reason: str
    suggestion: Suggestion | None = None
    times: int = 1
    decided_by: str = ""
    opinions: tuple[Opinion, ...] = ()


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


def split_suggestion(suggestion: str) -> tuple[str, str]:
    """`agents.ann.allow.kv = ...` as people write it: the table `agents.ann`, the line in it."""
    kind, name, line = suggestion.split(".", 2)
    return f"{kind}.{name}", line


def denials_of(refused: Iterable[Refused]) -> tuple[Denial, ...]:
    """What was refused, for people; those whose lines exclude each other with one line for all."""
    found = tuple(refused)
    joined = join_suggestions(one.suggestion for one in found)
    return tuple(_denial(one, joined) for one in found)


def _denial(one: Refused, joined: Mapping[tuple[str, ...], Suggestion]) -> Denial:
    line = together = ""
    if one.suggestion is not None:
        line = one.suggestion.line
        both = joined.get(one.suggestion.place)
        together = "" if both is None else both.line
    asked = one.question
    return Denial(
        asked.holder, asked.capability, asked.operation, str(asked.target), one.reason, line,
        one.times, together, one.decided_by,
    )  # fmt: skip


class RunReport(msgspec.Struct, frozen=True):
    """What a run came to. `wall_ns` is its duration in nanoseconds; `bugs` are lion's own, each of
    which ended an invocation.
    """

    run: str
    exit_code: int
    endings: tuple[Ending, ...]
    calls: int
    denied: int
    denials: tuple[Denial, ...]
    wall_ns: int
    interrupted: bool = False
    bugs: tuple[str, ...] = ()
