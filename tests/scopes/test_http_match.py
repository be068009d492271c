"""Look here if you want to know which requests a scope of http means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.scopes.http_match import grant_pattern, rule_pattern, scope_includes
from lion.scopes.http_scope import BadScope, parse_grant_scope, render_scope
from lion.scopes.pattern import BadPattern
from lion.scopes.table import SCOPES

GRANTS = [
    ("GET https://api.example.com/v1/**", "GET https://api.example.com/v1/a/b?c", True),
    ("GET https://api.example.com/v1/**", "GET https://api.example.com/v1/", True),
    ("GET https://api.example.com/v1/**", "GET https://api.example.com/v1", False),
    ("GET https://api.example.com/v1/**", "GET https://api.example.com/v2/", False),
    ("GET https://api.example.com/v1/**", "POST https://api.example.com/v1/a", False),
    ("GET https://api.example.com/v1/**", "GET http://api.example.com/v1/a", False),
    ("GET https://api.example.com/v1/**", "GET https://api.example.com:8443/v1/a", False),
    ("GET https://api.example.com/v1/**", "GET https://api.example.com.evil.com/v1/a", False),
    ("GET https://api.example.com/v1/**", "GET https://evil.com/api.example.com/v1/a", False),
    ("GET https://api.example.com/v1/*", "GET https://api.example.com/v1/a", True),
    ("GET https://api.example.com/v1/*", "GET https://api.example.com/v1/a/b", False),
    ("GET https://api.example.com/a", "GET https://api.example.com/a?any=thing", True),
    ("GET https://api.example.com/a?x=*", "GET https://api.example.com/a?x=1", True),
    ("GET https://api.example.com/a?x=*", "GET https://api.example.com/a?x=1&y=2", False),
    ("GET https://api.example.com/a?x=*", "GET https://api.example.com/a", False),
    ("GET https://api.example.com/a?", "GET https://api.example.com/a", True),
    ("GET https://api.example.com/a?", "GET https://api.example.com/a?x", False),
    ("GET https://api.example.com", "GET https://api.example.com/", True),
    ("GET https://api.example.com", "GET https://api.example.com/a", False),
    ("GET,POST http://a.example/**", "POST http://a.example/x", True),
    ("* http://a.example/**", "DELETE http://a.example/x", True),
    ("get HTTP://A.Example:80/%7e**", "GET http://a.example/~x", True),
    ("GET https://*.example.com/**", "GET https://a.b.example.com/", True),
    ("GET https://*.example.com/**", "GET https://example.com/", False),
    ("GET https://*.example.com/**", "GET https://notexample.com/", False),
    ("GET https://*.example.com/**", "GET https://a.example.com.evil.com/", False),
    ("GET https://*/**", "GET https://anything.at.all/x", True),
    ("GET http://127.0.0.1:8000/**", "GET http://127.0.0.1:8000/private", True),
    ("GET http://127.0.0.1:8000/**", "GET http://127.0.0.1:8001/private", False),
    ("GET http://[::1]:80/**", "GET http://[::1]/x", True),
    ("GET https://Bücher.example/**", "GET https://xn--bcher-kva.example/x", True),
]

RULES = [
    ("**/b/admin/**", "GET https://a.example/b%2Fadmin/x", True),
    ("**/admin/**", "GET https://a.example/admin%2Fx", True),
    ("**/*%2F*", "GET https://a.example/a%2fb", True),
    ("**.internal/**", "GET http://db.internal/x", True),
    ("**.internal/**", "POST https://a.db.internal:8443/x", True),
    ("**.internal", "GET https://a.internal/any/path?q", True),
    ("**.internal/**", "GET http://internal.example/x", False),
    ("**.internal/**", "GET http://a.example/b.internal/c", False),
    ("api.example.com", "GET http://api.example.com:81/x", True),
    ("https://api.example.com", "GET http://api.example.com/x", False),
    ("POST **/**", "POST https://a.example/", True),
    ("POST **/**", "GET https://a.example/", False),
    ("**/admin/**", "GET https://a.example/admin/x", True),
    ("**/admin/**", "GET https://a.example/b/admin/x", False),
]

HTTP = SCOPES["http"]


@pytest.mark.parametrize(("scope", "target", "covered"), GRANTS)
def test_a_grant_covers_what_it_says(scope: str, target: str, covered: bool) -> None:
    assert grant_pattern(scope).matches(HTTP.read_target(target)) is covered


SLASHES = [
    ("GET https://a.example/**", "/@types%2fnode", True, True),
    ("GET https://a.example/projects/**", "/projects/group%2Fproject", True, True),
    ("GET https://a.example/projects/*", "/projects/group%2Fproject", False, True),
    ("GET https://a.example/projects/*/issues", "/projects/a%2Fb/issues", False, True),
    ("GET https://a.example/projects/*", "/projects%2Fgroup", False, False),
    ("GET https://a.example/projects/a/b", "/projects/a%2Fb", False, False),
    ("GET https://a.example/projects/a%2fb", "/projects/a%2Fb", True, True),
    ("GET https://a.example/projects/a%2fb", "/projects/a/b", False, False),
    ("GET https://a.example/**", "/a%2F..%2Fb", False, False),
    ("GET https://a.example/a", "/a?next=%2Fb", True, True),
]


@pytest.mark.parametrize(("scope", "path", "covered", "covered_as_sent"), SLASHES)
def test_an_encoded_slash_is_granted_in_both_readings_or_by_word(
    scope: str, path: str, covered: bool, covered_as_sent: bool
) -> None:
    target = f"GET https://a.example{path}"
    assert grant_pattern(scope).matches(HTTP.read_target(target)) is covered
    assert (
        grant_pattern(scope, encoded_slash=True).matches(HTTP.read_target(target))
        is covered_as_sent
    )


def test_a_scope_as_sent_is_within_one_that_covers_both_readings() -> None:
    narrow = "GET https://a.example/p/a%2Fb"
    assert scope_includes("GET https://a.example/p/**", narrow)
    assert scope_includes(narrow, narrow)
    assert not scope_includes("GET https://a.example/p/*", narrow)


@pytest.mark.parametrize(("scope", "target", "meant"), RULES)
def test_a_rule_is_wide_where_it_says_nothing(scope: str, target: str, meant: bool) -> None:
    assert rule_pattern(scope).matches(HTTP.read_target(target)) is meant


@pytest.mark.parametrize(
    "text",
    [
        "", "GET", "https://a.example/", "GET a.example/", "GET ftp://a.example/", "G(T https://a.example/",
        "GET https://a.*.example/", "GET https://a*.example/", "GET https://*./", "GET https://u@a.example/",
        "GET https://a.example/***", "GET https://a.example/ x", "GET https://a.example:99999/",
        "GET https://a.example/a%2f..%2fb", "GET, https://a.example/", "GET https://a.example/#x",
        "CONNECT https://a.example/", "GET https://127.1/", "GET https://a.example/" + "x" * 2_000,
    ],
)  # fmt: skip
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(BadScope):
        parse_grant_scope(text)
    with pytest.raises(BadPattern):
        grant_pattern(text)


WORDS = st.lists(st.sampled_from(["a", "*", "**", "/", "b", "?", "&"]), max_size=7).map("".join)
SCOPES = st.builds(
    "{} http{}://{}/{}".format,
    st.sampled_from(["GET", "GET,POST", "*"]),
    st.sampled_from(["", "s"]),
    st.sampled_from(["*", "*.a.b", "a.b", "c.a.b", "a.b:81"]),
    WORDS,
)
TARGETS = st.builds(
    "{} http{}://{}/{}".format,
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["", "s"]),
    st.sampled_from(["a.b", "c.a.b", "a.b:81"]),
    WORDS.map(lambda text: text.replace("*", "b")),
)


@given(SCOPES, SCOPES, TARGETS)
def test_what_is_included_covers_no_more(wide: str, narrow: str, target: str) -> None:
    try:
        included = scope_includes(wide, narrow)
        covered = grant_pattern(narrow).matches(HTTP.read_target(target))
    except (BadScope, BadPattern):
        return
    if included and covered:
        assert grant_pattern(wide).matches(HTTP.read_target(target))


@given(SCOPES)
def test_rendering_is_another_spelling_of_the_same(text: str) -> None:
    try:
        scope = parse_grant_scope(text)
    except BadScope:
        return
    assert parse_grant_scope(render_scope(scope)) == scope
    assert scope_includes(text, render_scope(scope))
