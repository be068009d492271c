"""Protocols as others read and speak them, installed from their registries for the occasion.

aimock (npm) speaks Anthropic's Messages, OpenAI's Responses and Chat Completions, and refuses a
tool's result whose thoughts did not come back with their signature. The official clients (PyPI)
read what our own test server says: our decoders are tested against what they understand.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.attack.test_llm_independent import free_port, listening
from tests.capabilities.llm import anthropic_says, responses_says
from tests.capabilities.llm.server import DONE, END, HELLO, answer, delta, open_server, sse
from tests.wasm.kit import cache_directory

pytestmark = pytest.mark.slow

FIXTURES = {
    "fixtures": [
        {
            "match": {"userMessage": "pong"},
            "response": {"content": "pong", "reasoning": "One word."},
        },
        {
            "match": {"userMessage": "17 plus 25", "hasToolResult": False},
            "response": {
                "toolCalls": [{"name": "add", "arguments": {"a": 17, "b": 25}}],
                "reasoning": "I add.",
                "reasoningSignature": "c2lnbmVk",
            },
        },
        {
            "match": {"userMessage": "17 plus 25", "toolResultContains": "42"},
            "response": {"content": "It is 42."},
        },
        {
            "match": {"userMessage": "animal"},
            "response": {"content": '{"animal": "lion", "legs": 4}'},
        },
    ]
}
THINKS = 'add = { thinking = { type = "enabled", budget_tokens = 1024 } }'


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of aimock."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("no npm here")
    folder = tmp_path_factory.mktemp("aimock")
    command = [npm, "install", "--silent", "--prefix", folder, "@copilotkit/aimock@1.43.0"]
    subprocess.run(command, check=True)
    return folder / "node_modules" / ".bin" / "llmock"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the official clients."""
    folder = tmp_path_factory.mktemp("clients")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    packages = ["openai==3.57.0", "anthropic==2.14.0"]
    subprocess.run([python, "-m", "pip", "--quiet", "install", *packages], check=True)
    return python


def model(name: str, provider: str, url: str, line: str = "") -> str:
    return (
        f'[models.{name}]\nprovider = "{provider}"\nbase-url = "{url}"\n'
        f'model = "{name}-4-5"\n{line}\n'
    )


async def tried(folder: Path, models: str) -> dict[str, dict[str, Any]]:
    """What `lion models` says of each, by model and trial."""
    manifest = folder / "manifest.toml"
    manifest.write_text(f'name = "protocols"\n{models}', "utf-8")
    places = {"LION_STATE": str(folder / "state"), "LION_CACHE": str(cache_directory())}
    command = [sys.executable, "-m", "lion", "models", str(manifest), "--json"]
    done = await trio.run_process(
        command, capture_stdout=True, check=False, env={**os.environ, **places}
    )
    rows = json.loads(done.stdout)["models"]
    return {row["name"]: {one["what"]: one for one in row["trials"]} for row in rows}


async def test_a_server_of_all_three_protocols(aimock: Path, tmp_path: Path) -> None:
    fixtures, port = tmp_path / "fixtures.json", free_port()
    fixtures.write_text(json.dumps(FIXTURES), "utf-8")
    command = ["node", aimock, "-p", str(port), "-f", fixtures, "--strict", "-c", "3"]
    async with listening(port, *command) as url:
        models = (
            model("chat", "openai", url)
            + model("gpt", "openai-responses", url)
            + model("claude", "anthropic", url, THINKS)
            + model("mute", "anthropic", url, f"{THINKS}\nopaque-fields = false")
        )
        found = await tried(tmp_path, models)
    for name in ("chat", "gpt", "claude"):
        assert {what: one["case"] for what, one in found[name].items()} == {
            "word": "", "tool": "", "schema": "",
        }, found[name]  # fmt: skip
        assert found[name]["tool"]["said"].endswith("then: It is 42.")
    # Who gives no thoughts back is refused: so they did go back above.
    assert "must begin with a `thinking` block" in found["mute"]["tool"]["said"]


ANTHROPIC = """
import json, sys, anthropic
client = anthropic.Anthropic(base_url=sys.argv[1].removesuffix("/v1"), api_key="x", max_retries=0)
asked = dict(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
with client.messages.stream(**asked) as stream:
    said = stream.get_final_message()
print(json.dumps([[b.to_dict() for b in said.content], said.stop_reason, said.usage.to_dict()]))
"""
RESPONSES = """
import json, sys, openai
client = openai.OpenAI(base_url=sys.argv[1], api_key="x", max_retries=0)
with client.responses.stream(model="m", input="hi") as stream:
    for event in stream:
        pass
    said = stream.get_final_response()
print(json.dumps([[b.to_dict() for b in said.output], said.status, said.usage.to_dict()]))
"""
CHAT = """
import json, sys, openai
client = openai.OpenAI(base_url=sys.argv[1], api_key="x", max_retries=0)
text, calls, usage = "", [], None
asked = dict(model="m", messages=[{"role": "user", "content": "hi"}], stream=True)
for chunk in client.chat.completions.create(**asked):
    usage = chunk.usage or usage
    for choice in chunk.choices:
        text += choice.delta.content or ""
        calls += [call.function.name for call in choice.delta.tool_calls or ()]
print(json.dumps([text, calls, usage.to_dict()]))
"""


async def read_by(python: Path, program: str, *said: bytes) -> Any:
    """What an official client makes of an answer of our test server."""
    async with open_server(answer(*said)) as server:
        done = await trio.run_process(
            [python, "-c", program, server.url], capture_stdout=True, capture_stderr=True
        )
    return json.loads(done.stdout)


async def test_anthropics_client_reads_what_our_server_says(clients: Path) -> None:
    said = anthropic_says.stream(anthropic_says.ALL, "tool_use")
    content, reason, usage = await read_by(clients, ANTHROPIC, *said)
    assert content == anthropic_says.ALL and reason == "tool_use"
    assert (usage["input_tokens"], usage["output_tokens"]) == (20, 40)
    assert (usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]) == (30, 50)


async def test_openais_client_reads_what_our_server_says(clients: Path) -> None:
    said = responses_says.stream(responses_says.ALL)
    output, status, usage = await read_by(clients, RESPONSES, *said)
    for item in output:
        for part in item.get("content") or ():
            part.pop("parsed", None)  # the client's own
        item.pop("parsed_arguments", None)
    wanted = responses_says.ALL
    assert [{k: one[k] for k in item} for one, item in zip(output, wanted, strict=True)] == wanted
    assert status == "completed" and usage["input_tokens"] == 100

    call = {"index": 0, "id": "a", "function": {"name": "pay", "arguments": "{}"}}
    chunks = sse(*HELLO, delta(tool_calls=[call]), *END[:-1], DONE)
    text, calls, usage = await read_by(clients, CHAT, chunks)
    assert (text, calls, usage["prompt_tokens"]) == ("Hello", ["pay"], 7)
