"""A system plugin asks models as a guest does: by its own grant, through the door, on record."""

from pathlib import Path
from typing import Any

import pytest

import lion
from lion.errors import OwnError
from lion.settings import Settings
from lion.system import CONTRACT, HostError, PluginHost, SystemPlugin, ToolError, tool
from tests.wasm.kit import cache_directory

SCRIPT = """
[[answer]]
when = { result = "3" }
text = "It is 3."
[[answer]]
calls = [{ name = "add", with = { a = 1 } }]
thinking = "Hm."
"""


class Scribe(SystemPlugin):
    """Asks for others."""

    contract = CONTRACT
    uses = ("llm",)

    @tool
    async def write(self, model: str, host: PluginHost) -> list[Any]:
        """What a model says to a question, and then to the result of its call."""
        heard: list[str] = []

        async def hear(kind: str, value: Any) -> None:
            heard.append(kind)

        user = {"role": "user", "content": "go"}
        tools = [{"name": "add", "input-schema": {"type": "object"}}]
        try:
            first = await host.model(model, [user], tools=tools, hear=hear)
        except HostError as exc:
            raise ToolError([exc.case, exc.text]) from None
        ((id, name, arguments),) = first.calls
        turn = {
            "role": "assistant",
            "tool-calls": [{"id": id, "name": name, "arguments": arguments}],
        }
        result = {"role": "tool", "tool-call": id, "content": "3"}
        after = await host.model(model, [user, turn, result], tools=tools)
        return [first.thinking, name, arguments, first.stop, after.text, heard]


class Silent(SystemPlugin):
    """Has not said that it asks models."""

    contract = CONTRACT

    @tool
    async def write(self, model: str, host: PluginHost) -> str:
        """Asks all the same."""
        try:
            await host.model(model, [])
        except HostError as exc:
            raise ToolError(exc.case) from None
        return "asked"


async def write(folder: Path, plugin: Any, allow: str) -> Any:
    (folder / "s.toml").write_text(SCRIPT, "utf-8")
    text = (
        'name = "x"\n[models.fast]\nprovider = "scripted"\nscript = "s.toml"\n'
        f'[system.scribe]\nuse = "scribe"\n{allow}\n'
    )
    settings = Settings(state=folder / "state", cache=cache_directory())
    async with lion.open_host(settings) as host:
        host.lend("scribe", plugin)
        return await host.call(text, "scribe.write", {"model": "fast"}, folder=folder)


async def test_it_asks_and_hears(tmp_path: Path) -> None:
    said = await write(tmp_path, Scribe, 'allow.llm = ["fast"]')
    assert said[:5] == ["Hm.", "add", '{"a": 1}', "tool-use", "It is 3."]
    assert said[5][0] == "thinking" and said[5][-2:] == ["usage", "stop"]


async def test_without_a_grant_it_is_denied(tmp_path: Path) -> None:
    with pytest.raises(OwnError) as raised:
        await write(tmp_path, Scribe, "")
    assert "denied" in str(raised.value)


async def test_a_budget_holds_it(tmp_path: Path) -> None:
    with pytest.raises(OwnError) as raised:
        await write(tmp_path, Scribe, 'allow.llm = [{ model = "fast", calls = 0 }]')
    assert "exhausted" in str(raised.value)


async def test_what_it_did_not_declare_it_cannot_use(tmp_path: Path) -> None:
    with pytest.raises(OwnError, match="denied"):
        await write(tmp_path, Silent, 'allow.llm = ["fast"]')
