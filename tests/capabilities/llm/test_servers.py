"""Look here if you want to know what each server gets by its dialect, and what is refused of one.

What the real ones take and refuse is from where docs/models.md says.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lion.capabilities.models.chat import Assistant, Chat, System, Tool, ToolCall, ToolResult, User
from lion.capabilities.models.opening import wire_of
from lion.capabilities.secrets.file import open_vault
from lion.domain.hidden import Hidden
from lion.domain.plan import Model
from lion.errors import OperatorError
from lion.manifest.dialects import DIALECTS
from lion.manifest.parse import parse_manifest, recorded_plan

from .server import HELLO, answer, delta, open_server, sse
from .shapes import Pieces, hear
from .test_anthropic import turn
from .test_remote import ask

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"const": {"const": 1}, "more": {"items": {"additionalProperties": False}}},
    "additionalProperties": False,
}
CALLED = Assistant("", (ToolCall("1", "x", "{}"),), "Hm.")
CHAT = Chat(
    model="fast",
    messages=(System("Be short."), User("Go."), CALLED, ToolResult("2", "1")),
    tools=(Tool("x", "", SCHEMA),),
    max_tokens=9,
)


def model(lines: str, *, provider: str = "openai") -> Model:
    text = f'name = "x"\n[models.fast]\nprovider = "{provider}"\nmodel = "m"\n{lines}\n'
    plan = parse_manifest(text, path=Path("m.toml"))
    assert recorded_plan(plan.resolved, plan.text).models == plan.models
    return plan.models["fast"]


def dialect(name: str, lines: str = "") -> Model:
    place = 'base-url = "https://x.openai.azure.com/openai/v1"\n' if name == "azure" else ""
    return model(f'{place}dialect = "{name}"\n{lines}')


def body(fields: Model, chat: Chat = CHAT) -> dict[str, Any]:
    return dict(json.loads(wire_of(fields).spell(fields, chat).body))


class TestEach:
    @pytest.mark.parametrize("name", DIALECTS)
    def test_the_limit_has_the_servers_name(self, name: str) -> None:
        is_new = name in ("openai", "azure", "groq")
        asked = body(dialect(name))
        assert ("max_completion_tokens" in asked, "max_tokens" in asked) == (is_new, not is_new)

    @pytest.mark.parametrize("name", DIALECTS)
    def test_thoughts_go_back_under_its_name_or_not_at_all(self, name: str) -> None:
        (said,) = (one for one in body(dialect(name))["messages"] if one["role"] == "assistant")
        fields = {"ollama": "reasoning", "vllm": "reasoning", "openrouter": "reasoning"}
        fields["llama.cpp"] = "reasoning_content"
        thoughts = {key for key in said if key.startswith("reasoning")}
        assert thoughts == ({fields[name]} if name in fields else set())

    @pytest.mark.parametrize("name", DIALECTS)
    def test_its_place_is_known(self, name: str) -> None:
        fields = dialect(name)
        url = wire_of(fields).spell(fields, CHAT).url
        assert url == f"{fields.base_url}/chat/completions" and url.startswith("http")

    def test_mistral_gets_no_field_that_it_forbids(self) -> None:
        asked = body(dialect("mistral"))
        assert not {"stream_options", "max_completion_tokens", "store"} & set(asked)

    def test_gemini_gets_schemas_in_its_words(self) -> None:
        schema = body(dialect("gemini"))["tools"][0]["function"]["parameters"]
        assert schema == {
            "type": "object",
            "properties": {"const": {"enum": [1]}, "more": {"items": {}}},
        }

    def test_gemini_gets_its_signatures_back_and_nothing_else(self) -> None:
        signed = {"google": {"thought_signature": "c2lnbmVk"}}
        call = {"id": "a", "function": {"name": "pay", "arguments": "{}"}, "index": 0}
        chunk = delta("tool_calls", tool_calls=[{**call, "extra_content": signed, "odd": 1}])
        back = turn(hear(Pieces([sse(chunk, "[DONE]")])))
        asked = Chat(model="fast", messages=(User("Go."), back))
        (told,) = body(dialect("gemini"), asked)["messages"][1]["tool_calls"]
        assert told["extra_content"] == signed and "odd" not in told
        assert body(model('dialect = "ollama"'), asked)["messages"][1]["tool_calls"][0]["odd"] == 1
        (bare,) = body(dialect("groq"), asked)["messages"][1]["tool_calls"]
        assert set(bare) == {"id", "type", "function"}

    def test_groq_is_not_asked_for_a_stream_by_a_schema(self) -> None:
        plain = Chat(model="fast", messages=(User("Go."),))
        held = Chat(model="fast", messages=(User("Go."),), schema={"type": "object"})
        assert body(dialect("groq"), plain)["stream"] is True
        assert "stream" not in body(dialect("groq"), held)

    def test_azure_has_a_query_and_a_header_for_its_key(self) -> None:
        fields = dialect("azure", 'query = { api-version = "2024-10-21" }\nkey = "az"')
        assert wire_of(fields).spell(fields, CHAT).url.endswith("?api-version=2024-10-21")
        assert fields.key_header == "api-key"

    def test_openrouter_gets_headers_that_name_the_app(self) -> None:
        fields = dialect(
            "openrouter", 'headers = { HTTP-Referer = "https://x.org", X-Title = "x" }'
        )
        sent = dict(wire_of(fields).spell(fields, CHAT).headers)
        assert (sent["http-referer"], sent["x-title"]) == ("https://x.org", "x")


class TestKeys:
    def test_what_is_written_stands_in_place_of_the_dialects(self) -> None:
        fields = dialect("groq", 'base-url = "http://127.0.0.1:1/v1"\nwhole-for = ["tools"]')
        assert (fields.base_url, fields.whole_for) == ("http://127.0.0.1:1/v1", ("tools",))
        assert "stream" not in body(fields)

    def test_thoughts_of_a_field_of_its_own(self) -> None:
        fields = model('base-url = "http://127.0.0.1:1/v1"\nreasoning-field = "thinking"')
        chunks = sse(delta(content="Hi", thinking="Hm."), *HELLO, delta("stop"), "[DONE]")
        assert hear(Pieces([chunks]), fields).reply["thinking"] == "Hm."

    @pytest.mark.parametrize(("when", "alone"), [("always", True), ("calls", False)])
    def test_thoughts_go_back_always_or_with_calls(self, when: str, alone: bool) -> None:
        fields = dialect("ollama", f'reasoning-back = "{when}"')
        chat = Chat(model="fast", messages=(User("Go."), Assistant("Hi", (), "Hm."), User("So?")))
        assert ("reasoning" in body(fields, chat)["messages"][1]) is alone

    def test_an_answers_format(self) -> None:
        held = Chat(model="fast", messages=(User("Go."),), schema={"type": "object"})
        told = {
            kind: body(dialect("ollama", f'answer-format = "{kind}"'), held).get("response_format")
            for kind in ("json_schema", "json_object", "none")
        }
        assert told["json_object"] == {"type": "json_object"} and told["none"] is None
        assert told["json_schema"] is not None

    def test_added_fields(self) -> None:
        fields = dialect("ollama", 'add = { reasoning_effort = "low", options = { a = 1 } }')
        assert body(fields)["reasoning_effort"] == "low"

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ('dialect = "olama"', "did you mean 'ollama'"),
            ('headers = { Authorization = "Bearer x" }', "no manifest holds one"),
            ('headers = { X-API-Key = "x" }', "no manifest holds one"),
            ('headers = { Cookie = "x" }', "no manifest holds one"),
            ('headers = { Host = "x" }', "the host's to write"),
            ('headers = { X-Forwarded-For = "x" }', "the host's to write"),
            ('headers = { X-HTTP-Method-Override = "x" }', "the host's to write"),
            ('headers = { "a b" = "x" }', "no name of a header"),
            ('headers = { a = "x\\r\\nb: c" }', "printable"),
            ('query = { api_key = "x" }', "no manifest holds one"),
            ('query = { "a&b" = "x" }', "no name in a query"),
            ("add = { messages = [] }", "the host's to write"),
            ("add = { max_tokens = 9 }", "the host's to write"),
            ("add = { n = 9 }", "the host's to write"),
            ("add = { tools = [] }", "no policy sees"),
            ("add = { mcp_servers = [] }", "no policy sees"),
            ("add = { plugins = [] }", "no policy sees"),
            ('add = { api_key = "x" }', "no manifest holds one"),
            (f'add = {{ x = "{"x" * 20_000}" }}', "at most 16,384"),
            ('reasoning-back = "often"', "not when thoughts go back"),
            ('answer-format = "json"', "known here: json_object, json_schema, none"),
            ('key-header = "x-log-this"', "no header that keys go into"),
            ('whole-for = ["tool"]', "did you mean 'tools'"),
            ('opaque-fields = ["a b"]', "no name of a field"),
            ('base-url = "http://127.0.0.1:1/v1?x=1"', "goes into query"),
        ],
    )
    def test_mistakes_are_told_with_their_line(self, line: str, words: str) -> None:
        with pytest.raises(OperatorError) as raised:
            model(
                f'base-url = "http://127.0.0.1:1/v1"\n{line}' if "base-url" not in line else line
            )
        said = f"{raised.value} {raised.value.hint}"
        assert words in said and said.startswith("m.toml:")

    @pytest.mark.parametrize(
        ("provider", "line"),
        [
            ("anthropic", 'dialect = "ollama"'),
            ("anthropic", 'limit-field = "max_tokens"'),
            ("anthropic", 'system-role = "user"'),
            ("openai-responses", 'reasoning-field = "x"'),
            ("anthropic", 'answer-format = "json_object"'),
            ("openai-responses", 'omit = ["stream_options"]'),
        ],
    )
    def test_a_protocol_has_only_its_own_keys(self, provider: str, line: str) -> None:
        with pytest.raises(OperatorError):
            model(line, provider=provider)

    def test_protocols_have_places_of_their_own(self) -> None:
        fields = model('key = "k"', provider="anthropic")
        assert fields.base_url == "https://api.anthropic.com/v1"
        assert fields.key_header == "x-api-key"
        fields = model('dialect = "azure"\nbase-url = "https://x/v1"', provider="openai-responses")
        assert fields.key_header == "api-key"


class TestWhereTheKeyGoes:
    @pytest.mark.parametrize(
        ("provider", "line", "header"),
        [
            ("openai", "", "authorization: Bearer sk-0123456789"),
            ("anthropic", "", "x-api-key: sk-0123456789"),
            ("openai", 'key-header = "api-key"', "api-key: sk-0123456789"),
        ],
    )
    async def test_it_goes_where_the_protocol_has_it(
        self, provider: str, line: str, header: str
    ) -> None:
        async with open_server(answer(sse(*HELLO, "[DONE]"))) as server:
            await self._ask(server, provider, line)
            assert header in server.requests[0][0].replace("Authorization", "authorization")
            assert server.requests[0][0].count("sk-0123456789") == 1

    async def test_the_operator_says_otherwise(self, tmp_path: Path) -> None:
        file = tmp_path / "secrets.toml"
        file.write_text('[k]\nheader = "x-goog-api-key"\n', "utf-8")
        file.chmod(0o600)
        async with open_server(answer(sse(*HELLO, "[DONE]"))) as server:
            await self._ask(server, "anthropic", "", file)
            head = server.requests[0][0]
            assert "x-goog-api-key: sk-0123456789" in head and "x-api-key" not in head

    async def _ask(self, server: Any, provider: str, line: str, file: Path | None = None) -> None:
        text = f'base-url = "{server.url}"\nkey = "k"\n{line}'
        fields = model(text, provider=provider)
        bound = Hidden(f"http://127.0.0.1:{server.port} sk-0123456789")
        vault = open_vault(file, {"LION_SECRET_K": bound}, ["k"])
        await ask(server, vault=vault, provider=provider, key="k", key_header=fields.key_header)


async def test_by_the_real_door_what_a_server_refuses_is_not_sent() -> None:
    for name, forbidden in (("groq", "reasoning_content"), ("mistral", "stream_options")):
        fields = dialect(name)
        wanted = {
            "limit_field": fields.limit_field, "omit": fields.omit,
            "reasoning_back": fields.reasoning_back, "opaque_fields": fields.opaque_fields,
        }  # fmt: skip
        async with open_server(answer(sse(*HELLO, "[DONE]"))) as server:
            _, failure = await ask(server, asked=CHAT, **wanted)
            assert failure is None and forbidden not in json.dumps(server.requests[0][1])
            await ask(server, asked=CHAT)
            assert forbidden in json.dumps(server.requests[1][1])
