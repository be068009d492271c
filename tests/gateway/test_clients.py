"""The official clients speak with a gateway as with their own servers: whole answers and streams,
with tools, schemas and errors.
"""

from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from anthropic import Anthropic
from openai import OpenAI

from tests.gateway.kit import ANN, CALCULATOR, agent, open_gateway

GO: Any = [{"role": "user", "content": "go"}]
PLAIN: Any = [{"role": "user", "content": "plain"}]
FUNCTION = {"name": "add", "description": "Add.", "parameters": {"type": "object"}}
TOOLS: Any = [{"type": "function", "function": FUNCTION}]
FLAT: Any = [{"type": "function", "strict": False, **FUNCTION}]
ANTHROPIC: Any = [{"name": "add", "description": "Add.", "input_schema": {"type": "object"}}]
GIVEN = '{"a": 1, "b": 2}'


async def test_chat_with_a_tool_and_its_result(tmp_path: Path) -> None:
    def speak(client: OpenAI) -> None:
        first = client.chat.completions.create(model="fast", messages=GO, tools=TOOLS)
        (choice,) = first.choices
        (call,) = choice.message.tool_calls
        assert (choice.finish_reason, call.function.name) == ("tool_calls", "add")
        assert call.function.arguments == GIVEN
        assert choice.message.reasoning_content == "Hm."
        usage = first.usage
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 2
        result = {"role": "tool", "tool_call_id": call.id, "content": "3"}
        turn = [*GO, choice.message, result]
        after = client.chat.completions.create(model="fast", messages=turn, tools=TOOLS)
        assert after.choices[0].message.content == "It is 3."
        assert after.choices[0].finish_reason == "stop"

    async with open_gateway(tmp_path) as opened:
        await opened.openai(speak)


async def test_chat_as_a_stream(tmp_path: Path) -> None:
    def speak(client: OpenAI) -> list[Any]:
        options: Any = {"include_usage": True}
        return list(
            client.chat.completions.create(
                model="fast", messages=GO, tools=TOOLS, stream=True, stream_options=options
            )
        )

    async with open_gateway(tmp_path) as opened:
        chunks = await opened.openai(speak)
    usage = [chunk.usage for chunk in chunks if chunk.usage]
    assert len(usage) == 1 and chunks[-1].usage.completion_tokens > 0
    deltas = [chunk.choices[0].delta for chunk in chunks[:-1]]
    calls = [one.tool_calls[0] for one in deltas if one.tool_calls]
    assert calls[0].function.name == "add" and {call.index for call in calls} == {0}
    assert "".join(call.function.arguments for call in calls) == GIVEN
    assert chunks[-2].choices[0].finish_reason == "tool_calls"


async def test_what_is_said_is_heard_in_pieces(tmp_path: Path) -> None:
    def speak(client: OpenAI) -> list[str | None]:
        messages: Any = [{"role": "developer", "content": "Be brief."}, *GO, *PLAIN]
        stream = client.chat.completions.create(model="fast", messages=messages, stream=True)
        return [chunk.choices[0].delta.content for chunk in stream]

    async with open_gateway(tmp_path) as opened:
        pieces = await opened.openai(speak)
    assert "".join(filter(None, pieces)) == "I call nothing." and len(pieces) > 3


async def test_responses_whole_and_as_a_stream(tmp_path: Path) -> None:
    def speak(client: OpenAI) -> None:
        whole = client.responses.create(model="fast", input="go", tools=FLAT)
        thought, call = whole.output
        assert (whole.status, call.name, call.arguments) == ("completed", "add", GIVEN)
        assert thought.summary[0].text == "Hm."
        with client.responses.stream(model="fast", input="go", tools=FLAT) as stream:
            types = [event.type for event in stream]
            final = stream.get_final_response()
        assert types[0] == "response.created" and types[-1] == "response.completed"
        assert final.output[1].arguments == GIVEN
        result = {"type": "function_call_output", "call_id": call.call_id, "output": "3"}
        items: Any = [{"role": "user", "content": "go"}, *whole.output, result]
        with client.responses.stream(model="fast", input=items, tools=FLAT) as stream:
            assert [event for event in stream if event.type == "response.output_text.delta"]
            assert stream.get_final_response().output_text == "It is 3."

    async with open_gateway(tmp_path) as opened:
        await opened.openai(speak)


async def test_anthropics_client_whole_and_as_a_stream(tmp_path: Path) -> None:
    def speak(client: Anthropic) -> None:
        asked: Any = {"model": "fast", "max_tokens": 100, "tools": ANTHROPIC}
        whole = client.messages.create(messages=GO, **asked)
        thought, call = whole.content
        assert (whole.stop_reason, call.name, call.input) == ("tool_use", "add", {"a": 1, "b": 2})
        assert thought.thinking == "Hm."
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "3"}
        turn = [*GO, {"role": "assistant", "content": whole.content}]
        turn.append({"role": "user", "content": [result]})
        with client.messages.stream(messages=turn, **asked) as stream:
            said = list(stream.text_stream)
            final = stream.get_final_message()
        assert "".join(said) == "It is 3." and len(said) > 1
        assert final.stop_reason == "end_turn" and final.usage.output_tokens > 0
        with client.messages.stream(messages=GO, **asked) as stream:
            assert stream.get_final_message().content[1].input == {"a": 1, "b": 2}

    async with open_gateway(tmp_path) as opened:
        await opened.anthropic(speak)


async def test_models_are_those_that_were_granted(tmp_path: Path) -> None:
    def speak(client: OpenAI) -> None:
        assert [model.id for model in client.models.list()] == ["fast"]
        assert client.models.retrieve("fast").id == "fast"
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("other")

    async with open_gateway(tmp_path) as opened:
        await opened.openai(speak)
        assert await opened.anthropic(lambda c: [m.id for m in c.models.list()]) == ["fast"]


async def test_texts_at_which_it_ends(tmp_path: Path) -> None:
    def speak(client: OpenAI) -> None:
        story: Any = [{"role": "user", "content": "story"}]
        asked: Any = {"model": "fast", "messages": story, "stop": ["STOP", "never"]}
        whole = client.chat.completions.create(**asked)
        assert whole.choices[0].message.content == "Once there was a lion. "
        assert whole.usage.estimated and whole.usage.completion_tokens > 0
        stream = client.chat.completions.create(**asked, stream=True)
        pieces = [chunk.choices[0].delta.content for chunk in stream]
        assert "".join(filter(None, pieces)) == "Once there was a lion. "
        asked["stop"] = "nowhere"
        whole = client.chat.completions.create(**asked)
        assert whole.choices[0].message.content.endswith("It slept.")

    async with open_gateway(tmp_path) as opened:
        await opened.openai(speak)


async def test_a_call_that_is_required_is_made_or_it_is_an_error(tmp_path: Path) -> None:
    def speak(client: OpenAI) -> None:
        asked: Any = {"model": "fast", "tools": TOOLS, "tool_choice": "required"}
        made = client.chat.completions.create(messages=GO, **asked)
        assert made.choices[0].message.tool_calls
        with pytest.raises(openai.InternalServerError, match="called no tool"):
            client.chat.completions.create(messages=PLAIN, **asked)
        stream = client.chat.completions.create(messages=PLAIN, stream=True, **asked)
        with pytest.raises(openai.APIError, match="called no tool"):
            list(stream)

    async with open_gateway(tmp_path) as opened:
        await opened.openai(speak)


async def test_an_answer_that_breaks_off_is_an_error_in_the_stream(tmp_path: Path) -> None:
    broken: Any = [{"role": "user", "content": "broken"}]

    def speak(client: OpenAI) -> None:
        stream = client.chat.completions.create(model="fast", messages=broken, stream=True)
        with pytest.raises(openai.APIError, match="it took too long"):
            list(stream)
        with pytest.raises(openai.APIError, match="it took too long"):
            list(client.responses.create(model="fast", input="broken", stream=True))
        with pytest.raises(openai.APIStatusError) as raised:
            client.chat.completions.create(model="fast", messages=broken)
        assert raised.value.status_code == 504

    def otherwise(client: Anthropic) -> None:
        asked: Any = {"model": "fast", "max_tokens": 9, "messages": broken}
        with pytest.raises(anthropic.APIError, match="it took too long"):
            list(client.messages.create(**asked, stream=True))

    async with open_gateway(tmp_path) as opened:
        await opened.openai(speak)
        await opened.anthropic(otherwise)


async def test_answers_by_a_schema(tmp_path: Path) -> None:
    script = '[[answer]]\ntext = "{\\"legs\\": 4}"\n'

    def asked(kind: str) -> Any:
        properties = {"legs": {"type": kind}}
        schema = {"type": "object", "properties": properties, "required": ["legs"]}
        form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        return {"model": "fast", "messages": GO, "response_format": form}

    def speak(client: OpenAI) -> None:
        held = client.chat.completions.create(**asked("integer"))
        assert held.choices[0].message.content == '{"legs": 4}'
        with pytest.raises(openai.APIStatusError):
            client.chat.completions.create(**asked("string"))

    async with open_gateway(tmp_path, script=script) as opened:
        await opened.openai(speak)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"n": 2}, "'n' cannot be kept"),
    ({"logit_bias": {"1": 2}}, "'logit_bias' cannot be kept"),
    ({"extra_body": {"nonsense": 1}}, "'nonsense' is not known"),
    ({"temperature": 7}, "temperature"),
    ({"tool_choice": "required"}, "no such tool"),
    ({"stop": ["a"] * 5}, "at most 4"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "by text alone"),
    ({"messages": [{"role": "nobody", "content": ""}]}, "is no role"),
    ({"messages": []}, "at least one is needed"),
]


async def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    def speak(client: OpenAI) -> None:
        for more, words in REFUSED:
            with pytest.raises(openai.BadRequestError, match=words):
                client.chat.completions.create(**{"model": "fast", "messages": GO, **more})

    async with open_gateway(tmp_path) as opened:
        await opened.openai(speak)


async def test_anthropics_client_reads_refusals(tmp_path: Path) -> None:
    def speak(client: Anthropic) -> None:
        with pytest.raises(anthropic.PermissionDeniedError, match="no grant covers it"):
            client.messages.create(model="other", max_tokens=9, messages=GO)

    async with open_gateway(tmp_path) as opened:
        await opened.anthropic(speak)


async def test_several_agents_have_what_is_their_own(tmp_path: Path) -> None:
    tables = CALCULATOR, ANN, agent("bob", 'allow.llm = [{ model = "other", calls = 1 }]')

    def bob(client: OpenAI) -> None:
        assert [model.id for model in client.models.list()] == ["other"]
        client.chat.completions.create(model="other", messages=GO)
        with pytest.raises(openai.RateLimitError, match="exhausted"):
            client.chat.completions.create(model="other", messages=GO)
        with pytest.raises(openai.PermissionDeniedError):
            client.chat.completions.create(model="fast", messages=GO)

    async with open_gateway(tmp_path, *tables) as opened:
        await opened.openai(bob, "bob")
        await opened.openai(lambda c: c.chat.completions.create(model="fast", messages=GO), "ann")
