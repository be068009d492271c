"""Look here if you want to know how decisions come about: who allows, who wins, what is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import Decision, HostCall, Opinion, Verdict
from lion.domain.plan import DEFAULT_CAPABILITIES
from lion.policy.decide import decide, decide_static, words_for_guest
from tests.steps import count_steps

from .cases import KV, TOOLS, ask, rights


def call(capability: str, operation: str, target: str = "") -> HostCall:
    return HostCall("run", "0.1", 1, ("ann", "notes"), capability, operation, target, [])


def says(verdict: Verdict, name: str = "budget"):  # type: ignore[no-untyped-def]
    return lambda _: Opinion(name, verdict, f"{name} says {verdict}")


def test_a_default_is_granted_unless_denied() -> None:
    decision = decide_static(ask("random", "number"), rights())
    assert decision == Decision(Verdict.ALLOW, "granted by default", "default")
    decision = decide_static(ask("random", "number"), rights(denied=("random",)))
    assert decision.verdict is Verdict.DENY
    assert decision.reason == "denied by plugins.notes.deny"
    assert decision.decided_by == "manifest"


@pytest.mark.parametrize("capability", DEFAULT_CAPABILITIES)
def test_each_default_can_be_taken_away(capability: str) -> None:
    from lion.domain.capability import OFFERED

    for operation in OFFERED[capability].operations:
        assert decide_static(ask(capability, operation), rights()).allowed
        assert not decide_static(ask(capability, operation), rights(denied=(capability,))).allowed
    assert capability not in rights(denied=(capability,)).capabilities


def test_a_grant_allows_and_is_named() -> None:
    decision = decide_static(ask("tools", "call", "db.query"), rights(TOOLS))
    assert decision.allowed
    assert decision.reason == "granted by plugins.notes.allow.tools"
    assert decision.decided_by == "grants"
    assert decide_static(ask("kv", "set", "k"), rights(KV)).reason.endswith("allow.kv")


@pytest.mark.parametrize("question", [ask("kv", "get", "k"), ask("tools", "call", "x.y")])
def test_silence_means_no(question) -> None:  # type: ignore[no-untyped-def]
    decision = decide_static(question, rights())
    assert decision.verdict is Verdict.DENY
    assert decision.reason == "no grant covers it"
    assert decision.opinions == (Opinion("grants", Verdict.DENY, "no grant covers it"),)


def test_what_nobody_knows_is_denied() -> None:
    assert decide_static(ask("bus", "publish", "x"), rights(KV, TOOLS)).verdict is Verdict.DENY


def test_an_operator_rule_beats_a_grant() -> None:
    decision = decide_static(
        ask("tools", "call", "db.query"), rights(TOOLS, policy="deny = ['tool db.*']")
    )
    assert decision.reason == 'denied by policy rule "tool db.*"'
    assert decision.decided_by == "policy line 1"


def test_asking_gives_no_right_where_no_grant_does() -> None:
    decision = decide_static(ask("kv", "get", "k"), rights(policy="ask = ['kv']"))
    assert (decision.verdict, decision.decided_by) == (Verdict.DENY, "grants")
    assert [opinion.processor for opinion in decision.opinions] == ["grants", "policy line 1"]


def test_the_strictest_wins_and_all_opinions_are_kept() -> None:
    effective = rights(KV, policy="ask = ['kv set']")
    asked = call("kv", "set", "k")
    assert decide(asked, effective).verdict is Verdict.ASK
    decision = decide(asked, effective, [says(Verdict.ASK, "a"), says(Verdict.DENY, "b")])
    assert (decision.verdict, decision.decided_by) == (Verdict.DENY, "b")
    assert [opinion.processor for opinion in decision.opinions] == ["policy line 1", "a", "b"]


def test_no_processor_can_allow() -> None:
    decision = decide(call("kv", "get", "k"), rights(), [says(Verdict.ALLOW)])
    assert decision.verdict is Verdict.DENY


verdicts = st.lists(st.none() | st.sampled_from(Verdict), max_size=4)


@given(verdicts, verdicts, st.booleans())
def test_more_processors_never_allow_more(first, more, granted: bool) -> None:  # type: ignore[no-untyped-def]
    strictness = [Verdict.ALLOW, Verdict.ASK, Verdict.DENY]
    effective = rights(KV) if granted else rights()
    chain = [(lambda _: None) if v is None else says(v) for v in first]
    longer = chain + [(lambda _: None) if v is None else says(v) for v in more]
    asked = call("kv", "get", "k")
    few, many = (decide(asked, effective, processors) for processors in (chain, longer))
    assert strictness.index(many.verdict) >= strictness.index(few.verdict)
    assert granted or not many.allowed
    assert many.reason and many.decided_by


def test_a_cached_static_decision_gives_the_same() -> None:
    effective = rights(KV, policy="ask = ['kv set']")
    asked = call("kv", "set", "k")
    static = decide_static(ask("kv", "set", "k"), effective)
    assert decide(asked, effective, static=static) is static
    processors = [says(Verdict.DENY)]
    assert decide(asked, effective, processors, static=static) == decide(
        asked, effective, processors
    )


def test_static_processors_join_the_chain() -> None:
    decision = decide_static(ask("clock", "now"), rights(), [says(Verdict.DENY, "night")])
    assert (decision.verdict, decision.decided_by) == (Verdict.DENY, "night")


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (decide_static(ask("kv", "get", "k"), rights()), "no grant covers it"),
        (decide_static(ask("kv", "get"), rights(KV, policy="deny=['kv']")), "a rule forbids it"),
        (Decision(Verdict.DENY, "ann refused it", "approval by ann"), "ann refused it"),
        (decide_static(ask("log", "write"), rights(denied=("log",))), "the manifest denies it"),
        (decide_static(ask("log", "write"), rights(ceiling=())), "the component does not import"),
    ],
)
def test_a_guest_learns_the_kind_of_refusal_only(decision: Decision, words: str) -> None:
    assert words_for_guest(decision).startswith(words)
    assert "notes" not in words_for_guest(decision)


def test_a_decision_costs_little() -> None:
    rules = ", ".join(f"'tool x{i}.*'" for i in range(10))
    effective = rights(KV, TOOLS, policy=f"deny = [{rules}, 'kv set a*b/**']")
    asked = call("tools", "call", "db.query")
    decide(asked, effective)
    # Some 200 lines of Python: eleven rules are asked, and that is all that grows.
    assert count_steps(lambda: decide(asked, effective)) < 400
