"""Look here if you want to know how every generated function and method is made to be compiled:
asc skips what nobody calls; how all that a world exports is written, to do nothing; and how a
component is made of WIT alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from lion.toolchain.assemblyscript.build import (
    ARGUMENTS,
    BINDINGS,
    project_wit,
    write_bindings,
)
from lion.toolchain.assemblyscript.generate import Bindings
from lion.toolchain.assemblyscript.node_tools import ToolFailed, find_packages, run
from tests.toolchain.worlds import PACKAGES

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


def build_whole(folder: Path, wit: Mapping[str, str]) -> bytes:
    """A component of the world in these files of WIT, everything of its bindings compiled."""
    (folder / "assembly").mkdir(parents=True)
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    for name, text in wit.items():
        (folder / "wit" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "wit" / name).write_text(text, "utf-8", newline="")
    source, packages = project_wit(folder, "guest"), find_packages(folder)
    bindings = write_bindings(folder, source, packages)
    for name, text in ({"index": "\n"} | write_exports(bindings)).items():
        (folder / "assembly" / f"{name}.ts").write_text(text, "utf-8")
    files = use_everything(bindings.files)
    for name, text in files.items():
        (folder / BINDINGS / name).write_text(text, "utf-8")
    (folder / BINDINGS / "all.ts").write_text("".join(_keeping(files)), "utf-8")
    slow = ("-O3", "--shrinkLevel", "1")
    arguments = [w.replace("entry.ts", "all.ts") for w in ARGUMENTS if w not in slow]
    job = {"packages": packages, "source": source.text, "world": source.world}
    try:
        return run("build", job | {"arguments": arguments, "exports": bindings.core_names}, folder)
    except ToolFailed as exc:
        raise AssertionError(exc.words) from exc


def _keeping(files: Mapping[str, str]) -> Iterator[str]:
    """The entry file, and a function for each module that has all of its functions."""
    yield files["entry.ts"]
    for at, (name, text) in enumerate(sorted(files.items())):
        found = re.findall(r"^export function (\w+)\(", text, re.MULTILINE)
        if found and name != "entry.ts":
            kept = " + ".join(f"changetype<usize>(module{at}.{one})" for one in found)
            yield f'import * as module{at} from "./{name[:-3]}";\n'
            yield f"export function keep_{at}(): usize {{ return {kept}; }}\n"
