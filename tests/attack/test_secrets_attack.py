"""Look here if you want to know that nobody gets a secret in pieces, sends it on to a model, or
asks without it in silence. Each attack succeeds when its guard is taken away.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lion.capabilities.fs import guard as fs_guard
from lion.capabilities.http import door as http_door
from lion.capabilities.llm import functions as llm_functions
from lion.capabilities.secrets import scrub
from lion.capabilities.secrets.vault import Vault
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.plans import with_call
from lion.settings import settings_from
from tests.attack.kit import HEAD, Arena, call, holder, only, open_arena
from tests.attack.test_http_twins import ask
from tests.attack.test_secrets_twins import KEY, probe, secrets_file
from tests.capabilities.http.hostile_server import Server, open_server
from tests.wasm.kit import cache_directory


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with open_server() as server:
        yield server


@pytest.fixture
async def arena(server: Server, tmp_path: Path) -> AsyncIterator[Arena]:
    async with open_arena(tmp_path, secrets=secrets_file(tmp_path, server)) as arena:
        yield arena


def nothing(*args: Any) -> None:
    """What is left of a check that is taken away."""


async def said(arena: Arena, manifest: str, *questions: dict[str, Any]) -> list[Any]:
    report = await arena.run(manifest, call("probe.http-try", questions=list(questions)))
    return list(json.loads(only(report).value))


def part(server: Server, start: int, end: int, name: str = "range") -> dict[str, Any]:
    """Asks for some bytes of what the server echoes."""
    return {**ask(f"{server.url}/echo-range"), "headers": f"{name}: bytes={start}-{end}"}


NAMES = ["range", "Request-Range", "x-ms-range", "if-range"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_header_comes_back_in_no_pieces(name: str, server: Server, arena: Arena) -> None:
    (came,) = await said(arena, probe(server), part(server, 0, 9, name))
    assert came.startswith("denied: ") and "asks for a part" in came
    assert server.seen == []


async def test_a_part_that_nobody_asked_for_is_refused(server: Server, arena: Arena) -> None:
    """By a parameter of the server's own, for instance."""
    (came,) = await said(arena, probe(server), ask(f"{server.url}/echo-range?bytes=3-9"))
    assert came.startswith("denied: the server sends a part of an answer")


async def test_without_the_guards_pieces_come_back(
    server: Server, arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_door, "check_whole", nothing)
    pieces = [part(server, at, at + 4) for at in range(0, 400, 5)]
    came = await said(arena, probe(server), *pieces)
    assert all(one.startswith("denied: the server sends a part") for one in came)
    monkeypatch.setattr(
        http_door.HttpAnswer, "is_partial", property(lambda _: False, nothing), raising=False
    )
    came = await said(arena, probe(server), *pieces)
    assert KEY in "".join(one["body"][:-1] for one in came if isinstance(one, dict))


async def test_who_sends_no_secret_chooses_ranges(server: Server, arena: Arena) -> None:
    grants = f'allow.http = ["GET {server.url}/**"]'
    came = await said(arena, holder("probe", "probe-http", grants), part(server, 1, 7))
    assert (came[0]["status"], len(came[0]["body"])) == (206, 8)


async def test_a_last_character_that_is_missing_hides_nothing(
    server: Server, arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = ask(f"{server.url}/cut-echo")
    (came,) = await said(arena, probe(server), cut)
    assert came["body"] == f"Bearer {'*' * (len(KEY) - 1)}u"
    monkeypatch.setattr(scrub, "least_of", lambda size: size)
    report = await arena.run(probe(server), call("probe.http-try", questions=[cut]))
    (came,) = json.loads(only(report).value)
    assert came["body"] == f"Bearer {KEY[:-1]}u"


def model(server: Server) -> str:
    remote = f'provider = "openai"\nbase-url = "{server.url}/v1"\nmodel = "m"\nkey = "api"\n'
    return f"[models.fast]\n{remote}" + holder("probe", "probe-llm", 'allow.llm = ["fast"]')


@pytest.mark.parametrize(
    "written", [KEY, KEY[:-1], json.dumps(KEY)[1:-1], "\\u0073\\u006b" + KEY[2:]]
)
async def test_a_value_is_not_told_to_a_model(
    written: str, server: Server, arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = f'[{{"role": "user", "content": "it is {written} indeed"}}]'
    question = {"model": "fast", "messages": messages, "tools": ""}
    plan = with_call(
        parse_manifest(HEAD + model(server), path=None),
        "probe.llm-ask",
        {"question": question},
    )
    report = await arena.host.run(plan)
    assert only(report).value.startswith("denied: the value of a secret is in it")
    assert server.seen == []
    (refused,) = [one for one in arena.calls(report.run) if one.capability == "llm"]
    assert not refused.args
    monkeypatch.setattr(llm_functions, "scan", lambda *_: b"")
    await arena.host.run(plan)
    assert KEY[2:-1].encode() in server.seen[0].body


async def test_an_honest_question_is_asked(server: Server, arena: Arena) -> None:
    messages = '[{"role": "user", "content": "sk-t0p is how it begins"}]'
    question = {"model": "fast", "messages": messages, "tools": ""}
    await arena.run(model(server), call("probe.llm-ask", question=question))
    assert server.seen[0].header("authorization") == f"Bearer {KEY}"


async def test_a_secret_that_is_not_bound_is_a_refusal(server: Server, tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        (came,) = await said(arena, probe(server), ask(f"{server.url}/ok"))
        assert came == "denied: the secret 'api' is bound to no value"
    assert server.seen == []


async def test_a_secret_for_elsewhere_is_a_refusal_that_says_for_where(
    server: Server, tmp_path: Path
) -> None:
    port = server.url.rpartition(":")[2]
    path = secrets_file(tmp_path, server, hosts=[f"127.0.0.1:{port}", "*.example.com"])  # type: ignore[arg-type]
    async with open_arena(tmp_path, secrets=path) as arena:
        (came,) = await said(arena, probe(server), ask(f"{server.url}/ok"))
    assert came == (
        f"denied: the secret 'api' is not for {server.url}, it is for https://127.0.0.1:{port} "
        "and https://*.example.com (a host without http:// means https)"
    )
    assert server.seen == []


async def test_without_that_guard_it_is_asked_without_a_key_in_silence(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inject = Vault.inject
    monkeypatch.setattr(
        Vault, "inject", lambda *args, is_told=False, **words: inject(*args, **words)
    )
    async with open_arena(tmp_path) as arena:
        (came,) = await said(arena, probe(server), ask(f"{server.url}/ok"))
    assert came["status"] == 200 and server.seen[0].header("authorization") is None


async def test_a_grant_may_say_that_no_secret_goes_along(server: Server, arena: Arena) -> None:
    grants = f'allow.http = [{{ url = "GET {server.url}/**", plain = true }}]'
    manifest = holder("probe", "probe-http", grants, 'allow.secrets = ["api"]')
    (came,) = await said(arena, manifest, ask(f"{server.url}/ok"))
    assert came["status"] == 200 and server.seen[0].header("authorization") is None


async def test_a_secret_for_a_body_needs_one(server: Server, tmp_path: Path) -> None:
    path = secrets_file(tmp_path, server, body="key")
    async with open_arena(tmp_path, secrets=path) as arena:
        (came,) = await said(arena, probe(server), ask(f"{server.url}/ok"))
    assert came.startswith("denied: the secret 'api' goes into a body")
    assert server.seen == []


async def test_a_rule_that_keeps_a_secret_is_a_refusal(server: Server, tmp_path: Path) -> None:
    path = secrets_file(tmp_path, server)
    async with open_arena(tmp_path, 'deny = ["secrets exists api"]', secrets=path) as arena:
        (came,) = await said(arena, probe(server), ask(f"{server.url}/ok"))
    assert came.startswith("denied: the secret 'api', which would go along: ")
    assert server.seen == []


READ = [
    ("link", True),
    ("../home/.config/lion", False),
    ("../home/.config", False),
    ("../home", False),
    ("../state", False),
    ("../state/kv", False),
    ("..", False),
]


@pytest.mark.parametrize(("at", "follow"), READ)
async def test_a_stranger_reads_neither_secrets_nor_the_log(
    at: str, follow: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lion = tmp_path / "home/.config/lion"
    lion.mkdir(parents=True)
    (lion / "secrets.toml").write_text(f'[api]\nvalue = "{KEY}"\nhosts = ["a.example"]\n')
    (lion / "secrets.toml").chmod(0o600)
    (tmp_path / "state/kv").mkdir(parents=True)
    folder = tmp_path / "stranger"
    folder.mkdir()
    (folder / "link").symlink_to(lion)
    grant = f'allow.fs = [{{ path = "/s", at = "{at}", follow = {str(follow).lower()} }}]'
    names = [call("probe.fs-list", path="/s", limit=9)]
    text = HEAD + holder("probe", "probe-fs", grant) + "".join(names)
    plan = parse_manifest(text, path=folder / "manifest.toml")
    environ = {
        "HOME": str(tmp_path / "home"), "LION_CACHE": str(cache_directory()),
        "LION_STATE": str(tmp_path / "state"),
    }  # fmt: skip
    async with open_host(settings_from(environ)) as host:
        with pytest.raises(OperatorError, match="may not be read by a guest: it"):
            await host.run(plan)
        monkeypatch.setattr(fs_guard.Guard, "survey_private", lambda _: fs_guard.Survey(()))
        assert only(await host.run(plan)).ok


async def test_a_stranger_reads_a_folder_beside_them(tmp_path: Path) -> None:
    (tmp_path / "home/notes").mkdir(parents=True)
    grant = 'allow.fs = [{ path = "/s", at = "home/notes" }]'
    text = HEAD + holder("probe", "probe-fs", grant) + call("probe.fs-list", path="/s", limit=9)
    plan = parse_manifest(text, path=tmp_path / "manifest.toml")
    environ = {"HOME": str(tmp_path / "home"), "LION_CACHE": str(cache_directory())}
    async with open_host(settings_from(environ)) as host:
        assert only(await host.run(plan)).ok
