"""Look here if you want to know how it is found out, before a resumed run does anything, that all
its guests say again what they said.

Rule: every invocation that has no ending is executed up to its last record, and nothing is
executed of what it asks for; the first that asks for something else refuses the whole resumption.
"""

from typing import Any, Final

from lion.domain.events import AgentSpawned
from lion.errors import AuditError, GuestError
from lion.kernel.exports import find_export
from lion.kernel.past import Past, PastInvocation
from lion.kernel.replay import NoHandles, replay_limits, show_call
from lion.kernel.resumed import RecordedCalls, is_same
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.ports import CallStats, Operation

SHOWN: Final = 300
"""Characters of each side of a difference."""


class _Reached(Exception):
    """It is where its records end."""


class _Rehearsal:
    """Answers one guest from its records, as far as they go."""

    def __init__(self, past: PastInvocation, holder: LiveHolder) -> None:
        self._past = past
        self._calls = RecordedCalls(past)
        self._operations = holder.operations

    async def handle(self, index: int, args: list[Any]) -> Any:
        """Raises _Reached, and AuditError for another call than the recorded one."""
        operation, past = self._operations[index], self._past
        if not self._calls.left:
            assert past.intent is not None
            self._compare(past.intent, operation, args)
            raise _Reached
        call = self._calls.pop()
        self._compare(call, operation, args)
        if not self._calls.left and past.intent is None:
            raise _Reached
        return call.value

    def _compare(self, asked: Any, operation: Operation, args: list[Any]) -> None:
        name = operation.capability, operation.name
        if not is_same(asked, name, args):
            recorded = show_call(asked.capability, asked.operation, asked.args or [])
            raise _diverges(self._past.path, recorded, show_call(*name, args))


def _diverges(path: str, recorded: str, now: str) -> AuditError:
    return AuditError(
        f"the run cannot go on: invocation {path} does something else now; nothing was done. "
        f"Recorded is {recorded[:SHOWN]}; now it is {now[:SHOWN]}",
        hint="another lion or wasmtime may run this component otherwise; look with: lion replay",
    )


async def rehearse(live: LiveRun, past: Past) -> None:
    """Execute all that has no ending up to its last record. Raises AuditError if one differs."""
    for one in past.unfinished():
        holder = live.holders[one.scope.principal]
        if holder.system is None and not one.is_cut and (one.answered or one.intent):
            if holder.component.digest != one.scope.component_digest:
                raise AuditError(f"the component of {holder.name!r} is not the recorded one")
            await _rehearse_one(one, holder)


async def _rehearse_one(past: PastInvocation, holder: LiveHolder) -> None:
    limits, began = replay_limits(holder.rights.limits), past.began
    ended = "it ends"
    try:
        if isinstance(began, AgentSpawned):
            export, args = find_export(holder.component, "run"), [began.task]
        else:
            export, args = find_export(holder.component, began.export), began.args
        answers = _Rehearsal(past, holder)
        await holder.component.call(
            export, args, answers.handle, NoHandles(), limits, CallStats(memory=holder.memory)
        )
    except _Reached:
        return
    except GuestError as exc:
        ended = f"it ends: {exc.what}"
    raise _diverges(past.path, "a further host call", ended)
