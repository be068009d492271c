"""Look here if you want to know how interfaces-*.json is made: the types of wit/, reflected and
written down.

    python -m lion.wasm.freeze plugins-wasm/imports.wasm

Rule: a version that was released is never written again; its file stays as it is.
"""

import json
import sys
from pathlib import Path

from wasmtime.component import Component, ResourceType
from wasmtime.component._types import FuncType

from lion.values.wit import render_function
from lion.wasm import reflect
from lion.wasm.compiler import compile_blocking
from lion.wasm.engine import build_engine


def reflect_interfaces(data: bytes) -> dict[str, dict[str, str]]:
    """The interfaces a component imports: each function's canonical type, "resource" for a
    resource.
    """
    engine = build_engine()
    component = Component.deserialize(engine, compile_blocking(data, "the component").code)
    resources = reflect.name_resources(component, engine)
    found: dict[str, dict[str, str]] = {}
    for interface, items in reflect.interfaces(component.type.imports(engine), engine):
        entry = found.setdefault(interface, {})
        for name, item in items.items():
            if isinstance(item, ResourceType):
                entry[name] = "resource"
            elif isinstance(item, FuncType):
                entry[name] = render_function(reflect.function(item, resources))
    return {name: dict(sorted(found[name].items())) for name in sorted(found)}


def main() -> None:
    """Write one file per version found among the imports."""
    found = reflect_interfaces(Path(sys.argv[1]).read_bytes())
    for version in sorted({name.partition("@")[2] for name in found}):
        path = Path(__file__).parent / f"interfaces-{version}.json"
        text = {n: v for n, v in found.items() if n.endswith(f"@{version}")}
        path.write_text(json.dumps(text, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
