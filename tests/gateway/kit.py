"""Look here if you want to know how tests speak with a gateway: by the official clients, or over a
connection of their own.
"""

import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import h11
import trio
from anthropic import Anthropic
from openai import OpenAI

from lion.domain.record import Record
from lion.gateway.clients import outside_agents
from lion.gateway.entry import Gateway, Place, serve_gateway
from lion.gateway.tokens import Pause
from lion.log.sqlite import open_sqlite_reader
from lion.opening import open_host
from lion.plans import read_manifest
from lion.review.report import RunReport
from tests.conftest import CACHE
from tests.wasm.kit import BUILT

T = TypeVar("T")
SCRIPT = """
[[answer]]
when = { result = "3" }
text = "It is 3."
[[answer]]
when = { user = "story" }
text = "Once there was a lion. STOP It slept."
[[answer]]
when = { user = "plain" }
text = "I call nothing."
[[answer]]
when = { user = "broken" }
text = "It begins"
failure = { kind = "timeout", text = "it took too long" }
[[answer]]
calls = [{ name = "add", with = { a = 1, b = 2 } }]
thinking = "Hm."
"""
MODELS = """
[models.fast]
provider = "scripted"
script = "answers.toml"
[models.other]
provider = "scripted"
script = "answers.toml"
"""
CALCULATOR = f"""
[plugins.calculator]
component = "{BUILT / "calculator.wasm"}"
"""


def agent(name: str, *lines: str) -> str:
    """A table of an agent of others."""
    return "\n".join([f"[system.{name}]", 'use = "outside-agent"', *lines, ""])


ANN = agent("ann", 'allow.llm = ["fast"]', 'allow.tools = ["calculator.add"]')


class Open:
    """A gateway under way; once it is closed, its report."""

    def __init__(self, folder: Path, gateway: Gateway) -> None:
        self.folder = folder
        self.gateway = gateway
        self.report: RunReport | None = None

    def place(self, name: str = "ann") -> Place:
        """Where this agent speaks."""
        return next(one for one in self.gateway.places if one.agent == name)

    async def openai(self, speak: Callable[[OpenAI], T], name: str = "ann") -> T:
        """What comes of speaking by OpenAI's client, as this agent has it, in a thread: its async
        one leaves generators to the collector.
        """
        place = self.place(name)

        def speaking() -> T:
            with OpenAI(base_url=f"{place.url}/v1", api_key=place.token) as client:
                return speak(client)

        return await trio.to_thread.run_sync(speaking)

    async def anthropic(self, speak: Callable[[Anthropic], T], name: str = "ann") -> T:
        """The same by Anthropic's."""
        place = self.place(name)

        def speaking() -> T:
            with Anthropic(base_url=place.url, api_key=place.token) as client:
                return speak(client)

        return await trio.to_thread.run_sync(speaking)


@asynccontextmanager
async def open_gateway(
    folder: Path,
    *tables: str,
    policy: str = "",
    script: str = SCRIPT,
    named: Sequence[str] = (),
    pause: Pause | None = None,
) -> AsyncIterator[Open]:
    """Serve a manifest of these tables, the models' besides; its run has ended afterwards."""
    (folder / "answers.toml").write_text(script)
    path = folder / "manifest.toml"
    path.write_text("\n".join(['name = "served"', MODELS, *(tables or (CALCULATOR, ANN))]))
    (folder / "policy.toml").write_text(policy)
    plan = read_manifest(str(path), {})
    state, rules = folder / "state", folder / "policy.toml"
    async with open_host(state=state, policy=rules, cache=os.environ[CACHE]) as host:
        opened: list[Open] = []
        ready, done = trio.Event(), trio.Event()

        async def attend(gateway: Gateway) -> None:
            opened.append(Open(folder, gateway))
            ready.set()
            await done.wait()

        async def serve() -> None:
            names = outside_agents(plan, named)
            report = await serve_gateway(host, plan, names, attend, pause=pause)
            opened[0].report = report

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            await ready.wait()
            yield opened[0]
            done.set()


def recorded(folder: Path) -> list[Record]:
    """The records of the last run, verified."""
    with open_sqlite_reader(folder / "state") as reader:
        run = reader.find("last")
        reader.verify(run)
        return list(reader.records(run))


class Answered:
    """What came back: `value` is the JSON of its body, if it is some."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def value(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


async def send(
    place: Place,
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str | None = None,
    headers: Sequence[tuple[str, str]] = (),
    host: str | None = None,
) -> Answered:
    """One request, written by hand."""
    port = int(place.url.rpartition(":")[2])
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        http = h11.Connection(h11.CLIENT)
        given = place.token if token is None else token
        lines = [
            ("host", host or f"127.0.0.1:{port}"),
            ("authorization", f"Bearer {given}".strip()),
            ("content-length", str(len(data))),
            *headers,
        ]
        given_lines = [(name.encode(), value.encode("latin-1")) for name, value in lines]
        asked = h11.Request(method=method, target=path, headers=given_lines)
        await stream.send_all(http.send(asked))
        with suppress(trio.BrokenResourceError):  # it has said no already
            await stream.send_all(http.send(h11.Data(data=data)))
        http.send(h11.EndOfMessage())
        return await hear(stream, http)


async def hear(stream: trio.SocketStream, http: h11.Connection) -> Answered:
    """The answer on a connection."""
    status, found, body = 0, {}, bytearray()
    with trio.fail_after(60):
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                http.receive_data(bytes(await stream.receive_some(65_536)))
            elif isinstance(event, h11.Response):
                status = event.status_code
                found = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                return Answered(status, found, bytes(body))
