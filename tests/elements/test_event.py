"""Look here if you want to know that an event is done once, and comes to one of its states."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
import trio

from lion.domain.call import CallError
from lion.elements import Event, EventStatus


class Counting(Event):
    """Counts how often it is done; fails with what it is given."""

    def __init__(self, fails: Exception | None = None, **known: Any) -> None:
        super().__init__(**known)
        self.fails = fails
        self.times = 0

    async def _invoke(self) -> int:
        self.times += 1
        await trio.sleep(1)
        if self.fails is not None:
            raise self.fails
        return self.times


class Streaming(Event):
    """Gives pieces."""

    async def _stream(self) -> AsyncGenerator[Any, None]:
        for piece in "abc":
            await trio.sleep(1)
            yield piece


async def test_it_is_done_once_by_however_many(autojump_clock: object) -> None:
    event, got = Counting(), list[Any]()

    async def invoke() -> None:
        got.append((await event.invoke()).status)

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(invoke)
    assert (event.times, event.response) == (1, 1)
    assert got == [EventStatus.COMPLETED] * 10
    assert (await event.invoke()).duration is not None
    assert event.times == 1


@pytest.mark.parametrize(
    ("fails", "status", "is_retryable"),
    [
        (CallError("denied", "no grant covers it"), EventStatus.SKIPPED, False),
        (CallError("unavailable", "it is away"), EventStatus.FAILED, True),
        (ValueError("no"), EventStatus.FAILED, False),
    ],
)
async def test_what_it_raises_is_how_it_ended(
    fails: Exception, status: EventStatus, is_retryable: bool, autojump_clock: object
) -> None:
    execution = await Counting(fails).invoke()
    assert (execution.status, execution.retryable) == (status, is_retryable)
    assert str(fails) in str(execution.error)


async def test_who_is_cancelled_leaves_it_so_and_others_learn_it(autojump_clock: object) -> None:
    event = Counting()
    with trio.move_on_after(0.5) as scope:
        await event.invoke()
    assert scope.cancelled_caught
    assert event.status is EventStatus.CANCELLED
    assert (await event.invoke()).status is EventStatus.CANCELLED
    assert event.times == 1


async def test_pieces_come_as_they_are_made_and_are_kept_by_invoke(
    autojump_clock: object,
) -> None:
    event, times = Streaming(), list[tuple[str, float]]()
    async with aclosing(event.stream()) as pieces:
        async for piece in pieces:
            times.append((piece, trio.current_time()))
    assert [piece for piece, _ in times] == ["a", "b", "c"]
    assert [at - times[0][1] for _, at in times] == [0, 1, 2]
    assert event.status is EventStatus.COMPLETED
    assert (await Streaming().invoke()).response == ["a", "b", "c"]


async def test_who_leaves_a_stream_leaves_it_cancelled(autojump_clock: object) -> None:
    event = Streaming()
    async with aclosing(event.stream()) as pieces:
        async for _ in pieces:
            break
    assert event.status is EventStatus.CANCELLED
