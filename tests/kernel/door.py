"""Look here if you want to know how tests ask the broker: one holder with one host function."""

from collections.abc import Callable
from typing import Any

import trio

from lion.domain.events import (
    CallFinished,
)
from lion.domain.plan import Grant, Limits
from lion.kernel.broker import Broker
from lion.kernel.tool_calls import build_root
from lion.ports import Operation
from tests.kernel.rig import (
    FakeComponent,
    FakeSystem,
    Part,
    TellingLog,
    World,
)

NOTES = Grant("tools", 'plugins.one.allow.tools = ["notes.*"]', patterns=("notes.*",))
OTHER = Part(name="other", component=FakeComponent({}))
"""Somebody whose tools can be granted."""


def never(*args: Any) -> Any:
    raise AssertionError("this must not be executed")


async def never_either(*args: Any) -> Any:
    raise AssertionError("this must not be executed")


def raising(error: BaseException) -> Callable[..., Any]:
    def execute(*args: Any) -> Any:
        raise error

    return execute


def waiting(act: Callable[[], Any]) -> Callable[..., Any]:
    async def execute(caller: Any, *args: Any) -> Any:
        await trio.lowlevel.checkpoint()
        return act()

    return execute


def sleeping() -> tuple[Callable[..., Any], trio.Event]:
    """An executor that never ends, and what tells that it began."""
    began = trio.Event()

    async def execute(caller: Any, *args: Any) -> Any:
        began.set()
        await trio.sleep_forever()

    return execute, began


def first(args: list[Any]) -> str:
    return str(args[0])


class Bench(World):
    """One holder whose import is one host function, and its broker."""

    def __init__(
        self,
        one: Operation,
        *,
        grants: tuple[Grant, ...] = (),
        limits: Limits = Limits(),  # noqa: B008 - frozen
        policy: str = "",
        log: TellingLog | None = None,
        others: tuple[Part, ...] = (),
    ) -> None:
        part = Part(
            name="one",
            component=FakeComponent({}, [one]),
            operations=[one],
            grants=grants,
            limits=limits,
        )
        super().__init__(part, *others, policy=policy, log=log)
        self.invocation = build_root(self.live, self.live.holders["one"], "0")
        self.broker = Broker(self.invocation)

    async def ask(self, *args: Any) -> Any:
        return await self.broker.handle(0, list(args))

    def only(self) -> CallFinished:
        """The one record of a call that there is."""
        (found,) = self.events(CallFinished)
        assert isinstance(found, CallFinished)
        return found


async def begun(one: Operation, **more: Any) -> Bench:
    bench = Bench(one, **more)
    await bench.begin()
    return bench


def system(judge: FakeSystem) -> Part:
    return Part(name="guard", component=judge, kind="system")
