"""Look here if you want to know that what guests keep belongs to one manifest's file, and what an
operator sees and does of it.
"""

import shutil
from pathlib import Path

import pytest

from tests.cli.kit import WASM, Lion, assert_one_line

DESK = f"""
name = "desk"

[plugins.notebook]
component = "{WASM}/notebook.wasm"
allow.kv = {{ bytes = "64 KiB" }}

[[run]]
call = "notebook.write"
with = {{ title = "a", text = "ours" }}
"""


def stores(lion: Lion) -> list[tuple[str, str, int]]:
    return [(one["owner"], one["holder"], one["keys"]) for one in lion.json("kv", "list")]


@pytest.fixture
def desk(lion: Lion) -> Path:
    """A manifest whose notebook keeps something."""
    manifest = lion.write(DESK, "mine/manifest.toml")
    assert lion("run", manifest).returncode == 0
    assert [holder for _, holder, _ in stores(lion)] == ["notebook"]
    return manifest


def test_a_strangers_manifest_of_the_same_names_reads_and_writes_nothing_of_it(
    lion: Lion, desk: Path
) -> None:
    (key,) = lion.json("kv", "list", desk, "notebook")[:1]
    before = lion("kv", "get", desk, "notebook", key).stdout
    stranger = lion.write(DESK, "strangers/manifest.toml")
    assert lion("call", stranger, "notebook.read", f'{{"name": "{key}"}}').stdout != before
    assert lion("run", stranger).returncode == 0
    assert {owner for owner, _, _ in stores(lion)} == {str(desk), str(stranger)}
    assert lion("kv", "clear", stranger, "notebook").returncode == 0
    assert lion("kv", "get", desk, "notebook", key).stdout == before


def test_a_link_to_a_manifest_is_the_same_owner(lion: Lion, desk: Path) -> None:
    link = lion.folder / "link.toml"
    link.symlink_to(desk)
    shutil.copy(desk, lion.folder / "copy.toml")
    assert lion("run", link).returncode == 0
    assert {owner for owner, _, _ in stores(lion)} == {str(desk)}


def test_what_a_moved_manifest_left_is_adopted_once(lion: Lion, desk: Path) -> None:
    keys = lion.json("kv", "list", desk, "notebook")
    moved = lion.folder / "moved.toml"
    desk.rename(moved)
    assert lion("kv", "adopt", desk, moved).stdout.startswith("adopted  ")
    assert lion.json("kv", "list", moved, "notebook") == keys
    assert_one_line(lion("kv", "adopt", desk, moved), 2, "has kept nothing", "lion kv list")


def test_owners_never_share(lion: Lion, desk: Path) -> None:
    other = lion.write(DESK, "other/manifest.toml")
    assert lion("run", other).returncode == 0
    before = stores(lion)
    refused = lion("kv", "adopt", desk, other)
    assert_one_line(refused, 2, "owners never share", f"lion kv clear {other} notebook")
    assert stores(lion) == before
    assert lion("kv", "clear", other, "notebook").returncode == 0
    assert lion("kv", "adopt", desk, other).returncode == 0
    assert [owner for owner, _, _ in stores(lion)] == [str(other)]


def test_bad_words_are_one_clear_error(lion: Lion, desk: Path) -> None:
    for words, parts in (
        (("get", desk, "notebook", "no such key"), ("keeps nothing under", "lion kv list")),
        (("adopt", desk, "nowhere.toml"), ("there is no manifest",)),
        (("list", "--state", lion.folder / "none"), ("no runs yet",)),
    ):
        assert_one_line(lion("kv", *words), 2, *parts)
    assert not (lion.folder / "none").exists()


TODO = f"""
name = "list"

[plugins.todo]
component = "{WASM}/todo.wasm"
allow.elements = {{ count = 10, bytes = "64 KiB" }}

[[run]]
call = "todo.add"
with = {{ text = "feed the lions", next = false }}
"""


def test_elements_are_seen_moved_and_cleared_as_kv_is(lion: Lion) -> None:
    manifest = lion.write(TODO, "mine/manifest.toml")
    for _ in range(2):
        assert lion("run", manifest).returncode == 0
    shown = lion("element", "kept", manifest, "todo").stdout.splitlines()
    assert len(shown) == 2
    assert [line.partition("  to-do ")[2] for line in shown] == [
        f'{at}  {{"done":false,"text":"feed the lions"}}' for at in (0, 1)
    ]
    assert lion("element", "kept").stdout.startswith(f"{manifest}  todo  ")
    id = shown[1].split()[0]
    told = lion("element", "get", manifest, "todo", id)
    assert told.stdout == '{"done":false,"text":"feed the lions"}\n'
    assert lion.json("element", "get", manifest, "todo", id)["places"] == {"to-do": 1}
    several = lion("element", "get", manifest, "todo", id[:4])
    assert_one_line(several, 2, "several elements begin with", "keeps 2", "lion element kept")
    assert_one_line(lion("element", "get", manifest, "todo", "x"), 2, "no element begins with")
    moved = lion.folder / "moved.toml"
    manifest.rename(moved)
    assert lion("kv", "adopt", str(manifest), moved).returncode == 0
    assert lion("element", "kept", moved, "todo", "--kind", "item").stdout.splitlines() == shown
    assert lion("element", "kept", moved, "todo", "--kind", "other").stdout == ""
    assert_one_line(lion("element", "kept", str(manifest), "todo"), 2, "keeps no elements")
    assert lion("kv", "clear", moved, "todo:elements").returncode == 0
    assert lion("element", "kept").stdout == ""
