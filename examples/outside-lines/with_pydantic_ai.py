"""An agent of Pydantic AI's (`pip install pydantic-ai-slim`) with lion's model and a tool of
lion's: in manifest.toml write

command = ["python3", "with_pydantic_ai.py"]
"""

from collections.abc import Iterator, Sequence
from typing import Any

import lion_agent
from pydantic_ai import Agent
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel


def messages(history: Sequence[ModelMessage]) -> Iterator[dict[str, Any]]:
    """What was said, as lion has it."""
    for one in history:
        if isinstance(one, ModelResponse):
            calls = [
                {"id": p.tool_call_id, "name": p.tool_name, "arguments": p.args_as_json_str()}
                for p in one.parts
                if isinstance(p, ToolCallPart)
            ]
            text = "".join(p.content for p in one.parts if isinstance(p, TextPart))
            yield {
                "role": "assistant",
                "content": text,
                **({"tool-calls": calls} if calls else {}),
            }
        elif isinstance(one, ModelRequest):
            for part in one.parts:
                if isinstance(part, ToolReturnPart):
                    content = part.model_response_str()
                    yield {"role": "tool", "tool-call": part.tool_call_id, "content": content}
                elif isinstance(part, SystemPromptPart):
                    yield {"role": "system", "content": part.content}
                elif isinstance(part, UserPromptPart):
                    yield {"role": "user", "content": str(part.content)}


def ask(history: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Ask lion's model."""
    tools = [
        {
            "name": t.name,
            "description": t.description or "",
            "input-schema": t.parameters_json_schema,
        }
        for t in info.function_tools
    ]
    answer = lion_agent.ask("fast", list(messages(history)), tools=tools)
    calls = [
        ToolCallPart(one["name"], one["arguments"] or "{}", tool_call_id=one["id"])
        for one in answer["calls"]
    ]
    return ModelResponse(parts=[*([TextPart(answer["text"])] if answer["text"] else []), *calls])


agent = Agent(FunctionModel(ask))


@agent.tool_plain
def add(a: float, b: float) -> float:
    """Add two numbers."""
    total: float = lion_agent.call("calculator.add", a=a, b=b)
    return total


lion_agent.done(agent.run_sync(lion_agent.task()).output)
