"""Look here if you want to know when a component counts as older than its source."""

import shutil
from pathlib import Path

import pytest

from lion.toolchain.built import keep
from lion.toolchain.stamp import FILE, Stamp, is_current, make_stamp, newer_source, write_stamp


@pytest.fixture
def component(tmp_path: Path) -> Path:
    """A component in `out`, made of `fox/src` and `shared`, with its stamp."""
    for name, text in {"fox/src/lib.rs": "1", "fox/README": "x", "shared/all.wit": "2"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    made = tmp_path / "out" / "fox.wasm"
    keep(b"component", made)
    write_stamp(made, _stamp(made))
    return made


def _stamp(component: Path, tools: str = "rustc 1") -> Stamp:
    top = component.parents[1]
    return make_stamp(component, top / "fox", [top / "fox" / "src", top / "shared"], tools)


def test_a_component_is_as_new_as_its_source(component: Path) -> None:
    assert newer_source(component) is None
    assert is_current(component, _stamp(component))


@pytest.mark.parametrize("file", ["fox/src/lib.rs", "shared/all.wit", "fox/src/new.rs"])
def test_it_is_older_once_a_source_file_changed(component: Path, file: str) -> None:
    (component.parents[1] / file).write_text("other", "utf-8")
    assert newer_source(component) == component.parents[1] / "fox"
    assert not is_current(component, _stamp(component))


def test_a_file_that_went_counts_as_a_change(component: Path) -> None:
    (component.parents[1] / "fox" / "src" / "lib.rs").rename(component.parents[1] / "lib.rs")
    assert newer_source(component) is not None


@pytest.mark.parametrize("file", ["fox/README", "fox/src/.swap", "fox/src/target/x", "fox/new.md"])
def test_what_has_no_part_in_it_is_no_change(component: Path, file: str) -> None:
    path = component.parents[1] / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("other", "utf-8")
    assert newer_source(component) is None


def test_another_compiler_is_a_reason_to_build_and_none_to_warn(component: Path) -> None:
    assert not is_current(component, _stamp(component, "rustc 2"))
    assert newer_source(component) is None


def test_of_another_component_of_this_name_nothing_is_known(component: Path) -> None:
    component.write_bytes(b"another")
    (component.parents[1] / "shared" / "all.wit").write_text("other", "utf-8")
    assert newer_source(component) is None
    assert not is_current(component, _stamp(component))


def test_all_may_move_together_and_the_component_alone(component: Path) -> None:
    top = component.parents[1]
    moved = top.with_name("moved")
    shutil.copytree(top, moved)
    assert newer_source(moved / "out" / "fox.wasm") is None
    (moved / "shared" / "all.wit").write_text("other", "utf-8")
    assert newer_source(moved / "out" / "fox.wasm") == moved / "fox"
    alone = top / "alone"
    shutil.copytree(top / "out", alone / "out")
    assert newer_source(alone / "out" / "fox.wasm") is None


def test_what_is_gone_is_forgotten_and_the_rest_kept(component: Path) -> None:
    other = component.with_name("other.wasm")
    keep(b"other", other)
    write_stamp(other, _stamp(other))
    assert '"fox.wasm"' in (component.parent / FILE).read_text("utf-8")
    component.unlink()
    write_stamp(other, _stamp(other))
    assert '"fox.wasm"' not in (component.parent / FILE).read_text("utf-8")


def test_a_broken_stamp_is_none(component: Path) -> None:
    (component.parent / FILE).write_text("{", "utf-8")
    assert newer_source(component) is None


def test_a_component_that_did_not_change_is_not_touched(tmp_path: Path) -> None:
    kept = tmp_path / "out" / "kept"
    assert [keep(b"one", kept), keep(b"one", kept)] == ["new", "same"]
    before = kept.stat().st_mtime_ns
    keep(b"one", kept)
    assert kept.stat().st_mtime_ns == before
    assert keep(b"two", kept) == "new"
    assert kept.read_bytes() == b"two"
