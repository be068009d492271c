"""Look here if you want to know which rules of the operator's are said to match nothing."""

import pytest

from lion.policy.policy_file import parse_policy
from lion.review.idle_rules import idle_rules
from tests.review.test_rights import plan_of

MANIFEST = """
[models.fast]
provider = "scripted"
script = "answers.toml"
[plugins.a]
component = "a"
allow.http = ["GET https://*.example.com/v1/**", "POST http://127.0.0.1:8000/a%2F**"]
allow.fs = [{ path = "/notes", at = "n" }]
allow.secrets = ["api"]
allow.tools = ["db.*"]
[plugins.db]
component = "db"
"""
TOOLS = ("db.query", "a.greet")
HERE = "this manifest has nothing of the kind"


def told(rule: str, key: str = "deny") -> list[str]:
    policy = parse_policy(f"{key} = ['{rule}']")
    return [one.why for one in idle_rules(plan_of(MANIFEST), policy, TOOLS)]


@pytest.mark.parametrize(
    "rule",
    [
        "random", "bus", "kv set anything/**", "config get x", "tool db.*", "tools call **",
        "tool db.query", "llm ask fast", "llm f*", "secrets exists api", "fs write **",
        "fs read /notes", "fs read /notes/private/**", "fs read /**", "fs /N*", "fs write /no*/x",
        "http **.example.com/**", "http * GET https://api.example.com", "http x.example.com/v1/a",
        "http *", "http * 127.0.0.1", "http * POST http://127.0.0.1:8000/a/b", "http * */v1/**",
        "acme:shelf/books find fiction/**", "system webhook", "fs-at write ~/.ssh/**",
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["deny", "ask"])
def test_rules_that_speak_of_something(rule: str, key: str) -> None:
    assert told(rule, key) == []


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("tool db", 'tools are named plugin.function; write "db.*"'),
        ("tool *", 'tools are named plugin.function; write "*.*"'),
        ("tool bd.*", HERE),
        ("tools call db.insert", HERE),
        ("llm ask slow", HERE),
        ("secrets exists other", HERE),
        ("fs read /elsewhere/**", HERE),
        ("fs write /note", HERE),
        ("fs write /notes/", "no path has a name '' in it, or a slash at its end"),
        ("fs write /notes/../a", "no path has a name '..' in it, or a slash at its end"),
        ("fs write /notes/./**", "no path has a name '.' in it, or a slash at its end"),
        ("http * example.com", HERE),
        ("http http://api.example.com", HERE),
        ("http * api.example.com:8443", HERE),
        ("http * POST https://api.example.com", HERE),
        ("http * GET https://api.example.com/v2/**", HERE),
        ("http * 127.0.0.1:80", HERE),
    ],
)
def test_rules_that_can_match_nothing(rule: str, why: str) -> None:
    assert told(rule) == [why]
