"""A secret goes into the request it is for and comes back nowhere, whatever the server does."""

import base64
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lion.domain.events import CallRedirected
from lion.domain.hidden import Hidden
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest
from lion.plans import with_call
from tests.attack.kit import HEAD, Arena, call, holder, only, open_arena
from tests.attack.test_http_twins import ask
from tests.capabilities.http.hostile_server import Server, open_server

KEY = "sk-t0p/S3cr3t+value=="
STARS = "*" * len(KEY)


def forms(key: str = KEY) -> list[bytes]:
    """What a person would look for."""
    raw = key.encode()
    return [
        raw, quote(key, safe="").encode(), base64.b64encode(raw)[:-4], raw.hex().encode(),
        json.dumps(key).encode()[1:-1],
    ]  # fmt: skip


def probe(server: Server, *lines: str) -> str:
    grants = f'allow.http = ["GET,POST {server.url}/**"]'
    return holder("probe", "probe-http", grants, 'allow.secrets = ["api"]', *lines)


def secrets_file(folder: Path, server: Server, **more: str) -> Path:
    import tomli_w

    path = folder / "secrets.toml"
    path.write_text(tomli_w.dumps({"api": {"value": KEY, "hosts": [server.url], **more}}))
    path.chmod(0o600)
    return path


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with open_server() as server:
        yield server


def log_bytes(arena: Arena) -> bytes:
    """Everything under the state directory."""
    files = [path for path in arena.settings.state.rglob("*") if path.is_file()]
    assert files
    return b"".join(path.read_bytes() for path in files)


def assert_nowhere(*hays: bytes | str) -> None:
    for hay in hays:
        data = hay.encode() if isinstance(hay, str) else hay
        for form in forms():
            assert form not in data


@pytest.mark.parametrize("query", ["", "?pieces=1", "?gzip=1"])
async def test_a_key_that_the_server_echoes_is_nowhere(
    query: str,
    server: Server,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = ask(f"{server.url}/echo{query}")
    seen: list[Any] = []
    async with open_arena(tmp_path, secrets=secrets_file(tmp_path, server)) as arena:
        report = await arena.run(
            probe(server),
            call("probe.http-send", question=echo),
            call("probe.http-read", question=echo, max=7),
            call("probe.http-crash", question=echo),
            watch=seen.append,
        )
        assert [one.header("authorization") for one in server.seen] == [f"Bearer {KEY}"] * 3
        sent, read, crash = report.endings
        assert sent.ok and read.ok
        # What the guest had in its memory is what it answers, and what it says as it dies.
        body = json.loads(json.loads(sent.value)["body"][:-1])
        assert body["headers"]["authorization"] == f"Bearer {STARS}"
        assert STARS in json.loads(sent.value)["headers"]
        assert STARS in json.loads(read.value)["body"]
        assert "Bearer" in str(crash) and STARS in str(crash), "the guest died with all it had"
        assert_nowhere(repr(report), log_bytes(arena), repr(seen), repr(arena.events(report.run)))
        assert (await arena.replay(report.run)).identical
    assert_nowhere(log_bytes(arena))
    out, err = capfd.readouterr()
    assert_nowhere(out, err, caplog.text)


async def test_a_guest_learns_whether_one_is_there(server: Server, tmp_path: Path) -> None:
    path = secrets_file(tmp_path, server)
    async with open_arena(tmp_path, secrets=path) as arena:
        grants = 'allow.secrets = ["api", "other"]'
        manifest = holder("probe", "probe-http", grants)
        names = [call("probe.secrets-exists", name=name) for name in ("api", "other", "third")]
        report = await arena.run(manifest, *names)
        assert [e.value for e in report.endings] == ["true", "false", "denied: no grant covers it"]
        (denial,) = report.denials
        assert denial.suggestion == 'plugins.probe.allow.secrets = ["api", "other", "third"]'
        report = await arena.run(holder("probe", "probe-http"), names[0])
        assert only(report).value.startswith("denied: ")


async def test_only_who_is_granted_a_secret_has_it_sent(server: Server, tmp_path: Path) -> None:
    grants = f'allow.http = ["GET {server.url}/**"]'
    async with open_arena(tmp_path, secrets=secrets_file(tmp_path, server)) as arena:
        manifest = probe(server) + holder("other", "probe-http", grants)
        await arena.run(manifest, call("other.http-send", question=ask(f"{server.url}/ok")))
    assert server.seen[0].header("authorization") is None


async def test_only_the_audience_is_told(server: Server, tmp_path: Path) -> None:
    """Also after a redirect, and back."""
    async with open_server() as other:
        grants = f'allow.http = ["GET {server.url}/**", "GET {other.url}/**"]'
        manifest = holder("probe", "probe-http", grants, 'allow.secrets = ["api"]')
        there = f"{other.url}/redirect?to={server.url}/ok"
        question = ask(f"{server.url}/redirect?to={quote(there, safe='')}")
        async with open_arena(tmp_path, secrets=secrets_file(tmp_path, server)) as arena:
            report = await arena.run(manifest, call("probe.http-send", question=question))
            assert only(report).ok
        assert other.seen[0].header("authorization") is None
        assert [s.header("authorization") for s in server.seen] == [f"Bearer {KEY}"] * 2
        assert_nowhere(repr(other.seen))


async def test_a_redirect_with_the_key_in_it_is_not_followed(
    server: Server, tmp_path: Path
) -> None:
    async with open_arena(tmp_path, secrets=secrets_file(tmp_path, server)) as arena:
        leak = call("probe.http-send", question=ask(f"{server.url}/leak"))
        report = await arena.run(probe(server), leak)
        assert only(report).value.startswith("denied: the redirect has the value of a secret")
        (stop,) = (e for e in arena.events(report.run) if isinstance(e, CallRedirected))
        assert (stop.target, stop.decided_by) == (f"GET {server.url}/leak", "door")
        assert_nowhere(log_bytes(arena), repr(report))
    assert len(server.seen) == 1


async def test_a_guest_that_has_the_value_cannot_send_it(server: Server, tmp_path: Path) -> None:
    """Wherever it got it from: it neither leaves nor is written into the call's record."""
    ok = f"{server.url}/ok"
    questions = [
        ask(f"{ok}?q={quote(KEY, safe='')}"),
        {**ask(ok), "headers": f"x-key: {KEY}"},
        {**ask(ok, "POST"), "body": f"my key is {KEY} indeed" + "u"},
        {**ask(ok, "POST"), "body": base64.b64encode(KEY.encode()).decode() + "b"},
    ]
    async with open_arena(tmp_path, secrets=secrets_file(tmp_path, server)) as arena:
        for question in questions:
            plan = parse_manifest(HEAD + probe(server), path=None)
            report = await arena.host.run(
                with_call(plan, "probe.http-send", {"question": question})
            )
            assert only(report).value.startswith("denied: the value of a secret is in it")
            (refused,) = [c for c in arena.calls(report.run) if c.capability == "http"]
            assert not refused.args
            assert (await arena.replay(report.run)).identical
        pieces = [f"my {KEY[:10]}u", f"{KEY[10:]} leavesu"]
        upload = call("probe.http-write", question=ask(ok, "POST"), pieces=pieces)
        report = await arena.run(probe(server), upload)
        assert only(report).value.startswith("denied: the value of a secret is in it")
        assert (await arena.replay(report.run)).identical
    assert all(KEY.encode() not in seen.body for seen in server.seen)
    assert_nowhere(repr([s for s in server.seen if s.line.startswith(b"GET")]))


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"header": "X-Api-Key"}, lambda seen: seen.header("x-api-key") == KEY),
        ({"format": "Token {} x"}, lambda seen: seen.header("authorization") == f"Token {KEY} x"),
        (
            {"query": "key"},
            lambda seen: f"/echo?a=b&key={quote(KEY, safe='')} " in seen.line.decode(),
        ),
        ({"body": "token"}, lambda seen: json.loads(seen.body) == {"a": 1, "token": KEY}),
    ],
)
async def test_the_operator_says_where_it_goes(
    where: dict[str, str], found: Any, server: Server, tmp_path: Path
) -> None:
    question = {**ask(f"{server.url}/echo?a=b", "POST"), "body": '{"a": 1}u'}
    question["headers"] = "content-type: application/json\nauthorization: Bearer guest"
    async with open_arena(tmp_path, secrets=secrets_file(tmp_path, server, **where)) as arena:
        report = await arena.run(probe(server), call("probe.http-send", question=question))
        assert only(report).ok
        assert found(server.seen[0]), server.seen[0]
        came = json.loads(only(report).value)
        assert came["url"] == f"{server.url}/echo?a=b"
        assert_nowhere(log_bytes(arena), repr(report))


async def test_a_manifest_that_holds_the_value_is_refused(server: Server, tmp_path: Path) -> None:
    """The log would keep it."""
    async with open_arena(tmp_path, secrets=secrets_file(tmp_path, server)) as arena:
        for line in (f'config = {{ key = "{KEY}" }}', f"# {KEY}"):
            with pytest.raises(OperatorError, match="holds the value of a secret") as caught:
                await arena.run(probe(server, line), call("probe.http-send", question=ask("x")))
            assert_nowhere(str(caught.value), repr(caught.value.facts), log_bytes(arena))


async def test_a_variable_binds_too(server: Server, tmp_path: Path) -> None:
    variables = {"LION_SECRET_API": Hidden(f"{server.url} {KEY}")}
    async with open_arena(tmp_path, variables=variables) as arena:
        report = await arena.run(
            probe(server), call("probe.http-send", question=ask(f"{server.url}/echo"))
        )
        assert server.seen[0].header("authorization") == f"Bearer {KEY}"
        assert_nowhere(log_bytes(arena), repr(report), repr(arena.settings))
