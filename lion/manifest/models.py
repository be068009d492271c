"""Look here if you want to know how `[models]` and `allow.llm` of a manifest become models and
grants.

Rule: where a model is, what it costs and whose key it needs is the manifest's; a guest names it.
Rule: a grant that names a model which is not there is a misspelling and refused.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lion.domain.names import did_you_mean
from lion.domain.plan import Grant, Holder, Model
from lion.domain.units import render_money
from lion.manifest.dialect_checks import check_parts, check_words
from lion.manifest.dialects import (
    DIALECTS,
    NEEDED,
    PROVIDERS,
    SERVER,
    SPOKEN,
    STRANGE,
    USUAL,
    spoken,
)
from lion.manifest.document import Document, Place
from lion.manifest.tables import LlmTable, ModelTable


def build_models(document: Document, tables: Mapping[str, ModelTable]) -> dict[str, Model]:
    """The models of a checked manifest; scripts lie in its folder. Raises OperatorError."""
    folder = document.folder
    return {name: _model(document, name, table, folder) for name, table in tables.items()}


def _model(document: Document, name: str, table: ModelTable, folder: Path) -> Model:
    place = ("models", name)
    _check_provider(document, place, table)
    if table.provider == "scripted":
        fields: dict[str, Any] = {}
    else:
        fields = _spoken(document, place, table)
    _check_keys(document, place, table, fields)
    prices = table.prices
    model = Model(
        name=name,
        provider=table.provider,
        script=None if table.script is None else folder / table.script,
        key=table.key or "",
        input_price=0 if prices is None else prices.input,
        output_price=0 if prices is None else prices.output,
        cached_price=None if prices is None else prices.cached,
        written_price=None if prices is None else prices.cache_write,
        max_tokens=table.max_tokens,
        addresses=tuple(table.addresses),
        **_of_server(fields),
    )
    if model.base_url:
        _check_url(document, (*place, "base-url"), model.base_url)
    times = {"idle_ns": table.idle, "total_ns": table.timeout}
    written = {name: time for name, time in times.items() if time is not None}
    return msgspec.structs.replace(model, **written)


def _spoken(document: Document, place: Place, table: ModelTable) -> dict[str, Any]:
    """What a server's model says of how it speaks, its dialect included, checked."""
    keys = (name.replace("-", "_") for name in (*SERVER, *SPOKEN))
    written = {key: getattr(table, key) for key in keys}
    said = {key: value for key, value in written.items() if value is not None}
    dialect = said.pop("dialect", "")
    if dialect and dialect not in DIALECTS:
        what = f"{dialect!r} is no dialect of this version"
        raise document.error((*place, "dialect"), what, did_you_mean(dialect, DIALECTS))
    check_words(document, place, table.provider, said)
    check_parts(document, place, said)
    fields = {**USUAL.get(table.provider, {}), **spoken(said, dialect)}
    strange = {name.replace("-", "_") for name in STRANGE[table.provider]}
    return {name: value for name, value in fields.items() if name not in strange or name in said}


def _of_server(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Model that a server's table comes to."""
    given = dict(fields)
    opaque = given.pop("opaque_fields", True)
    built = {
        "base_url": given.pop("base_url", "").rstrip("/"),
        "streams": given.pop("stream", True),
        "opaque_fields": opaque is not False and opaque != [],
        "opaque_names": tuple(opaque) if isinstance(opaque, list) else (),
    }
    for name in ("headers", "query"):
        pairs = given.pop(name, {}).items()
        built[name] = tuple(
            (key.lower() if name == "headers" else key, text) for key, text in pairs
        )
    for name in ("omit", "whole_for", "schema_omit"):
        built[name] = tuple(dict.fromkeys(given.pop(name, ())))
    return {**given, **built}


def _check_provider(document: Document, place: Place, table: ModelTable) -> None:
    if table.provider not in PROVIDERS:
        what = f"{table.provider!r} is no provider of this version"
        raise document.error((*place, "provider"), what, did_you_mean(table.provider, PROVIDERS))
    for key in STRANGE[table.provider]:
        if getattr(table, key.replace("-", "_")) is not None:
            what = f"provider {table.provider!r} has no {key!r}"
            raise document.error((*place, key), what, "remove this line")


def _check_keys(
    document: Document, place: Place, table: ModelTable, fields: dict[str, Any]
) -> None:
    for key in NEEDED.get(table.provider, SERVER):
        name = key.replace("-", "_")
        if not (fields.get(name) or getattr(table, name)):
            what = f"provider {table.provider!r} needs {key!r}"
            raise document.error(place, what, f'add {key} = "..."')


def _check_url(document: Document, place: Place, url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        hint = 'write it up to the version, such as "http://127.0.0.1:11434/v1"'
        if good and parts.query:
            hint += "; what follows the `?` goes into query = { ... }"
        raise document.error(place, f"{url!r} is no base of URLs", hint)


def check_models_named(
    document: Document, holders: Mapping[str, Holder], models: Mapping[str, Model]
) -> None:
    """Refuse a grant on a model that is not there, and two on one. Raises OperatorError."""
    for holder in holders.values():
        place = (holder.table, holder.name, "allow", "llm")
        seen: set[str] = set()
        for grant in holder.grants:
            if grant.capability != "llm":
                continue
            (name,) = grant.patterns
            if "*" not in name and name not in models:
                what = f"{name!r}: there is no model {name!r}"
                raise document.error(place, what, did_you_mean(name, models))
            if name in seen:
                raise document.error(place, f"{name!r} twice", "join the two into one")
            seen.add(name)


def build_llm_grants(tables: Sequence[LlmTable], where: str) -> list[Grant]:
    """A grant for each model; `line` says it alone, as it could be written."""
    return [
        Grant(
            "llm",
            f"{where}.llm = [{llm_scope(table.model, _quota(table), table.at)}]",
            patterns=(table.model,),
            quota=_quota(table),
            ask_at=table.at,
        )
        for table in tables
    ]


def _quota(table: LlmTable) -> dict[str, int]:
    numbers = {"tokens": table.tokens, "calls": table.calls, "money": table.money}
    return {name: number for name, number in numbers.items() if number is not None}


def llm_scope(model: str, quota: Mapping[str, int], ask_at: int | None = None) -> str:
    """One member of `allow.llm` as TOML: `"fast"`, or `{ model = "fast", tokens = 20000 }`."""
    if not quota:
        return f'"{model}"'
    shown = {**quota, **({"money": render_money(quota["money"])} if "money" in quota else {})}
    members = ", ".join(f"{key} = {value}" for key, value in shown.items())
    if ask_at is not None:
        members += f', at = "{ask_at} %", then = "ask"'
    return f'{{ model = "{model}", {members} }}'
