"""Look here if you want to know what a holder can bring about through other plugins' tools.

Rule: a tool acts under its own plugin's grants, so who may call it reaches them; and what that
plugin may call in turn, as deep as calls may nest.
Rule: a way is one the door would allow: each step is decided as the call would be.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from lion.domain.plan import CLIENTS, DEFAULT_CAPABILITIES, MAX_DEPTH, SYSTEM, Grant, Holder
from lion.domain.question import Question
from lion.policy.decide import decide_static
from lion.policy.rights import Rights
from lion.scopes.table import scope_of

CALLS = ("call", "start")
"""Operations of `tools` that run a tool."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """A grant of another holder's within reach, and the shortest way: the tools, or functions of
    an extension (its name), called in turn.
    """

    capability: str
    scope: tuple[str, ...]
    line: str
    holder: str
    through: tuple[str, ...]


def reachable(
    rights: Mapping[str, Rights],
    imports: Mapping[str, Mapping[str, Sequence[str]]],
    tools: Mapping[str, str],
    trusted: Mapping[str, Holder] = {},
    offering: Mapping[str, str] = {},
    agents: Mapping[str, str] = {},
) -> dict[str, tuple[Reach, ...]]:
    """What each holder reaches. `tools` gives the holder by the tool's name, `imports` the
    operations by holder and capability; `trusted` are system plugins, whose Python is reached too;
    `offering` gives the one that executes an extension; `agents` are like `tools`, for clients.
    """
    clients = {name for name, holder in trusted.items() if holder.use in CLIENTS}
    steps = {
        name: (
            *_steps(
                one,
                imports[name].get("tools", ()),
                {**tools, **agents} if name in clients else tools,
            ),
            *_agents(one, imports[name].get("agents", ()), rights),
            *((offering[c], c) for c in one.capabilities if c in offering),
        )
        for name, one in rights.items()
    }
    own = {name: (*_python(trusted.get(name)), *own_grants(one)) for name, one in rights.items()}
    return {name: _reach(name, steps, own) for name in rights}


def _steps(
    rights: Rights, operations: Sequence[str], tools: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Whom a holder may call: each other holder with the first tool that leads there."""
    found: dict[str, str] = {}
    if "tools" not in rights.capabilities:
        return ()
    able = [operation for operation in CALLS if operation in operations]
    for tool, holder in sorted(tools.items()):
        if holder not in found and any(
            decide_static(Question(rights.holder, "tools", operation, tool), rights).allowed
            for operation in able
        ):
            found[holder] = tool
    return tuple(found.items())


def _agents(
    rights: Rights, operations: Sequence[str], others: Mapping[str, Rights]
) -> Iterator[tuple[str, str]]:
    """Whom a workflow may have work: each with its own name for the way there."""
    if "agents" not in rights.capabilities or "start" not in operations:
        return
    for name in sorted(others):
        question = Question(rights.holder, "agents", "start", name)
        if name != rights.holder and decide_static(question, rights).allowed:
            yield name, name


def _python(holder: Holder | None) -> tuple[Grant, ...]:
    """What no sandbox holds is authority in itself."""
    if holder is None:
        return ()
    line = f'{holder.table}.{holder.name}.use = "{holder.use}"'
    return (Grant(SYSTEM, line, patterns=(holder.use,)),)


def own_grants(rights: Rights) -> tuple[Grant, ...]:
    """Grants that are authority: defaults reach nothing outside, `tools` and `agents` are
    the way itself."""
    return tuple(
        grant
        for name in rights.capabilities
        if name not in DEFAULT_CAPABILITIES and name not in ("tools", "agents", "people")
        for grant in rights.grants[name]
    )


def _reach(
    root: str,
    steps: Mapping[str, Sequence[tuple[str, str]]],
    own: Mapping[str, Sequence[Grant]],
) -> tuple[Reach, ...]:
    ways: dict[str, tuple[str, ...]] = {root: ()}
    waiting = deque([root])
    while waiting:
        holder = waiting.popleft()
        for callee, tool in steps[holder]:
            if callee not in ways and len(ways[holder]) + 1 < MAX_DEPTH:
                ways[callee] = (*ways[holder], tool)
                waiting.append(callee)
    return tuple(
        Reach(
            capability=grant.capability,
            scope=scope_of(grant),
            line=grant.line,
            holder=holder,
            through=way,
        )
        for holder, way in ways.items()
        if holder != root
        for grant in own[holder]
    )
