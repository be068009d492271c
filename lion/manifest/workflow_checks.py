"""Look here if you want to know which workflows of a manifest are refused though each of their
keys is right.

Rule: what cannot work is refused with its line: a name that there is not, a step that no grant
covers, a cycle, an expression whose types do not fit.
"""

from collections.abc import Collection, Mapping

from lion.domain.names import did_you_mean
from lion.domain.plan import Holder
from lion.domain.workflow import Job, topic_of
from lion.manifest.document import Document, Place
from lion.scopes.bus import ways_of
from lion.scopes.pattern import compile_pattern, includes


def check_workflows(document: Document, holders: Mapping[str, Holder]) -> None:
    """Refuse what cannot work among all holders. Raises OperatorError."""
    from lion.workflows.check import Mistake, check_nesting, check_workflow

    workflows = {n: h.workflow for n, h in holders.items() if h.workflow is not None}
    for name, workflow in workflows.items():
        try:
            check_workflow(workflow)
        except Mistake as exc:
            raise document.error(("workflows", name, *exc.path), exc.what, exc.hint) from None
        _check_jobs(document, holders, holders[name])
    try:
        check_nesting(workflows)
    except Mistake as exc:
        raise document.error(("workflows", *exc.path), exc.what, exc.hint) from None


def _check_jobs(document: Document, holders: Mapping[str, Holder], holder: Holder) -> None:
    """Refuse jobs of whom there is not, and those that no grant covers."""
    from lion.workflows.check import all_jobs

    assert holder.workflow is not None
    agents = _known(holders, "agent")
    for name in (p for g in holder.grants if g.capability == "agents" for p in g.patterns):
        if name not in agents:
            where: Place = ("workflows", holder.name, "allow", "agents")
            raise document.error(where, f"there is no agent {name!r}", did_you_mean(name, agents))
    for step in holder.workflow.steps:
        for topic in filter(None, map(topic_of, step.on)):
            _check_heard(document, holder, step.name, topic)
    for path, job in all_jobs(holder.workflow):
        if job.kind not in ("call", "agent", "workflow"):
            continue
        place = ("workflows", holder.name, *path, job.kind)
        known = _known(holders, job.kind)
        name = job.target.partition(".")[0]
        if name not in known:
            word = "plugin" if job.kind == "call" else job.kind
            raise document.error(place, f"there is no {word} {name!r}", did_you_mean(name, known))
        _check_granted(document, place, holder, job)


def _check_heard(document: Document, holder: Holder, step: str, topic: str) -> None:
    granted = [
        text for grant in holder.grants if grant.capability == "bus"
        for text in ways_of(grant).get("receive", [])
    ]  # fmt: skip
    if not any(includes(one, topic, ".") for one in granted):
        place = ("workflows", holder.name, "steps", step, "on")
        more = ", ".join(f'"{one}"' for one in (*granted, topic))
        hint = f"under [workflows.{holder.name}] write allow.bus = {{ receive = [{more}] }}"
        raise document.error(place, f"no grant covers topic {topic!r}", hint)


def _known(holders: Mapping[str, Holder], kind: str) -> Collection[str]:
    if kind == "call":
        return holders.keys()
    return [name for name, holder in holders.items() if holder.kind == kind]


def _check_granted(document: Document, place: Place, holder: Holder, job: Job) -> None:
    capability = "agents" if job.kind == "agent" else "tools"
    target = f"{job.target}.run" if job.kind == "workflow" else job.target
    patterns = [p for g in holder.grants if g.capability == capability for p in g.patterns]
    if not any(compile_pattern(one, ".").matches(target) for one in patterns):
        more = ", ".join(f'"{one}"' for one in (*patterns, target))
        hint = f"under [workflows.{holder.name}] write allow.{capability} = [{more}]"
        raise document.error(place, f"no grant covers {target!r}", hint)
