"""Look here if you want to know how a system plugin is described without a run: this module is a
process of its own, asked by JSON on stdin and answering by a line of JSON on stdout.

Rule: the author's module is imported as it is in a host: by its entry point, with nothing around.
"""

import inspect
import json
import sys
import traceback
from pathlib import Path
from typing import Any

from lion.errors import LionError
from lion.system.contract import TOOL_MARK
from lion.system.discovery import Installed, docs_of, load_class
from lion.system.functions import functions_of
from lion.system.signature import BadSignature, Signature
from lion.toolchain.project import shown


def main() -> None:
    """Answer one question."""
    asked = json.load(sys.stdin)
    folders = asked.pop("folders")
    sys.path[:0] = folders
    claim = Installed(**asked)
    try:
        told = _described(claim)
    except LionError as exc:
        told = {"error": f"{exc.what}{_place(exc, folders)}", "hint": exc.hint}
    sys.stdout.write(f"\n{json.dumps(told)}\n")


def _described(claim: Installed) -> dict[str, Any]:
    kind = load_class(claim)
    names = {
        what: [getattr(kind, what)]
        if isinstance(getattr(kind, what), str)
        else list(getattr(kind, what))
        for what in ("uses", "judges", "hears")
    }
    return {
        "use": claim.name,
        "summary": docs_of(kind).partition("\n")[0],
        "contract": kind.contract,
        "uses": names["uses"],
        "is_processor": "judge" in vars(kind),
        "is_listener": "hear" in vars(kind),
        "offers": _offers(claim, kind),
        "tools": [
            _tool(claim, name, function)
            for name, function in inspect.getmembers_static(kind)
            if getattr(function, TOOL_MARK, False)
        ],
    }


def _offers(claim: Installed, kind: Any) -> list[str]:
    """Its functions for guests, in WIT."""
    try:
        functions, _ = functions_of(kind, kind.offers)
    except BadSignature as exc:
        raise LionError(f"{claim.value}: {exc}") from exc
    return [one.text for one in functions.values()]


def _tool(claim: Installed, name: str, function: Any) -> dict[str, Any]:
    try:
        signature = Signature(function)
    except BadSignature as exc:
        file, line = inspect.getsourcefile(function), inspect.getsourcelines(function)[1]
        where = f"{shown(Path(file))}:{line}" if file else claim.value
        raise LionError(f"{where}: the tool {name!r}: {exc}") from exc
    return {
        "name": name.replace("_", "-"),
        "description": signature.docs,
        "type": signature.text,
        "input_schema": signature.input_schema,
        "output_schema": signature.output_schema,
    }


def _place(error: LionError, folders: list[str]) -> str:
    """Where in the author's files the cause arose."""
    cause = error.__cause__
    if cause is None or isinstance(cause, BadSignature):
        return ""
    if isinstance(cause, SyntaxError) and cause.filename:
        return f" ({shown(Path(cause.filename))}:{cause.lineno})"
    frames = traceback.extract_tb(cause.__traceback__)
    own = [f for f in frames if any(f.filename.startswith(folder) for folder in folders)]
    return f" ({shown(Path(own[-1].filename))}:{own[-1].lineno})" if own else ""


if __name__ == "__main__":
    main()
