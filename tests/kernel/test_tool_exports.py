"""What of a component's exports is a tool: what takes and gives values and belongs to nothing."""

from lion.kernel.live import tool_exports
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
