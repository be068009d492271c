"""Look here if you want to know how each of go-sdk's modules is called in the tests, and what it
needs.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from lion.system import S32, SystemPlugin, function


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One call: of the last of `modules`, whose function has the plug-in's own name. `files` are
    in the directory that is granted at /mnt; SERVER in an input is the test's server.
    """

    modules: tuple[str, ...]
    function: str = "run_test"
    input: str = ""
    config: Mapping[str, str] = {}
    files: Mapping[str, str] = {}
    needs: tuple[str, ...] = ()
    """What must be granted for it: without it the call ends with an error."""
    says: str | None = None
    """What it gives, None: whatever its own SDK says."""
    is_denied: bool = True
    """Whether the denied call is an error to the caller too (a log line is not)."""
    refused: str = ""
    """What its own SDK in Python says instead of running it."""
    own: str | None = None
    """What its own SDK says where that is less: it has response headers only if told to."""
    slow: bool = False

    @property
    def name(self) -> str:
        return f"{self.modules[-1]}.{self.function}"


def _(*modules: str, **more: Any) -> Case:
    return Case(modules=modules, **more)


_BOTH: Final = "Program cannot be both a Command and a Reactor"
_FS: Final = {"path": "/mnt/test.txt"}
_FILE: Final = {"test.txt": "hello world!"}
CASES: Final[Sequence[Case]] = (
    _("alloc", says=""),
    _("config", config={"thing": "hello"}, says='{"config": "hello"}', needs=("config",)),
    _("config", says='{"config": "<unset by host>"}', needs=("config",)),
    _("exit", function="_start", config={"code": "0"}, says="", needs=("config",)),
    _("exit", function="_start", config={"code": "4"}),
    _("fail"),
    _("fs", files=_FILE, says="hello world!", needs=("fs",), refused=_BOTH),
    _("hello", says="Hello, world!"),
    _("host", says="42 x 2 = 84", needs=("user/extism-host-user",)),
    _("host_memory", input="Frodo", says="HELLO FRODO!", needs=("user/host",)),
    _("host_multiple", function="say_green", input="John Doe",
      says="🟢:🫱 Hey from say_green John Doe", needs=("user/extism-host-user",)),
    _("host_multiple", function="say_purple", input="Jane Doe",
      says="🟣:👋 Hello from say_purple Jane Doe", needs=("user/extism-host-user",)),
    _("http_headers", function="http_get", input='{"url": "SERVER/page"}', needs=("http",),
      says='{"content-length":"4"}', own="{}"),
    _("input_offset", function="input_offset_length", input="hello world"),
    _("log", is_denied=False, needs=("log",)),
    _("lib", "main", input="benjamin", says="Hello, BENJAMIN"),
    _("nested.c.instr", function="_start", input="hello world", says="",
      refused="command export 'wasm_instr_version_major' is not a function"),
    _("noop"),
    _("replace", input="hello world"),
    _("sleep", config={"duration": "0"}, needs=("config",)),
    _("var", needs=("kv",)),
    _("count_vowels", function="count_vowels", input="hello world", needs=("kv",), slow=True,
      says='{"count":3,"total":3,"vowels":"aeiouAEIOU"}'),
    _("count_vowels_std", function="_start", input="hello world", slow=True),
    _("fs_std", files=_FILE, says="hello world!", needs=("fs",), slow=True),
    _("hello_haskell", function="testing", input="John", config={"greeting": "Howdy"},
      says="Howdy, John", needs=("config",), slow=True),
    _("println", slow=True),
    _("read_write", function="try_read", config=_FS, files=_FILE, says="hello world!",
      needs=("fs",), slow=True),
    _("read_write", function="try_write", input="more", config=_FS, files=_FILE, needs=("fs",),
      slow=True),
    _("std_command", function="_start", input="ben", says="hello ben", slow=True),
)  # fmt: skip


class Numbers(SystemPlugin):
    """The functions that go-sdk's own tests lend."""

    contract = 1
    offers = "extism:user/extism-host-user@0.1.0"

    @function(outside=False)
    def mult(self, a: int, b: int) -> int:
        return a * b

    @function(outside=False)
    def host_green_message(self, text: str) -> str:
        return f"🟢:{text}"

    @function(outside=False)
    def host_purple_message(self, text: str) -> str:
        return f"🟣:{text}"


class Upper(SystemPlugin):
    contract = 1
    offers = "extism:user/host@0.1.0"

    @function(outside=False)
    def to_upper(self, text: str) -> str:
        return text.upper()


class Observe(SystemPlugin):
    """What a module that was instrumented tells; nobody listens."""

    contract = 1
    offers = "extism:user/dylibso-observe@0.1.0"

    @function(outside=False)
    def instrument_enter(self, number: S32) -> None: ...

    @function(outside=False)
    def instrument_exit(self, number: S32) -> None: ...

    @function(outside=False)
    def instrument_memory_grow(self, pages: S32) -> None: ...


LENT: Final = {"numbers": Numbers, "upper": Upper, "observe": Observe}
USED: Final = {
    "host": "numbers", "host_multiple": "numbers", "host_memory": "upper",
    "nested.c.instr": "observe",
}  # fmt: skip
