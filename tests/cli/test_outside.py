"""Whoever typed the command learns whether the outside failed: exit code 4, also by a guest's own
error, and 1 if that says something else.
"""

import json
import socket
from collections.abc import Iterator

import pytest

from tests.cli.kit import WASM, Lion


@pytest.fixture
def closed() -> Iterator[str]:
    """A server's place where nobody listens, and nobody can as long as the test lasts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def fetcher(url: str) -> str:
    return f'[plugins.fetcher]\ncomponent = "{WASM}/fetcher.wasm"\nallow.http = ["GET {url}/**"]\n'


def test_a_server_that_is_down(lion: Lion, closed: str) -> None:
    path = lion.write(f'name = "x"\n{fetcher(closed)}')
    words = ("call", path, "fetcher.fetch", json.dumps({"url": f"{closed}/a"}))
    result = lion(*words)
    assert (result.returncode, result.stdout) == (4, "")
    assert "from outside: http.exchange.head: connection: 127.0.0.1 takes no" in result.stderr
    (ending,) = lion.json(*words)["endings"]
    assert (ending["exit_code"], ending["ending"]) == (4, "error")
    assert ending["outside"].startswith("http.exchange.head: connection: ")


def test_what_was_not_granted_is_not_outside(lion: Lion, closed: str) -> None:
    path = lion.write(f'name = "x"\n{fetcher(closed)}')
    words = ("call", path, "fetcher.fetch", '{"url": "http://127.0.0.2/a"}')
    assert lion(*words).returncode == 1
    (ending,) = lion.json(*words)["endings"]
    assert ending["outside"] == ""


def test_by_a_tool_that_a_tool_calls(lion: Lion, closed: str) -> None:
    probe = f'[plugins.probe]\ncomponent = "{WASM}/probe.wasm"\nallow.tools = ["fetcher.*"]\n'
    path = lion.write(f'name = "x"\n{fetcher(closed)}{probe}')
    for way in ("call", "start"):
        given = {"name": "fetcher.fetch", "arguments": json.dumps({"url": f"{closed}/a"})}
        result = lion("call", path, f"probe.tools-{way}", json.dumps(given))
        assert result.returncode == 4, result.stderr
        given["arguments"] = json.dumps({"url": "http://127.0.0.2/a"})
        assert lion("call", path, f"probe.tools-{way}", json.dumps(given)).returncode == 1


@pytest.mark.slow  # a model is asked again, with pauses
def test_a_model_that_is_down_by_an_agent(lion: Lion, closed: str) -> None:
    path = lion.write(f"""
name = "x"
[models.fast]
provider = "openai"
base-url = "{closed}/v1"
model = "m"
[agents.ann]
component = "{WASM}/researcher.wasm"
allow.llm = ["fast"]
[[run]]
agent = "ann"
task = "What do lions eat?"
""")
    result = lion("run", path)
    assert result.returncode == 4
    assert "from outside: llm.answer.next: unavailable: the model's server" in result.stdout
    assert lion.json("runs")[0]["exit_code"] == 4
