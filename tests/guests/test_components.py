"""Look here if you want to know what every committed component has to be."""

import json
import re

import pytest
from wasmtime import Trap, WasmtimeError
from wasmtime.component._types import ComponentInstanceType, FuncType

from lion.wasm.sections import custom_sections

from .built import BUILT, ENGINE, NAMES, NOT_GUESTS, ROOT, SOURCES, call, component

LOG = {"write"}
KV = {"get", "set", "delete", "list", "compare-and-set"}
OUTPUT = {"text", "partial", "progress"}
TOOLS = {"list", "call", "start", "[method]pending.take"}
BASICS = {
    "log": LOG,
    "clock": {"now", "monotonic", "sleep"},
    "random": {"number", "bytes"},
    "config": {"get", "keys"},
    "kv": KV,
    "output": OUTPUT,
    "tools": TOOLS,
    "poll": {"wait"},
}
FILES_ONLY = {
    "stat",
    "write",
    "open",
    "read",
    "list",
    "rename",
    "unlink",
    "mounts",
    "make-dir",
    "remove-dir",
    *(f"[method]file.{name}" for name in ("read-at", "write-at", "stat", "append")),
}
FS = {
    *FILES_ONLY,
    "link",
    "symlink",
    "readlink",
    "set-times",
    *(f"[method]file.{name}" for name in ("set-size", "set-times", "sync")),
}
EXCHANGE = {
    "start",
    *(f"[method]exchange.{name}" for name in ("write", "finish", "head", "read")),
}
HTTP = {"send", *EXCHANGE}
LLM = {"models", "ask", "start", "[method]answer.next"}
AGENTS = {
    "spawn", "list", "budgets", *(f"[method]child.{name}" for name in ("next", "wait", "cancel"))
}  # fmt: skip
BUS = {"send", "publish", "subscribe", "inbox", "[method]subscription.next"}
ELEMENTS = {
    "create", "get", "update", "delete", "list", "append", "insert", "move", "exclude", "order",
    "progressions",
}  # fmt: skip
DEBATE = {"log": LOG, "config": {"get"}, "llm": {"start", "[method]answer.next"}}
EVERYTHING = {
    **BASICS,
    "denials": {"last"},
    "process": {"start"},
    "agents": AGENTS,
    "bus": BUS,
    "elements": ELEMENTS,
    "fs": FS,
    "http": HTTP,
    "llm": LLM,
    "secrets": {"exists"},
}
CEILINGS: dict[str, dict[str, set[str]]] = {
    "bench": {
        "log": LOG,
        "clock": {"now"},
        "config": {"get"},
        "kv": {"get", "set"},
        "tools": {"start", "[method]pending.take"},
        "fs": {
            "open",
            "read",
            "write",
            "rename",
            "unlink",
            "[method]file.read-at",
            "[method]file.write-at",
        },
        "http": {"send"},
    },
    "calculator": {"log": LOG},
    "coordinator": {
        "log": LOG,
        "config": {"get"},
        "output": {"text"},
        "poll": {"wait"},
        "llm": {"ask"},
        "agents": AGENTS - {"list", "[method]child.cancel"},
    },
    "echo": {},
    "critic": {
        "log": LOG,
        "clock": {"sleep", "monotonic"},
        "config": {"get"},
        "output": {"text"},
        "tools": {"call"},
        "llm": {"start", "[method]answer.next"},
    },
    "fetcher": {"log": LOG, "http": EXCHANGE},
    "files": {"log": LOG, "fs": FILES_ONLY},
    "guide": {
        "log": LOG,
        "clock": {"monotonic"},
        "config": {"get"},
        "output": OUTPUT,
        "tools": {"call", "start", "[method]pending.take"},
        "poll": {"wait"},
    },
    "hello": {"log": LOG, "config": {"get"}},
    "debater": {**DEBATE, "output": {"text"}, "bus": BUS - {"subscribe"}},
    "judge": {
        **DEBATE,
        "output": {"text"},
        "clock": {"monotonic"},
        "poll": {"wait"},
        "bus": BUS - {"publish", "inbox"},
    },
    "probe-bus": {
        "log": LOG,
        "output": {"text"},
        "clock": {"sleep"},
        "poll": {"wait"},
        "bus": BUS,
    },
    "probe-elements": {"log": LOG, "clock": {"sleep"}, "elements": ELEMENTS},
    "todo": {"log": LOG, "elements": ELEMENTS - {"move", "progressions"}},
    "hostile": BASICS,
    "imports": EVERYTHING,
    "notebook": {"log": LOG, "kv": KV},
    "planner": {"log": LOG, "config": {"get"}, "llm": {"ask"}},
    "probe": {**BASICS, "denials": {"last"}, "process": {"start"}},
    "reader": {"log": LOG},
    "reader-as": {"log": LOG},
    "probe-fs": {"log": LOG, "fs": FS},
    "probe-llm": {
        "log": LOG,
        "tools": {"list", "start", "[method]pending.take"},
        "poll": {"wait"},
        "llm": LLM,
    },
    "researcher": {
        "log": LOG,
        "config": {"get"},
        "output": {"text"},
        "tools": TOOLS,
        "llm": {"start", "[method]answer.next"},
    },
    "probe-http": {"log": LOG, "poll": {"wait"}, "http": HTTP, "secrets": {"exists"}},
    "relay": {"log": LOG, "tools": {"call"}},
    "waiter": {"log": LOG, "clock": {"sleep"}, "config": {"get"}, "output": {"text"}},
}
STEPPER = {
    "log": LOG, "clock": {"monotonic", "sleep"}, "kv": {"get", "set"}, "output": {"text"},
    "tools": {"call", "start", "[method]pending.take"}, "poll": {"wait"},
    "fs": FS - {"list", "mounts", "readlink", "stat"},
    "http": HTTP, "llm": {"ask", "start", "[method]answer.next"}, "agents": AGENTS,
}  # fmt: skip
"""Does what a program says, for runs that are cut."""
CEILINGS["stepper"] = STEPPER
TWINS = {name: CEILINGS[name] for name in ("calculator", "critic", "echo", "hello", "relay")}
"""In AssemblyScript they ask for what they ask for in Rust."""
CEILINGS |= {f"{name}-as": ceiling for name, ceiling in TWINS.items()}
CEILINGS |= {
    "faults-as": {
        "log": LOG,
        "config": {"get"},
        "tools": {"start", "[method]pending.take"},
    },
    "probe-as": {
        "log": LOG,
        "clock": {"monotonic", "sleep"},
        "config": {"get"},
        "kv": {"set", "list", "get"},
        "output": {"partial", "text"},
        "tools": {"[method]pending.take", "list", "start"},
        "poll": {"wait"},
        "fs": FILES_ONLY - {"mounts", "remove-dir", "[method]file.stat"},
        "http": EXCHANGE,
        "denials": {"last"},
        "llm": {"[method]answer.next", "start"},
        "agents": AGENTS - {"budgets", "[method]child.cancel"},
        "bus": BUS,
        "elements": ELEMENTS,
    },
    "wordcount": {"log": LOG, "fs": {"open", "[method]file.read-at"}},
}


def _imports(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for interface, item in component(name).type.imports(ENGINE).items():
        assert isinstance(item.ty, ComponentInstanceType), f"{name} imports {interface} bare"
        items = item.ty.exports(ENGINE).items()
        functions = {function for function, one in items if isinstance(one.ty, FuncType)}
        if functions:
            found[interface] = functions
    return found


def _docs(name: str) -> dict[str, dict[str, str]]:
    data = (BUILT / f"{name}.wasm").read_bytes()
    [section] = [payload for title, payload in custom_sections(data) if title == "package-docs"]
    assert section[0] == 1
    world: dict[str, dict[str, dict[str, str]]] = json.loads(section[1:])["worlds"]["root"]
    return world["func_exports"]


def test_every_guest_has_its_component_and_the_other_way_round() -> None:
    crates = {path.parent.name for path in SOURCES.glob("*/Cargo.toml")} - NOT_GUESTS
    scripts = {path.parents[1].name for path in SOURCES.glob("*/assembly/index.ts")}
    assert crates | scripts | {"imports"} == set(NAMES)


@pytest.mark.parametrize("name", sorted(CEILINGS))
def test_a_component_imports_only_what_it_uses(name: str) -> None:
    expected = {f"lion:host/{face}@0.1.0": names for face, names in CEILINGS[name].items()}
    assert _imports(name) == expected


def test_the_mirrors_import_their_own_host_and_nothing_of_lions() -> None:
    assert set(_imports("mirror")) == {"lion:test/glass", "lion:test/trade"}
    assert _imports("mirror-as") == _imports("mirror")
    assert {*CEILINGS, "bookworm", "mirror", "mirror-as"} == set(NAMES)


def test_bookworm_imports_what_a_system_plugin_offers() -> None:
    books = {"find", "put", "count", "cover-of", "misbehave"}
    assert _imports("bookworm") == {"lion:host/log@0.1.0": LOG, "acme:shelf/books@1.2.0": books}


def test_the_empty_component_imports_every_interface_there_is_a_file_of() -> None:
    files = {path.stem for path in (ROOT / "wit").glob("*.wit")} - {"types", "worlds"}
    assert files == set(EVERYTHING)


@pytest.mark.parametrize("name", [*NAMES, "extism", "wasi"])
def test_a_component_names_no_path_of_the_machine_that_built_it(name: str) -> None:
    data = (BUILT / f"{name}.wasm").read_bytes()
    found = re.findall(rb"/(?:root|home|Users|usr|tmp|var|opt|private|builds?)/[^\0]{0,40}", data)
    assert found == []
    assert b".cargo" not in data and b"rustup" not in data and bytes(ROOT) not in data


def test_hello_is_small() -> None:
    assert (BUILT / "hello.wasm").stat().st_size <= 30 * 1024
    assert (BUILT / "hello-as.wasm").stat().st_size <= 12 * 1024


def test_the_frames_of_a_trap_have_names() -> None:
    with pytest.raises((Trap, WasmtimeError), match="deeper"):
        call("hostile", "deep-recursion")


def test_docs_are_of_functions_that_exist() -> None:
    for name in set(NAMES) - {"imports", "mirror", "mirror-as"}:
        exports = set(component(name).type.exports(ENGINE))
        without = ("echo", "echo-as", "waiter", "guide")
        docs = set(_docs(name)) if name not in without else set()
        assert docs <= exports, name


@pytest.mark.parametrize(
    "name", ["hello", "hello-as", "calculator", "notebook", "bench", "hostile"]
)
def test_every_tool_that_people_see_says_what_it_does(name: str) -> None:
    docs = _docs(name)
    assert set(component(name).type.exports(ENGINE)) == set(docs)
    assert all(len(entry["docs"]) > 5 for entry in docs.values())


def test_an_agent_says_what_run_does() -> None:
    assert _docs("waiter")["run"]["docs"] == _docs("guide")["run"]["docs"]
    assert "task" in _docs("guide")["run"]["docs"]
