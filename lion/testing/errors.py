"""Look here if you want to know what a test catches when a guest says no.

Rule: a guest that broke off (trap, deadline, memory) is a GuestError, a wrong name an
OperatorError, as everywhere in lion.
"""

from typing import Any

from lion.errors import InternalError, LionError


def is_told(caught: Any) -> bool:
    """For `__tracebackhide__` of pytest: what one sentence tells needs no frames of lion's."""
    error = caught.value
    told = isinstance(error, AssertionError | LionError)
    return told and not isinstance(error, InternalError)


__tracebackhide__ = is_told
