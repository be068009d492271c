"""What worlds other than plugins' have: interfaces exported, resources lent and given to exports,
more parameters than core functions take, names that are AssemblyScript's own.
"""

from typing import Any

import pytest

from lion.kernel.handles import HandleTable
from lion.toolchain.assemblyscript.build import build_assemblyscript
from tests.toolchain.worlds import PACKAGES, ready_packages
from tests.wasm.kit import open_bench

pytestmark = pytest.mark.slow

WIT = """\
package test:market;

interface things {
    resource box {
        constructor(text: string);
        get: func() -> string;
        count: static func() -> u32;
        %drop: func();
        delete: func(%new: bool) -> bool;
    }
}

interface shop {
    use things.{box};
    record order { item: string, pieces: u8, %from: option<string> }
    enum answer { yes, no }

    buy: func(order: order) -> result<answer, string>;
    peek: func(box: borrow<box>) -> string;
    peek-all: func(boxes: list<borrow<box>>) -> string;
    swap: func(box: box) -> box;
    nothing: func();
}

interface notes {
    note: func(text: string);
}

world market {
    import things;
    import notes;
    export shop;
    export many: func(
        a: u8, b: string, c: list<u16>, d: s64, e: f32, f: f64, g: char, h: bool,
        i: option<u32>, j: tuple<s8, string>, k: result<u32, string>, l: u64,
    ) -> string;
    export %default: func(%default: u32, %import: u32) -> u32;
}
"""
SHOP = """\
import { Result } from "lion-as";
import { Box } from "./bindings/things";
import { Answer, Order } from "./bindings/shop";

export function buy(order: Order): Result<Answer, string> {
  const from = order.from;
  if (from === null) return Result.err<Answer, string>(order.item + " from nobody");
  return Result.ok<Answer, string>(order.pieces > 1 ? Answer.Yes : Answer.No);
}

export function peek(box: Box): string {
  return box.get();
}

export function peekAll(boxes: Array<Box>): string {
  return boxes.map<string>(box => box.get()).join(" ");
}

export function swap(box: Box): Box {
  const other = Box.create(box.get() + "!");
  box.drop_();
  box.delete(true);
  box.drop();
  return other;
}

export function nothing(): void {}
"""
INDEX = """\
import { Option, Result, Tuple2 } from "lion-as";
import { note } from "./bindings/notes";
import { Box } from "./bindings/things";

export function many(
  a: u8, b: string, c: Array<u16>, d: i64, e: f32, f: f64, g: u32, h: bool,
  i: Option<u32>, j: Tuple2<i8, string>, k: Result<u32, string>, l: u64,
): string {
  note(Box.count().toString() + " boxes");
  return [
    a.toString(), b, c.toString(), d.toString(), e.toString(), f.toString(),
    String.fromCodePoint(g), h.toString(), i.unwrapOr(7).toString(), j.a.toString(), j.b,
    k.isOk ? k.value.toString() : k.error, l.toString(),
  ].join(" ");
}

export function default_(default_: u32, import_: u32): u32 {
  return default_ + import_;
}
"""


class Things:
    """The host's side: boxes, and what was noted."""

    def __init__(self) -> None:
        self.table = HandleTable(100)
        self.said: list[str] = []

    def box(self, text: str) -> int:
        return self.table.add("box", text)

    async def answer(self, name: str, args: list[Any]) -> Any:
        match name, args:
            case "[constructor]box", [text]:
                return self.box(text)
            case "[method]box.get", [rep]:
                return self.table.get(rep, "box")
            case "[static]box.count", []:
                return len(self.table)
            case ("[method]box.drop", [_]):
                return None
            case ("[method]box.delete", [_, new]):
                return new
            case "note", [text]:
                self.said.append(text)
                return None
        raise AssertionError(name)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The component."""
    ready_packages()
    folder = tmp_path_factory.mktemp("market")
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    texts = {"wit/world.wit": WIT, "assembly/shop.ts": SHOP, "assembly/index.ts": INDEX}
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return build_assemblyscript(folder, folder / "market.wasm").path.read_bytes()


async def test_an_exported_interface_is_implemented_beside(market: bytes) -> None:
    things = Things()
    async with open_bench(market) as bench:
        order = {"item": "hay", "pieces": 2, "from": "Ann"}
        assert await bench.call("buy", order) == ("ok", "yes")
        assert await bench.call("buy", order | {"pieces": 1}) == ("ok", "no")
        assert await bench.call("buy", order | {"from": None}) == ("err", "hay from nobody")
        assert await bench.call("nothing") is None
        given = [1, "two", [3, 4], -5, 6.5, 7.25, "🦁", True, None, (-8, "nine"), ("err", "x"), 10]
        said = await bench.call("many", *given, answer=things.answer)
        assert said == "1 two 3,4 -5 6.5 7.25 🦁 true 7 -8 nine x 10"
        assert things.said == ["0 boxes"]
        assert await bench.call("default", 40, 2) == 42


async def test_what_is_lent_goes_back_and_what_is_given_is_gone(market: bytes) -> None:
    things = Things()
    async with open_bench(market) as bench:
        given: dict[str, Any] = {"answer": things.answer, "handles": things.table}
        one, two = things.box("one"), things.box("two")
        assert await bench.call("peek", one, **given) == "one"
        assert await bench.call("peek-all", [one, two], **given) == "one two"
        assert len(things.table) == 2
        other = await bench.call("swap", one, **given)
        assert things.table.get(other, "box") == "one!"
        assert len(things.table) == 2
