"""Look here if you want to know how every generated function and method is made to be compiled:
asc skips what nobody calls; and how all that a world exports is written, to do nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from lion.toolchain.assemblyscript.generate import Bindings

_CLASS = re.compile(r"^(?:@final )?export class (\w+)[^\n]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_METHOD = re.compile(r"^  (static )?(\w+)\((.*?)\): ([^\n]+) \{$", re.MULTILINE)


def use_everything(files: Mapping[str, str]) -> dict[str, str]:
    """The modules, with a function for each method of each class that calls it."""
    return {name: text + "\n".join(_uses(text)) for name, text in files.items()}


def _uses(text: str) -> Iterator[str]:
    for class_, body in _CLASS.findall(text):
        for static, method, params, answer in _METHOD.findall(body):
            names = ", ".join(re.findall(r"(\w+): ", params))
            target = class_ if static else "_self"
            given = params if static else ", ".join(filter(None, [f"_self: {class_}", params]))
            call = f"{target}.{method}({names})"
            back = f"{call};" if answer == "void" else f"return {call};"
            yield f"export function use_{class_}_{method}({given}): {answer} {{ {back} }}\n"


def write_exports(bindings: Bindings) -> dict[str, str]:
    """The author's files for a world whose every export traps, by name without ending."""
    classes: dict[str, dict[str, list[str]]] = defaultdict(dict)
    functions: dict[str, list[str]] = defaultdict(list)
    for author, name in bindings.classes:
        classes[author][name] = []
    for export in bindings.exports:
        if export.class_ is None:
            functions[export.author].append(f"{export.should} {{ return unreachable(); }}")
        else:
            head = f"export class {export.class_.name} {{ "
            member = export.should.removeprefix(head).removesuffix(" }")
            body = "{}" if export.function == "constructor" else "{ return unreachable(); }"
            classes[export.author][export.class_.name].append(f"  {member} {body}")
    return {
        author: "\n".join(_author(classes[author], functions[author], bindings.imports[author]))
        for author in sorted(bindings.imports)
    }


def _author(
    classes: Mapping[str, list[str]], functions: list[str], imports: list[str]
) -> Iterator[str]:
    yield from imports
    yield from functions
    for name, members in classes.items():
        yield from [f"export class {name} {{", *members, "}"]
    yield ""
