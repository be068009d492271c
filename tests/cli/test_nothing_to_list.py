"""What has nothing to list says so, to people and not to programs."""

from pathlib import Path

from tests.cli.kit import ROOT, Lion
from tests.cli.serving import served

HELLO = ROOT / "examples" / "hello" / "manifest.toml"
TODO = ROOT / "examples" / "todo" / "manifest.toml"
ALONE = (
    ("approvals",), ("approvals", "--standing"), ("kv", "list"),
    ("kv", "list", "nobody"), ("element", "kept"), ("element", "kept", "nobody"),
)  # fmt: skip
SERVED = (
    ("task", "list"), ("task", "list", "--in", "failed"), ("agent", "list"), ("plugin", "list"),
    ("element", "list"), ("element", "list", "--kind", "Zebra"), ("token", "list"),
    ("progression", "show", "queue"),
)  # fmt: skip


def _check(lion: Lion, *words: str | Path) -> None:
    found = lion(*words)
    assert (found.returncode, found.stdout) == (0, ""), words
    assert len(found.stderr.splitlines()) == 1, words
    assert lion(*words, "--json").stderr == "", words


def test_of_a_log_in_which_nobody_keeps_anything(lion: Lion) -> None:
    assert lion("run", HELLO).returncode == 0
    for words in ALONE:
        _check(lion, *words)


def test_of_a_service_that_has_nothing(lion: Lion) -> None:
    with served(lion, "--no-page"):
        for words in SERVED:
            _check(lion, *words)


def test_a_kind_that_nobody_has_is_met_with_those_that_are_there(lion: Lion) -> None:
    assert lion("run", TODO).returncode == 0
    _check(lion, "element", "kept", TODO, "todo", "--kind", "itme")
    found = lion("element", "kept", TODO, "todo", "--kind", "itme")
    assert found.stderr == "no elements of the kind itme; did you mean 'item'?\n"
