"""Look here if you want to know which providers of models there are, and what `dialect = "..."`
of a model stands for, server by server.

Where each of these is from: docs/models.md.

Rule: a dialect is nothing that a manifest could not write itself: keys of `[models.NAME]`.
Rule: what a manifest writes stands in place of the dialect's; headers, query and added fields are
joined by their names.
"""

from typing import Any, Final

Fields = dict[str, Any]

PROVIDERS: Final = ("scripted", "openai", "openai-responses", "anthropic")
NEEDED: Final = {"scripted": ("script",)}
"""What a provider has to be told; a server's: `base-url` and `model`."""
SERVER: Final = ("base-url", "model")
SPOKEN: Final = (
    "dialect", "key-header", "headers", "query", "omit", "add", "stream", "whole-for",
    "system-role", "limit-field", "reasoning-field", "reasoning-back", "opaque-fields",
    "schema-omit", "answer-format",
)  # fmt: skip
"""Keys that say how a server speaks."""
STRANGE: Final[dict[str, tuple[str, ...]]] = {
    "scripted": ("base-url", "model", "key", *SPOKEN),
    "openai": ("script",),
    "openai-responses": ("script", "limit-field", "reasoning-field", "reasoning-back"),
    "anthropic": (
        "script", "dialect", "limit-field", "system-role", "reasoning-field", "reasoning-back",
    ),
}  # fmt: skip
USUAL: Final[dict[str, Fields]] = {
    "openai-responses": {"base_url": "https://api.openai.com/v1"},
    "anthropic": {"base_url": "https://api.anthropic.com/v1", "key_header": "x-api-key"},
}
"""What a protocol's own server needs."""

_LOCAL: Final = "http://127.0.0.1"

DIALECTS: Final[dict[str, Fields]] = {
    "openai": {
        "base_url": "https://api.openai.com/v1",
        "limit_field": "max_completion_tokens",
        "reasoning_back": "never",
    },
    "ollama": {
        "base_url": f"{_LOCAL}:11434/v1",
        "reasoning_field": "reasoning",
    },
    "vllm": {
        "base_url": f"{_LOCAL}:8000/v1",
        "reasoning_field": "reasoning",
    },
    "llama.cpp": {
        "base_url": f"{_LOCAL}:8080/v1",
        "reasoning_field": "reasoning_content",
    },
    "lm-studio": {
        "base_url": f"{_LOCAL}:1234/v1",
        "reasoning_field": "reasoning_content",
        "reasoning_back": "never",
    },
    "groq": {
        "base_url": "https://api.groq.com/openai/v1",
        "limit_field": "max_completion_tokens",
        "reasoning_field": "reasoning",
        "reasoning_back": "never",
        "opaque_fields": False,
        "whole_for": ["schema"],
    },
    "gemini": {
        "base_url": "https://generativelanguage.googleapis.com/v1beta/openai",
        "reasoning_back": "never",
        "opaque_fields": ["extra_content"],
        "schema_omit": [
            "$schema", "$id", "$comment", "additionalProperties", "const", "examples",
            "patternProperties", "propertyNames", "unevaluatedProperties",
        ],
    },
    "mistral": {
        "base_url": "https://api.mistral.ai/v1",
        "omit": ["stream_options"],
        "reasoning_back": "never",
        "opaque_fields": False,
    },
    "openrouter": {
        "base_url": "https://openrouter.ai/api/v1",
        "reasoning_field": "reasoning",
        "opaque_fields": ["reasoning_details"],
    },
    "azure": {
        "limit_field": "max_completion_tokens",
        "reasoning_back": "never",
        "key_header": "api-key",
    },
}  # fmt: skip
"""The keys of a model's table (tables.py) that each server needs."""

JOINED: Final = ("headers", "query", "add")


def spoken(written: Fields, dialect: str) -> Fields:
    """The keys of a model, those of its dialect included. Raises KeyError for one not known."""
    merged = {**DIALECTS[dialect], **written} if dialect else dict(written)
    for name in JOINED:
        if dialect and name in written:
            merged[name] = {**DIALECTS[dialect].get(name, {}), **written[name]}
    return merged
