"""Look here if you want to know every form of the component model's async and threads that a
component could use, each written as text: what lion's engine refuses.

`ASYNC` is what wasmtime would accept with its own settings, `UNFINISHED` what has no switch.
"""

from typing import Final

_MEMORY: Final = '(memory (core memory $i "m"))'
_REALLOC: Final = '(realloc (core func $i "r"))'
_WHOLE: Final = """(component
  (core module $m
    (memory (export "m") 1)
    (func (export "f"))
    (func (export "i") (result i32) (i32.const 0))
    (func (export "cb") (param i32 i32 i32) (result i32) (i32.const 0))
    (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m))
  {}
  (func (export "nop") (canon lift (core func $i "f"))))"""


def _canon(name: str, rest: str = "") -> str:
    return f"(core func (canon {name} {rest}))"


def _ends(kind: str) -> dict[str, str]:
    """What can be done with a stream or a future."""
    plain = ("new", "cancel-read", "cancel-write", "drop-readable", "drop-writable")
    found = {f"{kind}.{one}": _canon(f"{kind}.{one}", "$t") for one in plain}
    for one in ("read", "write"):
        found[f"{kind}.{one}"] = _canon(f"{kind}.{one}", f"$t async {_MEMORY}")
    return {name: f"(type $t ({kind} u8)) {text}" for name, text in found.items()}


def _plain(*names: str) -> dict[str, str]:
    return {name: _canon(name) for name in names}


ASYNC: Final[dict[str, str]] = {
    **_plain(
        "backpressure.inc", "backpressure.dec", "task.cancel", "subtask.drop", "subtask.cancel",
        "waitable-set.new", "waitable-set.drop", "waitable.join", "thread.yield",
    ),
    "task.return": _canon("task.return", "(result u32)"),
    "subtask.cancel async": _canon("subtask.cancel", "async"),
    "context.get": _canon("context.get", "i32 0"),
    "context.set": _canon("context.set", "i32 0"),
    "waitable-set.wait": _canon("waitable-set.wait", _MEMORY),
    "waitable-set.poll": _canon("waitable-set.poll", _MEMORY),
    **_ends("stream"),
    **_ends("future"),
    "stream in a type": "(type (stream u8))",
    "future in a type": "(type (future u8))",
    "async in a type": "(type (func async))",
    "async import": '(import "x" (func async))',
    "async export": '(func (export "a") async (canon lift (core func $i "f") async))',
    "async export with a callback": '(func (export "a") async (canon lift (core func $i "i") async'
    ' (callback (core func $i "cb"))))',
    "async lower": '(import "x" (func $x async)) (core func (canon lower (func $x) async))',
}  # fmt: skip

_SPAWNED: Final = (
    '(core module $tm (table (export "t") 1 funcref)) (core instance $ti (instantiate $tm))'
    "(core type $ft {})(core func (canon {} $ft {}))"
)
_TABLE: Final = '(core table $ti "t")'
_STARTED: Final = "(func (param i32))"
_SHARED: Final = "(shared (func (param i32)))"

UNFINISHED: Final[dict[str, str]] = {
    "error-context.new": _canon("error-context.new", _MEMORY),
    "error-context.debug-message": _canon(
        "error-context.debug-message", f"{_MEMORY} {_REALLOC}"
    ),
    "error-context in a type": "(type error-context)",
    "stream.forward": f"(type $t (stream u8)) {_canon('stream.forward', '$t')}",
    "future.forward": f"(type $t (future u8)) {_canon('future.forward', '$t')}",
    **_plain(
        "error-context.drop", "thread.index", "thread.suspend", "thread.resume-later",
        "thread.suspend-then-resume", "thread.yield-then-resume", "thread.suspend-then-promote",
        "thread.yield-then-promote",
    ),
    "thread.new-indirect": _SPAWNED.format(_STARTED, "thread.new-indirect", _TABLE),
    "thread.spawn-ref": _SPAWNED.format(_SHARED, "thread.spawn-ref", ""),
    "thread.spawn-indirect": _SPAWNED.format(_SHARED, "thread.spawn-indirect", _TABLE),
    "thread.available_parallelism": _canon("thread.available_parallelism", ""),
    "map in a type": "(type (map string u8))",
    "list of a fixed length": "(type (list u8 4))",
}  # fmt: skip

SYNCHRONOUS: Final = ("lower", "resource.new", "resource.drop", "resource.rep")
"""The built-ins that lion's guests have."""


def component_with(form: str) -> str:
    """A component, as text, of which one form is the only unusual thing."""
    return _WHOLE.format(form)
