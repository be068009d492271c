"""Look here if you want to know what a run of one call or agent is to who waits for its value."""

from typing import Any, NoReturn

from lion.errors import GuestError, Interrupted, LionError, OperatorError, OwnError
from lion.review.report import Ending, RunReport


def value_of(report: RunReport) -> Any:
    """The value of a run's one call, or agent. Raises what `raise_ending` does."""
    (ending,) = report.endings
    if not ending.ok:
        raise_ending(ending, report)
    return ending.value


def raise_ending(ending: Ending, report: RunReport) -> NoReturn:
    """Raise what an ending that is not ok means: OwnError, GuestError, OperatorError, Interrupted.

    Each is told with what was denied in the run, since that is often why.
    """
    error = _error(ending)
    if ending.outside:
        error.add_note(f"from outside: {ending.outside}")
    for denial in report.denials:
        asked = f"{denial.capability} {denial.operation} {denial.target}".rstrip()
        error.add_note(f"denied: {denial.holder}: {asked}: {denial.reason}")
        if denial.suggestion:
            error.add_note(f"allow it: {denial.suggestion}")
    raise error


def _error(ending: Ending) -> LionError:
    if ending.ending == "error":
        return OwnError(ending.value, ending.name)
    if ending.ending == "cancelled":
        return Interrupted(f"{ending.name}: {ending.error}")
    if ending.exit_code == OperatorError.exit_code:
        return OperatorError(ending.error, hint=ending.hint)
    said = f"; its last words: {ending.words}" if ending.words else ""
    return GuestError(
        f"{ending.name}: {ending.error}{said}",
        ending=ending.ending,
        words=ending.words,
        hint=ending.hint,
    )
