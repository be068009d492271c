"""What a component does to its compiler, it does to a child of ours: never to the host, never
without end. Each limit is shown by what it stops; the twin is an honest component.
"""

import ast
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

import lion
from lion.errors import InternalError, LionError, OperatorError
from lion.reading import COMPONENT_SIZE
from lion.wasm import compiler
from lion.wasm.compile_child import compile_component
from lion.wasm.compile_ends import MIB, Costs
from lion.wasm.compiler import Compiler, compile_blocking
from lion.wasm.offers import offered
from lion.wasm.runtime import open_runtime
from tests.wasm.kit import WAT, assemble, built

ORIGIN = "stranger.wasm"
WITHOUT_MEMORIES = (
    "from lion.wasm import engine; engine.FLAGS['wasm_multi_memory'] = False; "
    "from lion.wasm.compile_child import main; main()"
)
"""Starts a child in which wasmtime 50 panics on components that pass each other texts."""


def boot(code: str) -> str:
    return f"import sys; sys.path += sys.argv[5:]; {code}"


def bomb(loops: int = 2000, names: int = 1000) -> bytes:
    """50 KiB that take minutes and GiB: each nested loop makes a value of each local anew."""
    body = "".join(
        f"(loop (local.set {i % names} (i64.add (local.get {i * 7 % names}) (i64.const 1)))"
        for i in range(loops)
    )
    ends = "".join(f"(br_if 0 (i32.wrap_i64 (local.get {i % names}))))" for i in range(loops))
    code = f'(func (export "nop") (local {"i64 " * names}) {body}{ends})'
    return assemble(
        f"(component (core module $m {code}) (core instance $i (instantiate $m))"
        '(func (export "nop") (canon lift (core func $i "nop"))))'
    )


async def refused(data: bytes, costs: Costs | None = None) -> LionError:
    with pytest.raises(LionError) as caught:
        async with open_runtime(costs=costs) as runtime:
            await runtime.load(data, ORIGIN)
    error = caught.value
    assert ORIGIN in error.what and error.hint
    assert "\n" not in error.what and len(error.what) < 400
    return error


async def test_what_panics_costs_the_child_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes ended the host, with exit code 134, when it compiled itself."""
    monkeypatch.setattr(compiler, "_BOOT", boot(WITHOUT_MEMORIES))
    error = await refused(assemble((WAT / "nested-strings.wat").read_text("utf-8")))
    assert isinstance(error, OperatorError)
    assert "makes the compiler of wasmtime 50.0.1 fail (SIGABRT)" in error.what


async def test_minutes_of_cpu_time_are_not_spent() -> None:
    error = await refused(bomb(), Costs(cpu_s=1, memory=64 * 1024 * MIB))
    assert isinstance(error, OperatorError)
    assert "takes more than 1 s of CPU time to compile" in error.what


async def test_gibibytes_are_not_used() -> None:
    error = await refused(bomb(), Costs(memory=256 * MIB))
    assert isinstance(error, OperatorError)
    assert re.search(r"takes more than 25\d MiB of memory to compile", error.what)


async def test_what_neither_works_nor_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the host's clock is a test's own, which jumps when nobody has anything to do."""
    stuck = (
        "from lion.wasm.compile_child import main; import signal; main(lambda d: signal.pause())"
    )
    monkeypatch.setattr(compiler, "_BOOT", boot(stuck))
    monkeypatch.setattr(Costs, "wall_for", lambda costs, size: 1)
    assert "takes more than 1 s to compile" in (await refused(built("hello"))).what
    with pytest.raises(OperatorError, match="takes more than 1 s to compile"):
        compile_blocking(built("hello"), ORIGIN)


async def test_no_clock_of_the_hosts_gives_up_a_compile(autojump_clock: object) -> None:
    compiled = await Compiler(None).compile(built("hello"), "digest", ORIGIN)
    assert compiled.memories == 1


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("import os; os.kill(os.getpid(), 9)", OperatorError, "killed the compiling process"),
        ("import os; os.kill(os.getpid(), 11)", OperatorError, "fail (SIGSEGV): it said nothing"),
        ("import ctypes; raise MemoryError", InternalError, "did not work: MemoryError"),
        ("sys.stdout.write('?')", InternalError, "did not work: it said nothing"),
        ("import nothing_like_it", InternalError, "No module named 'nothing_like_it'"),
    ],
)
async def test_every_other_end_is_one_clear_error(
    code: str, kind: type[LionError], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiler, "_BOOT", boot(code))
    with pytest.raises(kind) as caught:
        await Compiler(None).compile(built("hello"), "digest", ORIGIN)
    assert words in caught.value.what


def test_costs_grow_with_the_component_and_have_an_end() -> None:
    costs = Costs()
    assert costs.cpu_for(0) < costs.cpu_for(18 * MIB) < costs.cpu_for(COMPONENT_SIZE) <= 600
    assert costs.memory_for(COMPONENT_SIZE) <= 2560 * MIB
    assert costs.wall_for(0) > costs.cpu_for(0)


async def test_honest_components_need_less_than_half_of_it() -> None:
    half = Costs(cpu_s=5, memory=256 * MIB)
    async with open_runtime(offers=offered(), costs=half) as runtime:
        for name in ("hello", "hostile", "fetcher"):
            assert (await runtime.load(built(name), name)).exports


async def test_a_component_is_too_large_before_it_is_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compiler, "_BOOT", "import nothing_like_it")
    monkeypatch.setattr("lion.wasm.sections.COMPONENT_SIZE", len(built("hello")) - 1)
    assert "is larger than" in (await refused(built("hello"))).what


async def test_cancelling_kills_the_child_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child here says that it is deaf to every signal but the last."""
    heard, said = os.pipe()
    deaf = (
        "import os, signal; [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)]; "
        f"os.write({said}, b'deaf'); signal.pause()"
    )
    monkeypatch.setattr(compiler, "_BOOT", boot(deaf))
    own = compiler._child

    @contextmanager
    def talking(costs: Costs, size: int) -> Iterator[tuple[Any, Any]]:
        with own(costs, size) as (command, options):
            yield command, {**options, "pass_fds": (*options["pass_fds"], said)}

    killed: list[trio.Process] = []
    kill = compiler._kill

    async def noted(process: trio.Process) -> None:
        killed.append(process)
        await kill(process)

    monkeypatch.setattr(compiler, "_child", talking)
    monkeypatch.setattr(compiler, "_kill", noted)
    async with trio.lowlevel.FdStream(heard) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(Compiler(None).compile, built("hello"), "digest", ORIGIN)
        assert await stream.receive_some() == b"deaf"
        nursery.cancel_scope.cancel()
    os.close(said)
    assert [process.returncode for process in killed] == [-signal.SIGKILL]


async def test_only_so_many_compile_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running = most = 0
    run = Compiler._run

    async def counted(self: Compiler, data: bytes) -> object:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return await run(self, data)
        finally:
            running -= 1

    monkeypatch.setattr(Compiler, "_run", counted)
    compiling = Compiler(None)
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(compiling.compile, built("hello"), "digest", ORIGIN)
    assert most == compiler.AT_ONCE


async def test_what_is_cached_costs_no_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_runtime(tmp_path / "cache", offers=offered()) as first:
        component = await first.load(built("hello"), "hello")
    monkeypatch.setattr(compiler, "_BOOT", "import nothing_like_it")
    async with open_runtime(tmp_path / "cache", offers=offered()) as second:
        again = await second.load(built("hello"), "hello")
    assert (again.digest, again.exports) == (component.digest, component.exports)


async def test_the_child_has_nothing_of_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret of the environment, no file open, no folder, no group of the host's."""
    monkeypatch.setenv("LION_SECRET_KEY", "s3cret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    read, write = os.pipe()
    os.set_inheritable(write, True)
    told = (
        "import os; sys.exit(repr((sorted(os.environ), os.getcwd(), os.getpgrp() == os.getpid(), "
        "len(os.listdir('/dev/fd')))))"
    )
    monkeypatch.setattr(compiler, "_BOOT", boot(told))
    with pytest.raises(InternalError) as caught:
        await Compiler(None).compile(built("hello"), "digest", ORIGIN)
    os.close(read)
    os.close(write)
    names = {"MALLOC_ARENA_MAX", "RAYON_NUM_THREADS", "LC_CTYPE", *compiler._PASSED}
    environ, folder, is_leader, files = eval(caught.value.what.partition(": ")[2])
    assert set(environ) <= names
    assert (folder, is_leader) == ("/", True)
    assert files == 5  # three standard ones, the pipe to the host, and the one that lists them


def test_the_child_ends_when_the_host_is_killed() -> None:
    """A host that is gone lets go of the pipe the child watches."""
    watched, held = os.pipe()
    code = boot(
        "import signal; from lion.wasm import compile_child; "
        "compile_child.main(lambda data: signal.pause() or b'')"
    )
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code, "10", "99", str(512 * MIB), str(watched),
         *compiler._roots()],
        stdin=subprocess.DEVNULL, pass_fds=(watched,),
    )  # fmt: skip
    os.close(watched)
    assert child.poll() is None
    os.close(held)
    assert child.wait(60) == 1


async def test_the_limits_of_the_child_are_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    told = (
        "from lion.wasm.compile_child import main; import resource as r; kinds = (r.RLIMIT_CPU, "
        "r.RLIMIT_AS, r.RLIMIT_CORE, r.RLIMIT_FSIZE); most = r.getrlimit(r.RLIMIT_CORE)[1]; "
        "r.setrlimit(r.RLIMIT_CORE, (most, most)); "
        "main(lambda data: b'R' + repr([r.getrlimit(k)[0] for k in kinds]).encode())"
    )
    monkeypatch.setattr(compiler, "_BOOT", boot(told))
    error = await refused(built("hello"), Costs(cpu_s=7, memory=700 * MIB, memory_per_mib=0))
    assert f"run here: [7, {700 * MIB}, 0, 0]" in error.what


def test_the_answer_of_a_child_has_code_memories_and_documentation() -> None:
    compiled = compile_blocking(built("calculator"), ORIGIN)
    assert compiled.memories == 1 and compiled.docs["add"] and len(compiled.code) > 10_000
    assert compile_component(b"\0asm\x0d\0\x01\0\xff\xff\xff").startswith(b"R")


def _made(path: Path) -> Iterator[str]:
    """Names of what a file of lion calls."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                yield called.id
            elif isinstance(called, ast.Attribute):
                yield called.attr


def test_nothing_but_the_child_gives_bytes_to_the_compiler() -> None:
    """`deserialize` is given what a child made."""
    root = Path(lion.__file__).parent
    compiles = {"Component", "WasmComponent", "Module", "from_file", "validate", "wat2wasm"}
    using = {
        path.name
        for path in (root / "wasm").glob("*.py")
        for name in _made(path)
        if name in compiles
    }
    assert using == {"compile_child.py"}
    elsewhere = (p for p in root.rglob("*.py") if p.parent.name != "wasm")
    assert not [p for p in elsewhere if "import wasmtime" in p.read_text("utf-8")]
