"""Look here if you want to know how a person asks the models of a manifest directly, by `lion ask`
and `lion models`.

Rule: it is a run like any other: recorded, judged by the operator's policy and by the manifest's
own processors, paid from a grant of its own; of the manifest's components none is loaded.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from lion.domain.names import did_you_mean
from lion.domain.plan import Plan
from lion.errors import OperatorError

if TYPE_CHECKING:
    from lion.host import Host

ASKER: Final = "terminal"
"""Who asks, in log and policy."""

Hear = Callable[[str, Any], None]


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What the questions may cost together, for each model: as in a grant of `allow.llm`."""

    tokens: int | None = None
    money: str | None = None


def check_model(plan: Plan, name: str) -> None:
    """Raise OperatorError for a model that the manifest has not."""
    if name not in plan.models:
        hint = did_you_mean(name, plan.models) if plan.models else "add [models.NAME] to it"
        raise OperatorError(f"the manifest {plan.name!r} has no model {name!r}", hint=hint)


def asking_plan(
    plan: Plan,
    tool: str,
    questions: Mapping[str, Mapping[str, Any]],
    budget: Budget = Budget(),  # noqa: B008 - frozen
) -> Plan:
    """The plan that calls `tool` of the asker for each model, with these arguments besides it.

    Raises OperatorError for a model that is not there.
    """
    from lion.manifest.parse import recorded_plan

    for name in questions:
        check_model(plan, name)
    kept = {key: value for key, value in plan.resolved.items() if key in ("name", "vars")}
    models = plan.resolved.get("models", {})
    grant = {k: v for k, v in msgspec.structs.asdict(budget).items() if v is not None}
    asker = {
        "use": ASKER,
        "allow": {"llm": [{"model": name, **grant} for name in questions]},
        "limits": {"deadline": "none"},
    }
    tables = {
        **kept,
        "models": {name: models[name] for name in questions},
        "system": {**_guards(plan), ASKER: asker},
        "run": [
            {"call": f"{ASKER}.{tool}", "with": {"model": name, **arguments}}
            for name, arguments in questions.items()
        ],
    }
    asking = recorded_plan(tables, "")
    return msgspec.structs.replace(asking, path=plan.path, folder=plan.folder)


def _guards(plan: Plan) -> dict[str, Any]:
    """The manifest's system plugins: some of them judge."""
    system = plan.resolved.get("system", {})
    if ASKER in system:
        what = f"the manifest has a system plugin {ASKER!r}, and so is called who asks here"
        raise OperatorError(what, hint="rename it")
    return dict(system)


def lend_asker(host: "Host", hear: Hear | None = None) -> None:
    """Lend the host what `asking_plan` calls; `hear` is told each event of an answer.

    Raises OperatorError if the name is taken.
    """
    from lion.system.asking import asker_of

    host.lend(ASKER, asker_of(hear))


def cost_of(plan: Plan, model: str, input: int, output: int) -> int:
    """What so many tokens cost by the manifest's prices, in millionths of money."""
    from lion.capabilities.models.tokens import price

    return price(plan.models[model], input, output)
