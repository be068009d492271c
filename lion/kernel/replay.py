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
Rule: a guest may be executed while its records are still being read: it waits for the next.
"""

from typing import Any

import msgspec

from lion.domain.capability import name_call
from lion.domain.decider import Decider
from lion.domain.events import encode_body
from lion.domain.plan import Limits
from lion.errors import GuestError
from lion.kernel.difference import Difference
from lion.kernel.exports import find_export
from lion.kernel.recorded import Recorded
from lion.kernel.size import check_size
from lion.ports import CallStats, Component

SHOWN, SHOWN_BEFORE = 500, 80
"""Characters of each side of a difference, and of those the ones before it."""


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
        self._recorded = recorded
        self._imports = [name_call(i.interface, i.name) for i in component.imports]
        self.number = 0

    async def handle(self, index: int, args: list[Any]) -> Any:
        """Give the recorded value. Raises _Differs if the guest asked for something else, _Cut at
        the end of the log.
        """
        recorded = self._recorded
        if not recorded.is_whole and len(recorded.calls) < 2:  # can_go_on, at once
            await recorded.wait_known()
        capability, operation = self._imports[index]
        if not recorded.calls:
            if recorded.is_cut:
                raise _Cut
            raise _Differs("(no further host call)", show_call(capability, operation, args))
        call = recorded.pop()
        self.number += 1
        if (
            call.operation != operation
            or call.capability != capability
            or (encode_body(call.args) != encode_body(args) and call.decided_by != Decider.SCREEN)
        ):
            shown = show_call(call.capability, call.operation, call.args or [])
            raise _Differs(shown, show_call(capability, operation, args))
        if recorded.is_whole and not recorded.calls and recorded.is_cut:
            raise _Cut
        return call.value


class NoHandles:
    """A replayed guest's handles stand for nothing."""

    def add(self, kind: str, thing: Any, close: Any = None) -> int:
        raise AssertionError("a replay makes no handles")

    def put(self, rep: int, kind: str, thing: Any, close: Any = None) -> None:
        raise AssertionError("a replay makes no handles")

    def get(self, rep: int, kind: str | None = None) -> Any:
        raise AssertionError("a replay reads no handles")

    def all(self, kind: str) -> list[tuple[int, Any]]:
        raise AssertionError("a replay reads no handles")

    def drop(self, rep: int) -> None:
        """The guest let go of a number."""

    def close(self) -> None:
        """There is nothing to close."""


def show_call(capability: str, operation: str, args: list[Any]) -> str:
    """A host call as people read it."""
    return f"{capability}.{operation}({', '.join(map(repr, args))})"


async def replay_invocation(
    recorded: Recorded, component: Component, limits: Limits
) -> Difference | None:
    """Run one invocation again; where it differs, or None. `limits` keep memory and tables, not
    time.
    """
    answers = _Answers(recorded, component)
    while not recorded.is_whole and not recorded.calls:
        await recorded.wait_more()
    if not recorded.began or (recorded.is_cut and not recorded.calls):
        return None
    try:
        export = find_export(component, recorded.export)
    except GuestError as exc:
        called = f"{recorded.principal} was called: {recorded.export}"
        return Difference(recorded.path, 0, called, exc.what)
    ending, value = "", None
    try:
        value = await component.call(
            export, recorded.args, answers.handle, NoHandles(), limits, CallStats()
        )
        check_size(export, value, limits)
    except _Cut:
        return None
    except _Differs as exc:
        return _difference(recorded.path, answers.number, exc.recorded, exc.replayed)
    except GuestError as exc:
        ending = exc.ending
    return await _compare(recorded, answers.number, ending, value)


def _difference(path: str, call: int, recorded: str, replayed: str) -> Difference:
    """Both sides from shortly before the place where they part, and no more than fits a screen."""
    pairs = enumerate(zip(recorded, replayed, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), min(len(recorded), len(replayed)))
    begin = max(0, same - SHOWN_BEFORE)
    return Difference(path, call, _excerpt(recorded, begin), _excerpt(replayed, begin))


def _excerpt(text: str, begin: int) -> str:
    end = begin + SHOWN
    return ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")


async def _compare(recorded: Recorded, number: int, ending: str, value: Any) -> Difference | None:
    while not recorded.is_whole and not recorded.calls:
        await recorded.wait_more()
    if recorded.calls:
        call = recorded.calls[0]
        expected = show_call(call.capability, call.operation, call.args or [])
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
