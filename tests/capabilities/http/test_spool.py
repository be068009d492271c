"""Look here if you want to know that a body cannot be changed after a person has seen it, and how
much may wait.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from lion.capabilities.http import functions as http
from lion.capabilities.http import spool
from lion.capabilities.opened import Opened
from lion.domain.call import CallError, Decision, Verdict
from lion.testing.caller import FakeCaller
from tests.capabilities.http.test_exchange import ASK, CALLS, GRANT, FakeDoor, failure

YES = Decision(Verdict.ALLOW, "approved", "approval by anna", grant=GRANT)
NO = Decision(Verdict.DENY, "anna refused it", "approval by anna")


class Asking(FakeCaller):
    """A caller whose requests a person is asked about, who answers when told."""

    def __init__(self, door: FakeDoor, nursery: trio.Nursery) -> None:
        super().__init__(grants=(GRANT,), services=Opened(door=door), nursery=nursery)
        self.answered = trio.Event()
        self.answer = YES
        self.asked_later = self.number

    async def may(self, *args: object, **more: object) -> Decision:
        await super().may(*args, **more)  # type: ignore[arg-type]
        await self.answered.wait()
        return self.answer

    async def begin(self) -> int:
        """The rep of an exchange whose body follows."""
        started = await self.call(CALLS["start"], {**ASK, "method": "POST"}, True)
        assert self.handles.get(started["writable"]).is_ready
        return int(started["exchange"])


@asynccontextmanager
async def asking(door: FakeDoor) -> AsyncIterator[Asking]:
    async with trio.open_nursery() as nursery:
        yield Asking(door, nursery)
        nursery.cancel_scope.cancel()


async def test_nothing_is_sent_before_and_nothing_can_be_added_after_it_was_shown() -> None:
    door = FakeDoor(b"done")
    async with asking(door) as guest:
        rep = await guest.begin()
        await http.write(guest, rep, "pay annau")
        await wait_all_tasks_blocked()
        assert door.requests == []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(http.finish, guest, rep)
            await wait_all_tasks_blocked()
            shown = guest.shown
            assert await failure(http.write(guest, rep, " and mallory, toou")) == "invalid"
            guest.answered.set()
        assert (await http.head(guest, rep))["status"] == 200
        ((sent,), seen) = ([one.body for one in door.requests], shown)
        assert seen is not None and isinstance(sent, bytes)
        assert hashlib.sha256(sent).hexdigest() == seen.digest and sent == b"pay anna"
        await http.finish(guest, rep)
        assert await failure(http.write(guest, rep, "more u")) == "invalid"
        assert len(door.requests) == len(guest.asked) == 1


async def test_a_refused_one_says_so_whatever_is_asked_of_it() -> None:
    door = FakeDoor(b"done")
    async with asking(door) as guest:
        guest.answer = NO
        guest.answered.set()
        rep = await guest.begin()
        await http.write(guest, rep, "au")
        for _ in range(2):
            assert await failure(http.finish(guest, rep)) == "denied"
            assert await failure(http.head(guest, rep)) == "denied"
            assert await failure(http.read(guest, rep, 1)) == "denied"
        assert door.requests == [] and len(guest.asked) == 1


async def test_what_waits_is_bounded_and_what_is_dropped_leaves_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spool, "MOST_OF_ONE", 10)
    monkeypatch.setattr(spool, "MOST_OF_RUN", 15)
    async with asking(FakeDoor()) as guest:
        first = await guest.begin()
        await http.write(guest, first, "x" * 10 + "u")
        with pytest.raises(CallError, match="at most 10 bytes"):
            await http.write(guest, first, "xu")
        second = await guest.begin()
        with pytest.raises(CallError, match="at most 15 bytes together"):
            await http.write(guest, second, "x" * 6 + "u")
        guest.handles.drop(first)
        await http.write(guest, second, "x" * 10 + "u")
        guest.handles.close()
        opened = guest.services
        assert isinstance(opened, Opened) and opened.spooled == 0
