"""Look here if you want to know how the text of a manifest becomes a plan.

Rule: nothing is opened here: whether a component exists is found out by who loads it.
Rule: paths are joined to the manifest's folder and not simplified, because `..` after a link would
lead elsewhere.
Rule: what a program lends (`lent`) has a table in every plan of its: a record names all who ran.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lion.domain.names import did_you_mean
from lion.domain.plan import SERVER, WORKFLOW, Holder, Limits, Model, Plan, RunAgent, RunCall
from lion.domain.schedule import Schedule
from lion.domain.service_terms import ServiceTerms
from lion.manifest.agent_checks import check_agents
from lion.manifest.document import Document
from lion.manifest.named import named_tool

if TYPE_CHECKING:
    from lion.manifest.tables import ManifestTable, RunTable


def parse_manifest(
    text: str,
    *,
    path: Path | None,
    sets: Mapping[str, str] = {},
    folder: Path = Path(),
    lent: Collection[str] = (),
) -> Plan:
    """The plan of a manifest.

    `path` is its file (absolute, if the plan's paths shall be), or there is none and paths begin
    in `folder`; `sets` are the `--set`, `lent` the system plugins that a program lends.
    Raises OperatorError for the first mistake, with its line where that can be told.
    """
    document = Document(text, kind="manifest", path=path, folder=folder)
    return _filled_plan(document, text, document.parse(), sets, lent)


def parse_tables(
    tables: Mapping[str, Any],
    *,
    folder: Path,
    sets: Mapping[str, str] = {},
    lent: Collection[str] = (),
) -> Plan:
    """The same of a manifest's tables as a program has them: there is no file, and no line."""
    from lion.manifest.from_python import plain_tables

    document = Document("", kind="manifest", path=None, folder=folder)
    return _filled_plan(document, "", plain_tables(document, tables), sets, lent)


def _filled_plan(
    document: Document,
    text: str,
    written: dict[str, Any],
    sets: Mapping[str, str],
    lent: Collection[str],
) -> Plan:
    from lion.manifest.variables import fill, resolve_vars

    values = resolve_vars(document, written.pop("vars", {}), sets)
    filled = fill(document, written, values)
    if lent:
        from lion.manifest.from_python import with_lent

        filled = with_lent(document, filled, lent)
    return _plan(document, text, filled, values)


def recorded_plan(
    resolved: Mapping[str, Any], text: str, path: Path | None = None, folder: Path = Path()
) -> Plan:
    """The plan that was recorded (`Plan.resolved`): it has no path unless one is given, nothing is
    filled in again. What is relative in it begins in `folder`.

    Raises OperatorError if it is of a manifest that this version of lion does not read.
    """
    document = Document(text, kind="recorded manifest", path=path, folder=folder)
    filled = {key: value for key, value in resolved.items() if key != "vars"}
    values = resolved.get("vars")
    return _plan(document, text, filled, values if isinstance(values, dict) else {})


def _plan(
    document: Document, text: str, filled: dict[str, Any], values: Mapping[str, str]
) -> Plan:
    # pydantic costs 40 ms, which `lion call COMPONENT` and replays need not pay.
    from lion.manifest.mistakes import check
    from lion.manifest.models import build_models, check_models_named
    from lion.manifest.tables import ManifestTable

    table = check(document, ManifestTable, filled)
    holders = _holders(document, table)
    if table.workflows:
        from lion.manifest.workflow_checks import check_workflows

        check_workflows(document, holders)
    models = build_models(document, table.models)
    _check_scopes(document, holders)
    check_agents(document, holders)
    check_models_named(document, holders, models)
    runs = tuple(_run(document, i, run, holders) for i, run in enumerate(table.run))
    return Plan(
        name=table.name,
        path=document.path,
        text=text,
        holders=holders,
        runs=runs,
        resolved=_resolved(filled, values, holders, models),
        models=models,
        folder=document.folder,
        park_after_ns=table.park_after,
        memory=None if table.limits is None else table.limits.memory,
        service=_service(document, table, holders),
        schedules=_schedules(document, table, holders),
    )


def _service(
    document: Document, table: "ManifestTable", holders: Mapping[str, Holder]
) -> ServiceTerms | None:
    if table.service is None:
        return None
    from lion.manifest.service_table import build_service

    return build_service(document, table.service, holders)


def _schedules(
    document: Document, table: "ManifestTable", holders: Mapping[str, Holder]
) -> tuple[Schedule, ...]:
    if not table.schedules:
        return ()
    from lion.manifest.schedules import build_schedules

    return build_schedules(document, table.schedules, holders)


def bare_plan(component: Path) -> Plan:
    """The plan of `lion call COMPONENT`: one plugin, named after the file, with defaults only."""
    name = bare_name(component)
    holder = Holder(name=name, kind="plugin", component=component, limits=Limits())
    resolved = {"name": name, "plugins": {name: {"component": str(component)}}}
    return Plan(name=name, path=None, text="", holders={name: holder}, runs=(), resolved=resolved)


def bare_name(component: Path) -> str:
    """What the one plugin of a bare component is called, and its manifest."""
    words = re.sub("[^a-z0-9]+", "-", component.stem.lower()).lstrip("-0123456789")
    return words[:64].strip("-") or "component"


def _holders(document: Document, table: "ManifestTable") -> dict[str, Holder]:
    from lion.manifest.agents import build_agent
    from lion.manifest.grants import build_holder, build_server, build_system

    built = [
        build_holder(
            one, kind="plugin", name=name, folder=document.folder, component=one.component
        )
        for name, one in table.plugins.items()
    ]
    built += [build_agent(document, one, name) for name, one in table.agents.items()]
    built += [build_system(system, name=name) for name, system in table.system.items()]
    built += [build_server(server, name=name) for name, server in table.mcp.items()]
    if table.workflows:
        from lion.manifest.workflows import build_workflows

        built += build_workflows(document, table.workflows).values()
    holders: dict[str, Holder] = {}
    for holder in built:
        other = holders.setdefault(holder.name, holder)
        if other is not holder:
            raise document.error(
                (holder.table, holder.name),
                f"duplicate name: {holder.name!r} is {_a(other)} and {_a(holder)}",
                "rename one of them",
            )
    return holders


def _a(holder: Holder) -> str:
    if holder.table == SERVER:
        return "a server of MCP"
    known = {"plugin": "a plugin", "agent": "an agent", "workflow": "a workflow"}
    return known.get(holder.kind, "a system plugin")


def _check_scopes(document: Document, holders: Mapping[str, Holder]) -> None:
    """Refuse a grant on tools of a plugin that is not there: it is a misspelling."""
    for holder in holders.values():
        for grant in holder.grants:
            for pattern in grant.patterns if grant.capability == "tools" else ():
                plugin = pattern.partition(".")[0]
                if "*" not in plugin and plugin not in holders:
                    raise document.error(
                        (holder.table, holder.name, "allow", grant.capability),
                        f"{pattern!r}: there is no plugin {plugin!r}",
                        did_you_mean(plugin, holders),
                    )


def _run(
    document: Document, index: int, run: "RunTable", holders: Mapping[str, Holder]
) -> RunAgent | RunCall:
    place = ("run", index)
    if [run.agent, run.call, run.workflow].count(None) != 2:
        what = "needs either 'agent', 'call' or 'workflow'"
        raise document.error(place, what, "write one of them")
    if run.agent is not None:
        return _run_agent(document, index, run, holders)
    if run.task is not None:
        raise document.error((*place, "task"), "a call has no task", "write with = { ... }")
    if run.output is not None:
        what = "a call's result is of its own type, and has no 'output'"
        raise document.error((*place, "output"), what, "remove it")
    if run.workflow is not None:
        return _run_workflow(document, index, run.workflow, run, holders)
    return RunCall(named_tool(document, place, run.call or "", holders), run.with_ or {})


def _run_workflow(
    document: Document, index: int, name: str, run: "RunTable", holders: Mapping[str, Holder]
) -> RunCall:
    known = [one for one, holder in holders.items() if holder.kind == WORKFLOW]
    if name not in known:
        what = f"there is no workflow {name!r}"
        raise document.error(("run", index, "workflow"), what, did_you_mean(name, known))
    return RunCall(f"{name}.run", run.with_ or {})


def _run_agent(
    document: Document, index: int, run: "RunTable", holders: Mapping[str, Holder]
) -> RunAgent:
    place = ("run", index)
    agents = [name for name, holder in holders.items() if holder.kind == "agent"]
    if run.agent not in agents:
        what = f"there is no agent {run.agent!r}"
        if run.agent in holders:
            what = f"{run.agent!r} is {_a(holders[run.agent or ''])}, not an agent"
        raise document.error((*place, "agent"), what, did_you_mean(run.agent or "", agents))
    if run.with_ is not None:
        raise document.error((*place, "with"), "an agent takes no 'with'", 'write task = "..."')
    if run.task is None:
        raise document.error(place, "'task' is missing", f'write task = "..." for {run.agent}')
    from lion.manifest.outputs import build_output

    output = None if run.output is None else build_output(document, place, run.output)
    return RunAgent(run.agent, run.task, output)


def _resolved(
    filled: dict[str, Any],
    values: Mapping[str, str],
    holders: Mapping[str, Holder],
    models: Mapping[str, Model],
) -> dict[str, Any]:
    resolved = {**filled, **({"vars": dict(values)} if values else {})}
    for kind in ("plugins", "agents"):
        tables = filled.get(kind, {})
        if tables:
            resolved[kind] = {
                name: {**table, **_places(holders[name])} for name, table in tables.items()
            }
    if models:
        resolved["models"] = {
            name: {**table, "script": str(models[name].script)} if "script" in table else table
            for name, table in filled["models"].items()
        }
    return resolved


def _places(holder: Holder) -> dict[str, str]:
    """Where its code is, for whoever goes on with a run elsewhere."""
    if holder.adapter:
        return {"folder": str(holder.program.folder)}
    return {"component": str(holder.component)}
