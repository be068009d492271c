"""Look here if you want to know how messages wait between the holders of a run, and what of them
is lost.

Rule: what waits is bounded by number and bytes: a full inbox refuses, and no sender has more than
half of one, nor have all other runs together; of a subscription that is not read the oldest go,
and its reader is told how many.
Rule: what a bus holds follows from the records alone, in their order: a resumed run's is made of
them (`note`).
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

import trio

from lion.domain.call import CallError
from lion.domain.events import CallFinished, MessageArrived
from lion.domain.names import OUTSIDE
from lion.domain.record import Record
from lion.ports import Message
from lion.scopes.pattern import compile_pattern

KIB: Final = 1_024
MOST_WAITING: Final = 256
"""Messages that wait in one box."""
INBOX_BYTES: Final = 1_024 * KIB
HEARD_BYTES: Final = 256 * KIB
AT_ONCE: Final = 32
"""Subscriptions of one holder."""


class Box:
    """Messages that wait, in order; implements ports.Mailbox."""

    place = ""

    def __init__(self) -> None:
        self.waiting: deque[Message] = deque()
        self.size = 0
        self.missed = 0
        self._news: trio.Event | None = None

    @property
    def is_ready(self) -> bool:
        """A message waits."""
        return bool(self.waiting)

    async def wait_ready(self) -> None:
        """Wait until one does."""
        while not self.waiting:
            if self._news is None:
                self._news = trio.Event()
            await self._news.wait()

    async def take(self) -> tuple[Message, int]:
        """The next message, and how many before it were lost; nothing can come between its
        leaving the box and the caller's having it.
        """
        await self.wait_ready()
        missed, self.missed = self.missed, 0
        return self._leave(), missed

    def put(self, message: Message) -> None:
        """Let a message wait."""
        self.waiting.append(message)
        self.size += message.size
        if self._news is not None:
            self._news.set()
            self._news = None

    def note_read(self, number: int) -> None:
        """This one, and so all before it, are gone."""
        self.missed = 0
        while self.waiting and self.waiting[0].number <= number:
            self._leave()

    def _leave(self) -> Message:
        message = self.waiting.popleft()
        self.size -= message.size
        return message


class Inbox(Box):
    """What was sent to one holder."""

    def check_room(self, sender: str, size: int) -> None:
        """Raise CallError("exhausted") if it is full, or this sender's half of it. All in other
        runs are one sender here: who is begun again and again has another address each time.
        """
        origin = _origin(sender)
        own = [one.size for one in self.waiting if _origin(one.sender) == origin]
        used = sum(own)
        if len(self.waiting) >= MOST_WAITING or self.size + size > INBOX_BYTES:
            raise CallError("exhausted", "the inbox is full")
        if len(own) >= MOST_WAITING // 2 or used + size > INBOX_BYTES // 2:
            whose = "this sender's messages" if origin else "messages of other runs"
            raise CallError("exhausted", f"half of the inbox is full of {whose}")


class Heard(Box):
    """What one subscription heard; of what is not read the last is kept."""

    def __init__(self, place: str, holder: str, pattern: str) -> None:
        super().__init__()
        self.place = place
        self.holder = holder
        self.matches = compile_pattern(pattern, ".").matches

    def put(self, message: Message) -> None:
        """Let it wait, and the oldest go if it is too much."""
        super().put(message)
        while len(self.waiting) > MOST_WAITING or self.size > HEARD_BYTES:
            self._leave()
            self.missed += 1


class Bus:
    """The messages of one run."""

    def __init__(self) -> None:
        self._last = 0
        self._inboxes: dict[str, Inbox] = {}
        self._heard: dict[str, dict[str, Heard]] = {}
        """By invocation, by place."""
        self._marks: dict[str, tuple[int, ...]] = {}
        """How far other services' messages have come, by service: each counts upwards."""

    def inbox(self, holder: str) -> Inbox:
        """What waits for a holder."""
        return self._inboxes.setdefault(holder, Inbox())

    def send(self, sender: str, to: str, payload: str) -> None:
        """Write to a holder. Raises CallError("exhausted")."""
        self.inbox(to).check_room(sender, _size(payload))
        self._put_inbox(sender, to, payload)

    def publish(self, sender: str, topic: str, payload: str) -> int:
        """Write to all who subscribed to the topic; how many there are."""
        message = self._message(sender, topic, payload)
        found = [one for one in self._all() if one.matches(topic)]
        for one in found:
            one.put(message)
        return len(found)

    def subscribe(self, place: str, holder: str, pattern: str) -> Heard:
        """Hear what comes. Raises CallError("exhausted")."""
        if sum(one.holder == holder for one in self._all()) >= AT_ONCE:
            raise CallError("exhausted", f"{AT_ONCE} subscriptions are open, which is the limit")
        return self._subscribe(place, holder, pattern)

    def find(self, place: str) -> Heard | None:
        """A subscription of before."""
        return self._heard.get(_path(place), {}).get(place)

    def leave(self, place: str) -> None:
        """Hear no more by a subscription."""
        boxes = self._heard.get(_path(place), {})
        boxes.pop(place, None)
        if not boxes:
            self._heard.pop(_path(place), None)

    def end(self, path: str) -> None:
        """An invocation is over, whose subscriptions were closed."""
        self._heard.pop(path, None)

    def check_room(self, event: MessageArrived) -> None:
        """Raise CallError("exhausted") if there is no room for it."""
        self.inbox(event.to).check_room(event.sender, _size(event.payload))

    def wants(self, event: MessageArrived) -> bool:
        """Whether it is for anybody here, and was not here before."""
        service, place = _counted(event.id)
        if place and place <= self._marks.get(service, ()):
            return False
        return not event.topic or any(one.matches(event.topic) for one in self._all())

    def arrive(self, event: MessageArrived) -> None:
        """Take what came from outside and is on record."""
        service, place = _counted(event.id)
        if place:
            self._marks[service] = place
        if event.topic:
            self.publish(event.sender, event.topic, event.payload)
        else:
            self._put_inbox(event.sender, event.to, event.payload)

    def note(self, record: Record, event: CallFinished) -> None:
        """Take a recorded call of before, if it is of the bus and was completed."""
        if event.capability != "bus" or event.value[0] != "ok":
            return
        args, sender = event.args or [], record.principal
        match event.operation:
            case "send" if not args[0].startswith(OUTSIDE):
                self._put_inbox(sender, args[0], args[1])
            case "publish":
                self.publish(sender, args[0], args[1])
            case "subscribe":
                place = f"{record.invocation}#{record.call}"
                self._subscribe(place, sender, args[0])
            case "subscription.next":
                self._note_read(sender, event.kept or {})

    def _note_read(self, reader: str, kept: dict[str, object]) -> None:
        place, number = kept.get("place"), kept.get("message")
        box = self.find(place) if isinstance(place, str) and place else self.inbox(reader)
        if box is not None and isinstance(number, int):
            box.note_read(number)

    def _all(self) -> Iterator[Heard]:
        for boxes in self._heard.values():
            yield from boxes.values()

    def _message(self, sender: str, topic: str | None, payload: str) -> Message:
        self._last += 1
        return Message(self._last, sender, topic, payload, _size(payload))

    def _put_inbox(self, sender: str, to: str, payload: str) -> None:
        self.inbox(to).put(self._message(sender, None, payload))

    def _subscribe(self, place: str, holder: str, pattern: str) -> Heard:
        box = Heard(place, holder, pattern)
        self._heard.setdefault(_path(place), {})[place] = box
        return box


def _origin(sender: str) -> str:
    """Who counts as one; empty for an address, which no holder and no person has."""
    return "" if sender.startswith(OUTSIDE) and "/" in sender else sender


def _size(payload: str) -> int:
    return len(payload) if payload.isascii() else len(payload.encode())


def _path(place: str) -> str:
    return place.partition("#")[0]


def _counted(id: str) -> tuple[str, tuple[int, ...]]:
    """From which service, and its how-manieth: of `east/17/4` that is `east` and (17, 4)."""
    service, _, rest = id.partition("/")
    numbers = rest.split("/")
    return service, tuple(map(int, numbers)) if all(map(str.isdecimal, numbers)) else ()
