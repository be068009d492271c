"""A run is executed again while it is read: in one pass, whatever its length, and as it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import trio

from lion import history
from lion.errors import AuditError
from lion.history import replay
from lion.kernel import replayed_run
from lion.kernel.recorded import Recorded
from lion.log.sqlite import open_sqlite_reader
from lion.log.sqlite_schema import LOG_NAME
from lion.opening import open_host
from lion.wasm.runtime import open_runtime
from tests.wasm.kit import BUILT, ROOT

TOUR = ROOT / "examples" / "tour" / "manifest.toml"
WAITER = {
    "name": "waits",
    "agents": {
        "waiter": {
            "component": str(BUILT / "waiter.wasm"),
            "config": {"nanos": 3_600_000_000_000},  # It is cancelled, however late.
            "limits": {"deadline": "2 h"},
        }
    },
    "run": [{"agent": "waiter", "task": "wait"}],
}


async def test_what_was_read_and_not_asked_for_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replayed_run, "PENDING_BYTES", 1_000)
    monkeypatch.setattr(replayed_run, "TOGETHER", 1)
    async with open_host(state=tmp_path / "state") as host:
        report = await host.run(TOUR)
    held: list[int] = []
    add = Recorded.add

    def watched(self: Recorded, call: object, size: int) -> None:
        add(self, call, size)  # type: ignore[arg-type]
        held.append(sum(self.sizes))

    monkeypatch.setattr(Recorded, "add", watched)
    with open_sqlite_reader(tmp_path / "state") as reader:
        async with open_runtime(tmp_path / "cache") as runtime:
            again = await replay(reader, report.run, runtime)
    assert (again.identical, again.invocations, again.calls) == (True, 8, report.calls)
    assert max(held) < 5_000


async def test_a_run_that_still_goes_on_was_not_cut_short(tmp_path: Path) -> None:
    async with open_host(state=tmp_path / "state") as host:
        run = await host.start(WAITER)
        async for record in run:
            if record.type == "CallWaits":
                break
        with open_sqlite_reader(tmp_path / "state") as reader:
            async with open_runtime(tmp_path / "cache") as runtime:
                report = await replay(reader, run.id, runtime)
        assert (report.identical, report.finished, report.is_live) == (True, False, True)
        run.cancel()
        await run.wait_ended()
    with open_sqlite_reader(tmp_path / "state") as reader:
        async with open_runtime(tmp_path / "cache") as runtime:
            report = await replay(reader, run.id, runtime)
    assert (report.identical, report.finished, report.is_live) == (True, True, False)


async def test_it_can_be_cancelled_at_any_step(tmp_path: Path) -> None:
    async with open_host(state=tmp_path / "state") as host:
        report = await host.run(TOUR)
    with open_sqlite_reader(tmp_path / "state") as reader:
        async with open_runtime(tmp_path / "cache") as runtime:
            with trio.CancelScope() as executed:
                executed.cancel()
                await replay(reader, report.run, runtime)
    assert executed.cancelled_caught


async def test_what_is_left_is_verified_after_a_difference_and_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "STEP", 1)
    monkeypatch.setattr(replayed_run, "TOGETHER", 1)
    async with open_host(state=tmp_path / "state") as host:
        report = await host.run(TOUR)
    other = {"ann": (BUILT / "waiter.wasm").read_bytes()}
    told: list[int] = []
    with open_sqlite_reader(tmp_path / "state") as reader:
        async with open_runtime(tmp_path / "cache") as runtime:
            again = await replay(
                reader, report.run, runtime, instead=other,
                progress=lambda done, _: told.append(done),
            )  # fmt: skip
            assert not again.identical
            assert told[-1] == reader.verify(report.run).records
            with trio.CancelScope() as scope:
                await replay(
                    reader, report.run, runtime, instead=other,
                    progress=lambda done, _: scope.cancel(),
                )  # fmt: skip
    assert scope.cancelled_caught


async def test_what_does_not_verify_comes_before_what_goes_otherwise(tmp_path: Path) -> None:
    async with open_host(state=tmp_path / "state") as host:
        report = await host.run(TOUR)
    with closing(sqlite3.connect(tmp_path / "state" / LOG_NAME)) as connection, connection:
        connection.execute("UPDATE runs SET records = records + 1")
        connection.execute("UPDATE segments SET last_seq = last_seq + 1 WHERE last_seq = "
                           "(SELECT max(last_seq) FROM segments)")  # fmt: skip
    other = {"ann": (BUILT / "waiter.wasm").read_bytes()}
    with open_sqlite_reader(tmp_path / "state") as reader:
        async with open_runtime(tmp_path / "cache") as runtime:
            with pytest.raises(AuditError, match="does not verify"):
                await replay(reader, report.run, runtime, instead=other)
