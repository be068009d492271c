"""Look here if you want to know which small core modules stand between a guest, the adapter and
the caller: a memory for what crosses, functions that nobody may reach, and those that start what
the guest exports.
"""

from collections.abc import Mapping
from typing import Final

from lion.wasm.extism.binary import I32, ModuleWriter, Signature, call, const, get, put

AREA: Final = 16
"""Where results are put whose place the caller names; 64 bytes."""
_BEGIN: Final = 1_024
_PAGE_BITS: Final = 16
_ADD, _SUB, _AND, _SHL, _SHR, _GREATER, _EQUAL = (
    b"\x6a",
    b"\x6b",
    b"\x71",
    b"\x74",
    b"\x76",
    b"\x4b",
    b"\x46",
)
_SIZE, _GROW = b"\x3f\x00", b"\x40\x00"
_IF, _END, _UNREACHABLE = b"\x04\x40", b"\x0b", b"\x00"
_LOAD: Final = b"\x28\x02\x00"
_WORD: Final = Signature(results=bytes([I32]))


def words(count: int, results: int = 0) -> Signature:
    """So many i32, and so many back."""
    return Signature(bytes([I32]) * count, bytes([I32]) * results)


def _room(where: int) -> bytes:
    """Code of `cabi_realloc`: behind what was given before, in a memory that grows. Nothing is
    given back: the instance lives for one call.
    """
    place, end = 4, 5
    free, keep = b"\x23" + bytes([where]), b"\x24" + bytes([where])
    aligned = free + get(2) + _ADD + const(1) + _SUB + const(0) + get(2) + _SUB + _AND + put(place)
    behind = get(place) + get(3) + _ADD + put(end)
    missing = get(end) + const(0xFFFF) + _ADD + const(_PAGE_BITS) + _SHR + _SIZE + _SUB + _GROW
    grown = missing + const(0xFFFFFFFF) + _EQUAL + _IF + _UNREACHABLE + _END
    is_over = get(end) + _SIZE + const(_PAGE_BITS) + _SHL + _GREATER
    return aligned + behind + is_over + _IF + grown + _END + get(end) + keep + get(place)


def room(closed: Mapping[str, Signature]) -> bytes:
    """A core module: `memory`, `cabi_realloc`, and functions that end the call."""
    module = ModuleWriter()
    module.add_memory("memory", 1)
    free = module.add_global(_BEGIN)
    module.add_function("cabi_realloc", words(4, 1), _room(free), bytes([I32, I32]))
    for name, signature in closed.items():
        module.add_function(name, signature, _UNREACHABLE)
    return module.write()


def starter(*, runs: bool, answers: bool) -> bytes:
    """A core module: `run` and `main` call `wasi:cli/run`, `handle` the handler of requests."""
    module = ModuleWriter()
    module.import_memory("", "memory")
    if runs:
        begin = module.import_function("", "begin", words(4))
        guest = module.import_function("", "run", _WORD)
        end = module.import_function("", "end", words(2))
        agent = module.import_function("", "end-agent", words(2))
    if answers:
        come = module.import_function("", "come", words(9))
        handle = module.import_function("", "handle", words(2))
        answer = module.import_function("", "answer", words(1))
    area = const(AREA)
    if runs:
        task = get(0, 1) + const(0) + const(0) + call(begin)
        module.add_function("run", words(2, 1), task + call(guest) + area + call(agent) + area)
        given = get(0, 1, 2, 3) + call(begin)
        module.add_function("main", words(4, 1), given + call(guest) + area + call(end) + area)
    if answers:
        came = get(*range(8)) + area + call(come)
        both = area + _LOAD + const(AREA + 4) + _LOAD
        code = came + both + call(handle) + area + call(answer) + area
        module.add_function("handle", words(8, 1), code)
    return module.write()
