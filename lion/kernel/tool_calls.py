"""Look here if you want to know how one guest's call of another plugin's tool runs.

Rule: the callee gets a fresh instance and acts under its own grants; the whole chain of callers
pays its host calls.
Rule: a callee's failure is an error value for its caller, and names no more than the guest may
know.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import trio

from lion.domain.call import BULK, CallError
from lion.domain.plan import MAX_DEPTH
from lion.errors import BrokenCall, GuestError
from lion.kernel.allotments import of_grants
from lion.kernel.execution import execute_tool
from lion.kernel.going_on import cut as cut_past
from lion.kernel.going_on import recorded_value
from lion.kernel.invocation import Invocation
from lion.kernel.past import Ended
from lion.kernel.pending import Pending
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.kernel.tool_types import input_schema, output_schema, read_text, write_result
from lion.ports import Export
from lion.values.json_scalars import JsonMismatch

MOST_STARTED = 1_024
"""Started calls under way in one run: calls that start calls multiply, and each is an instance."""
AT_ONCE = 16
"""Tools that are described on the loop's thread."""
MOST_WORDS = 2_048
"""Characters of what a callee says of its failure that its caller hears."""

_CASES = {
    "deadline": "timeout", "trap": "other", "exit": "other", "world": "unavailable",
    "raised": "other", "result": "other",
}  # fmt: skip


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def dump_json(value: Any) -> str:
    """JSON as guests get it: compact, text as it is."""
    return _ENCODER.encode(value)


def find_tool(invocation: Invocation, name: str) -> tuple[LiveHolder, Export]:
    """The holder and the export a tool's name means. Raises CallError("not-found")."""
    plugin, _, function = name.partition(".")
    holder = invocation.live.holders.get(plugin)
    if holder is None or function not in holder.tools:
        raise CallError("not-found", f"there is no tool {name!r}")
    return holder, holder.tools[function]


def told_caller(what: str, exc: GuestError | BrokenCall) -> CallError:
    """A callee's failure as its caller, a guest, gets it: bounded, since the callee wrote it and
    the caller keeps and pays it.
    """
    if isinstance(exc, BrokenCall):
        return CallError("unavailable", f"{what} failed: a bug in lion stopped it")
    case = _CASES.get(exc.ending, "exhausted")
    # What Python raised may tell of the host's files; the record has it.
    said = f": {exc.words}" if exc.words and exc.ending != "raised" else ""
    # How much others use, and what the machine has, is not for guests.
    why = "there is no room for it now" if exc.facts.get("is_shared") else exc.what
    return CallError(case, cut(f"{what} failed ({exc.ending}): {why}{said}"))


def cut(text: str) -> str:
    """A callee's words, as many as its caller hears."""
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS]}..."


def check_depth(caller: Invocation) -> None:
    """Raise CallError("exhausted") if the chain of callers is as long as it may be."""
    if len(caller.chain) >= MAX_DEPTH:
        raise CallError("exhausted", f"tools call tools at most {MAX_DEPTH} deep")


def _described(holder: LiveHolder, export: Export) -> dict[str, str]:
    name = holder.tool_name(export)
    known = holder.described.get(name)
    if known is None:
        known = holder.described[name] = {
            "description": export.docs,
            "input-schema": dump_json(input_schema(export)),
            "output-schema": dump_json(output_schema(export)),
        }
    return known


def _describe_all(pairs: Sequence[tuple[LiveHolder, Export]]) -> None:
    for pair in pairs:
        _described(*pair)


class ToolPort:
    """The tools as one invocation sees them; implements ports.Tools."""

    def __init__(self, invocation: Invocation) -> None:
        self._caller = invocation
        self._under_way = 0

    async def list_tools(self) -> list[dict[str, str]]:
        """Records of `tools.tool` that this holder may call, sorted by name."""
        holders = self._caller.live.holders
        names = sorted(f"{h.name}.{tool}" for h in holders.values() for tool in h.tools)
        found = {name: find_tool(self._caller, name) for name in names if self._may_call(name)}
        new = [
            pair for pair in found.values() if pair[0].tool_name(pair[1]) not in pair[0].described
        ]
        if len(new) > AT_ONCE:
            await trio.to_thread.run_sync(_describe_all, new)
        return [{"name": name, **_described(*pair)} for name, pair in found.items()]

    def _may_call(self, name: str) -> bool:
        return any(self._caller.foresee("tools", way, name).allowed for way in ("call", "start"))

    async def call(self, name: str, arguments: str) -> str:
        """JSON in, JSON out. Raises CallError."""
        invocation, export, args = self._prepare(name, arguments)
        invocation.is_awaited = True
        return await self._run(invocation, export, args)

    def _prepare(self, name: str, arguments: str) -> tuple[Invocation, Export, list[Any]]:
        caller = self._caller
        holder, export = find_tool(caller, name)
        check_depth(caller)
        try:
            args = read_text(export, arguments)
        except JsonMismatch as exc:
            raise CallError("invalid", str(exc)) from exc
        cause = f"{caller.path}#{caller.number}"
        invocation = build_invocation(caller, holder, cause)
        return invocation, export, args

    async def _run(self, invocation: Invocation, export: Export, args: list[Any]) -> str:
        try:
            value = await execute_tool(invocation, export, args)
        except (GuestError, BrokenCall) as exc:
            raise told_caller("the tool", exc) from exc
        return self._text(invocation, export, value)

    def _text(self, invocation: Invocation, export: Export, value: Any) -> str:
        """What the caller gets of a result. Raises CallError."""
        try:
            status, result = write_result(export, value)
        except JsonMismatch as exc:
            raise CallError("other", f"the tool's result is no JSON: {exc}") from exc
        text = dump_json(result)
        if len(text.encode("utf-8", "replace")) > BULK:
            what = "error" if status == "err" else "result"
            raise CallError("exhausted", f"the tool's {what} has more than {BULK:,} bytes")
        if status == "err":
            if said := invocation.outside.told_by(value):
                self._caller.outside.remember(text, said)
            raise CallError("other", text)
        return text

    def start(self, name: str, arguments: str) -> Pending:
        """Begin a call. Raises CallError."""
        caller = self._caller
        limit = caller.limits.concurrent
        if self._under_way >= limit:
            raise CallError(
                "exhausted", f"{limit} started calls are under way, which is the limit"
            )
        if caller.live.under_way >= MOST_STARTED:
            raise CallError("exhausted", "too many started calls are under way in this run")
        if caller.nursery is None:
            raise CallError("unavailable", "this instance cannot start calls")
        invocation, export, args = self._prepare(name, arguments)
        pending = Pending()
        caller.nursery.start_soon(self._work, pending, invocation, export, args, name=name)
        self._under_way += 1
        caller.live.under_way += 1
        return pending

    def recall(self, name: str, arguments: str) -> Pending:
        """See ports.Tools.recall."""
        caller, pending = self._caller, Pending()
        try:
            invocation, export, args = self._prepare(name, arguments)
        except CallError as exc:
            pending.settle(exc)
            return pending

        def begin() -> None:
            assert caller.nursery is not None
            self._under_way += 1
            caller.live.under_way += 1
            caller.nursery.start_soon(self._work, pending, invocation, export, args, name=name)

        def revive() -> Callable[[], None] | None:
            past = invocation.past
            if past is not None and past.ended is not None:
                pending.settle(self._recorded(invocation, export, past.ended))
                return None
            if pending.scope.cancel_called:
                cut_past(caller.live, invocation.path)
                return None
            return begin

        caller.revivals.append(revive)
        return pending

    def _recorded(self, invocation: Invocation, export: Export, ended: Ended) -> str | CallError:
        try:
            return self._text(invocation, export, recorded_value(ended))
        except (GuestError, BrokenCall) as exc:
            return told_caller("the tool", exc)
        except CallError as exc:
            return exc

    @trio.lowlevel.enable_ki_protection
    async def _work(
        self, pending: Pending, invocation: Invocation, export: Export, args: list[Any]
    ) -> None:
        try:
            with pending.scope:
                try:
                    pending.settle(await self._run(invocation, export, args))
                except CallError as exc:
                    pending.settle(exc)
        finally:
            self._under_way -= 1
            self._caller.live.under_way -= 1
            pending.settle(CallError("cancelled", "the call was cancelled"))


def build_invocation(
    parent: Invocation, holder: LiveHolder, cause: str, given: Mapping[str, int] = {}
) -> Invocation:
    """The next invocation a caller causes, or the one that this call caused before; `given` is
    set aside for it.
    """
    known = parent.live.past
    past = None if known is None else known.child(cause)
    path = parent.next_child() if past is None else past.path
    beneath = {**parent.owner.given, **of_grants(given)}
    if beneath:
        holder = holder.narrowed(holder.rights.within, beneath)
    invocation = Invocation(parent.live, holder, path, parent, cause, given)
    invocation.tools = ToolPort(invocation)
    if known is not None and past is not None:
        invocation.recall(past, known.children(path))
    return invocation


def build_root(live: LiveRun, holder: LiveHolder, path: str) -> Invocation:
    """An invocation of the run itself."""
    invocation = Invocation(live, holder, path, None, "")
    invocation.tools = ToolPort(invocation)
    known = live.past
    if known is not None:
        invocation.number = known.background.get(path, 0)
        if (past := known.invocations.get(path)) is not None:
            invocation.recall(past, known.children(path))
    return invocation
