"""Look here if you want to know what compiling may cost, and what is said when a compiling process
ends without machine code.

Rule: whatever a component does to that process is an OperatorError: which component, why, what to
type; nothing of it has run.
"""

import signal
import subprocess
from itertools import pairwise
from typing import Final

import msgspec

from lion.errors import InternalError, OperatorError
from lion.wasm import capi
from lion.wasm.compile_child import NO_MEMORY, REFUSED

MIB: Final = 1024 * 1024
_SHORT: Final = ("memory allocation of", "Cannot allocate memory", "out of memory")
_SAID: Final = 200
"""Characters of what wasmtime said that a sentence repeats."""


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What compiling a component may cost: a base, and more for each MiB of it.

    A component of 18 MiB (Python in wasm) takes 10 s of CPU time and 480 MiB of addresses, one of
    120 KiB takes 0.25 s and 180 MiB: a tenth of the time and half of the memory allowed. A program
    of Go's (3 MiB, one function of which is huge) takes 13 s and 1,060 MiB, however many threads
    compile: that its operator has to allow.
    """

    cpu_s: int = 10
    cpu_s_per_mib: int = 5
    memory: int = 512 * MIB
    memory_per_mib: int = 24 * MIB

    @classmethod
    def allowing(cls, memory: int | None) -> "Costs | None":
        """So many bytes of addresses, whatever the size; None: the usual costs."""
        return None if memory is None else cls(memory=memory, memory_per_mib=0)

    def cpu_for(self, size: int) -> int:
        """CPU seconds for a component of `size` bytes."""
        return self.cpu_s + self.cpu_s_per_mib * size // MIB

    def memory_for(self, size: int) -> int:
        """Bytes of address space."""
        return self.memory + self.memory_per_mib * size // MIB

    def wall_for(self, size: int) -> int:
        """Seconds until a child that does not use its CPU time ends all the same."""
        return 60 + 4 * self.cpu_for(size)


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a child ended: exit code (negative: a signal's number), answer, last words."""

    code: int
    answer: bytes = b""
    words: str = ""

    @classmethod
    def of(cls, done: "subprocess.CompletedProcess[bytes]") -> "Ended":
        words = done.stderr.decode("utf-8", "replace")
        return cls(code=done.returncode, answer=done.stdout, words=words)


def refusal(ended: Ended, origin: str, size: int, costs: Costs) -> OperatorError | InternalError:
    """Why there is no machine code for a component of `size` bytes."""
    told = ended.answer[1:].decode("utf-8", "replace")
    is_short = any(mark in text for mark in _SHORT for text in (told, ended.words))
    if ended.answer[:1] == NO_MEMORY or is_short:
        room = costs.memory_for(size) // MIB
        return _too_costly(
            origin, size, f"more than {room} MiB of memory",
            ', or allow more, if you trust it: LION_COMPILE_MEMORY="2 GiB"',
        )  # fmt: skip
    if ended.code == 0 and ended.answer[:1] == REFUSED:
        is_async = "component model async" in told
        return OperatorError(
            f"{origin!r} is no component that can run here: {_last(told)}",
            hint="use plain functions; lion waits without blocking the host"
            if is_async
            else "build it again, or compare its digest with where it came from",
        )
    if ended.code == -signal.SIGXCPU:
        return _too_costly(origin, size, f"more than {costs.cpu_for(size)} s of CPU time")
    if ended.code == -signal.SIGALRM:
        return _too_costly(origin, size, f"more than {costs.wall_for(size)} s")
    if ended.code < 0:
        return _died(ended, origin)
    return InternalError(f"the process that compiles did not work: {_last(ended.words)}")


def _too_costly(origin: str, size: int, what: str, more: str = "") -> OperatorError:
    return OperatorError(
        f"{origin!r} takes {what} to compile, which is out of proportion to its "
        f"{max(1, size // 1024)} KiB",
        hint=f"build it with smaller functions and types, or leave it out{more}",
    )


def _died(ended: Ended, origin: str) -> OperatorError:
    """By a mistake of the compiler's, or by the system's hand."""
    name = signal.Signals(-ended.code).name
    if ended.code == -signal.SIGKILL:
        return OperatorError(
            f"{origin!r} was not compiled: something killed the compiling process ({name})",
            hint="see whether the machine's memory was short, and try again",
        )
    return OperatorError(
        f"{origin!r} makes the compiler of wasmtime {capi.VERSION} fail ({name}): "
        f"{_panic(ended.words)}",
        hint="build it with other tools, or leave it out; nothing of it has run",
    )


def _last(words: str) -> str:
    lines = words.strip().splitlines()
    return lines[-1].strip()[:_SAID] if lines else "it said nothing"


def _panic(words: str) -> str:
    """A panic's message, which follows the line that says where; else the last line."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    for where, message in pairwise(lines):
        if "panicked at" in where:
            return message[:_SAID]
    return _last(words)
