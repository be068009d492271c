"""Look here if you want to know how a record of a service is written on a line."""

from typing import Final

from lion.domain.events import (
    BrokerChanged,
    BusOpened,
    Event,
    LettersSent,
    LettersTaken,
    PluginDisabled,
    PluginEnabled,
    PluginInstalled,
    PluginRemoved,
    PluginUpdated,
    ServiceSnapshot,
    ServiceStarted,
    ServiceStopped,
    SessionClosed,
    SessionOpened,
    TaskAdvised,
    TaskCancelled,
    TaskEnded,
    TaskRetried,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TokenCreated,
    TokenRevoked,
)
from lion.domain.units import counted

SERVICE_WORDS: Final = {
    "ServiceStarted": "begins", "ServiceStopped": "stops", "ServiceSnapshot": "snapshot",
    "PluginInstalled": "installs", "PluginUpdated": "updates", "PluginEnabled": "enables",
    "PluginDisabled": "disables", "PluginRemoved": "removes", "TaskSubmitted": "submits",
    "TaskAdvised": "advice", "TaskScheduled": "turn", "TaskStarted": "starts",
    "TaskRetried": "again", "TaskCancelled": "cancels", "TaskEnded": "task ends",
    "TokenCreated": "token", "TokenRevoked": "revokes", "SessionOpened": "signs in",
    "SessionClosed": "signs out", "BusOpened": "bus", "LettersSent": "sent",
    "LettersTaken": "taken", "BrokerChanged": "broker",
}  # fmt: skip
"""What a type of record is called on a line for people."""


def tell_service(event: Event) -> str:
    """What an event of a service says, in few words; not yet escaped."""
    match event:
        case ServiceStarted():
            slots = counted(event.slots, "slot")
            return f"by {event.by}: {slots}, {event.strategy}; lion {event.lion_version}"
        case ServiceStopped():
            cut = f"; interrupted: {', '.join(event.interrupted)}" if event.interrupted else ""
            return f"by {event.by}{cut}"
        case ServiceSnapshot():
            return counted(len(event.state.get("tasks", ())), "task")
        case PluginInstalled() | PluginUpdated():
            changes = event.changes if isinstance(event, PluginUpdated) else ()
            what = f": {'; '.join(changes)}" if changes else ""
            return f"{event.name} by {event.by}{what}"
        case PluginEnabled() | PluginRemoved():
            return f"{event.name} by {event.by}"
        case PluginDisabled():
            return f"{event.name} by {event.by}{_because(event.reason)}"
        case TokenCreated():
            return f"{event.name} for {event.role}s by {event.by}"
        case TokenRevoked():
            return f"{event.name} by {event.by}"
        case SessionOpened():
            return f"{event.by} as {event.who.role}"
        case SessionClosed():
            return event.by
        case BusOpened() | LettersSent() | LettersTaken() | BrokerChanged():
            return _letters(event)
        case _:
            return _task(event)


def _letters(event: BusOpened | LettersSent | LettersTaken | BrokerChanged) -> str:
    match event:
        case BusOpened():
            peers = f", with {', '.join(event.peers)} by {event.redis}" if event.peers else ""
            return f"{event.name}{peers}"
        case LettersSent():
            return f"{event.way}: all before record {event.position} of the log"
        case LettersTaken():
            refused = "".join(f"; not {id}: {why}" for id, why in event.refused.items())
            return f"{', '.join(event.taken) or 'nothing'}{refused}"
        case BrokerChanged():
            return event.error or "is spoken to"


def _task(event: Event) -> str:
    match event:
        case TaskSubmitted():
            return f"{event.id} by {event.by}: {event.order.word} {event.order.task!r}"
        case TaskAdvised():
            return f"{event.adviser}: {event.error or ', '.join(event.order)}"
        case TaskScheduled():
            advice = f"; advice {event.advice}" if event.advice else ""
            return f"{event.id}, {event.waiting} waiting: {event.reason}{advice}"
        case TaskStarted():
            return f"{event.id} as run {event.run}, attempt {event.attempt}"
        case TaskRetried() | TaskCancelled():
            return f"{event.id} by {event.by}{_because(event.reason)}"
        case TaskEnded():
            return f"{event.id} {event.end.state}{_because(event.end.error)}"
        case _:
            return repr(event)


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
