"""Look here if you want to know how what a program exports becomes what lion calls: `run` and
`main` of a command, `handle` of a handler of requests.
"""

from collections.abc import Callable, Mapping

from lion.wasm.extism.binary import signed, text, vector
from lion.wasm.extism.frame import CORE_FUNC, CORE_MEMORY
from lion.wasm.wasi import glue
from lion.wasm.wasi.head import TYPE
from lion.wasm.wasi.host import TYPES, base_name
from lion.wasm.wasi.stage import Stage

_PROGRAM, _SERVER = "lion:guest/program@0.1.0", "lion:guest/server@0.1.0"

Core = tuple[int, int]
"""A core thing: kind and number."""


class Starter:
    """What stands around a program's own start."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._core = {"memory": (CORE_MEMORY, stage.memory)}

    def add_run(self, run: Callable[[], Core]) -> None:
        """A command: `run` gives the core function `() -> i32` that begins it, 0 for well done."""
        self._lower(_PROGRAM, {"begin": "begin", "end": "end", "end-agent": "end-agent"})
        self._core["run"] = run()

    def add_handle(self, handle: Callable[[], Core]) -> None:
        """A handler of requests, lowered."""
        self._lower(_SERVER, {"come": "begin", "answer": "end"})
        self._core["handle"] = handle()

    def export(self) -> None:
        """Export what was added."""
        f = self._stage.frame
        runs, answers = "run" in self._core, "handle" in self._core
        module = f.core_module(glue.starter(runs=runs, answers=answers))
        made = f.instantiate(module, {"": f.bundle(self._core)})
        if runs:
            self._lift(made, "run", self._agent_type())
            self._lift(made, "main", self._main_type())
        if answers:
            self._lift(made, "handle", self._handle_type())

    def _lower(self, interface: str, names: Mapping[str, str]) -> None:
        instance = self._stage.wasi(base_name(interface))
        for name, function in names.items():
            self._core[name] = self._stage.lower(instance, function)

    def _lift(self, made: int, name: str, kind: int) -> None:
        f = self._stage.frame
        core = f.core_export(made, name, CORE_FUNC)[1]
        f.export_function(name, f.lift(core, self._stage.memory, self._stage.realloc, kind))

    def _agent_type(self) -> int:
        f, types = self._stage.frame, self._stage.host[TYPES]
        output, error = f.type_of(types, "output"), f.type_of(types, "error")
        result = f.type(b"\x6a\x01" + signed(output) + b"\x01" + signed(error))
        return f.type(b"\x40" + vector([text("task") + b"\x73"]) + b"\x00" + signed(result))

    def _main_type(self) -> int:
        f = self._stage.frame
        args, result = f.type(b"\x70\x73"), f.type(b"\x6a\x01\x73\x01\x73")
        params = vector([text("input") + b"\x73", text("args") + signed(args)])
        return f.type(b"\x40" + params + b"\x00" + signed(result))

    def _handle_type(self) -> int:
        f, server = self._stage.frame, self._stage.wasi(base_name(_SERVER))
        request = f.export("request", TYPE, f.type_of(server, "request"))
        response = f.export("response", TYPE, f.type_of(server, "response"))
        result = f.type(b"\x6a\x01" + signed(response) + b"\x01\x73")
        params = vector([text("request") + signed(request)])
        return f.type(b"\x40" + params + b"\x00" + signed(result))
