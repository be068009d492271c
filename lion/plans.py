"""Look here if you want to know how a path, a text or a program's tables become a plan, how the
operator's policy is read, and what is said of a file that cannot be.

Rule: a `str` with a line break is a manifest's text, any other a path.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lion.domain.names import NAME_FORMS, is_name
from lion.domain.plan import Plan, RunCall
from lion.errors import OperatorError
from lion.foreign import extism_plan, is_extism_manifest
from lion.policy.policy_file import Policy, parse_policy
from lion.reading import COMPONENT_SIZE, TEXT_SIZE, read_regular, read_text, reason_of, too_large

WASM_MAGIC = b"\0asm"

Source = str | os.PathLike[str] | Mapping[str, Any]
"""A manifest: its path, its text (TOML) or its tables; or the path of a bare component."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a program says besides a source.

    `vars` are variables' values; relative paths begin in `folder` (None: the working directory);
    `allow` is granted to a bare component, `config` what it is configured with; `owner` is whose
    kv it is (empty: the manifest's), or `by_file` the bare component's own file; `lent` are names
    of system plugins that the program lends.
    """

    vars: Mapping[str, str | int] = {}
    folder: str | os.PathLike[str] | None = None
    allow: Mapping[str, Any] | None = None
    config: Mapping[str, Any] | None = None
    owner: str = ""
    by_file: bool = False
    lent: Collection[str] = ()


def read_source(source: Source | Plan, given: Given) -> Plan:
    """The plan of what a program has. Raises OperatorError."""
    if isinstance(source, Plan):
        return source
    folder = Path(os.path.abspath(_path(given.folder or ".", "the folder")))
    for name, value in (
        ("vars", given.vars),
        ("allow", given.allow or {}),
        ("config", given.config or {}),
    ):
        if not isinstance(value, Mapping):
            raise OperatorError(f"`{name}` is a {type(value).__name__}", hint="give it as a dict")
    sets = {name: _variable(name, value) for name, value in given.vars.items()}
    if not isinstance(source, Mapping) and not _is_text(source):
        plan = _read_path(_path(source, "a manifest"), folder, sets, given)
    elif (word := _for_a_component(given)) is not None:
        raise _has_grants(word)
    else:
        from lion.manifest.parse import parse_manifest, parse_tables

        where: dict[str, Any] = {"folder": folder, "sets": sets, "lent": given.lent}
        if isinstance(source, Mapping):
            plan = parse_tables(source, **where)
        else:
            plan = parse_manifest(str(source), path=None, **where)
    return msgspec.structs.replace(plan, owner=given.owner)


def _is_text(source: object) -> bool:
    return isinstance(source, str) and "\n" in source


def _path(written: object, what: str) -> str:
    path = os.fspath(written) if isinstance(written, str | os.PathLike) else None
    if not isinstance(path, str):
        raise OperatorError(
            f"{what} cannot be a {type(written).__name__}: {written!r:.60}",
            hint="give a path; a manifest may also be text (TOML) or a dict",
        )
    return path


def _variable(name: str, value: object) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise OperatorError(
            f"the variable {name!r} is neither text nor a whole number: {value!r:.60}",
            hint="give it as text",
        )
    return str(value)


def _read_path(word: str, folder: Path, sets: Mapping[str, str], given: Given) -> Plan:
    from lion.manifest.parse import bare_plan, parse_manifest

    path = Path(os.path.abspath(folder / word))
    if is_extism_manifest(path):
        return extism_plan(path, sets, allow=given.allow, config=given.config, lent=given.lent)
    # A component is read by who loads it, and can be large.
    is_component = path.suffix == ".wasm" and path.is_file()
    data = b"" if is_component else read_either(path)
    if not _is_component(path, data):
        if (key := _for_a_component(given)) is not None:
            raise _has_grants(key)
        return parse_manifest(_decode(data, str(path)), path=path, sets=sets, lent=given.lent)
    if sets:
        raise OperatorError("a bare component has no variables", hint="leave them out")
    if given.allow or given.config or given.lent:
        return _granted(path, folder, given)
    return bare_plan(path)


def _for_a_component(given: Given) -> str | None:
    """What was said that only a bare component can be given, if anything was."""
    return next((n for n in ("allow", "config") if getattr(given, n) is not None), None)


def _granted(path: Path, folder: Path, given: Given) -> Plan:
    """The plan of a bare component that is granted something."""
    from lion.manifest.parse import bare_name, parse_tables

    name, allow = bare_name(path), given.allow or {}
    kept = next((word for word in ("kv", "elements") if word in allow), None)
    if kept is not None and not (given.owner or given.by_file):
        raise OperatorError(
            f"nobody owns the {kept} that {name!r} is granted: a bare component has no manifest",
            hint='say whose it is: open_host(owner="...")',
        )
    holder = {"component": path, "allow": allow, "config": given.config or {}}
    tables = {"name": name, "plugins": {name: {k: v for k, v in holder.items() if v}}}
    plan = parse_tables(tables, folder=folder, lent=given.lent)
    return msgspec.structs.replace(plan, keeper=path if given.by_file else None)


def _has_grants(word: str) -> OperatorError:
    return OperatorError(
        f"`{word}` is for a bare component, and this is a manifest",
        hint=f"write {'the grants' if word == 'allow' else 'it'} into the manifest",
    )


def check_owner(owner: str) -> str:
    """The owner, if it may be one. Raises OperatorError."""
    if owner and not (isinstance(owner, str) and is_name(owner)):
        raise OperatorError(f"{owner!r:.80} is no name of an owner", hint=f"write {NAME_FORMS}")
    return owner


def owner_of(plan: Plan) -> str:
    """To whom belongs what a plan's holders keep: the manifest's real path, since its name may be
    anybody's; a program's own word (no path begins so).
    """
    if plan.owner:
        return f"program:{plan.owner}"
    keeper = plan.keeper or plan.path
    return f"unnamed:{plan.name}" if keeper is None else os.path.realpath(keeper)


def check_starts(plan: Plan, word: str, instead: str) -> None:
    """Raise OperatorError if a plan starts nothing; `instead` is what may have been meant."""
    if not plan.runs:
        raise OperatorError(
            f"the manifest {word!r} starts nothing: it has no [[run]]",
            hint=f"add one, or {instead}",
        )


def with_call(plan: Plan, tool: str, arguments: Mapping[str, Any]) -> Plan:
    """The plan with one call for all that it starts; the plugin's name may be left out if there is
    one component. Raises OperatorError.
    """
    components = [name for name, holder in plan.holders.items() if holder.has_file]
    if isinstance(tool, str) and tool and "." not in tool and len(components) == 1:
        tool = f"{components[0]}.{tool}"
    plugin, dot, _ = tool.partition(".") if isinstance(tool, str) else ("", "", "")
    if plugin not in plan.holders or not dot:
        raise _no_tool(plan, tool, plugin)
    if not isinstance(arguments, Mapping):
        raise OperatorError(
            f"the arguments of {tool!r} are a {type(arguments).__name__}",
            hint="give a dict, by the names of the parameters",
        )
    return msgspec.structs.replace(plan, runs=(RunCall(tool, dict(arguments)),))


def _no_tool(plan: Plan, tool: object, plugin: str) -> OperatorError:
    from lion.domain.names import did_you_mean

    if plugin in plan.holders:
        return OperatorError(f"{tool!r} names no tool", hint=f"write {plugin}.TOOL")
    if not plugin:
        return OperatorError(f"{tool!r:.80} names no tool", hint='write "plugin.function"')
    return OperatorError(f"there is no plugin {plugin!r}", hint=did_you_mean(plugin, plan.holders))


def read_manifest(word: str, sets: Mapping[str, str]) -> Plan:
    """The plan of a manifest file. Raises OperatorError."""
    from lion.manifest.parse import parse_manifest

    path = Path(os.path.abspath(word))
    if is_extism_manifest(path):
        return extism_plan(path, sets)
    data = read_either(path, "manifest")
    if data.startswith(WASM_MAGIC):
        raise OperatorError(
            f"{word!r} is a compiled component, not a manifest",
            hint=f"look at it with: lion inspect {word}",
        )
    return parse_manifest(_decode(data, word), path=path, sets=sets)


def read_plan(word: str, sets: Mapping[str, str]) -> Plan:
    """The plan of a manifest, or of a component with nothing granted. Raises OperatorError."""
    from lion.manifest.parse import bare_plan

    path = Path(os.path.abspath(word))
    if is_extism_manifest(path):
        return extism_plan(path, sets)
    data = read_either(path)
    return bare_plan(path) if _is_component(path, data) else read_manifest(word, sets)


def read_policy(path: Path | None) -> Policy:
    """The operator's policy. Raises OperatorError if the file cannot be read or is wrong."""
    if path is None:
        return parse_policy("", None)
    return parse_policy(read_text(path, "the policy"), path)


def _is_component(path: Path, data: bytes) -> bool:
    return data.startswith(WASM_MAGIC) or path.suffix == ".wasm"


def read_either(path: Path, kind: str = "manifest or component") -> bytes:
    """The bytes of a file that is a manifest or a component. Raises OperatorError."""
    data = read_file(path, kind)
    if len(data) > TEXT_SIZE and not _is_component(path, data):
        raise too_large(str(path), TEXT_SIZE)
    return data


def read_file(path: Path, kind: str) -> bytes:
    """A file's bytes, as many as a component may have. Raises OperatorError, naming a file nearby
    that may have been meant.
    """
    try:
        return read_regular(path, COMPONENT_SIZE)
    except FileNotFoundError:
        raise OperatorError(
            f"there is no {kind} {str(path)!r}", hint=_nearby(path), path=str(path)
        ) from None
    except IsADirectoryError:
        raise OperatorError(
            f"{str(path)!r} is a directory, not a {kind}", hint=_inside(path), path=str(path)
        ) from None
    except (OSError, ValueError) as exc:
        raise OperatorError(
            f"the {kind} {str(path)!r} cannot be read: {reason_of(exc)}",
            hint="check the path and its permissions",
            path=str(path),
        ) from exc


def _decode(data: bytes, word: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise OperatorError(
            f"the manifest {word!r} is not UTF-8: byte {exc.start} is {data[exc.start]:#04x}",
            hint="save it as UTF-8",
        ) from None


def _inside(path: Path) -> str:
    manifest = path / "manifest.toml"
    return f"did you mean {str(manifest)!r}?" if manifest.is_file() else "name a file"


def _nearby(path: Path) -> str:
    from lion.domain.names import nearest

    try:
        names = [entry.name for entry in os.scandir(path.parent)]
    except OSError:
        return f"there is no directory {str(path.parent)!r} either"
    guess = nearest(path.name, names)
    return f"did you mean {str(path.parent / guess)!r}?" if guess else "check the path"
