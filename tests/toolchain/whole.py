"""Look here if you want to know how every generated function and method is made to be compiled:
asc skips what nobody calls.
"""

import re
from collections.abc import Iterator, Mapping

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
