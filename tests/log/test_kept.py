"""Stores of kv that are answered from memory: what is heard is what the tables have, whoever else
writes to them, and what the records say."""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import CallError
from lion.errors import AuditError, InternalError
from lion.log import kept, stores
from lion.log.memory_tables import MemoryTables
from lion.log.sqlite import SqliteLog, open_sqlite_log, open_sqlite_reader
from lion.log.sqlite_kv import adopt_stores, clear_store, get_value
from lion.log.sqlite_opening import connect_reader
from lion.log.sqlite_schema import LOG_NAME
from lion.ports import Tables
from tests.examples import examples
from tests.log.counter_process import STORE, add_one
from tests.log.rig import RUN, draft, fill_disk, finished, message
from tests.series import times

ROOT = Path(__file__).parents[2]


async def do(
    log: SqliteLog, operate: Callable[[Tables], object], *, run: str = RUN, store: str = STORE
) -> object:
    await log.wait_store(store)
    return (await log.transact(operate, lambda value: draft(repr(value), run=run), store))[0]


def put(key: str, value: str) -> Callable[[Tables], None]:
    return lambda tables: tables.kv_set(STORE, key, value)


def get(key: str) -> Callable[[Tables], str | None]:
    return lambda tables: tables.kv_get(STORE, key)


def verified(directory: Path, run: str = RUN) -> list[str]:
    with open_sqlite_reader(directory) as reader:
        return [message(one) for one in reader.verified(run) if one.type == "LineLogged"]


async def test_what_was_set_is_heard_at_once_and_written_with_its_record(tmp_path: Path) -> None:
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        await do(log, put("a", "1"))
        done = log.transact_at_once(get("a"), lambda value: draft(repr(value)), STORE)
        assert done is not None and done[0] == "1"  # without waiting for anything
        assert get_value(tmp_path, "owner", "guide", "a") is None
        await log.commit()
        assert get_value(tmp_path, "owner", "guide", "a") == "1"
    assert verified(tmp_path) == ["None", "'1'"]


async def test_two_logs_take_turns_and_miss_nothing(tmp_path: Path) -> None:
    async def count(log: SqliteLog, run: str) -> None:
        for _ in range(20):
            await add_one(log, run)

    async with open_sqlite_log(tmp_path) as one, open_sqlite_log(tmp_path) as two:
        await one.start_run("one", "hello")
        await two.start_run("two", "hello")
        async with trio.open_nursery() as nursery:
            for log, run in ((one, "one"), (two, "two")):
                nursery.start_soon(count, log, run)
                nursery.start_soon(count, log, run)
    assert get_value(tmp_path, "owner", "guide", "count") == "80"
    said = verified(tmp_path, "one") + verified(tmp_path, "two")
    assert sorted(map(int, said)) == list(range(1, 81))


def test_two_processes_take_turns_and_miss_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.log.counter_process", str(tmp_path)]
    started = [
        subprocess.Popen([*command, run, "150"], cwd=ROOT, stdout=subprocess.DEVNULL)
        for run in ("one", "two")
    ]
    assert [process.wait(timeout=60) for process in started] == [0, 0]
    assert get_value(tmp_path, "owner", "guide", "count") == "300"
    said = verified(tmp_path, "one") + verified(tmp_path, "two")
    assert sorted(map(int, said)) == list(range(1, 301))


@pytest.mark.slow
def test_killed_counters_leave_rows_and_records_alike(tmp_path: Path) -> None:
    """Two at a time, killed anywhere: what is kept is what the records say, to the last one."""
    chance = random.Random(7)
    command = [sys.executable, "-m", "tests.log.counter_process", str(tmp_path)]
    count = times(40, sample=4)
    for kill in range(count):
        both = [
            subprocess.Popen(
                [*command, f"run-{kill}-{n}", "100000"], cwd=ROOT, stdout=subprocess.PIPE
            )
            for n in range(2)
        ]
        for process in both:
            assert process.stdout is not None
            for _ in range(chance.choice((1, 2, 7, 60))):
                process.stdout.readline()
            process.kill()
        for process in both:
            process.communicate()
    with open_sqlite_reader(tmp_path) as reader:
        runs = [one.run for one in reader.runs()]
    said = sorted(int(value) for run in runs for value in verified(tmp_path, run))
    assert said == list(range(1, len(said) + 1))
    assert get_value(tmp_path, "owner", "guide", "count") == str(len(said))


async def test_what_an_operator_does_is_heard(tmp_path: Path) -> None:
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        await do(log, put("a", "1"))
        cleared = await trio.to_thread.run_sync(clear_store, tmp_path, "owner", "guide")
        assert cleared == 1
        assert await do(log, get("a")) is None
        await do(log, put("a", "2"))
        await trio.to_thread.run_sync(adopt_stores, tmp_path, "owner", "heir")
        assert await do(log, get("a")) is None
        heirs = "heir/guide"
        assert await do(log, lambda tables: tables.kv_get(heirs, "a"), store=heirs) == "2"
    assert verified(tmp_path) == ["None", "None", "None", "None", "'2'"]


async def test_who_writes_without_the_lease_is_found_and_nothing_is_lost(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="without its lease"):
        async with open_sqlite_log(tmp_path) as log:
            await log.start_run(RUN, "hello")
            await do(log, put("a", "1"))
            await log.commit()
            await do(log, put("a", "2"))  # The lease is held from here on.
            with closing(sqlite3.connect(tmp_path / LOG_NAME)) as other, other:
                other.execute("UPDATE kv SET value = '3'")
                other.execute("UPDATE kv_usage SET digest = ?", (bytes(32),))
            await log.commit()
    assert get_value(tmp_path, "owner", "guide", "a") == "3"


async def test_a_call_that_the_log_refuses_has_changed_nothing(tmp_path: Path) -> None:
    def fail_late(tables: Tables) -> None:
        tables.kv_set(STORE, "a", "changed")
        tables.kv_set(STORE, "new", "x")
        tables.kv_delete(STORE, "b")
        tables.kv_set(STORE, "b", "again")
        raise CallError("exhausted", "quota")

    async with open_sqlite_log(tmp_path, quota=3_000) as log:
        await log.start_run(RUN, "hello")
        await do(log, put("a", "1"))
        await do(log, put("b", "2"))
        with pytest.raises(CallError):
            await do(log, fail_late)
        with pytest.raises(AuditError, match="quota of log"):
            for n in range(20):
                await do(log, put("a", str(n)))
        log.append(finished())
    said = len(verified(tmp_path))
    assert get_value(tmp_path, "owner", "guide", "a") == str(said - 3)
    assert get_value(tmp_path, "owner", "guide", "b") == "2"
    assert get_value(tmp_path, "owner", "guide", "new") is None


async def test_a_store_that_outgrows_memory_goes_on_in_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "STORE_BYTES", 200)
    monkeypatch.setattr(stores, "STORE_BYTES", 200)
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        for n in range(9):
            await do(log, put(f"k{n}", "x" * 40))
        assert log.transact_at_once(get("k1"), lambda v: draft(repr(v)), STORE) is None
        assert await do(log, lambda tables: tables.kv_bytes(STORE)) == 9 * 42
        assert await do(log, lambda tables: tables.kv_list(STORE, "k", "k6", 9)) == ["k7", "k8"]
    async with open_sqlite_log(tmp_path) as log:  # and stays there
        await log.start_run("next", "hello")
        assert await do(log, get("k8"), run="next") == "x" * 40
        assert log.transact_at_once(get("k1"), lambda v: draft(repr(v)), STORE) is None
    assert len(verified(tmp_path)) == 11


@pytest.mark.parametrize(
    "change", ["UPDATE kv SET value = x'ff'", "UPDATE kv_usage SET bytes = 'many'"]
)
async def test_a_store_that_was_changed_into_no_text_is_the_logs_damage(
    tmp_path: Path, change: str
) -> None:
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        await do(log, put("a", "1"))
    with closing(sqlite3.connect(tmp_path / LOG_NAME)) as other, other:
        other.execute(change)
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run("next", "hello")
        with pytest.raises(AuditError, match="is kept in"):
            await do(log, get("a"), run="next")


async def test_stores_that_are_not_in_use_make_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "ALL_BYTES", 150)
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        for n in range(6):
            store = f"owner/{n}"
            for text in ("x" * 60, "y" * 60):
                await do(
                    log, lambda tables, s=store, t=text: tables.kv_set(s, "k", t), store=store
                )
            await log.commit()
        held = sum(one.size for one in log._stores._stores.values())
        assert held <= 150
        for n in range(6):
            store = f"owner/{n}"
            found = await do(log, lambda tables, s=store: tables.kv_get(s, "k"), store=store)
            assert found == "y" * 60
    verified(tmp_path)


async def test_on_a_full_disk_nothing_more_is_heard_and_what_was_written_stays(
    tmp_path: Path,
) -> None:
    with pytest.raises(AuditError, match="full"):
        async with open_sqlite_log(tmp_path) as log:
            await log.start_run(RUN, "hello")
            await do(log, put("a", "1"))
            await log.commit()
            fill_disk(log)
            await do(log, put("a", "2" * 50_000))
            with pytest.raises(AuditError, match="full"):
                await log.commit()
            with pytest.raises(AuditError, match="full"):
                await do(log, get("a"))
            with pytest.raises(AuditError, match="full"):
                log.transact_at_once(get("a"), lambda v: draft(repr(v)), STORE)
    assert get_value(tmp_path, "owner", "guide", "a") == "1"
    assert verified(tmp_path) == ["None"]
    async with open_sqlite_log(tmp_path) as log:  # Its leases were let go of.
        await log.start_run("next", "hello")
        assert await do(log, get("a"), run="next") == "1"


async def test_a_store_is_no_other_one(tmp_path: Path) -> None:
    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        await do(log, put("a", "1"))
        with pytest.raises(InternalError, match="not the store"):
            await do(log, lambda tables: tables.kv_get("owner/other", "a"))
        await log.commit()


async def test_stores_that_are_opened_at_once_share_one_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        opened.append(connect_reader(path))
        return opened[-1]

    async with open_sqlite_log(tmp_path) as log:
        await log.start_run(RUN, "hello")
        monkeypatch.setattr(stores, "connect_reader", connect)
        async with trio.open_nursery() as nursery:
            for name in ("owner/a", "owner/b", "owner/c"):
                nursery.start_soon(log.wait_store, name)
    for connection in opened:  # Python 3.13 warns of any that is left open
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


async def test_whoever_waits_for_its_turn_can_be_cancelled(tmp_path: Path) -> None:
    async with open_sqlite_log(tmp_path) as one, open_sqlite_log(tmp_path) as two:
        await one.start_run("one", "hello")
        await two.start_run("two", "hello")
        await one._stores.open(STORE, "somebody")  # and nothing lets go of it
        with trio.move_on_after(0.3) as scope:
            await two.wait_store(STORE)
        assert scope.cancelled_caught
        assert trio.current_time() - scope.deadline < 0.5
        for held in one._stores._leases._leases.values():
            held.leave("somebody")
        await add_one(two, "two")


async def test_others_go_first_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that never pauses gives way all the same."""
    async with open_sqlite_log(tmp_path) as one, open_sqlite_log(tmp_path) as two:
        await one.start_run("one", "hello")
        await two.start_run("two", "hello")
        done = trio.Event()

        async def hurry() -> None:
            while not done.is_set():
                await add_one(one, "one")
                await trio.lowlevel.checkpoint()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(hurry)
            with trio.fail_after(60):
                for _ in range(3):
                    await add_one(two, "two")
            done.set()
    assert len(verified(tmp_path, "two")) == 3


KEYS = st.sampled_from(["", "a", "ab", "b", "bé", "ÿ", "\U0001f600", "\uffff"])
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("kv_set"), KEYS, VALUES),
        st.tuples(st.just("kv_get"), KEYS),
        st.tuples(st.just("kv_delete"), KEYS),
        st.tuples(st.just("kv_list"), KEYS, st.none() | KEYS, st.integers(1, 5)),
        st.tuples(st.just("kv_bytes")),
        st.tuples(st.just("commit")),
        st.tuples(st.just("fail"), KEYS),
    ),
    max_size=30,
)


@examples(40)
@given(CALLS)
def test_it_answers_as_the_tables_would(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[object, ...]]
) -> None:
    directory = tmp_path_factory.mktemp("kept")

    async def main() -> None:
        like = MemoryTables()
        async with open_sqlite_log(directory) as log:
            await log.start_run(RUN, "hello")
            for name, *args in calls:
                if name == "commit":
                    await log.commit()
                elif name == "fail":
                    with pytest.raises(ZeroDivisionError):
                        await do(log, _failing(str(args[0])))
                else:
                    found = await do(log, lambda t, n=name, a=args: getattr(t, n)(STORE, *a))
                    assert found == getattr(like, str(name))(STORE, *args)
        keys = like.kv_list(STORE, "", None, 100)
        for key in keys:
            found = get_value(directory, "owner", "guide", key)
            assert found == like.kv_get(STORE, key)
        with open_sqlite_reader(directory) as reader:
            if reader.runs():
                reader.verify(RUN)

    trio.run(main)


def _failing(key: str) -> Callable[[Tables], None]:
    def operate(tables: Tables) -> None:
        tables.kv_set(STORE, key, "no")
        tables.kv_delete(STORE, key)
        tables.kv_set(STORE, "a", "no")
        raise ZeroDivisionError

    return operate
