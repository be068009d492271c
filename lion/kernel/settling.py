"""Look here if you want to know what becomes of a call that had begun when the process of its run
ended, and has no outcome.

    answered   a system plugin's function had ended, and its value is on record again
    harmless   it may be repeated: reads, GET and HEAD, a model's answer       again
    looked up  what is there says whether it happened                           again or done
    disturbed  somebody completed a change of the same path later               unknown
    key        the server tells a repetition by its key                         again
    grant      the grant says on-unknown = "retry"                              again
    approved   the grant says "ask", and a person agreed                        again
    policy     today's rules would not let it happen                            unknown
    unknown    anything else                                                    unknown

Rule: what is decided is durable before it is done; "unknown", once it was said, stays so.
Rule: what is not known is told the guest as `cancelled`, and never as `denied`.
Rule: it was paid for when it was begun.
"""

from typing import Any, Final

import msgspec

from lion.domain.call import Decision, Status, Verdict
from lion.domain.events import EffectSettled
from lion.kernel.broker import Broker
from lion.kernel.going_on import cut
from lion.kernel.hosted_call import UNKNOWN, HostedCall
from lion.kernel.past import PastInvocation
from lion.kernel.read_call import read_call
from lion.ports import Again, Fate, Operation
from lion.scopes.fs_path import is_below

_AGAIN_ALL_THE_SAME: Final = "it had begun, and whether it took effect is not known; do it again?"


class SettlingBroker(Broker):
    """A broker that finishes what was begun before."""

    async def finish(self, index: int, args: list[Any], past: PastInvocation) -> Any:
        """Answer the call that had begun: settle its effect, or wait on."""
        if past.waits is not None:
            return await self._wait_on(index, args, past.waits.until_ns)
        operation = self._operations[index]
        self._caller.number += 1
        self._counts.calls += 1
        call = read_call(self._caller, operation, args, self._now())
        call.charged = self._purse.cost(1, 0) or None
        fate = await self._fate(call, past)
        if past.settled is None or past.settled.decided != fate.decided:
            self._charge(self._record(_settled(call, fate), call.number))
        return await self._act(call, fate)

    async def _act(self, call: HostedCall, fate: Fate) -> Any:
        live, path = self._caller.live, self._caller.path
        self._leave_child(call)
        is_paid = (path, call.number) in live.reserved
        if fate.decided is not Again.AGAIN and not is_paid and call.operation.count is not None:
            call.operation.count(self._caller)
        live.settle_reserved(path, call.number, is_free=fate.decided is Again.AGAIN)
        if fate.decided is Again.AGAIN:
            value = await self._carry_out(call, 0)
        else:
            await self._log.commit()
            is_done = fate.decided is Again.DONE
            value = ("ok", fate.value) if is_done else UNKNOWN
            status = Status.COMPLETED if is_done else Status.FAILED
            self._share.charge(self._record_outcome(call, status, value))
        if value[0] != "ok":
            self._caller.note_error(call.question, call.decision, value[1])
        return value

    def _leave_child(self, call: HostedCall) -> None:
        """What the call itself had made, a system plugin's invocation, is not gone on with."""
        live, path = self._caller.live, self._caller.path
        assert live.past is not None
        child = live.past.child(f"{path}#{call.number}")
        if child is not None and child.ended is None:
            cut(live, child.path)
            live.past.let_go(child)

    async def _wait_on(self, index: int, args: list[Any], until_ns: int) -> Any:
        """Wait for what is left. It is decided and charged as any call: neither is on record."""
        known = self._operations
        self._operations = [*known[:index], _rest(known[index], until_ns), *known[index + 1 :]]
        try:
            return await self.handle(index, args)
        finally:
            self._operations = known

    async def _fate(self, call: HostedCall, past: PastInvocation) -> Fate:
        """What is done about it. Records what a person is asked."""
        caller, settled = self._caller, past.settled
        if settled is not None and settled.decided != Again.AGAIN:
            # What was found then is what counts: the guest may have been told.
            return await self._found_before(call, past)
        question = call.question
        foreseen = caller.foresee(question.capability, question.operation, question.target)
        if call.refusal is not None or not foreseen.allowed:
            return Fate(Again.UNKNOWN, "policy", "today's rules do not let it happen")
        call.decision, caller.grant = foreseen, foreseen.grant
        fate = await self._looked_up(call, past)
        if fate.decided is Again.UNKNOWN:
            fate = await self._by_grant(call, past, fate)
        if fate.decided is Again.AGAIN and not await self._is_allowed(call):
            return Fate(Again.UNKNOWN, "policy", "today's rules do not let it happen")
        return fate

    async def _found_before(self, call: HostedCall, past: PastInvocation) -> Fate:
        settled = past.settled
        assert settled is not None
        return Fate(Again(settled.decided), settled.rule, settled.reason)

    async def _looked_up(self, call: HostedCall, past: PastInvocation) -> Fate:
        operation, intent, known = call.operation, past.intent, self._caller.live.past
        assert intent is not None and known is not None
        child = known.child(f"{self._caller.path}#{call.number}")
        if child is not None and child.ended is not None:
            return Fate(Again.AGAIN, "answered", "how it ended is on record")
        if operation.is_harmless is not None and operation.is_harmless(call.args):
            return Fate(Again.AGAIN, "harmless", "it does no harm to do it again")
        if self._is_disturbed(past):
            words = "a later call changed the same path"
            return Fate(Again.UNKNOWN, "disturbed", words)
        if operation.look_up is not None:
            return await operation.look_up(self._caller, call.args, intent.found)
        return Fate(Again.UNKNOWN, "unknown", "nothing tells whether it took effect")

    def _is_disturbed(self, past: PastInvocation) -> bool:
        live, intent = self._caller.live, past.intent
        if live.past is None or intent is None or intent.capability != "fs":
            return False
        changes, path = live.past.changes, past.path
        paths = changes.paths(path, intent)
        return changes.disturb(
            self._caller.holder, paths, past.intent_seq, live.services.directories
        )

    def _on_unknown(self, call: HostedCall, past: PastInvocation) -> str:
        """What the grant says; of an open file that of the directory it is in."""
        grant, known, intent = self._caller.grant, self._caller.live.past, past.intent
        if call.operation.name.startswith("file.") and known is not None and intent is not None:
            (path,) = known.changes.paths(past.path, intent)
            mounts = [
                one for one in self._caller.grants("fs")
                if one.mount is not None and is_below(path, one.mount.path)
            ]  # fmt: skip
            grant = max(
                mounts, key=lambda one: len(str(one.mount and one.mount.path)), default=None
            )
        return "" if grant is None else grant.on_unknown

    async def _by_grant(self, call: HostedCall, past: PastInvocation, fate: Fate) -> Fate:
        """What the grant says of effects that are not known."""
        match self._on_unknown(call, past):
            case "retry":
                return Fate(Again.AGAIN, "grant", 'its grant says on-unknown = "retry"')
            case "ask":
                decision = await self._caller.live.judge.ask_again(
                    self._caller, call.question, call.number, call.args, _AGAIN_ALL_THE_SAME
                )
                if decision.allowed:
                    return Fate(Again.AGAIN, "approved", decision.reason)
                return Fate(Again.UNKNOWN, "refused", decision.reason)
            case _:
                return fate

    async def _is_allowed(self, call: HostedCall) -> bool:
        """Decide it by today's rules, as if it came now."""
        decision: Decision | None = self._judge.at_once(
            self._caller, call.operation.capability, call.operation.name, call.target
        )
        if decision is None:
            decision = await self._ask(call)
        call.decision, self._caller.grant = decision, decision.grant
        return decision.verdict is Verdict.ALLOW


def _settled(call: HostedCall, fate: Fate) -> EffectSettled:
    operation = call.operation
    return EffectSettled(
        capability=operation.capability, operation=operation.name,
        target=str(call.question.target), decided=fate.decided, rule=fate.rule,
        reason=fate.reason, found=fate.found,
    )  # fmt: skip


def _rest(operation: Operation, until_ns: int) -> Operation:
    """The operation that waits for what is left, and does not begin to."""
    rest = operation.rest
    if rest is None:
        return msgspec.structs.replace(operation, until=None)

    async def execute(caller: Any, *args: Any) -> Any:
        left = max(0, until_ns - caller.clock.monotonic_ns())
        return await operation.execute(caller, *rest(list(args), left))

    return msgspec.structs.replace(operation, execute=execute, until=None)
