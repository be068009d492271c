"""Look here if you want to know that no signal is lost, whenever in a run it comes."""

import signal
from pathlib import Path

import msgspec
import pytest
import trio.testing

from lion.domain.events import RunFinished
from lion.domain.plan import Plan, RunCall
from lion.domain.record import Draft
from lion.kernel.groups import flattened
from lion.kernel.interrupts import open_interrupts
from lion.log.memory import MemoryLog
from lion.manifest.parse import bare_plan
from lion.opening import open_assembled
from lion.policy.policy_file import parse_policy
from lion.review.report import RunReport
from lion.settings import Settings
from lion.wasm.runtime import open_runtime
from tests.wasm.kit import BUILT, cache_directory


class SignalledLog(MemoryLog):
    """A log during whose commits a signal comes: as it begins, or as its ending is written."""

    def __init__(self, moments: set[str]) -> None:
        super().__init__()
        self._moments = moments
        self._moment = "beginning"

    def append(self, draft: Draft) -> int:
        if isinstance(draft.event, RunFinished):
            self._moment = "ending"
        return super().append(draft)

    async def put_blob(self, data: bytes) -> str:
        await self._signal()
        return await super().put_blob(data)

    async def commit(self) -> None:
        await self._signal()
        await super().commit()

    async def _signal(self) -> None:
        if self._moment in self._moments:
            signal.raise_signal(signal.SIGINT)
            # The run's own tasks may be cancelled by it; who listens must have heard it.
            with trio.CancelScope(shield=True):
                await trio.testing.wait_all_tasks_blocked()


def plan() -> Plan:
    runs = (RunCall("hello.greet", {"name": "Ann"}),)
    return msgspec.structs.replace(bare_plan(BUILT / "hello.wasm"), runs=runs)


async def run(log: MemoryLog, tmp_path: Path) -> RunReport:
    settings = Settings(state=tmp_path / "state", cache=cache_directory())
    with flattened():
        async with open_interrupts() as interrupts, open_runtime(cache_directory()) as runtime:
            parts = settings, runtime, log, parse_policy("")
            async with open_assembled(*parts, interrupts=interrupts) as host:
                return await host.run(plan())
    raise AssertionError("it neither returned nor raised")


def ending(log: MemoryLog) -> RunFinished:
    reader = log.reader()
    event = list(reader.records(reader.find("last")))[-1].event()
    assert isinstance(event, RunFinished)
    return event


async def test_without_one_nothing_is_interrupted(tmp_path: Path) -> None:
    log = SignalledLog(set())
    assert (await run(log, tmp_path)).exit_code == 0
    assert ending(log) == RunFinished(0, calls=2)


async def test_one_that_comes_while_the_ending_is_written_ends_what_is_next(
    tmp_path: Path,
) -> None:
    log = SignalledLog({"ending"})
    with pytest.raises(KeyboardInterrupt):
        await run(log, tmp_path)
    assert ending(log) == RunFinished(0, calls=2)


@pytest.mark.parametrize("moments", [{"beginning"}, {"beginning", "ending"}])
async def test_one_that_comes_before_ends_the_run_however_often(
    moments: set[str], tmp_path: Path
) -> None:
    log = SignalledLog(moments)
    report = await run(log, tmp_path)
    assert (report.exit_code, report.interrupted) == (130, True)
    assert ending(log) == RunFinished(130, interrupted=True)
