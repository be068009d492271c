"""Every WIT type crosses both ways unchanged: through an export, and through a host function."""

from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from lion.values.wit import Function
from lion.wasm.freeze import reflect_interfaces
from lion.wasm.lower import LowerError
from tests.examples import examples
from tests.wasm.kit import Bench, built, open_bench
from tests.wasm.values import values

RARE = examples(20, suppressed=list(HealthCheck))


def _draw_all(functions: dict[str, Function], data: st.DataObject) -> list[tuple[str, Any]]:
    return [
        (name, data.draw(values(function.params[0][1]), label=name))
        for name, function in sorted(functions.items())
    ]


async def _identities(bench: Bench) -> dict[str, Function]:
    return {n: e.type for n, e in bench.exports.items() if n.startswith("same-")}


async def _echo(name: str, drawn: st.DataObject) -> int:
    async def mirror(function: str, args: list[Any]) -> Any:
        return args[0]

    async with open_bench(built(name)) as bench:
        cases = _draw_all(await _identities(bench), drawn)
        for function, value in cases:
            got = await bench.call(function, value, answer=mirror)
            assert got == value, function
            assert repr(got) == repr(value), function
    return len(cases)


@pytest.mark.parametrize("name", ["echo", "echo-as"])
@RARE
@given(drawn=st.data())
def test_exports_give_back_every_type(name: str, drawn: st.DataObject) -> None:
    assert trio.run(_echo, name, drawn) >= 40


@pytest.mark.parametrize("name", ["mirror", "mirror-as"])
@RARE
@given(drawn=st.data())
def test_host_functions_give_back_every_type(name: str, drawn: st.DataObject) -> None:
    assert trio.run(_echo, name, drawn) >= 40


@pytest.mark.parametrize("bad", ["text", None, -1, 2**32, 1.5])
async def test_wrong_value_is_refused_before_the_guest_sees_it(bad: Any) -> None:
    async with open_bench(built("echo")) as bench:
        with pytest.raises(LowerError):
            await bench.call("same-u32", bad)
        assert bench.runtime.live == 0


async def test_wrong_nested_value_is_refused_whole() -> None:
    async with open_bench(built("echo")) as bench:
        with pytest.raises(LowerError):
            await bench.call("same-texts", ["fine", "fine", 7])
        with pytest.raises(LowerError):
            await bench.call("same-point", {"x": 1.0})
        with pytest.raises(LowerError):
            await bench.call("same-color", "no such color")


def test_reflection_of_what_a_component_imports_is_stable() -> None:
    once, again = (reflect_interfaces(built("mirror")) for _ in range(2))
    assert once == again and once
