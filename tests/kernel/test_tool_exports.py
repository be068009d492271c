"""What of a component's exports is a tool: what takes and gives values and belongs to nothing."""

from pathlib import Path

import pytest

from lion.errors import GuestError
from lion.kernel.exports import tool_exports
from tests.attack.kit import call, open_arena
from tests.wasm.kit import assemble, open_bench

SHOP = """
(component
  (type $box (resource (rep i32)))
  (core module $m
    (func (export "get") (param i32) (result i32) (local.get 0))
    (func (export "count") (result i32) (i32.const 3)))
  (core instance $i (instantiate $m))
  (func $get (param "self" (borrow $box)) (result u32) (canon lift (core func $i "get")))
  (func $count (result u32) (canon lift (core func $i "count")))
  (component $c
    (import "box" (type $b (sub resource)))
    (import "get" (func $g (param "self" (borrow $b)) (result u32)))
    (import "count" (func $n (result u32)))
    (export $b2 "box" (type $b))
    (export "[method]box.get" (func $g) (func (param "self" (borrow $b2)) (result u32)))
    (export "[static]box.count" (func $n))
    (export "look" (func $g) (func (param "self" (borrow $b2)) (result u32)))
    (export "count" (func $n)))
  (instance $x (instantiate $c
    (with "box" (type $box)) (with "get" (func $get)) (with "count" (func $count))))
  (export "test:shop/boxes" (instance $x)))
"""


async def test_nothing_of_a_resource_is_a_tool() -> None:
    async with open_bench(assemble(SHOP)) as bench:
        assert set(bench.exports) == {"[method]box.get", "[static]box.count", "look", "count"}
        assert set(tool_exports(bench.component)) == {"count"}
        assert await bench.call("count") == 3


def _two(one: str, other: str) -> bytes:
    """A component with `count` in two interfaces."""
    return assemble(f"""
    (component
      (core module $m
        (func (export "three") (result i32) (i32.const 3))
        (func (export "four") (result i32) (i32.const 4)))
      (core instance $i (instantiate $m))
      (func $three (result u32) (canon lift (core func $i "three")))
      (func $four (result u32) (canon lift (core func $i "four")))
      (instance $a (export "count" (func $three)))
      (instance $b (export "count" (func $four)) (export "other" (func $three)))
      (export "{one}" (instance $a))
      (export "{other}" (instance $b)))
    """)


async def test_two_of_one_name_go_by_their_interfaces(tmp_path: Path) -> None:
    path = tmp_path / "shop.wasm"
    path.write_bytes(_two("test:shop/boxes", "test:shop/bags@1.0.0"))
    table = f'[plugins.shop]\ncomponent = "{path}"\n'
    names = ("shop.boxes.count", "shop.bags.count", "shop.other")
    async with open_arena(tmp_path) as arena:
        report = await arena.run(table, *map(call, names))
        assert [ending.value for ending in report.endings] == [3, 4, 3]
        replayed = await arena.replay(report.run)
        assert (replayed.identical, replayed.invocations) == (True, 3)


async def test_two_that_nothing_tells_apart_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.wasm"
    path.write_bytes(_two("test:shop/boxes", "test:stall/boxes"))
    said = r"shop.wasm': it exports boxes.count from test:shop/boxes and test:stall/boxes"
    async with open_arena(tmp_path) as arena:
        with pytest.raises(GuestError, match=said):
            await arena.run(f'[plugins.shop]\ncomponent = "{path}"\n', call("shop.other"))
        with pytest.raises(GuestError, match=r"it exports boxes\.count from"):
            await arena.host.inspect(path.read_bytes(), "shop.wasm")
