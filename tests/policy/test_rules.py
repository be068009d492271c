"""Look here if you want to know whether every rule that parses is enforced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import Verdict
from lion.domain.capability import OFFERED
from lion.domain.question import Question
from lion.policy.decide import decide_static
from lion.policy.policy_file import parse_policy
from lion.scopes.rules import BadRule, parse_rule

from .cases import EVERYTHING, GRANTS, KV, ask, holder, rights

TARGETS = {
    "kv": ("cache/a", "cache/b/c", "other"),
    "tools": ("db.query", "mail.send"),
    "http": ("GET https://api.example.com/v1", "GET http://db.internal:8080/x"),
    "secrets": ("api",),
    "llm": ("fast",),
    "agents": ("bob",),
    "elements": ("note", "queue.a"),
}
ALL = [
    ask(capability.name, operation, target)
    for capability in OFFERED.values()
    if capability.name not in ("fs", "bus")
    for operation in capability.operations
    for target in (
        TARGETS.get(capability.name, ("",)) if operation in capability.targeted else ("",)
    )
]
"""A question for every operation, with several targets where it has one.

Files and the bus have targets and rules of another kind, and tests of their own.
"""


def spoken_of(*wanted: tuple[str, ...]) -> set[Question]:
    """The questions of this capability, operation and beginning of a target; `*` is any."""
    return {
        question
        for question in ALL
        for capability, operation, target in [(*each, "*", "*")[:3] for each in wanted]
        if question.capability == capability
        and operation in ("*", question.operation)
        and (target == "*" or str(question.target).startswith(target))
    }


FORMS = [
    # a rule, and all it speaks of
    ("random", spoken_of(("random",))),
    ("random *", spoken_of(("random",))),
    ("clock sleep", spoken_of(("clock", "sleep"))),
    ("kv", spoken_of(("kv",))),
    ("kv set", spoken_of(("kv", "set"))),
    ("kv set **", spoken_of(("kv", "set"))),
    ("kv set cache/**", spoken_of(("kv", "set", "cache/"))),
    ("kv get cache/*", {ask("kv", "get", "cache/a")}),
    ("kv * other", spoken_of(("kv", "*", "other"))),
    ("kv cache/**", spoken_of(("kv", "*", "cache/"))),
    ("kv list cache/**", spoken_of(("kv", "list", "cache/"))),
    ("tools", spoken_of(("tools",))),
    ("tools start", spoken_of(("tools", "start"))),
    ("tools pending.take", spoken_of(("tools", "pending.take"))),
    ("tool db.*", spoken_of(("tools", "call", "db."), ("tools", "start", "db."))),
    ("tools db.*", spoken_of(("tools", "call", "db."), ("tools", "start", "db."))),
    ("tools call db.*", spoken_of(("tools", "call", "db."))),
    ("tool call db.query", spoken_of(("tools", "call", "db."))),
    ("tool mail.send", spoken_of(("tools", "call", "mail"), ("tools", "start", "mail"))),
    ("tool **", spoken_of(("tools", "call"), ("tools", "start"))),
    *((f"{name}", spoken_of((name,))) for name in OFFERED),
    *(
        (f"{capability.name} {operation}", spoken_of((capability.name, operation)))
        for capability in OFFERED.values()
        for operation in capability.operations
    ),
    ("http * **.internal/**", spoken_of(("http", "*", "GET http://db.internal"))),
    ("http send https://*.example.com", spoken_of(("http", "send", "GET https://api"))),
    ("http * POST **/**", set()),
    ("http * GET **/v1", spoken_of(("http", "*", "GET https://api"))),
    ("http GET **/v1", spoken_of(("http", "*", "GET https://api"))),
    ("http get,post **/v1", spoken_of(("http", "*", "GET https://api"))),
    ("http POST https://*.example.com/**", set()),
    ("secrets exists api", spoken_of(("secrets",))),
    ("elements", spoken_of(("elements",))),
    ("elements create note", spoken_of(("elements", "create", "note"))),
    ("elements append **", spoken_of(("elements", "append"))),
    ("elements * note", spoken_of(("elements", "*", "note"))),
]


@pytest.mark.parametrize(("rule", "wanted"), FORMS, ids=[rule for rule, _ in FORMS])
@pytest.mark.parametrize("key", ["deny", "ask"])
def test_a_rule_is_enforced_where_it_speaks_and_nowhere_else(
    rule: str, wanted: set[Question], key: str
) -> None:
    effective = rights(*GRANTS, policy=f"{key} = ['{rule}']")
    verdict = Verdict.DENY if key == "deny" else Verdict.ASK
    assert {q for q in ALL if decide_static(q, effective).verdict is verdict} == wanted
    for question in wanted:
        decision = decide_static(question, effective)
        assert f'policy rule "{rule}"' in decision.reason
        assert decision.decided_by == "policy line 1"


def test_without_rules_all_of_this_is_allowed() -> None:
    effective = rights(*GRANTS)
    assert all(decide_static(question, effective).allowed for question in ALL)


def test_a_rule_on_keys_refuses_a_listing_that_could_show_them() -> None:
    effective = rights(KV, policy="deny = ['kv * secret/**']")
    for prefix, allowed in {
        "": False,
        "sec": False,
        "secret/": False,
        "secret/a": False,
        "sex": True,
        "other/": True,
    }.items():
        assert decide_static(ask("kv", "list", prefix), effective).allowed is allowed, prefix


def test_a_rule_on_settings_refuses_them_and_the_list_of_their_names() -> None:
    effective = rights(policy="deny = ['config db/*']")
    assert not decide_static(ask("config", "get", "db/user"), effective).allowed
    assert not decide_static(ask("config", "keys"), effective).allowed
    assert decide_static(ask("config", "get", "style"), effective).allowed


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "an empty rule"),
        ("randon", "no capability 'randon'; did you mean 'random'?"),
        ("htp * x", "no capability 'htp'; did you mean 'http'?"),
        ("Random", "no capability 'Random'; did you mean 'random'?"),
        ("kv sett", "kv has no operation 'sett'; did you mean 'set'?"),
        ("kv sett x/**", "kv has no operation 'sett'"),
        ("clock sleeep", "clock has no operation 'sleeep'; did you mean 'sleep'?"),
        ("clock sleep **", "calls of clock sleep name nothing that '**' could match"),
        ("random * x", "calls of random name nothing"),
        ("tools list db.*", "calls of tools list name nothing"),
        ("tools pending.take db.*", "calls of tools pending.take name nothing"),
        ("kv set a***b", "write * (within a segment) or **"),
    ],
)
def test_a_rule_that_cannot_be_enforced_is_refused(rule: str, said: str) -> None:
    with pytest.raises(BadRule) as caught:
        parse_rule(rule, Verdict.DENY)
    assert said in str(caught.value)


@given(st.text("abkvtools*./ ", max_size=20))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = parse_rule(text, Verdict.DENY)
    except BadRule:
        return
    assert rule.opinion.verdict is Verdict.DENY


@pytest.mark.parametrize("capability", OFFERED)
def test_nothing_is_a_right_that_the_component_does_not_import(capability: str) -> None:
    # The host sends secrets with requests, so whoever imports http can bring about their use.
    missing = {capability, "http"} if capability == "secrets" else {capability}
    ceiling = [name for name in EVERYTHING if name not in missing]
    from lion.policy.rights import build_rights

    effective = build_rights(holder(*GRANTS), ceiling, parse_policy(""))
    for question in ALL:
        decision = decide_static(question, effective)
        assert decision.allowed is (question.capability not in missing)
        if not decision.allowed:
            assert decision.decided_by == "ceiling"
    assert set(effective.capabilities) == set(EVERYTHING) - missing


@pytest.mark.parametrize(
    ("rule", "instead"),
    [
        ("http DELETE", "http DELETE *"),
        ("http api.example.com", "http * api.example.com"),
        ("http 127.0.0.1:80", "http * 127.0.0.1:80"),
    ],
)
def test_what_stands_in_place_of_an_operation_is_told(rule: str, instead: str) -> None:
    with pytest.raises(BadRule) as told:
        parse_rule(rule, Verdict.DENY)
    assert f'write "{instead}"' in str(told.value)
    parse_rule(instead, Verdict.DENY)


@pytest.mark.parametrize(
    ("rule", "instead"),
    [
        ("http GET", "http GET *"),
        ("http get,head", "http GET,HEAD *"),
        ("http SEND a.b", "send"),
        ("http a.b", "http * a.b"),
        ("http a.b:8080", "http * a.b:8080"),
        ("http localhost", "http * localhost"),
        ("http a.b two words", "http POST https://api.example.com/v1/**"),
    ],
)
def test_what_is_suggested_instead_of_a_rule_about_requests_is_a_rule(
    rule: str, instead: str
) -> None:
    with pytest.raises(BadRule, match="http has no operation") as caught:
        parse_rule(rule, Verdict.DENY)
    assert instead in str(caught.value)
    if instead.startswith("http"):
        parse_rule(instead, Verdict.DENY)


def test_methods_before_what_is_no_server_are_told() -> None:
    with pytest.raises(BadRule, match="'POST two words' names no requests; write methods and a"):
        parse_rule("http POST two words", Verdict.ASK)
