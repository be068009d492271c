"""Look here if you want to know that a plugin in sandboxed Python is built, tested and run from
its own folder; what it has of the host; and what of Python's own leads nowhere.
"""

import importlib.metadata
import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from lion.domain.call import Verdict
from lion.domain.events import CallFinished, CallRequested
from lion.manifest.parse import parse_manifest
from lion.review.report import RunReport
from lion.toolchain.python.sandboxed import PINNED
from tests.attack.kit import Arena, only, open_arena
from tests.capabilities.http.hostile_server import open_server
from tests.cli.documents import blocks_of
from tests.toolchain.place import ROOT, Place
from tests.wasi.kit import mount
from tests.wasm.kit import BUILT, cache_directory

HERE = Path(__file__).parent / "python"
PAGE = "docs/sandboxed-python.md"
SCRIPT = "docs/run-what-you-have.md"
LIMITS = {"memory": "256 MiB", "cpu": "60 s", "deadline": "300 s"}


def _has_builder() -> bool:
    try:
        return importlib.metadata.version("componentize-py") == PINNED
    except importlib.metadata.PackageNotFoundError:
        return False


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not _has_builder(), reason=f"needs componentize-py {PINNED}"),
]


def _block(language: str, mark: str, at: int = 0, page: str = PAGE) -> str:
    """A block of a page."""
    found = [b.text for b in blocks_of(page) if (b.language, b.mark) == (language, mark)]
    return found[at]


def _lion(place: Place, *words: str) -> Any:
    return place.lion(*words, LION_CACHE=str(cache_directory()))


def _type(place: Place, line: str) -> str:
    """What a line of the page prints, which has to succeed."""
    program, *words = shlex.split(line)
    if program == "lion":
        done = _lion(place, *words)
    else:
        assert words[:2] == ["-m", "pytest"], line
        place.environ["LION_CACHE"] = str(cache_directory())
        done = place.pytest(words[2].removesuffix("/tests"))
        del place.environ["LION_CACHE"]
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


@pytest.fixture(scope="module")
def cat(place: Place) -> Path:
    """What the page makes, with the page's functions and a test's besides, built."""
    place.empty("cat")
    make, build, *_ = _block("sh", "slow").splitlines()
    _type(place, make)
    folder = place.folder / "cat"
    app, world = folder / "src" / "app.py", folder / "wit" / "world.wit"
    more = "".join(_block("python", "guest", page=page) for page in (PAGE, SCRIPT))
    more += (HERE / "probe.py").read_text("utf-8")
    app.write_text(app.read_text("utf-8") + more, "utf-8")
    own = world.read_text("utf-8").rstrip().removesuffix("}")
    world.write_text(own + (HERE / "probe.wit").read_text("utf-8"), "utf-8")
    told = json.loads(_type(place, f"{build} --json"))
    assert (told["verdict"], told["language"]) == ("new", "sandboxed-python")
    tools = {tool["name"]: tool["description"] for tool in told["tools"]}
    assert set(tools) == {"greet", "keep", "lacked", "lend", "reach"}
    assert tools["greet"].startswith("Greet somebody by name.")
    return folder


def test_it_is_built_tested_and_run(place: Place, cat: Path) -> None:
    _, build, run, check = _block("sh", "slow").splitlines()
    assert _type(place, build).startswith("current  cat/cat.wasm")
    assert '"Good morning, Ann!"' in _type(place, run)
    assert "3 passed" in _type(place, check)
    assert (cat / "bindings" / "wit_world" / "imports" / "fs.py").is_file()
    data = (cat / "cat.wasm").read_bytes()
    for path in (place.folder.parent, ROOT):
        assert str(path).encode() not in data


async def _call(
    arena: Arena, cat: Path, tool: str, given: dict[str, Any], **more: Any
) -> RunReport:
    holder = {"component": str(cat / "cat.wasm"), "limits": LIMITS, **more}
    calculator = {"component": str(BUILT / "calculator.wasm")}
    run = {"call": f"cat.{tool}", "with": given}
    tables = {"name": "n", "plugins": {"cat": holder, "calculator": calculator}, "run": [run]}
    report = await arena.host.run(parse_manifest(tomli_w.dumps(tables), path=None))
    assert (await arena.replay(report.run)).identical
    return report


async def test_its_library_is_the_hosts(cat: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    async with open_server() as server, open_arena(tmp_path) as arena:
        allow = {
            "fs": [mount(tmp_path / "d")],
            "http": [f"GET,POST {server.url}/**"],
            "kv": {"bytes": "1 KiB"},
            "tools": ["calculator.add"],
        }

        async def told(tool: str, what: str, at: str = "", **more: Any) -> str:
            report = await _call(arena, cat, tool, {"what": what, "at": at}, **more)
            assert only(report).ok, only(report).error
            return str(only(report).value)

        said = await told("lend", "fs", "/d", allow=allow)
        assert said == (r"[b'a line\n\xff', 300000, ['er', 'text'], False, ['/d'], ['deep'], 8]")
        assert (await told("lend", "http", server.url, allow=allow)).startswith("[200, ")
        assert server.seen[0].header("x-from") == "python"
        assert [len(seen.body) for seen in server.seen] == [0, 8, 200_000]
        assert await told("lend", "kv", allow=allow) == "[b'one', '1', ['a', 'n'], True, None]"
        assert await told("lend", "tools", allow=allow) == "[3, 1, 4, [2, 3], ['calculator.add']]"
        assert await told("lend", "time") == "[True, True]"
        assert await told("lend", "random") == "[True, 7, 5]"
        page = {"url": f"{server.url}/ok", "word": "nothing"}
        found = allow | {"fs": [mount(tmp_path / "d", path="/found")]}
        kept = await _call(arena, cat, "keep", page, allow=found)
        assert only(kept).value == "0 lines"
        assert (tmp_path / "d" / "nothing.txt").read_text() == ""
        kept = await _call(arena, cat, "keep", page)
        assert str(only(kept).value).startswith("not allowed: ")
        for what, at in (
            ("fs", "/d"),
            ("http", server.url),
            ("kv", ""),
            ("tools", ""),
            ("secrets", ""),
        ):
            lacked = await told("lacked", what, at)
            assert lacked == f"Denied denied; {what} UNGRANTED"
        denied = await _call(arena, cat, "lend", {"what": "kv", "at": ""})
        assert str(only(denied).value).startswith("denied: ")
        other = await _call(arena, cat, "lend", {"what": "pigs", "at": ""})
        assert only(other).value == "no pigs"


async def test_asyncio_has_several_at_once(cat: Path, tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        given = {"what": "asyncio", "at": server.url}
        allow = {"http": [f"GET,POST {server.url}/**"], "tools": ["calculator.add"]}
        report = await _call(arena, cat, "lend", given, allow=allow)
        assert only(report).value == "[200, 'POST /echo HTTP/1.1', 3, 'given up', [200, 200, 200]]"
        # All of a group are under way before the first is looked at.
        asked = [
            event.operation
            for event in arena.events(report.run)
            if isinstance(event, CallRequested | CallFinished)
            and event.operation in ("start", "exchange.head")
            and event.capability == "http"
        ]
        assert (
            asked == ["start"] * 2 + ["exchange.head"] * 2 + ["start"] * 3 + ["exchange.head"] * 3
        )
        assert len(server.seen) == 5
        lacked = await _call(arena, cat, "lacked", given, allow={"tools": ["calculator.add"]})
        assert only(lacked).value == "Denied denied; http UNGRANTED"


async def test_the_script_of_the_page_is_an_agent(cat: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text('[[answer]]\ntext = "zebras"\n', "utf-8")
    agent = {
        "component": str(cat / "cat.wasm"),
        "limits": LIMITS,
        "allow": {
            "llm": [{"model": "fast", "tokens": 10_000, "calls": 2}],
            "tools": ["calculator.add"],
        },
    }
    calculator = {"component": str(BUILT / "calculator.wasm")}
    model = {"provider": "scripted", "script": str(tmp_path / "answers.toml")}
    run = {"agent": "cat", "task": "What do lions eat?"}
    tables = {
        "name": "n", "models": {"fast": model}, "plugins": {"calculator": calculator},
        "agents": {"cat": agent}, "run": [run],
    }  # fmt: skip
    async with open_arena(tmp_path) as arena:
        report = await arena.host.run(parse_manifest(tomli_w.dumps(tables), path=None))
        assert only(report).text == "zebras", only(report).error
        assert (await arena.replay(report.run)).identical


WORDS = {
    "socket": "PermissionError", "lookup": "PermissionError", "datagram": "PermissionError",
    "listen": "PermissionError", "subprocess": "OSError", "ctypes": "ModuleNotFoundError",
    "threads": "RuntimeError", "processes": "ModuleNotFoundError", "system": "AttributeError",
    "fork": "AttributeError", "passwd": "FileNotFoundError", "above": "PermissionError",
    "link": "PermissionError", "write": "PermissionError", "root": "FileNotFoundError",
    "environment": "KeyError", "process": "FileNotFoundError",
}  # fmt: skip
NOTED = {"socket", "lookup", "datagram", "listen"}
"""What the adapter refuses itself, and says so in the log."""


async def test_what_is_pythons_own_leads_nowhere(cat: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "out").symlink_to("../secret")
    files = {"fs": [mount(tmp_path / "d", write=False)]}
    found, denied, noted = {}, set(), set()
    async with open_arena(tmp_path) as arena:
        for what in WORDS:
            report = await _call(arena, cat, "reach", {"what": what}, allow=files)
            found[what] = str(only(report).value)
            calls = arena.calls(report.run)
            denied |= {what for call in calls if call.verdict is Verdict.DENY}
            noted |= {what for call in calls if "there are no sockets here" in str(call.args)}
    assert {what: said.partition(":")[0] for what, said in found.items()} == WORDS
    assert "'HOME'" not in found["environment"] and "'PATH'" not in found["environment"]
    assert "write" in denied
    assert noted == NOTED
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["out"]


def test_the_example_answers_with_tools_and_without(place: Place) -> None:
    example = place.folder / "examples" / "python-agent"
    place.empty("examples", "plugins-wasm", "wit")
    shutil.copytree(ROOT / "examples" / "python-agent", example)
    shutil.copytree(ROOT / "wit", place.folder / "wit")
    (place.folder / "plugins-wasm").mkdir()
    for name in ("calculator", "notebook"):
        shutil.copy(BUILT / f"{name}.wasm", place.folder / "plugins-wasm")
    build, run, replay = _block("sh", "slow", 1).splitlines()
    _type(place, build)
    printed = _type(place, run)
    for line in ("(calls calculator.evaluate)", "Three lions eat 147 kg in a week, 21 kg a day."):
        assert line in printed
    assert "\nidentical  run " in _type(place, replay)
    manifest = example / "manifest.toml"
    granted = 'allow.tools = ["calculator.*", "notebook.write"]\n'
    text = manifest.read_text("utf-8")
    assert granted in text
    manifest.write_text(text.replace(granted, ""), "utf-8")
    twin = _lion(place, "run", "examples/python-agent/manifest.toml")
    assert "I cannot say: there is nothing to reckon with." in twin.stdout
    assert "notebook.write: not saved" in twin.stdout
