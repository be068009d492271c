"""Look here if you want to know what the bench measures of files, servers and models.

Rule: everything passes a real guest, the broker and the log; what log and policy take of it is the
difference to the same work without them (without.py).
"""

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path

import httpx2

from benchmarks.goals import TOKENS
from benchmarks.lion_host import BUILT, WholeLion, open_whole
from benchmarks.measure import Contest, Work
from benchmarks.web import open_web
from benchmarks.without import unlogged, unpoliced
from lion.cli.printer import Page, open_printer
from lion.cli.screen import Screen
from lion.domain.plan import Plan
from lion.manifest.parse import parse_manifest

LION, NO_LOG, NO_POLICY = "lion", "no log", "no policy"
SHARES = {"log": NO_LOG, "policy": NO_POLICY}
MIB = 1024 * 1024
PIECE = 64 * 1024
TEXT, BYTES = ord("x"), 255
STREAMS = 200

_BENCH = f"""
name = "bench"
[plugins.bench]
component = {str(BUILT / "bench.wasm")!r}
limits = {{ deadline = "10 min", cpu = "10 min", log = "100 GiB", memory = "64 MiB" }}
"""

Run = Callable[[int], Awaitable[object]]


def _three(lion: WholeLion, run: Run) -> dict[str, Work]:
    """The same work with everything, without the log, and without the policy."""

    def within(around: Callable[[], AbstractContextManager[None]]) -> Work:
        async def work(count: int) -> None:
            with around():
                await run(count)

        return work

    return {
        LION: within(nullcontext),
        NO_LOG: within(lambda: unlogged(lion.host)),
        NO_POLICY: within(unpoliced),
    }


def _files_plan(folder: Path, call: str, arguments: str) -> Plan:
    grant = f'allow.fs = [{{ path = "/bench", at = {str(folder)!r}, write = true }}]\n'
    run = f'[[run]]\ncall = "bench.{call}"\nwith = {{ {arguments} }}\n'
    return parse_manifest(_BENCH + grant + run, path=None)


def _write(path: Path, content: bytes) -> None:
    beside = path.with_suffix(".new")
    with open(beside, "wb", buffering=0) as file:
        file.writelines(content[at : at + PIECE] for at in range(0, len(content), PIECE))
    os.replace(beside, path)


def _read(path: Path, content: bytes) -> None:
    assert path.read_bytes() == content


def _by_python(path: Path, content: bytes, *, is_read: bool) -> Work:
    """The same system calls, without anybody between."""
    act = _read if is_read else _write

    async def work(count: int) -> None:
        for _ in range(count):
            act(path, content)

    return work


def _files(byte: int, *, is_read: bool) -> Callable[[], object]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[dict[str, Work]]:
        with tempfile.TemporaryDirectory() as folder:
            file, content = Path(folder, "file"), bytes([byte]) * MIB
            _write(file, content)
            given = f"size = {MIB}" + ("" if is_read else f", byte = {byte}")
            call = "fs-read-n" if is_read else "fs-write-n"
            async with open_whole() as lion:

                async def run(count: int) -> None:
                    await lion.done(
                        _files_plan(Path(folder), call, f"n = {count}, {given}"), count
                    )

                works = _three(lion, run)
                works["python"] = _by_python(file, content, is_read=is_read)
                yield works

    return opened


@asynccontextmanager
async def _http() -> AsyncIterator[dict[str, Work]]:
    with open_web() as url:
        async with open_whole() as lion, httpx2.AsyncClient(trust_env=False) as client:

            async def run(count: int) -> None:
                grant = f'allow.http = ["GET {url}/**"]\nconfig = {{ url = "{url}/page" }}\n'
                call = f'[[run]]\ncall = "bench.http-n"\nwith = {{ n = {count} }}\n'
                await lion.done(parse_manifest(_BENCH + grant + call, path=None), count)

            async def alone(count: int) -> None:
                for _ in range(count):
                    assert (await client.get(f"{url}/page")).status_code == 200

            yield {**_three(lion, run), "httpx2": alone}


def _streams_plan(url: str, tokens: int) -> Plan:
    """Two hundred agents that show an answer of so many tokens as it comes."""
    model = f'[models.fast]\nprovider = "openai"\nbase-url = "{url}/v1"\nmodel = "m"\n'
    agent = (
        f"[agents.ann]\ncomponent = {str(BUILT / 'researcher.wasm')!r}\n"
        'allow.llm = ["fast"]\nlimits = { deadline = "10 min", cpu = "10 min", log = "100 GiB" }\n'
    )
    run = f'[[run]]\nagent = "ann"\ntask = "{tokens}"\n'
    return parse_manifest('name = "bench"\n' + model + agent + run * STREAMS, path=None)


@asynccontextmanager
async def _tokens() -> AsyncIterator[dict[str, Work]]:
    with open_web() as url, tempfile.TemporaryFile() as shown:
        screen = Screen(shown.fileno(), is_terminal=True)
        async with open_whole() as lion:

            async def show(tokens: int) -> None:
                plan = _streams_plan(url, tokens)
                with open_printer([Page(screen, ["ann"])]) as printer:
                    report = await lion.host.run(plan, watch=printer.watch)
                assert report.exit_code == 0, [e for e in report.endings if not e.ok][:1]

            async def run(count: int) -> None:
                await show(max(1, count // STREAMS))

            async def once(count: int) -> None:
                await show(1)

            yield {**_three(lion, run), "one token": once}


CONTESTS = (
    Contest(name="fs_write", title="a guest writes 1 MiB of text", count=20, byte_count=MIB,
            open=_files(TEXT, is_read=False), shares=SHARES,
            note="open, 16 pieces, rename: each an intent, committed first, and an outcome"),
    Contest(name="fs_read", title="a guest reads 1 MiB of text", count=20, byte_count=MIB,
            open=_files(TEXT, is_read=True), shares=SHARES,
            note="what was read is in the record"),
    Contest(name="fs_write_bytes", title="a guest writes 1 MiB that is no text", count=20,
            byte_count=MIB, open=_files(BYTES, is_read=False), shares=SHARES, note="base64"),
    Contest(name="fs_read_bytes", title="a guest reads 1 MiB that is no text", count=20,
            byte_count=MIB, open=_files(BYTES, is_read=True), shares=SHARES, note="base64"),
    Contest(name="http", title="a guest's request to loopback, 1 KiB back", count=400, open=_http,
            shares=SHARES, note="kept connection on both sides; the server's time is not counted"),
    Contest(name="tokens", title=f"a token from the socket to the terminal, {STREAMS} streams",
            count=STREAMS * TOKENS, open=_tokens, shares=SHARES,
            note="the agents' start and their requests are in it; `one token` is those alone, and "
                  "the goal leaves them out"),
)  # fmt: skip
