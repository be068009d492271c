"""Look here if you want to know how files are read, and what is said if they cannot be."""

import os
from collections.abc import Mapping
from pathlib import Path

from lion.domain.plan import Plan
from lion.errors import OperatorError

WASM_MAGIC = b"\0asm"


def read_manifest(word: str, sets: Mapping[str, str]) -> Plan:
    """The plan of a manifest file. Raises OperatorError."""
    from lion.manifest.parse import parse_manifest

    path = Path(os.path.abspath(word))
    data = read_file(path, "manifest")
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
    data = read_file(path, "manifest or component")
    if data.startswith(WASM_MAGIC) or path.suffix == ".wasm":
        return bare_plan(path)
    return read_manifest(word, sets)


def read_file(path: Path, kind: str) -> bytes:
    """A file's bytes. Raises OperatorError, naming a file nearby that may have been meant."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise OperatorError(
            f"there is no {kind} {str(path)!r}", hint=_nearby(path), path=str(path)
        ) from None
    except IsADirectoryError:
        raise OperatorError(
            f"{str(path)!r} is a directory, not a {kind}", hint=_inside(path), path=str(path)
        ) from None
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else str(exc)
        raise OperatorError(
            f"the {kind} {str(path)!r} cannot be read: {reason}",
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
