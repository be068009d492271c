"""Language models: questions, answers as they come, and a model that works with tools.

reply = llm.ask("fast", "What do lions eat?", system="Be short.")

for event in Chat("fast").user("What do lions eat?").start():
    match event:
        case Text(piece):
            output.text(piece)

reply = Chat("fast").user("What do lions eat?").use(tools.list()).work()
"""

import json as _json

from .errors import Error, raised
from .interfaces import interface

_host = interface("llm")
ROUNDS = 8
"""How often a model may ask for tools unless said otherwise."""

Text = _host.Event_Text
Thinking = _host.Event_Thinking
ToolStart = _host.Event_ToolStart
ToolArguments = _host.Event_ToolArguments
ToolEnd = _host.Event_ToolEnd
Usage = _host.Event_Usage
Stop = _host.Event_Stop


def models():
    """The models that may be asked, sorted."""
    return _host.models()


def ask(model, question, system=None, **how):
    """One question, and the whole answer: `text`, `thinking`, `tool_calls`, `usage`, `stop`."""
    chat = Chat(model, **how)
    if system is not None:
        chat.system(system)
    return chat.user(question).ask()


class Chat:
    """A conversation with a model of the manifest, and how to ask it. `schema` is a JSON schema
    that the answer must follow, as a dict.
    """

    def __init__(self, model, *, schema=None, max_tokens=None, temperature=None):
        self.model = model
        self.messages = []
        self.tools = []
        self.schema = schema
        self.max_tokens = max_tokens
        self.temperature = temperature

    def system(self, content):
        """Instruct the model."""
        return self._say("system", content)

    def user(self, content):
        """Say something to the model."""
        return self._say("user", content)

    def use(self, tools):
        """Let the model use these tools, of `tools.list()`."""
        self.tools = [*tools]
        return self

    def ask(self, hear=None):
        """The whole answer; `hear` is told each event as it comes. The conversation stays."""
        return self.start().gather(hear)

    def start(self):
        """The answer as it comes: an Answer."""
        return Answer(_host.start(self._record()))

    def work(self, rounds=ROUNDS, hear=None):
        """Ask, and call the tools that the model wants, until it wants no more; at most `rounds`
        times with tools. The conversation grows. Raises Error("exhausted") after that.
        """
        for _ in range(rounds + 1):
            reply = self.ask(hear)
            self.messages.append(_said(reply))
            if not reply.tool_calls:
                return reply
            self.messages += self._call_all(reply.tool_calls)
        raise Error("exhausted", f"the model still wants tools after {rounds} rounds")

    def _say(self, role, content):
        self.messages.append({"role": role, "content": content})
        return self

    def _call_all(self, calls):
        """All calls at once; what fails is a result that says so."""
        from . import tools

        begun = [self._begin(tools, call) for call in calls]
        return [
            {"role": "tool", "content": _result(one), "tool-call": call.id}
            for call, one in zip(calls, begun, strict=True)
        ]

    def _begin(self, tools, call):
        if not any(tool.name == call.name for tool in self.tools):
            return Error("not-found", f"there is no tool {call.name!r}")
        try:
            return tools.start_text(call.name, call.arguments)
        except Error as exc:
            return exc

    def _record(self):
        described = [
            {
                "name": t.name,
                "description": t.description,
                "input-schema": _json.loads(t.input_schema),
            }
            for t in self.tools
        ]
        return _host.Chat(
            self.model,
            _json.dumps(self.messages),
            _json.dumps(described) if described else "",
            None if self.schema is None else _json.dumps(self.schema),
            self.max_tokens,
            self.temperature,
        )


class Answer:
    """An answer as it comes: an iterator of its events."""

    def __init__(self, started):
        self._answer = started.answer
        self.handle = started.handle

    def __iter__(self):
        return self

    def __next__(self):
        with raised():
            event = self._answer.next()
        if event is None:
            raise StopIteration
        return event

    def gather(self, hear=None):
        """All that is still to come as a Reply; `hear` is told each event."""
        reply = _host.Reply("", "", [], _host.Usage(0, 0, True), _host.Stop.OTHER)
        for event in self:
            if hear is not None:
                hear(event)
            _add(reply, event)
        return reply


def _add(reply, event):
    match event:
        case Text(piece):
            reply.text += piece
        case Thinking(piece):
            reply.thinking += piece
        case ToolStart(tool):
            reply.tool_calls.append(_host.ToolCall(tool.id, tool.name, ""))
        case ToolArguments(piece) if reply.tool_calls:
            reply.tool_calls[-1].arguments += piece
        case Usage(usage):
            reply.usage = usage
        case Stop(stop):
            reply.stop = stop


def _said(reply):
    said = {"role": "assistant", "content": reply.text}
    if reply.tool_calls:
        said["tool-calls"] = [
            {"id": c.id, "name": c.name, "arguments": c.arguments} for c in reply.tool_calls
        ]
    if reply.thinking:
        said["thinking"] = reply.thinking
    return said


def _result(begun):
    try:
        if isinstance(begun, Error):
            raise begun
        return begun.take_text()
    except Error as exc:
        return _json.dumps({"error": exc.code, "text": exc.text})
