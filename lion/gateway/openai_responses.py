"""Look here if you want to know how OpenAI's Responses are answered.

Source: the API reference of `POST /responses`, and what the official client accepts.
"""

from collections.abc import Iterator
from typing import Any, Final

from lion.gateway.asked import Asked, event_line
from lion.gateway.refusals import Refusal

CUT: Final = {"length": "max_output_tokens", "filtered": "content_filter"}
"""Why an answer is incomplete."""


class ResponsesWriter:
    """Implements Writer. What was said stands once more in the last event, so it is held."""

    def __init__(self, asked: Asked, id: str, created: int) -> None:
        self._asked = asked
        self._id = id
        self._created = created
        self._items: list[dict[str, Any]] = []
        self._pieces: list[str] = []
        self._kind = ""
        """What the open item is, as an event's kind."""
        self._sequence = 0
        self._usage: dict[str, Any] | None = None
        self._stop = "end"

    def begin(self) -> Iterator[bytes]:
        """See Writer."""
        yield self._line("response.created", response=self._response("in_progress"))
        yield self._line("response.in_progress", response=self._response("in_progress"))

    def add(self, kind: str, value: Any) -> Iterator[bytes]:
        """See Writer."""
        match kind:
            case "text":
                if self._kind != kind:
                    yield from self._open(kind, "msg", _MESSAGE)
                    yield self._line("response.content_part.added", **self._at(), part=_part(""))
                yield from self._grow("response.output_text.delta", value)
            case "thinking":
                if self._kind != kind:
                    yield from self._open(kind, "rs", {"type": "reasoning", "summary": []})
                    part = {"type": "summary_text", "text": ""}
                    yield self._line(
                        "response.reasoning_summary_part.added", **self._at(), part=part
                    )
                yield from self._grow("response.reasoning_summary_text.delta", value)
            case "tool-start":
                call = {"call_id": value["id"], "name": value["name"], "arguments": ""}
                yield from self._open(kind, "fc", {"type": "function_call", **call})
            case "tool-arguments":
                yield from self._grow("response.function_call_arguments.delta", value)
            case "tool-end":
                yield from self._close()
            case "usage":
                self._usage = value
            case "stop":
                self._stop = value

    def end(self) -> Iterator[bytes]:
        """See Writer."""
        yield from self._close()
        kind = "response.incomplete" if self._stop in CUT else "response.completed"
        yield self._line(kind, response=self.whole())

    def fail(self, refusal: Refusal) -> Iterator[bytes]:
        """See Writer."""
        # The event as it is documented, and what the official client raises.
        said = {"code": refusal.code, "message": refusal.words, "param": None}
        yield self._line("error", **said, **refusal.openai())

    def whole(self) -> dict[str, Any]:
        """See Writer."""
        for _ in self._close():
            pass
        return self._response("incomplete" if self._stop in CUT else "completed")

    def _response(self, status: str) -> dict[str, Any]:
        reason = CUT.get(self._stop) if status == "incomplete" else None
        return {
            "id": f"resp_{self._id}", "object": "response", "created_at": self._created,
            "model": self._asked.model, "status": status, "output": self._items, "error": None,
            "incomplete_details": reason and {"reason": reason}, "instructions": None,
            "metadata": {}, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
            "temperature": self._asked.temperature, "top_p": None, "usage": self._counted(),
        }  # fmt: skip

    def _counted(self) -> dict[str, Any] | None:
        usage = self._usage
        if usage is None:
            return None
        counted = {
            "input_tokens": usage["input"], "output_tokens": usage["output"],
            "total_tokens": usage["input"] + usage["output"],
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }  # fmt: skip
        return {**counted, "estimated": True} if usage["estimated"] else counted

    def _open(self, kind: str, prefix: str, item: dict[str, Any]) -> Iterator[bytes]:
        yield from self._close()
        self._kind = kind
        number = len(self._items)
        own = {"id": f"{prefix}_{self._id}_{number}", "status": "in_progress", **item}
        self._items.append(own)
        yield self._line("response.output_item.added", output_index=number, item=own)

    def _grow(self, event: str, delta: str) -> Iterator[bytes]:
        self._pieces.append(delta)
        more: dict[str, Any] = {"logprobs": []} if self._kind == "text" else {}
        yield self._line(event, **self._at(), delta=delta, **more)

    def _at(self) -> dict[str, Any]:
        index = len(self._items) - 1
        place = {"item_id": self._items[index]["id"], "output_index": index}
        if self._kind == "text":
            return {**place, "content_index": 0}
        return {**place, "summary_index": 0} if self._kind == "thinking" else place

    def _close(self) -> Iterator[bytes]:
        if not self._kind:
            return
        text, item = "".join(self._pieces), self._items[-1]
        match self._kind:
            case "text":
                item["content"] = [_part(text)]
                done, part = "response.output_text.done", "response.content_part.done"
                yield self._line(done, **self._at(), text=text, logprobs=[])
                yield self._line(part, **self._at(), part=_part(text))
            case "thinking":
                item["summary"] = [{"type": "summary_text", "text": text}]
                done = "response.reasoning_summary_text.done"
                yield self._line(done, **self._at(), text=text)
                part = "response.reasoning_summary_part.done"
                yield self._line(part, **self._at(), part=item["summary"][0])
            case _:
                item["arguments"] = text or "{}"
                done = "response.function_call_arguments.done"
                yield self._line(
                    done, **self._at(), name=item["name"], arguments=item["arguments"]
                )
        item["status"] = "completed"
        self._kind, self._pieces = "", []
        index = len(self._items) - 1
        yield self._line("response.output_item.done", output_index=index, item=item)

    def _line(self, kind: str, **fields: Any) -> bytes:
        numbered = {"type": kind, "sequence_number": self._sequence, **fields}
        self._sequence += 1
        return event_line(numbered, kind)


_MESSAGE: Final = {"type": "message", "role": "assistant", "content": []}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
