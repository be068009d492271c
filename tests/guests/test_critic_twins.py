"""Look here if you want to know that the critic in AssemblyScript does what the one in Rust does:
the same questions to the host in the same order, the same words, the same verdicts.
"""

from pathlib import Path
from typing import Any

import pytest

from lion.domain.events import CallFinished, CallRequested, Event
from lion.review.report import Ending
from tests.attack.kit import call, holder, only, open_arena, task

SCRIPT = """
[[answer]]
when = { system = "You judge", user = "wildebeest" }
text = "accepted: it has its source.\\n\\n "
thinking = "Let me see."

[[answer]]
when = { user = "broken" }
text = "accep"
failure = { kind = "unavailable", text = "the server went away" }

[[answer]]
text = "rejected: no source."
"""
READS: dict[str, Any] = {
    "a text": [{"name": "book.read", "with": {"title": "lions"}}],
    "two texts": [{"name": "book.read", "with": {"title": t}} for t in ("lions", "zebras")],
    "no text yet": [{"name": "book.read", "with": {"title": "nothing"}}],
    "an empty text": [{"name": "book.read", "with": {"title": "empty"}}],
    "a number": [{"name": "calculator.add", "with": {"a": 1, "b": 2}}],
    "an object": [{"name": "words.count", "with": {"text": "a", "most": 1}}],
    "a tool's own error": [{"name": "calculator.divide", "with": {"a": 1, "b": 0}}],
    "what is not granted": [{"name": "book.write", "with": {"title": "x", "text": "y"}}],
    "wrong arguments": [{"name": "calculator.add", "with": {"a": "one"}}],
    "no arguments": [{"name": "calculator.add"}],
    "no name": [{"with": {}}],
    "nothing": [],
    "a broken answer": [{"name": "book.read", "with": {"title": "broken"}}],
}
"""What the critics are told to read."""


def tables(tmp_path: Path, critic: str, config: dict[str, Any]) -> list[str]:
    import tomli_w

    tmp_path.mkdir()
    (tmp_path / "answers.toml").write_text(SCRIPT)
    settings = tomli_w.dumps({"agents": {"carla": {"config": config}}})
    return [
        f'[models.fast]\nprovider = "scripted"\nscript = "{tmp_path}/answers.toml"\n',
        holder("book", "notebook", 'allow.kv = { bytes = "1 KiB" }'),
        holder("calculator", "calculator"),
        holder("words", "wordcount"),
        holder(
            "carla",
            critic,
            'allow.llm = ["fast"]',
            'allow.tools = ["book.read", "calculator.*", "words.*"]',
            kind="agents",
        ),
        settings,
    ]


NOTES = {
    "lions": "Lions eat wildebeest.",
    "zebras": "Zebras run.",
    "empty": "",
    "broken": "broken",
}


async def judged(tmp_path: Path, critic: str, config: dict[str, Any]) -> tuple[Ending, list[Any]]:
    """How a critic ends, and what it asked the host and was told, without what the clock said."""
    given = tables(tmp_path, critic, config)
    async with open_arena(tmp_path) as arena:
        for title, text in NOTES.items():
            report = await arena.run(*given, call("book.write", title=title, text=text))
            assert only(report).ok
        report = await arena.run(*given, task("carla", "Judge this."))
        assert (await arena.replay(report.run)).identical
        return only(report), list(filter(None, map(_asked, arena.events(report.run))))


def _asked(event: Event) -> Any:
    """What the critic asked of the host, or was told."""
    match event:
        case CallRequested():
            return event.capability, event.operation, event.args
        case CallFinished() if event.capability not in ("kv", "log"):
            told = None if event.capability == "clock" else event.value
            return event.capability, event.operation, event.args, told
    return None


@pytest.mark.parametrize("name", READS)
async def test_both_critics_do_the_same(name: str, tmp_path: Path) -> None:
    config = {"reads": READS[name], "patience": 0}
    rust, asked_by_rust = await judged(tmp_path / "rust", "critic", config)
    other, asked_by_other = await judged(tmp_path / "as", "critic-as", config)
    assert asked_by_rust == asked_by_other
    assert (rust.ok, rust.text, rust.value, rust.ending) == (
        other.ok, other.text, other.value, other.ending,
    )  # fmt: skip
