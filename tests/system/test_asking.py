"""Look here if you want to know that a system plugin may have a person asked, and for how much of
it an answer is.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from lion.domain.approval import Answer, Reach, Request
from lion.domain.events import ApprovalDecided
from lion.testing import kit
from tests.attack.kit import holder
from tests.system.kit import system

pytestmark = pytest.mark.usefixtures("shelf")

ALWAYS = Answer(allowed=True, reach=Reach.ALWAYS, by="anna", via="command")
NEVER = msgspec.structs.replace(ALWAYS, allowed=False, words="not that")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """An agent that adds, and a judge that has it asked about."""
    path = tmp_path / "m.toml"
    path.write_text(
        'name = "m"\n'
        + holder("ann", "guide", 'allow.tools = ["calculator.*"]', kind="agents")
        + holder("calculator", "calculator")
        + system("books", "shelf", 'settings.ask = ["calculator.add"]')
    )
    return path


def run(lion: Any) -> list[str]:
    """How the calls of the tool that is asked about were decided."""
    lion.run("ann", "2 + 3")
    return [
        call.decided_by for call in lion.find_calls("tools") if call.target == "calculator.add"
    ]


def test_what_a_judge_asks_about_a_person_approves(manifest: Path) -> None:
    seen: list[Request] = []
    with kit(manifest, approvals=lambda one: seen.append(one) or True) as lion:
        assert set(run(lion)) == {"approval by test"}
        lion.assert_replays()
    assert seen[0].asked_by == ("system.books",) and seen[0].reasons[0].startswith("the shelf")
    assert seen[0].judges[0].endswith(" shelf") and len(seen[0].judges[0].split()) == 3


@pytest.mark.parametrize("answer", [ALWAYS, NEVER], ids=["always", "never"])
def test_an_answer_for_always_is_asked_for_once(manifest: Path, answer: Answer) -> None:
    seen: list[Request] = []
    with kit(manifest, approvals=lambda one: seen.append(one) or answer) as lion:
        assert set(run(lion)) == {"approval by anna"}
        run(lion)
        decided = [e for e in lion.events if isinstance(e, ApprovalDecided)]
    assert len(seen) == 1
    assert {e.standing for e in decided} == {"", seen[0].id}


def test_another_version_of_the_judge_is_another_question(manifest: Path) -> None:
    seen: list[Request] = []
    with kit(manifest, approvals=lambda one: seen.append(one) or True) as lion:
        run(lion)
    (judge,) = set(seen[0].judges)
    newer = msgspec.structs.replace(seen[0], judges=(judge.replace("1", "2"),))
    assert newer.judges != seen[0].judges and newer.basis != seen[0].basis
    later = msgspec.structs.replace(seen[0], call_digest="another", arguments="[]")
    assert later.basis == seen[0].basis


def test_who_answers_nobody_or_late_is_told_apart(manifest: Path) -> None:
    for options, said in (
        ({}, "approval nobody"), ({"approvals": lambda _: None}, "approval expired"),
        ({"approvals": False}, "approval by test"),
    ):  # fmt: skip
        with kit(manifest, **options) as lion:
            assert set(run(lion)) == {said}
