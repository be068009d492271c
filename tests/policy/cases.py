"""Look here if you want to know which holders and questions the tests of this room share."""

from pathlib import Path

from lion.domain.capability import OFFERED
from lion.domain.plan import Grant, Holder, Limits, Mount
from lion.domain.question import Question
from lion.policy.policy_file import parse_policy
from lion.policy.rights import Rights, build_rights
from lion.scopes.table import read_question

EVERYTHING = tuple(OFFERED)
DEFAULTS = Limits()

KV = Grant("kv", 'plugins.notes.allow.kv = { bytes = "1 KiB" }', quota={"bytes": 1024})
ELEMENTS = Grant(
    "elements",
    'plugins.notes.allow.elements = { count = 10, bytes = "1 KiB" }',
    quota={"elements": 10, "bytes": 1024},
)
TOOLS = Grant(
    "tools",
    'plugins.notes.allow.tools = ["db.*", "mail.send"]',
    patterns=("db.*", "mail.send"),
)
HTTP = Grant(
    "http",
    'plugins.notes.allow.http = ["GET https://api.example.com/**"]',
    patterns=("GET https://api.example.com/**", "GET http://db.internal:8080/**"),
)
LLM = Grant("llm", 'plugins.notes.allow.llm = ["fast"]', patterns=("fast",))
SECRETS = Grant("secrets", 'plugins.notes.allow.secrets = ["api"]', patterns=("api",))
BUS = Grant(
    "bus",
    'plugins.notes.allow.bus = { publish = ["news.*"], receive = ["news.*"], write = ["news"] }',
    patterns=("publish news.*", "receive news.*", "write news"),
)
FS = Grant(
    "fs",
    'plugins.notes.allow.fs = [{ path = "/notes", at = "n" }]',
    mount=Mount(path="/notes", written="n", at=Path("n")),
)
AGENTS = Grant("agents", "plugins.notes.allow.agents", patterns=("bob",))
GRANTS = (KV, TOOLS, HTTP, LLM, SECRETS, FS, AGENTS, BUS, ELEMENTS)
"""A grant of everything that needs one, for the questions of test_rules."""


def holder(*grants: Grant, denied: tuple[str, ...] = (), limits: Limits = DEFAULTS) -> Holder:
    return Holder(
        name="notes",
        kind="plugin",
        component=Path("notes.wasm"),
        grants=grants,
        denied=denied,
        limits=limits,
    )


def rights(
    *grants: Grant,
    denied: tuple[str, ...] = (),
    ceiling: tuple[str, ...] = EVERYTHING,
    policy: str = "",
) -> Rights:
    return build_rights(holder(*grants, denied=denied), ceiling, parse_policy(policy))


def ask(capability: str, operation: str, target: str = "") -> Question:
    return read_question("notes", capability, operation, target)
