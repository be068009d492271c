"""The protocol's own programs say what lion is: its conformance suite, its inspector, its servers.

Rule: what of the suite does not pass stands in expected-failures.yaml with the reason; one more,
or one less, fails here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.history import replay_run
from lion.settings import Settings
from tests.conftest import CACHE
from tests.mcp.kit import desk, manifest, plugin
from tests.mcp.npm import Npm
from tests.mcp.over_http import serving
from tests.mcp.remote_kit import Place, value

pytestmark = pytest.mark.slow

TOOLS = (plugin("calculator"), plugin("hello"), desk("**", more="settings = { log = true }"))


@pytest.fixture(scope="session")
def npm() -> Npm:
    return Npm().install()


async def test_the_conformance_suite(tmp_path: Path, npm: Npm) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(manifest(*TOOLS))
    settings = Settings(state=tmp_path / "state", cache=Path(os.environ[CACHE]))
    suite = npm.script("@modelcontextprotocol/conformance", "dist/index.js")
    expected = Path(__file__).with_name("expected-failures.yaml")
    async with serving(settings, path, may_approve=True) as url:
        ran = await trio.run_process(
            [*suite, "server", "--url", url, "--suite", "all", "--timeout", "20000",
             "--expected-failures", str(expected)],
            capture_stdout=True, stderr=subprocess.STDOUT, check=False, cwd=tmp_path,
        )  # fmt: skip
    told = ran.stdout.decode()[-4_000:]
    assert ran.returncode == 0, told
    assert "Baseline check passed" in told
    assert "✓" in ran.stdout.decode()


def test_the_inspector(tmp_path: Path, npm: Npm) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(manifest(*TOOLS))
    inspector = [*npm.script("@modelcontextprotocol/inspector", bin_of(npm)), "--cli"]
    served = [sys.executable, "-m", "lion", "mcp", "serve", str(path)]
    env = {**os.environ, "LION_STATE": str(tmp_path / "state"), "LION_CACHE": os.environ[CACHE]}

    def ask(*words: str) -> Any:
        ran = subprocess.run(
            [*inspector, *served, *words], env=env, capture_output=True, timeout=120, check=False
        )
        assert ran.returncode == 0, ran.stderr.decode()
        return json.loads(ran.stdout)

    tools = ask("--method", "tools/list")["tools"]
    assert "calculator_add" in {tool["name"] for tool in tools}
    call = ("--method", "tools/call", "--tool-name", "calculator_add")
    answer = ask(*call, "--tool-arg", "a=1", "--tool-arg", "b=2")
    assert answer["structuredContent"] == {"result": 3}


def bin_of(npm: Npm) -> str:
    """The inspector's program, as its package says."""
    package = npm.folder / "node_modules" / "@modelcontextprotocol" / "inspector" / "package.json"
    found: Mapping[str, str] = json.loads(package.read_text())["bin"]
    return found["mcp-inspector"]


def reference(npm: Npm, folder: Path, tool: str, arguments: Any, grant: str) -> str:
    """A manifest in which a guest calls a tool of the protocol's own servers."""
    given = json.dumps(arguments)
    every = npm.script("@modelcontextprotocol/server-everything", "dist/index.js")
    files = npm.script("@modelcontextprotocol/server-filesystem", "dist/index.js")
    return manifest(
        f"[mcp.every]\ncommand = {json.dumps(every)}",
        f"[mcp.files]\ncommand = {json.dumps([*files, str(folder)])}",
        plugin("probe", f'allow.tools = ["{grant}"]'),
        f'[[run]]\ncall = "probe.tools-call"\nwith = {{ name = "{tool}", arguments = {given!r} }}',
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "gives"),
    [
        ("every.echo", {"message": "lions"}, "Echo: lions"),
        ("every.get-sum", {"a": 2, "b": 3}, "The sum of 2 and 3 is 5."),
        ("files.read-text-file", {"path": "{folder}/a.txt"}, "they hunt together"),
    ],
)
async def test_the_reference_servers_with_grants_and_without(
    tmp_path: Path, npm: Npm, tool: str, arguments: dict[str, Any], gives: str
) -> None:
    folder = (tmp_path / "files").resolve()
    folder.mkdir()
    (folder / "a.txt").write_text("they hunt together")
    given = {
        key: one.format(folder=folder) if isinstance(one, str) else one
        for key, one in arguments.items()
    }
    there = Place(tmp_path)
    granted = reference(npm, folder, tool, given, tool)
    await there.pin(granted)
    report = await there.run(granted)
    assert gives in json.dumps(value(report))
    assert (await replay_run(there.settings, "last")).identical
    report = await there.run(reference(npm, folder, tool, given, "every.nothing"))
    assert report.denied == 1 and not report.endings[0].ok
    assert (await replay_run(there.settings, "last")).identical
