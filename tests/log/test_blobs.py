"""Bytes by their digest: what was damaged is mended from the same bytes, when they come again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lion.errors import AuditError
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from lion.log.sqlite_schema import LOG_NAME
from tests.log.rig import RUN, draft, finished, started

COMPONENT = b"component" * 500
OTHER = "0190a1b2-two"


async def run(directory: Path, name: str) -> None:
    async with open_sqlite_log(directory) as log:
        digest = await log.put_blob(COMPONENT)
        await log.start_run(name, "hello")
        log.append(started({"guide": digest}, run=name))
        log.append(draft("x" * 5_000, run=name))
        log.append(finished(run=name))


def damage(directory: Path, data: object) -> None:
    with closing(sqlite3.connect(directory / LOG_NAME)) as connection, connection:
        assert connection.execute("UPDATE blobs SET data = ?", (data,)).rowcount == 2


def verify(directory: Path, name: str) -> bool:
    with open_sqlite_reader(directory) as reader:
        try:
            return reader.verify(name).finished
        except AuditError:
            return False


@pytest.mark.parametrize("data", [b"", b"other", "text", COMPONENT.decode()])
async def test_a_damaged_component_is_repaired_by_the_next_run(
    tmp_path: Path, data: object
) -> None:
    await run(tmp_path, RUN)
    damage(tmp_path, data)
    assert not verify(tmp_path, RUN)
    await run(tmp_path, OTHER)
    assert verify(tmp_path, OTHER)
    assert verify(tmp_path, RUN)


async def test_large_records_are_kept_out_of_segments_and_buffered_by_their_bytes(
    tmp_path: Path,
) -> None:
    """Memory holds a few of them at a time, however many there are."""
    size = 2 * 1024 * 1024
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        for n in range(20):
            log.append(draft(f"{n:03}" + "x" * size))
            assert log._group.bytes <= 8 * 1024 * 1024 + size + 100
            await log.wait_room()
    with open_sqlite_reader(tmp_path) as reader:
        assert reader.verify(RUN).records == 20
        assert max(row.size for row in reader.rows(RUN)) < 10_000
        pages, after = 0, 0
        while page := reader.page(RUN, after):
            assert sum(len(record.body) for record in page) < 2 * size
            after, pages = page[-1].seq, pages + 1
        assert pages == 20
