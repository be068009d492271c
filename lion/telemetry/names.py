"""Look here if you want to know what lion's facts are called in OpenTelemetry.

Source: Semantic Conventions 1.41.0, GenAI agent spans, GenAI client spans and HTTP client spans.
The GenAI ones are in development: this is the one place that follows them.
"""

from typing import Final

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.41.0"

OPERATION: Final = "gen_ai.operation.name"
INVOKE_AGENT: Final = "invoke_agent"
EXECUTE_TOOL: Final = "execute_tool"
CHAT: Final = "chat"
AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_ID: Final = "gen_ai.agent.id"
CONVERSATION: Final = "gen_ai.conversation.id"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
PROVIDER: Final = "gen_ai.provider.name"
MODEL: Final = "gen_ai.request.model"
INPUT: Final = "gen_ai.usage.input_tokens"
OUTPUT: Final = "gen_ai.usage.output_tokens"
FINISH: Final = "gen_ai.response.finish_reasons"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
ERROR: Final = "error.type"
METHOD: Final = "http.request.method"
URL: Final = "url.full"

RUN: Final = "lion.run.id"
INVOCATION: Final = "lion.invocation"
SEQ: Final = "lion.record"
CAPABILITY: Final = "lion.capability"
OPERATION_OF: Final = "lion.operation"
TARGET: Final = "lion.target"
VERDICT: Final = "lion.verdict"
DECIDED_BY: Final = "lion.decided_by"
GRANT: Final = "lion.grant"
REASON: Final = "lion.reason"
DIGEST: Final = "lion.component.digest"
CPU: Final = "lion.cpu_ns"
EXIT: Final = "lion.exit_code"
VERSION: Final = "service.version"
SERVICE: Final = "service.name"

INTERNAL: Final = 1
CLIENT: Final = 3
"""Span kinds, by their numbers in opentelemetry.proto.trace.v1."""
OK: Final = 1
FAILED: Final = 2
"""Status codes, likewise; 0 says nothing."""
