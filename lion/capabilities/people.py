"""Look here if you want to know what happens when a workflow asks a person to fill in a form.

Rule: the question and the form are the workflow's own, as its manifest says; the answer is JSON
that follows the form, or there is none.
"""

from lion.capabilities.bounds import check_size
from lion.domain.call import CallError
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


OPERATIONS = (
    Operation("people", "ask", Kind.INSTANT, ask, spawns=True),
    Operation("people", "answer.take", Kind.WAITING, take),
)
"""Imported by workflows only (lion/conductor)."""
