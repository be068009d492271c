"""What lies on the disk: who may read it, what is refused, what a reader needs."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
import trio

from lion.errors import AuditError, LionError, OperatorError
from lion.log import sqlite_schema, sqlite_store
from lion.log.sqlite import BUFFER_RECORDS, open_sqlite_log, open_sqlite_reader
from lion.log.sqlite_layout import LAYOUT
from lion.log.sqlite_schema import LOG_NAME
from tests.log.rig import RUN, draft, fill_disk, finished


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def write_some(directory: Path, count: int = 3) -> None:
    async with open_sqlite_log(directory) as log:
        await log.start_run(RUN, "hello")
        for _ in range(count):
            log.append(draft())


def open_and_close(directory: Path) -> None:
    with open_sqlite_reader(directory):
        pass


async def refusal(directory: Path) -> LionError:
    """Open the log for writing, and what that raises."""
    with pytest.raises(LionError) as caught:
        async with open_sqlite_log(directory):
            pass
    return caught.value


class TestRights:
    async def test_everything_is_private_whatever_the_umask(self, tmp_path: Path) -> None:
        directory = tmp_path / "deep" / "state"
        before = os.umask(0)
        try:
            async with open_sqlite_log(directory) as log:
                await log.start_run(RUN, "hello")
                log.append(draft())
                await log.commit()
                with open_sqlite_reader(directory) as reader:
                    assert reader.runs()
                found = {p.name: mode(p) for p in (directory, *directory.rglob("*"))}
        finally:
            os.umask(before)
        files = {LOG_NAME, f"{LOG_NAME}-wal", f"{LOG_NAME}-shm", f"{RUN}.lock", ".open"}
        assert found == dict.fromkeys(files, 384) | {"state": 0o700, "runs": 0o700}

    async def test_a_log_that_lay_open_is_closed(self, tmp_path: Path) -> None:
        await write_some(tmp_path)
        os.chmod(tmp_path, 0o755)
        (tmp_path / LOG_NAME).chmod(0o644)
        async with open_sqlite_log(tmp_path):
            assert (mode(tmp_path), mode(tmp_path / LOG_NAME)) == (0o700, 0o600)

    async def test_a_directory_of_others_keeps_its_rights(self, tmp_path: Path) -> None:
        (tmp_path / "theirs").touch()
        os.chmod(tmp_path, 0o755)
        await write_some(tmp_path)
        assert (mode(tmp_path), mode(tmp_path / LOG_NAME)) == (0o755, 0o600)


class TestRefusals:
    async def test_a_path_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        error = await refusal(tmp_path / "file" / "state")
        assert isinstance(error, OperatorError)
        assert "Not a directory" in str(error)
        assert "--state" in str(error)

    async def test_a_log_that_is_a_directory(self, tmp_path: Path) -> None:
        (tmp_path / LOG_NAME).mkdir()
        assert isinstance(await refusal(tmp_path), OperatorError)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    async def test_a_directory_that_cannot_be_written(self, tmp_path: Path) -> None:
        os.chmod(tmp_path, 0o500)
        assert isinstance(await refusal(tmp_path), OperatorError)
        os.chmod(tmp_path, 0o700)
        await write_some(tmp_path)
        (tmp_path / LOG_NAME).chmod(0o400)
        assert isinstance(await refusal(tmp_path), OperatorError)

    async def test_a_file_that_is_no_log(self, tmp_path: Path) -> None:
        def write_text(path: Path) -> None:
            path.write_text("these are not the records you are looking for\n" * 99)

        def write_database(path: Path) -> None:
            with closing(sqlite3.connect(path)) as connection:
                connection.executescript("CREATE TABLE events (x); PRAGMA user_version = 1;")

        for name, write in (("text", write_text), ("database", write_database)):
            directory = tmp_path / name
            directory.mkdir()
            write(directory / LOG_NAME)
            before = (directory / LOG_NAME).read_bytes()
            error = await refusal(directory)
            assert isinstance(error, AuditError)
            assert "not a log of lion" in str(error)
            assert (directory / LOG_NAME).read_bytes() == before
            with pytest.raises(AuditError, match="not a log"):
                open_and_close(directory)

    async def test_a_log_from_the_future(self, tmp_path: Path) -> None:
        await write_some(tmp_path)
        with closing(sqlite3.connect(tmp_path / LOG_NAME)) as connection:
            connection.execute("PRAGMA user_version = 7")
        before = (tmp_path / LOG_NAME).read_bytes()
        error = await refusal(tmp_path)
        assert isinstance(error, AuditError)
        assert "newer lion: its schema is 7" in str(error)
        assert "\n" not in str(error)
        with pytest.raises(AuditError, match="newer lion"):
            open_and_close(tmp_path)
        assert (tmp_path / LOG_NAME).read_bytes() == before

    async def test_a_log_from_before_the_first_release(self, tmp_path: Path) -> None:
        await write_some(tmp_path)
        with closing(sqlite3.connect(tmp_path / LOG_NAME)) as connection:
            connection.execute("PRAGMA user_version = 1")
        error = await refusal(tmp_path)
        assert isinstance(error, AuditError)
        assert "older lion: its schema is 1" in str(error)
        with pytest.raises(AuditError, match="older lion"):
            open_and_close(tmp_path)

    @pytest.mark.parametrize("run", ["", "../up", "a/b", ".hidden", "x" * 200, "nul\0", "log"])
    async def test_a_run_id_that_is_no_file_name(self, tmp_path: Path, run: str) -> None:
        async with open_sqlite_log(tmp_path) as log:
            with pytest.raises(OperatorError, match="no run id"):
                await log.start_run(run, "hello")
            await log.start_run(RUN, "hello")  # And the log goes on.

    async def test_an_ended_run_cannot_be_started(self, tmp_path: Path) -> None:
        async with open_sqlite_log(tmp_path) as log:
            await log.start_run(RUN, "hello")
            log.append(finished())
        async with open_sqlite_log(tmp_path) as log:
            for _ in range(2):  # Not "belongs to another process": the lock was given back.
                with pytest.raises(AuditError, match="has ended"):
                    await log.start_run(RUN, "hello")


class TestReading:
    def test_there_is_no_log_yet(self, tmp_path: Path) -> None:
        for directory in (tmp_path, tmp_path / "none"):
            with (
                pytest.raises(OperatorError, match="no runs yet") as caught,
                open_sqlite_reader(directory),
            ):
                pass
            assert "lion run MANIFEST" in str(caught.value)
        (tmp_path / LOG_NAME).touch()  # A writer has just begun.
        with pytest.raises(OperatorError, match="no runs yet"):
            open_and_close(tmp_path)

    def test_a_path_below_a_file_has_no_log(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with (
            pytest.raises(OperatorError, match="is a file"),
            open_sqlite_reader(tmp_path / "file"),
        ):
            pass

    async def test_a_path_with_signs_that_mean_something_in_a_uri(self, tmp_path: Path) -> None:
        directory = tmp_path / "a?b#c%20d é"
        await write_some(directory)
        with open_sqlite_reader(directory) as reader:
            assert reader.verify(RUN).records == 3

    async def test_cannot_write(self, tmp_path: Path) -> None:
        await write_some(tmp_path)
        with open_sqlite_reader(tmp_path) as reader, pytest.raises(sqlite3.OperationalError):
            reader._connection.execute("DELETE FROM segments")

    async def test_a_reader_that_stops_midway_holds_no_snapshot(self, tmp_path: Path) -> None:
        """Or the WAL would grow for as long as a page is open."""
        async with open_sqlite_log(tmp_path) as log:
            await log.start_run(RUN, "hello")
            for _ in range(1_000):
                log.append(draft())
            await log.commit()
            with open_sqlite_reader(tmp_path) as reader:
                records = reader.records(RUN)
                assert next(records).seq == 1
                busy, *_ = log._store._connection.execute(
                    "PRAGMA wal_checkpoint(TRUNCATE)"
                ).fetchone()
                assert not busy
                log.append(draft())
                await log.commit()
                assert sum(1 for _ in records) == 1_000


async def test_the_wal_is_begun_anew_when_it_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 256 * 1024
    for module in (sqlite_store, sqlite_schema):
        monkeypatch.setattr(module, "WAL_BYTES", limit)
    wal = tmp_path / f"{LOG_NAME}-wal"
    longest = 0
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        for _ in range(60):
            log.append(draft("x" * 40_000))
            await log.commit()
            longest = max(longest, wal.stat().st_size)
    assert limit / 2 < longest < 2 * limit


@pytest.mark.parametrize(("durability", "level"), [("normal", 1), ("full", 2)])
async def test_durability(tmp_path: Path, durability: str, level: int) -> None:
    async with open_sqlite_log(tmp_path, durability=durability) as log:
        connection = log._store._connection
        assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_records_lost_on_leaving_are_told(tmp_path: Path) -> None:
    """Nobody waited for them, and the disk was full when they were written at last."""
    with pytest.raises(AuditError, match="full"):
        async with open_sqlite_log(tmp_path) as log:
            await log.start_run(RUN, "hello")
            fill_disk(log)
            log.append(draft("x" * 200_000))


async def test_the_buffer_has_a_bound(tmp_path: Path) -> None:
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        for _ in range(BUFFER_RECORDS):
            assert not log.is_full
            log.append(draft())
        assert log.is_full
        await log.wait_room()
        assert not log.is_full
        for _ in range(9):
            log.append(draft("x" * 1024 * 1024))
        assert log.is_full
        await log.wait_room()
        assert not log.is_full
    with open_sqlite_reader(tmp_path) as reader:
        assert reader.verify(RUN).records == BUFFER_RECORDS + 9


async def test_records_nobody_waits_for_are_written_soon(tmp_path: Path) -> None:
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        log.append(draft())
        with trio.fail_after(60):
            assert (await anext(log.subscribe(RUN))).seq == 1


def test_a_reader_that_comes_while_the_log_is_made_sees_all_of_it_or_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / LOG_NAME
    made = f"{LAYOUT} PRAGMA application_id = {sqlite_schema._APPLICATION_ID};"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:

            def make(statement: str) -> None:
                if "application_id" in statement:
                    reader.set_trace_callback(None)
                    version = sqlite_schema.SCHEMA_VERSION
                    writer.executescript(f"BEGIN; {made} PRAGMA user_version = {version}; COMMIT;")

            reader.set_trace_callback(make)
            assert not sqlite_schema.check_version(reader, path, may_be_new=True)
            assert sqlite_schema.check_version(reader, path, may_be_new=True)
