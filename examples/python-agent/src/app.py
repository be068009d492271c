"""An agent that answers a question: a model looks things up with the tools that were granted, its
words are shown as they come, and what was looked up is cited. `plugins-src/researcher` is the same
one in Rust.
"""

import json

from lion_guest import Denied, Error, Output, config, output, tools
from lion_guest.llm import ROUNDS, Chat, Text, ToolStart
from sources import Sources

TASK = (
    "Answer the question. Look things up with the tools you have, and say only what you found. "
    "Cite the sources by their numbers, in the order in which you looked them up: [1], [2]."
)


def run(task: str) -> Output:
    chat = Chat(config.get("model", "fast")).system(instructions()).user(task).use(offered())
    shown = Shown()
    reply = chat.work(config.value("rounds", ROUNDS), hear=shown.hear)
    shown.end_line()
    sources = Sources(chat.messages)
    text = reply.text.rstrip() + sources.listed()
    output.text(sources.listed().lstrip())
    save(text)
    return Output(text, {"answer": reply.text, "sources": sources.all, "failed": sources.failed})


def instructions() -> str:
    style = config.get("style")
    return TASK if style is None else f"{TASK} Style: {style}."


def offered() -> list:
    """What may be called but is not the model's to call: where the text goes in the end."""
    saved = config.value("save", {}).get("name")
    try:
        return [tool for tool in tools.list() if tool.name != saved]
    except Denied:
        return []


class Shown:
    """What people see while the model works, and whether that is inside a line."""

    def __init__(self) -> None:
        self.is_inside = False

    def hear(self, event) -> None:
        match event:
            case Text(piece):
                self.is_inside = not piece.endswith("\n")
                output.text(piece)
            case ToolStart(tool):
                self.end_line()
                output.say(f"(calls {tool.name})")

    def end_line(self) -> None:
        if self.is_inside:
            output.text("\n")
        self.is_inside = False


def save(text: str) -> None:
    said = config.value("save")
    if said is None:
        return
    arguments = {**said.get("with", {}), said.get("text", "text"): text}
    try:
        tools.call(said["name"], arguments)
    except Error as error:
        output.say(f"{said['name']}: not saved ({json.dumps(str(error))})")
