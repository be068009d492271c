"""Look here if you want to know that Extism plug-ins say under lion what they say under their own
SDK, only with what was granted, and again from the log.
"""

import hashlib
from pathlib import Path

import pytest
import trio

from lion.domain.events import PluginLoaded
from lion.history import open_history
from lion.testing import OwnError, kit
from tests.attack.kit import open_arena
from tests.capabilities.http.hostile_server import open_server
from tests.extism.cases import CASES, Case
from tests.extism.kit import ALL, denied, lend, run
from tests.extism.modules import committed, downloaded

QUICK = ("exit", "fs", "host", "host_memory", "http_headers", "main", "var")
"""Modules that the fast suite compiles: one of each kind of import, language and ending."""
FAST = [c for c in CASES if not c.slow and c.modules[-1] in QUICK]
REST = [c for c in CASES if c not in FAST]
NEEDY = [c for c in CASES if c.needs and not c.slow]


def _modules(case: Case) -> Path:
    if not case.slow:
        return committed()
    found = downloaded()
    if found is None:
        pytest.skip("there is no Go here to download go-sdk's modules with")
    return found


def _mounted(case: Case, tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    for file, text in case.files.items():
        (folder / file).write_text(text)
    return folder


async def _same(case: Case, tmp_path: Path) -> None:
    from tests.extism import reference

    modules = _modules(case)
    own, ours = _mounted(case, tmp_path, "own"), _mounted(case, tmp_path, "ours")
    async with open_server() as server, open_arena(tmp_path) as arena:
        lend(arena)
        url = f"http://127.0.0.1:{server.port}"
        status, said = await trio.to_thread.run_sync(reference.ask, case, modules, own, url)
        ending, name = await run(arena, case, modules, ours, url)
        assert not denied(arena, name)
        assert (await arena.replay(name)).identical
    if case.says is not None:
        assert ending.value == case.says
    if case.refused:
        assert case.refused in said
        return
    assert ending.ok == (status == "ok"), (ending, said)
    if status == "ok":
        assert said == (ending.value if case.own is None else case.own)
    assert _content(own) == _content(ours)


def _content(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in folder.iterdir()}


@pytest.mark.parametrize("case", FAST, ids=lambda c: c.name)
async def test_it_says_what_its_own_sdk_says(case: Case, tmp_path: Path) -> None:
    await _same(case, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", REST, ids=lambda c: c.name)
async def test_so_do_all_the_others(case: Case, tmp_path: Path) -> None:
    await _same(case, tmp_path)


@pytest.mark.parametrize(
    "case",
    [c if c in FAST else pytest.param(c, marks=pytest.mark.slow) for c in NEEDY],
    ids=lambda c: c.name,
)
async def test_without_its_grant_it_is_refused_and_recorded(case: Case, tmp_path: Path) -> None:
    folder = _mounted(case, tmp_path, "ours")
    async with open_server() as server, open_arena(tmp_path) as arena:
        lend(arena)
        url = f"http://127.0.0.1:{server.port}"
        ending, name = await run(arena, case, committed(), folder, url, ALL - {*case.needs})
        refused = {f"{c.capability}".removeprefix("extism:") for c in denied(arena, name)}
        assert refused == {*case.needs}
        assert ending.ok != case.is_denied
        assert (await arena.replay(name)).identical
        assert not server.seen


async def test_the_original_and_the_adapter_are_recorded(tmp_path: Path) -> None:
    case = next(c for c in CASES if c.name == "hello.run_test")
    data = (committed() / "hello.wasm").read_bytes()
    async with open_arena(tmp_path) as arena:
        _, name = await run(arena, case, committed(), _mounted(case, tmp_path, "ours"))
        (loaded,) = [e for e in arena.events(name) if isinstance(e, PluginLoaded)]
        with open_history(arena.settings) as reader:
            composed = reader.blob(loaded.component_digest)
            adapter = reader.blob(loaded.adapter_digest)
    assert loaded.guest == "extism"
    assert loaded.original_digest == hashlib.sha256(data).hexdigest()
    assert data in composed and adapter in composed


@pytest.mark.slow
def test_the_one_that_asks_a_server_far_away() -> None:
    """Module `http` has its URL in it, so a server of the test's stands there."""
    modules = downloaded()
    if modules is None:
        pytest.skip("there is no Go here to download go-sdk's modules with")
    url = "GET https://jsonplaceholder.typicode.com/**"
    with kit(modules / "http.wasm", allow={"http": [url]}, http={url: '{"id": 1}'}) as granted:
        assert granted.call("http.run-test", input="") == '{"id": 1}'
        granted.assert_replays()
    with kit(modules / "http.wasm", http={url: '{"id": 1}'}) as refused:
        with pytest.raises(OwnError, match="denied"):
            refused.call("http.run-test", input="")
        refused.assert_denied("http.start")
        refused.assert_replays()
