"""Look here if you want to know how a system plugin asks the host: through the broker, like a
guest.

Rule: what it did not declare (`uses`) it has no way to; what it declared, its holder's grants and
the policy decide, call by call.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lion.domain.reply import Reply
from lion.ports import Clock, HandleCall, Import
from lion.system.contract import Answer, HostError
from lion.system.model_door import Hear, converse
from lion.values.json_plain import check_plain
from lion.values.json_scalars import JsonMismatch
from lion.values.packed import pack, unpack
from lion.values.wit import Function

LEVELS: Final = ("debug", "info", "warn", "error")

_FUNCTIONS: Final = {
    "log": ("write",),
    "http": ("send",),
    "tools": ("call",),
    "llm": ("start", "[method]answer.next"),
}


def imports_of(uses: Sequence[str]) -> tuple[Import, ...]:
    """What a plugin that uses these capabilities imports; every one may write log lines."""
    return tuple(
        Import(f"lion:host/{name}", function, Function((), None))
        for name in ("log", *uses)
        for function in _FUNCTIONS[name]
    )


class HostDoor:
    """One call's host. Implements contract.Host."""

    def __init__(
        self, holder: str, imports: Sequence[Import], handle: HandleCall, clock: Clock
    ) -> None:
        self.holder = holder
        self._imports = {
            (one.interface.rpartition("/")[2], one.name): n for n, one in enumerate(imports)
        }
        self._handle = handle
        self._clock = clock

    def now_ns(self) -> int:
        """See contract.Host."""
        return self._clock.now_ns()

    async def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        body: bytes | str | None = None,
        timeout_ns: int | None = None,
    ) -> Answer:
        """See contract.Host."""
        if any(set(_text(text)) & {"\r", "\n"} for pair in headers.items() for text in pair):
            raise HostError("invalid", "a header has a line break in it")
        if timeout_ns is not None and not 0 <= timeout_ns < 2**64:
            raise HostError("invalid", "a time is a number of nanoseconds, from 0")
        request = {
            "method": _text(method),
            "url": _text(url),
            "headers": "\n".join(f"{name}: {value}" for name, value in headers.items()),
            "body": None if body is None else _packed(body),
            "timeout": timeout_ns,
        }
        answer = await self._ask("http", "send", [request])
        lines = [line.partition(": ") for line in answer["headers"].splitlines()]
        return Answer(
            status=answer["status"],
            headers=tuple((name, value) for name, _, value in lines),
            body=unpack(answer["body"]),
            url=answer["url"],
        )

    async def tool(self, name: str, /, **arguments: Any) -> Any:
        """See contract.Host."""
        text = json.dumps(arguments, ensure_ascii=False, allow_nan=False)
        return json.loads(await self._ask("tools", "call", [_text(name), text]))

    async def log(self, level: str, message: str) -> None:
        """See contract.Host."""
        if level not in LEVELS:
            raise HostError("invalid", f"{level!r} is no level; write {', '.join(LEVELS)}")
        await self._ask("log", "write", [level, _text(message)])

    async def model(
        self,
        name: str,
        messages: Sequence[Mapping[str, Any]],
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        schema: Mapping[str, Any] | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        hear: Hear | None = None,
    ) -> Reply:
        """See contract.Host."""
        if max_tokens is not None and not 0 < max_tokens < 2**32:
            raise HostError("invalid", "max_tokens is at least 1")
        return await converse(
            self._ask, _text(name), messages, tools=tools, schema=schema,
            max_tokens=max_tokens, temperature=temperature, hear=hear,
        )  # fmt: skip

    async def _ask(self, capability: str, function: str, args: list[Any]) -> Any:
        index = self._imports.get((capability, function))
        if index is None:
            raise HostError("denied", f"{capability!r} is not among what the plugin uses")
        try:
            check_plain(args)
        except JsonMismatch as exc:
            raise HostError("invalid", str(exc)) from None
        status, value = await self._handle(index, args)
        if status == "err":
            raise HostError(*value)
        return value


def _text(value: Any) -> str:
    # The broker relies on types that a component's bytes cannot break; Python's can.
    if type(value) is not str:
        raise TypeError(f"expected text, got a {type(value).__name__}")
    return value


def _packed(body: bytes | str) -> str:
    return f"{_text(body)}u" if isinstance(body, str) else pack(bytes(body))
