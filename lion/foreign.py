"""Look here if you want to know how Extism's own files are used as they are: a manifest of
Extism's (JSON) in place of lion's, and a plug-in's input as the one word that it takes.

Rule: a module is read once, as every component, and is what its hash says, or nothing is run.
Rule: nothing is fetched.
"""

import binascii
import hashlib
import os
import re
import shlex
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from lion.domain.labels import label
from lion.domain.plan import Holder, Plan
from lion.domain.program import encode_program
from lion.domain.workflow import encode_workflow
from lion.errors import OperatorError
from lion.reading import COMPONENT_SIZE, read_regular, read_text, reason_of, too_large
from lion.values.core_modules import CORE_HEAD, Packed, pack

ReadHolder = Callable[[Holder], bytes]
"""How the bytes of a holder's component are come by."""
SOURCES: Final = ("lion-build.toml", "Cargo.toml", "package.json", "pyproject.toml")
"""Files of a folder that `lion build` builds."""


def is_extism_manifest(path: Path) -> bool:
    """Whether a file is a manifest of Extism's, by its name."""
    return path.suffix == ".json"


def takes_text(path: Path) -> bool:
    """Whether what stands at a path is called with one text: Extism's manifest, or its plug-in."""
    if is_extism_manifest(path):
        return True
    try:
        # A pipe would keep the reader waiting; it is refused by who reads the component.
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(8) == CORE_HEAD
    except (OSError, ValueError):
        return False


def function_name(word: str) -> str:
    """A function by the name it has here, whether it is written so or as in the plug-in."""
    plugin, dot, name = word.rpartition(".")
    return f"{plugin}{dot}{label(name) or name}"


def read_plugin(path: Path) -> bytes:
    """All modules of an Extism manifest, as one file. Raises OperatorError."""
    from lion.manifest.extism import module_names, parse_extism

    found = parse_extism(read_text(path, "the Extism manifest"), str(path))
    modules = []
    size = 0
    for name, one in zip(module_names(found), found.wasm, strict=True):
        if one.path is not None:
            data = _read(path.parent / one.path)
        else:
            data = _decode(one.data or "", str(path))
        size += len(data)
        if size > COMPONENT_SIZE:
            raise too_large(str(path))
        _check_hash(data, one.hash, name, str(path))
        modules.append((name, data))
    return pack(Packed(tuple(modules), found.memory.max_pages if found.memory else None))


def _read(path: Path) -> bytes:
    try:
        data = read_regular(path)
    except (OSError, ValueError) as exc:
        raise OperatorError(
            f"the module {str(path)!r} cannot be read: {reason_of(exc)}",
            hint="check its path in the Extism manifest",
        ) from exc
    if data[:8] != CORE_HEAD:
        raise OperatorError(
            f"{str(path)!r} is no core module, and an Extism manifest names those",
            hint="name a component in a manifest of lion's (docs/manifest.md)",
        )
    return data


def _decode(text: str, origin: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as exc:
        raise OperatorError(
            f"the Extism manifest {origin!r} has data that is no base64: {exc}",
            hint='write "path", or base64 with its padding',
        ) from exc


def _check_hash(data: bytes, wanted: str | None, name: str, origin: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if wanted is not None and wanted.lower() != found:
        raise OperatorError(
            f"the module {name!r} is not the one that the Extism manifest {origin!r} names: "
            f"its hash is {found}, not {wanted.lower()}",
            hint="get the right one, or correct the hash",
        )


def extism_plan(
    path: Path,
    sets: Mapping[str, str] = {},
    *,
    allow: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    lent: Collection[str] = (),
) -> Plan:
    """The plan of an Extism manifest: one plugin, granted what it asks for; `allow` and `config`
    besides. What it keeps belongs to the file. Raises OperatorError.
    """
    if sets:
        raise OperatorError("an Extism manifest has no variables", hint="leave --set out")
    from lion.manifest.extism import extism_tables, parse_extism
    from lion.manifest.parse import bare_name, parse_tables

    found = parse_extism(read_text(path, "the Extism manifest"), str(path))
    name = bare_name(path)
    # A module that imports one of them has its name in it; the engine will know exactly.
    keeps = any(word in read_plugin(path) for word in (b"var_get", b"var_set"))
    tables = extism_tables(found, name, path, keeps=keeps)
    holder = tables["plugins"][name]
    for key, more in (("allow", allow), ("config", config)):
        if more:
            holder[key] = _joined(holder.get(key, {}), more)
    folder = Path(os.path.abspath(path.parent))
    plan = parse_tables(as_it_stands(tables), folder=folder, lent=lent)
    return msgspec.structs.replace(plan, keeper=path)


def _joined(own: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    joined = {**own, **more}
    for key in own.keys() & more.keys():
        if isinstance(own[key], list) and isinstance(more[key], list):
            joined[key] = [*own[key], *more[key]]
    return joined


def as_it_stands(value: Any) -> Any:
    """A manifest's values whose texts have no variables in them."""
    match value:
        case str():
            return re.sub(r"\$(?=\{)", "$$", value)
        case Mapping():
            return {key: as_it_stands(one) for key, one in value.items()}
        case list():
            return [as_it_stands(one) for one in value]
        case _:
            return value


def read_component(path: Path) -> bytes:
    """A component's bytes, or those of an Extism manifest's modules, read once. Raises
    OperatorError if the file cannot be read, is no regular one, or has more than COMPONENT_SIZE
    bytes.
    """
    if is_extism_manifest(path):
        return read_plugin(path)
    try:
        return read_regular(path)
    except (OSError, ValueError) as exc:
        raise OperatorError(
            f"the component {str(path)!r} cannot be read: {reason_of(exc)}",
            hint=f"check the path in the manifest, or build it: lion build {_folder(path)}",
        ) from exc


def _folder(path: Path) -> str:
    """What to type for the folder that a component is built in, if that is where it would be."""
    is_source = any((path.parent / name).is_file() for name in SOURCES)
    return shlex.quote(str(path.parent)) if is_source else "DIR"


def read_holder(holder: Holder) -> bytes:
    """The bytes of a holder's component, as they are now. Raises OperatorError."""
    if holder.workflow is not None:
        return encode_workflow(holder.workflow)
    if holder.adapter:
        return encode_program(holder)
    return read_component(holder.component)
