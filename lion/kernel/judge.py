"""Look here if you want to know where it is decided what a holder may do: for a guest's call, a
redirect, a link that leads elsewhere, a list of what could be called.

Rule: whoever wants to know asks here, and gets the same answer as everybody else.
Rule: a decision carries the grant that allowed it; nobody looks for one again.
Rule: processors are asked of every call anew, static rules once for each question.
Rule: a list shows what would be allowed if it were called now; nobody is asked for it.
Rule: while a person is asked, the clocks of those stand still who wait for nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Protocol

from lion.domain.call import Decision, HostCall, Target, Verdict
from lion.domain.question import Question
from lion.kernel.deadline import Deadline
from lion.policy.decide import Processor, decide
from lion.policy.rights import Rights


class JudgedHolder(Protocol):
    """Whose rights count."""

    rights: Rights

    def decide(self, question: Question) -> Decision:
        """What rights and rules say of a question."""
        ...


class JudgedCaller(Protocol):
    """Who asks: an invocation."""

    run: str
    path: str
    holder: str
    chain: tuple[str, ...]
    number: int
    deadline: Deadline

    @property
    def owner(self) -> JudgedHolder:
        """The holder it is of."""
        ...

    def waiting_only(self) -> "Iterable[JudgedCaller]":
        """This one and those above that wait for nothing but it."""
        ...


class Asker(Protocol):
    """Who is asked where the verdict is `ask`."""

    async def ask(self, call: HostCall, decision: Decision) -> Decision:
        """The decision of whoever answers. It allows only what the decision's grant covers."""
        ...


class Nobody:
    """Where nobody can be asked, the question stays open, and that is no right."""

    async def ask(self, call: HostCall, decision: Decision) -> Decision:
        """The decision as it is."""
        return decision


class StandIn(Protocol):
    """Who lets a dry run go on behind a call that was refused."""

    def instead(self, question: Question, decision: Decision) -> Decision | None:
        """Under what it is answered all the same, by what cannot act; None if it stays refused."""
        ...


class Judge:
    """Decides for all holders of one run. `processors` are those of system plugins, by
    capability; a `stand_in` makes it a dry run, in which nothing that is executed leaves.
    """

    def __init__(self, asker: Asker | None = None, stand_in: StandIn | None = None) -> None:
        self.processors: Mapping[str, Sequence[Processor]] = {}
        self._asker = asker or Nobody()
        self._stand_in = stand_in

    @property
    def is_dry(self) -> bool:
        """Whether calls are answered that are refused."""
        return self._stand_in is not None

    def instead(self, question: Question, decision: Decision) -> Decision | None:
        """Under what a refused call is executed in a dry run; the record has the refusal."""
        if self._stand_in is None or decision.verdict is not Verdict.DENY:
            return None
        return self._stand_in.instead(question, decision)

    def at_once(self, caller: JudgedCaller, question: Question) -> Decision | None:
        """The decision of a call, unless somebody has to be asked for it: then `decide` says."""
        if question.capability in self.processors:
            return None
        decision = caller.owner.decide(question)
        return None if decision.verdict is Verdict.ASK else decision

    async def decide(
        self, caller: JudgedCaller, question: Question, number: int, args: list[Any]
    ) -> Decision:
        """Decide call `number` of an invocation, as long as that takes."""
        call = _call(caller, question, number, args)
        decision = self._judged(caller, call, question)
        if decision.verdict is not Verdict.ASK:
            return decision
        with ExitStack() as held:
            for waiting in caller.waiting_only():
                held.enter_context(waiting.deadline.held())
            return await self._asker.ask(call, decision)

    def foresee(
        self, caller: JudgedCaller, capability: str, operation: str, target: Target
    ) -> Decision:
        """What would be decided of a call like this, as far as nobody has to be asked."""
        question = Question(caller.holder, capability, operation, target)
        if capability not in self.processors:
            decision = caller.owner.decide(question)
        else:
            call = _call(caller, question, caller.number, [])
            decision = self._judged(caller, call, question)
        return self.instead(question, decision) or decision

    def _judged(self, caller: JudgedCaller, call: HostCall, question: Question) -> Decision:
        static = caller.owner.decide(question)
        processors = self.processors.get(question.capability, ())
        return decide(call, caller.owner.rights, processors, static=static)


def _call(caller: JudgedCaller, question: Question, number: int, args: list[Any]) -> HostCall:
    return HostCall(
        run=caller.run, invocation=caller.path, number=number, chain=caller.chain,
        capability=question.capability, operation=question.operation, target=question.target,
        args=args,
    )  # fmt: skip
