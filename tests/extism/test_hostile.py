"""Look here if you want to know what an Extism plug-in can not do, whatever it tries: each of them
is written in WAT, runs on the real host, and ends with a typed error or a value, recorded and
replayed.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import trio

from lion.domain.events import CallRedirected
from lion.errors import GuestError, OperatorError
from lion.review.report import Ending
from tests.attack.kit import Arena, only, open_arena
from tests.capabilities.http.hostile_server import open_server
from tests.extism.kit import module

ENV = """
(import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
(import "extism:host/env" "free" (func $free (param i64)))
(import "extism:host/env" "length" (func $length (param i64) (result i64)))
(import "extism:host/env" "load_u8" (func $load8 (param i64) (result i32)))
(import "extism:host/env" "load_u64" (func $load (param i64) (result i64)))
(import "extism:host/env" "store_u8" (func $store8 (param i64 i32)))
(import "extism:host/env" "store_u64" (func $store (param i64 i64)))
(import "extism:host/env" "input_offset" (func $input (result i64)))
(import "extism:host/env" "input_length" (func $size (result i64)))
(import "extism:host/env" "output_set" (func $output (param i64 i64)))
(import "extism:host/env" "error_set" (func $error (param i64)))
"""
LIMITS = {"memory": "16 MiB", "cpu": "500 ms", "deadline": "60 s"}


def _module(body: str, imports: str = "") -> str:
    return f'(module {ENV}{imports}(memory (export "memory") 1){body})'


def _run(body: str, imports: str = "") -> str:
    return _module(f'(func (export "run") (result i32) {body})', imports)


async def _call(
    arena: Arena, path: Path, input: str = "", allow: Mapping[str, Any] = {}, name: str = "run"
) -> tuple[Ending, str]:
    holder = {"component": str(path), "allow": dict(allow), "limits": LIMITS}
    run = [{"call": f"x.{name}", "with": {"input": input}}]
    report = await arena.host.run(
        tomli_w.dumps({"name": "t", "plugins": {"x": holder}, "run": run})
    )
    assert (await arena.replay(report.run)).identical
    return only(report), report.run


ENDS: list[tuple[str, str, str, str]] = [
    ("an endless loop", "(loop $l (br $l)) (i32.const 0)", "cpu", "CPU time"),
    ("a memory bomb",
     "(loop $l (drop (memory.grow (i32.const 16))) (br $l)) (i32.const 0)", "cpu", "CPU time"),
    ("a bomb of blocks",
     "(loop $l (drop (call $alloc (i64.const 1048576))) (br $l)) (i32.const 0)", "memory",
     "memory"),
    ("a block of 1 GiB",
     "(drop (call $alloc (i64.const 1073741824))) (i32.const 0)", "memory", "memory"),
    ("recursion", "(call $deep) (i32.const 0)", "stack", "stack"),
    ("a trap", "unreachable", "trap", "unreachable"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(ENDS)), ids=[one[0] for one in ENDS])
async def test_it_ends_typed_and_alone(number: int, tmp_path: Path) -> None:
    # All in one module, which is compiled once.
    each = (f'(func (export "e{i}") (result i32) {one[1]})' for i, one in enumerate(ENDS))
    text = _module("(func $deep (call $deep))" + "".join(each))
    with module(tmp_path, text) as path:
        async with open_arena(tmp_path) as arena:
            ended, _ = await _call(arena, path, name=f"e{number}")
    _, _, ending, words = ENDS[number]
    assert (ended.ending, ended.exit_code) == (ending, 3)
    assert words in ended.error


FREED = "(call $free (local.get $h)) (call $length (local.get $h))"
VALUES: list[tuple[str, str, str]] = [
    ("a bad handle has no length", "(call $length (i64.const 77777))", "0"),
    ("nor a handle beyond 32 bits", "(call $length (i64.const 0x100000010))", "0"),
    ("a block of no bytes is 0", "(call $alloc (i64.const 0))", "0"),
    ("a block beyond 32 bits is 0", "(call $alloc (i64.const 0x100000001))", "0"),
    ("so is one of 4 GiB less one", "(call $alloc (i64.const 4294967295))", "0"),
    ("nothing is read beyond memory", "(call $load (i64.const 0xfffffff0))", "0"),
    ("nor at the end of all numbers", "(call $load (i64.const -4))", "0"),
    ("nor at 0", "(i64.extend_i32_u (call $load8 (i64.const 0)))", "0"),
    ("what is written beyond is lost",
     "(call $store (i64.const -1) (i64.const 5)) (call $load (i64.const -1))", "0"),
    ("a block that was freed twice",
     "(local.set $h (call $alloc (i64.const 8))) (call $free (local.get $h))" + FREED, "0"),
]  # fmt: skip
NUMBER = """
(func $say (param $n i64) (local $at i64)
  (local.set $at (call $alloc (i64.const 8)))
  (call $store (local.get $at) (i64.add (i64.const 0x3030303030303030) (local.get $n)))
  (call $output (local.get $at) (i64.const 1)))
"""


@pytest.mark.parametrize("number", range(len(VALUES)), ids=[one[0] for one in VALUES])
async def test_bad_handles_and_huge_lengths(number: int, tmp_path: Path) -> None:
    each = (
        f"(func $n{i} (result i64) (local $h i64) {one[1]})"
        f'(func (export "v{i}") (call $say (call $n{i})))'
        for i, one in enumerate(VALUES)
    )
    with module(tmp_path, _module(NUMBER + "".join(each))) as path:
        async with open_arena(tmp_path) as arena:
            ended, _ = await _call(arena, path, name=f"v{number}")
    assert ended.value == VALUES[number][2]


async def test_output_beyond_memory_is_empty_and_bytes_are_packed(tmp_path: Path) -> None:
    beyond = _run("(call $output (i64.const 16) (i64.const 0xffffffffff)) (i32.const 0)")
    binary = _run("""(call $store8 (call $input) (i32.const 0xff))
        (call $output (call $input) (call $size)) (i32.const 0)""")
    async with open_arena(tmp_path) as arena:
        with module(tmp_path, beyond, "beyond") as path:
            assert (await _call(arena, path))[0].value == ""
        with module(tmp_path, binary, "binary") as path:
            packed = (await _call(arena, path, "xAB"))[0].value
            assert packed == "data:application/octet-stream;base64,/0FC"
            # What came out goes in as the same bytes.
            assert (await _call(arena, path, packed))[0].value == packed


async def test_an_error_outranks_what_is_returned(tmp_path: Path) -> None:
    say = "(call $error (call $input))"
    async with open_arena(tmp_path) as arena:
        for code in (0, 7):
            with module(tmp_path, _run(f"{say} (i32.const {code})"), f"c{code}") as path:
                ended, _ = await _call(arena, path, "my words")
                assert (ended.exit_code, ended.ok) == (1, False)
                assert "my words" in ended.error
        with module(tmp_path, _run("(i32.const 7)"), "plain") as path:
            assert "it returned 7" in (await _call(arena, path))[0].error


async def test_an_endless_loop_is_cancelled_while_others_go_on(tmp_path: Path) -> None:
    spin = _run("(loop $l (br $l)) (i32.const 0)")
    echo = _run("(call $output (call $input) (call $size)) (i32.const 0)")
    limits = {"cpu": "10 min", "deadline": "10 min"}
    done: list[str] = []
    with module(tmp_path, spin, "spin") as bad, module(tmp_path, echo, "echo") as good:
        async with open_arena(tmp_path) as arena:
            holder = {"component": str(bad), "limits": limits}
            text = tomli_w.dumps(
                {
                    "name": "t",
                    "plugins": {"x": holder},
                    "run": [{"call": "x.run", "with": {"input": ""}}],
                }
            )
            run = await arena.host.start(text)
            for number in range(20):
                said = await arena.host.call(str(good), "run", {"input": str(number)})
                done.append(said)
            assert arena.host.live == 1
            with trio.fail_after(60):
                run.cancel()
                await run.wait()
            assert arena.host.live == 0
    assert done == [str(number) for number in range(20)]


HTTP = """
(import "extism:host/env" "http_request" (func $ask (param i64 i64) (result i64)))
(import "extism:host/env" "http_status_code" (func $status (result i32)))
"""
ASK = """(local $got i64)
(local.set $got (call $ask (call $input) (i64.const 0)))
(call $output (local.get $got) (call $length (local.get $got))) (i32.const 0)"""


async def test_a_redirect_out_of_the_allowed_hosts_is_refused_at_that_hop(tmp_path: Path) -> None:
    """Extism's own runtime follows: it looks at the first host alone."""
    async with open_server() as inside, open_server() as outside, open_arena(tmp_path) as arena:
        base = f"http://127.0.0.1:{inside.port}"
        to = f"http://127.0.0.1:{outside.port}/ok"
        allow = {"http": [f"* {base}/**"]}
        with module(tmp_path, _run(ASK, HTTP)) as path:
            asked = json.dumps({"url": f"{base}/redirect?to={to}"})
            ended, run = await _call(arena, path, asked, allow)
            hops = [e for e in arena.events(run) if isinstance(e, CallRedirected)]
            near = json.dumps({"url": f"{base}/redirect?to=/ok"})
            fine, _ = await _call(arena, path, near, allow)
    assert ended.exit_code == 1 and "denied" in ended.error
    assert [hop.target for hop in hops] == [f"GET {to}"]
    assert not outside.seen
    assert fine.value == "hello"


async def test_a_body_of_any_size_crosses_in_pieces(tmp_path: Path) -> None:
    echo = """(local $got i64)
    (local.set $got (call $ask (call $input) (call $input)))
    (call $output (local.get $got) (call $length (local.get $got))) (i32.const 0)"""
    async with open_server() as server, open_arena(tmp_path) as arena:
        base = f"http://127.0.0.1:{server.port}"
        with module(tmp_path, _run(ASK, HTTP), "get") as get:
            asked = json.dumps({"url": f"{base}/body?size=700000"})
            ended, _ = await _call(arena, get, asked, {"http": [f"* {base}/**"]})
        assert ended.value == "x" * 700_000
        with module(tmp_path, _run(echo, HTTP), "post") as post:
            # The request's own JSON is the body, too.
            asked = json.dumps({"url": f"{base}/ok", "method": "post", "pad": "y" * 200_000})
            ended, _ = await _call(arena, post, asked, {"http": [f"* {base}/**"]})
        assert ended.value == "hello"
        assert server.seen[-1].body.decode() == asked
        assert server.seen[-1].line.startswith(b"POST ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('(module (import "extism:host/env" "alloc" (func (param i32) (result i64))))',
         "imports extism:host/env.alloc as (i32) -> (i64), but here it is (i64) -> (i64)"),
        ('(module (import "extism:host/env" "summon" (func)))',
         "imports extism:host/env.summon, a function that lion does not have"),
        ('(module (import "wasi_snapshot_preview1" "fd_conjure" (func)))',
         "imports wasi_snapshot_preview1.fd_conjure"),
        ('(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))))',
         "exports no memory"),
        (_run('(i32.const 0)', '(import "spells" "cast" (func (param i64 v128)))'),
         "imports spells.cast as (i64, v128)"),
        (_run('(i32.const 0)', '(import "spells" "cast" (global i32))'), "which is no function"),
        (_run('(i32.const 0)', '(import "a" "do_it" (func)) (import "a" "do-it" (func))'),
         "are both do-it here"),
        (_module('(func (export "a_b")) (func (export "a-b"))'), "are both a-b here"),
        (_module('(func (export "漢"))'), "no letter in its name"),
        (_run("(i32.const 0)", '(import "spells" "cast" (func (param i64)))'),
         "no system plugin of this manifest offers"),
    ],
)  # fmt: skip
async def test_what_it_may_not_import_is_refused_by_name(
    text: str, words: str, tmp_path: Path
) -> None:
    with module(tmp_path, text) as path:
        async with open_arena(tmp_path) as arena:
            with pytest.raises(GuestError) as failure:
                await _call(arena, path)
    assert words in str(failure.value)
    assert failure.value.ending == "world"


@pytest.mark.parametrize("imports", ['(import "env" "f" (func))', ""])
async def test_a_core_module_of_another_kind_is_told_what_it_is(
    imports: str, tmp_path: Path
) -> None:
    with module(tmp_path, f'(module {imports} (func (export "run")))') as path:
        async with open_arena(tmp_path) as arena:
            with pytest.raises(OperatorError, match="a core module, not a component"):
                await _call(arena, path)


async def test_a_component_may_not_forge_an_exit_of_another_type(tmp_path: Path) -> None:
    """`finish` ends a call with a text, which would be taken for the number that is exported."""
    text = """(component
      (import "lion:guest/exit@0.1.0" (instance $exit
        (export "finish" (func (param "result" (result string (error string)))))))
      (core module $lib (memory (export "memory") 1) (data (i32.const 8) "text")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
      (core instance $lib (instantiate $lib))
      (alias export $exit "finish" (func $finish))
      (core func $lowered (canon lower (func $finish)
        (memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))))
      (core module $m
        (import "" "finish" (func $finish (param i32 i32 i32)))
        (func (export "run") (result i32)
          (call $finish (i32.const 0) (i32.const 8) (i32.const 4)) (i32.const 1)))
      (core instance $i (instantiate $m
        (with "" (instance (export "finish" (func $lowered))))))
      (func (export "run") (result u32) (canon lift (core func $i "run"))))"""
    with module(tmp_path, text) as path:
        async with open_arena(tmp_path) as arena:
            with pytest.raises(GuestError, match="gave nothing: it exited") as failure:
                await arena.host.call(str(path), "run")
            assert failure.value.ending == "exit"
