"""Look here if you want to know that a host call is executed once, after its record where the
world can see it, and has its outcome in the log whatever happens to it.
"""

from collections.abc import Callable
from typing import Any

import pytest
import trio

from lion.domain.call import CallError, Effect
from lion.domain.events import (
    CallFinished,
    CallRequested,
)
from lion.domain.plan import Limits
from lion.errors import AuditError, GuestError, InternalError, OutsideError
from lion.ports import Kind, Operation, Tables
from tests.kernel.door import (
    NOTES,
    begun,
    first,
    never,
    never_either,
    raising,
    sleeping,
    waiting,
)
from tests.kernel.rig import (
    operation,
    wait_quiet,
)


def _instant(act: Callable[..., Any]) -> Operation:
    return operation("now", act)


def _waiting(act: Callable[..., Any]) -> Operation:
    return operation("now", waiting(act), kind=Kind.WAITING)


def _stored(act: Callable[..., Any]) -> Operation:
    return operation("now", lambda tables, caller: act(), kind=Kind.STORED)


def _outside(act: Callable[..., Any]) -> Operation:
    return operation("now", waiting(act), kind=Kind.WAITING, effect=Effect.OUTSIDE)


KINDS = [
    pytest.param(kind, id=kind.__name__.strip("_"))
    for kind in (_instant, _waiting, _stored, _outside)
]


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    async def test_an_executors_error_is_the_guests(self, kind: Any) -> None:
        bench = await begun(kind(raising(CallError("not-found", "no key 'x'"))))
        assert await bench.ask() == ("err", ("not-found", "no key 'x'"))
        assert (bench.only().status, bench.only().value[0]) == ("failed", "err")
        assert bench.live.counts.denied == 0

    async def test_an_executor_that_breaks_is_a_bug_with_a_record(self, kind: Any) -> None:
        bench = await begun(kind(raising(ValueError("oh"))))
        with pytest.raises(InternalError, match=r"clock\.now broke: ValueError: oh"):
            await bench.ask()
        assert bench.only().status == "unknown"

    async def test_no_budget_no_effect(self, kind: Any) -> None:
        bench = await begun(kind(never), limits=Limits(calls=0))
        assert (await bench.ask())[1][0] == "exhausted"
        assert bench.only().status == "denied"

    async def test_a_holder_that_floods_the_log_ends(self, kind: Any) -> None:
        bench = await begun(kind(lambda *args: "x" * 500), limits=Limits(log=10_000))
        with pytest.raises(GuestError, match="its share of the log, 10,000 bytes") as caught:
            for _ in range(100):
                await bench.ask()
        assert caught.value.ending == "log"
        assert 5 < len(bench.events(CallFinished)) < 20

    async def test_a_log_that_is_full_makes_the_guest_wait(self, kind: Any) -> None:
        bench = await begun(kind(lambda *args: 1))
        bench.log.room = trio.Event()
        answers: list[Any] = []

        async def guest() -> None:
            answers.append(await bench.ask())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(guest)
            await wait_quiet()
            waiting = list(answers)
            bench.log.room.set()
        assert (waiting, answers) == ([], [("ok", 1)])
        assert bench.only().status == "completed"

    async def test_large_outcomes_join_a_full_log_one_after_the_other(self, kind: Any) -> None:
        """Or as many of them as there are guests would be held at once."""
        bench = await begun(kind(lambda *args: "x"))
        bench.log.room = trio.Event()
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(bench.ask)
            await wait_quiet()
            waiting = len(bench.events(CallFinished))
            bench.log.room.set()
        assert waiting == (5 if kind in (_instant, _stored) else 0)
        assert len(bench.events(CallFinished)) == 5


class TestInstant:
    async def test_a_guests_last_words_are_its_last_error_line(self) -> None:
        one = operation("write", lambda *args: None, capability="log")
        bench = await begun(one)
        for level, text in (("error", "first"), ("error", "last"), ("info", "no words")):
            await bench.ask(level, text)
        assert bench.invocation.words == "last"

    async def test_a_log_that_refuses_ends_the_call(self) -> None:
        bench = await begun(operation("now", lambda caller: 1))
        bench.log.refuse("the disk is full")
        with pytest.raises(AuditError, match="disk is full"):
            await bench.ask()


class TestWaiting:
    async def test_cancelled_it_is_recorded_as_that(self) -> None:
        execute, began = sleeping()
        bench = await begun(operation("sleep", execute, kind=Kind.WAITING))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bench.ask)
            await began.wait()
            assert bench.records() == []
            nursery.cancel_scope.cancel()
        assert bench.only().status == "cancelled"
        assert bench.only().value == ["err", ["cancelled", "the call was cancelled"]]

    async def test_what_ends_the_run_is_recorded_as_unknown(self) -> None:
        bench = await begun(_waiting(raising(OutsideError("gone"))))
        with pytest.raises(OutsideError, match="gone"):
            await bench.ask()
        assert bench.only().status == "unknown"


class TestStored:
    """In one transaction: what is stored and that it was."""

    @staticmethod
    def put(tables: Tables, caller: Any, value: str) -> str:
        tables.kv_set("p/one", "k", value)
        if value == "broken":
            raise ValueError(value)
        return value

    def operation(self) -> Operation:
        return operation("set", self.put, kind=Kind.STORED)

    async def test_what_breaks_leaves_nothing_stored(self) -> None:
        bench = await begun(self.operation())
        assert await bench.ask("fine") == ("ok", "fine")
        with pytest.raises(InternalError):
            await bench.ask("broken")
        assert bench.log.tables.kv_get("p/one", "k") == "fine"
        assert [e.status for e in bench.events(CallFinished)] == ["completed", "unknown"]

    async def test_without_a_record_nothing_is_stored(self) -> None:
        bench = await begun(self.operation())
        bench.log.refuse("the disk is full")
        with pytest.raises(AuditError):
            await bench.ask("x")
        assert bench.log.tables.kv_get("p/one", "k") is None

    async def test_once_begun_it_happens_though_the_guest_is_gone(self) -> None:
        bench = await begun(self.operation())
        begin, go_on = trio.Event(), trio.Event()

        async def hold() -> None:
            begin.set()
            await go_on.wait()

        bench.log.before_transact = hold
        answers: list[Any] = []

        async def guest() -> None:
            answers.append(await bench.ask("late"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(guest)
            await begin.wait()
            nursery.cancel_scope.cancel()
            go_on.set()
        assert answers == []
        assert bench.log.tables.kv_get("p/one", "k") == "late"
        assert bench.only().status == "completed"

    async def test_cancelled_before_its_turn_it_was_not_begun(self) -> None:
        bench = await begun(self.operation())
        begin = trio.Event()

        async def wait() -> None:
            begin.set()
            await trio.sleep_forever()

        bench.log.before_turn = wait
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bench.ask, "never")
            await begin.wait()
            nursery.cancel_scope.cancel()
        assert bench.log.tables.kv_get("p/one", "k") is None
        assert bench.only().status == "cancelled"


class TestOutside:
    """What the world can see is in the log before it does."""

    async def test_its_intent_is_durable_before_the_effect(self) -> None:
        seen: list[tuple[int, list[str]]] = []

        def act() -> str:
            seen.append((bench.log.durable, [record.type for record in bench.records()]))
            return "done"

        bench = await begun(_outside(act))
        assert await bench.ask() == ("ok", "done")
        assert seen == [(1, ["CallRequested"])]
        (intent,) = bench.events(CallRequested)
        assert (intent.verdict, intent.decided_by) == ("allow", "default")
        assert [record.call for record in bench.records()] == [1, 1]
        assert bench.only() == CallFinished("completed", ["ok", "done"])

    async def test_what_cannot_be_committed_is_not_done(self) -> None:
        bench = await begun(_outside(never))

        async def fail() -> None:
            bench.log.refuse("the disk is full")

        bench.log.before_commit = fail
        with pytest.raises(AuditError, match="disk is full"):
            await bench.ask()

    async def test_cancelled_before_its_intent_is_durable_it_is_not_done_and_recorded(
        self,
    ) -> None:
        bench = await begun(_outside(never))
        asked = trio.Event()

        async def hold() -> None:
            asked.set()
            await trio.sleep_forever()

        bench.log.before_commit = hold
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bench.ask)
            await asked.wait()
            nursery.cancel_scope.cancel()
        assert [record.type for record in bench.records()] == ["CallRequested", "CallFinished"]
        assert bench.only().status == "cancelled", "nothing was done, and that is known"

    async def test_cancelled_later_its_outcome_is_recorded_as_unknown(self) -> None:
        execute, began = sleeping()
        one = operation("start", execute, kind=Kind.WAITING, effect=Effect.OUTSIDE)
        bench = await begun(one)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bench.ask)
            await began.wait()
            nursery.cancel_scope.cancel()
        assert bench.only().status == "unknown"
        assert "whether it took effect is not known" in bench.only().value[1][1]

    async def test_what_ends_the_run_is_recorded_as_unknown(self) -> None:
        bench = await begun(_outside(raising(OutsideError("gone"))))
        with pytest.raises(OutsideError, match="gone"):
            await bench.ask()
        assert bench.only().status == "unknown"

    async def test_a_denial_asks_for_nothing(self) -> None:
        one = operation(
            "call", never_either, capability="tools", kind=Kind.WAITING, effect=Effect.OUTSIDE,
            target=first,
        )  # fmt: skip
        bench = await begun(one, grants=(NOTES,))
        assert (await bench.ask("other.x"))[1][0] == "denied"
        assert [record.type for record in bench.records()] == ["CallFinished"]
        assert bench.log.durable == 0
