"""Look here if you want to know what happens when a workflow asks a person to fill in a form.

Rule: the question and the form are the workflow's own, as its manifest says; the answer is JSON
that follows the form, or there is none.
"""

from contextlib import suppress
from typing import Any

from lion.capabilities.bounds import check_size
from lion.domain.call import CallError
from lion.domain.events import CallFinished
from lion.ports import CallContext, Kind, Operation, PendingCall

ANSWER = "answer"


def ask(caller: CallContext, question: str, form: str) -> dict[str, int]:
    """Lay a question out, with the JSON schema of its answer; both fields of what this gives are
    its rep. Raises CallError.
    """
    check_size("a question", question)
    check_size("a form", form)
    answer = caller.jobs.ask_person(question, form)
    try:
        rep = caller.handles.add(ANSWER, answer, answer.cancel)
    except CallError:
        answer.cancel()
        raise
    return {"answer": rep, "handle": rep}


async def take(caller: CallContext, rep: int) -> str:
    """Wait for the answer, JSON. Raises CallError: `denied` for a no, `timeout` if nobody came,
    `unavailable` if nobody can be asked.
    """
    answer: PendingCall = caller.handles.get(rep, ANSWER)
    return await answer.take()


def recall_ask(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """The question that a recorded `ask` laid out: it is laid out again."""
    if call.value[0] == "ok":
        answer = caller.jobs.recall_question(args[0], args[1])
        caller.handles.put(call.value[1]["answer"], ANSWER, answer, answer.cancel)


def recall_take(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """An answer that was taken."""
    with suppress(CallError):
        caller.handles.get(args[0], ANSWER).note_taken()


OPERATIONS = (
    Operation("people", "ask", Kind.INSTANT, ask, spawns=True, recall=recall_ask),
    Operation("people", "answer.take", Kind.WAITING, take, recall=recall_take),
)
"""Imported by workflows only (lion/conductor)."""
