"""Look here if you want to know that a query reads its one database and does nothing else."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.errors import OperatorError
from lion.system import ToolError
from lion.system.shipped import sqlite_guard
from lion.values.json_scalars import JsonMismatch
from tests.attack.kit import call, holder, only, open_arena, task
from tests.system.kit import SystemBench, open_system, system

BOOKS = 2_000
RECURSIVE = "with recursive c(n) as (select 1 union all select n + 1 from c"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with a database, and another one that is nobody's business."""
    for name, title in (("library.sqlite", "book"), ("other.sqlite", "secret")):
        with sqlite3.connect(tmp_path / name) as database:
            database.execute(
                "create table books (id integer primary key, title text, year int, cover blob)"
            )
            database.executemany(
                "insert into books (title, year, cover) values (?, ?, x'ff00')",
                [(f"{title} {n}", 1900 + n % 100) for n in range(BOOKS)],
            )
            database.execute("create index years on books (year)")
            database.execute("create view old as select title from books where year < 1902")
        database.close()
    return tmp_path


@asynccontextmanager
async def open_query(folder: Path, **settings: Any) -> AsyncIterator[SystemBench]:
    chosen = {"file": "library.sqlite", "timeout": "5 s", **settings}
    async with open_system("sqlite-query", chosen, folder=folder) as bench:
        yield bench


@pytest.mark.parametrize(
    ("sql", "parameters", "rows"),
    [
        ("select count(*) from books", [], [[BOOKS]]),
        ("select title from books where id = ?", [3], [["book 2"]]),
        ("select title from books where id = :id", {"id": 3}, [["book 2"]]),
        ("select count(*) from old", [], [[40]]),
        (f"{RECURSIVE} where n < 3) select count(*), sum(n) from c", [], [[3, 6]]),
        ("select count(*) from (select 1 union select 2)", [], [[2]]),
        ("select value from json_each('[1, 2]')", [], [[1], [2]]),
        ("select a.id from books a join books b on a.id = b.id limit 1", [], [[1]]),
        ("select year, count(*) over () from books order by id limit 1", [], [[1900, BOOKS]]),
        ("select cover, null, 1.5, -9223372036854775808 from main.books limit 1", [],
         [[{"blob": "/wA="}, None, 1.5, -(2**63)]]),
        ("select cast(x'ff' as text)", [], [["\ufffd"]]),
        ("values (1, 'x')", [], [[1, "x"]]),
        ("select name from sqlite_schema where type = 'view'", [], [["old"]]),
        ("/* a */ select 1 -- b", [], [[1]]),
    ],
)  # fmt: skip
async def test_it_reads(library: Path, sql: str, parameters: Any, rows: list[Any]) -> None:
    async with open_query(library) as bench:
        found = await bench.call("query", sql=sql, parameters=parameters)
        assert found["rows"] == rows
        assert not found["more"]


async def test_it_says_which_tables_there_are(library: Path) -> None:
    async with open_query(library) as bench:
        found = await bench.call("tables")
        assert [table["name"] for table in found] == ["books", "old"]
        assert found[0]["sql"].startswith("CREATE TABLE books")


ONLY_READ = "a query may only read"
ATTACKS = [
    ("attach 'other.sqlite' as other", ONLY_READ),
    ("attach 'file:other.sqlite?mode=rwc' as other", ONLY_READ),
    ("attach ':memory:' as other", ONLY_READ),
    ("detach main", ONLY_READ),
    ("vacuum", ONLY_READ),
    ("vacuum into 'copy.sqlite'", ONLY_READ),
    ("pragma user_version", ONLY_READ),
    ("pragma query_only = off", ONLY_READ),
    ("pragma writable_schema = on", ONLY_READ),
    ("pragma journal_mode = delete", ONLY_READ),
    ("pragma temp_store_directory = '/tmp'", ONLY_READ),
    ("select * from pragma_database_list", ONLY_READ),
    ("select count(*) from pragma_database_list", ONLY_READ),
    ("select * from pragma_table_info('books')", ONLY_READ),
    ("insert into books (title) values ('x')", ONLY_READ),
    ("insert into books (title) values ('x') returning id", ONLY_READ),
    ("update books set title = ''", ONLY_READ),
    ("delete from books", ONLY_READ),
    ("replace into books (id) values (1)", ONLY_READ),
    ("with x as (select 1) delete from books", ONLY_READ),
    ("explain delete from books", ONLY_READ),
    ("create table more (a)", ONLY_READ),
    ("create temp table more (a)", ONLY_READ),
    ("create view more as select 1", ONLY_READ),
    ("create trigger t after insert on books begin select 1; end", ONLY_READ),
    ("create virtual table f using fts5(x)", ONLY_READ),
    ("drop table books", ONLY_READ),
    ("alter table books rename to x", ONLY_READ),
    ("begin", ONLY_READ),
    ("begin exclusive", ONLY_READ),
    ("commit", ONLY_READ),
    ("savepoint a", ONLY_READ),
    ("analyze", ONLY_READ),
    ("reindex", ONLY_READ),
    ("select load_extension('/tmp/x.so')", "the function 'load_extension' may not be used"),
    ("select load_extension('/tmp/x.so', 'entry')", "'load_extension' may not be used"),
    ("select fts3_tokenizer('simple', x'00')", "fts3_tokenizer"),
    ("select readfile('/etc/passwd')", "readfile"),
    ("select writefile('x', 'y')", "writefile"),
    ("select zeroblob(1000000000)", "'zeroblob' may not be used"),
    ("select * from sqlite_temp_schema", "may not be read"),
    ("select * from sqlite_dbpage", "sqlite_dbpage"),
    ("select * from dbstat", ""),
    ("select * from books; delete from books", "one statement"),
    ("select 1; attach 'other.sqlite' as o", "one statement"),
    ("select * from other.books", "no such table"),
    ("select replace(printf('%900000d', 1), ' ', 'aaaa')", "too big"),
    ("select group_concat(title || printf('%9000d', 1)) from books", "too big"),
    ("select 9e999", "is no number of JSON"),
    ("select ?", "Incorrect number of bindings"),
    ("select '\x00'", "null character"),
    ("", "this is no query"),
    ("-- nothing", "this is no query"),
    (";", "this is no query"),
    ("select " + "(" * 500 + "1" + ")" * 500, ""),
    ("select 1" + " union all select 1" * 60, "too many terms"),
    ("select 'a' like '" + "%a" * 40 + "'", "pattern too complex"),
    ("select " + ",".join(["1"] * 300), "too many columns"),
]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(("sql", "said"), ATTACKS, ids=[sql[:50] for sql, _ in ATTACKS])
async def test_it_does_nothing_else(
    library: Path, sql: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(library)
    before = contents(library)
    async with open_query(library) as bench:
        with pytest.raises(ToolError) as caught:
            await bench.call("query", sql=sql)
        assert said in caught.value.value
        assert (await bench.call("query", sql="select count(*) from books"))["rows"]
    assert contents(library) == before


async def test_without_the_guard_the_attacks_would_do_something(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above would notice: some of these succeed where nobody is asked."""
    database, _ = sqlite_guard.open_database(library / "library.sqlite", None)
    asked = {"parameters": [], "seconds": 5, "rows": 10, "bytes": 1_000}
    attacks = ("select * from pragma_database_list", "select hex(zeroblob(3))")
    assert all("refused" in sqlite_guard.answer(database, {**asked, "sql": a}) for a in attacks)
    monkeypatch.setattr(sqlite_guard.ReadOnly, "__call__", lambda *_: sqlite3.SQLITE_OK)
    assert all(sqlite_guard.answer(database, {**asked, "sql": a})["rows"] for a in attacks)
    database.close()


ENDLESS = [
    f"{RECURSIVE}) select count(*) from c",
    f"{RECURSIVE}) select n from c where n < 0",
    "select count(*) from books a, books b, books c, books d where a.id + b.id + c.id = -d.id",
    "select max(random()) from books a, books b, books c, books d",
]


LONG = "replace(printf('%30000d', 1), ' ', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')"
UNSEEN = {
    "instr": f"select instr({LONG}, substr({LONG}, 1, 400000) || 'b')",
    "replace": f"select length(replace({LONG}, substr({LONG}, 1, 400000) || 'b', ''))",
    "trim": f"select trim({LONG}, substr(replace({LONG}, 'a', 'b'), 1, 40000) || '1a')",
    "json_patch": f"{RECURSIVE} where n < 50000) select length(json_patch("
    "json_group_object('a' || n, 1), json_group_object('b' || n, 1))) from c",
    "view": "select * from endless",
}
"""Each is one call, in which SQLite looks at no clock for minutes at least."""


@pytest.mark.parametrize("name", UNSEEN)
async def test_one_long_function_ends(library: Path, name: str) -> None:
    with sqlite3.connect(library / "library.sqlite") as database:
        database.execute(f"create view endless as {UNSEEN['instr']}")
    database.close()
    async with open_query(library, timeout="100 ms") as bench:
        with pytest.raises(ToolError, match=r"the query took longer than 0.1 s"):
            await bench.call("query", sql=UNSEEN[name])
    async with open_query(library) as bench:
        assert (await bench.call("query", sql="select 1"))["rows"] == [[1]]


async def test_after_one_that_was_killed_the_next_is_answered(library: Path) -> None:
    async with open_query(library, timeout="1 s") as bench:
        for _ in range(2):
            with pytest.raises(ToolError, match="took longer"):
                await bench.call("query", sql=UNSEEN["instr"])
            found = await bench.call("query", sql="select count(*) from books")
            assert found["rows"] == [[BOOKS]]


async def test_who_swaps_the_file_after_a_kill_swaps_nothing(library: Path) -> None:
    async with open_query(library, timeout="1 s") as bench:
        os.replace(library / "other.sqlite", library / "library.sqlite")
        with pytest.raises(ToolError, match="took longer"):
            await bench.call("query", sql=UNSEEN["instr"])
        with pytest.raises(ToolError, match="was replaced by another file"):
            await bench.call("query", sql="select title from books")


def test_a_file_that_is_swapped_while_it_is_opened_is_not_read(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def swapped(*args: Any, **named: Any) -> sqlite3.Connection:
        os.replace(library / "other.sqlite", library / "library.sqlite")
        return connect(*args, **named)

    monkeypatch.setattr(sqlite3, "connect", swapped)
    with pytest.raises(sqlite_guard.Unreadable, match="was replaced by another file"):
        sqlite_guard.open_database(library / "library.sqlite", None)


@pytest.mark.skipif(sys.platform == "darwin", reason="has no limit on memory")
async def test_what_needs_too_much_memory_or_disk_is_refused(library: Path) -> None:
    many = "with recursive c(n) as (select 1 union all select n + 1 from c where n < 300)"
    big = "printf('%900000d', n)"
    async with open_query(library, timeout="60 s") as bench:
        for sql, said in (
            (f"{many} select n from c order by {big} || n", "disk I/O error"),
            (f"select {','.join([big] * 200)} from (select 1 n)", "memory"),
        ):
            with pytest.raises(ToolError, match=said):
                await bench.call("query", sql=sql)
        assert (await bench.call("query", sql="select 1"))["rows"] == [[1]]


async def test_a_run_that_is_cancelled_leaves_no_query_behind(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen

    def noted(*args: Any, **named: Any) -> Any:
        begun.append(begin(*args, **named))
        return begun[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    with trio.fail_after(60):
        async with open_query(library, timeout="1 h") as bench:
            with trio.move_on_after(0.05) as scope:
                await bench.call("query", sql=UNSEEN["instr"])
            assert scope.cancelled_caught
    assert [one.poll() for one in begun] == [-signal.SIGKILL]


def test_a_process_whose_host_is_gone_ends(library: Path) -> None:
    """At once while it waits, by its limit on processor time while it computes."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", sqlite_guard.__file__],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    asked = {"sql": UNSEEN["instr"], "parameters": [], "seconds": 0, "rows": 1, "bytes": 100}
    first = {"file": str(library / "library.sqlite"), "identity": None}
    lines = "".join(f"{json.dumps(one)}\n" for one in (first, asked))
    out, _ = process.communicate(lines.encode(), timeout=120)
    assert process.returncode == -signal.SIGXCPU
    assert out.count(b"\n") == 1


async def test_what_the_process_says_is_bounded(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a hostile database had made it another's."""
    monkeypatch.setattr("lion.system.shipped.sqlite_query.LONGEST_SCHEMA", 0)
    async with open_query(library, **{"max-bytes": "1 KiB"}) as bench:
        with pytest.raises(ToolError, match="the query was ended"):
            await bench.call("query", sql=f'select 1 as "{"x" * 10_000}"')
        assert (await bench.call("query", sql="select 1"))["rows"] == [[1]]


@pytest.mark.parametrize("sql", ENDLESS)
async def test_an_endless_query_ends(library: Path, sql: str) -> None:
    async with open_query(library, timeout="100 ms") as bench:
        with pytest.raises(ToolError, match=r"the query took longer than 0.1 s"):
            await bench.call("query", sql=sql)
    async with open_query(library) as bench:
        assert (await bench.call("query", sql="select 1"))["rows"] == [[1]]


async def test_a_huge_result_is_cut_and_says_so(library: Path) -> None:
    endless = f"{RECURSIVE}) select n from c"
    for settings, most in (({"max-rows": 10}, 10), ({"max-bytes": "1 KiB"}, 600)):
        async with open_query(library, **settings) as bench:
            for sql in ("select id from books", endless):
                found = await bench.call("query", sql=sql)
                assert found["more"]
                assert 0 < len(found["rows"]) <= most
    async with open_query(library, **{"max-bytes": "1 KiB"}) as bench:
        with pytest.raises(ToolError, match="one row has more than 1,024 bytes"):
            await bench.call("query", sql="select printf('%2000d', 1)")


@pytest.mark.parametrize(
    "arguments",
    [
        {"sql": 5}, {"sql": "select 1", "parameters": 5}, {"sql": "x" * 70_000}, {},
        {"sql": "select ?", "parameters": [[1]]}, {"sql": "select ?", "parameters": [2**80]},
    ],
)  # fmt: skip
async def test_arguments_of_other_types_never_reach_it(
    library: Path, arguments: dict[str, Any]
) -> None:
    async with open_query(library) as bench:
        with pytest.raises(JsonMismatch):
            await bench.call("query", **arguments)


async def test_a_parameter_is_never_sql(library: Path) -> None:
    async with open_query(library) as bench:
        bad = "' or 1=1; drop table books --"
        sql = "select count(*) from books where title = ?"
        assert (await bench.call("query", sql=sql, parameters=[bad]))["rows"] == [[0]]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "No such file"), ("folder", "is no file"), ("link", "is a symbolic link"),
        ("fifo", "is no file"), ("text", "file is not a database"), ("null", "is no file"),
    ],
)  # fmt: skip
async def test_a_file_that_is_none_is_refused(library: Path, kind: str, said: str) -> None:
    path = library / "it.sqlite"
    match kind:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(library / "other.sqlite")
        case "fifo":
            os.mkfifo(path)
        case "text":
            path.write_text("no database at all, but long enough " * 100)
        case "null":
            path = Path("/dev/null")
    with pytest.raises(OperatorError, match=r"the system plugin 'test' \(sqlite-q") as caught:
        async with open_query(library, file=str(path)):
            pass
    assert said in str(caught.value)


async def test_a_name_with_uri_parts_is_a_name(library: Path) -> None:
    name = "a?mode=rwc&vfs=x#b%41.sqlite"
    (library / name).write_bytes((library / "library.sqlite").read_bytes())
    async with open_query(library, file=name) as bench:
        assert (await bench.call("query", sql="select count(*) from books"))["rows"] == [[BOOKS]]
    with pytest.raises(OperatorError, match="cannot be read"):
        async with open_query(library, file="file:other.sqlite"):
            pass


async def test_whoever_swaps_the_file_swaps_nothing(library: Path) -> None:
    async with open_query(library) as bench:
        (library / "library.sqlite").unlink()
        (library / "library.sqlite").symlink_to(library / "other.sqlite")
        found = await bench.call("query", sql="select title from books limit 1")
        assert found["rows"] == [["book 0"]]


async def test_a_hostile_schema_runs_no_function(library: Path) -> None:
    with sqlite3.connect(library / "library.sqlite") as database:
        database.execute("create view trap as select load_extension('/tmp/x.so')")
        database.execute("create view blob as select zeroblob(1000000000)")
    database.close()
    async with open_query(library) as bench:
        for view in ("trap", "blob"):
            with pytest.raises(ToolError):
                await bench.call("query", sql=f"select * from {view}")


async def test_writers_beside_it_are_seen(library: Path) -> None:
    async with open_query(library) as bench:
        with sqlite3.connect(library / "library.sqlite") as database:
            database.execute("create table loans (id)")
        database.close()
        assert (await bench.call("query", sql="select count(*) from loans"))["rows"] == [[0]]


async def test_closing_stops_what_still_runs(library: Path) -> None:
    with trio.fail_after(60):
        async with open_query(library, timeout="1 h") as bench:
            with trio.move_on_after(0.05) as scope:
                await bench.call("query", sql=ENDLESS[0])
            assert scope.cancelled_caught


async def test_a_guest_asks_it_through_the_door(library: Path) -> None:
    table = system("db", "sqlite-query", f'settings.file = "{library}/library.sqlite"')
    config = (
        '[agents.ann.config]\nforbidden = ""\ntools = [\n'
        '  { name = "db.query", with = { sql = "select title from books limit 1" } },\n'
        '  { name = "db.query", with = { sql = "drop table books" } },\n]\n'
    )
    async with open_arena(library) as arena:
        granted = holder("ann", "guide", 'allow.tools = ["db.query"]', kind="agents") + config
        report = await arena.run(table, granted, task("ann"))
        (refused, given) = sorted(
            (e.value for e in arena.events(report.run) if type(e).__name__ == "PluginResult"),
            key=lambda value: value[0],
        )
        assert refused == ["err", ONLY_READ]
        assert given[1]["rows"] == [["book 0"]]
        assert (await arena.replay(report.run)).identical
        plain = holder("ann", "guide", kind="agents") + config
        assert (await arena.run(table, plain, task("ann"))).denied == 2
        called = await arena.run(table, call("db.tables"))
        assert [t["name"] for t in only(called).value] == ["books", "old"]
