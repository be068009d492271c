"""Look here if you want to know that check and audit warn of what surprises, and agree."""

import ast
from pathlib import Path

import pytest

from lion.domain.capability import OFFERED
from lion.domain.plan import Directory, Plan
from lion.domain.surroundings import Surroundings
from lion.policy.policy_file import parse_policy
from lion.review.check import audit_manifest, check_holders
from lion.review.loaded import ComponentInfo
from lion.review.rights import audit_plan
from lion.scopes.http_match import hosts_meet
from tests.review.test_rights import NO_POLICY, loaded, plan_of

HTTP = ("send", "start")


def warned(plan: Plan, around: Surroundings, **imports: tuple[str, ...]) -> tuple[str, ...]:
    (one,) = audit_plan(plan, {"a": loaded(**imports)}, NO_POLICY, around=around)
    return one.warnings


def fs(*, write: bool) -> Plan:
    table = f'path = "/n", at = "n", write = {str(write).lower()}'
    return plan_of(f'[plugins.a]\ncomponent = "a"\nallow.fs = [{{ {table} }}]')


@pytest.mark.parametrize(
    ("directory", "is_home"),
    [
        ("/home/ann", True), ("/home", True), ("/Users/ann", True), ("/", True),
        ("/srv/people/eve", True), ("/srv/people", True),
        ("/home/ann/notes", False), ("/srv", True), ("/srv/people/eve/x", False),
        ("/srv/people/evelyn", False), ("/tmp", False),
    ],
)  # fmt: skip
def test_a_home_that_may_be_written(directory: str, is_home: bool) -> None:
    seen = Directory(path="/n", at="n", real=directory, write=True)
    around = Surroundings(directories={"a": (seen,)}, homes=("/srv/people/eve",))
    told = f"fs /n may write all of a home directory: it is {directory}"
    assert warned(fs(write=True), around, fs=("read",)) == ((told,) if is_home else ())
    assert warned(fs(write=False), around, fs=("read",)) == ()


def secret(*urls: str) -> Plan:
    return plan_of(
        f'[plugins.a]\ncomponent = "a"\nallow.http = {list(urls)}\nallow.secrets = ["api"]'
    )


@pytest.mark.parametrize(
    ("url", "origin", "words"),
    [
        ("GET https://api.example.com/**", "https://api.example.com", ""),
        ("GET https://*.example.com/**", "https://api.example.com", ""),
        ("GET https://api.example.com/**", "https://*.example.com", ""),
        ("GET https://*.a.example.com/**", "https://*.example.com", ""),
        ("GET http://127.0.0.1:8000/**", "http://127.0.0.1:8000", ""),
        ("GET http://api.example.com/**", "http://api.example.com", "unencrypted"),
        ("GET https://api.example.com/**", "https://api.example.org", "never sent"),
        ("GET https://api.example.com/**", "https://api.example.com:8443", "never sent"),
        ("GET http://api.example.com/**", "https://api.example.com", "never sent"),
        ("GET https://example.com/**", "https://*.example.com", "never sent"),
    ],
)
def test_where_a_secret_goes(url: str, origin: str, words: str) -> None:
    around = Surroundings(audiences={"api": (origin,)})
    found = warned(secret(url), around, http=HTTP)
    assert len(found) == bool(words)
    assert all(words in one and origin in one for one in found)


def test_a_server_that_no_secret_is_for() -> None:
    around = Surroundings(audiences={"api": ("https://api.example.com",)})
    here, there = "GET https://api.example.com/**", "GET https://docs.example.org/**"
    (found,) = warned(secret(here, there), around, http=HTTP)
    assert found.startswith(f"no secret is for {there}: ") and "plain = true" in found
    plain = f'[plugins.a]\ncomponent = "a"\nallow.secrets = ["api"]\nallow.http = ["{here}", '
    plan = plan_of(f'{plain}{{ url = "{there}", plain = true }}]')
    assert warned(plan, around, http=HTTP) == ()


MODEL = """
[models.fast]
provider = "openai"
base-url = "https://a.example/v1"
model = "m"
key = "hosted"
[plugins.a]
component = "a"
allow.llm = ["fast"]
"""


def test_a_key_that_is_not_for_the_models_server() -> None:
    plan = plan_of(MODEL)
    elsewhere = Surroundings(audiences={"hosted": ("https://b.example",)})
    (told,) = warned(plan, elsewhere, llm=("ask",))
    assert told == (
        "model fast has no key there: secret hosted is for https://b.example, "
        "and its base-url is https://a.example/v1"
    )
    there = Surroundings(audiences={"hosted": ("https://b.example", "https://a.example")})
    assert warned(plan, there, llm=("ask",)) == ()


@pytest.mark.parametrize(
    ("a", "b", "meet"),
    [
        ("*", "a.example", True), ("a.example", "a.example", True),
        ("*.example", "a.example", True),
        ("*.example", "*.a.example", True), ("*.a.example", "*.b.example", False),
        ("example", "*.example", False), ("a.example", "b.example", False),
    ],
)  # fmt: skip
def test_hosts_that_some_server_is_meant_by(a: str, b: str, meet: bool) -> None:
    assert hosts_meet(a, b) is hosts_meet(b, a) is meet


def test_one_answer_for_check_and_audit() -> None:
    plan = plan_of('[plugins.a]\ncomponent = "a"\nallow.tools = ["a.*"]\nallow.kv = {bytes="1 B"}')
    imports = {"lion:host/tools@0.1.0": ["call"], "lion:host/random@0.1.0": ["bytes"]}
    infos = {"a": ComponentInfo("d", 1, imports, (), False)}
    policy = parse_policy('ask = ["random"]', Path("p.toml"))
    audit = audit_manifest(plan, infos, policy, Surroundings(stale={"a": "src"}))
    (holder,), (checked,) = audit.holders, check_holders(audit, infos)
    assert checked.warnings == holder.warnings == (
        "older than its source; build it again: lion build src",
        "granted but not imported: kv",
        "granted but not there: tool a.*",
        'granted but to be asked by policy rule "random": random',
    )  # fmt: skip
    assert (checked.may_use, checked.refused) == (holder.may_use, holder.refused)
    assert checked.ceiling == tuple(holder.imports) == ("random", "tools")


LION = Path(__file__).parents[2] / "lion"
NAMES_TOOLS = LION / "review" / "reach.py"
"""What is reached through other holders' tools is told by itself."""


def test_whoever_reviews_or_decides_knows_capabilities_by_the_table_alone() -> None:
    """No room but a capability's own branches on its name."""
    found = [
        f"{path.name}:{node.lineno}"
        for room in ("review", "policy")
        for path in sorted((LION / room).glob("*.py"))
        if path != NAMES_TOOLS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Compare) and "capability" in ast.unparse(node)
        for one in (node.left, *node.comparators)
        if isinstance(one, ast.Constant) and one.value in OFFERED
    ]
    assert found == []
