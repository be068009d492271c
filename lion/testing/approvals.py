"""Look here if you want to know who approves calls in a test."""

from typing import Any

from lion.domain.approval import Answer, Request
from lion.errors import OperatorError
from lion.log.memory_desk import Person


def person_of(said: Any) -> Person:
    """The person that a test's `approvals=` stands for. Raises OperatorError."""
    if not callable(said) and not isinstance(said, bool):
        raise OperatorError(
            f"approvals={said!r:.60} answers nothing",
            hint="give True, False or a function that gets the Request",
        )

    def person(request: Request) -> Answer | None:
        answer = said(request) if callable(said) else said
        if answer is None or isinstance(answer, Answer):
            return answer
        if not isinstance(answer, bool):
            raise OperatorError(f"approvals= answered {answer!r:.60}", hint="answer True or False")
        return Answer(allowed=answer, by="test", via="program")

    return person
