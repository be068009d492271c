"""WIT files of every arrangement are read for their packages, worlds and comments."""

import json
from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.toolchain.assemblyscript.wit import wit_source
from lion.toolchain.project import find_projects
from lion.toolchain.wit.docs import docs_payload, types_payload
from lion.toolchain.wit.source import find_world, read_worlds
from tests.toolchain.shapes import SHAPES, WORDS, RandomShapes, world_of_words


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8", newline="")
    return folder


ALL = {
    **SHAPES,
    "words": world_of_words(WORDS, "export"),
    **{f"random {seed}": RandomShapes(seed, WORDS).files() for seed in range(20)},
}


@pytest.mark.parametrize("name", ALL)
def test_world_and_comments_are_found_in_a_folder_of_this_shape(tmp_path: Path, name: str) -> None:
    folder = _write(tmp_path / "wit", ALL[name])
    (tmp_path / "package.json").write_text('{"name": "guest"}', "utf-8")
    [project] = find_projects(str(tmp_path))
    source = wit_source(folder, "guest", project.deps)
    found = find_world({folder: read_worlds(folder)}, folder, "guest")
    package, _, version = found.package.partition("@")
    said = f"{package}/{found.name}" + (f"@{version}" if version else "")
    assert source.world.replace("%", "") == said
    assert docs_payload(folder, list(project.deps), "guest") is not None
    types_payload(folder, list(project.deps))


NOTED = """\
package t:t;
interface a {
    /// A place.
    record place {
        name: string,
        /// In metres
        /// above the sea.
        height: s32,
    }
    /// Alike and otherwise said.
    enum one { x, y }
    enum two { x, y }
    flags plain { p }
    variant found {
        /// There it is.
        place(place), // not this
        nothing,
    }
}
world guest { import b: interface { record inner { /// Deep.
 z: u32 } } export run: func(); }
"""


def test_what_is_said_of_types_is_kept_unless_it_is_unclear_of_which(tmp_path: Path) -> None:
    payload = types_payload(_write(tmp_path, {"a.wit": NOTED}), [])
    assert payload is not None
    found = {tuple(note["names"]): note for note in json.loads(payload[1:])}
    assert set(found) == {("name", "height"), ("place", "nothing"), ("z",)}
    assert found["name", "height"]["docs"] == "A place."
    assert found["name", "height"]["items"] == {"height": "In metres\nabove the sea."}
    assert found["z",]["items"] == {"z": "Deep."}


def test_nothing_said_is_no_section(tmp_path: Path) -> None:
    text = "package t:t; world guest { record r { a: u32 } export f: func(r: r); }"
    assert types_payload(_write(tmp_path, {"a.wit": text}), []) is None


def test_nested_packages_worlds_are_not_the_plugins(tmp_path: Path) -> None:
    text = "package t:t;\npackage o:o { world other {} }\nworld mine {}\n"
    folder = _write(tmp_path, {"a.wit": text})
    assert find_world({folder: read_worlds(folder)}, folder, "guest").name == "mine"


def test_packages_within_packages_end(tmp_path: Path) -> None:
    folder = _write(tmp_path, {"a.wit": "package a:b {" * 50_000})
    with pytest.raises(OperatorError, match="a package inside a nested one"):
        read_worlds(folder)
