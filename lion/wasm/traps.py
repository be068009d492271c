"""Look here if you want to know how wasmtime's words about a failed call become a typed ending."""

import re

from lion.errors import GuestError
from lion.wasm.lines import NO_LINES, Lines

_FRAME = re.compile(r"^\s*\d+:\s+(?:0x([0-9a-f]+) - )?(.+?)\s*$", re.MULTILINE)
_TRAP = re.compile(r"wasm trap: (.+)")
_HASH = re.compile(r"::h[0-9a-f]{16}$|\[[0-9a-f]{8,16}\]")
"""What Rust adds to tell crates and instances apart: `::h0123...` (legacy), `[0123...]` (v0)."""

_LIMITS = (
    ("memory minimum size", "memory"),
    ("exceeds memory limits", "memory"),
    ("memory limit", "memory"),
    ("table minimum size", "exhausted"),
    ("exceeds table limits", "exhausted"),
    ("resource limit exceeded", "exhausted"),
    ("fuel allocated for hostcalls", "exhausted"),
    ("mmap", "exhausted"),
    ("failed to allocate", "exhausted"),
    ("call stack exhausted", "stack"),
)
_ALLOCATION = ("alloc_error", "handle_alloc", "capacity_overflow", "rt/tlsf/")

_NO_ROOM = ("mmap", "failed to allocate")
"""The machine's refusal of address space for an instance, before anything of the guest runs."""
_HINTS = {
    "memory": 'raise it with limits = { memory = "..." }',
    "stack": "it recurses too deep, or without end",
}


def frames(text: str) -> tuple[str, ...]:
    """Names of the guest's functions from a backtrace, innermost first, without module and
    hash.
    """
    names = (name for _, name in _FRAME.findall(_trace(text)))
    return tuple(_HASH.sub("", name.partition("!")[2] or name) for name in names)


def place_of(text: str, lines: Lines) -> str:
    """The innermost place of the author's in a backtrace, `file:line`; empty if there is none."""
    places = (lines.place(int(at, 16)) for at, _ in _FRAME.findall(_trace(text)) if at)
    return next(filter(None, places), "")


def _trace(text: str) -> str:
    return text.partition("backtrace:")[2].partition("Caused by")[0]


def ending_of(text: str, stack: tuple[str, ...]) -> str:
    """Which ending (errors.GuestError) a failure was."""
    for words, ending in _LIMITS:
        if words in text:
            return ending
    if any(mark in frame for frame in stack for mark in _ALLOCATION):
        return "memory"
    return "trap"


def guest_error(text: str, origin: str, memories: int = 1, lines: Lines = NO_LINES) -> GuestError:
    """Build the error for what wasmtime reported of a call or an instantiation of a component with
    so many memories, whose code has these `lines`.
    """
    stack = frames(text)
    ending = ending_of(text, stack)
    trap = _TRAP.search(text)
    reason = trap.group(1) if trap else text.strip().splitlines()[-1].strip()
    if ending == "memory":
        what = f"{origin} ran out of the memory it may use"
        if memories > 1:
            what += f", a {memories}th of its limit in each of its {memories} memories"
    elif ending == "stack":
        what = f"{origin} used up its stack"
    elif any(words in text for words in _NO_ROOM):
        return GuestError(
            f"the machine has no address space for another instance: {reason}",
            ending=ending, began=False,
            hint="let some end first, or raise the limit (ulimit -v) or that of the container",
        )  # fmt: skip
    elif ending == "exhausted":
        what = f"{origin} was refused by a limit: {reason}"
    else:
        place = place_of(text, lines)
        what = f"{origin} trapped{' at ' if place else ''}{place}: {reason}"
    return GuestError(what, ending=ending, frames=stack, hint=_HINTS.get(ending, ""))
