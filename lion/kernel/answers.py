"""Look here if you want to know how an agent's answer is held to what the run says of it.

Rule: what does not follow is never given on as if it did: the agent is asked again, in an instance
of its own, with the fault in words; at most so often, then it has failed.
Rule: each judgement is in the log.
Rule: it is made beside the loop: a short answer can take long too, by the schema, or to be mended.
"""

from typing import Any

import trio

from lion.domain.events import AnswerJudged
from lion.domain.plan import Output
from lion.errors import GuestError
from lion.kernel.invocation import Invocation
from lion.parsers import Again, Asking, Fault, Parsed
from lion.threads import finish


class Answers:
    """One task's answers, until one is taken."""

    def __init__(self, agent: str, task: str, output: Output) -> None:
        self._agent = agent
        self._task = task
        self._format = output.format
        options: dict[str, Any] = {"repair": True} if output.repair else {}
        self._asking = Asking(output.format, schema=output.schema, times=output.again, **options)
        self.task = f"{task}\n\n{self._asking.demand}"
        """What the agent is given next."""

    @property
    def asked(self) -> int:
        """How often it was asked."""
        return self._asking.asked

    async def judge(self, invocation: Invocation, value: dict[str, Any]) -> Parsed | None:
        """What was taken of an output, or None: ask again. Raises GuestError if that is over."""
        text = _answer(self._format, value)
        limiter = trio.to_thread.current_default_thread_limiter()
        end = await finish(lambda: self._asking.judge(text), (limiter,))
        self._record(invocation, end)
        match end:
            case Again(words):
                self.task = f"{self._task}\n\n{words}"
                return None
            case Fault(_, what):
                times = f" ({self.asked} times)" if self.asked > 1 else ""
                raise GuestError(
                    f"the answer of {self._agent!r} is not what 'output' says{times}: {what}",
                    ending="answer",
                    hint="have it asked again with output = { again = 2, ... }"
                    if self.asked == 1
                    else "",
                )
            case Parsed():
                return end

    def _record(self, invocation: Invocation, end: Parsed | Again | Fault) -> None:
        fault = end.fault if isinstance(end, Again) else end
        refused = fault if isinstance(fault, Fault) else None
        event = AnswerJudged(
            format=self._format,
            taken=refused is None,
            repaired=isinstance(end, Parsed) and end.repaired,
            fault="" if refused is None else refused.kind,
            what="" if refused is None else refused.what,
            asked_again=isinstance(end, Again),
        )
        if invocation.past is None or not invocation.past.judged:
            invocation.owner.share.charge(invocation.record(event))


def _answer(format: str, value: dict[str, Any]) -> str:
    """The text that is judged: of an output with JSON beside its words that, if JSON is asked."""
    has_json = format == "json" and value["json"] is not None
    text: str = value["json"] if has_json else value["text"]
    return text
