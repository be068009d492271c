"""Who decides is a closed set, in the code that decides as in the log."""

import ast
from pathlib import Path

from lion.domain.decider import Decider, decider_of, judge_name, policy_line

LION = Path(__file__).parents[2] / "lion"


def test_names_lead_back_to_who_decided() -> None:
    assert {decider_of(str(one)) for one in Decider} == set(Decider)
    assert (policy_line(None), policy_line(3)) == ("policy", "policy line 3")
    assert decider_of(policy_line(3)) is Decider.POLICY
    assert decider_of(judge_name("guard")) is Decider.SYSTEM
    assert decider_of("moon") is None


def named(call: ast.Call) -> str | None:
    """The literal that says who decides, in a Decision or an Opinion that is made."""
    place = {"Decision": (2, "decided_by"), "Opinion": (0, "processor")}
    if not isinstance(call.func, ast.Name) or call.func.id not in place:
        return None
    index, keyword = place[call.func.id]
    given = [*call.args[index : index + 1], *(k.value for k in call.keywords if k.arg == keyword)]
    return given[0].value if given and isinstance(given[0], ast.Constant) else None


def test_whoever_decides_has_a_name_of_the_set() -> None:
    found = {
        name
        for path in LION.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and (name := named(node)) is not None
    }
    assert found, "nobody decides by a literal any more: take this test out"
    assert {name for name in found if decider_of(name) is None} == set()
