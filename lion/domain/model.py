"""Look here if you want to know what a manifest says of a model: who answers, how that server
speaks, and what the host holds it to.
"""

from pathlib import Path
from typing import Any

import msgspec

SECOND = 1_000_000_000


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model by its name in the manifest: who answers, and what the host holds it to.

    `script` is a file of answers (provider `scripted`); `base_url`, `model` and `key` (the name of
    a secret, never its value) are a server's (any other provider). Prices are millionths of money
    for a million tokens; those that were read from the server's cache or written into it cost
    `input_price` where they have none of their own. `addresses` are networks where it may be
    though they are private (what `base_url` names by address needs none). `max_tokens` is what one
    answer may have and `limit_field` how the server calls that, `idle_ns` how long nothing may
    come, `total_ns` how long it may take (nanoseconds).

    How the server speaks (manifest/dialects.py): `key_header` is where its key goes unless the
    operator says; `headers` and `query` go with each request; `omit` are fields that it refuses,
    `add` further ones; `streams` whether it is asked for a stream at all, `whole_for` in which
    questions not (`tools`, `schema`); `system_role` how it calls who instructs; `reasoning_field`
    where thoughts stand, `reasoning_back` whether they go back (`never`, `calls`, `always`);
    `opaque_fields` whether what it hangs on calls goes back, `opaque_names` which (empty: all);
    `schema_omit` keywords of schemas that it refuses; `answer_format` how it is told of an
    answer's schema (`json_schema`, `json_object`, `none`).
    """

    name: str
    provider: str
    script: Path | None = None
    base_url: str = ""
    model: str = ""
    key: str = ""
    input_price: int = 0
    output_price: int = 0
    cached_price: int | None = None
    written_price: int | None = None
    max_tokens: int | None = None
    limit_field: str = "max_tokens"
    key_header: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    omit: tuple[str, ...] = ()
    add: dict[str, Any] = {}
    streams: bool = True
    whole_for: tuple[str, ...] = ()
    system_role: str = "system"
    reasoning_field: str = "reasoning_content"
    reasoning_back: str = "calls"
    opaque_fields: bool = True
    opaque_names: tuple[str, ...] = ()
    schema_omit: tuple[str, ...] = ()
    answer_format: str = "json_schema"
    addresses: tuple[str, ...] = ()
    idle_ns: int = 60 * SECOND
    total_ns: int = 600 * SECOND
