"""Look here if you want to know how the text of a generated module is put together."""

from collections.abc import Iterable

HEADER = "// Made by `lion build` from the WIT of this plugin. Do not edit: it is written again.\n"


class Module:
    """One generated file: what it imports, and its parts. `path` is what others of the bindings
    import it from.
    """

    def __init__(self, name: str, about: str, path: str = "") -> None:
        self.name, self.about = name, about
        self.path = path or f"./{name}"
        self.own: set[str] = set()
        self.parts: list[str] = []
        self._imports: dict[str, dict[str, str]] = {}
        self._spaces: dict[str, str] = {}

    def use(self, path: str, name: str, prefix: str = "") -> str:
        """Import a name; gives what it is called here, with the prefix if the name is taken."""
        names = self._imports.setdefault(path, {})
        if name not in names:
            names[name] = self._free(name, prefix)
        return names[name]

    def use_space(self, path: str, name: str) -> str:
        """Import a whole module under a name."""
        self._spaces[path] = name
        return name

    def _free(self, name: str, prefix: str) -> str:
        taken = self.own.union(*(x.values() for x in self._imports.values()))
        candidate = name
        while candidate in taken:
            candidate = prefix + candidate
            prefix = prefix or "_"
        return candidate

    def add(self, lines: Iterable[str]) -> None:
        """Add one part."""
        self.parts.append("\n".join(lines))

    @property
    def has_imports(self) -> bool:
        return any(self._imports.values())

    def import_lines(self, folder: str = "") -> list[str]:
        """What it imports, seen from beside `folder` if the module is not in it."""
        spaces = [f'import * as {n} from "{p}";' for p, n in sorted(self._spaces.items())]
        names = [
            _import(_seen(p, folder), names) for p, names in sorted(self._imports.items()) if names
        ]
        return [*spaces, *names]

    def text(self) -> str:
        """The whole file."""
        head = HEADER + "".join(f"// {line}\n" for line in self.about.splitlines())
        imports = "\n".join(self.import_lines())
        return "\n\n".join([head.rstrip(), *filter(None, [imports]), *self.parts]) + "\n"


def _seen(path: str, folder: str) -> str:
    if not folder or not path.startswith("."):
        return path
    return path[1:] if path.startswith("../") else folder + path[1:]


def _import(path: str, names: dict[str, str]) -> str:
    each = (n if n == alias else f"{n} as {alias}" for n, alias in sorted(names.items()))
    line = f'import {{ {", ".join(each)} }} from "{path}";'
    if len(line) <= 119:
        return line
    inner = "\n".join(
        f"  {n if n == alias else f'{n} as {alias}'}," for n, alias in sorted(names.items())
    )
    return f'import {{\n{inner}\n}} from "{path}";'


def indent(lines: Iterable[str]) -> list[str]:
    """Two spaces more."""
    return [f"  {line}" if line else line for line in lines]
