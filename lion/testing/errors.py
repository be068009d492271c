"""Look here if you want to know what a test catches when a guest says no.

Rule: a guest that broke off (trap, deadline, memory) is a GuestError, a wrong name an
OperatorError, as everywhere in lion.
"""

from typing import Any, NoReturn

from lion.errors import GuestError, InternalError, LionError, OperatorError
from lion.review.report import Ending, RunReport


class OwnError(Exception):
    """The tool, or the agent, gave an error of its own.

    `name` is which ("hello.greet"), `value` the error as JSON: of an agent
    {"tag": case, "value": text}.
    """

    def __init__(self, value: Any, name: str = "") -> None:
        super().__init__(f"{name}: {value}" if name else str(value))
        self.value = value
        self.name = name


def is_told(caught: Any) -> bool:
    """For `__tracebackhide__` of pytest: what one sentence tells needs no frames of lion's."""
    error = caught.value
    told = isinstance(error, AssertionError | OwnError | LionError)
    return told and not isinstance(error, InternalError)


__tracebackhide__ = is_told


def raise_ending(ending: Ending, report: RunReport) -> NoReturn:
    """Raise what an ending that is not ok means: OwnError, GuestError or OperatorError.

    Each is told with what was denied in the run, since that is often why.
    """
    error: Exception
    if ending.ending == "error":
        error = OwnError(ending.value, ending.name)
    elif ending.exit_code == OperatorError.exit_code:
        error = OperatorError(ending.error, hint=ending.hint)
    else:
        said = f"; its last words: {ending.words}" if ending.words else ""
        error = GuestError(
            f"{ending.name}: {ending.error}{said}",
            ending=ending.ending,
            words=ending.words,
            hint=ending.hint,
        )
    for denial in report.denials:
        asked = f"{denial.capability} {denial.operation} {denial.target}".rstrip()
        error.add_note(f"denied: {denial.holder}: {asked}: {denial.reason}")
        if denial.suggestion:
            error.add_note(f"allow it: {denial.suggestion}")
    raise error
