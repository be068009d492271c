"""Look here if you want to know how a component is compiled: by a process of its own, within
limits.

The compiler is exact but not frugal, and a mistake in it is a panic: some hundred bytes can end
the process they are compiled in, some hundred KiB can take minutes and GiB. So it runs where only
it can die (compile_child.py). What comes back is machine code, which is trusted as the compiler
is: this guards against what compiling costs and how it ends, not against wrong code.

Rule: bytes that nobody vouches for reach wasmtime only in the child; here only what a child of
ours made is loaded.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any, Final

import msgspec
import trio
import wasmtime

from lion.errors import InternalError, OperatorError
from lion.ports.compiling import COMPILING
from lion.threads import counted
from lion.wasm.cache import CompileCache
from lion.wasm.compile_child import COMPILED
from lion.wasm.compile_ends import Costs, Ended, refusal
from lion.wasm.sections import check_preamble

AT_ONCE: Final = 2
"""Children of one runtime at the same time; further ones wait."""
_BOOT: Final = (
    "import sys; sys.path += sys.argv[5:]; from lion.wasm.compile_child import main; main()"
)
_PASSED: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Of the host's environment: what its interpreter may need to start."""


class Compiled(msgspec.Struct, frozen=True):
    """Machine code, how many memories an instance has, and documentation by function."""

    code: bytes
    memories: int
    docs: Mapping[str, str]


class Compiler:
    """Compiles in children; keeps what they made in `cache`, if there is one."""

    def __init__(self, cache: CompileCache | None, costs: Costs | None = None) -> None:
        self._cache = cache
        self._costs = costs or Costs()
        self._places = trio.CapacityLimiter(AT_ONCE)

    async def compile(self, data: bytes, digest: str, origin: str) -> Compiled:
        """A component compiled, or taken from the cache. Cancellable at any moment.

        Raises OperatorError for what is no component, or cannot be compiled within its costs.
        """
        known = await self._known(digest)
        if known is not None:
            return known
        async with self._places:
            # Somebody may have compiled the same while we waited.
            known = await self._known(digest)
            if known is not None:
                return known
            answer = _answer(await self._heard(data, origin), origin, len(data), self._costs)
        if self._cache is not None:
            await trio.to_thread.run_sync(self._cache.write, digest, answer)
        return _parse(answer)

    async def _known(self, digest: str) -> Compiled | None:
        if self._cache is None:
            return None
        answer = await trio.to_thread.run_sync(self._cache.read, digest)
        return None if answer is None else _parse(answer)

    async def _heard(self, data: bytes, origin: str) -> Ended:
        """Compile, while whoever waits is told how long it has taken."""
        hear = COMPILING.get()
        if hear is None:
            return await self._run(data)

        @trio.lowlevel.enable_ki_protection
        async def tell() -> None:
            for seconds in count(1):
                await trio.sleep(1)
                hear(origin, len(data), seconds)

        ended: Ended | OperatorError
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tell)
            try:
                ended = await self._run(data)
            except OperatorError as exc:  # by itself, not in a group
                ended = exc
            nursery.cancel_scope.cancel()
        if isinstance(ended, OperatorError):
            raise ended
        return ended

    async def _run(self, data: bytes) -> Ended:
        with _child(self._costs, len(data)) as (command, options), counted():
            run = partial(trio.run_process, command, stdin=data, check=False, **options)
            done = await run(capture_stdout=True, capture_stderr=True, deliver_cancel=_kill)
            return Ended.of(done)


@lru_cache(8)
def compile_blocking(data: bytes, origin: str) -> Compiled:
    """The same for tools that have no loop. What was compiled last is remembered.

    Raises OperatorError as `Compiler.compile`.
    """
    check_preamble(data, origin)
    costs = Costs()
    with _child(costs, len(data)) as (command, options):
        run: Callable[..., Any] = partial(subprocess.run, command, input=data, **options)
        ended = Ended.of(run(capture_output=True, check=False))
    return _parse(_answer(ended, origin, len(data), costs))


@contextmanager
def _child(costs: Costs, size: int) -> Iterator[tuple[Sequence[str], Mapping[str, Any]]]:
    """Command and options of a child for a component of `size` bytes. It ends when this process
    does, however that ends: it watches a pipe of which the other end is here.
    """
    watched, held = os.pipe()
    try:
        limits = (costs.cpu_for(size), costs.wall_for(size), costs.memory_for(size))
        numbers = map(str, (*limits, watched))
        command = [_python(), "-I", "-S", "-B", "-c", _BOOT, *numbers, *_roots()]
        yield (
            command,
            {"env": _environment(), "cwd": "/", "pass_fds": (watched,), "process_group": 0},
        )
    except OSError as exc:
        raise OperatorError(
            f"no process can be started to compile in: {exc.strerror}",
            hint="end some processes, or raise the limit (ulimit -u)",
        ) from exc
    finally:
        os.close(watched)
        os.close(held)


def _python() -> str:
    if not sys.executable:
        raise InternalError("Python does not know its own executable, so nothing can be compiled")
    return sys.executable


def _roots() -> Sequence[str]:
    """Where the child finds lion and wasmtime: exactly where this process has them from."""
    own, others = Path(__file__).resolve().parents[2], Path(wasmtime.__file__ or "").resolve()
    return list(dict.fromkeys((str(own), str(others.parents[1]))))


def _environment() -> dict[str, str]:
    # Few arenas and threads, so that address space is used for what is compiled.
    few = {"MALLOC_ARENA_MAX": "2", "RAYON_NUM_THREADS": str(min(os.cpu_count() or 1, 4))}
    return few | {name: os.environ[name] for name in _PASSED if name in os.environ}


async def _kill(process: trio.Process) -> None:
    """Kill a child at once, with all of its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()


def _answer(ended: Ended, origin: str, size: int, costs: Costs) -> bytes:
    if ended.code != 0 or ended.answer[:1] != COMPILED:
        raise refusal(ended, origin, size, costs)
    return ended.answer


def _parse(answer: bytes) -> Compiled:
    """What a child of ours answered, or what the cache has of it."""
    head = 5 + int.from_bytes(answer[1:5], "little")
    outline = json.loads(answer[5:head])
    return Compiled(answer[head:], outline["memories"], outline["docs"])
