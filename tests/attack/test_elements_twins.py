"""Elements of real guests: granted they are kept, not granted they are denied; floods, sizes,
names, what is another's, and what is changed behind lion's back are held.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lion.errors import AuditError
from lion.history import open_history
from lion.log.sqlite_schema import LOG_NAME
from lion.upkeep import list_element_stores, list_elements
from tests.attack.kit import Arena, call, holder, only, open_arena

NOBODY = "00000000-0000-7000-8000-000000000000"
GRANT = 'allow.elements = { count = 1_000, bytes = "1 MiB" }'
CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("create", {"kind": "note", "content": "1"}, '"'),
    ("get", {"id": NOBODY}, "not-found: "),
    ("update", {"id": NOBODY, "content": "1"}, "not-found: "),
    ("delete", {"id": NOBODY}, "false"),
    ("list", {"kind": "note", "limit": 10}, "[]"),
    ("append", {"progression": "q", "id": NOBODY}, "not-found: "),
    ("insert", {"progression": "q", "id": NOBODY, "position": 0}, "not-found: "),
    ("move", {"progression": "q", "id": NOBODY, "position": 0}, "not-found: "),
    ("exclude", {"progression": "q", "id": NOBODY}, "false"),
    ("order", {"progression": "q", "start": 0, "limit": 10}, "[]"),
    ("progressions", {}, "[]"),
]
NOTES = "create note 1\ncreate note 2\ncreate other 3\nappend q 0\ninsert q 1 0\nappend p 0"


def _probe(*lines: str, name: str = "probe") -> str:
    return holder(name, "probe-elements", *lines)


def _script(lines: str, name: str = "probe") -> str:
    return call(f"{name}.script", lines=lines)


async def _said(arena: Arena, lines: str, grant: str = GRANT) -> list[str]:
    """What came of each line."""
    report = await arena.run(_probe(grant), _script(lines))
    said: list[str] = only(report).value
    assert (await arena.replay(report.run)).identical
    return said


def _kept(arena: Arena, holder: str = "probe") -> list[tuple[str, str, dict[str, int]]]:
    (owner,) = {one.owner for one in list_element_stores(arena.settings)}
    found = list_elements(arena.settings, owner, holder)
    return [(one.kind, one.content, one.places) for one in found]


@pytest.mark.parametrize(("tool", "args", "expected"), CALLS)
async def test_granted(tool: str, args: dict[str, Any], expected: str, tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(GRANT), call(f"probe.{tool}", **args))
        assert only(report).value.startswith(expected)
        assert report.denied == 0
        assert (await arena.replay(report.run)).identical


@pytest.mark.parametrize(("tool", "args"), [(tool, args) for tool, args, _ in CALLS])
async def test_not_granted(tool: str, args: dict[str, Any], tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(), call(f"probe.{tool}", **args))
        assert only(report).value.startswith("denied: ")
        (denial,) = report.denials
        line = 'plugins.probe.allow.elements = { count = 1000, bytes = "1 MiB" }'
        assert denial.suggestion == line
        assert (await arena.replay(report.run)).identical
        again = line.removeprefix("plugins.probe.")
        assert (await arena.run(_probe(again), call(f"probe.{tool}", **args))).denied == 0


@pytest.mark.parametrize(
    ("rule", "tool", "args"),
    [
        ("elements", "progressions", {}),
        ("elements create secret.*", "create", {"kind": "secret.a", "content": "1"}),
        ("elements list secret.*", "list", {"kind": "secret.a", "limit": 1}),
        ("elements order q", "order", {"progression": "q", "start": 0, "limit": 1}),
        (f"elements * {NOBODY}", "get", {"id": NOBODY}),
    ],
)
async def test_the_operators_rule_wins(
    rule: str, tool: str, args: dict[str, Any], tmp_path: Path
) -> None:
    async with open_arena(tmp_path, policy=f'deny = ["{rule}"]\n') as arena:
        report = await arena.run(_probe(GRANT), call(f"probe.{tool}", **args))
        assert only(report).value.startswith("denied: ")


async def test_they_are_kept_between_runs_in_their_order_and_people_see_them(
    tmp_path: Path,
) -> None:
    async with open_arena(tmp_path) as arena:
        said = await _said(arena, f"{NOTES}\norder q\nlist note\nnames\nupdate 0 1 4\nget 0")
        assert said[6:9] == ["[1,0]", "[0,1]", '["p","q"]']
        assert said[9] == "2"
        assert json.loads(said[10])["content"] == "4"
        assert await _said(arena, "names") == ['["p","q"]']
        assert _kept(arena) == [
            ("note", "4", {"p": 0, "q": 1}), ("note", "2", {"q": 0}), ("other", "3", {}),
        ]  # fmt: skip


async def test_a_fold_over_the_records_is_what_the_tables_have(tmp_path: Path) -> None:
    """From records alone, in the order of the log: what elements there are, and their orders."""
    first = f"{NOTES}\nupdate 0 - 5\nmove q 1 1\ndelete 1\nexclude p 0\nappend r 2\nupdate 0 1 x"
    async with open_arena(tmp_path) as arena:
        found: dict[str, tuple[str, str]] = {}
        orders: dict[str, list[str]] = {}
        for lines in (first, "create note 6\nappend q 0\ninsert q 0 0\nupdate 0 7 8\ndelete 0"):
            report = await arena.run(_probe(GRANT), _script(lines))
            for one in arena.calls(report.run):
                if one.capability == "elements" and one.value[0] == "ok":
                    _fold(found, orders, one.operation, one.args or [], one.value[1])
        places = {
            id: {name: order.index(id) for name, order in orders.items() if id in order}
            for id in found
        }
        assert len(found) == 2
        assert _kept(arena) == [(*found[id], places[id]) for id in sorted(found)]


def _fold(
    found: dict[str, tuple[str, str]], orders: dict[str, list[str]], name: str, args: list[Any],
    value: Any,
) -> None:  # fmt: skip
    match name:
        case "create":
            found[value] = args[0], args[1]
        case "update":
            found[args[0]] = found[args[0]][0], args[1]
        case "delete":
            found.pop(args[0], None)
            for order in orders.values():
                order[:] = [id for id in order if id != args[0]]
        case "append" | "insert":
            order = orders.setdefault(args[0], [])
            order.insert(args[2] if name == "insert" else len(order), args[1])
        case "move" | "exclude":
            orders[args[0]].remove(args[1])
            if name == "move":
                orders[args[0]].insert(args[2], args[1])


async def test_another_holder_and_another_manifest_see_and_change_nothing(
    tmp_path: Path,
) -> None:
    async with open_arena(tmp_path) as arena:
        made = await arena.run(_probe(GRANT), call("probe.create", kind="note", content="1"))
        id = json.loads(only(made).value)
        tries = ("get 0", "update 0 - 2", "delete 0", "append q 0", "list note")
        lines = "\n".join(line.replace("0", id) for line in tries)
        report = await arena.run(_probe(GRANT, name="thief"), _script(lines, "thief"))
        said = only(report).value
        assert [one.partition(":")[0] for one in said] == [
            "not-found", "not-found", "false", "not-found", "[]",
        ]  # fmt: skip
        assert _kept(arena) == [("note", "1", {})]
        # The same names in another file are another owner.
        (tmp_path / "other").mkdir()
        other = tmp_path / "other" / "manifest.toml"
        other.write_text('name = "attack"\n' + _probe(GRANT) + _script(lines), "utf-8")
        said = only(await arena.host.run(other)).value
        assert said[0].startswith("not-found")
        assert said[-1] == "[]"


async def test_a_flood_ends_at_the_quota_and_what_is_there_stays(tmp_path: Path) -> None:
    large = f'"{"x" * 65_000}"'
    few = 'allow.elements = { count = 40, bytes = "1 MiB" }'
    async with open_arena(tmp_path) as arena:
        said = await _said(arena, "many 50 create note 1\nlist note\ncreate note 1", few)
        assert said[0].startswith("exhausted: elements: the quota is 40 elements")
        assert len(json.loads(said[1])) == 40
        assert said[2].startswith("exhausted: ")
        said = await _said(arena, f"many 50 create note {large}\nlist note")
        assert said[0].startswith("exhausted: elements: the quota is 1,048,576 bytes")
        assert len(json.loads(said[1])) == 40 + 16
        (store,) = list_element_stores(arena.settings)
        assert store.bytes <= 1_048_576


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("create", {"kind": "", "content": "1"}, "a kind has"),
    ("create", {"kind": "e/a", "content": "1"}, "a kind is words"),
    ("create", {"kind": "nоte", "content": "1"}, "a kind is words"),  # a Cyrillic letter
    ("create", {"kind": "n" * 65, "content": "1"}, "a kind has"),
    ("create", {"kind": "note", "content": "no json"}, "content is JSON"),
    ("create", {"kind": "note", "content": "[" * 65 + "]" * 65}, "nested at most 64"),
    ("create", {"kind": "note", "content": f'"{"x" * 65_535}"'}, "content has at most"),
    ("get", {"id": "../" * 12}, "is no id"),
    ("get", {"id": "x" * 70_000}, "an id has"),
    ("append", {"progression": "p/q", "id": NOBODY}, "a progression's name is"),
    ("list", {"kind": "note", "limit": 0}, "the limit of a list"),
]


@pytest.mark.parametrize(("tool", "args", "words"), BAD, ids=[words for _, _, words in BAD])
async def test_what_is_no_kind_no_id_or_no_json_is_invalid(
    tool: str, args: dict[str, Any], words: str, tmp_path: Path
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(GRANT), call(f"probe.{tool}", **args))
        assert only(report).value.startswith("invalid: ")
        assert words in only(report).value
        assert list_element_stores(arena.settings) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE kv SET value = '9 note 1u' WHERE key LIKE 'e/%'",
        "DELETE FROM kv WHERE key LIKE 'p/%'",
        "UPDATE kv SET namespace = replace(namespace, 'probe', 'thief')",
    ],
)
async def test_what_is_changed_behind_lions_back_does_not_verify(
    change: str, tmp_path: Path
) -> None:
    async with open_arena(tmp_path) as arena:
        run = (await arena.run(_probe(GRANT), _script(NOTES))).run
    with closing(sqlite3.connect(tmp_path / "state" / LOG_NAME)) as connection, connection:
        assert connection.execute(change).rowcount > 0
    with open_history(arena.settings) as reader, pytest.raises(AuditError) as caught:
        reader.verify(run)
    assert caught.value.facts["fault"] == "kv"


async def test_what_is_no_element_ends_in_words(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        await arena.run(_probe(GRANT), _script(NOTES))
    with closing(sqlite3.connect(tmp_path / "state" / LOG_NAME)) as connection, connection:
        connection.execute("UPDATE kv SET value = 'nonsense' WHERE key LIKE 'e/%'")
    with pytest.raises(AuditError, match="changed by something else than lion"):
        _kept(arena)
