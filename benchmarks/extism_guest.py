"""Look here if you want to know how the bench uses Extism: by its Python SDK."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from wasmtime import wat2wasm

with suppress(ImportError):
    import extism  # type: ignore[import-untyped]
    from extism.extism import CompiledPlugin  # type: ignore[import-untyped]

WAT = Path(__file__).with_name("extism.wat")
ANSWER = "hello world"


def is_installed() -> bool:
    """True if Extism can take part."""
    return "extism" in globals()


def _functions(answer: str) -> list[Any]:
    word = extism.ValType.I32

    @extism.host_fn()  # type: ignore[untyped-decorator]
    def fetch(text: str) -> str:
        return answer

    @extism.host_fn(signature=([word, word], [word]))  # type: ignore[untyped-decorator]
    def add(plugin: Any, params: Any, results: Any, *data: Any) -> None:
        results[0].value = (params[0].value + params[1].value) & 0xFFFFFFFF

    return [fetch, add]


class ExtismGuest:
    """One compiled plugin with one instance. `answer` is what `fetch` gives."""

    def __init__(self, answer: str = ANSWER) -> None:
        self._compiled = CompiledPlugin(
            bytes(wat2wasm(WAT.read_text("utf-8"))), functions=_functions(answer)
        )
        self._plugin = extism.Plugin(self._compiled)

    async def nop(self, count: int) -> None:
        """Empty guest calls."""
        for _ in range(count):
            self._plugin.call("nop", b"")

    async def fresh(self, count: int) -> None:
        """A new instance for each empty call."""
        for _ in range(count):
            extism.Plugin(self._compiled).call("nop", b"")

    def text(self, text: str) -> Any:
        """Guest calls with a text in and out."""

        async def work(count: int) -> None:
            for _ in range(count):
                assert self._plugin.call("text", text, lambda b: bytes(b).decode()) == text

        return work

    def data(self, data: bytes) -> Any:
        """Guest calls with bytes in and out."""

        async def work(count: int) -> None:
            for _ in range(count):
                assert self._plugin.call("text", data, bytes) == data

        return work

    def fetch(self, text: str, answer_size: int) -> Any:
        """Host calls with a text each way."""

        async def work(count: int) -> None:
            came = self._plugin.call("fetch_n", count.to_bytes(8, "little") + text.encode(), bytes)
            assert int.from_bytes(came, "little") == count * answer_size

        return work

    async def add(self, count: int) -> None:
        """Host calls with two numbers in and one out."""
        came = self._plugin.call("call_n", count.to_bytes(8, "little"), bytes)
        assert int.from_bytes(came, "little") == sum(range(count)) & 0xFFFFFFFF
