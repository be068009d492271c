"""Look here if you want to know how a test stands in for other plugins' tools.

Rule: who may call which tool, the bounds of arguments and results, and handles stay the host's;
only what happens between is the test's. A faked tool makes no invocation.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from lion.domain.call import CallError
from lion.errors import OperatorError, OwnError
from lion.kernel.invocation import Invocation
from lion.kernel.tool_calls import Pending, dump_json
from lion.ports import Operation, PendingCall, Tools
from lion.testing.fakes import Answerer, Failures, answering

NAMES = ("list", "call", "start")


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


def fake_tools(
    operations: dict[tuple[str, str], Operation], answers: Mapping[str, Any], failures: Failures
) -> None:
    """Let the test answer calls of the tools in `answers` ("fetcher.fetch").

    Raises OperatorError for what names no tool.
    """
    for name in answers:
        if not all(name.partition(".")):
            raise OperatorError(f"tools={{{name!r}: ...}} names no tool", hint='"plugin.function"')
    errors = (CallError, OwnError)
    known = {name: answering(answer, failures, errors) for name, answer in answers.items()}

    def install(operation: Operation) -> Operation:
        def execute(caller: Invocation, *args: Any) -> Any:
            if not isinstance(caller.tools, FakedTools):
                caller.tools = FakedTools(caller, known)
            return operation.execute(caller, *args)

        return msgspec.structs.replace(operation, execute=execute)

    for name in NAMES if known else ():
        operations["tools", name] = install(operations["tools", name])
