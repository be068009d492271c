"""Look here if you want to know how one record is written on a line, for people and programs."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from lion.cli.amounts import render_spent
from lion.domain.events import (
    DOOR,
    AgentCompleted,
    AgentError,
    AgentSpawned,
    BudgetWarned,
    CallFinished,
    CallRedirected,
    CallRequested,
    CallWaits,
    Event,
    LineLogged,
    PluginError,
    PluginFailed,
    PluginInvoked,
    PluginLoaded,
    PluginResult,
    RunEnding,
    RunFinished,
    RunStarted,
    StateCheckpointed,
    SystemPluginFailed,
    SystemPluginLagged,
    SystemPluginLoaded,
)  # fmt: skip
from lion.domain.record import Record
from lion.domain.text import show_line
from lion.domain.units import counted

_LONGEST = 160
"""Characters of a value on a line for people."""


def render_record(record: Record) -> str:
    """One line for people: seq, time (UTC), who, what, and a short text."""
    who = record.principal or "-"
    text = show_line(describe(record.event()), longest=400)
    return f"{record.seq:>6}  {render_time(record.time_ns)}  {who:<12}  {record.type:<18}  {text}"


def record_json(record: Record) -> str:
    """One line for programs: every field; bytes are base64."""
    fields = msgspec.structs.asdict(record)
    del fields["body"]
    fields["event"] = msgspec.to_builtins(record.event(), str_keys=True)
    return msgspec.json.encode(fields).decode()


def render_time(time_ns: int) -> str:
    """ISO 8601 in UTC, to the microsecond."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06}Z"


def describe(event: Event) -> str:
    """What an event says, in few words; guest text in it is not yet escaped."""
    match event:
        case CallFinished() | CallRequested():
            return _call(event)
        case CallWaits() | StateCheckpointed():
            return _rare(event)
        case CallRedirected():
            what = f"{event.capability}.{event.operation}"
            how = "stopped at" if event.decided_by == DOOR else "sent on to"
            return f"{what} {how} {event.target} -> {event.verdict}: {event.reason}"
        case RunStarted():
            holders = ", ".join(event.components) or "nobody"
            return f"{event.manifest_name} with {holders}; lion {event.lion_version}"
        case RunFinished() | RunEnding():
            how = "interrupted, " if event.interrupted else ""
            counts = f"{counted(event.calls, 'call')}, {event.denied:,} denied"
            return f"{how}exit {event.exit_code}; {counts}"
        case PluginLoaded():
            tools = ", ".join(event.tools) or "none"
            return f"{event.holder}: sha256:{event.component_digest[:12]}; tools: {tools}"
        case SystemPluginLoaded() | SystemPluginFailed() | SystemPluginLagged():
            return _system(event)
        case PluginFailed():
            return f"{event.holder}: {event.error}"
        case PluginInvoked():
            return f"{event.export}({', '.join(map(_short, event.args))})"
        case AgentSpawned():
            return f"task {event.task!r}"
        case PluginResult() | AgentCompleted():
            return _short(event.value)
        case PluginError() | AgentError():
            words = f": {event.words}" if event.ending == "raised" and event.words else ""
            return f"{event.ending}: {event.error}{words}"
        case BudgetWarned():
            return f"{event.holder}: {render_use(event)} used of {event.budget}"
        case LineLogged():
            return f"{event.level}: {event.message}"
        case _:
            return repr(event)


def render_use(event: BudgetWarned) -> str:
    """How much of a budget is used, in its own unit."""
    return f"{render_spent(event.budget, event.used)} of {render_spent(event.budget, event.limit)}"


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
    return f"{event.holder}: UNSANDBOXED Python, {whose}" + (f"; {does}" if does else "")


def _rare(event: CallWaits | StateCheckpointed) -> str:
    if isinstance(event, CallWaits):
        return f"{event.capability}.{event.operation} waits"
    return f"{event.reason}: {', '.join(event.stores)}"


def _call(event: CallFinished | CallRequested) -> str:
    if not event.capability:
        assert isinstance(event, CallFinished)
        return f"-> {event.status}"
    what = f"{event.capability}.{event.operation}"
    about = event.target or ", ".join(map(_short, event.args or []))
    if isinstance(event, CallRequested):
        return f"{what} {about} -> {event.verdict}: {event.reason}"
    if event.verdict == "deny" and event.status != "denied":
        return f"{what} {about} -> denied by {event.decided_by}: {event.reason}; answered dry"
    match event.status:
        case "denied":
            by = f" by {event.decided_by}" if event.decided_by else ""
            return f"{what} {about} -> denied{by}: {event.reason}"
        case "failed":
            return f"{what} {about} -> failed: {_short(event.value[1])}"
        case _:
            return f"{what} {about} -> {event.status}"


def _short(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
