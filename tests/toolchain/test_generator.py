"""Look here if you want to know what the AssemblyScript generator makes of worlds: stable text,
names that do not collide, and refusals in words.
"""

import os
import subprocess
import sys

import pytest

from lion.errors import GuestError
from lion.toolchain.assemblyscript import generate, layout, names
from lion.toolchain.assemblyscript.docs import comment, read_docs
from lion.toolchain.assemblyscript.generate import generate_bindings
from lion.toolchain.assemblyscript.library import library_files
from lion.values.wit import (
    EnumOf,
    FlagsOf,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    TupleOf,
    VariantOf,
    WitType,
)  # fmt: skip
from tests.wasm.kit import BUILT, ROOT, assemble, built

U8, U32, U64, F32, F64, S = map(Prim, ["u8", "u32", "u64", "f32", "f64", "string"])
NAMES = tuple(f"n{at}" for at in range(300))

LAYOUTS: list[tuple[WitType, int, int, tuple[str, ...]]] = [
    (Prim("bool"), 1, 1, ("i32",)),
    (S, 8, 4, ("i32", "i32")),
    (ListOf(U64), 8, 4, ("i32", "i32")),
    (RecordOf((("a", U8), ("b", U64), ("c", U8))), 24, 8, ("i32", "i64", "i32")),
    (TupleOf((U8, Prim("u16"), U8)), 6, 2, ("i32", "i32", "i32")),
    (EnumOf(NAMES[:256]), 1, 1, ("i32",)),
    (EnumOf(NAMES[:257]), 2, 2, ("i32",)),
    (FlagsOf(NAMES[:8]), 1, 1, ("i32",)),
    (FlagsOf(NAMES[:9]), 2, 2, ("i32",)),
    (FlagsOf(NAMES[:17]), 4, 4, ("i32",)),
    (OptionOf(U8), 2, 1, ("i32", "i32")),
    (OptionOf(U64), 16, 8, ("i32", "i64")),
    (ResultOf(None, None), 1, 1, ("i32",)),
    (ResultOf(U32, F32), 8, 4, ("i32", "i32")),
    (ResultOf(F64, U8), 16, 8, ("i32", "i64")),
    (ResultOf(F32, S), 12, 4, ("i32", "i32", "i32")),
    (VariantOf((("a", F32), ("b", F64), ("c", S))), 16, 8, ("i32", "i64", "i32")),
    (VariantOf((("a", F32), ("b", None))), 8, 4, ("i32", "f32")),
]


@pytest.mark.parametrize("case", LAYOUTS, ids=lambda case: str(case[0])[:40])
def test_layouts_are_those_of_the_canonical_abi(
    case: tuple[WitType, int, int, tuple[str, ...]],
) -> None:
    t, size, alignment, flat = case
    assert layout.size_and_alignment(t) == (size, alignment)
    assert layout.flatten(t) == flat


@pytest.mark.parametrize(
    ("wit", "value", "kind"),
    [
        ("read-at", "readAt", "ReadAt"),
        ("delete", "delete_", "Delete"),
        ("error", "error", "Error_"),
        ("result", "result", "Result_"),
        ("HTTP-status", "httpStatus", "HttpStatus"),
        ("n1", "n1", "N1"),
        ("abi", "abi_", "Abi"),
    ],
)
def test_names_are_assemblyscripts_own_kind(wit: str, value: str, kind: str) -> None:
    assert names.value_name(wit) == value
    assert names.type_name(wit) == kind


def test_the_same_world_gives_the_same_text_in_any_process() -> None:
    once = generate(built("imports"))
    code = (
        "import hashlib; from lion.toolchain.assemblyscript import generate; "
        "from tests.wasm.kit import built; "
        "print(hashlib.sha256(repr(sorted(generate(built('imports')).items())).encode())"
        ".hexdigest())"
    )
    digests = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            check=True,
            cwd=ROOT,
        )
        digests.add(done.stdout)
    assert len(digests) == 1
    assert once == generate(built("imports"))


def test_every_interface_is_a_module_and_text_is_clean() -> None:
    files = generate(built("imports"))
    faces = {path.stem for path in (ROOT / "wit").glob("*.wit")} - {"worlds"}
    assert set(files) == {f"{name}.ts" for name in [*faces, "entry", "canonical", "abort"]}
    for name, text in files.items():
        assert text.startswith("// Made by"), name
        assert not any(line != line.rstrip() for line in text.splitlines()), name


KV_DELETE = """\
export function delete_(key: string): Result<bool, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(key);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Delete(_1, _2, _to);
  const _answer = loadResultOfBoolOrError(_to);
  abi.release(_mark);
  return _answer;
}"""


def test_a_function_reads_like_this() -> None:
    assert KV_DELETE in library_files(BUILT)["kv.ts"]


def test_two_failures_are_two_classes_and_an_error_used_elsewhere_is_one() -> None:
    files = library_files(BUILT)
    assert "class Failure {" in files["fs.ts"] and "class Failure {" in files["http.ts"]
    assert 'export { Error_ } from "./types";' in files["kv.ts"]
    assert "HttpFailure" in files["canonical.ts"]


def test_abort_speaks_where_there_is_a_log_only() -> None:
    assert "lastWords.write" in generate(built("hello-as"))["abort.ts"]
    silent = generate(assemble('(component (import "f" (func (param "n" u8))))'))
    assert "lastWords" not in silent["abort.ts"]
    assert '@external("$root", "f")' in silent["world.ts"]


def test_a_type_whose_name_was_lost_is_said_to_be() -> None:
    """What stands in a world itself has no name in a component that was built."""
    with pytest.raises(GuestError, match="has no name for the record"):
        generate(built("echo"))


EXPORTED = """
(component
  (type $box (resource (rep i32)))
  (core module $m (func (export "get") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m))
  (func $get (param "self" (borrow $box)) (result u32) (canon lift (core func $i "get")))
  (component $c
    (import "box" (type $b (sub resource)))
    (import "get" (func $g (param "self" (borrow $b)) (result u32)))
    (export $b2 "box" (type $b))
    (export "[method]box.get" (func $g) (func (param "self" (borrow $b2)) (result u32))))
  (instance $x (instantiate $c (with "box" (type $box)) (with "get" (func $get))))
  (export "test:shop/boxes" (instance $x)))
"""


HELD = """\
const _liveBox = new abi.Live<Box>();

/** For whoever asked for one, who holds it until it is dropped or comes back. */
export function giveBox(value: Box): i32 {
  return _newBox(_liveBox.add(value));
}
"""
CALLED = """\
// boxes.ts: export class Box { get(): u32 }
export function export_boxes_Box$get(c0: i32): i32 {
  const answer = seeBox(c0).get();
  return answer;
}

export function drop_boxes_Box(rep: i32): void {
  endBox(rep);
}
"""


def test_a_resource_of_its_own_is_held_by_number() -> None:
    bindings = generate_bindings(assemble(EXPORTED))
    assert set(bindings.files) == {"abort.ts", "boxes-resources.ts", "canonical.ts", "entry.ts"}
    held = bindings.files["boxes-resources.ts"]
    assert '@external("[export]test:shop/boxes", "[resource-new]box")' in held
    assert 'import { Box } from "../boxes";' in held and HELD in held
    assert CALLED in bindings.files["entry.ts"]
    assert bindings.core_names == {
        "export_boxes_Box$get": "test:shop/boxes#[method]box.get",
        "drop_boxes_Box": "test:shop/boxes#[dtor]box",
    }
    assert bindings.classes == {("boxes", "Box"): "export class Box { get(): u32; }"}


def test_a_tuple_too_long_is_refused_by_length() -> None:
    params = " ".join(["u8"] * 9)
    text = f"""
    (component
      (type $t (tuple {params}))
      (import "test:shop/boxes" (instance (export "many" (func (param "all" $t))))))
    """
    with pytest.raises(GuestError, match="a tuple has 9 parts"):
        generate(assemble(text.replace('"all" $t', f'"all" (tuple {params})')))


WIT = """\
package a:b@1.0.0 {
    interface face {
        use other.{thing};
        /// A number.
        @since(version = 1.0.0)
        type number = u32;
        /// A box
        /// of two lines */ .
        resource box {
            /// Makes one.
            constructor();
            /// Opens it.
            open: func() -> result<_, thing>;
            /// Counts them.
            count: static func() -> u32;
        }
        // Not only for people.
        %list: func() -> list<u32>;
        bare: func();
    }
    world w { import face; }
}
"""


def test_comments_of_wit_are_comments_here() -> None:
    docs = read_docs(WIT)
    face = "a:b/face@1.0.0"
    assert {item for _, item in docs} == {
        "number", "box", "[constructor]box", "[method]box.open", "[static]box.count", "list",
    }  # fmt: skip
    assert comment(docs, face, "number") == ["/** A number. */"]
    assert comment(docs, face, "box") == ["/**", " * A box", " * of two lines * / .", " */"]
    assert comment(docs, face, "bare") == []


@pytest.mark.parametrize("cut", [30, 100, 300, 500])
def test_comments_of_what_is_no_wit_are_none_and_no_error(cut: int) -> None:
    assert isinstance(read_docs(WIT[:cut] + "\\"), dict)
