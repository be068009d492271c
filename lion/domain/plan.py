"""Look here if you want to know what a manifest comes to: who runs, with which grants and limits.

Rule: a plan is resolved: variables filled in, paths absolute, sizes in bytes, times in ns.
"""

from pathlib import Path
from typing import Any

import msgspec

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

SERVER = "mcp"
"""The `use` of a server of the Model Context Protocol (`[mcp.NAME]`); no entry point is it."""

MIB = 1024 * 1024
SECOND = 1_000_000_000


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
    `output` a person is asked (None: nobody is).
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
    standard input where no call gives it one.
    """

    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    stdin: str = ""


class Holder(msgspec.Struct, frozen=True):
    """A plugin, an agent or a system plugin by its name in the manifest.

    `kind` is `plugin`, `agent`, `workflow` or `system`; `denied` are default capabilities taken
    away, `asks` rules (as an operator's) about calls that need a person's approval. A system
    plugin has no component: `use` is the name of its entry point, `settings` are its own. Nor has
    a workflow. A component of another `digest` (SHA-256 in hex) is refused, if one was agreed to.
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

    @property
    def has_file(self) -> bool:
        """Whether its code is a component's file."""
        return self.kind not in (SYSTEM, WORKFLOW)

    @property
    def is_sandboxed(self) -> bool:
        """Whether it acts by host calls alone; trusted Python need not."""
        return self.kind != SYSTEM

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
        return str(self.component) if self.is_sandboxed else self.use


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model by its name in the manifest: who answers, and what the host holds it to.

    `script` is a file of answers (provider `scripted`); `base_url`, `model` and `key` (the name of
    a secret, never its value) are a server's (any other provider). Prices are millionths of money
    for a million tokens; those that were read from the server's cache or written into it cost
    `input_price` where they have none of their own. `addresses` are networks where it may be
    though they are private (what `base_url` names by address needs none). `max_tokens` is what one
    answer may have and `limit_field` how the server calls that, `idle_ns` how long nothing may
    come, `total_ns` how long it may take (nanoseconds).

    How the server speaks (manifest/dialects.py): `key_header` is where its key goes unless the
    operator says; `headers` and `query` go with each request; `omit` are fields that it refuses,
    `add` further ones; `streams` whether it is asked for a stream at all, `whole_for` in which
    questions not (`tools`, `schema`); `system_role` how it calls who instructs; `reasoning_field`
    where thoughts stand, `reasoning_back` whether they go back (`never`, `calls`, `always`);
    `opaque_fields` whether what it hangs on calls goes back, `opaque_names` which (empty: all);
    `schema_omit` keywords of schemas that it refuses; `answer_format` how it is told of an
    answer's schema (`json_schema`, `json_object`, `none`).
    """

    name: str
    provider: str
    script: Path | None = None
    base_url: str = ""
    model: str = ""
    key: str = ""
    input_price: int = 0
    output_price: int = 0
    cached_price: int | None = None
    written_price: int | None = None
    max_tokens: int | None = None
    limit_field: str = "max_tokens"
    key_header: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    omit: tuple[str, ...] = ()
    add: dict[str, Any] = {}
    streams: bool = True
    whole_for: tuple[str, ...] = ()
    system_role: str = "system"
    reasoning_field: str = "reasoning_content"
    reasoning_back: str = "calls"
    opaque_fields: bool = True
    opaque_names: tuple[str, ...] = ()
    schema_omit: tuple[str, ...] = ()
    answer_format: str = "json_schema"
    addresses: tuple[str, ...] = ()
    idle_ns: int = 60 * SECOND
    total_ns: int = 600 * SECOND


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
