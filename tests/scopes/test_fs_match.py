"""Look here if you want to know that whatever the grammar says of files is enforced."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import Verdict
from lion.domain.capability import FS_BY_PATH, OFFERED
from lion.domain.plan import Grant, Mount
from lion.domain.question import Question
from lion.policy.decide import decide_static
from lion.policy.grants import attenuate, covers
from lion.scopes.fs_path import Claim, fs_target
from lion.scopes.pattern import compile_pattern
from lion.scopes.rules import BadRule, parse_rule
from tests.policy.cases import ask, rights

READ, WRITE, BOTH = (True, False), (False, True), (True, True)


def fs(path: str, *, write: bool = False) -> Grant:
    return Grant("fs", f"plugins.notes.allow.fs {path}", mount=Mount(path, "x", Path("x"), write))


def about(operation: str, *claims: Claim) -> Question:
    return ask("fs", operation, str(fs_target(*claims)) if claims else "")


@pytest.mark.parametrize(
    ("grant", "claims", "covered"),
    [
        (fs("/n"), [Claim("/n", *READ)], True),
        (fs("/n"), [Claim("/n/a/b", *READ)], True),
        (fs("/n"), [Claim("/nn", *READ)], False),
        (fs("/n"), [Claim("/N", *READ)], False),
        (fs("/n"), [Claim("/", *READ)], False),
        (fs("/n"), [Claim("/n/a", *WRITE)], False),
        (fs("/n"), [Claim("/n/a", *BOTH)], False),
        (fs("/n", write=True), [Claim("/n/a", *BOTH)], True),
        (fs("/n", write=True), [Claim("/n/a", *BOTH), Claim("/n/b", *WRITE)], True),
        (fs("/n", write=True), [Claim("/n/a", *BOTH), Claim("/b", *WRITE)], False),
        (fs("/n", write=True), [Claim("/b", *BOTH), Claim("/n/a", *WRITE)], False),
        (fs("/"), [Claim("/etc/passwd", *READ)], True),
    ],
)
def test_what_a_grant_covers(grant: Grant, claims: list[Claim], covered: bool) -> None:
    for operation in FS_BY_PATH:
        assert covers(grant, about(operation, *claims)) is covered


def test_a_path_that_looks_like_two_is_one() -> None:
    trick = Claim("/n/a -> write /n/b", *BOTH)
    assert not covers(fs("/n/a", write=True), about("write", trick))
    outside = Claim("/x -> read /n/a", *READ)
    assert not covers(fs("/n"), about("read", outside))


def test_an_unreadable_target_is_covered_by_nothing_and_met_by_every_rule() -> None:
    question = ask("fs", "read", "whatever")
    assert not covers(fs("/", write=True), question)
    assert parse_rule("fs write /x", Verdict.DENY).applies(question)


def test_methods_and_mounts_need_some_grant() -> None:
    for operation in set(OFFERED["fs"].operations) - set(FS_BY_PATH):
        assert covers(fs("/n"), ask("fs", operation))
        assert not decide_static(ask("fs", operation), rights()).allowed


@pytest.mark.parametrize(
    ("rule", "operation", "claims", "applies"),
    [
        ("fs write **", "unlink", [Claim("/a", *WRITE)], True),
        ("fs write **", "open", [Claim("/a", *BOTH)], True),
        ("fs write **", "open", [Claim("/a", *READ)], False),
        ("fs write", "make-dir", [Claim("/a", *WRITE)], True),
        ("fs write", "read", [Claim("/a", *READ)], False),
        ("fs read /n/**", "stat", [Claim("/n/a", *READ)], True),
        ("fs read /n/**", "write", [Claim("/n/a", *WRITE)], False),
        ("fs read /n/*", "read", [Claim("/n/a/b", *READ)], False),
        ("fs read /n/a", "read", [Claim("/n/a", *READ)], True),
        ("fs unlink", "unlink", [Claim("/n/a", *WRITE)], True),
        ("fs unlink", "write", [Claim("/n/a", *WRITE)], False),
        ("fs unlink /n/*", "unlink", [Claim("/n/a", *WRITE)], True),
        ("fs * /n/*", "rename", [Claim("/m/a", *BOTH), Claim("/n/a", *WRITE)], True),
        ("fs read /n/*", "rename", [Claim("/m/a", *BOTH), Claim("/n/a", *WRITE)], False),
        ("fs /n/*", "stat", [Claim("/n/a", *READ)], True),
        ("fs", "mounts", [], True),
        ("fs mounts", "mounts", [], True),
        ("fs read /n/**", "list", [Claim("/n", *READ)], True),
        ("fs read /n/a/**", "list", [Claim("/n", *READ)], False),
        ("fs read /n/a*", "list", [Claim("/n", *READ)], True),
        ("fs read **/a", "list", [Claim("/n", *READ)], True),
        ("fs read /n/a", "list", [Claim("/", *READ)], False),
        ("fs read /n", "list", [Claim("/", *READ)], True),
        ("fs read /n/a/b", "rename", [Claim("/n", *BOTH, is_tree=True)], True),
        ("fs read /n/a/b", "rename", [Claim("/n", *BOTH)], False),
        ("fs read /m/a/b", "rename", [Claim("/n", *BOTH, is_tree=True)], False),
        ("fs read /N/A", "read", [Claim("/n/a", *READ)], True),
        ("fs read /n/é", "read", [Claim("/n/E\u0301", *READ)], True),
    ],
)
def test_what_a_rule_speaks_of(
    rule: str, operation: str, claims: list[Claim], applies: bool
) -> None:
    question = about(operation, *claims)
    assert parse_rule(rule, Verdict.DENY).applies(question) is applies


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("fs read notes/**", "paths begin with /"),
        ("fs reed /n", "did you mean 'read'?"),
        ("fs file.append /n", "name nothing"),
        ("fs mounts /n", "name nothing"),
        ("fs write /a***", "write * "),
    ],
)
def test_a_rule_that_could_say_nothing_is_refused(rule: str, said: str) -> None:
    with pytest.raises(BadRule, match=said.replace("*", r"\*").replace("?", r"\?")):
        parse_rule(rule, Verdict.DENY)


PATHS = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=4).map(lambda n: "/" + "/".join(n))
ACCESS = st.sampled_from([READ, WRITE, BOTH])


@given(PATHS, st.booleans(), PATHS, st.booleans(), PATHS, ACCESS)
def test_attenuation_never_widens(
    one: str,
    one_writes: bool,
    other: str,
    other_writes: bool,
    path: str,
    access: tuple[bool, bool],
) -> None:
    a, b = fs(one, write=one_writes), fs(other, write=other_writes)
    question = about("open", Claim(path, *access))
    less = attenuate(a, b)
    expected = covers(a, question) and covers(b, question)
    assert (less is not None and covers(less, question)) == expected


def test_attenuation_takes_the_smaller_quota() -> None:
    a = Grant("fs", "a", quota={"bytes": 5, "files": 9}, mount=Mount("/n", "x", Path("x"), True))
    b = Grant("fs", "b", quota={"bytes": 7, "files": 2}, mount=Mount("/", "y", Path("y"), True))
    less = attenuate(a, b)
    assert less is not None and less.quota == {"bytes": 5, "files": 2}
    assert attenuate(a, Grant("kv", "kv", quota={"bytes": 1})) is None


@given(
    st.text("ab/*", min_size=1, max_size=8), st.text("ab/", max_size=5), st.text("ab", max_size=3)
)
def test_what_may_follow_within_a_segment(pattern: str, text: str, more: str) -> None:
    if "***" in pattern:
        return
    compiled = compile_pattern(pattern, "/")
    if compiled.matches(text + more):
        assert compiled.may_follow_within(text)
    if compiled.may_follow_within(text):
        assert compiled.may_follow(text)
