"""Look here if you want to know that a path has one form, and a target is read as it was
written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.call import CallError
from lion.scopes.fs_path import (
    Claim,
    fold,
    fs_target,
    is_below,
    parse_path,
    read_fs_target,
)

PATHS = st.lists(
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1).filter(
        lambda name: name not in (".", "..")
    ),
    max_size=4,
).map(lambda names: "/" + "/".join(names))
TRICKY = st.text("a/>\\ -", max_size=12).map(lambda text: "/" + "/".join(text.split("/")))
CLAIMS = st.builds(
    Claim,
    (PATHS | TRICKY).map(lambda path: "/" + path.strip("/")),
    st.booleans(),
    st.just(True),
)


@given(st.lists(CLAIMS, min_size=1, max_size=2))
def test_a_target_says_exactly_its_claims(claims: list[Claim]) -> None:
    assert read_fs_target(fs_target(*claims).text).claims == tuple(claims)


@given(PATHS.filter(lambda path: path != "/"))
def test_a_tree_is_told_from_its_top(path: str) -> None:
    top, tree = Claim(path, True, True), Claim(path, True, True, is_tree=True)
    assert fs_target(top) != fs_target(tree)
    assert read_fs_target(fs_target(tree).text).claims == (tree,)


@pytest.mark.parametrize("text", ["read", "read a", "eat /a", "/a", "read /a -> ", " -> read /a"])
def test_other_texts_are_no_targets(text: str) -> None:
    with pytest.raises(ValueError):
        read_fs_target(text)


def test_nothing_is_no_claim() -> None:
    with pytest.raises(ValueError):
        read_fs_target("")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/", "/"),
        ("//", "/"),
        ("/a/", "/a"),
        ("/a//b/./c", "/a/b/c"),
        ("/a/../b", "/b"),
        ("/../../a", "/a"),
        ("/a/b/../../..", "/"),
        ("/...", "/..."),
        ("/a b/é", "/a b/é"),
    ],
)
def test_normal_form(text: str, path: str) -> None:
    assert parse_path(text) == path


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        path = parse_path("/" + text)
    except CallError as exc:
        assert exc.case in ("invalid", "name-too-long")
    else:
        assert parse_path(path) == path
        assert not {"", ".", ".."} & set(path.split("/")[1:] if path != "/" else ())


def test_below_is_by_whole_names() -> None:
    assert is_below("/a", "/a") and is_below("/a/b", "/a") and is_below("/a", "/")
    assert not is_below("/ab", "/a") and not is_below("/", "/a") and not is_below("/A", "/a")


@pytest.mark.parametrize(
    ("one", "other"),
    [("A", "a"), ("É", "e\u0301"), ("ß", "SS"), ("a\u200bb", "ab"), ("K", "\u212a"), ("ſ", "s")],
)
def test_twins_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text(max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
