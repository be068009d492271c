"""Look here if you want to know how grants of files are written, and which are refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.plan import Grant, Holder, Mount, Plan
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest
from lion.scopes.fs_grant import (
    DEFAULT_BYTES,
    DEFAULT_FILES,
    common_mount,
    suggested_entries,
    written_line,
)
from lion.scopes.fs_path import Claim, fs_target, is_below, read_fs_target
from lion.scopes.table import SCOPES, read_question

NOBODY = Holder(name="p", kind="plugin")
PLAN = Plan(name="x", path=None, text="", holders={"p": NOBODY}, runs=(), resolved={})


def grants(entries: str, path: Path | None = Path("/work/m.toml")) -> tuple[Grant, ...]:
    text = f'name = "n"\n[plugins.p]\ncomponent = "p.wasm"\nallow.fs = [{entries}]\n'
    return parse_manifest(text, path=path).holders["p"].grants


NOTES = '{ path = "/notes", at = "desk-notes", write = true, bytes = "1 MiB", files = 100 }'


def test_the_form_of_the_design() -> None:
    (grant,) = grants(NOTES)
    assert grant.capability == "fs"
    assert grant.mount == Mount("/notes", "desk-notes", Path("/work/desk-notes"), True)
    assert grant.quota == {"bytes": 1024 * 1024, "files": 100}
    assert grant.line == f"plugins.p.allow.fs = [{NOTES}]"


def test_defaults() -> None:
    reads, writes = grants('{ path = "/a", at = "/abs" }, { path = "/b", at = "b", write = true }')
    assert reads.mount == Mount("/a", "/abs", Path("/abs"))
    assert reads.quota == {}
    assert writes.quota == {"bytes": DEFAULT_BYTES, "files": DEFAULT_FILES}
    assert writes.line == 'plugins.p.allow.fs = [{ path = "/b", at = "b", write = true }]'


def test_a_grant_says_that_links_may_lead_out() -> None:
    entry = '{ path = "/a", at = "link", write = true, follow = true }'
    (grant,) = grants(entry)
    assert grant.mount == Mount("/a", "link", Path("/work/link"), True, True)
    assert grant.line == f"plugins.p.allow.fs = [{entry}]"
    entries = suggested_entries("write", read_fs_target("write /b/x").claims, [grant])
    assert entries is not None and entries[0]["follow"] is True
    (plain,) = grants('{ path = "/a", at = "link" }')
    assert plain.mount is not None and not plain.mount.follow
    assert written_line(plain, follow=True) == '{ path = "/a", at = "link", follow = true }'


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ('{ at = "a" }', "'path' is missing"),
        ('{ path = "/a" }', "'at' is missing"),
        ('{ path = "a", at = "a" }', 'a path begins with "/"'),
        ('{ path = "/a/", at = "a" }', "write '/a'"),
        ('{ path = "/a/../b", at = "a" }', "write '/b'"),
        ('{ path = "/a\\u0000", at = "a" }', "no NUL"),
        ('{ path = "/.lion-tmp-x", at = "a" }', "the host's"),
        ('{ path = "/a", at = "" }', "is no directory"),
        ('{ path = "/a", at = "x\\ny" }', "is no directory"),
        ('{ path = "/a", at = "a", bytes = "1 B" }', "add write = true"),
        ('{ path = "/a", at = "a", files = 1 }', "add write = true"),
        ('{ path = "/a", at = "a", write = "yes" }', "allow.fs"),
        ('{ path = "/a", at = "a", follow = "yes" }', "allow.fs"),
        ('{ path = "/a", at = "a", folow = true }', "did you mean 'follow'?"),
        ('{ path = "/a", at = "a", write = true, bytes = 5 }', "no size"),
        ('{ path = "/a", at = "a", byte = "5 B" }', "did you mean 'bytes'?"),
        ('{ path = "/a", at = "a" }, { path = "/a", at = "b" }', "granted twice"),
        ('"/a"', "a table"),
    ],
)
def test_mistakes(entries: str, said: str) -> None:
    with pytest.raises(OperatorError) as caught:
        grants(entries)
    assert said in str(caught.value)


MOUNTS = st.builds(
    lambda names, write: Mount("/" + "/".join(names), "x", Path("/x"), write),
    st.lists(st.sampled_from(["a", "b"]), max_size=3),
    st.booleans(),
)


@given(MOUNTS, MOUNTS, st.lists(st.sampled_from(["a", "b"]), max_size=5))
def test_what_two_mounts_give_together_both_give(a: Mount, b: Mount, names: list[str]) -> None:
    path = "/" + "/".join(names)
    both = common_mount(a, b)
    assert (both is not None and is_below(path, both.path)) == (
        is_below(path, a.path) and is_below(path, b.path)
    )
    if both is not None:
        assert both.write == (a.write and b.write)
        assert both.at == a.at / both.path.removeprefix(a.path).lstrip("/")


@pytest.mark.parametrize(
    ("operation", "claims", "expected"),
    [
        ("read", [("/a/b/f", False)], [{"path": "/a/b", "at": "b"}]),
        ("write", [("/a/b/f", True)], [{"path": "/a/b", "at": "b", "write": True}]),
        ("list", [("/a/b", False)], [{"path": "/a/b", "at": "b"}]),
        ("read", [("/f", False)], [{"path": "/", "at": "files"}]),
        ("read", [("/etc/passwd", False)], [{"path": "/etc", "at": "etc"}]),
        ("rename", [("/a/f", True), ("/a/g", True)], [{"path": "/a", "at": "a", "write": True}]),
        ("rename", [("/a/f", True), ("/b/g", True)], None),
        ("read", [], None),
    ],
)
def test_what_is_suggested_to_who_has_nothing(
    operation: str, claims: list[tuple[str, bool]], expected: object
) -> None:
    question = read_question(
        "p", "fs", operation,
        fs_target(*(Claim(path, True, write) for path, write in claims)).text,
    )  # fmt: skip
    assert SCOPES["fs"].suggest(NOBODY, PLAN, question) == expected


def test_what_is_suggested_repeats_what_is_granted() -> None:
    granted = grants(f'{{ path = "/in", at = "in" }}, {NOTES}')
    assert suggested_entries("write", read_fs_target("write /in/x").claims, granted) == [
        {"path": "/in", "at": "in", "write": True},
        {"path": "/notes", "at": "desk-notes", "write": True, "bytes": "1 MiB", "files": 100},
    ]
    question = read_question("p", "fs", "read", "no target")
    assert SCOPES["fs"].suggest(NOBODY, PLAN, question) is None
