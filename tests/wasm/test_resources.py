"""Resources: handed out, lent, given back, dropped by the guest, and closed with the instance
whatever happens.
"""

from typing import Any

import pytest
import trio

from lion.domain.call import CallError
from lion.errors import GuestError
from lion.kernel.handles import HandleTable
from tests.wasm.kit import Bench, assemble, built, open_bench


class Trade:
    """The host side of lion:test/trade, with a count of what was closed."""

    def __init__(self, limit: int = 100) -> None:
        self.table = HandleTable(limit)
        self.made = 0
        self.closed = 0

    def _close(self) -> None:
        self.closed += 1

    async def answer(self, name: str, args: list[Any]) -> Any:
        match name, args:
            case "make", [text]:
                self.made += 1
                return self.table.add("box", [text], self._close)
            case (("[method]box.get" | "look"), [rep]):
                return self.table.get(rep, "box")[0]
            case "[method]box.put", [rep, text]:
                self.table.get(rep, "box")[0] = text
                return None
            case "swap", [rep]:
                text = self.table.get(rep, "box")[0]
                self.table.drop(rep)
                return self.table.add("box", [text[::-1]], self._close)
        raise AssertionError(name)


@pytest.fixture(params=["mirror", "mirror-as"])
def mirror(request: pytest.FixtureRequest) -> str:
    """The guest in both languages."""
    return str(request.param)


async def _run(bench: Bench, trade: Trade, name: str, *args: Any) -> Any:
    return await bench.call(name, *args, answer=trade.answer, handles=trade.table)


@pytest.mark.parametrize("name", ["box-round", "box-travel"])
async def test_a_box_goes_round_and_is_dropped(mirror: str, name: str) -> None:
    async with open_bench(built(mirror)) as bench:
        trade = Trade()
        assert isinstance(await _run(bench, trade, name, "lion"), str)
        assert trade.made >= 1
        assert len(trade.table) == 0


async def test_ten_thousand_boxes_leave_nothing(mirror: str) -> None:
    async with open_bench(built(mirror)) as bench:
        trade = Trade(20_000)
        assert await _run(bench, trade, "box-hoard", 10_000) > 0
        assert trade.closed == trade.made == 10_000


async def test_what_the_guest_keeps_is_closed_with_the_instance(mirror: str) -> None:
    async with open_bench(built(mirror)) as bench:
        trade = Trade()
        await bench.call("box-keep", "mine", answer=trade.answer, handles=trade.table)
        assert (len(trade.table), trade.closed) == (1, 0)
        trade.table.close()
        assert trade.closed == 1


async def test_a_full_table_is_an_error_of_the_host_function(mirror: str) -> None:
    async with open_bench(built(mirror)) as bench:
        trade = Trade(5)
        with pytest.raises(CallError, match="exhausted"):
            await _run(bench, trade, "box-hoard", 10)
        trade.table.close()
        assert trade.closed == 5


async def test_cancelled_with_boxes_in_hand(mirror: str) -> None:
    trade, scope = Trade(), trio.CancelScope()

    async def stop_at_three(name: str, args: list[Any]) -> Any:
        if trade.made == 3:
            scope.cancel()
            await trio.sleep_forever()
        return await trade.answer(name, args)

    async with open_bench(built(mirror)) as bench:
        with scope:
            await bench.call("box-hoard", 10, answer=stop_at_three, handles=trade.table)
        assert scope.cancelled_caught
        assert bench.runtime.live == 0
        trade.table.close()
        assert trade.closed == 3


async def test_a_rep_of_another_type_is_refused() -> None:
    """A guest cannot name a rep; but if a host function lent the wrong one, the table would say
    so.
    """
    table = HandleTable(5)
    rep = table.add("box", "x")
    with pytest.raises(CallError, match="not-found"):
        table.get(rep, "body")


FORGED = """
(component
  (import "lion:test/trade" (instance $t
    (export "box" (type $box (sub resource)))
    (export "look" (func (param "box" (borrow $box)) (result string)))))
  (alias export $t "look" (func $look))
  (core module $libc (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 256)))
  (core instance $libc (instantiate $libc))
  (core func $look' (canon lower (func $look)
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m
    (import "h" "look" (func $look (param i32 i32)))
    (func (export "forge") (call $look (i32.const 1234) (i32.const 0))))
  (core instance $m (instantiate $m (with "h" (instance (export "look" (func $look'))))))
  (func (export "forge") (canon lift (core func $m "forge"))))
"""


async def test_a_forged_handle_traps_before_the_host_sees_it() -> None:
    async with open_bench(assemble(FORGED)) as bench:
        with pytest.raises(GuestError, match="unknown handle"):
            await bench.call("forge")
        assert bench.stats.host_calls == 0
