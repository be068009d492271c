"""Look here if you want to know that each bad component is bad for the reason it says."""

import pytest
from wasmtime import Config, Engine, WasmtimeError, wat2wasm
from wasmtime.component import Component

from lion.wasm.engine import build_engine

from .built import WAT

FEATURES = {
    "threads": ("wasm_threads", "shared_memory"),
    "memory64": ("wasm_memory64",),
    "gc": ("wasm_function_references", "wasm_gc"),
    "exceptions": ("wasm_exceptions",),
    "relaxed-simd": ("wasm_relaxed_simd",),
    "stack-switching": ("wasm_function_references", "wasm_exceptions", "wasm_stack_switching"),
    "wide-arithmetic": ("wasm_wide_arithmetic",),
    "function-references": ("wasm_function_references",),
}
LOADED = sorted(
    path.stem
    for path in WAT.glob("*.wat")
    if not path.stem.startswith("feature-") and path.stem != "core-module"
)


def _text(name: str) -> str:
    return (WAT / f"{name}.wat").read_text("utf-8")


def test_there_is_a_file_for_each_refused_feature() -> None:
    assert {path.stem for path in WAT.glob("feature-*.wat")} == {f"feature-{n}" for n in FEATURES}


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_a_refused_feature_is_the_only_thing_wrong(feature: str) -> None:
    config = Config()
    for flag in FEATURES[feature]:
        setattr(config, flag, True)
    Component(Engine(config), _text(f"feature-{feature}"))
    with pytest.raises(WasmtimeError):
        Component(build_engine(), _text(f"feature-{feature}"))


@pytest.mark.parametrize("name", LOADED)
def test_what_is_bad_only_when_linked_or_run_compiles(name: str) -> None:
    Component(build_engine(), _text(name))


def test_the_core_module_is_one() -> None:
    assert wat2wasm(_text("core-module"))[4:8] == b"\x01\x00\x00\x00"


def test_every_file_says_what_it_does() -> None:
    assert all(path.read_text("utf-8").startswith(";; ") for path in WAT.glob("*.wat"))
