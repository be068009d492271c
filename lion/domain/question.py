"""Look here if you want to know what of a call a decision is cached by."""

from typing import NamedTuple

from lion.domain.call import HostCall


class Question(NamedTuple):
    """May this holder do this? `target` as in HostCall: what it is about, empty if nothing."""

    holder: str
    capability: str
    operation: str
    target: str


def question_of(call: HostCall) -> Question:
    """What of a call decides it, arguments and moment aside."""
    return Question(call.chain[-1], call.capability, call.operation, call.target)
