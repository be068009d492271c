"""Look here if you want to know how a test runs a plugin or an agent against the real host.

    def test_greet():
        with kit("manifest.toml") as lion:
            assert lion.call("hello.greet", name="Ann") == "Hello, Ann!"

Rule: `Kit` does what `OpenKit` does, each time in a loop of its own whose time stands still.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar, Unpack

import msgspec
import trio

from lion.domain.plan import Plan, RunAgent, RunCall
from lion.domain.units import parse_duration
from lion.errors import OperatorError
from lion.foreign import read_component
from lion.host import Host
from lion.plans import owner_of
from lion.review.outcome import raise_ending
from lion.review.report import Ending, RunReport
from lion.testing.clock import FrozenClock
from lion.testing.errors import is_told
from lion.testing.evidence import Evidence
from lion.testing.options import Options
from lion.testing.recording import (
    assert_same,
    open_recording,
    recorded_components,
    save_run,
)
from lion.testing.stage import Stage, build_stage, open_stage
from lion.wasm.misfit import LowerError
from lion.wasm.runtime import WasmRuntime

__tracebackhide__ = is_told

T = TypeVar("T")
Source = str | os.PathLike[str]


class AgentAnswer(msgspec.Struct, frozen=True):
    """What an agent came to: its text, and the JSON it gave besides (as text, or None)."""

    text: str
    json: str | None = None


class _Common(Evidence):
    """What both kits have."""

    def __init__(self, stage: Stage, reports: list[RunReport]) -> None:
        super().__init__(stage.log, owner_of(stage.plan), stage.plan.holders)
        self.reports = reports
        self._stage = stage

    @property
    def files(self) -> dict[str, bytes]:
        """The files in the granted directories as they are now, by the guest's paths."""
        return self._stage.files()

    def _last_run(self) -> str:
        if not self.reports:
            raise OperatorError("nothing has run yet", hint="lion.call(...) comes first")
        return self.reports[-1].run


class OpenKit(_Common):
    """A host for tests, in the test's own loop. Made by open_kit."""

    def __init__(
        self, stage: Stage, reports: list[RunReport], host: Host, runtime: WasmRuntime
    ) -> None:
        super().__init__(stage, reports)
        self._host = host
        self._runtime = runtime

    async def call(
        self, tool: str, arguments: dict[str, Any] | None = None, /, **named: Any
    ) -> Any:
        """Call a tool ("hello.greet") as a run of its own; its result as JSON value.

        Arguments are JSON values by the WIT's names, as a dict or as keywords with `_` for `-`.
        Raises OwnError for the tool's own error, GuestError if it broke off, OperatorError for a
        wrong name or argument.
        """
        given = {**(arguments or {}), **{k.replace("_", "-"): v for k, v in named.items()}}
        return (await self._run_one(RunCall(tool, given))).value

    async def run(self, agent: str, task: str) -> AgentAnswer:
        """Run an agent's task as a run of its own.

        Raises OwnError for the agent's own error, GuestError if it broke off, OperatorError for a
        wrong name.
        """
        if agent not in self._stage.plan.holders:
            known = ", ".join(sorted(self._stage.plan.holders))
            raise OperatorError(f"there is no agent {agent!r}", hint=f"known here: {known}")
        value = (await self._run_one(RunAgent(agent, task))).value
        return AgentAnswer(value["text"], value["json"])

    async def run_manifest(self) -> RunReport:
        """Run the manifest's [[run]] list to its end. How each ended is in the report.

        Raises OperatorError if it has none, LionError if it could not start.
        """
        if not self._stage.plan.runs:
            raise OperatorError("there is no [[run]] to run", hint="lion.call(...) runs one tool")
        return await self._run(self._stage.plan)

    async def assert_replays(self, path: Source | None = None) -> None:
        """Execute every run so far again from its records, and compare. With `path`: the run saved
        there, with the components as they are now.

        Raises AssertionError that says where it parts, AuditError if it does not verify.
        """
        if path is None:
            for summary in self._log.reader().runs():
                await assert_same(self._log.reader(), summary.run, self._runtime)
            return
        holders = self._stage.plan.holders
        with open_recording(path) as reader:
            instead = {
                name: read_component(holders[name].component)
                for name in recorded_components(reader)
                if name in holders and holders[name].has_file
            }
            await assert_same(reader, "last", self._runtime, instead)

    async def save(self, path: Source) -> None:
        """Write the last run to a file, for `assert_replays` and `replay_file`.

        Raises OperatorError if nothing has run, or it cannot be written.
        """
        await save_run(self._log, self._last_run(), Path(path))

    def advance(self, duration: str | int) -> None:
        """Let time pass: "1 h", or nanoseconds. Raises OperatorError where it is not frozen."""
        clock = trio.lowlevel.current_clock()
        if not isinstance(clock, FrozenClock):
            raise OperatorError(
                "time is not the test's here",
                hint="take a fixture `clock` that returns lion.testing.FrozenClock()",
            )
        clock.advance(_nanoseconds(duration))

    async def _run_one(self, entry: RunCall | RunAgent) -> Ending:
        report = await self._run(msgspec.structs.replace(self._stage.plan, runs=(entry,)))
        (ending,) = report.endings
        if not ending.ok:
            raise_ending(ending, report)
        return ending

    async def _run(self, plan: Plan) -> RunReport:
        try:
            report = await self._host.run(plan)
        except LowerError as exc:
            if not self._stage.failures.last_given:
                raise
            raise OperatorError(
                f"the fake of {self._stage.failures.last_given}, which is of another type: {exc}",
                hint="lion.calls shows what it gives without a fake",
            ) from exc
        except Exception:
            self._stage.failures.check()
            raise
        self.reports.append(report)
        self._stage.failures.check()
        return report


class Kit(_Common):
    """A host for tests without a loop. Made by kit. Its methods are those of OpenKit."""

    def __init__(self, stage: Stage, clock: FrozenClock) -> None:
        super().__init__(stage, [])
        self._clock = clock

    def call(self, tool: str, arguments: dict[str, Any] | None = None, /, **named: Any) -> Any:
        """See OpenKit.call."""
        return self._do(lambda kit: kit.call(tool, arguments, **named))

    def run(self, agent: str, task: str) -> AgentAnswer:
        """See OpenKit.run."""
        return self._do(lambda kit: kit.run(agent, task))

    def run_manifest(self) -> RunReport:
        """See OpenKit.run_manifest."""
        return self._do(lambda kit: kit.run_manifest())

    def assert_replays(self, path: Source | None = None) -> None:
        """See OpenKit.assert_replays."""
        self._do(lambda kit: kit.assert_replays(path))

    def save(self, path: Source) -> None:
        """See OpenKit.save."""
        self._do(lambda kit: kit.save(path))

    def advance(self, duration: str | int) -> None:
        """Let time pass between two runs: "1 h", or nanoseconds. In a run it passes by itself."""
        self._clock.advance(_nanoseconds(duration))

    def _do(self, act: Callable[[OpenKit], Awaitable[T]]) -> T:
        async def play() -> T:
            async with open_stage(self._stage) as (host, runtime):
                return await act(OpenKit(self._stage, self.reports, host, runtime))

        return _in_loop(play, self._clock)


@contextmanager
def kit(source: Source, **options: Unpack[Options]) -> Iterator[Kit]:
    """A host for the tests of a manifest or a component (its path), for `def test_...`.

    Raises OperatorError for what is not there or makes no sense, GuestError for a component of
    another world.
    """
    clock = FrozenClock()
    with _own_folder() as folder:

        async def build() -> Stage:
            return await build_stage(source, options, folder)

        yield Kit(_in_loop(build, clock), clock)


@asynccontextmanager
async def open_kit(
    source: Source, *, auto_advance: bool = True, **options: Unpack[Options]
) -> AsyncIterator[OpenKit]:
    """The same for `async def test_...`: in the test's loop, and by its clock.

    If that is a FrozenClock (a fixture that returns one is enough), time passes when everything
    waits, unless `auto_advance` is off: then by `advance` alone.
    """
    with _own_folder() as folder:
        stage = await build_stage(source, options, folder)
        async with open_stage(stage, auto_advance=auto_advance) as (host, runtime):
            yield OpenKit(stage, [], host, runtime)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A folder for one test, by the name without links: those are the machine's."""
    with tempfile.TemporaryDirectory(prefix="lion-kit-") as folder:
        yield Path(os.path.realpath(folder))


def _in_loop(play: Callable[[], Awaitable[T]], clock: FrozenClock) -> T:
    if trio.lowlevel.in_trio_run():
        raise OperatorError(
            "kit(...) makes a loop of its own, and this test has one",
            hint="async with open_kit(...) as lion: await lion.call(...)",
        )
    return trio.run(play, clock=clock)


def _nanoseconds(duration: str | int) -> int:
    return parse_duration(duration) if isinstance(duration, str) else duration
