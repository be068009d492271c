"""Whatever ends an invocation, what its handles hold is closed and its ending is in the log."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.capabilities import tools
from lion.domain.events import PluginError
from lion.domain.plan import Holder, Limits, Plan
from lion.errors import GuestError, InternalError
from lion.kernel.execution import as_tool, execute
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.kernel.tool_calls import build_root
from lion.log.memory import MemoryLog
from lion.policy.policy_file import parse_policy
from lion.policy.rights import build_rights
from lion.ports import CallStats, Export, HandleCall, Handles, Import, Operation
from lion.testing.clock import FrozenClock
from lion.values.wit import Function

EXPORT = Export(interface="", name="work", type=Function((), None))


class FakeComponent:
    """A component whose export does what the test says, with a handle open."""

    digest = "0" * 64
    imports: Sequence[Import] = ()
    exports: Sequence[Export] = (EXPORT,)
    operations: Sequence[Operation] = ()

    def __init__(self, ending: BaseException | None) -> None:
        self._ending = ending
        self.closed = 0

    def _close(self) -> None:
        self.closed += 1

    async def call(
        self,
        export: Export,
        args: Sequence[Any],
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> Any:
        handles.add("thing", object(), self._close)
        if self._ending is not None:
            raise self._ending
        await trio.sleep(10)
        return "done"


@pytest.fixture(
    params=[(), tools.OPERATIONS], ids=["alone", "beside what it starts"], autouse=True
)
def operations(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can start work has a nursery, whose scope has the deadline then."""
    monkeypatch.setattr(FakeComponent, "operations", request.param)


async def _attempt(component: FakeComponent, limits: Limits) -> tuple[Any, list[str]]:
    holder = Holder(name="one", kind="plugin", component=Path("one.wasm"), limits=limits)
    plan = Plan(name="p", path=None, text="", holders={"one": holder}, runs=(), resolved={})
    log = MemoryLog()
    await log.start_run("r", "p")
    live = LiveRun("r", plan, log, FrozenClock())
    rights = build_rights(holder, [], parse_policy("", None))
    invocation = build_root(live, LiveHolder(holder, component, rights, component.operations), "0")
    outcome: Any = None
    try:
        outcome = await execute(invocation, EXPORT, [], as_tool("work", EXPORT, []))
    except BaseException as exc:
        outcome = exc
        raise
    finally:
        endings = [
            event.ending
            for record in log.reader().records("r")
            if isinstance(event := record.event(), PluginError)
        ]
        component.seen = (outcome, endings)  # type: ignore[attr-defined]
    return outcome, endings


async def test_returning_closes_handles(autojump_clock: trio.testing.MockClock) -> None:
    component = FakeComponent(None)
    value, endings = await _attempt(component, Limits())
    assert (value, endings, component.closed) == ("done", [], 1)


@pytest.mark.parametrize(
    ("error", "ending"),
    [(GuestError("it trapped", ending="trap"), "trap"), (InternalError("a bug"), "failed")],
)
async def test_failing_closes_handles_and_is_recorded(error: BaseException, ending: str) -> None:
    component = FakeComponent(error)
    with pytest.raises(type(error)):
        await _attempt(component, Limits())
    assert component.seen[1] == [ending]  # type: ignore[attr-defined]
    assert component.closed == 1


async def test_a_deadline_closes_handles_and_is_recorded(
    autojump_clock: trio.testing.MockClock,
) -> None:
    component = FakeComponent(None)
    with pytest.raises(GuestError, match="longer than 2 s"):
        await _attempt(component, Limits(deadline_ns=2_000_000_000))
    assert component.seen[1] == ["deadline"]  # type: ignore[attr-defined]
    assert component.closed == 1


async def test_cancelling_closes_handles_and_is_recorded(
    autojump_clock: trio.testing.MockClock,
) -> None:
    component = FakeComponent(None)
    with trio.move_on_after(1) as scope:
        await _attempt(component, Limits())
    assert scope.cancelled_caught
    assert component.seen[1] == ["cancelled"]  # type: ignore[attr-defined]
    assert component.closed == 1
