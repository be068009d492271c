"""Look here if you want to know what a run that has ended came to, from its records alone.

Rule: nothing is loaded for it: a tool's result is shown as it was recorded, a WIT value.
"""

from typing import Any

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    PluginError,
    PluginResult,
    RunFinished,
)
from lion.domain.plan import Plan, RunAgent, RunCall
from lion.errors import (
    INTERRUPTED,
    GuestError,
    InternalError,
    OperatorError,
    OutsideError,
    OwnError,
)
from lion.kernel.past import Past, PastInvocation
from lion.kernel.supervisor import cancelled_ending, name_entry
from lion.review.report import Ending, Refused, RunReport, denials_of


def past_report(run: str, plan: Plan, past: Past) -> RunReport:
    """The report of a run that has ended; `plan` is the recorded one."""
    finished = past.finished
    assert finished is not None
    return RunReport(
        run=run, exit_code=finished.exit_code,
        endings=tuple(
            _ending(entry, _last(past, str(i)), finished) for i, entry in enumerate(plan.runs)
        ),
        calls=finished.calls, denied=finished.denied,
        denials=denials_of(
            Refused(question, decision.reason, None, times, decision.decided_by)
            for question, (decision, times) in past.refusals.items()
        ),
        wall_ns=past.clock_ns, interrupted=finished.interrupted,
    )  # fmt: skip


def _last(past: Past, path: str) -> PastInvocation | None:
    """The last invocation of what was started: an agent may have been asked again."""
    found, again = past.invocations.get(path), 1
    while (after := past.invocations.get(f"{path}+{again}")) is not None:
        found, again = after, again + 1
    return found


def _ending(
    entry: RunAgent | RunCall, past: PastInvocation | None, finished: RunFinished
) -> Ending:
    name, kind = name_entry(entry)
    match None if past is None else past.ended:
        case None if past is None and finished.error and not finished.interrupted:
            return Ending(
                name, kind, ok=False, exit_code=OperatorError.exit_code, error=finished.error,
                ending="refused", hint=finished.hint,
            )  # fmt: skip
        case None:
            return cancelled_ending(entry)
        case PluginError() | AgentError() as failed:
            codes = {"cancelled": INTERRUPTED, "failed": InternalError.exit_code}
            return Ending(
                name, kind, ok=False,
                exit_code=codes.get(failed.ending, GuestError.exit_code), error=failed.error,
                ending=failed.ending, words=failed.words, hint=failed.hint,
            )  # fmt: skip
        case PluginResult(is_error=True) | AgentCompleted(is_error=True) as ended:
            assert past is not None
            outside = past.outside.told_by(ended.value)
            code = OutsideError.exit_code if outside else OwnError.exit_code
            return Ending(
                name, kind, ok=False, exit_code=code, error=_said(ended.value[1]), ending="error",
                value=ended.value[1], outside=outside,
            )  # fmt: skip
        case AgentCompleted(value):
            output = value[1]
            return Ending(name, kind, ok=True, exit_code=0, text=output["text"], value=output)
        case PluginResult(value):
            is_result = isinstance(value, list) and len(value) == 2 and value[0] == "ok"
            return Ending(name, kind, ok=True, exit_code=0, value=value[1] if is_result else value)


def _said(error: Any) -> str:
    match error:
        case [str(case), str(text)]:
            return f"{case}: {text}"
        case _:
            return str(error)
