"""Look here if you want to know how a tool is stood in for: in a test, in a dry run.

Rule: who may call which tool, the bounds of arguments and results, and handles stay the host's;
only what happens between is somebody else's. A faked tool makes no invocation.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import trio

from lion.domain.call import CallError
from lion.errors import OwnError
from lion.kernel.invocation import Invocation
from lion.kernel.pending import Pending
from lion.kernel.tool_calls import dump_json
from lion.ports import Operation, PendingCall, Tools

NAMES = ("list", "call", "start")
Answerer = Callable[..., Awaitable[Any]]
"""Answers a call's arguments, a dict. Raises CallError, OwnError for the tool's own error."""


class FakedTools:
    """The tools as an invocation sees them, some of them the test's; implements ports.Tools."""

    def __init__(self, caller: Invocation, answers: Mapping[str, Answerer]) -> None:
        self._caller = caller
        self._real: Tools = caller.tools
        self._answers = answers
        self._under_way = 0

    async def list_tools(self) -> list[dict[str, str]]:
        """The real ones, and those that only the test has."""
        listed = {tool["name"]: tool for tool in await self._real.list_tools()}
        for name in self._answers:
            if name not in listed and self._may_call(name):
                listed[name] = {
                    "name": name, "description": "", "input-schema": "{}", "output-schema": "{}"
                }  # fmt: skip
        return [listed[name] for name in sorted(listed)]

    def _may_call(self, name: str) -> bool:
        return any(self._caller.foresee("tools", way, name).allowed for way in ("call", "start"))

    async def call(self, name: str, arguments: str) -> str:
        """JSON in, JSON out. Raises CallError."""
        if name not in self._answers:
            return await self._real.call(name, arguments)
        try:
            given = json.loads(arguments)
        except ValueError as exc:
            raise CallError("invalid", f"the arguments are no JSON: {exc}") from exc
        try:
            return dump_json(await self._answers[name](given))
        except OwnError as exc:
            raise CallError("other", dump_json(exc.value)) from exc

    def start(self, name: str, arguments: str) -> PendingCall:
        """Begin a call. Raises CallError."""
        if name not in self._answers:
            return self._real.start(name, arguments)
        limit = self._caller.limits.concurrent
        if self._under_way >= limit:
            words = f"{limit} started calls are under way, which is the limit"
            raise CallError("exhausted", words)
        pending = Pending()
        self._caller.start_task(self._work, pending, name, arguments)
        self._under_way += 1
        return pending

    def recall(self, name: str, arguments: str) -> PendingCall:
        """A call of before; what a test or a dry run answers is never gone on with."""
        return self._real.recall(name, arguments)

    @trio.lowlevel.enable_ki_protection
    async def _work(self, pending: Pending, name: str, arguments: str) -> None:
        try:
            with pending.scope:
                try:
                    pending.settle(await self.call(name, arguments))
                except CallError as exc:
                    pending.settle(exc)
        finally:
            self._under_way -= 1
            pending.settle(CallError("cancelled", "the call was cancelled"))


def install_faked_tools(
    operations: dict[tuple[str, str], Operation], answers: Mapping[str, Answerer]
) -> None:
    """Let calls of the tools in `answers` ("fetcher.fetch") be answered by them."""

    def install(operation: Operation) -> Operation:
        def execute(caller: Invocation, *args: Any) -> Any:
            if not isinstance(caller.tools, FakedTools):
                caller.tools = FakedTools(caller, answers)
            return operation.execute(caller, *args)

        return msgspec.structs.replace(operation, execute=execute)

    for name in NAMES if answers else ():
        operations["tools", name] = install(operations["tools", name])
