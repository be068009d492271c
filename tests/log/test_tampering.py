"""Whatever happens to the database's bytes: a run verifies only if all that is shown of it, and
kept beside it, is as written."""

import shutil
import sqlite3
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from msgspec.structs import astuple

from lion.domain.record import Record
from lion.errors import AuditError, LionWarning
from lion.log.row import Row
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from lion.log.sqlite_kv import clear_store
from lion.log.sqlite_rows import put_together
from lion.log.sqlite_schema import LOG_NAME
from lion.log.sqlite_tables import digest_of_sum, entry_number
from lion.ports import BudgetUse, RunSummary, Tables
from tests.examples import examples
from tests.log.edits import DAMAGES, OURS
from tests.log.rig import RUN, draft, finished, started
from tests.series import times

RECORDS = 60


def keep(key: str, value: str) -> Callable[[Tables], None]:
    return lambda tables: tables.kv_set("owner/guide", key, value)


async def write(directory: Path) -> None:
    async with open_sqlite_log(directory) as log:
        await log.start_run("another", "hello")
        await log.start_run(RUN, "hello")
        log.append(started({"guide": await log.put_blob(b"component" * 500)}))
        for n in range(RECORDS - 5):
            log.append(draft("x" * (5_000 if n == 30 else n), call=n))
            log.append(draft(f"another {n}", run="another"))
            if n % 10 == 0:
                log.note_budget(RUN, "guide", "calls", 100, n)
                await log.commit()
        for value in ("old", "new"):
            await log.transact(keep("key", value), lambda _: draft("kept"))
        await log.transact(keep("other", "value"), lambda _: draft("kept"))
        await log.transact(
            lambda tables: tables.kv_set("owner/bard", "song", "la"),
            lambda _: draft("kept", run="another"),
        )
        log.append(finished())
    clear_store(directory, "owner", "bard")
    unite(directory)


def unite(directory: Path) -> None:
    """Put the small segments of the run that goes on together, so that both kinds of rows are
    there."""
    with closing(sqlite3.connect(directory / LOG_NAME)) as connection, connection:
        (run,) = connection.execute("SELECT id FROM runs WHERE run = 'another'").fetchone()
        put_together(connection, run, 10)


Seen = tuple[list[Record], list[RunSummary], list[BudgetUse]]


def read(directory: Path) -> Seen:
    """Everything that is shown of a run, if it verifies."""
    with open_sqlite_reader(directory) as reader:
        records = [Record(*astuple(one)[:-1]) for one in reader.verified(RUN)]
        assert records == list(reader.records(RUN))
        summary = [one for one in reader.runs() if one.run == RUN]
        return records, summary, reader.budgets(RUN)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pristine")
    trio.run(write, directory)
    return directory


@pytest.fixture
def copy(pristine: Path, tmp_path: Path) -> Path:
    """A log of one's own to damage; closed, so the database file is all there is."""
    shutil.copy(pristine / LOG_NAME, tmp_path / LOG_NAME)
    return tmp_path


def execute(directory: Path, *statements: str, values: tuple[Any, ...] = ()) -> int:
    with closing(sqlite3.connect(directory / LOG_NAME)) as connection:
        with connection:
            changed = [connection.execute(statement, values).rowcount for statement in statements]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return sum(changed)


def fault_of(directory: Path) -> tuple[object, object]:
    with open_sqlite_reader(directory) as reader, pytest.raises(AuditError) as caught:
        reader.verify(RUN)
    return caught.value.facts.get("seq"), caught.value.facts.get("fault")


def test_the_log_is_whole_before_we_start(copy: Path) -> None:
    records, (summary,), budgets = read(copy)
    assert len(records) == summary.records == RECORDS
    assert budgets == [BudgetUse("guide", "calls", 100, 50)]
    with open_sqlite_reader(copy) as reader:
        assert reader.verify("another").records == RECORDS - 4
        assert reader.verify("log").records == 1
        parts = [row.parts for row in reader.rows("another")]
        assert max(parts) > 1
        assert max(row.parts for row in reader.rows(RUN)) > 5


VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.text(max_size=3).filter(str.isprintable),
    st.binary(max_size=3), st.floats(allow_nan=False), st.none(),
)  # fmt: skip
COLUMNS = [("segments", column) for column in Row.__struct_fields__]
COLUMNS += [("runs", column) for column in ("run", "records", "head", "exit_code")]
COLUMNS += [("kv", column) for column in ("namespace", "key", "value")]
COLUMNS += [("kv_usage", column) for column in ("namespace", "bytes", "digest")]
COLUMNS += [("budgets", column) for column in ("run", "holder", "budget", '"limit"', "used")]


@examples(150, suppressed=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(COLUMNS), st.integers(0, 9), VALUES)
def test_any_value_in_any_column_is_found(
    copy: Path, where: tuple[str, str], nth: int, value: Any
) -> None:
    table, column = where
    shutil.copy(copy / LOG_NAME, copy / "whole")
    expected = read(copy)
    keys = {"kv": "namespace, key", "kv_usage": "namespace", "budgets": "run, holder, budget"}
    key = keys.get(table, "rowid")
    rows = f"SELECT {key} FROM {table} WHERE {OURS if table == 'segments' else 1}"
    rows += f" AND run = '{RUN}'" if table == "runs" else ""
    nth %= execute_one(copy, f"SELECT count(*) FROM ({rows})")
    statement = f"UPDATE {table} SET {column} = ? WHERE ({key}) IN ({rows} LIMIT 1 OFFSET {nth})"
    try:
        execute(copy, statement, values=(value,))
    except sqlite3.IntegrityError:
        return  # The schema refuses it (NOT NULL, a key): not even a forger with SQL can write it.
    try:
        seen = read(copy)
    except AuditError:
        return
    finally:
        shutil.move(copy / "whole", copy / LOG_NAME)
    assert seen == expected


def execute_one(directory: Path, statement: str) -> int:
    with closing(sqlite3.connect(directory / LOG_NAME)) as connection:
        return int(connection.execute(statement).fetchone()[0])


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named(copy: Path, damage: str) -> None:
    statement, expected = DAMAGES[damage]
    execute(copy, statement)
    assert fault_of(copy) == expected


def test_a_store_that_was_cleared_does_not_come_back(copy: Path) -> None:
    """Not with a digest that fits, either: the last word on it is that it is empty."""
    digest = digest_of_sum(entry_number("owner/bard", "song", "la"))
    execute(copy, "INSERT INTO kv VALUES ('owner/bard', 'song', 'la')")
    update = "UPDATE kv_usage SET bytes = 6, digest = ? WHERE namespace = 'owner/bard'"
    execute(copy, update, values=(digest,))
    assert fault_of(copy) == (None, "kv")


def test_a_table_read_from_a_crooked_index_is_found(copy: Path) -> None:
    """An index that says otherwise than its table: what is searched is not what is read."""
    with closing(sqlite3.connect(copy / LOG_NAME)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = NULL WHERE 0")
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'segments_by_end'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    path = copy / LOG_NAME
    whole = bytearray(path.read_bytes())
    whole[root * size - 3] ^= 1  # of the last cell of the index's only page
    path.write_bytes(whole)
    with open_sqlite_reader(copy) as reader, pytest.warns(LionWarning, match="not where run"):
        assert "\n" not in reader.verify(RUN).damage


def test_what_an_index_says_of_the_run_itself_is_not_believed(copy: Path) -> None:
    """The index has what was written, its table has not: a search in it finds the record."""
    with closing(sqlite3.connect(copy / LOG_NAME)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        name = "name = 'segments_by_seq'"
        (index,) = connection.execute(f"SELECT * FROM sqlite_schema WHERE {name}").fetchall()
        connection.execute(f"DELETE FROM sqlite_schema WHERE {name}")
    with closing(sqlite3.connect(copy / LOG_NAME)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE segments SET last_seq = last_seq + 1000")
        connection.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", index)
    assert fault_of(copy)[1] == "database"


def test_a_record_is_named_in_rows_of_one_segment(tmp_path: Path) -> None:
    async def fill() -> None:
        async with open_sqlite_log(tmp_path) as log:
            await log.start_run(RUN, "hello")
            for n in range(40):
                log.append(draft(f"record {n:03}"))

    trio.run(fill)
    path = tmp_path / LOG_NAME
    path.write_bytes(path.read_bytes().replace(b"record 017", b"record 711"))
    assert fault_of(tmp_path) == (18, "changed")


def flip_and_look(copy: Path, offsets: range) -> tuple[int, int]:
    """Change one byte at a time; how often it was found, and how often it did not matter."""
    path, expected = copy / LOG_NAME, read(copy)
    whole = path.read_bytes()
    found = harmless = 0
    for offset in offsets:
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0x55]) + whole[offset + 1 :])
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", LionWarning)
            try:
                seen = read(copy)
            except AuditError:
                found += 1
            else:  # Elsewhere, if that is said; this run is shown as it is.
                assert seen == expected, offset
                found += bool(warned)
                harmless += not warned
    path.write_bytes(whole)
    return found, harmless


def test_a_changed_byte_is_found_or_changes_nothing(copy: Path) -> None:
    size = (copy / LOG_NAME).stat().st_size
    found, harmless = flip_and_look(copy, range(0, size, 307))
    assert found > 50
    assert found + harmless > 200


@pytest.mark.slow
def test_many_changed_bytes(copy: Path) -> None:
    size = (copy / LOG_NAME).stat().st_size
    found, _ = flip_and_look(copy, range(0, size, times(11, sample=29)))
    assert found > times(1_000, sample=400)
