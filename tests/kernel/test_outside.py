"""Look here if you want to know when a guest's own error is said to come from outside."""

from typing import Any

import pytest

from lion.domain.capability import OFFERED
from lion.kernel.outside import LONGEST, REMEMBERED, OutsideFailures

DOWN = "127.0.0.1 takes no connection on port 1"
SAID = f"http.send: connection: {DOWN}"


def after(capability: str, case: str, text: str) -> OutsideFailures:
    found = OutsideFailures()
    found.note(capability, "send", (case, text))
    return found


@pytest.mark.parametrize(
    "value",
    [
        ("err", DOWN),
        ("err", f"could not fetch it: connection: {DOWN} (tried 3 times)"),
        ("err", ("unavailable", DOWN)),
        ("err", {"reason": "web", "causes": [[1, True, None], (2.5, f"x {DOWN}")]}),
    ],
)
def test_an_error_that_has_what_failed_in_it(value: Any) -> None:
    assert after("http", "connection", DOWN).told_by(value) == SAID


@pytest.mark.parametrize("value", [("err", "no such thing"), ("err", DOWN[1:]), ("err", None), 7])
def test_an_error_with_words_of_its_own(value: Any) -> None:
    assert after("http", "connection", DOWN).told_by(value) == ""


def test_a_guest_cannot_claim_what_was_not() -> None:
    assert OutsideFailures().told_by(("err", DOWN)) == ""


@pytest.mark.parametrize(
    ("capability", "case", "is_outside"),
    [
        ("http", "timeout", True), ("http", "dns", True), ("http", "tls", True),
        ("http", "denied", False), ("http", "invalid", False), ("http", "exhausted", False),
        ("llm", "unavailable", True), ("llm", "timeout", True), ("llm", "other", False),
        ("fs", "input-output", True), ("fs", "not-found", False), ("fs", "exhausted", False),
        ("tools", "timeout", False), ("kv", "unavailable", False), ("a:b/c", "timeout", False),
    ],
)  # fmt: skip
def test_which_failures_are_the_outsides(capability: str, case: str, is_outside: bool) -> None:
    assert bool(after(capability, case, DOWN).told_by(("err", DOWN))) is is_outside


def test_every_case_is_one_of_its_interface() -> None:
    from tests.cli.kit import ROOT

    for name, one in OFFERED.items():
        text = (ROOT / "wit" / f"{name}.wit").read_text() + (ROOT / "wit/types.wit").read_text()
        assert all(f"{case}(string)" in text for case in one.outside), name


def test_the_last_few_are_known_and_none_that_is_endless() -> None:
    found = OutsideFailures()
    for number in range(REMEMBERED + 1):
        found.note("http", "send", ("connection", f"<{number}>"))
    assert found.told_by("<0>") == ""
    assert found.told_by("<1>") == "http.send: connection: <1>"
    assert found.told_by("<1> <8>") == "http.send: connection: <8>", "the last one"
    for text in ("", "x" * (LONGEST + 1)):
        assert after("http", "dns", text).told_by(("err", text)) == ""
