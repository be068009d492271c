"""Look here if you want to know that a suggested line keeps its manifest's variables, and allows
the call with them.
"""

from pathlib import Path

import pytest

from lion.domain.plan import Plan
from lion.domain.question import Question
from lion.manifest.parse import parse_manifest
from lion.policy.decide import decide_static
from lion.policy.policy_file import parse_policy
from lion.policy.rights import build_rights
from lion.policy.suggest import suggest
from lion.scopes.table import read_question

TARGET = "GET http://127.0.0.1:4711/staff/diary.html"


def plan(allow: str, web: str = "http://127.0.0.1:4711") -> Plan:
    text = f"""
name = "desk"
vars = {{ web = "http://127.0.0.1:8321", page = "staff", all = "**" }}
[plugins.fetcher]
component = "f"
allow.http = {allow}
"""
    return parse_manifest(text, path=Path("/m/m.toml"), sets={"web": web})


def decided(plan: Plan, target: str) -> tuple[Question, bool, str | None]:
    rights = build_rights(plan.holders["fetcher"], ("http",), parse_policy(""))
    question = read_question("fetcher", "http", "send", target)
    decision = decide_static(question, rights)
    found = suggest(question, decision, plan)
    return question, decision.allowed, None if found is None else found.line


@pytest.mark.parametrize(
    ("allow", "line"),
    [
        ('["GET ${web}/park/**"]', '["GET ${web}/park/**", "GET ${web}/staff/diary.html"]'),
        ('["GET ${web}/${all}x"]', '["GET ${web}/${all}x", "GET ${web}/staff/diary.html"]'),
        (
            '[{ url = "GET ${web}/park/**", calls = 3 }]',
            '[{ url = "GET ${web}/park/**", calls = 3 }, "GET ${web}/staff/diary.html"]',
        ),
        (
            '["GET http://127.0.0.1:4711/park/**"]',
            f'["GET http://127.0.0.1:4711/park/**", "{TARGET}"]',
        ),
    ],
)
def test_a_line_has_the_variables_of_the_one_it_replaces(allow: str, line: str) -> None:
    _, allowed, suggested = decided(plan(allow), TARGET)
    assert (allowed, suggested) == (False, f"plugins.fetcher.allow.http = {line}")


@pytest.mark.parametrize("port", [4711, 8321, 50_000])
def test_the_line_fits_the_next_run_on_another_port(port: int) -> None:
    _, _, suggested = decided(plan('["GET ${web}/park/**"]'), TARGET)
    assert suggested is not None
    web = f"http://127.0.0.1:{port}"
    after = plan(suggested.partition(" = ")[2], web)
    assert decided(after, f"GET {web}/staff/diary.html")[1]
    assert not decided(after, f"GET {web}/staff/other.html")[1]
    assert not decided(after, "GET http://127.0.0.1:4712/staff/diary.html")[1]


def test_what_a_guest_asks_for_brings_in_no_variable_by_itself() -> None:
    """Words of the target that happen to be a variable's value stay words."""
    found = decided(plan('["GET https://a.example/**x"]'), "GET https://a.example/staff/y")[2]
    assert found is not None and "${" not in found
