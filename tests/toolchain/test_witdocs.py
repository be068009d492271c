"""Look here if you want to know that the comments of WIT reach components as wit-component's
own tools would put them there.

`wit/*.json` was written by wit-parser 0.262 itself, for the worlds in `wit/own`; the committed
components got their docs from it too, before lion read WIT on its own.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.errors import OperatorError
from lion.toolchain.project import Project, find_projects
from lion.toolchain.wit.docs import append_custom, docs_payload, embed_docs
from lion.toolchain.wit.source import parse_worlds
from lion.toolchain.wit.tokens import docs_of
from lion.wasm.sections import custom_sections, function_docs

HERE = Path(__file__).parent / "wit"
SOURCES = Path(__file__).parents[2] / "plugins-src"
RUST = [p for p in find_projects(str(SOURCES)) if p.language == "rust"]


@pytest.mark.parametrize("name", ["zoo", "second", "plain"])
def test_docs_are_what_the_reference_reads(name: str) -> None:
    payload = docs_payload(HERE / "own", [HERE / "other"], name)
    assert payload == b"\x01" + (HERE / f"{name}.json").read_bytes().rstrip(b"\n")


@pytest.mark.parametrize("project", RUST, ids=lambda project: project.name)
def test_docs_are_those_of_the_committed_component(project: Project) -> None:
    sections = custom_sections(project.component.read_bytes())
    [committed] = [payload for title, payload in sections if title == "package-docs"]
    assert docs_payload(project.wit, list(project.deps), project.name) == committed


def test_what_is_embedded_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "w.wit").write_text(
        "package a:a;\nworld a {\n  /// Adds.\n  export add: func();\n}\n", "utf-8"
    )
    made = embed_docs(b"\0asm\x0d\0\x01\0", tmp_path, [], "a")
    assert function_docs(made) == {"add": "Adds."}


@given(st.text(max_size=20), st.binary(max_size=300))
def test_a_section_is_found_again(name: str, payload: bytes) -> None:
    name = name.encode("utf-8", "replace").decode()
    made = append_custom(append_custom(b"\0asm\x0d\0\x01\0", "first", b"1"), name, payload)
    assert list(custom_sections(made)) == [("first", b"1"), (name, payload)]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12)))
def test_any_comment_survives_the_json(lines: list[str]) -> None:
    docs = docs_of(tuple(f"/// {line}\n" for line in lines))
    assert json.loads(json.dumps(docs)) == docs


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("package a:a;\nworld a {\n  export f: func(a: $);\n}", 3, "unexpected"),
        ("package a:a;\n\n/* never\nended", 3, "a comment that does not end"),
        ("package a:a;\nworld a {\n  export f: func();", 3, "the file ends"),
        ("package a:a;\nworld a {\n  banana;\n}", 3, "'banana' is nothing that a world can hold"),
        ("package a:a;\nworld a\n  export f: func();", 3, "'{' should be here, not 'export'"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(OperatorError, match=rf"^world\.wit:{line}: ") as caught:
        parse_worlds(text, Path("world.wit"))
    assert what in caught.value.what


def test_of_several_worlds_the_one_of_the_plugins_name_is_meant(tmp_path: Path) -> None:
    (tmp_path / "w.wit").write_text("package a:a;\n/// A.\nworld a {}\nworld b {}\n", "utf-8")
    payload = docs_payload(tmp_path, [], "a")
    assert payload is not None and b'"A."' in payload
    with pytest.raises(OperatorError, match="has several worlds"):
        docs_payload(tmp_path, [], "c")


def test_without_a_world_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="there is no world in"):
        docs_payload(tmp_path, [], "a")
