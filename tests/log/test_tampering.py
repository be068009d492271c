"""Whatever happens to the database's bytes: a run verifies only if its records are as written."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from lion.domain.record import Record
from lion.errors import AuditError
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from lion.log.sqlite_schema import LOG_NAME
from tests.examples import examples
from tests.log.rig import RUN, draft, finished, started
from tests.series import times

RECORDS = 60
SCOPED = ("invocation", "principal", "component_digest", "cause", "correlation")
KEPT = (c for c in Record.__struct_fields__ if c not in SCOPED)
COLUMNS = (*KEPT, "scope", "body_digest")


async def write(directory: Path) -> None:
    async with open_sqlite_log(directory) as log:
        await log.start_run("another", "hello")
        await log.start_run(RUN, "hello")
        log.append(started({"guide": await log.put_blob(b"component" * 500)}))
        for n in range(RECORDS - 2):
            log.append(draft("x" * (5_000 if n == 30 else n), call=n))
            log.append(draft(f"another {n}", run="another"))
        log.append(finished())


def read(directory: Path) -> list[Record]:
    with open_sqlite_reader(directory) as reader:
        assert reader.verify(RUN).finished
        return list(reader.records(RUN))


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


OURS = f"run = (SELECT id FROM runs WHERE run = '{RUN}')"


def test_the_log_is_whole_before_we_start(copy: Path) -> None:
    assert len(read(copy)) == RECORDS


VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.text(max_size=3).filter(str.isprintable),
    st.binary(max_size=3), st.floats(allow_nan=False), st.none(),
)  # fmt: skip


@examples(100, suppressed=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, RECORDS), st.sampled_from((*COLUMNS, *SCOPED)), VALUES)
def test_any_value_in_any_column_is_found(copy: Path, seq: int, column: str, value: Any) -> None:
    shutil.copy(copy / LOG_NAME, copy / "whole")
    row = f"{OURS} AND seq = {seq}"
    statement = f"UPDATE events SET {column} = ? WHERE {row}"
    if column in SCOPED:
        ours = f"(SELECT scope FROM events WHERE {row})"
        statement = f"UPDATE scopes SET {column} = ? WHERE id = {ours}"
    try:
        execute(copy, statement, values=(value,))
    except sqlite3.IntegrityError:
        return  # The schema refuses it (NOT NULL, a key): not even a forger with SQL can write it.
    try:
        records = read(copy)
    except AuditError:
        return
    finally:
        shutil.move(copy / "whole", copy / LOG_NAME)
    assert records == read(copy)


ANOTHER = "(SELECT id FROM runs WHERE run = 'another')"
COPY = (
    "INSERT INTO events SELECT 9999, run, {seq}, scope, call, time_ns, type, version, body, "
    "previous_digest, digest, body_digest "
    f"FROM events WHERE {OURS} AND seq = 3"
)
DAMAGES = {
    "a record removed": (f"DELETE FROM events WHERE {OURS} AND seq = 7", (7, "missing")),
    "the tail cut": (f"DELETE FROM events WHERE {OURS} AND seq > 50", (51, "note")),
    "the end cut": (f"DELETE FROM events WHERE {OURS} AND seq = {RECORDS}", (RECORDS, "note")),
    "all removed": (f"DELETE FROM events WHERE {OURS}", (1, "note")),
    "an earlier one inserted": (COPY.format(seq=0), (0, "changed")),
    "one added at the end": (COPY.format(seq=61), (61, "note")),
    "one moved to the other run": (
        f"UPDATE events SET run = {ANOTHER}, seq = 99 WHERE {OURS} AND seq = 5",
        (5, "missing"),
    ),
    "a large body lost": ("DELETE FROM blobs WHERE length(data) > 4999", (32, "changed")),
    "a large body changed": (
        "UPDATE blobs SET data = replace(data, 'x', 'y') WHERE length(data) > 4999",
        (32, "changed"),
    ),
    "a component changed": (
        "UPDATE blobs SET data = zeroblob(4500) WHERE length(data) = 4500",
        (1, "component"),
    ),
    "an ended run made live": (
        f"UPDATE runs SET exit_code = NULL WHERE run = '{RUN}'",
        (60, "note"),
    ),
    "another exit code": (f"UPDATE runs SET exit_code = 3 WHERE run = '{RUN}'", (60, "note")),
    "a scope lost": (
        f"DELETE FROM scopes WHERE id = (SELECT scope FROM events WHERE {OURS} AND seq = 1)",
        (1, "note"),
    ),
    "the run renamed": (f"UPDATE runs SET run = 'x' WHERE run = '{RUN}'", (1, "changed")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named(copy: Path, damage: str) -> None:
    statement, expected = DAMAGES[damage]
    assert execute(copy, statement) > 0
    assert fault_of(copy) == expected


def test_swapped_records_are_found(copy: Path) -> None:
    swap = "UPDATE events SET seq = {new} WHERE {ours} AND seq = {old}"
    steps = [(4, -4), (9, 4), (-4, 9)]
    execute(copy, *(swap.format(ours=OURS, old=old, new=new) for old, new in steps))
    assert fault_of(copy) == (4, "changed")


def flip_and_look(copy: Path, offsets: range) -> tuple[int, int]:
    """Change one byte at a time; how often it was found, and how often it did not matter."""
    path, expected = copy / LOG_NAME, read(copy)
    whole = path.read_bytes()
    found = harmless = 0
    for offset in offsets:
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0x55]) + whole[offset + 1 :])
        try:
            records = read(copy)
        except AuditError:
            found += 1
        else:
            assert records == expected, offset
            harmless += 1
    path.write_bytes(whole)
    return found, harmless


def test_a_changed_byte_is_found_or_changes_no_record(copy: Path) -> None:
    size = (copy / LOG_NAME).stat().st_size
    found, harmless = flip_and_look(copy, range(0, size, 307))
    assert found > 50
    assert found + harmless > 200


@pytest.mark.slow
def test_many_changed_bytes(copy: Path) -> None:
    size = (copy / LOG_NAME).stat().st_size
    found, _ = flip_and_look(copy, range(0, size, times(11, sample=29)))
    assert found > times(1_000, sample=400)
