"""Look here if you want to know what a grant is narrowed to: no wider than it was, and no narrower
than what was asked under it.
"""

import pytest

from lion.domain.plan import Grant
from lion.policy.grants import covers
from lion.scopes.fs_grant import build_fs_grant
from lion.scopes.http_grant import build_http_grant
from lion.scopes.narrow import narrowed
from lion.scopes.table import read_question

WEB = "https://x.example.com"


def http(pattern: str, *asked: str) -> tuple[str, ...]:
    grant = build_http_grant("plugins.a.allow", pattern)
    needed = [read_question("a", "http", "send", one) for one in asked]
    less = narrowed(grant, needed)
    assert all(covers(less, one) for one in needed)
    return less.patterns


@pytest.mark.parametrize(
    ("pattern", "asked", "less"),
    [
        (f"* {WEB}/**", ["GET /a"], f"GET {WEB}/a"),
        (f"GET,POST,PUT {WEB}/**", ["POST /a", "GET /a"], f"GET,POST {WEB}/a"),
        (f"GET {WEB}/**", ["GET /a/x/1", "GET /a/y/1"], f"GET {WEB}/a/*/1"),
        (f"GET {WEB}/**", ["GET /a/x", "GET /a/x/y"], f"GET {WEB}/a/**"),
        (f"GET {WEB}/**", ["GET /a?q=1"], f"GET {WEB}/a"),
        (f"GET {WEB}/**?", ["GET /a"], f"GET {WEB}/a?"),
        ("GET https://*.example.com/**", ["GET /a"], f"GET {WEB}/a"),
        # What all have in common would be more than was granted.
        (f"GET {WEB}/a*", ["GET /ab", "GET /ac"], f"GET {WEB}/a*"),
        # An encoded slash has two readings, of which that would cover one.
        (f"GET {WEB}/**", ["GET /a%2Fb", "GET /a%2Fc"], f"GET {WEB}/**"),
        (f"GET {WEB}/*/x/**", ["GET /a/x/1", "GET /b/x/y/z"], f"GET {WEB}/*/x/**"),
    ],
)
def test_requests(pattern: str, asked: list[str], less: str) -> None:
    full = [one.replace(" ", f" {WEB}", 1) for one in asked]
    assert http(pattern, *full) == (less,)


def test_the_root_and_what_is_in_it() -> None:
    http(f"GET {WEB}/**", f"GET {WEB}/", f"GET {WEB}/a")


def names(capability: str, operation: str, patterns: tuple[str, ...], *asked: str) -> Grant:
    grant = Grant(capability, "line", patterns=patterns)
    return narrowed(grant, [read_question("a", capability, operation, one) for one in asked])


def test_names() -> None:
    assert names("tools", "call", ("**",), "b.y", "a.x").patterns == ("a.x", "b.y")
    assert names("tools", "list", ("a.*", "b.*"), "").patterns == ("a.*",)
    many = [f"a.t{number}" for number in range(30)]
    assert names("tools", "call", ("a.*", "b.*"), *many).patterns == ("a.*",)
    assert names("llm", "ask", ("*",), "fast").patterns == ("fast",)
    assert names("llm", "ask", ("*",), "fast", "wise").patterns == ("*",), "one entry, one budget"


@pytest.mark.parametrize(("access", "write"), [("read", False), ("write", True)])
def test_directories(access: str, write: bool, tmp_path) -> None:  # type: ignore[no-untyped-def]
    grant = build_fs_grant(
        "plugins.a.allow", tmp_path, path="/n", at="n", write=True, size=None, files=None
    )
    less = narrowed(grant, [read_question("a", "fs", "open", f"{access} /n/a")])
    assert less.mount is not None
    assert less.mount.write is write
    assert bool(less.quota) is write
