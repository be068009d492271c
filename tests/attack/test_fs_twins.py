"""Look here if you want to know that every function of `fs`, called by a real component, answers
when it is granted and is denied when it is not.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lion.capabilities.fs.functions import OPERATIONS
from lion.domain.events import CallRequested
from tests.attack.kit import Arena, call, holder, only, open_arena

ALL = "read write create"
CALLS: list[tuple[str, dict[str, Any], Any]] = [
    ("fs-mounts", {}, ["/notes"]),
    ("fs-open", {"path": "/notes/a", "mode": "read"}, None),
    ("fs-read", {"path": "/notes/a"}, "oldu"),
    ("fs-write", {"path": "/notes/a", "data": "newu"}, None),
    ("fs-stat", {"path": "/notes/a", "follow": True}, ...),
    ("fs-set-times", {"path": "/notes/a", "accessed": 1, "modified": 2}, None),
    ("fs-list", {"path": "/notes", "limit": 10}, ["a", "d", "s"]),
    ("fs-make-dir", {"path": "/notes/new"}, None),
    ("fs-remove-dir", {"path": "/notes/d"}, None),
    ("fs-unlink", {"path": "/notes/a"}, None),
    ("fs-rename", {"from": "/notes/a", "to": "/notes/b"}, None),
    ("fs-link", {"from": "/notes/a", "to": "/notes/b"}, None),
    ("fs-symlink", {"target": "a", "path": "/notes/t"}, None),
    ("fs-readlink", {"path": "/notes/s"}, "a"),
    ("fs-file", {"path": "/notes/a", "mode": ALL, "steps": "read-at 1 9"}, ["ldu"]),
    ("fs-file", {"path": "/notes/a", "mode": ALL, "steps": "write-at 1 xu"}, [None]),
    ("fs-file", {"path": "/notes/a", "mode": ALL, "steps": "append xu"}, [3]),
    ("fs-file", {"path": "/notes/a", "mode": ALL, "steps": "stat"}, ...),
    ("fs-file", {"path": "/notes/a", "mode": ALL, "steps": "set-size 1"}, [None]),
    ("fs-file", {"path": "/notes/a", "mode": ALL, "steps": "set-times 1 -"}, [None]),
    ("fs-file", {"path": "/notes/a", "mode": ALL, "steps": "sync"}, [None]),
]
IDS = [f"{tool} {args.get('steps', '')}".strip() for tool, args, _ in CALLS]
READS = ("fs-mounts", "fs-read", "fs-stat", "fs-list", "fs-readlink")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    notes = tmp_path / "notes"
    (notes / "d").mkdir(parents=True)
    (notes / "a").write_text("old")
    (notes / "s").symlink_to("a")
    return notes


def probe(at: Path | None, *lines: str, write: bool = True, path: str = "/notes") -> str:
    allowed = f'{{ path = "{path}", at = "{at}"{", write = true" if write else ""} }}'
    return holder("probe", "probe-fs", *([f"allow.fs = [{allowed}]"] if at else []), *lines)


def tree(folder: Path) -> dict[str, Any]:
    """Everything that a change would change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        text = path.read_text() if path.is_file() else ""
        found[str(path.relative_to(folder))] = (info.st_ino, info.st_mtime_ns, text)
    return found


async def check_record(arena: Arena, run: str) -> None:
    assert (await arena.replay(run)).identical


@pytest.mark.parametrize(("tool", "args", "expected"), CALLS, ids=IDS)
async def test_granted(
    tool: str, args: dict[str, Any], expected: Any, notes: Path, tmp_path: Path
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(probe(notes), call(f"probe.{tool}", **args))
        ending = only(report)
        assert ending.ok, ending.error or ending.value
        assert report.denied == 0
        if expected is not ...:
            assert json.loads(ending.value) == expected
        made = [c for c in arena.calls(report.run) if c.status == "completed"]
        assert made
        await check_record(arena, report.run)


@pytest.mark.parametrize(("tool", "args", "expected"), CALLS, ids=IDS)
@pytest.mark.parametrize("elsewhere", ["", "/other", "/notes-too", "/notes/deeper", "/Notes"])
async def test_not_granted(
    tool: str, args: dict[str, Any], expected: Any, elsewhere: str, notes: Path, tmp_path: Path
) -> None:
    if elsewhere and tool == "fs-mounts":
        pytest.skip("whoever has a mount may know it")
    before = tree(notes)
    async with open_arena(tmp_path) as arena:
        grants = probe(notes if elsewhere else None, path=elsewhere)
        report = await arena.run(grants, call(f"probe.{tool}", **args))
        ending = only(report)
        assert ending.value == "denied: no grant covers it"
        (refused,) = arena.calls(report.run)
        assert (refused.status, refused.verdict) == ("denied", "deny")
        assert not [e for e in arena.events(report.run) if isinstance(e, CallRequested)]
        (denial,) = report.denials
        if tool != "fs-mounts":
            assert denial.suggestion.startswith("plugins.probe.allow.fs = [")
        await check_record(arena, report.run)
    assert tree(notes) == before


@pytest.mark.parametrize(("tool", "args", "expected"), CALLS, ids=IDS)
async def test_granted_for_reading_only(
    tool: str, args: dict[str, Any], expected: Any, notes: Path, tmp_path: Path
) -> None:
    before = tree(notes)
    async with open_arena(tmp_path) as arena:
        report = await arena.run(probe(notes, write=False), call(f"probe.{tool}", **args))
        reads = tool in READS or args.get("mode") == "read"
        assert only(report).ok is reads
        if not reads:
            assert only(report).value == "denied: no grant covers it"
            assert ", write = true }]" in report.denials[0].suggestion
    assert tree(notes) == before


def test_every_function_has_its_twins() -> None:
    tried = {tool.removeprefix("fs-") for tool, _, _ in CALLS}
    steps = {args["steps"].split()[0] for _, args, _ in CALLS if "steps" in args}
    assert tried - {"file"} | {f"file.{step}" for step in steps} == {o.name for o in OPERATIONS}


@pytest.mark.parametrize(("tool", "args", "expected"), CALLS, ids=IDS)
@pytest.mark.parametrize("word", ["deny", "ask"])
async def test_the_operator_forbids_all_that_writes(
    word: str, tool: str, args: dict[str, Any], expected: Any, notes: Path, tmp_path: Path
) -> None:
    before = tree(notes)
    async with open_arena(tmp_path, f'{word} = ["fs write **"]') as arena:
        report = await arena.run(probe(notes), call(f"probe.{tool}", **args))
        reads = tool in READS or args.get("mode") == "read"
        assert only(report).ok is reads, only(report).value
        if not reads:
            assert only(report).value.startswith("denied: ")
            assert report.denials[0].suggestion == ""
    assert tree(notes) == before


@pytest.mark.parametrize(
    ("rule", "tool", "args", "allowed"),
    [
        ("fs read /notes/p/**", "fs-read", {"path": "/notes/p/x"}, False),
        ("fs read /notes/P/**", "fs-read", {"path": "/notes/p/x"}, False),
        ("fs read /notes/p/**", "fs-read", {"path": "/notes/./d/../p//x"}, False),
        ("fs read /notes/p/**", "fs-read", {"path": "/notes/link/x"}, False),
        ("fs read /notes/p/**", "fs-read", {"path": "/notes/deep/x"}, False),
        ("fs read /notes/p/**", "fs-read", {"path": "/notes/P/x"}, False),
        ("fs read /notes/p/**", "fs-read", {"path": "/notes/p\u200b/x"}, False),
        ("fs read /notes/é/**", "fs-read", {"path": "/notes/e\u0301/x"}, False),
        ("fs read /notes/p/**", "fs-read", {"path": "/notes/a"}, True),
        ("fs read /notes/p/**", "fs-list", {"path": "/notes/p", "limit": 9}, False),
        ("fs read /notes/p/**", "fs-list", {"path": "/notes/link", "limit": 9}, False),
        ("fs read /notes/p/**", "fs-list", {"path": "/notes", "limit": 9}, True),
        ("fs read /notes/p", "fs-list", {"path": "/notes", "limit": 9}, False),
        ("fs read /notes/p/**", "fs-write", {"path": "/notes/p/x", "data": "u"}, True),
        ("fs read /notes/p/**", "fs-open", {"path": "/notes/p/x", "mode": "write"}, True),
        ("fs read /notes/p/**", "fs-open", {"path": "/notes/p/x", "mode": ALL}, False),
        ("fs read /notes/p/**", "fs-rename", {"from": "/notes/p/x", "to": "/notes/y"}, False),
        ("fs read /notes/p/**", "fs-rename", {"from": "/notes/p", "to": "/notes/q"}, False),
        ("fs read /notes/p/**", "fs-rename", {"from": "/notes/d", "to": "/notes/q"}, True),
        ("fs read /notes/p/**", "fs-link", {"from": "/notes/p/x", "to": "/notes/y"}, False),
        ("fs write /notes/p/**", "fs-rename", {"from": "/notes/a", "to": "/notes/p/y"}, False),
        ("fs write /notes/p/**", "fs-rename", {"from": "/notes/d", "to": "/notes/p"}, False),
        ("fs write /notes/p/**", "fs-symlink", {"target": "x", "path": "/notes/p/y"}, False),
        ("fs write /notes/p/**", "fs-write", {"path": "/notes/link/x", "data": "u"}, False),
        ("fs write /notes/p/**", "fs-write", {"path": "/notes/deep/x", "data": "u"}, False),
        ("fs write **/x", "fs-write", {"path": "/notes/to-x", "data": "u"}, False),
        ("fs unlink **", "fs-unlink", {"path": "/notes/a"}, False),
        ("fs unlink **", "fs-write", {"path": "/notes/a", "data": "u"}, True),
        ("fs /notes/p/**", "fs-stat", {"path": "/notes/p/x", "follow": True}, False),
    ],
)
async def test_rules_on_paths(
    rule: str, tool: str, args: dict[str, Any], allowed: bool, notes: Path, tmp_path: Path
) -> None:
    (notes / "p").mkdir()
    (notes / "p/x").write_text("private")
    (notes / "link").symlink_to("p")
    (notes / "deep").symlink_to("d/../link/.")
    (notes / "to-x").symlink_to("p/x")
    before = tree(notes)
    async with open_arena(tmp_path, f"deny = ['{rule}']") as arena:
        report = await arena.run(probe(notes), call(f"probe.{tool}", **args))
        assert only(report).ok is allowed, only(report).value
        if not allowed:
            assert only(report).value == "denied: a rule forbids it"
            assert rule in report.denials[0].reason
            assert tree(notes) == before
        await check_record(arena, report.run)


async def test_the_suggested_line_allows_the_call(tmp_path: Path) -> None:
    wanted = call("probe.fs-write", path="/notes/a", data="hiu")
    place = tmp_path / "somewhere"
    place.mkdir()
    async with open_arena(tmp_path) as arena:
        refused = await arena.run(probe(place, path="/other"), wanted)
        (denial,) = refused.denials
        start, _, line = denial.suggestion.partition("allow.fs = ")
        assert start == "plugins.probe."
        assert 'path = "/notes", at = "notes", write = true' in line
        line = line.replace('"notes"', f'"{tmp_path / "notes"}"')
        again = await arena.run(holder("probe", "probe-fs", f"allow.fs = {line}"), wanted)
        assert only(again).ok and again.denied == 0
        assert (tmp_path / "notes/a").read_text() == "hi"


async def test_an_intent_is_in_the_log_before_each_change_and_reads_are_one_record(
    notes: Path, tmp_path: Path
) -> None:
    steps = "write-at 0 xu\nread-at 0 9\nsync\nappend yu"
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            probe(notes), call("probe.fs-file", path="/notes/a", mode=ALL, steps=steps)
        )
        intents = [e.operation for e in arena.events(report.run) if isinstance(e, CallRequested)]
        assert intents == ["open", "file.write-at", "file.append"]
        assert len(arena.calls(report.run)) == 5
