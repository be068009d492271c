"""Look here if you want to know how one record is written on a line, for people and programs."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from lion.domain.decider import Decider
from lion.domain.events import (
    OF_SERVICES,
    AgentCompleted,
    AgentError,
    AgentPartialOutput,
    AgentRestarted,
    AgentSpawned,
    AnswerJudged,
    ApprovalAsked,
    ApprovalConsumed,
    ApprovalDecided,
    ApprovalExpired,
    BudgetReturned,
    BudgetWarned,
    CallFinished,
    CallRedirected,
    CallRequested,
    CallWaits,
    EffectSettled,
    Event,
    HeadSigned,
    LineLogged,
    MessageArrived,
    PluginError,
    PluginFailed,
    PluginInvoked,
    PluginLoaded,
    PluginResult,
    RunEnding,
    RunFinished,
    RunForgotten,
    RunForked,
    RunParked,
    RunResumed,
    RunStarted,
    StateCheckpointed,
    SystemPluginFailed,
    SystemPluginLagged,
    SystemPluginLoaded,
)  # fmt: skip
from lion.domain.plan import SERVER
from lion.domain.record import Record
from lion.domain.units import counted
from lion.telling.agents import tell_agent
from lion.telling.amounts import render_spent
from lion.telling.services import SERVICE_WORDS, tell_service
from lion.telling.told import told

_LONGEST = 160
"""Characters of a value on a line for people."""

WORDS: Final = {
    "RunStarted": "begins", "RunEnding": "ending", "RunFinished": "ends", "PluginLoaded": "loaded",
    "PluginFailed": "refused", "SystemPluginLoaded": "loaded", "SystemPluginFailed": "fails",
    "SystemPluginLagged": "lags", "PluginInvoked": "invoked", "PluginResult": "returns",
    "PluginError": "fails", "AgentSpawned": "task", "AgentCompleted": "answers",
    "AgentError": "fails", "CallRequested": "intent", "CallFinished": "call",
    "CallRedirected": "sent on", "AgentPartialOutput": "says", "BudgetWarned": "budget",
    "LineLogged": "host", "StateCheckpointed": "counted", "HeadSigned": "signed",
    "CallWaits": "waits", "RunForgotten": "forgotten", "ApprovalAsked": "asks",
    "ApprovalDecided": "decided", "ApprovalConsumed": "approved", "ApprovalExpired": "no answer",
    "AnswerJudged": "answer", "RunResumed": "goes on", "EffectSettled": "settled",
    "RunForked": "forked", "RunParked": "waits", "BudgetReturned": "returned",
    "AgentRestarted": "restarts", "MessageArrived": "message", **SERVICE_WORDS,
}  # fmt: skip
"""What a type of record is called on a line for people; others by their own name."""


def record_json(record: Record) -> str:
    """One line for programs: every field; bytes are base64."""
    return msgspec.json.encode(told(record)).decode()


def render_time(time_ns: int) -> str:
    """ISO 8601 in UTC, to the microsecond."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06}Z"


def describe(event: Event) -> str:
    """What an event says, in few words; guest text in it is not yet escaped."""
    about, outcome = tell(event)
    if isinstance(event, CallFinished) and event.status != "completed":
        outcome = f"{event.status}{' ' if event.status == 'denied' else ': '}{outcome}"
    return f"{about} -> {outcome}" if outcome else about


def word_of(event: Event) -> str:
    """What a line for people calls an event: of calls that came to nothing, how they ended."""
    if isinstance(event, CallFinished) and event.status != "completed":
        return str(event.status)
    name = type(event).__name__
    return WORDS.get(name, name)


def tell(event: Event) -> tuple[str, str]:
    """What an event is about and, of calls, what came of it and why; not yet escaped."""
    match event:
        case CallFinished() | CallRequested():
            return _call(event)
        case CallWaits():
            return f"{event.capability}.{event.operation}", ""
        case EffectSettled():
            about = f"{event.capability}.{event.operation} {event.target}".rstrip()
            return about, f"{event.decided}, {event.rule}: {event.reason}"
        case StateCheckpointed() | HeadSigned() | RunForgotten():
            return _own(event), ""
        case CallRedirected():
            how = "stopped at" if event.decided_by == Decider.DOOR else "sent on to"
            what = f"{event.capability}.{event.operation} {how} {event.target}"
            return what, f"{event.verdict}: {event.reason}"
        case SystemPluginLoaded() | SystemPluginFailed() | SystemPluginLagged():
            return _system(event), ""
        case PluginInvoked():
            return f"{event.export}({', '.join(map(_short, event.args))})", ""
        case PluginResult() | AgentCompleted():
            return short_result(event.value), ""
        case PluginError() | AgentError():
            words = f": {event.words}" if event.ending == "raised" and event.words else ""
            return f"{event.ending}: {event.error}{words}", ""
        case ApprovalAsked() | ApprovalDecided() | ApprovalConsumed() | ApprovalExpired():
            return _approval(event), ""
        case AnswerJudged():
            return _judged(event), ""
        case _ if type(event).__name__ in OF_SERVICES:
            return tell_service(event), ""
        case _:
            return _fact(event), ""


def _fact(event: Event) -> str:
    match event:
        case RunStarted():
            holders = ", ".join(event.components) or "nobody"
            return f"{event.manifest_name} with {holders}; lion {event.lion_version}"
        case RunFinished() | RunEnding():
            how = "interrupted, " if event.interrupted else ""
            counts = f"{counted(event.calls, 'call')}, {event.denied:,} denied"
            return f"{how}exit {event.exit_code}; {counts}"
        case PluginLoaded():
            tools = ", ".join(event.tools) or "none"
            made = f" of {event.guest} sha256:{event.original_digest[:12]}" if event.guest else ""
            return f"{event.holder}: sha256:{event.component_digest[:12]}{made}; tools: {tools}"
        case PluginFailed():
            return f"{event.holder}: {event.error}"
        case AgentSpawned() | BudgetReturned() | AgentRestarted():
            return tell_agent(event)
        case BudgetWarned():
            return f"{event.holder}: {render_use(event)} used of {event.budget}"
        case RunResumed():
            tries = f", try {event.attempt}" if event.attempt > 1 else ""
            return f"after record {event.after}, by {event.by}{tries}; lion {event.lion_version}"
        case RunParked():
            return "all wait; it goes on when it is resumed"
        case RunForked():
            changed = ", ".join(f"{name}={value}" for name, value in event.changed.items())
            return f"of run {event.parent} at record {event.at}{changed and f', with {changed}'}"
        case MessageArrived():
            place = f"on {event.topic}" if event.topic else f"to {event.to}"
            return f"{event.sender} {place}: {_short(event.payload)}"
        case LineLogged():
            return f"{event.level}: {event.message}"
        case _:
            return repr(event)


def _judged(event: AnswerJudged) -> str:
    how = ("taken, mended" if event.repaired else "taken") if event.taken else "not taken"
    again = ", and asked for again" if event.asked_again else ""
    return f"answer as {event.format} {how}{f': {event.what}' if event.what else ''}{again}"


def _approval(
    event: ApprovalAsked | ApprovalDecided | ApprovalConsumed | ApprovalExpired,
) -> str:
    match event:
        case ApprovalAsked():
            one = event.request
            what = f"{one.capability}.{one.operation} {one.target}".rstrip()
            return f"{one.id}: {what}; {'; '.join(one.reasons)}"
        case ApprovalDecided():
            word = "approved" if event.answer.allowed else "refused"
            words = f": {event.answer.words}" if event.answer.words else ""
            return f"{event.id}: {word} {event.answer.reach} by {event.answer.by}{words}"
        case ApprovalConsumed():
            return f"{event.id}: the call goes on"
        case ApprovalExpired():
            return f"{event.id}: {event.why}"


def render_use(event: BudgetWarned) -> str:
    """How much of a budget is used, in its own unit."""
    return f"{render_spent(event.budget, event.used)} of {render_spent(event.budget, event.limit)}"


def short_result(value: Any) -> str:
    """A WIT result, or a value, in few words: `ok`, `24`, `err division by zero`."""
    match value:
        case ["ok", None]:
            return "ok"
        case ["ok", inner]:
            return _short(inner)
        case ["err", [str(case), str(text)]]:
            return f"{case}: {_short(text)}"
        case ["err", inner]:
            return f"error: {_short(inner)}"
        case _:
            return _short(value)


def _system(event: SystemPluginLoaded | SystemPluginFailed | SystemPluginLagged) -> str:
    if isinstance(event, SystemPluginFailed):
        return f"{event.holder}, {event.part}: {event.error}"
    if isinstance(event, SystemPluginLagged):
        how = "ended" if event.is_final else "is"
        return f"{event.holder} {how} {counted(event.behind, 'record')} behind"
    named = {
        "tools": event.tools,
        "offers": event.offers,
        "judges": event.judges,
        "hears": event.hears,
    }
    does = "; ".join(f"{word}: {', '.join(names)}" for word, names in named.items() if names)
    whose = f"{event.use} of {event.distribution} {event.version}"
    if event.use == SERVER:
        whose = f"{event.distribution}, pinned as {event.version}"
        return f"{event.holder}: UNSANDBOXED MCP server, {whose}; {does}"
    return f"{event.holder}: UNSANDBOXED Python, {whose}" + (f"; {does}" if does else "")


def _own(event: StateCheckpointed | HeadSigned | RunForgotten) -> str:
    """What was done to the log itself."""
    match event:
        case StateCheckpointed():
            return f"{event.reason}: {', '.join(event.stores)}"
        case HeadSigned():
            return f"run {event.run} up to {event.seq}, sha256:{event.digest[:12]}"
        case RunForgotten():
            counts = counted(event.records, "record")
            return f"run {event.run} of {event.manifest_name}, {counts}, sha256:{event.head[:12]}"


def _call(event: CallFinished | CallRequested) -> tuple[str, str]:
    about = _asked(event)
    if isinstance(event, CallRequested):
        return about, f"{event.verdict}: {event.reason}"
    if event.verdict == "deny" and event.status != "denied":
        return about, f"denied by {event.decided_by}: {event.reason}; answered dry"
    match event.status:
        case "completed":
            is_said = isinstance(event, AgentPartialOutput) and event.value == ["ok", None]
            return about, "" if is_said else short_result(event.value)
        case "denied":
            by = f"by {event.decided_by}: " if event.decided_by else ""
            return about, f"{by}{event.reason or short_result(event.value)}"
        case _:
            return about, short_result(event.value)


def _asked(event: CallFinished | CallRequested) -> str:
    """Which call it is. What an agent says is shown as it says it."""
    match event:
        case AgentPartialOutput(status="completed", operation="text", args=[str(text)]):
            return text
        case AgentPartialOutput(status="completed", operation="progress", args=[_, _, _]):
            done, total, message = event.args or (0, None, "")
            return f"[{done}/{total}] {message}" if total is not None else f"[{done}] {message}"
        case CallFinished(capability=""):
            return "a call whose intent is missing"
    what = f"{event.capability}.{event.operation}"
    about = event.target or ", ".join(map(_short, event.args or []))
    return f"{what} {about}".rstrip()


def _short(value: Any) -> str:
    # A part of a long value costs no more than that part.
    text = repr(value[: 2 * _LONGEST] if isinstance(value, bytes) else value)
    text = value[: 2 * _LONGEST] if isinstance(value, str) else text
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
