"""All that a component imports is listed, also what lion does not offer; and what a component says
of itself is read within bounds, whatever it says.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lion.errors import GuestError, OperatorError
from lion.kernel.inspect import ComponentInfo
from lion.opening import open_host
from lion.settings import Settings
from lion.toolchain.wit.docs import append_custom
from lion.wasm.lines import read_lines
from lion.wasm.notes import MOST_TEXT, with_notes
from lion.wasm.sections import MOST_DOCS, MOST_NESTED, function_docs, import_names, read_json
from tests.wasm.kit import assemble, built, open_bench

ALL = """\
(component
  (import "f" (func))
  (import "x" (type (sub resource)))
  (import "lion:host/clock@0.1.0" (instance (export "noww" (func (result u64)))))
  (import "wasi:cli/environment@0.2.0"
    (instance (export "get-arguments" (func (result (list string))))))
  (import "wasi:io/error@0.2.0" (instance (export "error" (type (sub resource)))))
  (import "acme:x/y@1.0.0" (instance (export "q" (func))))
  (import "t:t/types" (instance))
  (import "m" (core module)))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Nothing is kept."""
    return Settings(state=tmp_path / "state", cache=tmp_path / "cache")


async def _survey(data: bytes, settings: Settings) -> ComponentInfo:
    async with open_host(settings) as host:
        return await host.inspect(data, "x.wasm", is_strict=False)


async def test_every_import_is_there_and_what_is_not_offered_is_marked(
    settings: Settings,
) -> None:
    info = await _survey(assemble(ALL), settings)
    assert info.imports == {
        "": ["f", "x (resource)", "m (module)"],
        "lion:host/clock@0.1.0": ["noww"],
        "wasi:cli/environment@0.2.0": ["get-arguments"],
        "wasi:io/error@0.2.0": ["error (resource)"],
        "acme:x/y@1.0.0": ["q"],
        "t:t/types": [],
    }
    assert set(info.lacking) == {"", "lion:host/clock@0.1.0"}
    assert info.refused and "x.wasm" not in info.refused
    assert "lion:host/clock" in str(info.ceiling) or info.ceiling


async def test_of_one_that_runs_it_is_what_inspect_says(settings: Settings) -> None:
    async with open_host(settings) as host:
        for name in ("guide", "critic-as"):
            data = built(name)
            assert await host.inspect(data, name, is_strict=False) == await host.inspect(
                data, name
            )


async def test_a_resource_of_the_world_is_not_loaded() -> None:
    """It used to be, and trapped when it was instantiated."""
    wat = '(component (import "x" (type (sub resource))))'
    with pytest.raises(GuestError, match="it imports x, a resource of the world itself"):
        async with open_bench(assemble(wat)):
            raise AssertionError("it was loaded")


async def test_a_resource_that_a_world_uses_of_an_interface_is() -> None:
    wat = """(component
      (import "t:t/boxes" (instance $i (export "box" (type (sub resource)))))
      (alias export $i "box" (type $b)) (import "box" (type (eq $b))))"""
    async with open_bench(assemble(wat)) as bench:
        assert bench.exports == {}


def test_names_of_imports_are_read_without_a_compiler() -> None:
    found = [
        "f",
        "x",
        "lion:host/clock@0.1.0",
        "wasi:cli/environment@0.2.0",
        "wasi:io/error@0.2.0",
    ]
    assert import_names(assemble(ALL)) == [*found, "acme:x/y@1.0.0", "t:t/types", "m"]
    uses = """(component (import "t:t/a" (instance $i (export "r" (type (sub resource)))))
      (alias export $i "r" (type $r)) (import "r" (type (eq $r))) (import "g" (func)))"""
    assert import_names(assemble(uses)) == ["t:t/a", "r", "g"]
    data = assemble(ALL)
    for cut in range(8, len(data)):
        import_names(data[:cut])
        import_names(data[:cut] + b"\xff" * 20)


async def test_of_what_cannot_be_compiled_the_imports_are_said(settings: Settings) -> None:
    """A feature that the engine has not: a list of a fixed length."""
    kind = bytes([7, 5, 1, 0x67, 0x7D, 4, 0])
    wrong = assemble('(component (import "wasi:cli/run@0.3.0" (instance)))') + kind
    with pytest.raises(OperatorError, match="no component that can run here") as caught:
        await _survey(wrong, settings)
    assert caught.value.hint == "it imports wasi:cli/run@0.3.0"


DEEP = '{"worlds":' + "[" * 500_000
STRANGE: list[bytes] = [
    DEEP.encode(),
    ('{"worlds":{"root":{"func_exports":{"add":{"docs":' + "[" * 200_000).encode(),
    ('{"a":' * 200_000).encode(),
    b"", b"{", b"\xff\xff", b"[]", b"1", b"null", b'{"worlds": []}', b'{"worlds": {"root": 1}}',
    b'{"worlds":{"root":{"func_exports":{"add":1}}}}',
    b"1" * 10_000,
    b'{"worlds":{"root":{"docs":"' + b"x" * MOST_DOCS + b'"}}}',
]  # fmt: skip


@pytest.mark.parametrize("payload", STRANGE, ids=lambda p: f"{p[:20]!r} {len(p)}")
@pytest.mark.parametrize("section", ["package-docs", "type-docs", "source-lines"])
async def test_strange_sections_are_passed_over(section: str, payload: bytes) -> None:
    data = append_custom(built("calculator"), section, b"\x01" + payload)
    async with open_bench(data) as bench:
        assert bench.exports["add"].notes == ()
    assert read_lines(data).place(10_000) == ""


@pytest.mark.parametrize("opens", ["[", '{"a":', '["]",', '["\\"]",'])
def test_how_deep_it_is_nested_is_known_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, opens: str
) -> None:
    shut = "}" if opens.endswith(":") else "]"
    fits = opens * MOST_NESTED + "1" + shut * MOST_NESTED
    assert read_json(fits.encode()) is not None
    monkeypatch.setattr(json, "loads", None)  # it would fail
    assert read_json((opens + fits + shut).encode()) is None
    assert read_json((opens * 100_000).encode()) is None


def test_brackets_in_texts_are_no_depth() -> None:
    assert read_json(json.dumps("[" * 1_000 + '\\"' + "{" * 1_000).encode()) is not None
    assert read_json(b'"' + b'\\"' * 500_000) is None  # and a text without an end is soon read


def test_half_a_character_in_docs_is_replaced() -> None:
    text = '{"worlds":{"root":{"func_exports":{"f":{"docs":"a \\ud800 b"}}}}}'
    wat = append_custom(assemble("(component)"), "package-docs", b"\x01" + text.encode())
    assert function_docs(wat) == {"f": "a ? b"}


def _noted(**more: Any) -> bytes:
    note = {"kind": "record", "names": ["a"], "docs": "All.", "items": {"a": "One."}, **more}
    return append_custom(built("calculator"), "type-docs", b"\x01" + json.dumps([note]).encode())


async def test_notes_are_bounded_by_what_saying_them_costs() -> None:
    async with open_bench(built("calculator")) as bench:
        few = tuple(bench.exports.values())
    assert all(export.notes for export in with_notes(few, _noted()))
    text = "x" * (MOST_TEXT // len(few))
    assert not any(export.notes for export in with_notes(few, _noted(docs=text)))
    assert with_notes(few * 1000, _noted(docs="x" * 5000))[0].notes == ()


LINES = {
    "begin": 100,
    "files": ["assembly/index.ts", "../etc"],
    "places": [5, 1, 7, 5, 0, 0, 5, 2, 1],
}


def _lines(**more: Any) -> bytes:
    payload = b"\x01" + json.dumps(LINES | more).encode()
    return append_custom(assemble("(component)"), "source-lines", payload)


def test_lines_are_found_by_offset() -> None:
    lines = read_lines(_lines())
    found = [lines.place(at) for at in (0, 104, 105, 109, 110, 114, 115, 1 << 40)]
    assert found == ["", "", "assembly/index.ts:7", "assembly/index.ts:7", "", "", "", ""]


@pytest.mark.parametrize(
    "more",
    [
        {"places": [1]}, {"places": [1, 1]}, {"places": [-9, 9, 9]}, {"files": [1]},
        {"begin": "x"},
        {"files": ["x" * 10_000]}, {"places": [1e99, 1, 1]}, {"files": ["a\nb"]},
    ],
)  # fmt: skip
def test_strange_lines_are_none(more: dict[str, Any]) -> None:
    assert read_lines(_lines(**more)).place(110) == ""
