"""Look here if you want to know that grants and rules of the bus speak of what could be heard, and
of nothing else.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import Verdict
from lion.domain.plan import Grant
from lion.domain.question import Question
from lion.policy.decide import decide_static
from lion.policy.grants import attenuate, covers
from lion.scopes.bus import build_bus_grant
from lion.scopes.handed import parse_handed
from lion.scopes.pattern import compile_pattern, includes, meets
from tests.policy.cases import ask, rights

GRANT = build_bus_grant("agents.ann.allow", ["notes.*"], ["news.*", "news.*"], ["bob", "judge-*"])


def _may(operation: str, target: str, policy: str = "", grant: Grant = GRANT) -> Verdict:
    return decide_static(ask("bus", operation, target), rights(grant, policy=policy)).verdict


def test_its_line_is_what_a_person_wrote() -> None:
    wanted = 'agents.ann.allow.bus = { publish = ["notes.*"], receive = ["news.*"], '
    assert GRANT.line == wanted + 'write = ["bob", "judge-*"] }'
    assert build_bus_grant("plugins.x.allow", [], [], []).line == "plugins.x.allow.bus = {}"


@pytest.mark.parametrize(
    ("operation", "target", "is_allowed"),
    [
        ("publish", "notes.a", True),
        ("publish", "news.a", False),  # it may hear that, not say it
        ("publish", "notes.a.b", False),
        ("subscribe", "news.a", True),
        ("subscribe", "news.*", True),
        ("subscribe", "news.s*", True),
        ("subscribe", "news.**", False),  # more than was granted
        ("subscribe", "*.a", False),
        ("subscribe", "**", False),
        ("subscribe", "notes.a", False),
        ("send", "bob", True),
        ("send", "judge-2", True),
        ("send", "bobby", False),
        ("send", "notes", False),
        ("inbox", "", True),
        ("subscription.next", "", True),
    ],
)
def test_each_way_has_its_own_patterns(operation: str, target: str, is_allowed: bool) -> None:
    assert (_may(operation, target) is Verdict.ALLOW) == is_allowed


def test_a_star_is_nobody_outside() -> None:
    within = build_bus_grant("agents.ann.allow", [], [], ["*"])
    out = build_bus_grant("agents.ann.allow", [], [], ["@east/*"])
    assert _may("send", "bob", grant=within) is Verdict.ALLOW
    assert _may("send", "@east/bob", grant=within) is Verdict.DENY
    assert _may("send", "@east/0123456789ab/bob", grant=out) is Verdict.ALLOW
    assert _may("send", "bob", grant=out) is Verdict.DENY
    assert _may("send", "@north/bob", grant=out) is Verdict.DENY
    assert _may("send", "@east/bob", "deny = ['bus send @east/*']", grant=out) is Verdict.DENY
    for one, other in ((within, out), (out, within)):
        less = attenuate(one, other)
        assert less is not None
        assert less.patterns == ()


def test_an_empty_table_lets_its_holder_read_what_is_sent_to_it_and_nothing_else() -> None:
    empty = build_bus_grant("agents.ann.allow", [], [], [])
    assert _may("inbox", "", grant=empty) is Verdict.ALLOW
    for operation in ("send", "publish", "subscribe"):
        assert _may(operation, "bob", grant=empty) is Verdict.DENY


@pytest.mark.parametrize(
    ("rule", "operation", "target", "is_denied"),
    [
        ("bus", "inbox", "", True),
        ("bus subscribe news.secret", "subscribe", "news.*", True),  # it could hear that
        ("bus subscribe news.secret", "subscribe", "news.s*t", True),
        ("bus subscribe news.secret", "subscribe", "news.open", False),
        ("bus news.secret", "subscribe", "news.*", True),
        ("bus publish notes.secret", "publish", "notes.secret", True),
        ("bus publish notes.secret", "publish", "notes.open", False),
        ("bus publish news.secret", "subscribe", "news.*", False),
        ("bus send bob", "send", "bob", True),
        ("bus send bob", "send", "judge-1", False),
        ("bus subscription.next", "subscription.next", "", True),
    ],
)
def test_a_rule_speaks_of_all_that_could_be_heard(
    rule: str, operation: str, target: str, is_denied: bool
) -> None:
    verdict = _may(operation, target, policy=f"deny = ['{rule}']")
    assert (verdict is Verdict.DENY) == is_denied


words = st.text(alphabet="ab.", min_size=1, max_size=6)
patterns = st.lists(st.sampled_from(["a", "b", ".", "*", "**"]), min_size=1, max_size=5).map(
    lambda parts: "".join(parts).replace("***", "**")
).filter(lambda text: "***" not in text)  # fmt: skip


@given(patterns, patterns, words)
def test_two_patterns_meet_where_a_text_is_of_both(one: str, other: str, text: str) -> None:
    both = [compile_pattern(each, ".").matches(text) for each in (one, other)]
    if all(both):
        assert meets(one, other, ".")
        assert meets(other, one, ".")
    if includes(one, other, ".") and both[1]:
        assert both[0]


@given(patterns, words)
def test_a_text_without_stars_meets_what_matches_it(pattern: str, text: str) -> None:
    assert meets(pattern, text, ".") == compile_pattern(pattern, ".").matches(text)


grants = st.lists(patterns, max_size=3).flatmap(
    lambda texts: st.sampled_from(["publish", "receive", "write"]).map(
        lambda way: Grant("bus", "line", tuple(f"{way} {text}" for text in texts))
    )
)


@given(grants, grants, st.sampled_from(["publish", "subscribe", "send", "inbox"]), words)
def test_less_of_a_grant_is_never_more(a: Grant, b: Grant, operation: str, target: str) -> None:
    less = attenuate(a, b)
    assert less is not None
    question = Question("notes", "bus", operation, target)
    if covers(less, question):
        assert covers(a, question)
        assert covers(b, question)


@pytest.mark.parametrize(
    ("line", "operation", "target"),
    [
        ("bus write bob", "send", "bob"),
        ("bus write @east/*", "send", "@east/bob"),
        ("bus publish notes.*", "publish", "notes.a"),
        ("bus receive news.**", "subscribe", "news.a.*"),
    ],
)
def test_what_is_handed_on_is_written_as_a_grant_is(
    line: str, operation: str, target: str
) -> None:
    (grant,) = parse_handed(line)
    assert _may(operation, target, grant=grant) is Verdict.ALLOW


@pytest.mark.parametrize(
    "line",
    [
        "bus send bob", "bus bob", "bus write", "bus publish a..b", "bus receive news.\x1b",
        "bus write a/b", "bus subscribe news.*", f"bus publish {'*a' * 9}",
    ],
)  # fmt: skip
def test_a_line_that_hands_nothing_on_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"publish TOPIC|is nothing that one may"):
        parse_handed(line)
