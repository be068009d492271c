"""help(lion.testing) tells all that a test may put in place of the world."""

import pydoc
import re
from inspect import getattr_static, isroutine

import pytest

import lion.testing
from lion.testing import Kit, OpenKit, Options
from lion.testing.system import SystemBench


def test_help_names_every_option() -> None:
    told = pydoc.plain(pydoc.render_doc(lion.testing)).split("PACKAGE CONTENTS")[0]
    words = set(re.findall(r"\w+", told))
    assert set(Options.__annotations__) <= words
    assert "class Options" in pydoc.plain(pydoc.render_doc(lion.testing))


VERBS = {"advance", "assert", "call", "close", "find", "hear", "judge", "run", "save"}


@pytest.mark.parametrize("kind", [Kit, OpenKit, SystemBench])
def test_what_is_done_is_a_verb_and_what_there_is_has_no_brackets(kind: type[object]) -> None:
    """One style: nobody has to remember which name wants brackets."""
    public = {name: getattr_static(kind, name) for name in dir(kind) if name[0] != "_"}
    done = {name for name, member in public.items() if isroutine(member)}
    assert {name.partition("_")[0] for name in done} <= VERBS
    assert not {name for name in public.keys() - done if name.partition("_")[0] in VERBS}


def test_both_kits_do_the_same() -> None:
    assert {n for n in dir(Kit) if n[0] != "_"} == {n for n in dir(OpenKit) if n[0] != "_"}
