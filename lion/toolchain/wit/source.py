"""Look here if you want to know what lion reads from WIT: worlds, their docs, what they include.

Rule: this is no validator; the compilers are, and they speak first.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from lion.errors import OperatorError
from lion.toolchain.wit.tokens import Token, docs_of, tokens, wit_error

_TYPES = ("record", "variant", "enum", "flags", "resource", "type")
_ID = re.compile(r"[a-z][a-z0-9-]*", re.IGNORECASE)


class TypeDocs(msgspec.Struct):
    """A type: its docs and those of its fields or cases; its kind, and the names of them all."""

    docs: str | None
    items: dict[str, str] = {}
    kind: str = ""
    names: tuple[str, ...] = ()


class WitWorld(msgspec.Struct):
    """A world as it stands in the file: the docs of the functions it exports and of its types;
    `includes` are names as written, with what they rename, `imports` names with their line.
    """

    package: str
    name: str
    path: Path
    line: int
    docs: str | None
    functions: dict[str, str | None] = {}
    types: dict[str, TypeDocs] = {}
    includes: list[tuple[str, dict[str, str]]] = []
    imports: dict[str, int] = {}
    is_nested: bool = False


def read_worlds(folder: Path) -> list[WitWorld]:
    """The worlds of all *.wit in a folder, those of `deps` not. Raises OperatorError."""
    try:
        files = sorted(folder.glob("*.wit"))
        texts = {path: path.read_text("utf-8") for path in files}
    except (OSError, UnicodeDecodeError) as exc:
        raise OperatorError(f"the WIT in {str(folder)!r} cannot be read: {exc}") from exc
    found = [world for path, text in texts.items() for world in parse_worlds(text, path)]
    package = next((world.package for world in found if world.package), "")
    if not package:  # one file names the package for all
        package = next(filter(None, (_package(t, p) for p, t in texts.items())), "")
    return [w if w.package else msgspec.structs.replace(w, package=package) for w in found]


def parse_worlds(text: str, path: Path) -> list[WitWorld]:
    """The worlds of one file; `path` is for errors. Raises OperatorError."""
    return list(_Reader(list(tokens(text, path)), path).file())


def read_types(folder: Path) -> list[TypeDocs]:
    """The types with fields or cases in a folder's WIT, worlds' and interfaces'. Raises
    OperatorError.
    """
    found: list[TypeDocs] = []
    for path in sorted(folder.glob("*.wit")):
        reader = _Reader(list(tokens(path.read_text("utf-8"), path)), path)
        list(reader.file())
        found += reader.types
    return found


def _package(text: str, path: Path) -> str:
    reader = _Reader(list(tokens(text, path)), path)
    return reader.package_name() if reader.at_word("package") else ""


class _Reader:
    def __init__(self, found: list[Token], path: Path) -> None:
        self._tokens, self._path, self._at = found, path, 0
        self.types: list[TypeDocs] = []
        """All types that have fields or cases, wherever they stand."""

    def at_word(self, *words: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at].text in words

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            line = self._tokens[-1].line if self._tokens else 1
            raise wit_error(self._path, line, "the file ends in the middle of something")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, text: str) -> None:
        token = self._next()
        if token.text != text:
            raise wit_error(self._path, token.line, f"{text!r} should be here, not {token.text!r}")

    def _until(self, *ends: str) -> list[Token]:
        """Everything up to one of these marks outside of brackets, which is taken too."""
        taken: list[Token] = []
        depth = 0
        while True:
            token = self._next()
            if depth == 0 and token.text in ends:
                return taken
            depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(token.text, 0)
            taken.append(token)

    def package_name(self) -> str:
        self._expect("package")
        name = ""
        while not self.at_word(";", "{"):
            name += self._next().text
        return name

    def _attributes(self) -> None:
        """Skip what stands before an item, like `@since(version = 0.2.0)`."""
        while self.at_word("@"):
            self._next()
            self._next()
            if self.at_word("("):
                self._next()
                self._until(")")

    def _items(self, item: Callable[[Token], Iterator[WitWorld] | None]) -> Iterator[WitWorld]:
        """Everything up to a closing brace or the end of the file."""
        while self._at < len(self._tokens) and not self.at_word("}"):
            comments = self._tokens[self._at].comments
            self._attributes()
            first = self._next()
            yield from item(msgspec.structs.replace(first, comments=comments)) or ()

    def file(self, package: str = "") -> Iterator[WitWorld]:
        names = [package]

        def item(first: Token) -> Iterator[WitWorld]:
            if first.text == "package":
                self._at -= 1
                inner = self.package_name()
                if self._next().text == "{":
                    if package:
                        raise wit_error(self._path, first.line, "a package inside a nested one")
                    nested = self.file(inner)
                    yield from (msgspec.structs.replace(w, is_nested=True) for w in nested)
                    self._expect("}")
                else:
                    names[0] = inner
            elif first.text == "world":
                yield self._world(first, names[0])
            elif first.text == "interface":
                self._interface()
            else:
                self._until(";")

        yield from self._items(item)

    def _interface(self) -> None:
        self._until("{")
        for _ in self._items(self._interface_item):
            pass
        self._expect("}")

    def _interface_item(self, first: Token) -> None:
        if first.text in _TYPES and not first.is_escaped:
            self._next()
            self._type(first)
        else:
            self._until(";")

    def _world(self, first: Token, package: str) -> WitWorld:
        name = self._next().text
        world = WitWorld(package, name, self._path, first.line, docs_of(first.comments))
        self._expect("{")
        for _ in self._items(lambda token: self._world_item(world, token)):
            pass
        self._expect("}")
        return world

    def _world_item(self, world: WitWorld, first: Token) -> None:
        match first.text:
            case "export" | "import":
                self._extern(world, first)
            case "include":
                self._include(world)
            case word if word in _TYPES:
                name = self._next().text
                world.types[name] = self._type(first)
            case "use":
                self._use(world)
            case other:
                raise wit_error(
                    self._path, first.line, f"{other!r} is nothing that a world can hold"
                )

    def _extern(self, world: WitWorld, first: Token) -> None:
        name = self._name()
        if not self.at_word(":"):
            self._next()
        elif self._tokens[self._at + 1].text == "interface":
            self._interface()
        else:
            is_function = any(token.text == "func" for token in self._until(";"))
            if is_function and first.text == "export":
                world.functions[name] = docs_of(first.comments)
        if first.text == "import":
            world.imports[name] = first.line

    def _name(self) -> str:
        """A name, or a path like `lion:host/types@0.1.0`; the colon of a type is not taken."""
        name = self._next().text
        if self.at_word(":") and [t.text for t in self._tokens[self._at + 2 :][:1]] != ["/"]:
            return name
        while self.at_word("/", ":", "@"):
            name += self._next().text + self._next().text
        return name

    def _include(self, world: WitWorld) -> None:
        name, renames = self._name(), {}
        if self.at_word("with"):
            self._next()
            self._expect("{")
            inner = [token.text for token in self._until("}")]
            renames = {
                a: c for a, b, c in zip(inner, inner[1:], inner[2:], strict=False) if b == "as"
            }
        if self.at_word(";"):
            self._next()
        world.includes.append((name, renames))

    def _use(self, world: WitWorld) -> None:
        """What a world uses has a name in it, and no docs of its own there."""
        self._until("{")
        inner = [token.text for token in self._until("}")]
        self._until(";")
        for at, word in enumerate(inner):
            if inner[at + 1 : at + 2] != ["as"] and _ID.fullmatch(word) and word != "as":
                world.types[word] = TypeDocs(None)

    def _type(self, first: Token) -> TypeDocs:
        docs = docs_of(first.comments)
        if first.text == "type" or self.at_word(";"):
            self._until(";")
            return TypeDocs(docs)
        self._expect("{")
        inner = self._until("}")
        if first.text == "resource":
            return TypeDocs(docs)
        each = list(_members(inner))
        items = {name: said for name, said in each if said is not None}
        self.types.append(TypeDocs(docs, items, first.text, tuple(name for name, _ in each)))
        return self.types[-1]


def _members(inner: list[Token]) -> Iterator[tuple[str, str | None]]:
    """Fields or cases with their docs: the first word after the beginning or an outer comma."""
    depth, is_first = 0, True
    for token in inner:
        if is_first and token.text != ",":
            yield token.text, docs_of(token.comments)
        depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(token.text, 0)
        is_first = token.text == "," and depth == 0


def find_world(worlds: Mapping[Path, list[WitWorld]], own: Path, name: str) -> WitWorld:
    """The world of a plugin in its own WIT folder: the only one, or the one of its name.

    Raises OperatorError if there is none, or none can be told to be it.
    """
    found = [world for world in worlds[own] if not world.is_nested] or worlds[own]
    if len(found) == 1:
        return found[0]
    named = [world for world in found if world.name == name]
    if named:
        return named[0]
    if not found:
        raise OperatorError(
            f"there is no world in {str(own)!r}",
            hint=f"write one there: world {name} {{ include lion:host/plugin@0.1.0; }}",
        )
    names = ", ".join(sorted(world.name for world in found))
    raise OperatorError(
        f"{str(own)!r} has several worlds ({names}), and none is called {name!r}",
        hint=f"call the plugin's own world {name!r}",
    )
