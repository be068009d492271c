"""Look here if you want to know how whoever sits at a client is asked to approve a call, where the
operator has given that session the right.

Rule: text of guests in a question is escaped, and cut.
Rule: whatever is no clear yes is a no.
"""

from typing import Any, Final

from mcp.types import ElicitRequest, ElicitRequestFormParams, ElicitResult

from lion.domain.approval import LONGEST_NAME, Answer, Reach, Request
from lion.domain.text import show_line

ONCE: Final = "approve once"
RUN: Final = "approve for this session"
NO: Final = "refuse"
KEY: Final = "approval"
"""Under which a client finds the question, and gives its answer."""
VIA: Final = "mcp"
SHOWN: Final = 1_000
"""Characters of arguments that a question shows."""

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "answer": {
            "type": "string",
            "title": "Answer",
            "description": "Whether this call may be made.",
            "enum": [ONCE, RUN, NO],
        }
    },
    "required": ["answer"],
}


def question(request: Request) -> str:
    """The question for a person, in words."""
    chain = " -> ".join(map(show_line, request.chain))
    what = f"{request.capability} {request.operation} {request.target}".rstrip()
    lines = [
        f"{chain} wants to call {show_line(what, longest=SHOWN)}",
        f"arguments: {show_line(request.arguments, longest=SHOWN)}",
        *(f"asked because: {show_line(reason, longest=SHOWN)}" for reason in request.reasons),
        *([f"note: {show_line(request.note, longest=SHOWN)}"] if request.note else []),
    ]
    return "\n".join(lines)


def form(request: Request) -> ElicitRequest:
    """The question as the protocol has it."""
    return ElicitRequest(
        params=ElicitRequestFormParams(message=question(request), requested_schema=SCHEMA)
    )


def answer_of(said: object, client: str) -> Answer:
    """What a client's answer comes to; `client` is how it calls itself."""
    word = None
    if isinstance(said, ElicitResult) and said.action == "accept":
        word = (said.content or {}).get("answer")
    return Answer(
        allowed=word in (ONCE, RUN),
        reach=Reach.RUN if word == RUN else Reach.ONCE,
        by=show_line(f"mcp {client}", longest=LONGEST_NAME),
        via=VIA,
    )
