"""Look here if you want to know how a run becomes a file that is kept with the source, and is
played again as a test.

Rule: the file is a log of one run, with its components, and is verified before it is replayed.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import trio

from lion.domain.events import RunStarted
from lion.domain.record import Draft, Scope
from lion.errors import GuestError, OperatorError
from lion.history import ReplayReport, replay
from lion.log.memory import MemoryLog
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from lion.log.sqlite_schema import LOG_NAME
from lion.ports import LogReader, Runtime
from lion.testing.errors import is_told
from lion.testing.stage import compile_cache
from lion.wasm.runtime import open_runtime

__tracebackhide__ = is_told


async def save_run(log: MemoryLog, run: str, path: Path) -> None:
    """Write a run to a file. Raises OperatorError if it cannot be written."""
    reader = log.reader()
    records = list(reader.records(run))
    started = records[0].event()
    assert isinstance(started, RunStarted)
    with tempfile.TemporaryDirectory(prefix="lion-kit-") as folder:
        async with open_sqlite_log(Path(folder)) as copy:
            await copy.start_run(run, started.manifest_name)
            for digest in started.components.values():
                await copy.put_blob(reader.blob(digest))
            for record in records:
                scope = Scope(
                    record.run, record.invocation, record.principal, record.component_digest,
                    record.cause, record.correlation,
                )  # fmt: skip
                event = record.event()
                if isinstance(event, RunStarted):  # A file that is shared names no machine.
                    event = msgspec.structs.replace(event, path="", owner="")
                copy.append(Draft(scope, record.call, record.time_ns, event))
                await copy.wait_room()
        try:
            shutil.copyfile(Path(folder) / LOG_NAME, path)
        except OSError as exc:
            raise OperatorError(f"{str(path)!r} cannot be written: {exc.strerror}") from exc


@contextmanager
def open_recording(path: str | os.PathLike[str]) -> Iterator[LogReader]:
    """The log in a file that `save` wrote. Raises OperatorError, AuditError."""
    with tempfile.TemporaryDirectory(prefix="lion-kit-") as folder:
        try:
            shutil.copyfile(path, Path(folder) / LOG_NAME)
        except OSError as exc:
            raise OperatorError(
                f"the recording {str(path)!r} cannot be read: {exc.strerror}",
                hint="make it with: lion.save(path)",
            ) from exc
        with open_sqlite_reader(Path(folder)) as reader:
            yield reader


def recorded_components(reader: LogReader) -> dict[str, str]:
    """The digests of the components of a recording's run, by holder."""
    for record in reader.records(reader.find("last")):
        if isinstance(started := record.event(), RunStarted):
            return started.components
    return {}


def replay_file(path: str | os.PathLike[str]) -> ReplayReport:
    """Execute a recording again, with the components in it, and compare.

    Raises OperatorError if there is none, AuditError if it does not verify.
    """

    async def play() -> ReplayReport:
        with open_recording(path) as reader:
            async with open_runtime(compile_cache() / "components") as runtime:
                return await replay(reader, "last", runtime)

    return trio.run(play)


async def assert_same(
    reader: LogReader, run: str, runtime: Runtime, instead: Mapping[str, bytes] = {}
) -> None:
    """Execute a run again. Raises AssertionError where it goes otherwise, AuditError."""
    try:
        report = await replay(reader, run, runtime, instead=instead)
    except GuestError as exc:
        raise AssertionError(f"the run {run} cannot be executed again: {exc}") from exc
    if (found := report.difference) is not None:
        where = f"invocation {found.invocation}"
        where += f", host call {found.call}" if found.call else ""
        raise AssertionError(
            f"the run {report.run} goes otherwise in {where}:"
            f"\n  recorded: {found.recorded}\n  now:      {found.replayed}"
        )
