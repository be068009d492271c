"""Look here if you want to know what of a call a decision depends on, and is cached by."""

from typing import NamedTuple

from lion.domain.call import HostCall, Target


class Question(NamedTuple):
    """What static processors see."""

    holder: str
    capability: str
    operation: str
    target: Target


def question_of(call: HostCall) -> Question:
    """The question that a call asks."""
    return Question(call.chain[-1], call.capability, call.operation, call.target)
