"""Look here if you want to know how a test calls an Extism plug-in through the real host."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomli_w
import wasmtime

from lion.domain.call import Status
from lion.domain.events import CallFinished
from lion.domain.labels import label
from lion.review.report import Ending
from tests.attack.kit import Arena, only
from tests.extism.cases import LENT, USED, Case

ALL = frozenset(("config", "fs", "http", "kv", "log", "user/host", "user/extism-host-user"))


def lend(arena: Arena) -> None:
    """Lend what the modules' own tests do."""
    for name, what in LENT.items():
        arena.host.lend(name, what)


def table(
    case: Case, component: Path, mounted: Path, server: str, granted: Collection[str]
) -> Any:
    """A manifest with one call of a plug-in, granted these."""
    allow: dict[str, Any] = {}
    if "kv" in granted:
        allow["kv"] = {"bytes": "64 KiB"}
    if "fs" in granted:
        allow["fs"] = [{"path": "/mnt", "at": str(mounted), "write": True}]
    if "http" in granted and server:
        allow["http"] = [f"GET {server}/**"]
    used = USED.get(case.modules[-1])
    interface = LENT[used].offers.partition("@")[0] if used else ""
    if interface.removeprefix("extism:") in {*granted, "user/dylibso-observe"}:
        allow["interfaces"] = {interface: True}
    holder = {
        "component": str(component),
        "allow": allow,
        "config": dict(case.config),
        "deny": [name for name in ("config", "log") if name not in granted],
    }
    given = {"input": case.input.replace("SERVER", server)}
    run = {"call": f"x.{label(case.function)}", "with": given}
    return {"name": "t", "plugins": {"x": holder}, "run": [run]}


async def run(
    arena: Arena,
    case: Case,
    modules: Path,
    mounted: Path,
    server: str = "",
    granted: Collection[str] = ALL,
) -> tuple[Ending, str]:
    """How a call of a case's ends, and its run."""
    component = modules / f"{case.modules[-1]}.wasm"
    if len(case.modules) > 1:
        component = mounted.parent / "plugin.json"
        listed = [{"path": str(modules / f"{m}.wasm"), "name": m} for m in case.modules]
        component.write_text(json.dumps({"wasm": listed}))
    written = tomli_w.dumps(table(case, component, mounted, server, granted))
    report = await arena.host.run(written)
    return only(report), report.run


def denied(arena: Arena, run: str) -> list[CallFinished]:
    """The calls that were refused."""
    return [call for call in arena.calls(run) if call.status is Status.DENIED]


@contextmanager
def module(folder: Path, text: str, name: str = "x") -> Iterator[Path]:
    """A core module of WAT."""
    path = folder / f"{name}.wasm"
    path.write_bytes(bytes(wasmtime.wat2wasm(text)))
    yield path
