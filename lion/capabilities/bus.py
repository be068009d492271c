"""Look here if you want to know what happens when a guest writes to another, or hears of it.

Rule: what may wait where, and what is lost, is the kernel's affair (ports.Messages); here are only
the bounds and the handles.
Rule: a target that is no topic, pattern or name is refused before anything is decided of it.
Rule: what was delivered is the outcome of the reader's call, with the message's number beside it.
"""

from typing import Any, Final

from lion.capabilities.bounds import check_json, check_size
from lion.domain.call import CallError
from lion.domain.events import CallFinished
from lion.domain.letter import LEAVES
from lion.domain.names import (
    LONGEST_ADDRESS,
    LONGEST_TOPIC,
    MOST_STARS,
    is_address,
    is_name,
    is_topic,
    is_topic_scope,
)
from lion.ports import CallContext, Kind, Mailbox, Operation

SUBSCRIPTION: Final = "subscription"
_PAYLOAD: Final = "a payload"


def send(caller: CallContext, to: str, payload: str) -> None:
    """Write to one holder, of the run or outside of it. Raises CallError."""
    check_json(_PAYLOAD, payload)
    if caller.messages.send(to, payload):
        caller.kept = LEAVES


def publish(caller: CallContext, topic: str, payload: str) -> int:
    """Write to all who subscribed; those of this run are counted. Raises CallError."""
    check_json(_PAYLOAD, payload)
    heard, leaves = caller.messages.publish(topic, payload)
    if leaves:
        caller.kept = LEAVES
    return heard


def subscribe(caller: CallContext, pattern: str) -> dict[str, int]:
    """Hear what comes; both fields of the answer are its rep. Raises CallError."""
    return _given(caller, caller.messages.subscribe(pattern))


def inbox(caller: CallContext) -> dict[str, int]:
    """Read what is sent to the caller's holder. Raises CallError."""
    return _given(caller, caller.messages.inbox())


async def next_(caller: CallContext, rep: int) -> dict[str, Any]:
    """Wait for the next message."""
    box: Mailbox = caller.handles.get(rep, SUBSCRIPTION)
    message, missed = await box.take()
    caller.kept = {"message": message.number, "place": box.place}
    return {
        "sender": message.sender, "topic": message.topic, "payload": message.payload,
        "missed": min(missed, 2**32 - 1),
    }  # fmt: skip


def recall_subscribe(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """The subscription that a recorded call made."""
    if call.value[0] == "ok":
        _put(caller, call.value[1]["subscription"], caller.messages.recall())


def recall_inbox(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """The inbox that a recorded call gave."""
    if call.value[0] == "ok":
        _put(caller, call.value[1]["subscription"], caller.messages.inbox())


def _given(caller: CallContext, box: Mailbox) -> dict[str, int]:
    messages = caller.messages
    try:
        rep = caller.handles.add(SUBSCRIPTION, box, lambda: messages.leave(box))
    except CallError:
        messages.leave(box)
        raise
    return {"subscription": rep, "handle": rep}


def _put(caller: CallContext, rep: int, box: Mailbox) -> None:
    messages = caller.messages
    caller.handles.put(rep, SUBSCRIPTION, box, lambda: messages.leave(box))


def _name(args: list[Any]) -> str:
    check_size("a name", args[0], most=LONGEST_ADDRESS, least=1)
    if not (is_name(args[0]) or is_address(args[0])):
        raise CallError("invalid", f"{args[0]!r} is no name of a holder")
    return str(args[0])


def _topic(args: list[Any]) -> str:
    check_size("a topic", args[0], most=LONGEST_TOPIC, least=1)
    if not is_topic(args[0]):
        raise CallError(
            "invalid", "a topic is words of letters, digits, - and _, with dots between"
        )
    return str(args[0])


def _pattern(args: list[Any]) -> str:
    check_size("a pattern", args[0], most=LONGEST_TOPIC, least=1)
    if not is_topic_scope(args[0]):
        what = f"a pattern is a topic in which at most {MOST_STARS} * or ** stand for others"
        raise CallError("invalid", what)
    return str(args[0])


OPERATIONS = (
    Operation("bus", "send", Kind.INSTANT, send, target=_name),
    Operation("bus", "publish", Kind.INSTANT, publish, target=_topic),
    Operation(
        "bus", "subscribe", Kind.INSTANT, subscribe, target=_pattern, recall=recall_subscribe
    ),
    Operation("bus", "inbox", Kind.INSTANT, inbox, recall=recall_inbox),
    Operation("bus", "subscription.next", Kind.WAITING, next_),
)
