"""Look here if you want to know which pieces of work the bench measures, and who does them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks import (
    durable,
    extism_guest,
    extism_plugin,
    outside,
    parsing,
    script_guests,
    wasi_program,
    workflows,
)
from benchmarks.extism_guest import ExtismGuest
from benchmarks.lion_bare import open_bare
from benchmarks.lion_host import open_whole
from benchmarks.mcp_calls import open_calls
from benchmarks.measure import Contest, Work
from benchmarks.public_api import PublicGuest
from benchmarks.starts import open_starts
from lion.values.packed import pack, unpack

WORD = "hello world"
KIB64 = 64 * 1024
LONG = "x" * KIB64
DATA = bytes(range(256)) * 256

LION, EXTISM, PUBLIC = "lion", "extism", "wasmtime-py"
SCRIPT = "AssemblyScript"


def _with_extism(works: dict[str, Work], work: str, *args: object, answer: str = WORD) -> None:
    """Let Extism take part, if it is installed."""
    if extism_guest.is_installed():
        found = getattr(ExtismGuest(answer), work)
        works[EXTISM] = found(*args) if args else found


@asynccontextmanager
async def _guest_call() -> AsyncIterator[dict[str, Work]]:
    async with open_bare() as lion:
        works: dict[str, Work] = {LION: lion.calls("nop")}
        _with_extism(works, "nop")
        works[PUBLIC] = PublicGuest().calls("nop")
        yield works


@asynccontextmanager
async def _guest_call_text() -> AsyncIterator[dict[str, Work]]:
    async with open_bare() as lion:
        works: dict[str, Work] = {LION: lion.calls("text", WORD)}
        _with_extism(works, "text", WORD)
        works[PUBLIC] = PublicGuest().calls("text", WORD)
        yield works


@asynccontextmanager
async def _fresh() -> AsyncIterator[dict[str, Work]]:
    async with open_bare() as lion:
        works: dict[str, Work] = {LION: lion.fresh}
        _with_extism(works, "fresh")
        works[PUBLIC] = PublicGuest().fresh
        yield works


@asynccontextmanager
async def _hello() -> AsyncIterator[dict[str, Work]]:
    async with open_bare("hello") as rust, open_bare("hello-as") as script:
        yield {LION: rust.greet, SCRIPT: script.greet}


@asynccontextmanager
async def _languages_text() -> AsyncIterator[dict[str, Work]]:
    async with open_bare() as rust, open_bare("mirror-as") as script:
        yield {LION: rust.loop("fetch-n", WORD), SCRIPT: script.loop("fetch-n", WORD)}


@asynccontextmanager
async def _host_call_text() -> AsyncIterator[dict[str, Work]]:
    async with open_bare() as lion:
        works: dict[str, Work] = {LION: lion.loop("fetch-n", WORD)}
        _with_extism(works, "fetch", WORD, len(WORD))
        works[PUBLIC] = PublicGuest().loop("fetch-n", WORD)
        yield works


@asynccontextmanager
async def _host_call_numbers() -> AsyncIterator[dict[str, Work]]:
    async with open_bare() as lion:
        works: dict[str, Work] = {LION: lion.loop("call-n")}
        _with_extism(works, "add")
        works[PUBLIC] = PublicGuest().loop("call-n")
        yield works


@asynccontextmanager
async def _host_call_rich() -> AsyncIterator[dict[str, Work]]:
    async with open_bare() as lion:
        yield {LION: lion.loop("send-n"), PUBLIC: PublicGuest().loop("send-n")}


@asynccontextmanager
async def _recorded_text() -> AsyncIterator[dict[str, Work]]:
    async with open_whole() as lion:
        works = {LION: lion.loop("config-n")}
        _with_extism(works, "fetch", WORD, len(WORD))
        works[PUBLIC] = PublicGuest().loop("fetch-n", WORD)
        yield works


@asynccontextmanager
async def _recorded_number() -> AsyncIterator[dict[str, Work]]:
    async with open_whole() as lion:
        works = {LION: lion.loop("clock-n")}
        _with_extism(works, "add")
        works[PUBLIC] = PublicGuest().loop("call-n")
        yield works


@asynccontextmanager
async def _recorded_rich() -> AsyncIterator[dict[str, Work]]:
    async with open_whole() as lion:
        yield {LION: lion.loop("tools-n")}


@asynccontextmanager
async def _recorded_kv() -> AsyncIterator[dict[str, Work]]:
    async with open_whole() as lion:
        yield {LION: lion.loop("kv-n")}


@asynccontextmanager
async def _text() -> AsyncIterator[dict[str, Work]]:
    async with open_bare(answer=LONG) as lion:
        works: dict[str, Work] = {LION: lion.loop("fetch-n", LONG)}
        _with_extism(works, "fetch", LONG, KIB64, answer=LONG)
        works[PUBLIC] = PublicGuest(LONG).loop("fetch-n", LONG)
        yield works


@asynccontextmanager
async def _packed() -> AsyncIterator[dict[str, Work]]:
    async with open_bare("bench") as lion:

        async def work(count: int) -> None:
            for _ in range(count):
                assert await lion.call("unpack", pack(DATA)) == ("ok", KIB64)
                assert len(unpack(await lion.call("packed", KIB64))) == KIB64

        works: dict[str, Work] = {LION: work}
        _with_extism(works, "data", DATA)
        public = PublicGuest(component="bench")

        async def publicly(count: int) -> None:
            for _ in range(count):
                assert public.call("unpack", pack(DATA)) == KIB64
                assert len(unpack(public.call("packed", KIB64))) == KIB64

        works[PUBLIC] = publicly
        yield works


@asynccontextmanager
async def _waiting() -> AsyncIterator[dict[str, Work]]:
    async with open_whole() as lion:
        yield {LION: lion.wait}


@asynccontextmanager
async def _start() -> AsyncIterator[dict[str, Work]]:
    with open_starts() as starts:
        yield {LION: starts.lion, "imports": starts.imports}


@asynccontextmanager
async def _replay() -> AsyncIterator[dict[str, Work]]:
    async with open_whole() as lion:
        runs: dict[int, str] = {}

        async def live(count: int) -> None:
            runs[count] = (await lion.run("config-n", count)).run

        async def replay(count: int) -> None:
            if count not in runs:
                await live(count)
            await lion.replay(runs[count])

        yield {LION: replay, "live": live}


CONTESTS = (
    Contest(name="guest_call", title="guest call, empty", count=5_000, open=_guest_call,
            note="one instance called again and again; lion itself makes one for each call"),
    Contest(name="guest_call_text", title="guest call, 11 bytes of text in and out", count=5_000,
            open=_guest_call_text, note="one instance, as above"),
    Contest(name="fresh_call", title="fresh instance and empty call", count=400, open=_fresh,
            note="the component is Rust's (mirror), Extism's guest 2 KiB of hand-written code"),
    Contest(name="hello", title="hello in Rust, against hello in AssemblyScript", count=400,
            open=_hello, note="a fresh instance, one setting read, one line logged, bare"),
    Contest(name="host_call_languages", title="host call bare, text each way: Rust, "
            "against AssemblyScript", count=10_000, open=_languages_text),
    Contest(name="host_call_text", title="host call bare, 11 bytes of text each way",
            count=10_000, open=_host_call_text),
    Contest(name="host_call_numbers", title="host call bare, two u32 in, one out",
            count=10_000, open=_host_call_numbers),
    Contest(name="host_call_rich", title="rich exchange bare: record in, record and resource out, "
            "two calls of it", count=1_000, open=_host_call_rich,
            note="three host calls and a drop; per exchange, not per call"),
    Contest(name="recorded_text", title="host call policed and recorded, text each way",
            count=20_000, open=_recorded_text,
            note="config.get through broker and SQLite log, the run around it included; "
            "the others bare"),
    Contest(name="recorded_number", title="host call policed and recorded, clock.now",
            count=20_000, open=_recorded_number, note="the others bare: two u32 in, one out"),
    Contest(name="recorded_rich", title="policed and recorded: tools.start and take", count=500,
            open=_recorded_rich,
            note="a fresh instance of the tool, four records, a handle; nobody else has it"),
    Contest(name="recorded_kv", title="policed and recorded: kv.set and kv.get", count=2_000,
            open=_recorded_kv, note="from memory, written with the records"),
    Contest(name="text_64k", title="64 KiB of text each way in a host call", count=300,
            open=_text, byte_count=2 * KIB64),
    Contest(name="packed_64k", title="64 KiB of bytes each way, base64 at both ends", count=60,
            open=_packed, byte_count=2 * KIB64,
            note="two guest calls: unpack, packed; Extism, which has bytes, makes one"),
    Contest(name="waiting", title="an agent that waits three times and says five things",
            count=1_000, open=_waiting, note="1,000 at once, policed and recorded, start to end"),
    Contest(name="start", title="lion run examples/hello, against imports", count=1,
            open=_start, note="a process each, warm; imports trio, pydantic, wasmtime, click"),
    Contest(name="replay", title="replay of recorded calls, against the run itself",
            count=20_000, open=_replay,
            note="opening, verifying and loading included"),
    Contest(name="mcp_call", title="a tool called over MCP, against the SDK's bare server",
            count=400, open=open_calls,
            note="a fresh instance, decided and recorded; the SDK's runs a Python function"),
    *extism_plugin.CONTESTS,
    *wasi_program.CONTESTS,
    *script_guests.CONTESTS,
    *outside.CONTESTS,
    *workflows.CONTESTS,
    *durable.CONTESTS,
    *parsing.CONTESTS,
)  # fmt: skip
