"""Look here if you want to know how an agent in any Python speaks with lion: `import lion_agent`.

    task = lion_agent.task()
    total = lion_agent.call("calculator.add", a=17, b=25)
    answer = lion_agent.ask("fast", [{"role": "user", "content": task}])
    lion_agent.done(answer["text"])

Rule: nothing but the standard library, and no more than Python 3.8 has: it runs wherever the agent
does, and lion is not installed there.
Rule: any thread may ask; each gets its own answer.
Rule: standard output is lion's. What the program prints goes to standard error.
"""

import itertools
import json
import os
import queue
import sys
import threading
from typing import Any, Callable, Dict, Iterator, List, NoReturn, Optional, Tuple

Message = Dict[str, Any]
Messages = List[Message]


class Refused(Exception):
    """lion, a tool or a model said no: `case` is one word of docs/agents-of-others.md."""

    def __init__(self, case: str, text: str) -> None:
        super().__init__(f"{case}: {text}")
        self.case = case
        self.text = text


class _Line:
    """The line to lion."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._writing = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: Dict[int, "queue.Queue[Message]"] = {}
        self._is_over = False
        first = sys.stdin.readline()
        self.task = json.loads(first) if first else {"task": ""}
        threading.Thread(target=self._hear, daemon=True).start()

    def say(self, **message: Any) -> None:
        text = json.dumps(message, ensure_ascii=False)
        with self._writing:
            self._out.write(text + "\n")
            self._out.flush()

    def ask(self, **message: Any) -> Iterator[Message]:
        """All that comes for it, until nobody listens."""
        number = next(self._numbers)
        answers: "queue.Queue[Message]" = queue.Queue()
        self._waiting[number] = answers
        if self._is_over:
            answers.put(_GONE)
        self.say(id=number, **message)
        try:
            while True:
                answer = answers.get()
                if answer["type"] == "error":
                    raise Refused(answer["case"], answer["text"])
                yield answer
        finally:
            del self._waiting[number]

    def _hear(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            waiting = self._waiting.get(message.get("id"))
            if waiting is not None:
                waiting.put(message)
            elif message["type"] == "error" and message["id"] is None:
                print("lion:", message["case"], message["text"], file=sys.stderr)
        self._is_over = True
        for waiting in list(self._waiting.values()):
            waiting.put(_GONE)


_GONE = {"type": "error", "case": "cancelled", "text": "lion is gone"}
_opened: List[_Line] = []
_opening = threading.Lock()


def _line() -> _Line:
    with _opening:
        if not _opened:
            _opened.append(_Line())
    return _opened[0]


def task() -> str:
    """What it shall do."""
    return str(_line().task["task"])


def show(text: str) -> None:
    """Show a piece of text while it works."""
    _line().say(type="text", text=text)


def partial(value: Any) -> None:
    """Show the result as far as it is known."""
    _line().say(type="partial", value=value)


def log(text: str, level: str = "info") -> None:
    """Write a line of diagnostics: `debug`, `info`, `warn` or `error`."""
    _line().say(type="log", text=text, level=level)


def call(tool: str, **arguments: Any) -> Any:
    """Call a tool, and give its result. Raises Refused."""
    return next(_line().ask(type="call", tool=tool, **{"with": arguments}))["value"]


def tools() -> Messages:
    """The tools that it may call: `name`, `description`, `input-schema`."""
    return list(next(_line().ask(type="tools"))["tools"])


def models() -> List[str]:
    """The models that it may ask."""
    return list(next(_line().ask(type="models"))["models"])


def ask(model: str, messages: Messages, **more: Any) -> Message:
    """Ask a model, and wait for the whole answer: `text`, `thinking`, `calls`, `stop`, and how
    many tokens (`input`, `output`). `more` are `tools`, `schema`, `max_tokens`, `temperature`.
    Raises Refused.
    """
    return next(_line().ask(type="ask", model=model, messages=messages, **_spelled(more)))


def stream(model: str, messages: Messages, **more: Any) -> Iterator[Tuple[str, Any]]:
    """The same as it comes: pairs of a kind (`text`, `tool-start`, ...) and a value."""
    asked = {"type": "ask", "model": model, "messages": messages, "stream": True}
    for event in _line().ask(**asked, **_spelled(more)):
        if event["type"] == "end":
            return
        yield event["kind"], event["value"]


def done(text: str = "", value: Any = None) -> NoReturn:
    """End with what came of it."""
    _line().say(type="done", text=text, value=value)
    sys.exit(0)


def failed(text: str) -> NoReturn:
    """End with why nothing came of it."""
    _line().say(type="failed", text=text)
    sys.exit(0)


def main(work: Callable[[str], Optional[str]]) -> Callable[[str], Optional[str]]:
    """Do the task with this function, `@lion_agent.main`; what it raises is how it failed."""
    try:
        text = work(task())
    except Refused as exc:
        failed(str(exc))
    done(text or "")


def _spelled(more: Dict[str, Any]) -> Dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in more.items() if value is not None}
