"""Look here if you want to know which shapes of WIT every guest's bindings are tried with: words
that mean something to AssemblyScript, packages in every arrangement, names alike, types used
across.
"""

import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

ONE = "interface a { record r { b: u32 } x: func(r: r) -> u32; }"
OTHER = "interface a { resource r { constructor(n: u32); more: func(); } x: func(r: r) -> r; }"
_TOKENS = """
    abstract as async await break case catch class const constructor continue debugger declare
    default delete do else enum export extends false finally for from function get if implements
    import in instanceof interface is keyof let module namespace never new null of override
    package private protected public readonly return set static super switch this throw true try
    type typeof undefined var void while with yield arguments eval length name prototype self
"""
_OURS = """
    abi answer as-a bare constructor-r create drop drop-handle dropped entry give handle held held0
    holding0 index kind lift-r load-r lower-r put-r see-r tag take-r to-string unreachable value
"""
WORDS = tuple(dict.fromkeys([*_TOKENS.split(), *_OURS.split()]))
"""Words of AssemblyScript's tokenizer, and of what the bindings write themselves."""

Files = dict[str, str]
"""What lies in `wit/`, by name."""


def _one(text: str) -> Files:
    return {"world.wit": f"package t:t;\n{text}\n"}


def _deps(world: str, **packages: str) -> Files:
    files = {f"deps/{name}/all.wit": text for name, text in packages.items()}
    return _one(f"world guest {{ {world} }}") | files


SHAPES: dict[str, Files] = {
    "one line": {"world.wit": "package t:t; interface i { f: func(); } world guest { import i; }"},
    "words in comments": {
        "world.wit": "/* package x:y; world z {} */ // world q {\n/* a\nworld other {\n*/ package"
        " /* x */ t:t /* y */ ;\n/// world fake {\nworld /* c */ guest /* d */ "
        "{ export f: func(); }"
    },
    "a mark at the beginning, and returns": {
        "world.wit": "\ufeffpackage t:t;\r\nworld guest {\r\n  export f: func();\r\n}\r\n"
    },
    "attributes": {
        "world.wit": "package t:t@1.2.3;\n@since(version = 1.0.0)\ninterface i { @since(version = "
        "1.1.0)\n f: func(); @unstable(feature = foo)\n g: func(); }\n"
        "@since(version = 1.0.0) world guest { @since(version = 1.0.0)\n import i; }"
    },
    "words of WIT as names": {
        "world.wit": "package %import:%export;\ninterface %interface { f: func(); }\n"
        "world %world { import %interface; export %interface; export %func: func(); }"
    },
    "nested packages": _one(
        "package o:p { interface x { record r { a: u32 } f: func(); }\n"
        "world w { export h: func(); } }\n"
        "package o:q@1.0.0 { interface x { use o:p/x.{r}; f: func(r: r); } }\n"
        "world guest { import o:p/x; export o:q/x@1.0.0; include o:p/w; }"
    ),
    "two versions": _deps(
        "import m:d/a@0.1.0; import m:d/a@0.2.0; export m:d/a@0.2.0;",
        v1=f"package m:d@0.1.0; {ONE}",
        v2=f"package m:d@0.2.0; {ONE}",
    ),
    "two versions with resources": _deps(
        "import m:d/a@0.1.0; import m:d/a@0.2.0; export m:d/a@0.1.0; export m:d/a@0.2.0;",
        v1="package m:d@0.1.0; interface a { resource r { constructor(); } x: func(r: r) -> r; }",
        v2=f"package m:d@0.2.0; {OTHER}",
    ),
    "versions with more than numbers": _deps(
        "import m:d/a@0.1.0-rc.1; import m:d/a@0.2.0+build.5; export m:d/a@0.1.0-rc.1;",
        v1=f"package m:d@0.1.0-rc.1; {ONE}",
        v2=f"package m:d@0.2.0+build.5; {ONE}",
    ),
    "one name in three namespaces": _deps(
        "import a:d/a; import b:d/a; export c:d/a;",
        a=f"package a:d; {ONE}",
        b=f"package b:d; {ONE}",
        c=f"package c:d; {ONE}",
    ),
    "a package in a file of its own": {
        "world.wit": "package t:t;\nuse o:o/a as y;\nworld guest { import y; include o:o/w with "
        "{ x as z } }",
        "deps/o.wit": f"package o:o;\n{ONE}\nworld w {{ export x: func(); }}",
    },
    "interfaces in the world": _one(
        "world guest { import foo: interface { record r { a: u32 } f: func(r: r) -> r; }\n"
        "export foo: interface { record r { b: string } f: func(r: r) -> r; }\n"
        "export bar: interface { resource r { constructor(); m: func(); } g: func() -> r; } }"
    ),
    "files of the bindings": _one(
        "".join(f"interface {n} {{ x-{n}: func(); }} " for n in ("index", "entry", "canonical"))
        + "interface abort { y: func(); } interface world-types { z: func(); }\nworld guest { "
        + "".join(f"import {n}; export {n}; " for n in ("index", "entry", "canonical", "abort"))
        + "import world-types; export world-types; "
        + "export x: func(); }"
    ),
    "cases and tags": _one(
        "interface api { variant foo { a(u32), b } record foo-tag { x: u32 } enum foo-tag-tag { a "
        "}"
        " variant foo-tagged { a } f: func(a: foo, b: foo-tag, c: foo-tag-tag, d: foo-tagged)"
        " -> foo; }\nworld guest { import api; export api; }"
    ),
    "types alike": _one(
        "interface api { enum e1 { a, b } enum e2 { a, b } flags f1 { a, b } flags f2 { a, b }"
        " variant v1 { a(u32), b } variant v2 { a(u32), b }"
        " record r1 { x: u32 } record r2 { x: u32 }"
        " type t1 = r1; type t2 = list<r1>;\n f: func(a: e1, b: e2, c: v1, d: v2, e: r1, f: r2, g:"
        " t1, h: t2, j: f1, k: f2) -> e2; }\nworld guest { import api; export api; }"
    ),
    "types used across": _one(
        "interface a { enum e { x, y } variant v { p(e), q } record r { e: e }"
        " resource z { m: func() -> r; } }\n"
        "interface b { use a.{e, v as w, r, z as zed};"
        " f: func(e: e, w: w, r: r, z: borrow<zed>) -> zed; }\n"
        "interface c { use b.{e, w as v2, zed as z2}; g: func(v: v2,"
        " z: z2) -> e; }\nworld guest { import c; import b; use a.{v as vv, z}; export go: func(v:"
        " vv, z: z) -> vv; export c; }"
    ),
    "worlds that include": _one(
        "interface two { f: func(); }\nworld base { export one: func() -> u32; import two; "
        "record r { a: u32 } export three: interface { f: func(); } }\n"
        "world guest { include base with { one as uno } export zz: func(); }"
    ),
    "members that are called like functions": _one(
        "interface api { resource r { foo: func() -> u32; constructor(); x: static func(); }\n"
        " method-r-foo: func(); constructor-r: func(); static-r-x: func(); drop-r: func(); }\n"
        "world guest { import api; export api; }"
    ),
    "many": _one(
        f"interface api {{ flags fl {{ {', '.join(f'a{n}' for n in range(32))} }}"
        f" enum e {{ {', '.join(f'a{n}' for n in range(300))} }}"
        f" record r {{ {', '.join(f'a{n}: u64' for n in range(20))} }}\n"
        f" f: func({', '.join(f'a{n}: string' for n in range(12))}, e: e, fl: fl, r: r) -> r; }}\n"
        "world guest { import api; export api; }"
    ),
}
"""Worlds that are carried."""


def _face(items: str) -> Files:
    return _one(f"interface i {{ {items} }}\nworld guest {{ import i; }}")


def _numbered(count: int) -> str:
    return ", ".join(f"a{n}" for n in range(count))


REFUSED: dict[str, tuple[Files, str]] = {
    "a resource of the world": (
        _one("world guest { resource x; export f: func() -> x; }"),
        "world.wit:2: .* it imports x, a resource of the world itself",
    ),
    "a world's memory": (
        _one("world guest { export memory: func(); }"),
        "world.wit:2: .* memory: a component's core module has",
    ),
    "a function that waits": (
        _one("world guest { export f: async func(); }"),
        "world.wit:2: .* uses `async func`",
    ),
    "a stream": (_face("f: func(a: stream<u8>);"), "world.wit:2: .* uses `stream`"),
    "a future": (_face("f: func(a: future<u8>);"), "world.wit:2: .* uses `future`"),
    "an error context": (_face("f: func(a: error-context);"), "error-context"),
    "a list of four": (_face("f: func(a: list<u8, 4>);"), "Fixed-length lists"),
    "a long tuple": (_face(f"f: func(a: tuple<{', '.join(['u8'] * 9)}>);"), "tuple has 9 parts"),
    "nested deeply": (_face(f"f: func(a: {'list<' * 40}u8{'>' * 40});"), "deeper than 32"),
    "very deeply": (_face(f"f: func(a: {'list<' * 9000}u8{'>' * 9000});"), "nesting too deep"),
    "alike but for a dash": (_face("a-b: func(); ab: func();"), "`ab` conflicts with previous"),
    "alike but for case": (_face("AB: func(); a-B: func();"), "conflicts with previous name"),
    "too many flags": (_face(f"flags f {{ {_numbered(40)} }} g: func(f: f);"), "than 32 flags"),
    "no world": (_one("interface a { f: func(); }"), "there is no world"),
    "no package": ({"world.wit": "world guest {}"}, "says which package it is"),
    "nothing": ({"world.wit": ""}, "says which package it is"),
    "an endless package": ({"world.wit": "package t:t"}, "without a name or a semicolon"),
    "no such package": (_one("world guest { import no:no/no; }"), "package 'no:no' not found"),
    "an include of itself": (_one("world guest { include guest; }"), "depends on itself"),
    "no WIT at all": (_one("world guest { \0 }"), "world.wit:2: unexpected"),
}
"""Worlds that are not, and what is said."""

_MANY = """\
%{w}: func(x: u32) -> u32;
record r {{ a: string }} fp: func(%{w}: u32, r: r, l: list<r>) -> r;
record rf {{ %{w}: string, zz: u32 }} fr: func(r: rf) -> rf;
variant v {{ %{w}(u32), other(string), none }} fv: func(v: v) -> v;
enum e {{ %{w}, zz }} flags fl {{ %{w}, zz }} fe: func(e: e, f: fl) -> e;
resource res {{ %{w}: func(a: string) -> string; }}
"""
_TYPED = """\
record %{w} {{ a: u32 }} ft: func(v: %{w}) -> option<%{w}>;
resource res {{ %{w}: static func(a: string) -> string; }}
"""
PLACES = (
    _MANY,
    _TYPED,
    "variant %{w} {{ a(u32), b(string) }} fvt: func(v: %{w}) -> list<%{w}>;",
    "resource %{w} {{ constructor(a: u32); m: func() -> %{w}; }}",
)
"""Where a name can stand: as many places in one interface as it can have there."""


def world_of_words(words: Sequence[str], keyword: str) -> Files:
    """A world that has each word in each place."""
    names = [(f"w{at}-{w}", text.format(w=w)) for at, text in enumerate(PLACES) for w in words]
    faces = "\n".join(f"interface {name} {{ {text} }}" for name, text in names)
    world = " ".join(f"{keyword} {name};" for name, _ in names)
    return _one(f"{faces}\nworld guest {{ {world} }}")


def kebab(name: str) -> str | None:
    """What a name of AssemblyScript's is in WIT, if anything is."""
    found = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
    return found if re.fullmatch(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*", found) else None


class RandomShapes:
    """Worlds put together by chance: packages in versions, interfaces that use each other's types,
    names from a list of words.
    """

    def __init__(self, seed: int, words: Sequence[str]) -> None:
        self._random = random.Random(seed)
        self._words = words

    def files(self) -> Files:
        """The WIT of one."""
        count = self._random.randint(2, 4)
        packages = [f"p{n}:{self._word()}" for n in range(count)]
        versions = self._random.choices(["", "@0.1.0", "@1.2.3-rc.1", "@2.0.0+x"], k=count)
        files: dict[str, str] = {}
        known: list[Any] = []
        for at, (package, version) in enumerate(zip(packages, versions, strict=True)):
            lines = [f"package {_escaped(package)}{version};"]
            others = list(known)  # packages may use others before them, and not themselves
            for name in self._distinct(self._random.randint(1, 3)):
                lines.append(f"interface %{name} {{\n{''.join(self._items(others))}}}")
                known.append((package, name, version, list(self._types)))
            files[f"deps/d{at}/all.wit"] = "\n".join(lines)
        return files | self._world(known)

    def _items(self, known: list[tuple[str, str, str, list[str]]]) -> Iterator[str]:
        """Types and functions, in which other interfaces' types may be."""
        names = iter(self._distinct(12))
        self._types: list[str] = []
        if known and self._random.random() < 0.7:
            package, face, version, types = self._random.choice(known)
            if types:
                alias = next(names)
                path = f"{_escaped(package)}/%{face}{version}"
                yield f"  use {path}.{{%{self._random.choice(types)} as %{alias}}};\n"
                self._types.append(alias)
        for _ in range(3):
            name, kind = next(names), self._random.choice(["record", "variant", "enum", "flags"])
            inner = self._distinct(3)
            typed = {"record": "%{}: {}", "variant": "%{}({})"}.get(kind, "%{}")
            members = ", ".join(typed.format(one, self._type()) for one in inner)
            yield f"  {kind} %{name} {{ {members} }}\n"
            self._types.append(name)
        for _ in range(3):
            params = ", ".join(f"%{p}: {self._type()}" for p in self._distinct(2))
            yield f"  %{next(names)}: func({params}) -> {self._type()};\n"

    def _world(self, known: list[tuple[str, str, str, list[str]]]) -> Files:
        lines = [f"import {_escaped(p)}/%{face}{v};" for p, face, v, _ in known]
        lines += [
            f"export {_escaped(p)}/%{face}{v};"
            for p, face, v, _ in known
            if self._random.random() < 0.5
        ]
        inline = "interface { record mine { a: u32 } go: func(mine: mine) -> mine; }"
        lines.append(f"import %{self._word()}-here: {inline}")
        lines.append(f"export %{self._word()}-there: {inline}")
        return _one("world guest {\n" + "\n".join(lines) + "\n}")

    def _type(self) -> str:
        pick = self._random.choice
        inner = pick(["u32", "string", "list<u8>", "char", *(f"%{n}" for n in self._types)])
        shape = pick(["{}", "option<{}>", "list<{}>", "result<{}, string>", "tuple<{}, u8>"])
        return shape.format(inner)

    def _word(self) -> str:
        return self._random.choice(self._words)

    def _distinct(self, count: int) -> list[str]:
        """Words that WIT does not take for one."""
        found = {w.replace("-", ""): w for w in self._random.sample(self._words, count)}
        while len(found) < count:
            found.setdefault((w := self._word()).replace("-", ""), w)
        return list(found.values())


def _escaped(package: str) -> str:
    space, _, name = package.partition(":")
    return f"%{space}:%{name}"
