"""Look here if you want to know what a manifest comes to: who runs, with which grants and limits.

Rule: a plan is resolved: variables filled in, paths absolute, sizes in bytes, times in ns.
"""

import shlex
from pathlib import Path
from typing import Any

import msgspec

from lion.domain.model import SECOND as SECOND
from lion.domain.model import Model as Model
from lion.domain.schedule import Schedule
from lion.domain.service_terms import ServiceTerms
from lion.domain.workflow import Workflow

DEFAULT_CAPABILITIES = ("log", "clock", "random", "output", "config", "poll", "denials", "process")
"""Granted unless denied: they reach nothing outside the process."""

MAX_DEPTH = 8
"""How deep calls through tools may nest, the root included."""

WORKFLOW = "workflow"
"""The kind of a workflow: lion's own code, which acts by host calls alone."""

SYSTEM = "system"
"""The kind of a system plugin: trusted Python, outside of the sandbox."""

CLIENT, OUTSIDE = CLIENTS = ("mcp-client", "outside-agent")
"""The `use` of who calls from outside, by `lion mcp serve` and by `lion gateway`."""

ADAPTERS = ("lines",)
"""Protocols by which lion speaks with the program of an agent of others."""

SERVER = "mcp"
"""The `use` of a server of the Model Context Protocol (`[mcp.NAME]`); no entry point is it."""

MIB = 1024 * 1024


class Rate(msgspec.Struct, frozen=True):
    """`count` in each `period_ns` nanoseconds: a token bucket that holds `count` and fills at this
    pace.

    So a burst of `count` may be followed by the steady pace: no period ever sees more than twice
    `count`.
    """

    count: int
    period_ns: int


class Limits(msgspec.Struct, frozen=True):
    """What one holder may use. None means no limit of this kind; zero means none at all.

    Per instance: `memory` in bytes, `table_elements`, `handles`; of all live instances of a run
    together: `memory_sum` in bytes. Per call of an
    export: `deadline_ns` of wall time (host calls included), `cpu_ns` spent in the guest. Per run:
    `calls` of host functions, `rate` of them, `output` in bytes, `log` in bytes of records of its
    calls (beyond it the instance ends). At the same time: `concurrent` started tool calls of one
    instance; of a system plugin, calls of its functions. At `ask_at` hundredths of `calls` or
    `output` a person is asked (None: nobody is). `agents` spawned agents work at the same time
    beneath one instance, at most `depth` spawns deep.
    """

    memory: int = 64 * MIB
    table_elements: int = 100_000
    handles: int = 1_024
    deadline_ns: int | None = 30 * SECOND
    cpu_ns: int | None = 10 * SECOND
    calls: int | None = None
    rate: Rate | None = None
    output: int | None = 16 * MIB
    log: int | None = 128 * MIB
    concurrent: int = 64
    memory_sum: int = 1024 * MIB
    ask_at: int | None = None
    agents: int = 16
    depth: int = 4


SYSTEM_LIMITS = ("deadline_ns", "calls", "rate", "output", "log", "concurrent", "ask_at")
"""The limits that hold for a system plugin; the others are those of a sandbox."""


class Mount(msgspec.Struct, frozen=True):
    """A directory of the host's (`at`; `written` as in the manifest) under a path of the guest's.

    `path` is absolute and in normal form (scopes/fs_path.py). `follow`: links may lead it out of
    the manifest's folder.
    """

    path: str
    written: str
    at: Path
    write: bool = False
    follow: bool = False


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """What a grant of files comes to on this machine: the directory `real`, without any link,
    that `at` (as written) leads to, under the guest's `path`.

    `problem` says why it would be refused, empty if it would not.
    """

    path: str
    at: str
    real: str
    write: bool = False
    problem: str = ""


class Grant(msgspec.Struct, frozen=True):
    """A capability given to a holder.

    `patterns` is the scope (scopes/pattern.py), empty if the capability has none; `quota` its
    numbers (kv: bytes); `line` where it came from, for people:
    `plugins.notes: allow.kv = { bytes = "64 KiB" }`; `addresses` are networks that may be reached
    though they are private (http); `mount` is the directory (fs); `encoded_slash` says that `%2F`
    in a path is meant as it is sent (http); `plain` that no secret goes along (http); `headers`
    are names that may be sent though they can change what a request is at a server (http);
    at `ask_at` hundredths of a budget of its own a person is asked (None: nobody is).
    `on_unknown` is what is done about an effect of which it is not known whether it happened
    (`retry`, `ask`; empty: it failed); `has_key` that requests tell the server by a key whether
    they are repeated (http).
    """

    capability: str
    line: str
    patterns: tuple[str, ...] = ()
    quota: dict[str, int] = {}
    addresses: tuple[str, ...] = ()
    mount: Mount | None = None
    encoded_slash: bool = False
    plain: bool = False
    headers: tuple[str, ...] = ()
    ask_at: int | None = None
    on_unknown: str = ""
    has_key: bool = False


class Program(msgspec.Struct, frozen=True):
    """What a holder's program finds at its start: arguments after its name, its environment, and
    standard input where no call gives it one. Of an agent of others `args` are its whole command,
    which is started in `folder`.
    """

    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    stdin: str = ""
    folder: Path = Path()


class Restart(msgspec.Struct, frozen=True):
    """How often an agent that failed begins anew: at most `times` in any `within_ns`."""

    times: int
    within_ns: int


class Holder(msgspec.Struct, frozen=True):
    """A plugin, an agent or a system plugin by its name in the manifest.

    `kind` is `plugin`, `agent`, `workflow` or `system`; `denied` are default capabilities taken
    away, `asks` rules (as an operator's) about calls that need a person's approval. A system
    plugin has no component: `use` is the name of its entry point, `settings` are its own. Nor has
    a workflow. A component of another `digest` (SHA-256 in hex) is refused, if one was agreed to.
    An agent of others has a `program` of its own in place of a component, which lion speaks with
    by the protocol `adapter` (ADAPTERS); `use` is OUTSIDE then.
    """

    name: str
    kind: str
    component: Path = Path()
    grants: tuple[Grant, ...] = ()
    denied: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    config: dict[str, Any] = {}
    limits: Limits = Limits()
    use: str = ""
    settings: dict[str, Any] = {}
    digest: str = ""
    workflow: Workflow | None = None
    program: Program = Program()
    adapter: str = ""
    restart: Restart | None = None
    """Of an agent that the manifest or a task starts; who spawns one hears of its failure."""

    @property
    def has_file(self) -> bool:
        """Whether its code is a component's file."""
        return self.kind not in (SYSTEM, WORKFLOW) and not self.adapter

    @property
    def is_trusted(self) -> bool:
        """Whether it is trusted Python, in this process; all others act by host calls."""
        return self.kind == SYSTEM

    @property
    def is_sandboxed(self) -> bool:
        """Whether none of its code runs outside of the sandbox."""
        return self.kind != SYSTEM and not self.adapter

    @property
    def table(self) -> str:
        """The manifest's table of its kind: `plugins`, `agents`, `workflows`, `system`, `mcp`."""
        if self.kind == SYSTEM and self.use == SERVER:
            return SERVER
        return self.kind if self.kind == SYSTEM else f"{self.kind}s"

    @property
    def origin(self) -> str:
        """Where its code is: the component's file, or the entry point's name."""
        if self.workflow is not None:
            return f"the workflow {self.name}"
        if self.adapter:
            return shlex.join(self.program.args)
        return self.use if self.is_trusted else str(self.component)


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent's answer has to be: of a `format` (FORMATS), by a JSON `schema` if there is
    one; a text that is no JSON is mended if `repair`, and an answer that is not of its form asked
    for `again` at most so often.
    """

    format: str
    schema: dict[str, Any] | None = None
    repair: bool = False
    again: int = 0


FORMATS = ("json", "json-lines", "xml", "calls", "csv", "lines", "markdown", "text")
"""What lion/parsers reads."""


class RunAgent(msgspec.Struct, frozen=True):
    """Start this agent with this task, and hold its answer to `output`."""

    agent: str
    task: str
    output: Output | None = None


class RunCall(msgspec.Struct, frozen=True):
    """Call this tool (`plugin.function`) with these arguments, JSON values by parameter name."""

    call: str
    arguments: dict[str, Any]


class Plan(msgspec.Struct, frozen=True):
    """A resolved manifest. `path` is the file (None: a bare component, or a program's own text or
    tables), `text` its content as written (empty: there is none).

    `folder` is where its relative paths begin. `owner` is a program's word for whose kv it uses
    (empty: the file's, by its real path); `keeper` is that file where there is no manifest.
    `park_after_ns` is after how long of nothing but waiting a run leaves it (None: never),
    `memory` what all instances of a run may have together, in bytes (None: the process's).
    """

    name: str
    path: Path | None
    text: str
    holders: dict[str, Holder]
    runs: tuple[RunAgent | RunCall, ...]
    resolved: dict[str, Any]
    """The manifest as plain values, as it goes into RunStarted."""
    models: dict[str, Model] = {}
    folder: Path = Path()
    owner: str = ""
    memory: int | None = None
    park_after_ns: int | None = None
    keeper: Path | None = None
    service: ServiceTerms | None = None
    """What a service that begins with it is held to, if it says."""
    schedules: tuple[Schedule, ...] = ()
    """What a service begins of it by itself."""
