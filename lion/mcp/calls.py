"""Look here if you want to know how a client's calls run beside each other: what comes of them
while they last, and who approves what they wait for.

Rule: a call is a task of the session: it ends with the request that made it, unless that was told
that input is required; then it waits for the client to come back, and a few may wait so.
Rule: what was approved is what happens: who comes back with another tool or other arguments is
refused.
"""

import json
import secrets
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any, Final

import trio

from lion.domain.approval import Request
from lion.domain.call import CallError
from lion.domain.events import AgentPartialOutput, ApprovalAsked, CallFinished
from lion.domain.record import Record
from lion.kernel.session import Session

MOST_LEFT: Final = 64
"""Calls that wait for a client to come back; of more the oldest is cancelled."""
MOST_NEWS: Final = 64
"""Pieces of partial output that a client is behind; of more the oldest is lost to it."""
LAST_WORDS: Final = 2.0
"""Seconds that an outcome waits for what was said before it."""


class Call:
    """One call of a client's."""

    def __init__(self, name: str, arguments: str) -> None:
        self.name = name
        self.arguments = arguments
        self.path = ""
        self.scope = trio.CancelScope()
        self.said: deque[str] = deque(maxlen=MOST_NEWS)
        """What it said and the client was not told yet."""
        self.asked: deque[Request] = deque(maxlen=MOST_NEWS)
        """Approvals that it waits for and nobody was asked for yet."""
        self.outcome: str | CallError | None = None
        self.has_place = False
        """It is one of the calls that may be under way at once."""
        self.is_recorded = False
        """All that it said before its outcome has been read from the log."""
        self._news = trio.Event()

    async def wait_news(self) -> None:
        """Wait for something said, asked or come to an end since the last time."""
        await self._news.wait()
        self._news = trio.Event()

    def tell(self) -> None:
        """There is news."""
        self._news.set()

    async def wait_outcome(self) -> None:
        """Wait until it is over, and leave other news for whoever waits for it."""
        while self.outcome is None:
            await self.wait_news()
        self.tell()


class Calls:
    """All calls of one session. What it begins and watches are tasks of `nursery`."""

    def __init__(self, session: Session, nursery: trio.Nursery) -> None:
        self._session = session
        self._nursery = nursery
        self._places = trio.CapacityLimiter(max(1, session.at_once))
        self._by_path: dict[str, Call] = {}
        self._left: OrderedDict[str, Call] = OrderedDict()
        self._is_watched = False
        self.latest: deque[Record] | None = None
        """The newest records, where somebody may read them."""

    def begin(self, name: str, arguments: str) -> Call:
        """Begin a call of which news is wanted, as soon as one of the session's places is free."""
        self.watch()
        call = Call(name, arguments)
        self._nursery.start_soon(self._drive, call)
        return call

    async def make(self, name: str, arguments: str) -> Call:
        """Make a call of which only the outcome is wanted."""
        if not self._places.available_tokens:
            self.watch()  # some of those may only wait for a person
        call = Call(name, arguments)
        await self._drive(call)
        self.forget(call)
        return call

    def watch(self) -> None:
        """Have calls told what the log says of them, from now on."""
        if not self._is_watched:
            self._is_watched = True
            self._nursery.start_soon(self._watch)

    async def _drive(self, call: Call) -> None:
        try:
            with call.scope:
                await self._places.acquire_on_behalf_of(call)
                call.has_place = True
                making = self._session.begin()
                call.path = making.path
                self._by_path[call.path] = call
                call.outcome = await making.make(call.name, call.arguments)
        except CallError as exc:
            call.outcome = exc
        finally:
            self._give_place(call)
            if call.outcome is None:
                call.outcome = CallError("cancelled", "the call was cancelled")
            call.tell()

    def _give_place(self, call: Call) -> None:
        if call.has_place:
            call.has_place = False
            self._places.release_on_behalf_of(call)

    async def wait_recorded(self, call: Call) -> None:
        """Wait, not for long, until what a call said on its way has been read from the log."""
        await self._session.commit()
        with trio.move_on_after(LAST_WORDS):
            while not call.is_recorded:
                await call.wait_news()

    def forget(self, call: Call) -> None:
        """Whoever made a call has its outcome."""
        self._by_path.pop(call.path, None)

    async def _watch(self) -> None:
        """Tell calls what the log says of them; who is slow to read it holds up nobody."""
        async for record in self._session.records():
            if self.latest is not None:
                self.latest.append(record)
            call = self._by_path.get(record.invocation.partition(".")[0])
            if call is None:
                continue
            if record.type == AgentPartialOutput.__name__:
                event = record.event()
                if isinstance(event, AgentPartialOutput) and (text := said_by(event)):
                    call.said.append(text)
                    call.tell()
            elif record.type == ApprovalAsked.__name__:
                asked = record.event()
                if isinstance(asked, ApprovalAsked):
                    # Who only waits for a person holds up nobody.
                    self._give_place(call)
                    call.asked.append(asked.request)
                    call.tell()
            elif record.type == CallFinished.__name__ and record.invocation == call.path:
                call.is_recorded = True
                call.tell()

    def leave(self, call: Call) -> str:
        """Let a call wait for its client; the word by which that takes it up again."""
        if len(self._left) >= MOST_LEFT:
            _, oldest = self._left.popitem(last=False)
            oldest.scope.cancel()
            self.forget(oldest)
        word = secrets.token_urlsafe(18)
        self._left[word] = call
        return word

    def take(self, word: str, name: str, arguments: str) -> Call:
        """The call that was left. Raises CallError for a word that is none, or of another call."""
        call = self._left.get(word)
        if call is None:
            raise CallError("not-found", "no call of this state waits any more")
        if (call.name, call.arguments) != (name, arguments):
            raise CallError("invalid", "what is taken up again is another call")
        del self._left[word]
        return call


def said_by(event: AgentPartialOutput) -> str:
    """What a piece of output says; nothing if it was refused."""
    if event.status != "completed" or not event.args:
        return ""
    match event.operation, event.args:
        case "text" | "partial", [str(text)]:
            return text
        case "progress", [int(done), total, str(words)]:
            count = f"{done}/{total}" if total else f"{done}"
            return f"{count} {words}".strip()
    return ""


def arguments_text(arguments: Mapping[str, Any] | None) -> str:
    """A client's arguments as JSON. Raises CallError for what JSON does not have."""
    try:
        return json.dumps(
            arguments or {}, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
    except (ValueError, RecursionError) as exc:
        raise CallError("invalid", f"the arguments are no JSON: {exc}") from exc
