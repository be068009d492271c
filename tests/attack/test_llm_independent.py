"""OpenAI-compatible servers that others wrote, installed from their registries for the occasion.

mock-ai-api (PyPI, FastAPI) streams deltas of text and tool calls and has errors by name;
openai-mock-api (npm, Express) asks for a key, plays whole conversations with tool results, gives
no index and no finish reason of its own for calls.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.hidden import Hidden
from lion.history import replay_run
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.review.report import RunReport
from lion.settings import Settings
from tests.attack.kit import call, holder, only
from tests.wasm.kit import cache_directory

pytestmark = pytest.mark.slow

KEY = "test-key-0123456789"
CONVERSATION = {
    "apiKey": KEY,
    "port": 0,
    "responses": [
        {
            "id": "sum",
            "messages": [
                {"role": "user", "content": "the sum", "matcher": "contains"},
                {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {
                                "name": "calculator_add",
                                "arguments": '{"a": 1, "b": 2}',
                            },
                        }
                    ],
                },
            ],
        },
        {
            "id": "result",
            "messages": [
                {"role": "user", "content": "the sum", "matcher": "contains"},
                {"role": "assistant", "matcher": "any"},
                {"role": "tool", "matcher": "any", "tool_call_id": "call_1"},
                {"role": "assistant", "content": "It is 3."},
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def python_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has mock-ai-api."""
    folder = tmp_path_factory.mktemp("mock-ai-api")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "--quiet", "install", "mock-ai-api==0.1.1"]
    subprocess.run(pip, check=True)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def node_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of openai-mock-api."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("no npm here")
    folder = tmp_path_factory.mktemp("openai-mock-api")
    command = [npm, "install", "--silent", "--prefix", folder, "openai-mock-api@0.4.0"]
    subprocess.run(command, check=True)
    return folder / "node_modules" / "openai-mock-api" / "dist" / "cli.js"


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(*command: str | Path) -> Iterator[None]:
    """A server as long as the test needs it."""
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            yield
        finally:
            running.kill()


@asynccontextmanager
async def listening(port: int, *command: str | Path) -> AsyncIterator[str]:
    """The base URL of a server, once it takes connections."""
    with process(*command):
        with trio.fail_after(60):
            while True:
                try:
                    stream = await trio.open_tcp_stream("127.0.0.1", port)
                except OSError:
                    await trio.sleep(0.05)
                else:
                    await stream.aclose()
                    break
        yield f"http://127.0.0.1:{port}/v1"


async def ask(
    folder: Path, url: str, tool: str, *, served: str = "gpt-4.1", key: str = "", **arguments: Any
) -> RunReport:
    """One call of the probe against a server; its replay is identical."""
    line = 'key = "local"\n' if key else ""
    text = (
        'name = "independent"\n[models.fast]\nprovider = "openai"\n'
        f'base-url = "{url}"\nmodel = "{served}"\n{line}'
        + holder("probe", "probe-llm", 'allow.llm = ["fast"]', 'allow.tools = ["calculator.*"]')
        + holder("calculator", "calculator")
        + call(f"probe.{tool}", **arguments)
    )
    variables = {"LION_SECRET_LOCAL": Hidden(f"{url.removesuffix('/v1')} {key}")} if key else {}
    settings = Settings(state=folder / "state", cache=cache_directory(), variables=variables)
    async with open_host(settings) as host:
        report = await host.run(parse_manifest(text, path=None))
    assert (await replay_run(settings, report.run)).identical
    return report


def question(text: str, **more: Any) -> dict[str, Any]:
    messages = json.dumps([{"role": "user", "content": text}])
    tools = json.dumps([{"name": "weather.get", "input-schema": {"type": "object"}}])
    return {"question": {"model": "fast", "messages": messages, "tools": tools, **more}}


async def test_a_python_server(python_server: Path, tmp_path: Path) -> None:
    port = free_port()
    # Its own command starts servers that outlive it.
    served = ["uvicorn", "app.openai_app:app", "--host", "127.0.0.1", "--port", str(port)]
    async with listening(port, python_server, "-m", *served) as url:
        report = await ask(tmp_path, url, "llm-next", **question("hi"))
        events = json.loads(only(report).value)
        assert "".join(e[1] for e in events if e[0] == "text") == "Hello. It's nice to meet you."
        # This server counts less than it was asked: then lion estimates, and says so.
        assert events[-2][0] == "usage" and events[-2][3] is True
        assert events[-1] == ["stop", "end"]

        report = await ask(
            tmp_path, url, "llm-ask", served="gpt-4.1:mock-tool-stream", **question("weather")
        )
        reply = json.loads(only(report).value)
        assert reply["stop"] == "tool-use"
        ((id, name, arguments),) = reply["tool-calls"]
        assert id and name and isinstance(json.loads(arguments), dict)

        for status, case in ((400, "invalid"), (401, "denied"), (429, "exhausted")):
            model = f"gpt-4.1:mock-{status}"
            report = await ask(tmp_path, url, "llm-ask", served=model, **question("hi"))
            said = only(report).value
            assert said.startswith(f"{case}: the model's server says {status}: "), said


async def test_a_node_server_plays_a_tool_loop(node_server: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    port = free_port()
    config.write_text(json.dumps(CONVERSATION), "utf-8")
    command = ["node", node_server, "--config", config, "--port", str(port)]
    async with listening(port, *command) as url:
        loop = {"model": "fast", "text": "the sum, please", "rounds": 2}
        report = await ask(tmp_path, url, "llm-loop", key=KEY, **loop)
        ending = only(report)
        assert ending.ok, ending.value
        said = json.loads(ending.value)
        assert said["reply"]["text"] == "It is 3."
        assert said["messages"][2] == {"role": "tool", "content": "3", "tool-call": "call_1"}
        assert KEY not in ending.value

        report = await ask(tmp_path, url, "llm-loop", key="wrong-key-0123456789", **loop)
        assert only(report).value.startswith("denied: the model's server says 401")
