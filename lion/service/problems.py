"""Look here if you want to know how an error travels between a service and who commands it (RFC
9457), so that both say the same words.
"""

from typing import Any, Final

from lion.errors import (
    AuditError,
    GuestError,
    InternalError,
    Interrupted,
    LionError,
    OperatorError,
    OutsideError,
    OwnError,
)

_KINDS: Final = {
    kind.__name__: kind
    for kind in (OperatorError, GuestError, OutsideError, AuditError, Interrupted, OwnError)
}
_STATUS: Final = {OperatorError: 400, GuestError: 422, OutsideError: 502, AuditError: 500}
_OWN: Final = ("type", "title", "status", "detail", "hint", "kind", "exit_code")


def problem_of(error: LionError) -> dict[str, Any]:
    """An error as JSON."""
    status = error.facts.get("status") or _STATUS.get(type(error), 500)
    facts = {
        name: value
        for name, value in error.facts.items()
        if isinstance(value, str | int | list) and name not in _OWN
    }
    return {
        **facts,
        "type": "about:blank",
        "title": type(error).__name__,
        "status": status,
        "detail": error.what,
        "hint": error.hint,
        "kind": type(error).__name__,
        "exit_code": error.exit_code,
    }


def error_of(problem: dict[str, Any]) -> LionError:
    """The error that came as JSON."""
    kind = _KINDS.get(str(problem.get("kind")))
    what, hint = str(problem.get("detail", "it failed")), str(problem.get("hint", ""))
    facts = {name: value for name, value in problem.items() if name not in _OWN}
    facts["status"] = problem.get("status")
    if kind is GuestError:
        return GuestError(what, ending=str(problem.get("ending", "failed")), hint=hint)
    if kind in (OperatorError, OutsideError, AuditError, Interrupted):
        return kind(what, hint=hint, **facts)
    return InternalError(what, hint=hint)
