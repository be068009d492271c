"""Look here if you want to know which of wasmtime's C functions lion calls, and how its structs
lie in memory.

The wheel's public component calls are synchronous; its C API has async ones, which wasmtime-py
exposes only through private names. All private knowledge is in this file, that of memories in
linear.py. tests/wasm/test_contract.py fails loudly if an upgrade changes it.

Rule: functions named here take and give plain addresses (int), so that callers never build ctypes
objects per call.
Rule: `poll` releases the GIL (the ticker must be able to run); allocators do not (they are shorter
than a handover).
"""

import ctypes
import struct
from pathlib import Path
from typing import Any

import wasmtime
from wasmtime import _bindings as _b
from wasmtime import _ffi

from lion.errors import InternalError

PINNED = "50.0.1"


def _installed() -> str:
    """The wheel's version, from its folder's name: importlib.metadata would cost 15 ms of every
    start.
    """
    for info in Path(wasmtime.__file__).parent.parent.glob("wasmtime-*.dist-info"):
        return info.name.removeprefix("wasmtime-").removesuffix(".dist-info")
    from importlib.metadata import version

    return version("wasmtime")


VERSION = _installed()

_vp, _sz, _u64, _u32 = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint64, ctypes.c_uint32


def _brief(name: str, result: Any, *args: Any) -> Any:
    """A C function that is called with the GIL held."""
    return ctypes.PYFUNCTYPE(result, *args)((name, _ffi.dll))


def _long(name: str, result: Any, *args: Any) -> Any:
    """A C function that is called with the GIL released."""
    return ctypes.CFUNCTYPE(result, *args)((name, _ffi.dll))


# --- values: struct wasmtime_component_val {u8 kind; union of 24 bytes at 8}

VAL = 32
"""Bytes of one value."""
ENTRY = 48
"""Bytes of one record entry: name (size, data), value."""

KINDS: dict[str, int] = {
    name: getattr(_ffi, f"WASMTIME_COMPONENT_{name.upper()}").value
    for name in (
        "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char",
        "string",
        "list", "record", "tuple", "variant", "enum", "option", "result", "flags", "resource",
    )
}  # fmt: skip

val_clone = _brief("wasmtime_component_val_clone", None, _vp, _vp)
val_delete = _brief("wasmtime_component_val_delete", None, _vp)
large_val_delete = _long("wasmtime_component_val_delete", None, _vp)


MEMORY = memoryview((ctypes.c_ubyte * (1 << 57)).from_address(0)).cast("B")
"""The memory of this process by address, to be read and written without a foreign call."""
BYTES = bytes.__basicsize__ - 1
"""Where a Python bytes object has its bytes, from its address on."""


# --- resources

_host_new = _brief(
    "wasmtime_component_resource_host_new", _vp, ctypes.c_bool, ctypes.c_uint32, ctypes.c_uint32
)
_host_delete = _brief("wasmtime_component_resource_host_delete", None, _vp)
_host_rep = _brief("wasmtime_component_resource_host_rep", ctypes.c_uint32, _vp)
_any_to_host = _brief("wasmtime_component_resource_any_to_host", _vp, _vp, _vp, _vp)
_host_to_any = _brief("wasmtime_component_resource_host_to_any", _vp, _vp, _vp, _vp)


any_delete = _brief("wasmtime_component_resource_any_delete", None, _vp)
"""Let go of the place where a resource is written, not of the resource."""


def give_resource(context: int, rep: int, type_id: int) -> int:
    """Make an owned resource of a host type; the address goes into a value of kind resource."""
    host = _host_new(True, rep, type_id)
    out = ctypes.c_void_p()
    error = _host_to_any(context, host, ctypes.addressof(out))
    _host_delete(host)
    if error or out.value is None:
        raise InternalError(f"wasmtime made no resource: {error_text(error)}")
    return out.value


def take_rep(context: int, any_address: int) -> int:
    """Read the rep of a resource argument, which is only valid inside the callback it came
    with.
    """
    out = ctypes.c_void_p()
    error = _any_to_host(context, any_address, ctypes.addressof(out))
    if error or out.value is None:
        raise InternalError(f"wasmtime gave no rep: {error_text(error)}")
    rep: int = _host_rep(out.value)
    _host_delete(out.value)
    return rep


# --- calls

poll = _long("wasmtime_call_future_poll", ctypes.c_bool, _vp)
future_delete = _long("wasmtime_call_future_delete", None, _vp)
func_call_async = _brief(
    "wasmtime_component_func_call_async", _vp, _vp, _vp, _vp, _sz, _vp, _sz, _vp
)
instantiate_async = _brief(
    "wasmtime_component_linker_instantiate_async", _vp, _vp, _vp, _vp, _vp, _vp
)
instance_get_func = _brief(
    "wasmtime_component_instance_get_func", ctypes.c_bool, _vp, _vp, _vp, _vp
)
store_new = _brief("wasmtime_store_new", _vp, _vp, _vp, _vp)
store_context = _brief("wasmtime_store_context", _vp, _vp)
store_delete = _long("wasmtime_store_delete", None, _vp)
store_limiter = _brief("wasmtime_store_limiter", None, _vp, *[ctypes.c_int64] * 5)
"""store, memory bytes, table elements, instances, tables, memories; -1 is no limit."""
set_epoch_deadline = _brief("wasmtime_context_set_epoch_deadline", None, _vp, _u64)
# The header says it gives an error, the library gives nothing: what comes back is rubbish.
yield_at_epoch = _brief("wasmtime_context_epoch_deadline_async_yield_and_update", None, _vp, _u64)

FUNC = ctypes.sizeof(_ffi.wasmtime_component_func_t)
INSTANCE = ctypes.sizeof(_ffi.wasmtime_component_instance_t)

# --- linking

HostCallback = ctypes.CFUNCTYPE(None, _vp, _vp, _vp, _vp, _sz, _vp, _sz, _vp, _vp)
"""data, context, type, args, nargs, results, nresults, error out, continuation."""
DropCallback = ctypes.CFUNCTYPE(_vp, _vp, _vp, _u32)
"""data, context, rep -> null: no error."""
READY = ctypes.cast(ctypes.CDLL(None).strlen, _vp).value or 0
"""What wasmtime asks at each poll whether a host call's answer is there: the C library's `strlen`,
of a text of one character (true) or none (false). It spares two callbacks into Python.
"""
pack_continuation = struct.Struct("<QQQ").pack
CONTINUATION = ctypes.sizeof(_b.wasmtime_async_continuation_t)
write_continuation = struct.Struct(f"{CONTINUATION}s").pack_into

_add_func_async = _brief(
    "wasmtime_component_linker_instance_add_func_async",
    _vp,
    _vp,
    ctypes.c_char_p,
    _sz,
    _vp,
    _vp,
    _vp,
)
_add_resource = _brief(
    "wasmtime_component_linker_instance_add_resource",
    _vp,
    _vp,
    ctypes.c_char_p,
    _sz,
    _vp,
    _vp,
    _vp,
    _vp,
)


def address(thing: Any) -> int:
    """The address a wasmtime-py object, a ctypes pointer or a ctypes callback stands for."""
    pointer = thing.ptr() if hasattr(thing, "ptr") else thing
    value = ctypes.cast(pointer, ctypes.c_void_p).value
    if value is None:
        raise InternalError(f"{type(thing).__name__} has no address")
    return value


def add_function(linker_instance: Any, name: str, callback: int, data: int) -> None:
    """Define an async host function. `callback` is the address of a HostCallback, which gets
    `data`.
    """
    encoded = name.encode()
    raise_error(
        _add_func_async(address(linker_instance), encoded, len(encoded), callback, data, None)
    )


def add_resource(linker_instance: Any, name: str, kind: Any, callback: int, data: int) -> None:
    """Declare a resource type. `callback` is the address of a DropCallback."""
    encoded = name.encode()
    raise_error(
        _add_resource(
            address(linker_instance), encoded, len(encoded), address(kind), callback, data, None
        )
    )


# --- errors

_error_message = _brief("wasmtime_error_message", None, _vp, _vp)
_error_delete = _brief("wasmtime_error_delete", None, _vp)
_bytes_delete = _brief("wasm_byte_vec_delete", None, _vp)


def error_text(error: int | None) -> str:
    """Take a wasmtime_error_t's message and free it; empty for null."""
    if not error:
        return ""
    vec = (ctypes.c_uint64 * 2)()
    _error_message(error, ctypes.addressof(vec))
    text = ctypes.string_at(vec[1], vec[0]).decode("utf-8", "replace")
    _bytes_delete(ctypes.addressof(vec))
    _error_delete(error)
    return text


def raise_error(error: int | None) -> None:
    """Raise InternalError for an error that only a mistake of ours can cause."""
    if error:
        raise InternalError(f"wasmtime refused: {error_text(error)}")


_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def trim() -> None:
    """Give freed memory back to the system, where the C library (glibc) keeps it otherwise.

    Guests' values come and go through many threads' arenas, of which glibc returns nothing itself.
    """
    if _trim is not None:
        _trim(0)


def is_async(function_type: Any) -> bool:
    """True for an `async func` of the component model."""
    return bool(_b.wasmtime_component_func_type_async(function_type.ptr()))


def set_flag(config: wasmtime.Config, name: str, value: bool | int) -> None:
    """Set an engine option that wasmtime-py has no property for."""
    getattr(_b, f"wasmtime_config_{name}_set")(config.ptr(), value)


_SAMPLE = b"what lies in an object of bytes"


def check_layout() -> None:
    """Raise InternalError unless this wasmtime is the one whose memory layout is written down
    here.
    """
    val: Any = _ffi.wasmtime_component_val_t
    result: Any = _b.wasmtime_component_valresult_t
    variant: Any = _b.wasmtime_component_valvariant_t
    facts = {
        "version": VERSION == PINNED,
        "val": ctypes.sizeof(val) == VAL and val.of.offset == 8,
        "record entry": ctypes.sizeof(_b.wasmtime_component_valrecord_entry_t) == ENTRY
        and _b.wasmtime_component_valrecord_entry_t.val.offset == 16,
        "result": result.val.offset == 8,
        "variant": variant.val.offset == 16,
        "name": ctypes.sizeof(_b.wasm_name_t) == 16,
        "continuation": CONTINUATION == 24,
        "pointer": ctypes.sizeof(ctypes.c_void_p) == 8,
        "bytes": ctypes.string_at(id(_SAMPLE) + BYTES, len(_SAMPLE)) == _SAMPLE,
    }
    wrong = [name for name, holds in facts.items() if not holds]
    if wrong:
        raise InternalError(
            f"wasmtime {VERSION} does not lie in memory as lion expects ({', '.join(wrong)})",
            hint=f"install the pinned one: pip install wasmtime=={PINNED}",
        )
