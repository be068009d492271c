"""Look here if you want to know what a guest is told of the right that a call of its lacked.

Rule: nothing that the guest does not know already: its own call, and one word for why; neither
who else has the right nor what a rule says.
"""

from enum import StrEnum

import msgspec

from lion.domain.call import Decision
from lion.domain.decider import NOBODY_ASKED, NOBODY_CAME, Decider, decider_of
from lion.domain.question import Question


class Lacking(StrEnum):
    """Why a call was denied, in the words of wit/denials.wit (a test compares)."""

    UNGRANTED = "ungranted"
    WITHHELD = "withheld"
    FORBIDDEN = "forbidden"
    UNASKED = "unasked"
    EXPIRED = "expired"
    REFUSED = "refused"
    OUT_OF_REACH = "out-of-reach"
    SECRET = "secret"


class LastDenial(msgspec.Struct, frozen=True):
    """The right that was missing: to do `action` of `capability` to `subject`, and why."""

    reason: Lacking
    capability: str
    action: str
    subject: str


def denial_of(question: Question, decision: Decision) -> LastDenial:
    """What is said of a call that was denied; of one that was allowed, that it led nowhere."""
    reason = Lacking.OUT_OF_REACH if decision.allowed else lacking_of(decision)
    return LastDenial(reason, question.capability, question.operation, str(question.target))


def lacking_of(decision: Decision) -> Lacking:
    """One word for why it was refused."""
    match decider_of(decision.decided_by):
        case Decider.GRANTS | Decider.CEILING | Decider.SPAWNER:
            return Lacking.UNGRANTED
        case Decider.MANIFEST:
            return Lacking.WITHHELD
        case Decider.SCREEN:
            return Lacking.SECRET
        case Decider.DOOR:
            return Lacking.OUT_OF_REACH
        case Decider.APPROVAL:
            unanswered = {NOBODY_ASKED: Lacking.UNASKED, NOBODY_CAME: Lacking.EXPIRED}
            return unanswered.get(decision.decided_by, Lacking.REFUSED)
        case _:
            return Lacking.FORBIDDEN
