"""Look here if you want to know what a branch is: a conversation, with what it may use and what it
did.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from lion.elements.element import BadElement, Element, read_as
from lion.elements.log import Log
from lion.elements.pile import Pile


class Branch(Element):
    """`messages` in order, names of `tools` and `models` that it may use, and a `log` of what it
    did.
    """

    def __init__(
        self,
        *,
        name: str = "",
        messages: "Pile[Element] | None" = None,
        tools: Iterable[str] = (),
        models: Iterable[str] = (),
        log: Log | None = None,
        **known: Any,
    ) -> None:
        super().__init__(**known)
        self.name = name
        self.messages: Pile[Element] = Pile() if messages is None else messages
        self.tools = tuple(dict.fromkeys(tools))
        self.models = tuple(dict.fromkeys(models))
        self.log = Log() if log is None else log

    def fork(self) -> "Branch":
        """Another one that begins with the same messages and may use the same; its log is its
        own.
        """
        return Branch(
            name=self.name, messages=Pile(self.messages), tools=self.tools, models=self.models,
            metadata={**self.metadata, "forked_from": str(self.id)},
        )  # fmt: skip

    def fields(self) -> dict[str, Any]:
        """All it holds."""
        return {
            "name": self.name, "tools": list(self.tools), "models": list(self.models),
            "messages": self.messages.to_dict(), "log": self.log.to_dict(),
        }  # fmt: skip

    @classmethod
    def build(cls, fields: Mapping[str, Any], **known: Any) -> Self:
        """See Element.build."""
        return cls(
            name=str(fields["name"]),
            messages=read_as(Pile, fields["messages"]),
            tools=_names(fields["tools"]),
            models=_names(fields["models"]),
            log=read_as(Log, fields["log"]),
            **known,
        )


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadElement("names are a list of texts")
    return value
