"""Look here if you want to know that the audit's folds say what the door would, and no more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.cli.audit_table import _run_rows
from lion.domain.call import Opinion, Verdict
from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    CallFinished,
    CallRedirected,
    CallRequested,
    Event,
    PluginInvoked,
    PluginLoaded,
    PluginResult,
    RunFinished,
    RunStarted,
    encode_body,
)
from lion.domain.plan import MAX_DEPTH, Plan
from lion.domain.record import Record
from lion.errors import AuditError
from lion.manifest.parse import parse_manifest
from lion.policy.policy_file import Policy, parse_policy
from lion.policy.rights import build_rights
from lion.ports import BudgetUse
from lion.review import use as audit_use
from lion.review.facts import HolderUse
from lion.review.loaded import Loaded
from lion.review.reach import Reach
from lion.review.rights import HolderAudit, audit_plan
from lion.review.run import RunAudit, audit_run

KV = ("compare-and-set", "delete", "get", "list", "set")
TOOLS = ("call", "list", "pending.take", "start")
NO_POLICY = parse_policy("")


def loaded(exports: tuple[str, ...] = (), /, **imports: tuple[str, ...]) -> Loaded:
    return Loaded(digest="d", imports=dict(sorted(imports.items())), tools=exports)


def plan_of(text: str) -> Plan:
    return parse_manifest(f'name = "m"\n{text}', path=Path("/m/manifest.toml"))


def plugins(**allow: str) -> Plan:
    """Plugins by name, each with the lines of its table."""
    return plan_of("".join(f'[plugins.{n}]\ncomponent = "{n}"\n{a}\n' for n, a in allow.items()))


def audits(plan: Plan, found: dict[str, Loaded], policy: str = "") -> dict[str, HolderAudit]:
    return {one.name: one for one in audit_plan(plan, found, parse_policy(policy))}


CHAIN = {
    "a": 'allow.tools = ["b.go"]',
    "b": 'allow.tools = ["c.*"]',
    "c": 'allow.kv = { bytes = "1 KiB" }\nallow.tools = ["a.go"]',
}
CHAINED = {name: loaded(("go",), kv=KV, tools=TOOLS) for name in CHAIN}


def ways(audit: HolderAudit) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.capability, one.holder, one.through) for one in audit.reachable]


def test_authority_is_reached_through_tools_of_tools_and_cycles_end():
    found = audits(plugins(**CHAIN), CHAINED)
    assert ways(found["a"]) == [("kv", "c", ("b.go", "c.go"))]
    assert ways(found["b"]) == [("kv", "c", ("c.go",))]
    assert ways(found["c"]) == []
    assert found["a"].reachable[0].line == 'plugins.c.allow.kv = { bytes = "1 KiB" }'


def test_a_way_that_policy_closes_is_none():
    found = audits(plugins(**CHAIN), CHAINED, 'deny = ["tool c.*"]')
    assert ways(found["a"]) == ways(found["b"]) == []
    half = audits(plugins(**CHAIN), CHAINED, 'deny = ["tools call c.*"]')
    assert ways(half["b"]) == [("kv", "c", ("c.go",))]
    only_calls = CHAINED | {"b": loaded(("go",), tools=("call",))}
    assert ways(audits(plugins(**CHAIN), only_calls, 'deny = ["tools call c.*"]')["b"]) == []


def test_what_the_callee_may_not_use_is_not_reached():
    assert ways(audits(plugins(**CHAIN), CHAINED, 'deny = ["kv"]')["a"]) == []
    without = CHAINED | {"c": loaded(("go",), tools=TOOLS)}
    assert ways(audits(plugins(**CHAIN), without)["a"]) == []


def test_ways_are_as_long_as_calls_may_nest():
    names = [f"p{n}" for n in range(MAX_DEPTH + 1)]
    allow = {
        name: f'allow.tools = ["{after}.go"]\nallow.kv = {{ bytes = "1 B" }}'
        for name, after in zip(names, [*names[1:], names[-1]], strict=True)
    }
    found = audits(plugins(**allow), {n: loaded(("go",), kv=KV, tools=TOOLS) for n in names})
    assert [one.holder for one in found["p0"].reachable] == names[1:MAX_DEPTH]
    assert [one.holder for one in found["p1"].reachable] == names[2:]


@given(
    st.dictionaries(
        st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef")), min_size=1, max_size=6
    )
)
def test_every_way_is_one_the_door_opens(graph: dict[str, set[str]]):
    from lion.domain.question import Question
    from lion.policy.decide import decide_static

    allow = {
        name: 'allow.kv = { bytes = "1 B" }\n'
        f"allow.tools = {[f'{n}.go' for n in sorted(callees) if n in graph]}"
        for name, callees in graph.items()
    }
    plan = plugins(**allow)
    found = {name: loaded(("go",), kv=KV, tools=TOOLS) for name in graph}
    for name, audit in audits(plan, found).items():
        reached = {one.holder for one in audit.reachable}
        assert reached == _closure(graph, name) - {name}
        for one in audit.reachable:
            at = name
            for tool in one.through:
                rights = build_rights(plan.holders[at], ("kv", "tools"), NO_POLICY)
                assert decide_static(Question(at, "tools", "call", tool), rights).allowed
                at = tool.partition(".")[0]
            assert at == one.holder


def _closure(graph: dict[str, set[str]], root: str) -> set[str]:
    seen: set[str] = set()
    waiting = [root]
    while waiting:
        for name in graph[waiting.pop()] & set(graph) - seen:
            seen.add(name)
            waiting.append(name)
    return seen


def test_grants_imports_and_rules_that_do_not_fit_are_told():
    plan = plugins(
        a='deny = ["random"]\nallow.kv = { bytes = "1 KiB" }\nallow.tools = ["b.go", "b.gone"]',
        b="",
    )
    found = {
        "a": loaded(random=("bytes",), clock=("now",), tools=TOOLS),
        "b": loaded(("go",), kv=KV, log=("write",)),
    }
    a, b = audit_plan(plan, found, parse_policy('deny = ["clock", "kv set **", "tool b.go"]'))
    assert a.warnings == (
        "granted but not imported: kv",
        "granted but not there: tool b.gone; did you mean 'go'?",
        "imported but denied by the manifest: random",
        'granted but denied by policy rule "clock": clock',
    )
    assert [grant.is_imported for grant in a.grants] == [False, True]
    assert (a.defaults, a.denied_defaults, a.may_use) == (("clock",), ("random",), ("tools",))
    assert [(one.verdict, one.rule) for one in a.rules] == [
        ("deny", "clock"),
        ("deny", "tool b.go"),
    ]
    assert {one.by for one in a.rules} == {"policy line 1"}
    assert [(one.capability, one.by) for one in a.refused] == [
        ("clock", "policy line 1"), ("random", "manifest"),
    ]  # fmt: skip
    assert [(one.capability, one.by) for one in b.refused] == [("kv", "grants")]
    assert b.warnings == ("imported but not granted: kv",)
    assert b.may_use == ("log",)


def test_a_ceiling_on_limits_is_told_with_what_it_left():
    (a,) = audit_plan(
        plugins(a='limits = { memory = "64 MiB", cpu = "1 s" }'),
        {"a": loaded()},
        parse_policy('[limits]\nmemory = "16 MiB"\ncpu = "2 s"'),
    )
    (lowered,) = a.lowered
    assert (lowered.limit, lowered.manifest, lowered.effective) == ("memory", 2**26, 2**24)
    assert (a.limits.memory, a.limits.cpu_ns) == (2**24, 10**9)


def test_a_holder_without_a_component_can_do_nothing():
    (a,) = audit_plan(plugins(a='allow.kv = { bytes = "1 KiB" }'), {}, NO_POLICY)
    assert (a.may_use, a.imports, a.reachable) == ((), {}, ())
    assert a.warnings == ("its component was not loaded: it can do nothing",)


MANIFEST = """
[plugins.notes]
component = "notes"
allow.kv = { bytes = "64 KiB" }
[plugins.idle]
component = "idle"
allow.kv = { bytes = "64 KiB" }
[agents.ann]
component = "ann"
allow.tools = ["notes.*", "idle.go"]
[[run]]
agent = "ann"
task = "t"
"""
IMPORTS = {
    "notes": tuple(f"lion:host/kv@0.1.0#{name}" for name in KV),
    "idle": ("lion:host/kv@0.1.0#get",),
    "ann": ("lion:host/tools@0.1.0#call", "lion:host/tools@0.1.0#[method]pending.take"),
}


class Story:
    """Records of a run, written down."""

    def __init__(self, policy: Policy = NO_POLICY, manifest: str = MANIFEST) -> None:
        plan = plan_of(manifest)
        self.records: list[Record] = []
        self.calls = 0
        self.add(
            RunStarted("m", plan.resolved, plan.text, {}, {"ann": {"memory": 7}}, policy.digest,
                       "e", "0.1.0", "50")
        )  # fmt: skip
        for name, imports in IMPORTS.items():
            self.add(PluginLoaded(name, f"{name}-digest", imports, ("go", "write")))

    def add(self, event: Event, who: str = "", invocation: str = "", call: int = 0) -> None:
        root = invocation.partition(".")[0]
        self.records.append(
            Record(len(self.records), "r", len(self.records) + 1, invocation, call, who, "", "",
                   root, 0, type(event).__name__, 1, encode_body(event))
        )  # fmt: skip

    def call(
        self, who: str, what: str, target: str, *, by: str = "0", status: str = "completed",
        opinion: Opinion | None = None,
    ) -> None:  # fmt: skip
        self.calls += 1
        capability, operation = what.split(" ")
        opinions: tuple[Any, ...] = () if opinion is None else (opinion,)
        verdict, reason, decided = (
            ("allow", "", "grants") if opinion is None
            else (opinion.verdict, opinion.reason, opinion.processor)
        )  # fmt: skip
        event = CallFinished(
            status, ("ok", None), [], 0, {}, None, capability, operation, target, verdict, reason,
            decided, opinions,
        )  # fmt: skip
        self.add(event, who, by, self.calls)

    def audit(self, policy: Policy = NO_POLICY, *budgets: BudgetUse) -> RunAudit:
        def once() -> Iterator[Record]:
            yield from self.records

        return audit_run("r", once(), budgets, policy)

    def use(self, who: str) -> HolderUse:
        (use,) = [one.use for one in self.audit().holders if one.name == who]
        assert use is not None
        return use


NOT_COVERED = Opinion("grants", Verdict.DENY, "no grant covers it")


def told() -> Story:
    story = Story()
    story.add(AgentSpawned("ann", "t"), "ann", "0")
    story.call("ann", "tools call", "notes.write")
    story.call("ann", "tools call", "notes.write", status="failed")
    story.add(PluginInvoked("write", []), "notes", "0.1")
    story.call("notes", "kv set", "k", by="0.1")
    story.call("ann", "tools call", "other.go", opinion=NOT_COVERED)
    story.call("ann", "tools call", "idle.stop", opinion=NOT_COVERED)
    story.call("ann", "tools call", "idle.stop", opinion=NOT_COVERED)
    return story


def test_used_never_used_and_denied_are_told_apart():
    story = told()
    ann, notes, idle = story.use("ann"), story.use("notes"), story.use("idle")
    assert [(one.scope, one.calls) for one in ann.grants] == [("notes.*", 2), ("idle.go", 0)]
    assert [(one.capability, one.calls) for one in notes.grants] == [("kv", 1)]
    assert [(one.capability, one.calls) for one in idle.grants] == [("kv", 0)]
    (calls,) = ann.operations
    assert (calls.operation, calls.calls, calls.failed) == ("call", 2, 1)
    assert [(one.target, one.times, one.suggestion) for one in ann.denied] == [
        ("other.go", 1, ""),
        ("idle.stop", 2, 'agents.ann.allow.tools = ["notes.*", "idle.go", "idle.stop"]'),
    ]
    audit = story.audit()
    assert (audit.calls, audit.denied, audit.exit_code) == (6, 3, None)


def test_a_call_that_names_nothing_uses_no_pattern():
    story = Story()
    story.call("ann", "tools list", "")
    story.call("ann", "tools pending.take", "")
    assert [one.calls for one in story.use("ann").grants] == [0, 0]
    assert story.use("ann").operations[0].targets == ()


def requested(capability: str, operation: str, target: str) -> CallRequested:
    return CallRequested(
        capability=capability, operation=operation, target=target, args=[], verdict="allow",
        reason="", decided_by="grants",
    )  # fmt: skip


def test_an_intent_counts_once_and_fails_with_its_outcome():
    story = Story()
    for number, status in ((1, "completed"), (2, "failed"), (3, "")):
        story.add(requested("tools", "call", "idle.go"), "ann", "0", number)
        if status:
            story.add(CallFinished(status, ("ok", None)), "ann", "0", number)
    (calls,) = story.use("ann").operations
    assert (calls.calls, calls.failed) == (3, 1)
    assert story.use("ann").grants[1].calls == 3


def test_a_call_that_was_sent_on_uses_the_grant_of_where_it_went():
    urls = ["GET http://a.test/**", "GET http://b.test/**", "GET http://c.test/**"]
    story = Story(manifest=f'[plugins.notes]\ncomponent = "n"\nallow.http = {urls}')
    story.add(requested("http", "send", "GET http://a.test/x"), "notes", "0", 1)
    story.add(CallRedirected("http", "send", "GET http://b.test/", "allow", "", "grants"),
              "notes", "0", 1)  # fmt: skip
    story.add(CallRedirected("http", "send", "GET http://d.test/", "deny", NOT_COVERED.reason,
                             "grants", (NOT_COVERED,)), "notes", "0", 1)  # fmt: skip
    story.add(CallFinished("failed", ("err", ("other", "x"))), "notes", "0", 1)
    use, audit = story.use("notes"), story.audit()
    assert [(one.scope, one.calls) for one in use.grants] == [
        (urls[0], 1), (urls[1], 1), (urls[2], 0),
    ]  # fmt: skip
    assert [(one.operation, one.calls, one.failed) for one in use.operations] == [
        ("redirect", 1, 0), ("send", 1, 1),
    ]  # fmt: skip
    (denial,) = use.denied
    assert denial.target == "GET http://d.test/"
    assert denial.suggestion.startswith("plugins.notes.allow.http = [")
    assert (audit.calls, audit.denied) == (1, 1)


def test_files_are_used_by_the_directory_they_are_in():
    story = Story(
        manifest='[plugins.notes]\ncomponent = "n"\n'
        'allow.fs = [{ path = "/in", at = "in" }, { path = "/out", at = "out", write = true }]'
    )
    story.call("notes", "fs mounts", "")
    story.call("notes", "fs stat", "read /in/x")
    use = story.use("notes")
    assert [(one.scope, one.calls) for one in use.grants] == [("/in", 1), ("/out", 0)]
    (holder,) = story.audit().holders
    assert [grant.scope for grant in holder.grants] == [("/in",), ("/out",)]


def test_endings_and_what_was_cut():
    story = told()
    assert (story.use("ann").endings, story.use("notes").endings) == ({"cut": 1}, {"cut": 1})
    assert [(one.name, one.ending) for one in story.audit().endings] == [("ann", "cut")]
    story.add(AgentError("trap", "it trapped", cpu_ns=5), "ann", "0")
    story.add(AgentSpawned("ann", "t"), "ann", "1")
    story.add(AgentCompleted("x", is_error=True, cpu_ns=6), "ann", "1")
    story.add(PluginInvoked("go", []), "idle", "2")
    story.add(RunFinished(3))
    audit = story.audit()
    assert [(one.name, one.ending, one.error) for one in audit.endings] == [
        ("ann", "trap", "it trapped"),
        ("ann", "error", ""),
        ("idle.go", "cut", ""),
    ]
    use = story.use("ann")
    assert (use.invocations, use.endings, use.cpu_ns) == (2, {"error": 1, "trap": 1}, 11)
    assert (audit.exit_code, audit.records) == (3, len(story.records))


def test_a_tools_own_error_is_not_returned():
    story = Story()
    story.add(PluginInvoked("go", []), "idle", "0")
    story.add(PluginResult(("err", {"code": 3}), is_error=True), "idle", "0")
    story.add(PluginInvoked("go", []), "idle", "1")
    story.add(PluginResult(("err", 3)), "idle", "1")  # a tuple, or of a lion that did not say so
    story.add(AgentSpawned("ann", "t"), "ann", "2")
    story.add(AgentCompleted(("err", ("denied", "no")), is_error=True), "ann", "2")
    assert story.use("idle").endings == {"error": 1, "returned": 1}
    assert [(one.name, one.ending, one.error) for one in story.audit().endings] == [
        ("idle.go", "error", "{'code': 3}"), ("idle.go", "returned", ""),
        ("ann", "error", "denied: no"),
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["system.guard", "policy line 3", "budget"])
def test_a_grant_whose_calls_another_stopped_is_not_idle(by: str):
    story = Story()
    for target in ("notes.write", "notes.write", "other.go"):
        story.call("ann", "tools call", target, opinion=Opinion(by, Verdict.DENY, "not now"))
    notes, idle = story.use("ann").grants
    assert (notes.calls, notes.stopped, notes.stopped_by, notes.is_idle) == (0, 2, (by,), False)
    assert (idle.stopped, idle.stopped_by, idle.is_idle) == (0, (), True)
    assert [one.decided_by for one in story.use("ann").denied] == [by, by]
    (row,) = [row for row in _run_rows(story.audit().holders[-1]) if row[0] == "stopped"]
    assert row == ("stopped", f"tools notes.*  2 times by {by}")
    unused = [
        text for label, text in _run_rows(story.audit().holders[-1]) if label == "never used"
    ]
    assert len([text for text in unused if "could be removed" in text]) == 1


def test_limits_and_budgets_are_those_of_the_run():
    audit = told().audit(NO_POLICY, BudgetUse("ann", "calls", 10, 4))
    ann = audit.holders[-1]
    assert ann.limits.memory == 7
    assert ann.use is not None
    assert [(one.budget, one.limit, one.used) for one in ann.use.budgets] == [("calls", 10, 4)]
    assert ann.digest == "ann-digest"
    assert ann.reachable[1] == Reach(
        capability="kv",
        scope=(),
        line='plugins.notes.allow.kv = { bytes = "64 KiB" }',
        holder="notes",
        through=("notes.go",),
    )


def test_a_policy_counts_only_if_the_run_had_it():
    policy = parse_policy('deny = ["kv"]')
    was, now = Story(policy).audit(policy), Story().audit(policy)
    assert (was.policy_known, now.policy_known) == (True, False)
    assert [one.may_use for one in was.holders] == [(), (), ("tools",)]
    assert [one.may_use for one in now.holders] == [("kv",), ("kv",), ("tools",)]


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch):
    for name in ("TARGETS", "DENIALS", "DECISIONS"):
        monkeypatch.setattr(audit_use, name, 3)
    monkeypatch.setattr(audit_use, "TOP", 2)
    story = Story()
    for number in range(20):
        story.call("notes", "kv set", f"k{number}")
        story.call("ann", "tools call", f"x.{number}", opinion=NOT_COVERED)
    story.call("notes", "kv set", "k1")
    (kv,) = story.use("notes").operations
    assert [(one.target, one.calls) for one in kv.targets] == [("k1", 2), ("k0", 1)]
    assert (kv.calls, kv.more_targets, kv.is_capped) == (21, 1, True)
    assert story.use("notes").grants[0].calls == 21
    assert len(story.use("ann").denied) == 3
    audit = story.audit()
    assert (audit.denied, audit.unnamed_denials) == (20, 17)


def test_a_run_without_its_beginning_is_not_audited():
    story = told()
    story.records = story.records[1:]
    with pytest.raises(AuditError, match="no beginning"):
        story.audit()
    story.records = []
    with pytest.raises(AuditError, match="no beginning"):
        story.audit()
