"""Look here if you want to know how a holder's allow, deny and limits become grants and limits."""

from pathlib import Path
from typing import Any

import msgspec

from lion.domain.plan import SERVER, SYSTEM, Grant, Holder, Limits, Program, Restart
from lion.domain.units import render_size
from lion.manifest.models import build_llm_grants
from lion.manifest.server_table import McpTable
from lion.manifest.system_tables import SystemLimits
from lion.manifest.tables import (
    AllowTable,
    FsGrant,
    HolderTable,
    HttpGrant,
    LimitsTable,
    SystemTable,
)
from lion.manifest.workflow_tables import WorkflowLimits
from lion.scopes.bus import build_bus_grant
from lion.scopes.extension_grant import build_extension_grant
from lion.scopes.fs_grant import build_fs_grant
from lion.scopes.http_grant import build_http_grant

DEFAULT_LIMITS = {
    "plugin": Limits(),
    # An agent may work for hours; what it may use up is bounded by its budgets.
    "agent": Limits(deadline_ns=None),
    # Each call of a function that may block holds a thread.
    SYSTEM: Limits(cpu_ns=None, concurrent=8),
}
"""Limits of a holder that writes none, by kind."""


def build_holder(
    table: HolderTable, *, kind: str, name: str, folder: Path, component: str
) -> Holder:
    """A holder of a checked table; its component's path is taken from the manifest's folder."""
    return Holder(
        name=name,
        kind=kind,
        component=folder / component,
        grants=tuple(_grants(table.allow, f"{kind}s.{name}.allow", folder)),
        denied=tuple(dict.fromkeys(table.deny)),
        asks=tuple(dict.fromkeys(table.ask)),
        config=table.config,
        limits=build_limits(DEFAULT_LIMITS[kind], written_limits(table.limits)),
        program=Program(args=tuple(table.args), env=table.env, stdin=table.stdin),
        restart=_restart(table),
    )


def _restart(table: HolderTable) -> Restart | None:
    restart = table.restart
    return None if restart is None else Restart(restart.times, restart.within)


def build_system(table: SystemTable, *, name: str) -> Holder:
    """A system plugin of a checked table; its settings are checked once its code is there."""
    given = table.allow
    allow = None
    if given is not None:
        allow = AllowTable.model_construct(
            http=given.http, llm=given.llm, secrets=given.secrets, tools=given.tools
        )
    return Holder(
        name=name,
        kind=SYSTEM,
        grants=tuple(_grants(allow, f"{SYSTEM}.{name}.allow", Path())),
        limits=build_limits(DEFAULT_LIMITS[SYSTEM], written_limits(table.limits)),
        use=table.use,
        settings=table.settings,
    )


def build_server(table: McpTable, *, name: str) -> Holder:
    """A server of MCP: no sandbox holds it; what it is handed of secrets are grants."""
    names = [table.key] if table.key else list(dict.fromkeys(table.secrets.values()))
    written = ", ".join(f'{key} = "{value}"' for key, value in table.secrets.items())
    line = f'key = "{table.key}"' if table.key else f"secrets = {{ {written} }}"
    grant = Grant("secrets", f"{SERVER}.{name}.{line}", patterns=tuple(names))
    program = {"command": table.command, "env": table.env, "secrets": table.secrets}
    place = {"url": table.url, "key": table.key, "addresses": table.addresses}
    return Holder(
        name=name,
        kind=SYSTEM,
        grants=(grant,) if names else (),
        limits=build_limits(DEFAULT_LIMITS[SYSTEM], written_limits(table.limits)),
        use=SERVER,
        settings=dict(place if table.command is None else program),
    )


def build_limits(base: Limits, written: dict[str, Any]) -> Limits:
    """The limits with those that were written put in place (names of domain/plan.py)."""
    return msgspec.structs.replace(base, **written)


def kv_line(where: str, size: int) -> str:
    """How a kv grant is written: `plugins.notes.allow.kv = { bytes = "64 KiB" }`."""
    return f'{where}.kv = {{ bytes = "{render_size(size)}" }}'


def elements_line(where: str, count: int, size: int) -> str:
    """`plugins.todo.allow.elements = { count = 1000, bytes = "1 MiB" }`."""
    return f'{where}.elements = {{ count = {count}, bytes = "{render_size(size)}" }}'


def _grants(allow: AllowTable | None, where: str, folder: Path) -> list[Grant]:
    grants: list[Grant] = []
    if allow is None:
        return grants
    if (kv := allow.kv) is not None:
        grants.append(Grant("kv", kv_line(where, kv.bytes), quota={"bytes": kv.bytes}))
    if (elements := allow.elements) is not None:
        line = elements_line(where, elements.count, elements.bytes)
        quota = {"elements": elements.count, "bytes": elements.bytes}
        grants.append(Grant("elements", line, quota=quota))
    grants += [_fs(entry, where, folder) for entry in allow.fs]
    grants += build_llm_grants(allow.llm, where)
    for key in ("tools", "agents", "secrets"):
        patterns = tuple(dict.fromkeys(getattr(allow, key)))
        if patterns:
            # None has a character that TOML would want escaped (names.SCOPE_PATTERN).
            written = ", ".join(f'"{pattern}"' for pattern in patterns)
            grants.append(Grant(key, f"{where}.{key} = [{written}]", patterns=patterns))
    grants += [_http(entry, where) for entry in allow.http]
    if (bus := allow.bus) is not None:
        grants.append(build_bus_grant(where, bus.publish, bus.receive, bus.write))
    grants += [build_extension_grant(where, *entry) for entry in allow.interfaces.items()]
    return grants


def grants_at(place: tuple[str, ...], value: Any) -> list[Grant]:
    """The grants of one value below a holder's `allow`: `("plugins", "x", "allow", "http")`.

    Raises ValueError for what no manifest may have there.
    """
    kind, holder, allow, *rest = place
    written: Any = value
    for key in reversed(rest):
        written = {key: written}
    return _grants(AllowTable.model_validate(written), f"{kind}.{holder}.{allow}", Path())


def on_unknown(written: str) -> str:
    """As a grant has it: empty where it says what holds anyhow."""
    return "" if written == "fail" else written


def _fs(entry: FsGrant, where: str, folder: Path) -> Grant:
    return build_fs_grant(
        where, folder, path=entry.path, at=entry.at, write=entry.write, size=entry.bytes,
        files=entry.files, follow=entry.follow, on_unknown=on_unknown(entry.on_unknown),
    )  # fmt: skip


def _http(entry: HttpGrant, where: str) -> Grant:
    return build_http_grant(
        where,
        entry.url,
        bytes_in=entry.bytes_in,
        bytes_out=entry.bytes_out,
        calls=entry.calls,
        rate=entry.rate,
        timeout_ns=entry.timeout,
        addresses=tuple(entry.addresses),
        encoded_slash=entry.encoded_slash,
        plain=entry.plain,
        headers=tuple(dict.fromkeys(entry.headers)),
        ask_at=entry.at,
        on_unknown=on_unknown(entry.on_unknown),
        has_key=entry.idempotency_key,
    )


def written_limits(
    table: LimitsTable | SystemLimits | WorkflowLimits | None,
) -> dict[str, Any]:
    """The limits that were written, by the names of domain/plan.py."""
    if table is None:
        return {}
    named = {"deadline": "deadline_ns", "cpu": "cpu_ns", "at": "ask_at"}
    written = sorted(table.model_fields_set - {"then"})
    return {named.get(key, key): getattr(table, key) for key in written}
