"""Look here if you want to know what a system plugin is: the written contract, version 1.

A system plugin is a class that derives from SystemPlugin, named by an entry point of the group
`lion.system` in the metadata of its own distribution, and used by a manifest:

    [project.entry-points."lion.system"]        [system.books]
    shelf = "shelf:Shelf"                       use = "shelf"
                                                settings = { greeting = "Hello" }

One object is made per run and holder. It may offer tools, offer guests an interface of its own
(extension.py), judge host calls, hear events. (Schedulers are to come, as further methods that may
be left out.)

Rule: it is trusted Python. No sandbox holds it, and every listing of lion says so.
Rule: lion keeps what a plugin cannot take: a processor cannot allow; a tool or a function acts
under the holder's own grants; whatever it asks of the host passes the one door and is recorded.
Rule: functions written with `def` run in threads (at most limits.concurrent of them) and may block
until the deadline; those written with `async def` run on trio and may not block.
Rule: `judge` runs on the event loop for every call it judges: it is pure and quick, and takes the
time from the call.
Rule: a replay runs none of this; outcomes come from the log.
Rule: text of guests is never markup; `show_line` makes of it what a person may be shown.
Rule: what is here only grows within a version. What breaks a plugin is a new CONTRACT.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Generic, Protocol, get_args

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo

from lion.domain.reply import Reply as Reply
from lion.domain.text import show_line as show_line
from lion.manifest.fields import Size as Size
from lion.manifest.fields import Time
from lion.system.model_door import Hear as Hear

if TYPE_CHECKING:
    from typing_extensions import TypeVar
else:
    from typing import TypeVar

CONTRACT: Final = 1
"""The version that this lion speaks."""

GROUP: Final = "lion.system"
"""The group of entry points."""

EVERYTHING: Final = ("*",)

USABLE: Final = ("http", "tools", "llm")
"""Capabilities a system plugin may ask the host for; a manifest grants them like a component's.

Secrets that are granted go into its requests where their audience has the server, unseen.
"""


class ToolError(Exception):
    """Raised by a tool: its own error value, any JSON, which its caller gets as it is."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


class SettingsError(Exception):
    """Raised by `open`: something in the settings has to change. `hint` says what to type."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class HostError(Exception):
    """What the host said no to: `case` is one of `types.error` or `http.failure`, as guests get
    it (`denied`, `exhausted`, `timeout`, `connection`, ...), `text` is for people.
    """

    def __init__(self, case: str, text: str) -> None:
        super().__init__(f"{case}: {text}")
        self.case = case
        self.text = text


class Deny(msgspec.Struct, frozen=True):
    """A processor's opinion: this call may not be. The reason is recorded; no guest sees it."""

    reason: str


class Ask(msgspec.Struct, frozen=True):
    """A processor's opinion: a person has to be asked first."""

    reason: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A host call to be judged.

    `chain` are the holders from the run's root to the caller (`holder`); `target` is what the call
    is about (a tool's name, `GET https://...`, a key; empty if nothing), `args` are WIT values,
    empty where a redirect is judged or what a list would show. `time_ns`: nanoseconds since 1970
    (UTC).
    """

    run: str
    holder: str
    chain: tuple[str, ...]
    capability: str
    operation: str
    target: str
    args: tuple[Any, ...]
    time_ns: int


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A committed record. `type` and `fields` are as in docs/system-plugins.md; bytes are base64.

    `seq` counts the run's records from 1, `principal` is whom it is about (empty: the run),
    `call` the number of the host call or 0. `behind`: so many records have come since.
    """

    run: str
    seq: int
    time_ns: int
    type: str
    principal: str
    invocation: str
    call: int
    fields: dict[str, Any]
    behind: int = 0


class Answer(msgspec.Struct, frozen=True):
    """What a server said. Names of `headers` are in lower case; `url` is where it came from."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        """The body as UTF-8; what is none becomes U+FFFD."""
        return self.body.decode("utf-8", "replace")


class PluginHost(Protocol):
    """The host as one call of a tool, or one listener, may use it: under its holder's grants."""

    @property
    def holder(self) -> str:
        """The plugin's name in the manifest."""
        ...

    def now_ns(self) -> int:
        """Nanoseconds since 1970 (UTC)."""
        ...

    async def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        body: bytes | str | None = None,
        timeout_ns: int | None = None,
    ) -> Answer:
        """Ask a server: body up to 64 KiB, answer up to 256 KiB. Raises HostError."""
        ...

    async def tool(self, name: str, /, **arguments: Any) -> Any:
        """Call another plugin's tool (`plugin.function`); JSON both ways. Raises HostError."""
        ...

    async def model(
        self,
        name: str,
        messages: Sequence[Mapping[str, Any]],
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        schema: Mapping[str, Any] | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        hear: Hear | None = None,
    ) -> Reply:
        """Ask a model of the manifest; messages and tools as in wit/llm.wit, as Python values.

        `hear(kind, value)` is told each event as it comes. Raises HostError.
        """
        ...

    async def log(self, level: str, message: str) -> None:
        """Write a line into the run's log; levels are those of wit/log.wit. Raises HostError."""
        ...


class PluginSettings(BaseModel):
    """Base of a plugin's settings. Unknown keys are refused; `max_rows` is written `max-rows`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )


def _beside_manifest(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path


ManifestPath = Annotated[Path, AfterValidator(_beside_manifest)]
"""A path in settings: relative ones begin at the manifest's folder."""

Duration = Time
"""Nanoseconds, written "250 ms". (Size: bytes, written "64 KiB".)"""

if TYPE_CHECKING:
    S = TypeVar("S", bound=PluginSettings, default=PluginSettings)
else:
    S = TypeVar("S", bound=PluginSettings)  # a default is known to Python 3.13 and newer
F = TypeVar("F", bound=Callable[..., Any])

TOOL_MARK: Final = "__lion_tool__"


def tool(function: F) -> F:
    """Offer a method as a tool: `find_all` becomes `find-all`.

    Its annotations become the JSON schemas, its docstring the description. A parameter of type
    PluginHost is given by lion. Arguments are checked before it runs, its result after.
    """
    setattr(function, TOOL_MARK, True)
    return function


class SystemPlugin(Generic[S]):
    """Base of all system plugins; `SystemPlugin[MySettings]` says what its settings are.

    Everything but `contract` may be left out. `judge` makes it a processor, `hear` a listener.
    """

    contract: ClassVar[int]
    """The version this class was written for."""
    offers: ClassVar[str] = ""
    """The interface that its `@function`s make, with a version: `acme:shelf/books@1.0.0`."""
    uses: ClassVar[tuple[str, ...]] = ()
    """What it asks the host for, of USABLE."""
    judges: ClassVar[tuple[str, ...]] = EVERYTHING
    """The capabilities whose calls `judge` is asked about."""
    hears: ClassVar[tuple[str, ...]] = EVERYTHING
    """The types of records that `hear` is told of."""
    settings_model: ClassVar[type[PluginSettings]] = PluginSettings

    settings: S

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for base in getattr(cls, "__orig_bases__", ()):
            for model in get_args(base):
                if inspect.isclass(model) and issubclass(model, PluginSettings):
                    cls.settings_model = model

    def __init__(self, settings: S) -> None:
        self.settings = settings

    def judged(self) -> tuple[str, ...]:
        """`judges`, or what the settings make of it."""
        return self.judges

    def heard(self) -> tuple[str, ...]:
        """`hears`, or what the settings make of it."""
        return self.hears

    def open(self) -> Any:
        """Called once before anything runs, `def` or `async def`. Raising refuses the run."""

    def close(self) -> Any:
        """Called once at the end if `open` returned, `def` or `async def`; has two seconds."""

    def judge(self, call: Call) -> Deny | Ask | None:
        """Say no to a call, or that a person be asked, or nothing. Raising denies the call."""

    def hear(self, event: Heard, host: PluginHost) -> Any:
        """Take note of a record, `def` or `async def`, one at a time, in order.

        Raising, or taking longer than the deadline, ends it: the plugin hears no more. Records of
        what listeners themselves ask the host for are not told to any.
        """
