"""Look here if you want to know what an operator's policy file comes to."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.plan import MIB, SECOND, Limits, Rate
from lion.errors import OperatorError
from lion.policy.ceilings import lower
from lion.policy.policy_file import parse_policy
from lion.policy.rights import build_rights

from .cases import EVERYTHING, holder

FULL = """
deny = ["http * **.internal/**", "fs write **", "tool db.*", "kv set **", "random"]
ask = ["tool mail.send"]

[limits]
memory = "32 MiB"
deadline = "10 s"
calls = 100
rate = "5/s"
"""


def test_a_policy_has_rules_ceilings_and_a_digest() -> None:
    policy = parse_policy(FULL, Path("policy.toml"))
    assert [rule.text for rule in policy.deny][-2:] == ["kv set **", "random"]
    assert [rule.capability for rule in policy.ask] == ["tools"]
    assert policy.ceilings == {
        "memory": 32 * MIB,
        "deadline_ns": 10 * SECOND,
        "calls": 100,
        "rate": Rate(5, SECOND),
    }
    assert policy.digest == hashlib.sha256(FULL.encode()).hexdigest()


def test_a_policy_may_name_a_proxy() -> None:
    policy = parse_policy('[http]\nproxy = "http://Proxy.example:3128"\n')
    assert policy.proxy is not None and policy.proxy.origin == "http://proxy.example:3128"
    assert parse_policy("deny = []").proxy is None


def test_the_empty_policy_has_a_digest_too() -> None:
    policy = parse_policy("")
    assert (policy.deny, policy.ask, policy.ceilings) == ((), (), {})
    assert policy.digest == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("deni = []", "p.toml:1: deni: unknown key 'deni'; did you mean 'deny'?"),
        ("[http]", "http: 'proxy' is missing"),
        ('[http]\nproxy = "https://p:1"', "http.proxy: 'https://p:1' is no proxy that is spoken"),
        ('[http]\nproxy = "http://p:1/x"', "http.proxy: 'http://p:1/x' is no proxy"),
        ('[http]\nproxy = "http://me:pw@p:1"', "http.proxy: a URL has no user name or password"),
        ('[http]\nproxy = "p:1"', "http.proxy: "),
        ('deny = ["randon"]', "p.toml:1: deny[0]: no capability 'randon'; did you mean 'random'?"),
        ('ask = ["kv", "kv sett"]', "p.toml:1: ask[1]: kv has no operation 'sett'; did you mean"),
        ('deny = "random"', "p.toml:1: deny: should be a list in square brackets, not text"),
        ("deny = [1]", "p.toml:1: deny[0]: should be text in quotes"),
        ("[limits]\nmemory = 3", "p.toml:2: limits.memory: 3 is no size"),
        (
            "[limits]\nmemroy = '3 B'",
            "p.toml:2: limits.memroy: unknown key 'memroy'; did you mean",
        ),
        ("[limit]\n", "p.toml:1: limit: unknown key 'limit'; did you mean 'limits'?"),
        ("[models]\n", "p.toml:1: models: unknown key 'models'"),
        ("allow = []", "p.toml:1: allow: unknown key 'allow'"),
        ("deny = [", "not valid TOML"),
    ],
)
def test_each_mistake_is_one_clear_line(text: str, said: str) -> None:
    with pytest.raises(OperatorError) as caught:
        parse_policy(text, Path("p.toml"))
    assert said in str(caught.value)


def test_limits_are_lowered_to_the_ceiling_and_never_raised() -> None:
    limits = Limits(memory=MIB, deadline_ns=None, calls=1_000, rate=None)
    lowered = build_rights(holder(limits=limits), EVERYTHING, parse_policy(FULL)).limits
    assert lowered.memory == MIB
    assert lowered.deadline_ns == 10 * SECOND
    assert lowered.calls == 100
    assert lowered.rate == Rate(5, SECOND)
    assert lowered.cpu_ns == limits.cpu_ns


def test_a_ceiling_of_none_is_no_ceiling() -> None:
    policy = parse_policy('[limits]\ndeadline = "none"')
    assert lower(Limits(), policy.ceilings) == Limits()


numbers = st.none() | st.integers(0, 2**40)
rates = st.none() | st.builds(Rate, st.integers(0, 10**6), st.integers(1, 10**12))


def at_most(least: Any, most: Any) -> bool:
    if most is None or least is None:
        return most is None
    if isinstance(least, Rate):
        slower = least.count * most.period_ns <= most.count * least.period_ns
        return least.count <= most.count and slower
    return bool(least <= most)


@given(numbers, rates, numbers, rates)
def test_nothing_lowered_is_above_either(
    calls: int | None, rate: Rate | None, top_calls: int | None, top_rate: Rate | None
) -> None:
    lowered = lower(Limits(calls=calls, rate=rate), {"calls": top_calls, "rate": top_rate})
    for one, tops in ((lowered.calls, (calls, top_calls)), (lowered.rate, (rate, top_rate))):
        assert all(at_most(one, top) for top in tops)


def test_each_rule_knows_its_line() -> None:
    """Lists over lines, comments with quotes, both kinds of strings; an escaped one has the
    list's.
    """
    text = """# ask = ["kv"]
ask = []
deny = [  # "random"
    "kv",
    'tool db.*', "random",
    "http send \\u0068ttps://x/**",
]
"""
    policy = parse_policy(text)
    assert [(rule.text, rule.line) for rule in policy.deny] == [
        ("kv", 4), ("tool db.*", 5), ("random", 5), ("http send https://x/**", 3),
    ]  # fmt: skip
    assert policy.deny[0].opinion.processor == "policy line 4"
