"""Look here if you want to know how `[models]` and `allow.llm` of a manifest become models and
grants.

Rule: where a model is, what it costs and whose key it needs is the manifest's; a guest names it.
Rule: a grant that names a model which is not there is a misspelling and refused.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from lion.domain.names import did_you_mean
from lion.domain.plan import Grant, Holder, Model
from lion.domain.units import render_money
from lion.manifest.document import Document, Place
from lion.manifest.tables import LlmTable, ModelTable

PROVIDERS = ("scripted", "openai")
LATER_PROVIDERS = ("anthropic",)
NEEDED = {"scripted": ("script",), "openai": ("base-url", "model")}
DIALECT = ("limit-field", "omit", "stream", "system-role", "opaque-fields")
STRANGE = {"scripted": ("base-url", "model", "key", *DIALECT), "openai": ("script",)}
LIMIT_FIELDS = ("max_tokens", "max_completion_tokens")
"""How servers call the most tokens of an answer."""
OMITTABLE = (
    "stream_options", "temperature", "response_format", *LIMIT_FIELDS, "reasoning_content",
)  # fmt: skip
"""Fields that some servers refuse. Without the limit the host's own cut still holds; an answer by
a schema is checked in any case."""
SYSTEM_ROLES = ("system", "developer", "user")


def build_models(document: Document, tables: Mapping[str, ModelTable]) -> dict[str, Model]:
    """The models of a checked manifest; scripts lie in its folder. Raises OperatorError."""
    folder = document.folder
    return {name: _model(document, name, table, folder) for name, table in tables.items()}


def _model(document: Document, name: str, table: ModelTable, folder: Path) -> Model:
    place = ("models", name)
    _check_keys(document, place, table)
    prices = table.prices
    model = Model(
        name=name,
        provider=table.provider,
        script=None if table.script is None else folder / table.script,
        base_url=(table.base_url or "").rstrip("/"),
        model=table.model or "",
        key=table.key or "",
        input_price=0 if prices is None else prices.input,
        output_price=0 if prices is None else prices.output,
        max_tokens=table.max_tokens,
        limit_field=table.limit_field or LIMIT_FIELDS[0],
        addresses=tuple(table.addresses),
        omit=tuple(dict.fromkeys(table.omit or ())),
        streams=table.stream is not False,
        system_role=table.system_role or SYSTEM_ROLES[0],
        opaque_fields=table.opaque_fields is not False,
    )
    _check_dialect(document, place, model)
    if model.base_url:
        _check_url(document, (*place, "base-url"), model.base_url)
    times = {"idle_ns": table.idle, "total_ns": table.timeout}
    written = {name: time for name, time in times.items() if time is not None}
    return msgspec.structs.replace(model, **written)


def _check_dialect(document: Document, place: Place, model: Model) -> None:
    limit = "no field for the most tokens of an answer"
    checks = [
        ("limit-field", model.limit_field, LIMIT_FIELDS, limit),
        ("system-role", model.system_role, SYSTEM_ROLES, "no role of instructions"),
        *(("omit", name, OMITTABLE, "no field that can be left out") for name in model.omit),
    ]
    for key, written, known, what in checks:
        if written not in known:
            hint = did_you_mean(written, known)
            raise document.error((*place, key), f"{written!r} is {what}", hint)


def _check_keys(document: Document, place: Place, table: ModelTable) -> None:
    if table.provider not in PROVIDERS:
        later = " yet" if table.provider in LATER_PROVIDERS else ""
        what = f"{table.provider!r} is no provider of this version{later}"
        raise document.error((*place, "provider"), what, did_you_mean(table.provider, PROVIDERS))
    for key in NEEDED[table.provider]:
        if not getattr(table, key.replace("-", "_")):
            what = f"provider {table.provider!r} needs {key!r}"
            raise document.error(place, what, f'add {key} = "..."')
    for key in STRANGE[table.provider]:
        if getattr(table, key.replace("-", "_")) is not None:
            what = f"provider {table.provider!r} has no {key!r}"
            raise document.error((*place, key), what, "remove this line")


def _check_url(document: Document, place: Place, url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        hint = 'write it up to the version, such as "http://127.0.0.1:11434/v1"'
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
            f"{where}.llm = [{llm_scope(table.model, _quota(table))}]",
            patterns=(table.model,),
            quota=_quota(table),
        )
        for table in tables
    ]


def _quota(table: LlmTable) -> dict[str, int]:
    numbers = {"tokens": table.tokens, "calls": table.calls, "money": table.money}
    return {name: number for name, number in numbers.items() if number is not None}


def llm_scope(model: str, quota: Mapping[str, int]) -> str:
    """One member of `allow.llm` as TOML: `"fast"`, or `{ model = "fast", tokens = 20000 }`."""
    if not quota:
        return f'"{model}"'
    shown = {**quota, **({"money": render_money(quota["money"])} if "money" in quota else {})}
    members = ", ".join(f"{key} = {value}" for key, value in shown.items())
    return f'{{ model = "{model}", {members} }}'
