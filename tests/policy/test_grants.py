"""Look here if you want to know which calls a grant covers, and that attenuation never widens."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lion.domain.capability import OFFERED
from lion.domain.plan import Grant
from lion.policy.grants import attenuate, covers

from .cases import KV, TOOLS, ask

patterns = st.lists(
    st.lists(st.sampled_from(["a", "b", ".", "*", "**"]), min_size=1, max_size=5)
    .map("".join)
    .filter(lambda text: "***" not in text),
    max_size=3,
).map(tuple)
quotas = st.dictionaries(st.sampled_from(["bytes", "calls"]), st.integers(0, 9))
grants = st.builds(Grant, st.sampled_from(["kv", "tools"]), st.just("line"), patterns, quotas)
questions = st.builds(
    ask,
    st.sampled_from(["kv", "tools"]),
    st.sampled_from(["get", "call", "start", "list"]),
    st.text("ab.", max_size=5),
)


@given(grants, grants, questions)
def test_attenuation_never_widens(grant: Grant, by: Grant, question) -> None:  # type: ignore[no-untyped-def]
    less = attenuate(grant, by)
    if less is None:
        return
    for whole in (grant, by):
        assert not covers(less, question) or covers(whole, question)
        assert all(less.quota[name] <= most for name, most in whole.quota.items())


paths = st.lists(
    st.sampled_from(["/", "a", "b", "%2F", "*", "**", "*%2F*"]), min_size=1, max_size=4
).map(lambda parts: "/" + "".join(parts))


def web_grant(path: str, slash: bool) -> Grant:
    url = f"GET https://a.example{path}"
    return Grant("http", "line", patterns=(url,), encoded_slash=slash)


web = st.builds(
    web_grant,
    paths.filter(lambda path: "***" not in path),
    st.booleans(),
)


@example(web_grant("/*", False), web_grant("/a%2Fb", False), "/a%2Fb")
@example(web_grant("/*", True), web_grant("/*", False), "/a%2Fb")
@given(web, web, paths.filter(lambda path: "*" not in path))
def test_attenuation_never_widens_by_an_encoded_slash(grant: Grant, by: Grant, path: str) -> None:
    less = attenuate(grant, by)
    question = ask("http", "send", f"GET https://a.example{path}")
    for whole in (grant, by) if less is not None and covers(less, question) else ():
        assert covers(whole, question)


@given(grants)
def test_a_grant_within_itself_stays(grant: Grant) -> None:
    less = attenuate(grant, grant)
    if less is not None:
        assert set(less.patterns) <= set(grant.patterns)
        assert (less.quota, less.line) == (grant.quota, grant.line)
    else:
        assert grant.capability == "tools" and not grant.patterns


@pytest.mark.parametrize(
    ("a", "b", "kept"),
    [
        (("notes.*",), ("notes.add",), ("notes.add",)),
        (("notes.add", "db.*"), ("**",), ("notes.add", "db.*")),
        (("*.add",), ("notes.*",), None),
        (("notes.*",), ("db.*",), None),
        (("notes.*",), (), None),
    ],
)
def test_examples_of_attenuation(
    a: tuple[str, ...], b: tuple[str, ...], kept: tuple[str, ...] | None
) -> None:
    less = attenuate(Grant("tools", "a", a), Grant("tools", "b", b))
    assert (None if less is None else less.patterns) == kept


def test_grants_of_two_capabilities_have_nothing_in_common() -> None:
    assert attenuate(KV, TOOLS) is None


def test_a_tools_grant_covers_what_it_names() -> None:
    assert covers(TOOLS, ask("tools", "call", "db.query"))
    assert covers(TOOLS, ask("tools", "start", "mail.send"))
    assert not covers(TOOLS, ask("tools", "call", "mail.sends"))
    assert not covers(TOOLS, ask("tools", "call", "db"))
    assert not covers(TOOLS, ask("tools", "call", ""))
    assert not covers(TOOLS, ask("kv", "get", "db.query"))


def test_a_grant_of_no_tool_covers_nothing() -> None:
    empty = Grant("tools", "line")
    for operation in OFFERED["tools"].operations:
        assert not covers(empty, ask("tools", operation))


def test_what_has_no_target_needs_any_grant() -> None:
    for operation in ("list", "pending.take"):
        assert covers(TOOLS, ask("tools", operation))


@pytest.mark.parametrize("operation", OFFERED["kv"].operations)
def test_a_kv_grant_covers_every_key(operation: str) -> None:
    assert covers(KV, ask("kv", operation, "any/key"))


def test_unknown_words_are_covered_by_nothing() -> None:
    assert not covers(KV, ask("kv", "drop", "key"))
    assert not covers(Grant("bus", "line", ("**",)), ask("bus", "publish", "x"))
