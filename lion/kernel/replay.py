"""Look here if you want to know how a recorded run is executed again, and why that cannot act.

A guest acts and learns only through host calls, so each invocation is run by itself: the same
component bytes, the same arguments, and every host call answered from the log in the guest's own
order.

Rule: nothing here holds an executor, a policy, a budget or an open log; there is nothing to act
with.
Rule: an invocation that never began (the machine had no room then) is left out, and so is one of
a system plugin: what its caller got of it is among the caller's records.
Rule: an invocation that was cut (cancelled, over its time, killed) is stopped at its last recorded
outcome.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from lion.domain.capability import name_call
from lion.domain.decider import Decider
from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    CallFinished,
    CallRequested,
    Event,
    PluginError,
    PluginInvoked,
    PluginResult,
    encode_body,
)
from lion.domain.pairing import Pairs
from lion.domain.plan import Limits
from lion.domain.record import Record
from lion.errors import GuestError
from lion.kernel.exports import find_export
from lion.kernel.size import check_size
from lion.ports import CallStats, Component

CUT_ENDINGS = ("deadline", "cpu", "log", "cancelled", "failed", "")
"""Endings that came from outside the guest; the rest the guest reaches again by itself."""


SHOWN, SHOWN_BEFORE = 500, 80
"""Characters of each side of a difference, and of those the ones before it."""


class Recorded(msgspec.Struct):
    """One invocation as the log has it."""

    path: str
    principal: str
    component_digest: str
    export: str
    args: list[Any]
    calls: list[CallFinished] = []
    value: Any = None
    ending: str = ""
    is_returned: bool = False
    began: bool = True


class Difference(msgspec.Struct, frozen=True):
    """The first place where the second execution was not the first: both sides, written out."""

    invocation: str
    call: int
    recorded: str
    replayed: str


def gather(records: Iterable[Record]) -> dict[str, Recorded]:
    """Invocations of a run by path, in the order in which they began."""
    found: dict[str, Recorded] = {}
    pairs = Pairs()
    for record in records:
        event = record.event()
        if not record.component_digest:
            continue
        if isinstance(event, PluginInvoked | AgentSpawned):
            found[record.invocation] = _begin(record, event)
        elif record.invocation in found:
            _add(found[record.invocation], record, event, pairs)
    return found


def _begin(record: Record, event: PluginInvoked | AgentSpawned) -> Recorded:
    if isinstance(event, PluginInvoked):
        export, args = event.export, event.args
    else:
        export, args = "run", [event.task]
    return Recorded(record.invocation, record.principal, record.component_digest, export, args)


def count_trusted(records: Iterable[Record]) -> int:
    """Calls of system plugins among the records."""
    invoked = PluginInvoked.__name__
    return sum(record.type == invoked and not record.component_digest for record in records)


def _add(recorded: Recorded, record: Record, event: Event, pairs: Pairs) -> None:
    match event:
        case CallRequested():
            pairs.note(record, event)
        case CallFinished():
            recorded.calls.append(pairs.join(record, event)[0])
        case PluginResult() | AgentCompleted():
            recorded.value, recorded.is_returned = event.value, True
        case PluginError() | AgentError():
            recorded.ending, recorded.began = event.ending, event.began
        case _:
            pass


class _Cut(Exception):
    """The log ends here for this guest."""


class _Differs(Exception):
    def __init__(self, recorded: str, replayed: str) -> None:
        super().__init__(recorded, replayed)
        self.recorded = recorded
        self.replayed = replayed


class _Answers:
    """Answers one invocation's host calls from its records."""

    def __init__(self, recorded: Recorded, component: Component) -> None:
        self._calls = recorded.calls
        self._is_cut = not recorded.is_returned and recorded.ending in CUT_ENDINGS
        self._imports = [name_call(i.interface, i.name) for i in component.imports]
        self.number = 0

    async def handle(self, index: int, args: list[Any]) -> Any:
        """Give the recorded value. Raises _Differs if the guest asked for something else, _Cut at
        the end of the log.
        """
        capability, operation = self._imports[index]
        asked = _show_call(capability, operation, args)
        if self.number >= len(self._calls):
            if self._is_cut:
                raise _Cut
            raise _Differs("(no further host call)", asked)
        call = self._calls[self.number]
        self.number += 1
        if (call.capability, call.operation) != (capability, operation) or (
            call.decided_by != Decider.SCREEN and encode_body(call.args) != encode_body(args)
        ):
            raise _Differs(_show_call(call.capability, call.operation, call.args or []), asked)
        if self._is_cut and self.number == len(self._calls):
            raise _Cut
        return call.value


class _NoHandles:
    """A replayed guest's handles stand for nothing."""

    def add(self, kind: str, thing: Any, close: Any = None) -> int:
        raise AssertionError("a replay makes no handles")

    def get(self, rep: int, kind: str | None = None) -> Any:
        raise AssertionError("a replay reads no handles")

    def drop(self, rep: int) -> None:
        """The guest let go of a number."""

    def close(self) -> None:
        """There is nothing to close."""


def _show_call(capability: str, operation: str, args: list[Any]) -> str:
    return f"{capability}.{operation}({', '.join(map(repr, args))})"


async def replay_invocation(
    recorded: Recorded, component: Component, limits: Limits
) -> Difference | None:
    """Run one invocation again; where it differs, or None. `limits` keep memory and tables, not
    time.
    """
    answers = _Answers(recorded, component)
    if not recorded.began:
        return None
    if not recorded.is_returned and recorded.ending in CUT_ENDINGS and not recorded.calls:
        return None
    export = find_export(component, recorded.export)
    ending, value = "", None
    try:
        value = await component.call(
            export, recorded.args, answers.handle, _NoHandles(), limits, CallStats()
        )
        check_size(export, value, limits)
    except _Cut:
        return None
    except _Differs as exc:
        return _difference(recorded.path, answers.number, exc.recorded, exc.replayed)
    except GuestError as exc:
        ending = exc.ending
    return _compare(recorded, answers.number, ending, value)


def _difference(path: str, call: int, recorded: str, replayed: str) -> Difference:
    """Both sides from shortly before the place where they part, and no more than fits a screen."""
    pairs = enumerate(zip(recorded, replayed, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), min(len(recorded), len(replayed)))
    begin = max(0, same - SHOWN_BEFORE)
    return Difference(path, call, _excerpt(recorded, begin), _excerpt(replayed, begin))


def _excerpt(text: str, begin: int) -> str:
    end = begin + SHOWN
    return ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")


def _compare(recorded: Recorded, number: int, ending: str, value: Any) -> Difference | None:
    if number < len(recorded.calls):
        call = recorded.calls[number]
        expected = _show_call(call.capability, call.operation, call.args or [])
        return _difference(recorded.path, number + 1, expected, "(no further host call)")
    if recorded.is_returned and not ending:
        if encode_body(recorded.value) == encode_body(value):
            return None
        return _difference(recorded.path, 0, f"returned {recorded.value!r}", f"returned {value!r}")
    if recorded.ending == ending:
        return None
    return _difference(
        recorded.path,
        0,
        recorded.ending or f"returned {recorded.value!r}",
        ending or f"returned {value!r}",
    )


def replay_limits(recorded: Limits) -> Limits:
    """A holder's limits as recorded, with those on time off: a guest reaches memory limits again,
    times never.
    """
    return msgspec.structs.replace(recorded, deadline_ns=None, cpu_ns=None)
