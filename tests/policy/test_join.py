"""Look here if you want to know how several suggestions become one that can be written."""

import tomllib
from pathlib import Path

from lion.manifest.parse import parse_manifest
from lion.policy.suggest import Suggestion, join_suggestions

TOOLS = ("agents", "ann", "allow", "tools")
NOTES = {"path": "/notes", "at": "notes"}
WRITTEN = {"path": "/notes", "at": "notes", "write": True}
MORE = {"path": "/more", "at": "more"}


def test_suggestions_for_one_place_are_one_and_others_stay() -> None:
    store = Suggestion(("plugins", "x", "allow", "kv"), {"bytes": "64 KiB"})
    assert join_suggestions([
        Suggestion(TOOLS, ["a.b", "c.d"]), None, Suggestion(TOOLS, ["a.b", "e.f"]), store, store,
    ]) == {TOOLS: Suggestion(TOOLS, ["a.b", "c.d", "e.f"])}  # fmt: skip


def test_what_is_to_be_denied_less_is_what_both_leave() -> None:
    place = ("plugins", "x", "deny")
    joined = join_suggestions([
        Suggestion(place, ["log", "clock"]), Suggestion(place, ["log", "random"])
    ])  # fmt: skip
    assert joined == {place: Suggestion(place, ["log"])}


def test_a_directory_is_there_once_and_written_if_one_of_them_says_so() -> None:
    place = ("plugins", "files", "allow", "fs")
    both = [Suggestion(place, [NOTES, MORE]), Suggestion(place, [WRITTEN])]
    for order in (both, both[::-1]):
        (one,) = join_suggestions(order).values()
        plan = parse_manifest(
            f'name = "x"\nplugins.files.component = "f.wasm"\n{one.line}\n', path=Path("/m.toml")
        )
        mounts = [grant.mount for grant in plan.holders["files"].grants]
        assert {(m.path, m.write) for m in mounts if m} == {("/notes", True), ("/more", False)}
        assert len(tomllib.loads(one.line)["plugins"]["files"]["allow"]["fs"]) == 2
