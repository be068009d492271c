"""Look here if you want to know that a plugin in TypeScript is built, tested and run from its own
folder; what it has of the host; and what of JavaScript's own leads nowhere.
"""

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from lion.manifest.parse import parse_manifest
from lion.review.report import RunReport
from tests.attack.kit import Arena, only, open_arena
from tests.capabilities.http.hostile_server import open_server
from tests.cli.documents import blocks_of
from tests.toolchain.place import ROOT, Place
from tests.wasi.kit import mount
from tests.wasm.kit import BUILT, cache_directory

LIMITS = {"memory": "256 MiB", "cpu": "60 s", "deadline": "300 s"}
IMPORTS = """
    import lion:host/fs@0.1.0;
    import lion:host/kv@0.1.0;
    import lion:host/tools@0.1.0;
    export lend: func(what: string, at: string) -> string;
    export fail: func() -> result<string, string>;
}
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs node and npm"),
]


def _lines() -> list[str]:
    (block,) = [b for b in blocks_of("docs/plugins.md") if b.mark == "javascript"]
    return block.text.splitlines()


def _type(place: Place, line: str) -> str:
    """What a line of the page prints, which has to succeed."""
    program, *words = shlex.split(line)
    cache = str(cache_directory())
    if program == "lion":
        done = place.lion(*words, LION_CACHE=cache)
    else:
        place.environ["LION_CACHE"] = cache
        done = place.pytest(words[2].removesuffix("/tests"))
        del place.environ["LION_CACHE"]
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


@pytest.fixture(scope="module")
def elk(place: Place) -> Path:
    """What the page makes, with a test's functions besides, built."""
    place.empty("elk")
    make, build, *_ = _lines()
    _type(place, make)
    folder = place.folder / "elk"
    source, world = folder / "src" / "index.ts", folder / "wit" / "world.wit"
    more = (ROOT / "tests" / "toolchain" / "javascript.ts").read_text("utf-8")
    source.write_text(source.read_text("utf-8") + more, "utf-8")
    world.write_text(world.read_text("utf-8").rstrip().removesuffix("}") + IMPORTS, "utf-8")
    told = json.loads(_type(place, f"{build} --json"))
    assert (told["verdict"], told["language"]) == ("new", "typescript")
    assert {tool["name"] for tool in told["tools"]} == {"greet", "lend", "fail"}
    return folder


def test_it_is_built_tested_and_run(place: Place, elk: Path) -> None:
    _, build, run, check = _lines()
    assert _type(place, build).startswith("current  elk/elk.wasm")
    assert '"Good morning, Ann!"' in _type(place, run)
    assert "3 passed" in _type(place, check)
    assert (elk / "bindings" / "interfaces" / "lion-host-fs.d.ts").is_file()
    assert str(place.folder.parent).encode() not in (elk / "elk.wasm").read_bytes()


async def _call(arena: Arena, elk: Path, tool: str, given: Any, **more: Any) -> RunReport:
    holder = {"component": str(elk / "elk.wasm"), "limits": LIMITS, **more}
    calculator = {"component": str(BUILT / "calculator.wasm")}
    run = {"call": f"elk.{tool}", "with": given}
    tables = {"name": "n", "plugins": {"elk": holder, "calculator": calculator}, "run": [run]}
    report = await arena.host.run(parse_manifest(tomli_w.dumps(tables), path=None))
    assert (await arena.replay(report.run)).identical
    return report


async def test_what_it_was_granted_and_what_it_was_not(elk: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    async with open_server() as server, open_arena(tmp_path) as arena:

        async def told(what: str, at: str = "", **more: Any) -> Any:
            report = await _call(arena, elk, "lend", {"what": what, "at": at}, **more)
            assert only(report).ok, only(report).error
            return only(report).value

        allow = {
            "fs": [mount(tmp_path / "d")],
            "http": [f"GET,POST {server.url}/**"],
            "kv": {"bytes": "1 KiB"},
            "tools": ["calculator.add"],
        }
        said = json.loads(await told("fs", "/d", allow=allow))
        assert said == [255, 200_000, ["long", "text"], False]
        assert json.loads(await told("kv", allow=allow)) == ["one", ["a"], True, "none"]
        assert json.loads(await told("tools", allow=allow)) == [3, [2]]
        fetched = json.loads(await told("fetch", server.url, allow=allow))
        assert [status for status, _ in fetched] == [200, 200]
        assert sorted(len(seen.body) for seen in server.seen) == [0, 70_000]
        for what, at in (("fs", "/d"), ("kv", ""), ("tools", "")):
            assert await told(what, at) == "denied true"
        refused = await _call(arena, elk, "lend", {"what": "fetch", "at": server.url})
        assert "Error" in str(only(refused).value)
        assert refused.denied >= 1
        assert len(server.seen) == 2
        failed = await _call(arena, elk, "fail", {})
        assert (only(failed).ok, only(failed).value) == (False, "not-found: on purpose")
        assert json.loads(await told("globals")) == []
        # There is nothing to load code from: the engine gives up, and its instance ends.
        broken = await _call(arena, elk, "lend", {"what": "import", "at": ""})
        assert not only(broken).ok and "trapped" in str(only(broken).error)


def test_the_example_answers_with_tools_and_without(place: Place, elk: Path) -> None:
    example = place.folder / "examples" / "javascript-agent"
    place.empty("examples", "plugins-wasm", "wit")
    shutil.copytree(
        ROOT / "examples" / "javascript-agent",
        example,
        ignore=shutil.ignore_patterns("node_modules", "bindings", "*.wasm", "built.json"),
    )
    # What it is built with was fetched already; both locks name the same packages.
    locks = [json.loads((f / "package-lock.json").read_text("utf-8")) for f in (elk, example)]
    packages = [{k: v for k, v in lock["packages"].items() if k} for lock in locks]
    assert packages[0] == packages[1]
    shutil.copy(elk / "package-lock.json", example)
    (example / "node_modules").symlink_to(elk / "node_modules")
    shutil.copytree(ROOT / "wit", place.folder / "wit")
    (place.folder / "plugins-wasm").mkdir()
    for name in ("calculator", "notebook"):
        shutil.copy(BUILT / f"{name}.wasm", place.folder / "plugins-wasm")
    _type(place, "lion build examples/javascript-agent")
    manifest = example / "manifest.toml"
    printed = _type(place, "lion run examples/javascript-agent/manifest.toml")
    for line in ("(calls calculator.evaluate)", "Three lions eat 147 kg in a week, 21 kg a day."):
        assert line in printed
    assert "\nidentical  run " in _type(place, "lion replay last")
    granted = 'allow.tools = ["calculator.*", "notebook.write"]\n'
    text = manifest.read_text("utf-8")
    assert granted in text
    manifest.write_text(text.replace(granted, ""), "utf-8")
    twin = place.lion("run", str(manifest), LION_CACHE=str(cache_directory()))
    assert "I cannot say: there is nothing to reckon with." in twin.stdout
    assert "notebook.write: not saved" in twin.stdout
