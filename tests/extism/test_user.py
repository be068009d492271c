"""Look here if you want to know that the host functions of an embedder's own reach a system plugin
as what it declared: texts, bytes and numbers; and that their errors and refusals end the call.
"""

from pathlib import Path
from typing import Any

import pytest
import tomli_w

from lion.errors import GuestError
from lion.review.report import Ending
from lion.system import F32, S32, Failure, SystemPlugin, function
from tests.attack.kit import Arena, only, open_arena
from tests.extism.kit import denied, module

NAME = "extism:user/extism-host-user"
ENV = """
(import "extism:host/env" "input_offset" (func $input (result i64)))
(import "extism:host/env" "output_set" (func $output (param i64 i64)))
(import "extism:host/env" "length" (func $length (param i64) (result i64)))
(import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
(import "extism:host/env" "store_u8" (func $store (param i64 i32)))
"""


class Everything(SystemPlugin):
    """One function for each kind of value."""

    contract = 1
    offers = f"{NAME}@1.2.0"

    @function(outside=False)
    def shout(self, text: str) -> str:
        if text == "fail":
            raise Failure("not-found", "nobody by that name")
        return text.upper()

    @function(outside=False)
    def as_it_is(self, text: str) -> str:
        return text

    @function(outside=False)
    def sums_up(self, a: int, b: S32, c: float, d: F32) -> int:
        return int(a + b + c + d)

    @function(outside=False)
    def half(self, a: float) -> float:
        return a / 2

    @function(outside=False)
    def nothing(self) -> None: ...


async def _call(arena: Arena, path: Path, input: str = "", *, granted: bool = True) -> Ending:
    allow: dict[str, Any] = {"interfaces": {NAME: True}} if granted else {}
    holder = {"component": str(path), "allow": allow}
    run = [{"call": "x.run", "with": {"input": input}}]
    text = tomli_w.dumps({"name": "t", "plugins": {"x": holder}, "run": run})
    report = await arena.host.run(text)
    assert (await arena.replay(report.run)).identical
    assert len(denied(arena, report.run)) == (not granted)
    return only(report)


def _imports(name: str, kind: str) -> str:
    return f'(import "extism:host/user" "{name}" (func $user {kind}))'


def _program(user: str, body: str) -> str:
    say = '(func (export "run") (result i32) (local $h i64)'
    return f"(module {ENV}{user}{say} {body} (i32.const 0)))"


GIVE = "(local.set $h {}) (call $output (local.get $h) (call $length (local.get $h)))"
TEXTS = "(param i64) (result i64)"


async def test_texts_and_bytes_are_handles(tmp_path: Path) -> None:
    one = _program(_imports("shout", TEXTS), GIVE.format("(call $user (call $input))"))
    two = _program(_imports("as_it_is", TEXTS), GIVE.format("(call $user (call $input))"))
    async with open_arena(tmp_path) as arena:
        arena.host.lend("everything", Everything)
        with module(tmp_path, one, "one") as path:
            assert (await _call(arena, path, "grüße")).value == "GRÜSSE"
            assert (await _call(arena, path, "")).value == ""
        with module(tmp_path, two, "two") as path:
            packed = "data:application/octet-stream;base64,"
            assert (await _call(arena, path, packed + "/0FC")).value == packed + "/0FC"


async def test_numbers_are_numbers(tmp_path: Path) -> None:
    kind = "(param i64 i32 f64 f32) (result i64)"
    numbers = "(i64.const 0x100000000) (i32.const -3) (f64.const 0.5) (f32.const 2.5)"
    digit = "(call $store (local.get $h) (i32.const 89))"
    body = f"""(local.set $h (call $alloc (i64.const 1)))
      (if (i64.eq (call $user {numbers}) (i64.const 0x100000000)) (then {digit}))
      (call $output (local.get $h) (i64.const 1))"""
    real = f"""(local.set $h (call $alloc (i64.const 1)))
      (if (f64.eq (call $user (f64.const 5)) (f64.const 2.5)) (then {digit}))
      (call $output (local.get $h) (i64.const 1))"""
    async with open_arena(tmp_path) as arena:
        arena.host.lend("everything", Everything)
        with module(tmp_path, _program(_imports("sumsUp", kind), body), "sum") as path:
            assert (await _call(arena, path)).value == "Y"
        half = _imports("half", "(param f64) (result f64)")
        with module(tmp_path, _program(half, real), "half") as path:
            assert (await _call(arena, path)).value == "Y"
        with module(tmp_path, _program(_imports("nothing", ""), "(call $user)"), "none") as path:
            assert (await _call(arena, path)).ok


async def test_an_error_of_its_ends_the_call_and_so_does_a_refusal(tmp_path: Path) -> None:
    text = _program(_imports("shout", TEXTS), GIVE.format("(call $user (call $input))"))
    with module(tmp_path, text) as path:
        async with open_arena(tmp_path) as arena:
            arena.host.lend("everything", Everything)
            failed = await _call(arena, path, "fail")
            refused = await _call(arena, path, "text", granted=False)
    assert "shout: not-found: nobody by that name" in failed.error
    assert "shout: denied" in refused.error


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("shout", "(param i64 i64) (result i64)", "as (i64, i64) -> (i64), but here"),
        ("shout", "(param i32) (result i64)", "as (i32) -> (i64), but here"),
        ("whisper", TEXTS, "a function that extism:user/extism-host-user@1.2.0 has not"),
    ],
)
async def test_another_type_or_name_is_refused(
    name: str, kind: str, words: str, tmp_path: Path
) -> None:
    text = _program(_imports(name, kind), "")
    with module(tmp_path, text) as path:
        async with open_arena(tmp_path) as arena:
            arena.host.lend("everything", Everything)
            with pytest.raises(GuestError) as failure:
                await _call(arena, path)
    assert words in str(failure.value)
