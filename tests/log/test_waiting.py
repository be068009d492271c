"""Who waits for a lock says soon for whom, can be interrupted, and gives up at last."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from lion.errors import AuditError, LionWarning
from lion.log import holders
from lion.log.sqlite import open_sqlite_log
from lion.log.sqlite_desk import SqliteDesk, list_waiting
from lion.log.sqlite_kv import clear_store
from tests.cli.kit import ROOT, WASM, Lion
from tests.log.rig import RUN, draft, finished


@contextmanager
def held(directory: Path, how: str, *, stopped: bool = False) -> Iterator[int]:
    """A process that holds a lock of the log; its number."""
    command = [sys.executable, "-m", "tests.log.lock_process", str(directory), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "held\n"
            if stopped:
                process.send_signal(signal.SIGSTOP)
                os.waitpid(process.pid, os.WUNTRACED)
            yield process.pid
        finally:
            process.kill()


async def write_some(directory: Path) -> None:
    async with open_sqlite_log(directory) as log:
        await log.start_run(RUN, "hello")
        log.append(draft())


@pytest.mark.parametrize("how", ["opening", "writing"])
async def test_a_stopped_process_that_holds_the_log_is_named_within_two_seconds(
    tmp_path: Path, how: str
) -> None:
    await write_some(tmp_path)
    with held(tmp_path, how, stopped=True) as pid:
        began = time.monotonic()
        with pytest.raises(AuditError) as caught:
            async with open_sqlite_log(tmp_path):
                pass
        waited = time.monotonic() - began
    said = str(caught.value)
    assert f"process {pid} (" in said
    assert "tests.log.lock_process" in said
    assert "which is stopped" in said
    assert f"kill -CONT {pid}" in said
    assert holders.TELL_SECONDS <= waited < holders.MOST_SECONDS / 2


async def test_a_stopped_process_that_has_the_desk_is_named(tmp_path: Path) -> None:
    """A command does not wait for it; a run does, and can be cancelled."""
    desk = SqliteDesk(tmp_path)
    await desk.withdraw("nothing")
    with held(tmp_path, "asking", stopped=True) as pid:
        with pytest.raises(AuditError, match=rf"approvals.*process {pid} \(.*which is stopped"):
            list_waiting(tmp_path)
        with trio.move_on_after(0.1) as scope:
            await desk.withdraw("nothing")
        assert scope.cancelled_caught
    assert list_waiting(tmp_path) == []


async def test_a_stopped_process_that_has_a_store_is_named(tmp_path: Path) -> None:
    await write_some(tmp_path)
    with held(tmp_path, "keeping", stopped=True) as pid:
        async with open_sqlite_log(tmp_path) as log:
            began = time.monotonic()
            with pytest.raises(AuditError, match=rf"kv.*process {pid} \(.*which is stopped"):
                await log.wait_store("owner/guide")
            assert time.monotonic() - began < holders.MOST_SECONDS / 2


@pytest.mark.parametrize("how", ["opening", "writing"])
async def test_one_that_goes_on_is_named_and_waited_for_so_long_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(holders, "TELL_SECONDS", 0.05)
    monkeypatch.setattr(holders, "MOST_SECONDS", 0.3)
    await write_some(tmp_path)
    with (
        held(tmp_path, how) as pid,
        pytest.warns(LionWarning, match=rf"process {pid} \("),
        pytest.raises(AuditError, match=rf"process {pid} \("),
    ):
        async with open_sqlite_log(tmp_path):
            pass


async def test_what_an_operator_does_to_the_stores_waits_likewise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holders, "TELL_SECONDS", 0.05)
    await write_some(tmp_path)
    with (
        held(tmp_path, "writing", stopped=True) as pid,
        pytest.raises(AuditError, match=rf"process {pid} \(.*stopped"),
    ):
        clear_store(tmp_path, "owner", "holder")


@pytest.mark.parametrize("how", ["opening", "writing"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_that_waits_ends_by_a_signal(lion: Lion, how: str, number: signal.Signals) -> None:
    component = WASM / "hello.wasm"
    words = ("call", component, "greet", '{"name": "Ann"}')
    assert lion.process(*words).returncode == 0
    with held(lion.state, how) as pid:
        command = [sys.executable, "-m", "lion", *map(str, words)]
        with subprocess.Popen(
            command, cwd=lion.folder, env=lion.environ, text=True, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr is not None
            told = process.stderr.readline()
            assert told.startswith("warning  the log ")
            assert f"process {pid} (" in told
            began = time.monotonic()
            process.send_signal(number)
            assert process.wait(timeout=20) == 130
            assert time.monotonic() - began < holders.MOST_SECONDS / 4


async def test_the_lock_of_a_run_goes_with_it(tmp_path: Path) -> None:
    async with open_sqlite_log(tmp_path) as log:
        for run in ("ended", "cut"):
            await log.start_run(run, "hello")
            log.append(draft(run=run))
        log.append(finished(run="ended"))
        await log.commit()
    assert sorted(path.name for path in (tmp_path / "runs").glob("*.lock")) == ["cut.lock"]
    async with open_sqlite_log(tmp_path) as log:
        with pytest.raises(AuditError, match="has ended"):
            await log.start_run("ended", "hello")
    assert not (tmp_path / "runs" / "ended.lock").exists()


def test_a_lock_whose_file_was_unlinked_meanwhile_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or its owner and the next one would each have a lock of a file of the same name."""
    from lion.log import ownership

    (tmp_path / "runs").mkdir()
    path = ownership.lock_path(tmp_path, RUN)
    first = ownership.take_lock(tmp_path, RUN)
    usual = ownership.try_lock

    def ends_first(descriptor: int, kind: int) -> bool:
        monkeypatch.setattr(ownership, "try_lock", usual)
        ownership.release(tmp_path, RUN, first, for_ever=True)
        return usual(descriptor, kind)

    monkeypatch.setattr(ownership, "try_lock", ends_first)
    second = ownership.take_lock(tmp_path, RUN)
    assert os.path.samestat(os.fstat(second), os.stat(path))
    os.close(second)


WAITER = """
name = "waits"
[agents.waiter]
component = {component!r}
config = {{ nanos = 1000000000, times = 60, pieces = 60 }}
[[run]]
agent = "waiter"
task = "wait"
"""


def test_a_run_that_waits_for_a_locked_log_ends_soon_by_a_signal(lion: Lion) -> None:
    """And says who has it; what was recorded before is whole."""
    manifest = lion.write(WAITER.format(component=str(WASM / "waiter.wasm")))
    command = [sys.executable, "-m", "lion", "run", str(manifest)]
    with subprocess.Popen(
        command, cwd=lion.folder, env=lion.environ, text=True, stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline()  # It said something, and goes on for a minute.
        with held(lion.state, "writing") as pid:
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
            waited = time.monotonic() - began
    assert process.returncode == 5, said
    assert f"process {pid} (" in said
    assert "interrupted" in said
    assert waited < holders.MOST_SECONDS / 4
    assert [one["state"] for one in lion.json("runs")] == ["interrupted"]
    assert lion("verify", "last").returncode == 0
