"""Look here if you want to know what other rules would have made of a run's beginning."""

from pathlib import Path, PurePath

import msgspec
import pytest

from lion.domain.events import RunStarted
from lion.domain.plan import Directory, Plan
from lion.errors import OperatorError
from lion.policy.policy_file import Policy, parse_policy
from lion.review.beginning import Obstacle, obstacles, unasked_rules
from tests.review.test_rights import NO_POLICY, Story, plan_of

ANN = (PurePath("/home/ann"),)
PLAN = """
[plugins.notes]
component = "notes.wasm"
allow.fs = [
    { path = "/keys", at = "keys" }, { path = "/n", at = "n", write = true },
]
[system.hook]
use = "webhook"
"""
REAL = {"/keys": "/home/ann/.SSH/old", "/n": "/srv/n"}


def plan() -> Plan:
    return plan_of(PLAN)


def found(rules: str, homes: tuple[PurePath, ...] = ANN) -> list[tuple[str, str, str]]:
    seen = {
        "notes": tuple(
            Directory(path=path, at=path[1:], real=real, write=path == "/n")
            for path, real in REAL.items()
        )
    }
    policy = parse_policy(f"deny = {rules}", Path("p.toml"))
    return [(one.holder, one.what, one.by) for one in obstacles(plan(), policy, seen, homes)]


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("fs-at read ~/.ssh/**", "fs-at read /home/ann/.SSH/old"),
        ("fs-at * ~/.ssh", "fs-at read /home/ann/.SSH/old"),
        ("fs-at read /home/*/.ssh", "fs-at read /home/ann/.SSH/old"),
        ("fs-at read ~/.ssh/old/deep", "fs-at read /home/ann/.SSH/old"),
        ("fs-at write ~/.ssh/**", ""),
        ("fs-at write /srv", "fs-at write /srv/n"),
        ("fs-at read ~/.gnupg", ""),
        ("fs-at write", "fs-at write /srv/n"),
    ],
)
def test_a_directory_that_may_not_be_granted_keeps_a_run_from_beginning(
    rule: str, what: str
) -> None:
    wanted = [("notes", what, "policy line 1")] if what else []
    assert found(f'["{rule}"]') == wanted


def test_so_does_a_system_plugin_and_each_is_told() -> None:
    assert found('["system web*", "fs-at"]') == [
        ("notes", "fs-at read /home/ann/.SSH/old", "policy line 1"),
        ("notes", "fs-at write /srv/n", "policy line 1"),
        ("hook", "system webhook", "policy line 1"),
    ]


def test_a_rule_about_a_home_that_nobody_has_is_not_left_out() -> None:
    with pytest.raises(OperatorError, match="names ~, and nobody knows where that is"):
        found('["fs-at read ~/.ssh"]', homes=())


def audited(policy: Policy) -> tuple[Obstacle, ...] | None:
    """Of a run that had the directories of REAL."""
    told = Story(manifest=PLAN)
    first = told.records[0]
    event = first.event()
    assert isinstance(event, RunStarted)
    told.records.clear()
    told.add(msgspec.structs.replace(event, directories={"notes": REAL}))
    again = told.audit(policy).again
    return None if again is None else again.obstacles


def test_the_audit_of_a_run_holds_rules_to_what_was_recorded() -> None:
    assert audited(NO_POLICY) is None
    assert audited(parse_policy('deny = ["fs-at read /etc"]')) == ()
    (one,) = audited(parse_policy('deny = ["fs-at write /srv/n/deep"]')) or ()
    assert (one.holder, one.what) == ("notes", "fs-at write /srv/n")
    assert 'denied by policy rule "fs-at write /srv/n/deep"' in one.reason


def test_a_rule_that_run_does_not_ask_is_told() -> None:
    started = plan_of(
        '[plugins.a]\ncomponent = "a"\n'
        '[[run]]\ncall = "a.go"\n[[run]]\ncall = "a.go"\n[[run]]\ncall = "a.stay"\n'
    )
    rules = 'deny = ["tool a.go", "tools start a.*", "tools"]\nask = ["tools call a.*"]'
    policy = parse_policy(rules, Path("p"))
    said = [(one.by[-1], one.tool) for one in unasked_rules(started, policy)]
    assert said == [("1", "a.go"), ("2", "a.go"), ("2", "a.stay")]
