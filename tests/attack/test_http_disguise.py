"""Look here if you want to know that a request is to its server what it was decided to be: by
path, by header, by address. Each attack succeeds when its guard is taken away.
"""

import json
import re
import socket
from collections.abc import AsyncIterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import trio

from lion.capabilities.http import addresses as http_addresses
from lion.capabilities.http import door as http_door
from lion.capabilities.http import network as http_network
from lion.scopes import http_match
from tests.attack.kit import Arena, call, only, open_arena
from tests.attack.test_http_twins import ask, probe
from tests.capabilities.http.hostile_server import Server, open_server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with open_server() as server:
        yield server


async def said(arena: Arena, manifest: str, *questions: dict[str, Any]) -> list[Any]:
    report = await arena.run(manifest, call("probe.http-try", questions=list(questions)))
    return list(json.loads(only(report).value))


DISGUISED = [
    "//admin", "/admin;a=b", "/;x/admin", "/x/..;/admin", "/%2561dmin",
    "/%252561dmin", "/x%252F..%252Fadmin", "/x/%252e%252e/admin", "/admin%253Bx",
    "/x%255C..%255Cadmin", "/admin%2500.html", "/admin%253Fx", "/%252Fadmin", "/admin%3Bx",
]  # fmt: skip


def lax(line: bytes) -> str:
    """The path as a careless server sees it."""
    path = line.split()[1].decode()
    for _ in range(3):
        path = unquote(path)
    path = re.split(r"[?\0]", path.replace("\\", "/"))[0]
    path = re.sub("//+", "/", re.sub(";[^/]*", "", path))
    while (shorter := re.sub(r"(?:/[^/]+)?/\.\.(?=/|$)", "", path, count=1)) != path:
        path = shorter
    return path


@pytest.mark.parametrize("path", DISGUISED)
async def test_a_rule_sees_the_path_that_a_careless_server_sees(
    path: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = probe(f"GET {server.url}/**")
    async with open_arena(tmp_path, 'deny = ["http * **/admin"]') as arena:
        (came,) = await said(arena, manifest, ask(server.url + path))
        assert came.startswith("denied: ") and server.seen == []
        monkeypatch.setattr(http_match, "readings", lambda sent: {sent})
        http_match.rule_pattern.cache_clear()
        (came,) = await said(arena, manifest, ask(server.url + path))
    assert isinstance(came, dict), came
    assert lax(server.seen[0].line) == "/admin"


async def test_what_no_server_takes_for_it_is_sent(server: Server, tmp_path: Path) -> None:
    paths = ["/adminx", "/x;admin/y", "/ADMIN", "/100%2525", "/a//b", "/wiki/What%3F"]
    async with open_arena(tmp_path, 'deny = ["http * **/admin"]') as arena:
        asked = [ask(server.url + path) for path in paths]
        came = await said(arena, probe(f"GET {server.url}/**"), *asked)
    assert all(isinstance(one, dict) for one in came), came
    assert len(server.seen) == len(paths)


async def test_a_grant_is_of_the_path_that_is_sent(server: Server, tmp_path: Path) -> None:
    asked = [ask(server.url + path) for path in DISGUISED]
    async with open_arena(tmp_path) as arena:
        came = await said(arena, probe(f"GET {server.url}/admin"), *asked)
    assert all(one.startswith("denied: ") for one in came)
    assert server.seen == []


STEERING = [
    "X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE", "X-HTTP-Method: DELETE",
    "X-Original-URL: /admin", "X-Rewrite-URL: /admin", "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-Host: internal", "X-Forwarded-Prefix: /admin", "Forwarded: for=127.0.0.1",
    "X-Original-URI: /admin", "X-Real-IP: 127.0.0.1", "X_HTTP_METHOD_OVERRIDE: DELETE",
    "X_Forwarded_For: 127.0.0.1", "Content_Length: 5", "X.Original.URL: /admin",
]  # fmt: skip


@pytest.mark.parametrize("header", STEERING)
async def test_no_header_makes_another_request_of_it(
    header: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = {**ask(f"{server.url}/ok", "POST"), "headers": header}
    manifest = probe(f"POST {server.url}/**")
    async with open_arena(tmp_path) as arena:
        (came,) = await said(arena, manifest, question)
        assert came.startswith("denied: the header ") and "headers = [" in came
        assert server.seen == []
        monkeypatch.setattr(http_door, "check_steering", lambda *_: None)
        await said(arena, manifest, question)
    name, value = header.lower().split(": ")
    assert (server.seen[0].header(name) or "").lower() == value


async def test_a_header_that_the_grant_names_is_sent(server: Server, tmp_path: Path) -> None:
    entry = {"url": f"GET {server.url}/**", "headers": ["X-Forwarded-For"]}
    good = {**ask(f"{server.url}/ok"), "headers": "x-forwarded-for: a\nx-request-id: 7"}
    bad = {**ask(f"{server.url}/ok"), "headers": "x-forwarded-host: a"}
    async with open_arena(tmp_path) as arena:
        came = await said(arena, probe(entry), good, bad)
    assert came[0]["status"] == 200 and came[1].startswith("denied: ")
    assert [seen.header("x-forwarded-for") for seen in server.seen] == ["a"]


async def test_a_redirect_carries_no_header_that_its_grant_does_not_name(
    server: Server, tmp_path: Path
) -> None:
    entries = {"url": f"GET {server.url}/redirect", "headers": ["x-original-url"]}
    asked = {**ask(f"{server.url}/redirect?to=/ok"), "headers": "x-original-url: /admin"}
    async with open_arena(tmp_path) as arena:
        (came,) = await said(arena, probe(entries, f"GET {server.url}/ok"), asked)
    assert came.startswith("denied: the header 'x-original-url'")
    assert len(server.seen) == 1


LOOPBACK = [
    ("::ffff:127.0.0.1", "a loopback"), ("::ffff:0:127.0.0.1", "a loopback"),
    ("::127.0.0.1", "a loopback"), ("64:ff9b::7f00:1", "a loopback"),
    ("64:ff9b:1::7f00:1", "a loopback"), ("64:ff9b:1:7f00:0:100::", "a loopback"),
    ("2002:7f00:1::1", "a loopback"), ("2001:0:808:808::80ff:fffe", "a loopback"),
    ("2a00:1450::5efe:7f00:1", "a loopback"), ("2a00:1450::200:5efe:7f00:1", "a loopback"),
    ("::ffff:0:a9fe:a9fe", "a metadata"), ("::ffff:0:808:808", "a reserved"),
    ("4000::1", "a reserved"), ("2002:808:808::1", "a reserved"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "why"), LOOPBACK)
async def test_an_address_within_an_address_is_found(
    address: str, why: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host or a router that translates takes the one inside: here the connection does."""

    class Translated(trio.abc.HostnameResolver):
        async def getaddrinfo(self, host, port, *_, **__):  # type: ignore[no-untyped-def]
            return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))]

        async def getnameinfo(self, *_):  # type: ignore[no-untyped-def]
            raise AssertionError("nobody asks for names")

    connect = http_network._connect

    async def translated(to: Any, port: int) -> Any:
        assert to == ip_address(address)
        return await connect(ip_address("127.0.0.1"), port)

    monkeypatch.setattr(http_network, "_connect", translated)
    name = f"http://far.example:{server.port}"
    before = trio.socket.set_custom_hostname_resolver(Translated())
    try:
        async with open_arena(tmp_path) as arena:
            (came,) = await said(arena, probe(f"GET {name}/**"), ask(f"{name}/ok"))
            assert came == f"denied: far.example is {why} address, which no grant names"
            assert server.seen == []
            monkeypatch.setattr(http_network, "vet", lambda *_: [ip_address(address)])
            (came,) = await said(arena, probe(f"GET {name}/**"), ask(f"{name}/ok"))
            assert came["status"] == 200
    finally:
        trio.socket.set_custom_hostname_resolver(before)


@pytest.mark.parametrize(
    "text", ["2606:4700::1", "2a00:1450::1", "64:ff9b::808:808", "2a00::5efe:808:808", "8.8.8.8"]
)
def test_public_addresses_are_public(text: str) -> None:
    assert http_addresses.objection(ip_address(text)) is None


@pytest.mark.parametrize(
    ("bits", "text"),
    [("2002:7f00:1::", "127.0.0.1"), ("2001::80ff:fffe", "127.0.0.1")],
)
def test_what_is_taken_out(bits: str, text: str) -> None:
    assert ip_address(text) in http_addresses._embedded(IPv6Address(bits))
