"""Look here if you want to know how a manifest, or a bare component, is made ready for a test.

Rule: grants, limits and policy are read and checked as they are for a run; only what they lead to
(directories, models) is moved into the test's folder.
Rule: what goes into the record names no path of the machine, so that it can be kept with the
source.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from lion.domain.names import did_you_mean
from lion.domain.plan import Holder, Plan
from lion.errors import OperatorError
from lion.foreign import extism_plan, is_extism_manifest
from lion.manifest.parse import bare_plan, parse_manifest
from lion.reading import read_regular, reason_of
from lion.scopes.fs_path import is_below
from lion.testing.options import Options

MAGIC = b"\0asm"


def read_source(source: str | os.PathLike[str]) -> tuple[Path, bytes]:
    """The absolute path of a manifest or component, and what is there. Raises OperatorError."""
    path = Path(os.path.abspath(source))
    try:
        return path, read_regular(path)
    except (OSError, ValueError) as exc:
        raise OperatorError(
            f"{str(path)!r} cannot be read: {reason_of(exc)}",
            hint="paths are taken from the working directory; "
            "of a test's neighbour: Path(__file__).parent / ...",
        ) from exc


def build_plan(path: Path, data: bytes, kind: str, options: Options, folder: Path) -> Plan:
    """The plan of a test. `kind` is "agents" or "plugins", of a component; `folder` is the test's
    own.

    Raises OperatorError.
    """
    scripts = _write_scripts(options.get("llm", {}), folder)
    if data.startswith(MAGIC):
        plan = _component_plan(path, kind, options, scripts)
    elif is_extism_manifest(path):
        plan = extism_plan(path, options.get("sets", {}))
    else:
        plan = parse_manifest(_text(path, data), path=path, sets=options.get("sets", {}))
        _check_tools(plan, options.get("tools", {}))
    plan = _with_scripts(plan, scripts)
    plan = _with_folders(plan, folder / "files")
    resolved = _portable(plan.resolved, (f"{path.parent}/", f"{folder}/"))
    return msgspec.structs.replace(plan, resolved=resolved)


def _text(path: Path, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise OperatorError(f"{str(path)!r} is neither a component nor text: {exc}") from exc


def _component_plan(path: Path, kind: str, options: Options, scripts: Mapping[str, Path]) -> Plan:
    (name,) = bare_plan(path).holders
    allow = {
        capability: _as_lists(grant) for capability, grant in options.get("allow", {}).items()
    }
    if "fs" in allow:
        allow["fs"] = [{"at": f"folder-{i}", **entry} for i, entry in enumerate(allow["fs"])]
    own: dict[str, Any] = {"component": str(path), "allow": allow}
    own["deny"] = list(options.get("deny", []))
    own["config"] = dict(options.get("config", {}))
    own["limits"] = dict(options.get("limits", {}))
    tables: dict[str, Any] = {"name": name, kind: {name: own}, "models": {}}
    for model, script in scripts.items():
        tables["models"][model] = {"provider": "scripted", "script": str(script)}
    # Whose tools are faked must be there while grants are checked, and never runs.
    stubs = {tool.partition(".")[0] for tool in options.get("tools", {})} - {name}
    for stub in stubs:
        tables.setdefault("plugins", {})[stub] = {"component": str(path)}
    plan = parse_manifest(tomli_w.dumps(tables), path=None)
    holders = {name: plan.holders[name]}
    resolved = {**plan.resolved, kind: {name: plan.resolved[kind][name]}}
    if kind != "plugins":
        resolved.pop("plugins", None)
    return msgspec.structs.replace(plan, holders=holders, resolved=resolved, text="")


def _as_lists(grant: Any) -> Any:
    return list(grant) if isinstance(grant, list | tuple) else grant


def _check_tools(plan: Plan, tools: Mapping[str, Any]) -> None:
    for tool in tools:
        plugin = tool.partition(".")[0]
        if plugin not in plan.holders:
            raise OperatorError(
                f"tools={{{tool!r}: ...}}: there is no plugin {plugin!r} in the manifest",
                hint=did_you_mean(plugin, plan.holders),
            )


def _write_scripts(models: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """A script for each model, as a file."""
    scripts: dict[str, Path] = {}
    for name, answers in models.items():
        if isinstance(answers, Path):
            scripts[name] = Path(os.path.abspath(answers))
            continue
        tables = [{"text": answers}] if isinstance(answers, str) else list(answers)
        scripts[name] = folder / f"{name}.answers.toml"
        scripts[name].write_text(tomli_w.dumps({"answer": tables}), "utf-8")
    return scripts


def _with_scripts(plan: Plan, scripts: Mapping[str, Path]) -> Plan:
    """The plan whose models answer from these scripts, whatever servers the manifest names."""
    models = dict(plan.models)
    for name, script in scripts.items():
        if name not in models:
            raise OperatorError(
                f"llm={{{name!r}: ...}}: there is no model {name!r} in the manifest",
                hint=did_you_mean(name, models),
            )
        models[name] = msgspec.structs.replace(
            models[name], provider="scripted", script=script, base_url="", key=""
        )
    return msgspec.structs.replace(plan, models=models)


def _with_folders(plan: Plan, folder: Path) -> Plan:
    """The plan whose directories lie in this folder, shared and nested as they were."""
    holders = {name: _with_own_folders(one, folder) for name, one in plan.holders.items()}
    return msgspec.structs.replace(plan, holders=holders)


def _with_own_folders(holder: Holder, folder: Path) -> Holder:
    grants = []
    for grant in holder.grants:
        if (mount := grant.mount) is not None:
            at = folder / os.path.abspath(mount.at).lstrip("/")
            at.mkdir(parents=True, exist_ok=True)
            grant = msgspec.structs.replace(grant, mount=msgspec.structs.replace(mount, at=at))
        grants.append(grant)
    return msgspec.structs.replace(holder, grants=tuple(grants))


def places_of(plan: Plan, path: str) -> list[Path]:
    """Where a guest's path is, for each holder that has it. Raises OperatorError if none does."""
    found: dict[Path, None] = {}
    for holder in plan.holders.values():
        mounts = [grant.mount for grant in holder.grants if grant.mount is not None]
        above = [mount for mount in mounts if is_below(path, mount.path)]
        if above:
            mount = max(above, key=lambda one: len(one.path))
            found[mount.at / path.removeprefix(mount.path).lstrip("/")] = None
    if not found:
        raise OperatorError(
            f"files={{{path!r}: ...}}: nobody is granted a directory there",
            hint='a grant: allow.fs = [{ path = "/notes", at = "notes" }]',
        )
    return list(found)


def _portable(value: Any, folders: tuple[str, ...]) -> Any:
    """The value without these folders at the beginning of its texts."""
    match value:
        case dict():
            return {key: _portable(one, folders) for key, one in value.items()}
        case list():
            return [_portable(one, folders) for one in value]
        case str():
            for folder in folders:
                value = value.removeprefix(folder)
            return value
        case _:
            return value
