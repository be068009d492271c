"""Look here if you want to know how an Extism plug-in and lion's adapter become one component.

    host's interfaces -> adapter (stands where Extism's kernel and WASI stand) -> plug-in's modules

Every module keeps its memory; the component exports each function of the plug-in's as
`func(input: string) -> result<string, string>`.

Rule: pure: bytes in, bytes out, and the same ones for the same plug-in, adapter and extensions.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from lion.errors import GuestError
from lion.ports import Extensions
from lion.values.wit import Function, Prim, ResultOf
from lion.wasm.extism import glue
from lion.wasm.extism.abi import ENV, EXIT, HOST, MEMORY, WASI, host_name, labels, needs_of
from lion.wasm.extism.binary import FUNC, Signature, signed, text
from lion.wasm.extism.face import Face, find_face
from lion.wasm.extism.frame import CORE_FUNC, CORE_MEMORY, CORE_TABLE, Frame
from lion.wasm.extism.module import CoreModule
from lion.wasm.extism.rewrite import plain_name
from lion.wasm.extism.types import instance_type, parse_function, resources_of
from lion.wasm.extism.user import UserInterface, user_interfaces
from lion.wasm.extism.user import glue as user_glue

VERSION: Final = 1
"""Of the composer: what it makes of the same bytes."""
_TEXT: Final = Prim("string")
_FINISH: Final = {"finish": Function((("result", ResultOf(_TEXT, _TEXT)),), None)}
_DROP: Final = "[resource-drop]"

Host = Mapping[str, Mapping[str, str]]
"""Functions of lion's interfaces, by interface with version, as they are offered."""


class Composer:
    """One plug-in: its modules in the order in which they need each other, `main` among them."""

    def __init__(
        self,
        modules: Sequence[tuple[str, CoreModule]],
        main: int,
        adapter: CoreModule,
        host: Host,
        extensions: Extensions | None,
    ) -> None:
        self._modules = modules
        self._main = main
        self._adapter = adapter
        self._host = host
        self._frame = Frame()
        names = {name for name, _ in modules}
        known = (ENV, WASI, *names)
        user = [i for _, m in modules for i in m.imports if i.module not in known]
        self._user = user_interfaces(user, extensions)
        self._face: Face = find_face(modules, main)
        self._instances: list[int] = []

    @cached_property
    def _needs(self) -> set[str]:
        asked = {(i.module, plain_name(i.name)) for _, m in self._modules for i in m.imports}
        return needs_of(asked)

    @property
    def _has_wasi(self) -> bool:
        return any(i.module == WASI for _, m in self._modules for i in m.imports)

    def _is_needed(self, module: str, name: str) -> bool:
        if module == MEMORY:
            return self._has_wasi
        return module == EXIT or host_name(module, name) in self._needs

    def compose(self) -> bytes:
        """The component. Raises GuestError(ending="world")."""
        imported = self._import_host()
        user = [self._import_user(one) for one in self._user]
        wanted = [i for i in self._adapter.imports if self._is_needed(i.module, i.name)]
        # The host's first: they are there before the plug-in is, its memories after.
        wanted.sort(key=lambda one: one.module == MEMORY)
        slots = {f"{i.module} {i.name}": i.signature or Signature() for i in wanted}
        absent = {
            key: i.signature or Signature()
            for i in self._adapter.imports
            if (key := f"{i.module} {i.name}") not in slots
        }
        f = self._frame
        shim = f.instantiate(f.core_module(glue.forwards(slots, absent)), {})
        self._a = self._adapter_instance(shim)
        self._memory = f.core_export(self._a, "memory", CORE_MEMORY)[1]
        self._realloc = f.core_export(self._a, "cabi_realloc", CORE_FUNC)[1]
        table = f.core_export(shim, "t", CORE_TABLE)
        host = {key: kind for key, kind in slots.items() if not key.startswith(MEMORY)}
        lowered = {key: self._lower(imported, *key.split(" ", 1)) for key in host}
        self._fill(table, host, lowered, 0, len(slots))
        self._link(user)
        if self._has_wasi:
            self._bridge(table, slots, len(host))
        self._export()
        return f.write()

    def _import_host(self) -> dict[str, int]:
        """Import what is needed of lion's interfaces, each with those functions alone."""
        found: dict[str, dict[str, Function]] = {EXIT: dict(_FINISH)}
        for one in self._adapter.imports:
            if one.module.startswith(HOST) and self._is_needed(one.module, one.name):
                functions = found.setdefault(one.module, {})
                if not one.name.startswith(_DROP):
                    functions[one.name] = parse_function(self._host[one.module][one.name])
        return {
            name: self._frame.import_instance(
                name, instance_type(functions, resources_of(functions))
            )
            for name, functions in found.items()
        }

    def _import_user(self, one: UserInterface) -> int:
        types = {f.label: f.type for f in one.functions}
        return self._frame.import_instance(one.interface, instance_type(types, []))

    def _adapter_instance(self, shim: int) -> int:
        f = self._frame
        given: dict[str, dict[str, tuple[int, int]]] = {}
        for one in self._adapter.imports:
            through = f.core_export(shim, f"{one.module} {one.name}", CORE_FUNC)
            given.setdefault(one.module, {})[one.name] = through
        bundles = {module: f.bundle(items) for module, items in given.items()}
        return f.instantiate(f.core_module(self._adapter.data), bundles)

    def _lower(self, imported: Mapping[str, int], module: str, name: str) -> tuple[int, int]:
        f, instance = self._frame, imported[module]
        if name.startswith(_DROP):
            return f.drop(f.type_of(instance, name.removeprefix(_DROP)))
        return f.lower(f.function_of(instance, name), self._memory, self._realloc)

    def _fill(
        self,
        table: tuple[int, int],
        slots: Mapping[str, Signature],
        functions: Mapping[str, tuple[int, int]],
        begin: int,
        size: int,
    ) -> None:
        f = self._frame
        module = f.core_module(glue.fills(slots, begin, size))
        f.instantiate(module, {"": f.bundle({"t": table, **functions})})

    def _link(self, user: Sequence[int]) -> None:
        """Make an instance of each of the plug-in's modules."""
        f = self._frame
        libraries = {
            one.namespace: self._user_instance(one, number)
            for one, number in zip(self._user, user, strict=True)
        }
        for number, (name, module) in enumerate(self._modules):
            given = {}
            for needed in dict.fromkeys(i.module for i in module.imports):
                imports = [i for i in module.imports if i.module == needed]
                if needed == ENV:
                    given[needed] = f.bundle(
                        {i.name: f.core_export(self._a, plain_name(i.name), FUNC) for i in imports}
                    )
                elif needed == WASI:
                    given[needed] = self._wasi(module, number)
                else:
                    given[needed] = self._library(libraries[needed], module, needed)
            instance = f.instantiate(f.core_module(module.data), given)
            self._instances.append(instance)
            libraries[name] = instance

    def _library(self, instance: int, module: CoreModule, needed: str) -> int:
        """Another module's exports, by the names they are imported under."""
        f = self._frame
        return f.bundle(
            {
                i.name: f.core_export(instance, self._given_name(i.name, needed), i.kind)
                for i in module.imports
                if i.module == needed
            }
        )

    def _given_name(self, name: str, needed: str) -> str:
        is_user = any(one.namespace == needed for one in self._user)
        return name if is_user else plain_name(name)

    def _user_instance(self, one: UserInterface, number: int) -> int:
        f = self._frame
        lowered = {
            each.name: f.lower(f.function_of(number, each.label), self._memory, self._realloc)
            for each in one.functions
        }
        module = f.core_module(user_glue(one))
        return f.instantiate(module, {"a": self._a, "l": f.bundle(lowered)})

    def _wasi(self, module: CoreModule, number: int) -> int:
        """WASI's functions for one module: by the names under which it imports them."""
        f = self._frame
        wanted = {i.name: i.signature for i in module.imports if i.module == WASI and i.signature}
        inner = {
            name: f.core_export(self._a, f"wasi_{plain_name(name)}", CORE_FUNC) for name in wanted
        }
        made = f.core_module(glue.wasi(wanted, number))
        return f.instantiate(made, {"a": f.bundle(inner)})

    def _bridge(self, table: tuple[int, int], slots: Mapping[str, Signature], begin: int) -> None:
        f = self._frame
        own = {key: kind for key, kind in slots.items() if key.startswith(MEMORY)}
        kinds = {key.split(" ", 1)[1]: kind for key, kind in own.items()}
        given = {"a": self._a}
        users = [
            number
            for number, (_, m) in enumerate(self._modules)
            if any(i.module == WASI for i in m.imports)
        ]
        for number in range(max(users) + 1):
            # One without WASI never asks; the first's memory only fills its place.
            of = number if number in users else users[0]
            memory = f.core_export(self._instances[of], "memory", CORE_MEMORY)
            given[f"p{number}"] = f.bundle({"memory": memory})
        made = f.instantiate(f.core_module(glue.bridge(max(users) + 1, kinds)), given)
        functions = {key: f.core_export(made, key.split(" ", 1)[1], CORE_FUNC) for key in own}
        self._fill(table, own, functions, begin, len(slots))

    def _export(self) -> None:
        f, face = self._frame, self._face
        module = f.core_module(glue.entries(face.entries, face.first, self._main))
        used = {f"p{n}": self._instances[n] for n in {self._main, *(i.module for i in face.first)}}
        made = f.instantiate(module, {"a": self._a, **used})
        both = f.type(b"\x6a\x01\x73\x01\x73")
        kind = f.type(b"\x40\x01" + text("input") + b"\x73\x00" + signed(both))
        for name, short in labels([e.name for e in face.entries], "the exports"):
            function = f.core_export(made, name, CORE_FUNC)[1]
            lifted = f.lift(function, self._memory, self._realloc, kind)
            f.export_function(short, lifted)


def check_world(modules: Sequence[tuple[str, CoreModule]]) -> None:
    """Raise GuestError(ending="world") for a module with WASI and without a memory of its own."""
    for _, module in modules:
        has_wasi = any(i.module == WASI for i in module.imports)
        if has_wasi and "memory" not in module.memories:
            raise GuestError("it imports WASI, and exports no memory for it", ending="world")
