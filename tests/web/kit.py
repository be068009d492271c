"""Look here if you want to know how tests speak to a service over its TCP port, byte by byte."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from lion.domain.task import Role
from lion.page.site import pages
from lion.service.living import Living
from lion.serving import Doors, open_doors
from lion.web.routes import Routes
from lion.web.tcp import Place
from tests.service.rig import ANN, living_in, settings_of

SECONDS = 60


@contextmanager
def noted_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds that are waited meanwhile for failures of the past; nobody waits them."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await trio.lowlevel.checkpoint()

    with monkeypatch.context() as patch:
        patch.setattr(trio, "sleep", sleep)
        yield waited


class Got(msgspec.Struct, frozen=True):
    """An answer: its status, headers (small letters, the last of each) and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


class Web(msgspec.Struct):
    """A service that listens on loopback, and a token for each role."""

    living: Living
    doors: Doors
    tokens: dict[str, str]

    @property
    def host(self) -> str:
        """What stands in `Host`."""
        return self.doors.origin.removeprefix("http://")

    def head(self, method: str, target: str, headers: Mapping[str, str] = {}) -> bytes:
        """A request's head; a header of no value is left out."""
        all_headers = {"host": self.host, **headers}
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in all_headers.items() if value]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def connect(self, buffer: int = 0) -> trio.SocketStream:
        """A connection to it, for which the system keeps so many bytes (0: as it likes)."""
        sock = trio.socket.socket()
        if buffer:
            sock.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, buffer)
        await sock.connect(("127.0.0.1", self.doors.port))
        return trio.SocketStream(sock)

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str] = {}, body: Any = None,
        role: Role | None = None,
    ) -> Got:  # fmt: skip
        """What a request gets, if somebody of a role asks it."""
        data = body if isinstance(body, bytes) else b"" if body is None else _encode(body)
        said = {"content-length": str(len(data))} if data else {}
        if role is not None:
            said["authorization"] = f"Bearer {self.tokens[role]}"
        with trio.fail_after(SECONDS):
            async with await self.connect() as stream:
                await stream.send_all(self.head(method, target, {**said, **headers}) + data)
                return got(b"".join([bytes(piece) async for piece in stream]))

    async def signed_in(self) -> str:
        """The cookie of a browser that signed in as who started the service."""
        url = self.living.sign_in_url(ANN)
        answer = await self.ask("GET", url.removeprefix(self.doors.origin))
        assert answer.status == 303, answer
        return answer.headers["set-cookie"].partition(";")[0]


def got(data: bytes) -> Got:
    """An answer as it came, without chunks' sizes."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return Got(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, body)


@asynccontextmanager
async def web_at(living: Living, place: Place, more: Routes | None = None) -> AsyncIterator[Web]:
    """A service's doors, open."""
    settings = living.settings
    async with open_doors(living, settings, place, pages() if more is None else more) as doors:
        assert doors is not None
        tokens = {
            str(role): await living.access.create(ANN, f"{role}-{doors.port}", role)
            for role in Role
        }
        yield Web(living, doors, tokens)


@asynccontextmanager
async def web_in(folder: Path, *texts: str, **terms: Any) -> AsyncIterator[Web]:
    """A service in a folder, with its doors open."""
    async with (
        living_in(folder, *texts, **terms) as living,
        web_at(living, Place(port=0)) as web,
    ):
        yield web


_encode = msgspec.json.encode
__all__ = ["SECONDS", "Got", "Web", "got", "settings_of", "web_at", "web_in"]
