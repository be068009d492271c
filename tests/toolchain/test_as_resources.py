"""A guest in AssemblyScript makes resources of its own: the host holds the author's objects, lends
them, gives them back and drops them.
"""

from pathlib import Path
from typing import Any

import pytest
from wasmtime import Trap, WasmtimeError
from wasmtime.component import Record, ResourceHost

from lion.errors import OperatorError
from lion.kernel.exports import tool_exports
from lion.toolchain.assemblyscript.build import build_assemblyscript
from tests.toolchain.shop import SHOP, Market, build_market, write_market
from tests.wasm.kit import open_bench

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, built once."""
    folder = tmp_path_factory.mktemp("market")
    build_market(folder)
    return folder


@pytest.fixture
def market(folder: Path) -> Market:
    return Market((folder / "market.wasm").read_bytes())


def _alive(market: Market) -> int:
    return int(market("shop", "[static]box.alive"))


def _box(market: Market, text: str) -> Any:
    return market("shop", "[constructor]box", text)


def test_an_object_lives_as_long_as_the_host_holds_it(market: Market) -> None:
    box, other = _box(market, "hay"), _box(market, "straw")
    market("shop", "[method]box.put", box, "corn")
    assert market("shop", "[method]box.get", box) == "corn"
    assert market("shop", "[method]box.join", box, other) == "cornstraw"
    assert market("shop", "look-all", [box, other, box]) == "corn straw corn"
    assert market("fair", "show", other) == "see: straw"
    assert _alive(market) == 2
    box.drop(market.store)
    assert _alive(market) == 1
    assert market("shop", "[method]box.get", other) == "straw"
    with pytest.raises(WasmtimeError):
        market("shop", "[method]box.get", box)


def test_what_the_host_gives_back_is_the_guests(market: Market) -> None:
    box, other = _box(market, "hay"), _box(market, "corn")
    assert market("shop", "[method]box.eat", box, other) == 7
    # Given back is not dropped: the guest itself counted it down, once.
    assert _alive(market) == 1
    again = market("shop", "same", box)
    assert market("shop", "[method]box.get", again) == "haycorn"
    crate = market("shop", "[constructor]crate", [])
    market("shop", "[method]crate.add", crate, again)
    assert _alive(market) == 1
    back = market("shop", "[method]crate.take", crate)
    assert market("shop", "[method]box.get", back) == "haycorn"
    assert market("shop", "[method]crate.take", crate) is None
    crate.drop(market.store)  # its class has no `dropped`
    back.drop(market.store)
    assert _alive(market) == 0


def test_one_object_can_be_held_twice(market: Market) -> None:
    box = _box(market, "hay")
    one, two = market("shop", "[method]box.both", box)
    market("shop", "[method]box.put", one, "corn")
    one.drop(market.store)
    assert market("shop", "[method]box.get", two) == "corn"
    assert market("shop", "[method]box.get", box) == "corn"


def test_resources_cross_in_values_of_all_kinds(market: Market) -> None:
    pair = market("shop", "pair-up", _box(market, "one"), _box(market, "two"), "both")
    assert pair.label == "both"
    boxes = market("shop", "split", pair)
    assert [market("shop", "[method]box.get", box) for box in boxes] == ["one", "two"]
    assert market("shop", "pick", 0) is None
    assert market("shop", "[method]box.get", market("shop", "pick", 1)) == "one"
    assert market("shop", "[method]box.get", market("shop", "pick", 2).second) == "b"
    assert market("shop", "[method]box.get", market("fair", "win").first) == "left"
    assert market("shop", "[static]box.open", "") == "nothing in it"
    assert market("shop", "[constructor]crate", [_box(market, "") for _ in range(3)]) == "full"
    opened = market("shop", "[static]box.open", "hay")
    assert market("shop", "[method]box.get", opened) == "hay"
    created = market("shop", "[static]box.create")
    assert market("shop", "[method]box.get", created) == "created"
    assert market("shop", "[method]box.dropped", created) == "not yet"


def test_the_hosts_resources_are_lent_beside_its_own(market: Market) -> None:
    wood = ResourceHost.borrow(7, 2)
    carved = market("shop", "[method]box.carve", _box(market, "box"), wood)
    assert market("shop", "[method]box.get", carved) == "box of oak 7"


def test_an_interface_that_is_imported_and_exported_has_both_kinds(market: Market) -> None:
    box = market("things", "[constructor]box", "hay")
    assert market.boxes == {1: "<hay>"}
    pair = Record()
    pair.first, pair.count = box, 3
    sent = market("things", "send", pair)
    assert sent.count == 4
    assert market("things", "[method]box.get", sent.first) == "<hay>"
    sent.first.drop(market.store)
    assert market.boxes == {}


MANY = 100_000
CRATE = (
    "export class Crate { static create(boxes: Array<Box>): Result<Crate, string>; "
    "add(box: Box): void; take(): Box | null; open(): string; }"
)


def test_a_hundred_thousand_leave_nothing(folder: Path) -> None:
    """In half a MiB: neither objects nor their numbers are kept."""
    market = Market((folder / "market.wasm").read_bytes(), memory=1 << 19)
    kept = _box(market, "kept")
    for _ in range(MANY // 2):
        _box(market, "dropped").drop(market.store)
    for _ in range(MANY // 2):
        box = market("shop", "same", _box(market, "given back"))
        box.drop(market.store)
    assert _alive(market) == 1
    assert market("shop", "[method]box.get", kept) == "kept"


def test_what_was_dropped_is_not_kept_until_its_number_is_taken(market: Market) -> None:
    for box in [_box(market, "x" * 2_000) for _ in range(160)]:
        box.drop(market.store)
    assert market("shop", "[static]box.is-empty")


def test_those_that_are_held_are_kept(folder: Path) -> None:
    """The twin of that: held, they do not fit into half a MiB."""
    market = Market((folder / "market.wasm").read_bytes(), memory=1 << 19)
    held: list[Any] = []
    with pytest.raises((Trap, WasmtimeError)):
        held += [_box(market, "held") for _ in range(MANY)]


async def test_lion_calls_what_needs_no_resource(folder: Path) -> None:
    async with open_bench((folder / "market.wasm").read_bytes()) as bench:
        assert set(tool_exports(bench.component)) == {"hello"}
        assert await bench.call("hello") == "hello"


@pytest.mark.parametrize(
    ("old", "new", "what", "hint"),
    [
        (
            "export class Crate", "class Crate", "assembly/shop.ts does not have the export",
            "it should be: " + CRATE,
        ),
        (
            "  get():", "  got():", "assembly/shop.ts:7: the class is not what its world asks for",
            "the class Box should have: get(): string { ... }",
        ),
        (
            "  open(): string {\n    return \"open\"", "  open(): i8 {\n    return 1",
            "assembly/shop.ts:69: the class is not what its world asks for: Type 'i8' is not",
            "the class Crate should have: open(): string { ... }",
        ),
        (
            "(private text: string)", "(private text: string, n: i8)",
            "assembly/shop.ts:7: the class is not what its world asks for: Expected 2 arguments",
            "the class Box should have: constructor(text: string) { ... }",
        ),
        (
            "static alive()", "alive()", "Property 'alive' does not exist",
            "the class Box should have: static alive(): u32 { ... }",
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_a_class(old: str, new: str, what: str, hint: str, tmp_path: Path) -> None:
    write_market(tmp_path)
    assert old in SHOP
    (tmp_path / "assembly" / "shop.ts").write_text(SHOP.replace(old, new), "utf-8")
    with pytest.raises(OperatorError) as caught:
        build_assemblyscript(tmp_path, tmp_path / "market.wasm")
    assert what in caught.value.what, caught.value.what
    assert caught.value.hint == hint
