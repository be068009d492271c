"""Look here if you want to know how the interface that a system plugin offers is written as WIT:
what `lion wit` prints, and guests are built against.
"""

import inspect
from collections.abc import Iterator, Mapping
from typing import Final

from lion.system.functions import OfferedFunction
from lion.system.shape import Named, Shapes, escaped

HOST: Final = "lion:host/types@0.1.0"
"""Where `error` and `packed` are."""


def render_interface(
    interface: str, docs: str, functions: Mapping[str, OfferedFunction], shapes: Shapes
) -> str:
    """A WIT package with the one interface (`acme:shelf/books@1.0.0`)."""
    full, _, version = interface.partition("@")
    package, _, name = full.partition("/")
    namespace, _, own = package.partition(":")
    used = "error, packed" if shapes.has_bytes else "error"
    lines = [
        f"package {escaped(namespace)}:{escaped(own)}@{version};",
        "",
        *_docs(docs, ""),
        f"interface {escaped(name)} {{",
        f"    use {HOST}.{{{used}}};",
    ]
    for named, one in shapes.named.items():
        lines += ["", *_named(named, one)]
    for function in functions.values():
        lines += ["", *_docs(function.offered.export.docs, "    "), f"    {function.text}"]
    return "\n".join([*lines, "}", ""])


def _named(name: str, one: Named) -> Iterator[str]:
    yield from _docs(inspect.cleandoc(one.docs), "    ")
    yield f"    {one.word} {escaped(name)} {{"
    yield from (f"        {member}," for member in one.members)
    yield "    }"


def _docs(text: str, indent: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"{indent}/// {line}".rstrip()
