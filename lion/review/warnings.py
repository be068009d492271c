"""Look here if you want to know what a person is warned of before a plan runs.

Rule: check and audit warn of the same, with the same words: both ask here.
Rule: a warning is for what is allowed and will surprise; what cannot run is an error elsewhere.
Rule: what surprises in one capability's grants, its entry in the table of scopes says.
"""

from collections.abc import Collection, Iterator, Sequence

from lion.domain.plan import DEFAULT_CAPABILITIES, Holder, Plan
from lion.domain.surroundings import Surroundings, older_than_source
from lion.review.loaded import Loaded
from lion.scopes.rules import Rule
from lion.scopes.table import find_scopes


def warnings_of(
    plan: Plan,
    holder: Holder,
    loaded: Loaded | None,
    rules: Sequence[Rule],
    tools: Collection[str],
    around: Surroundings,
) -> Iterator[str]:
    """What to warn of in one holder. `tools` are all there are, `rules` the operator's that speak
    of what it imports.
    """
    if loaded is None:
        yield "its component was not loaded: it can do nothing"
        return
    if (folder := around.stale.get(holder.name)) is not None:
        yield older_than_source(folder)
    names = tuple(dict.fromkeys(grant.capability for grant in holder.grants))
    # What a message begins is handed it by the service, and need not ask for it.
    handed = {"bus" for one in plan.schedules if one.topic and one.order.holder == holder.name}
    yield from _unimported([name for name in names if name not in handed], loaded)
    for scopes in filter(None, map(find_scopes, names)):
        yield from scopes.warn(holder, plan, around, tools)
    yield from _refused(holder, loaded, rules)


def _unimported(names: Sequence[str], loaded: Loaded) -> Iterator[str]:
    """Grants that neither the guest nor the host on its behalf can use."""
    for name in names:
        scopes = find_scopes(name)
        through = () if scopes is None else scopes.through
        if not {name, *through} & loaded.imports.keys():
            yield f"granted but not imported: {name}"


def _refused(holder: Holder, loaded: Loaded, rules: Sequence[Rule]) -> Iterator[str]:
    """What it imports and may not use, and who says so."""
    granted = {grant.capability for grant in holder.grants}
    for name in loaded.imports:
        if name in holder.denied:
            yield f"imported but denied by the manifest: {name}"
        elif name not in granted and name not in DEFAULT_CAPABILITIES:
            yield f"imported but not granted: {name}"
    for rule in rules:
        if rule.is_whole and (
            rule.capability in granted or rule.capability in DEFAULT_CAPABILITIES
        ):
            yield f"granted but {rule.opinion.reason}: {rule.capability}"
