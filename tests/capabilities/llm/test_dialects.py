"""Look here if you want to know how a manifest tells what a server refuses or does otherwise."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lion.capabilities.models.chat import Assistant, Chat, System, ToolCall, User
from lion.capabilities.models.openai_wire import OpenAiWire
from lion.domain.plan import Model
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest

from .server import HELLO, answer, open_server, sse
from .shapes import MODEL
from .test_remote import ask

MANIFEST = """name = "x"
[models.fast]
provider = "openai"
base-url = "http://127.0.0.1:1/v1"
model = "m"
"""
CHAT = Chat(
    model="fast",
    messages=(System("Be short."), User("Go."), Assistant("", (ToolCall("1", "x", ""),), "Hm.")),
    schema={"type": "object"},
    max_tokens=9,
    temperature=0.5,
)


def model(lines: str) -> Model:
    return parse_manifest(MANIFEST + lines, path=Path("m.toml")).models["fast"]


def body(fields: Model) -> dict[str, Any]:
    return dict(json.loads(OpenAiWire().spell(fields, CHAT).body))


@pytest.mark.parametrize(
    "name", ["stream_options", "temperature", "response_format", "max_tokens"]
)
def test_what_is_left_out_is_not_sent_and_nothing_else_is_missing(name: str) -> None:
    whole, less = body(model("")), body(model(f'omit = ["{name}"]'))
    assert name in whole
    assert less == {key: value for key, value in whole.items() if key != name}


def test_thoughts_can_be_left_out() -> None:
    assert body(model(""))["messages"][2]["reasoning_content"] == "Hm."
    assert "reasoning_content" not in body(model('omit = ["reasoning_content"]'))["messages"][2]


def test_one_piece_is_asked_for() -> None:
    asked = OpenAiWire().spell(model("stream = false"), CHAT)
    assert not {"stream", "stream_options"} & set(json.loads(asked.body))
    assert ("accept", "application/json") in asked.headers


def test_who_instructs_has_another_name() -> None:
    assert body(model('system-role = "developer"'))["messages"][0]["role"] == "developer"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('omit = ["stream-options"]', "'stream_options'"),
        ('omit = ["messages"]', "no field that can be left out"),
        ('system-role = "sistem"', "'system'"),
        ('limit-field = "max_token"', "'max_tokens'"),
        ('omit = "stream_options"', "list"),
        ("stream = 1", "bool"),
    ],
)
def test_mistakes_are_told(line: str, words: str) -> None:
    with pytest.raises(OperatorError) as raised:
        model(line)
    assert words in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize("key", ["omit = []", "stream = true", "opaque-fields = true"])
def test_a_script_has_no_dialect(key: str) -> None:
    text = f'name = "x"\n[models.fast]\nprovider = "scripted"\nscript = "a.toml"\n{key}\n'
    with pytest.raises(OperatorError, match="has no"):
        parse_manifest(text, path=Path("m.toml"))


async def test_a_server_that_refuses_a_field_answers_without_it() -> None:
    refused = b'{"error": {"message": "stream_options: not permitted"}}'
    strict = answer(refused, status="422 X", type="application/json")
    async with open_server(strict, answer(sse(*HELLO, "[DONE]"))) as server:
        said, failure = await ask(server)
        assert said == [] and failure is not None and "not permitted" in failure.text
        said, failure = await ask(server, omit=("stream_options",))
        assert failure is None
        assert ["stream_options" in asked for _, asked in server.requests] == [True, False]


def test_the_defaults_are_those_of_most_servers() -> None:
    assert model("") == msgspec.structs.replace(MODEL, model="m")
