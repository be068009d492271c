"""Several processes write to one log, and processes that are killed leave a log that verifies."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from tests.log.rig import draft, finished
from tests.series import times

ROOT = Path(__file__).parents[2]


@contextmanager
def writing(
    directory: Path, run: str, how: str, count: int = 0
) -> Iterator[subprocess.Popen[str]]:
    """Start a writer; killed at the end if it is still there."""
    command = [sys.executable, "-m", "tests.log.writer_process", str(directory), run, how]
    with subprocess.Popen(
        [*command, str(count)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_two_processes_append_to_one_log(tmp_path: Path) -> None:
    runs = ("one", "two")
    with (
        writing(tmp_path, runs[0], "count", 400) as one,
        writing(tmp_path, runs[1], "count", 400) as two,
    ):
        assert one.communicate(timeout=60)[0].startswith("started")
        assert two.communicate(timeout=60)[0].startswith("started")
        assert (one.returncode, two.returncode) == (0, 0)
    with open_sqlite_reader(tmp_path) as reader:
        reports = [reader.verify(run) for run in runs]
        records = [list(reader.records(run)) for run in runs]
    assert all(report.finished and report.records > 400 for report in reports)
    positions = sorted(record.position for those in records for record in those)
    assert positions == list(range(1, len(positions) + 1))


async def test_a_run_of_another_process_is_live_and_cannot_be_taken(tmp_path: Path) -> None:
    with writing(tmp_path, "theirs", "forever") as process:
        told = [read_line(process) for _ in range(4)]
        assert told[0] == "started"
        async with open_sqlite_log(tmp_path) as log:
            with pytest.raises(OperatorError, match=rf"process {process.pid} \(.*writer_process"):
                await log.start_run("theirs", "hello")
            await log.start_run("ours", "hello")  # The log is theirs and ours.
            log.append(draft(run="ours"))
            await log.commit()
            with open_sqlite_reader(tmp_path) as reader:
                assert all(run.is_live for run in reader.runs())
                assert reader.verify("theirs").records >= int(told[-1])
        process.kill()
        process.wait()
    with open_sqlite_reader(tmp_path) as reader:
        assert not any(run.is_live for run in reader.runs())


async def kill_and_look(directory: Path, lines: int) -> None:
    """Kill a writer after some commits: everything it called durable is there and verifies."""
    with writing(directory, "run", "forever") as process:
        assert read_line(process) == "started"
        told = [read_line(process) for _ in range(lines)]
        process.kill()
        assert process.stdout is not None
        told += process.stdout.read().split()
    with open_sqlite_reader(directory) as reader:
        report = reader.verify("run")
        (summary,) = reader.runs()
    assert report.records >= int(told[-1])
    assert not report.finished
    assert (summary.records, summary.exit_code, summary.is_live) == (report.records, None, False)


@pytest.mark.slow
async def test_a_killed_writer_leaves_what_it_called_durable(tmp_path: Path) -> None:
    for kill in range(4):  # Each goes on where the last was killed.
        await kill_and_look(tmp_path, 1 + kill * 9)
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run("run", "hello")
        log.append(finished(run="run"))
    with open_sqlite_reader(tmp_path) as reader:
        assert reader.verify("run").finished


@pytest.mark.slow
async def test_many_kills(tmp_path: Path) -> None:
    for kill in range(times(50, sample=20)):
        await kill_and_look(tmp_path, 1 + kill * 13 % 40)
