"""Look here if you want to know what the process does in which a component is compiled.

It is started by compiler.py for one component and ends with it. It gives itself limits, reads the
component, and writes one answer: a letter, and what belongs to it.

Rule: untrusted bytes are given to wasmtime's parser and compiler in this process only: they may
panic, hang or run out of memory there without ending anybody's run.
Rule: it imports wasmtime, the engine's settings and what reads a component's outline, no more.
"""

import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

from wasmtime import WasmtimeError
from wasmtime.component import Component

from lion.wasm.engine import build_engine
from lion.wasm.memories import count_memories
from lion.wasm.sections import function_docs

COMPILED: Final = b"C"
"""Followed by the outline's length (4 bytes, little-endian), the outline (JSON), machine code."""
REFUSED: Final = b"R"
"""Followed by wasmtime's words."""
NO_MEMORY: Final = b"M"
WORDS: Final = 4096
"""Bytes of wasmtime's words that are told."""


def _limit(kind: int, amount: int, spare: int = 0) -> None:
    """Set a soft limit, and a hard one `spare` above it, as far as the system has it."""
    hard = resource.getrlimit(kind)[1]
    least = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
    most = amount + spare if hard == resource.RLIM_INFINITY else min(amount + spare, hard)
    try:
        resource.setrlimit(kind, (least, most))
    except (OSError, ValueError):
        # macOS has no limit on address space; time and the size of what is read still hold.
        if kind != resource.RLIMIT_AS:
            raise


def limit_self(cpu_s: int, wall_s: int, memory: int) -> None:
    """Bound this process: seconds of CPU time and of anybody's, bytes of address space, no core
    file, no written file.
    """
    # Here and not in the host: a test of the host may have a clock of its own.
    signal.alarm(wall_s)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    # At the soft limit comes SIGXCPU, by which the host knows; at the hard one SIGKILL.
    _limit(resource.RLIMIT_CPU, cpu_s, spare=1)
    _limit(resource.RLIMIT_AS, memory)


def _end_with_host(lifeline: int) -> None:
    """End at once when nobody holds the pipe's other end any more: the host was killed."""
    os.read(lifeline, 1)
    os._exit(1)


def compile_component(data: bytes) -> bytes:
    """The answer for a component's bytes."""
    try:
        wasm = Component(build_engine(), data)
        code = wasm.serialize()
        # Only now: whoever counts may rely on bytes that were found valid.
        outline = {"memories": count_memories(data), "docs": function_docs(data)}
        head = json.dumps(outline).encode()
        return b"".join([COMPILED, len(head).to_bytes(4, "little"), head, code])
    except WasmtimeError as exc:
        return REFUSED + str(exc).encode("utf-8", "replace")[-WORDS:]
    except MemoryError:
        return NO_MEMORY


def main(compile_one: Callable[[bytes], bytes] = compile_component) -> None:
    """`python -c ... CPU_S WALL_S MEMORY LIFELINE`: component on stdin, answer on stdout."""
    cpu_s, wall_s, memory, lifeline = map(int, sys.argv[1:5])
    threading.Thread(target=_end_with_host, args=(lifeline,), daemon=True).start()
    limit_self(cpu_s, wall_s, memory)
    answer = compile_one(sys.stdin.buffer.read())
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    # Skip what Python and wasmtime would tidy up.
    os._exit(0)
