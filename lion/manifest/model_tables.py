"""Look here if you want to know which keys `[models.NAME]` of a manifest has."""

from typing import Any

from pydantic import ConfigDict

from lion.manifest.base_table import Table
from lion.manifest.dialects import NEEDED, PROVIDERS, SERVER, STRANGE
from lion.manifest.fields import Count, Money, Name, Network, Time


class PricesTable(Table):
    """What a million tokens cost, in any currency."""

    input: Money = 0
    output: Money = 0
    cached: Money | None = None
    cache_write: Money | None = None


def _provider_schema(name: str) -> dict[str, Any]:
    """The schema of a model of this provider: what it needs, and keys that it has not."""
    needed = [key for key in NEEDED.get(name, SERVER) if key != "base-url"]
    places = [{"required": [key]} for key in ("base-url", "dialect")]
    return {
        "properties": {"provider": {"const": name}},
        "required": needed,
        **({"anyOf": places} if name == "openai" else {}),
        "not": {"anyOf": [{"required": [key]} for key in STRANGE[name]]},
    }


class ModelTable(Table):
    """A model: a script of answers, or a server that speaks a protocol of OpenAI's or Anthropic's.

    Keys from `dialect` on say how the server speaks.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [_provider_schema(name) for name in PROVIDERS]}
    )

    provider: str
    script: str | None = None
    base_url: str | None = None
    model: str | None = None
    key: Name | None = None
    prices: PricesTable | None = None
    max_tokens: Count | None = None
    dialect: str | None = None
    key_header: str | None = None
    headers: dict[str, str] | None = None
    query: dict[str, str] | None = None
    add: dict[str, Any] | None = None
    omit: list[str] | None = None
    stream: bool | None = None
    whole_for: list[str] | None = None
    limit_field: str | None = None
    system_role: str | None = None
    reasoning_field: str | None = None
    reasoning_back: str | None = None
    opaque_fields: bool | list[str] | None = None
    schema_omit: list[str] | None = None
    answer_format: str | None = None
    addresses: list[Network] = []
    idle: Time | None = None
    timeout: Time | None = None
