"""Every switch of wasmtime's is decided here, and the component model's async is off."""

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import wasmtime
from wasmtime import Config, Engine, WasmtimeError, _bindings, wat2wasm
from wasmtime.component import Component

from lion.errors import OperatorError
from lion.wasm import capi
from lion.wasm.engine import FLAGS, LEFT_ALONE, build_engine
from lion.wasm.offers import offered
from tests.wasm.builtins import ASYNC, SYNCHRONOUS, UNFINISHED, component_with
from tests.wasm.kit import assemble, open_bench

_SETTER = re.compile(rb"\0wasmtime_config_([a-z0-9_]+)_set(?=\0)")
OTHER_KINDS = {
    "cranelift_flag", "cranelift_opt_level", "cranelift_regalloc_algorithm", "host_memory_creator",
    "host_stack_creator", "memory_guard_size", "memory_reservation",
    "memory_reservation_for_growth", "profiler", "strategy", "target",
}  # fmt: skip
"""Settings that are no switches: tuning and plumbing, none gives a guest anything."""


def _exported() -> set[str]:
    """Names of all settings that the loaded library itself has."""
    folder = Path(wasmtime.__file__).parent
    (library,) = (p for p in folder.glob("*/_*wasmtime*") if p.suffix in (".so", ".dylib", ".dll"))
    found = {name.decode() for name in _SETTER.findall(library.read_bytes())}
    assert len(found) > 40
    return found


def _switches() -> Iterator[str]:
    for name in _exported():
        kinds = getattr(_bindings, f"_wasmtime_config_{name}_set").argtypes
        if kinds[1] is ctypes.c_bool:
            yield name


def test_every_switch_is_named_or_left_alone_for_a_reason() -> None:
    switches = set(_switches())
    assert switches - FLAGS.keys() - LEFT_ALONE.keys() == set()
    assert LEFT_ALONE.keys() <= switches and not LEFT_ALONE.keys() & FLAGS.keys()
    assert all(len(reason) > 20 for reason in LEFT_ALONE.values())


def test_every_other_setting_is_known() -> None:
    rest = _exported() - set(_switches()) - FLAGS.keys()
    assert rest == OTHER_KINDS


def test_async_is_off() -> None:
    for name in FLAGS:
        if "async" in name and name != "async_stack_size":
            assert FLAGS[name] is False, name
    assert FLAGS["concurrency_support"] is False


def _engine_with_async() -> Engine:
    """lion's engine as it was: what has to do with async is as wasmtime likes it, or on."""
    config = Config()
    for name, value in FLAGS.items():
        is_async = "component_model" in name or name == "concurrency_support"
        capi.set_flag(config, name, is_async or value)
    return Engine(config)


def test_every_built_in_the_parser_knows_is_listed() -> None:
    with pytest.raises(WasmtimeError) as caught:
        wat2wasm("(component (core func (canon nonsense)))")
    known = re.findall(r"`([a-z_.-]+)`", str(caught.value).splitlines()[0])
    assert len(known) > 40
    assert set(known) - set(SYNCHRONOUS) - ASYNC.keys() - UNFINISHED.keys() == set()


@pytest.mark.parametrize("name", ASYNC)
def test_a_form_of_async_is_accepted_where_async_is_on(name: str) -> None:
    """The twin: nothing else is wrong with these components."""
    text = component_with(ASYNC[name])
    Component(_engine_with_async(), text)
    with pytest.raises(WasmtimeError, match="component model async feature"):
        Component(build_engine(), text)


@pytest.mark.parametrize("name", UNFINISHED)
def test_what_is_not_finished_is_refused(name: str) -> None:
    with pytest.raises(WasmtimeError, match=r"requires? the |proposal|feature"):
        Component(build_engine(), component_with(UNFINISHED[name]))


@pytest.mark.parametrize(
    "name", ["backpressure.inc", "stream.new", "async export", "async import"]
)
async def test_async_is_refused_when_it_is_loaded(name: str) -> None:
    with pytest.raises(OperatorError) as caught:
        async with open_bench(assemble(component_with(ASYNC[name])), offers=offered()):
            raise AssertionError("it was loaded")
    assert "the component model async feature" in caught.value.what
    assert "plain functions" in caught.value.hint
