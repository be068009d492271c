"""What lion relies on in wasmtime below its public face. If an upgrade changes any of it, this
fails loudly.
"""

import ctypes
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import trio
from wasmtime import _bindings, _ffi

from lion.errors import InternalError, OperatorError
from lion.wasm import capi, runtime
from lion.wasm.engine import FLAGS, build_engine
from tests.wasm.kit import built, open_bench


def test_the_installed_wasmtime_is_the_pinned_one() -> None:
    assert version("wasmtime") == capi.VERSION == capi.PINNED


def test_layout_is_as_written_down() -> None:
    capi.check_layout()
    assert ctypes.sizeof(_ffi.wasmtime_component_val_t) == 32
    union: Any = _bindings.wasmtime_component_valunion_t
    assert ctypes.sizeof(union) == 24
    assert [f[0] for f in _bindings.wasmtime_async_continuation_t._fields_] == [
        "callback",
        "env",
        "finalizer",
    ]


def test_another_wasmtime_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capi, "VERSION", "51.0.0")
    with pytest.raises(InternalError, match="pip install wasmtime==50"):
        capi.check_layout()


@pytest.mark.parametrize("patch", [0, 1])
async def test_pythons_that_abort_on_fibers_are_refused(
    patch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime.sys, "version_info", (3, 14, patch, "final", 0))
    with pytest.raises(OperatorError, match=f"Python 3.14.{patch} may abort"):
        async with runtime.open_runtime(tmp_path):
            pass


def test_every_engine_option_still_exists() -> None:
    for name in FLAGS:
        assert hasattr(_bindings, f"wasmtime_config_{name}_set"), name
    build_engine()


async def test_a_waiting_guest_is_polled_again_only_when_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One poll up to the host call, one after it: the continuation is asked, not busy-waited."""
    asked = 0

    async def fetch(name: str, args: list[Any]) -> Any:
        nonlocal asked
        asked += 1
        for _ in range(50):
            await trio.lowlevel.checkpoint()
        return args[0].upper()

    async with open_bench(built("mirror")) as bench:
        ticker = bench.component._shared.meter.ticker
        # Nothing ticks, so no poll is cut in two, however slow the machine is today.
        monkeypatch.setattr(ticker, "wake", lambda: None)
        before, ticks = ticker.polls, ticker.ticks
        assert await bench.call("fetch-n", 3, "abc", answer=fetch) == 9
        assert asked == 3
        assert ticker.polls - before == 1 + 1 + 3  # instantiate, to the first call, after each
        assert ticker.ticks == ticks


async def test_dropping_the_future_is_cancellation() -> None:
    async def forever(name: str, args: list[Any]) -> Any:
        await trio.sleep_forever()

    async with open_bench(built("mirror")) as bench:
        for _ in range(200):
            with trio.move_on_after(0) as scope:
                await bench.call("fetch-n", 3, "abc", answer=forever)
            assert scope.cancelled_caught
        assert bench.runtime.live == 0
        assert bench.component._shared.callbacks.guests == {}


async def test_exceptions_of_the_host_pass_through_and_end_the_instance_only() -> None:
    class Boom(BaseException):
        pass

    async def boom(name: str, args: list[Any]) -> Any:
        raise Boom

    async def add(name: str, args: list[Any]) -> Any:
        return args[0] + args[1]

    async with open_bench(built("mirror")) as bench:
        for _ in range(100):
            with pytest.raises(Boom):
                await bench.call("call-n", 3, answer=boom)
        assert await bench.call("call-n", 3, answer=add) == 3
        assert bench.component._shared.callbacks.guests == {}


async def test_each_guest_gets_its_own_answers() -> None:
    async with open_bench(built("mirror")) as bench:
        totals: dict[int, int] = {}

        async def one(number: int) -> None:
            async def fetch(name: str, args: list[Any]) -> Any:
                await trio.lowlevel.checkpoint()
                assert args[0] == f"text {number}"
                return "x" * number

            totals[number] = await bench.call("fetch-n", 20, f"text {number}", answer=fetch)

        async with trio.open_nursery() as nursery:
            for number in range(100):
                nursery.start_soon(one, number)
        assert totals == {number: 20 * number for number in range(100)}
