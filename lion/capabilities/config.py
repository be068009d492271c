"""Look here if you want to know how a manifest's `config` table reaches its holder.

Rule: the same setting gives the same text on every machine: JSON with sorted keys and no spaces.
"""

import json
from datetime import date, datetime, time
from typing import Any

from lion.domain.call import CallError
from lion.ports import CallContext, Kind, Operation


def get(caller: CallContext, key: str) -> str | None:
    """One setting: text as it is, else as JSON (dates in ISO 8601); None if there is none.

    Raises CallError("invalid") for a number JSON does not have (TOML's nan and inf).
    """
    if key not in caller.config:
        return None
    value = caller.config[key]
    return value if isinstance(value, str) else _write_json(key, value)


def keys(caller: CallContext) -> list[str]:
    """The names of all settings, sorted."""
    return sorted(caller.config)


def _write_json(key: str, value: Any) -> str:
    try:
        return json.dumps(
            value,
            ensure_ascii=False,
            allow_nan=False,
            sort_keys=True,
            separators=(",", ":"),
            default=_write_date,
        )
    except ValueError as exc:
        raise CallError(
            "invalid", f"the setting {key!r} holds a number JSON does not have"
        ) from exc


def _write_date(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(f"a manifest cannot hold {type(value).__name__}")


OPERATIONS = (
    Operation("config", "get", Kind.INSTANT, get, target=lambda args: args[0]),
    Operation("config", "keys", Kind.INSTANT, keys),
)
