"""Who decides is a closed set, in the code that decides as in the log."""

import ast
from collections.abc import Iterator
from pathlib import Path

from lion.domain.decider import Decider, decider_of, judge_name, policy_line

LION = Path(__file__).parents[2] / "lion"


def test_names_lead_back_to_who_decided() -> None:
    assert {decider_of(str(one)) for one in Decider} == set(Decider)
    assert (policy_line(None), policy_line(3)) == ("policy", "policy line 3")
    assert decider_of(policy_line(3)) is Decider.POLICY
    assert decider_of(judge_name("guard")) is Decider.SYSTEM
    assert decider_of("moon") is None


def places(tree: ast.AST) -> Iterator[ast.expr]:
    """Where code says who decided: in what is made, and in what is compared."""
    made = {"Decision": (2, "decided_by"), "Opinion": (0, "processor")}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in made:
                index, keyword = made[name]
                yield from node.args[index : index + 1]
                yield from (k.value for k in node.keywords if k.arg == keyword)
            case ast.Compare(left=ast.Attribute(attr="decided_by" | "processor")):
                yield from node.comparators
            case ast.Match(subject=ast.Attribute(attr="decided_by" | "processor")):
                yield from (
                    c.pattern.value for c in node.cases if isinstance(c.pattern, ast.MatchValue)
                )


def test_who_decides_is_written_as_a_member_of_the_set() -> None:
    found = [
        place
        for path in LION.rglob("*.py")
        for place in places(ast.parse(path.read_text("utf-8")))
    ]
    members = {
        p.attr
        for p in found
        if isinstance(p, ast.Attribute)
        and isinstance(p.value, ast.Name)
        and p.value.id == "Decider"
    }
    assert {"GRANTS", "CEILING", "BUDGET", "SCREEN", "DOOR"} <= members
    assert [ast.unparse(place) for place in found if isinstance(place, ast.Constant)] == []
