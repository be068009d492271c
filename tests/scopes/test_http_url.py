"""Look here if you want to know which spellings of a URL are one, and which are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.scopes.http_url import BadUrl, parse_method, parse_url, resolve

SAME = [
    ("HTTP://Example.COM", "http://example.com/"),
    ("http://example.com:80/", "http://example.com/"),
    ("https://example.com:443", "https://example.com/"),
    ("https://example.com:8443/a", "https://example.com:8443/a"),
    ("http://example.com./a", "http://example.com/a"),
    ("http://example.com:/a", "http://example.com/a"),
    ("http://Bücher.example/ü?q=ü", "http://xn--bcher-kva.example/%C3%BC?q=%C3%BC"),
    ("http://a.example/%7euser/%41", "http://a.example/~user/A"),
    ("http://a.example/%c3%bc", "http://a.example/%C3%BC"),
    ("http://a.example/a/./b/../c", "http://a.example/a/c"),
    ("http://a.example/../../a", "http://a.example/a"),
    ("http://a.example/a/%2e%2E/b", "http://a.example/b"),
    ("http://a.example/a/..", "http://a.example/"),
    ("http://a.example/a//b", "http://a.example/a//b"),
    ("http://a.example?x", "http://a.example/?x"),
    ("http://a.example/a?", "http://a.example/a?"),
    ("http://a.example/a?x=%2f../b#frag?x", "http://a.example/a?x=%2F../b"),
    ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/a"),
    ("http://[::0:1]:80/", "http://[::1]/"),
    ("http://[2001:DB8::1]/", "http://[2001:db8::1]/"),
    ("http://[::ffff:127.0.0.1]:8000/a", "http://127.0.0.1:8000/a"),
    ("http://[0:0:0:0:0:FFFF:7F00:1]/", "http://127.0.0.1/"),
]

REFUSED = [
    "", "example.com", "/a", "ftp://a.example/", "javascript:alert(1)", "http:/a.example/",
    "http://", "http:///a", "http://user@a.example/", "http://u:p@a.example/", "http://@a.example/",
    "http://a.example/a b", "http://a.example/a\tb", "http://a.example/\r\nHost: b",
    "http://a.example/\0", "http://a.example/\x7f", "http://a.example\\@b.example/",
    "http://a.example/a\\b", "http://a.example/a%2f..%2fb",
    "http://a.example/..%2fb", "http://a.example/a%2f%2e", "http://a.example/a%5Cb",
    "http://a.example/a%00b", "http://a.example/%", "http://a.example/%4", "http://a.example/%zz",
    "http://a.example/?%g0", "http://a%2eexample/", "http://a..example/", "http://-a.example/",
    "http://a.example:0/", "http://a.example:65536/", "http://a.example:8o/", "http://a.example:-1/",
    "http://[::1/", "http://[::1%25eth0]/", "http://[v1.a]/", "http://::1/", "http://127.1/",
    "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.0.0.0x1/",
    "http://1.2.3.4.5/", "http://a_\u0000/", "http://xn--\u00fc/", "http://" + "a" * 9_000,
    "http://a.example/" + "ü" * 2_000, "http://" + "a" * 64 + ".example/",
    "http://0.0.0.0/", "http://[::]/", "http://[::ffff:0:0]/", "http://[64:ff9b::7f00:1]/",
]  # fmt: skip


@pytest.mark.parametrize(("text", "normal"), SAME)
def test_spellings_become_one(text: str, normal: str) -> None:
    assert parse_url(text).text == normal


@pytest.mark.parametrize("text", REFUSED)
def test_what_could_be_read_differently_is_refused(text: str) -> None:
    with pytest.raises(BadUrl):
        parse_url(text)


def test_a_password_is_refused_in_words_of_its_own() -> None:
    with pytest.raises(BadUrl, match="user name or password"):
        parse_url("https://u:p@a.example/")


PARTS = st.sampled_from(
    ["http://", "HTTPS://", "a.example", "[::1]", "1.2.3.4", ":80", ":8", "/", "..", ".", "%2e",
     "%41", "%2f", "?", "#", "ü", "*", "&", "=", "a", "%C3%BC", "\\", "@", " "]
)  # fmt: skip


@given(
    st.lists(PARTS, max_size=12).map("".join)
    | st.text(max_size=30).map("http://a.example/".__add__)
)
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        once = parse_url(text)
    except BadUrl:
        return
    assert parse_url(once.text) == once
    assert once.text.isascii() and once.text.isprintable() and " " not in once.text
    assert "/../" not in once.path + "/" and "/./" not in once.path + "/"
    assert once.path.startswith("/")


@pytest.mark.parametrize(
    ("reference", "leads"),
    [
        ("/x", "http://a.example/x"),
        ("x", "http://a.example/b/x"),
        ("../x", "http://a.example/x"),
        ("?q", "http://a.example/b/c?q"),
        ("#top", "http://a.example/b/c?d"),
        ("", "http://a.example/b/c?d"),
        ("//b.example/x", "http://b.example/x"),
        ("https://b.example", "https://b.example/"),
        ("/my file?two words", "http://a.example/my%20file?two%20words"),
        (" /x ", "http://a.example/x"),
        ("/caf\udce9", "http://a.example/caf%E9"),
        ("//b\u00fccher.example/x y", "http://xn--bcher-kva.example/x%20y"),
        ("a b:c", "http://a.example/b/a%20b:c"),
    ],
)
def test_a_reference_is_relative_to_where_it_stands(reference: str, leads: str) -> None:
    assert resolve(parse_url("http://a.example/b/c?d"), reference).text == leads


def test_methods_are_upper_case_and_two_are_not_offered() -> None:
    assert parse_method("get") == "GET"
    assert parse_method("M-SEARCH") == "M-SEARCH"
    for bad in ("", "CONNECT", "trace", "GET ", "G\u00cbT", "GET\r\nX: y", "A" * 40):
        with pytest.raises(BadUrl):
            parse_method(bad)
