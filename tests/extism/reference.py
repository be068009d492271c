"""Look here if you want to know what Extism's own SDK says of the same call: the reference."""

from pathlib import Path
from typing import Any

import extism  # type: ignore[import-untyped]

from tests.extism.cases import Case

_I64 = extism.ValType.I64


@extism.host_fn(name="mult", signature=([_I64, _I64], [_I64]))  # type: ignore[untyped-decorator]
def _mult(plugin: Any, params: Any, results: Any, *data: Any) -> None:
    results[0].value = params[0].value * params[1].value


@extism.host_fn(name="hostGreenMessage")  # type: ignore[untyped-decorator]
def _green(text: str) -> str:
    return f"🟢:{text}"


@extism.host_fn(name="hostPurpleMessage")  # type: ignore[untyped-decorator]
def _purple(text: str) -> str:
    return f"🟣:{text}"


@extism.host_fn(name="to_upper", namespace="host")  # type: ignore[untyped-decorator]
def _upper(text: str) -> str:
    return text.upper()


_O = "dylibso_observe"


@extism.host_fn(name="instrument_enter", namespace=_O, signature=([extism.ValType.I32], []))  # type: ignore[untyped-decorator]
def _enter(*unused: Any) -> None: ...


@extism.host_fn(name="instrument_exit", namespace=_O, signature=([extism.ValType.I32], []))  # type: ignore[untyped-decorator]
def _exit(*unused: Any) -> None: ...


@extism.host_fn(name="instrument_memory_grow", namespace=_O, signature=([extism.ValType.I32], []))  # type: ignore[untyped-decorator]
def _grow(*unused: Any) -> None: ...


FUNCTIONS = {
    "host": [_mult], "host_memory": [_upper], "host_multiple": [_green, _purple],
    "nested.c.instr": [_enter, _exit, _grow],
}  # fmt: skip


def ask(case: Case, modules: Path, mounted: Path, server: str) -> tuple[str, str]:
    """("ok", its output) or ("err", what it says went wrong). For a thread."""
    names = ["main" if i == len(case.modules) - 1 else m for i, m in enumerate(case.modules)]
    manifest: dict[str, Any] = {
        "wasm": [
            {"path": str(modules / f"{m}.wasm"), "name": n}
            for m, n in zip(case.modules, names, strict=True)
        ],
        "allowed_paths": {str(mounted): "/mnt"},
        "allowed_hosts": ["127.0.0.1"],
    }
    functions = FUNCTIONS.get(case.modules[-1], [])
    try:
        plugin = extism.Plugin(manifest, wasi=True, config=dict(case.config), functions=functions)
        given = case.input.replace("SERVER", server)
        output: bytes = plugin.call(case.function, given, bytes)
    except extism.Error as exc:
        return "err", str(exc)
    return "ok", output.decode()
