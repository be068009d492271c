"""Look here if you want to know how XML is read while it comes: the first element in the text,
with words before and behind it.

A value is `{"tag", "attributes", "children"}`; children are texts and elements. Records are the
children of the outermost element, or the elements of a name.

Rule: there is no document type, so no entity but the five that XML has, and nothing is fetched.
Rule: the engine (expat) gets the text up to the end of each tag, wherever the pieces were cut:
what it tells depends on the text alone, and no long tag is read again with every piece.
"""

import re
from typing import Any, Final
from xml.parsers import expat

from lion.parsers.events import Parsed, Partial
from lion.parsers.parser import Bounds, Parser, Stop
from lion.parsers.scan import Beginning
from lion.parsers.xml_tags import TagEnds
from lion.values.answer_schema import Held

_ANY: Final = re.compile(r"(?P<tag><)(?:[A-Za-z_][\w.-]{0,120}[\s/>]|\?xml\s|!DOCTYPE\s)")


class XmlParser(Parser):
    """An XML element."""

    def __init__(
        self,
        bounds: Bounds,
        schema: Held | None = None,
        each: Held | None = None,
        *,
        root: str = "",
        records: str = "",
    ) -> None:
        """`root` is the name of the outermost element, empty for whichever comes first; `records`
        that of the elements that are records, empty for its children.
        """
        super().__init__(bounds, schema, each)
        begins = re.compile(rf"(?P<tag><){re.escape(root)}[\s/>]") if root else _ANY
        self._beginning: Beginning | None = Beginning(begins)
        self._tree = _Tree(self, records)
        self._tags = TagEnds()
        self._held: list[str] = []
        self._held_size = 0
        self._behind: list[str] = []

    def _take(self, text: str) -> None:
        if self._beginning is not None:
            begun = self._beginning.find(text)
            if begun is None:
                return
            self._prose(self._beginning.before())
            self._beginning, text = None, begun
        if self._tree.has_ended():
            self._behind.append(text)
            return
        at = 0
        for end in self._tags.ends(text):
            self._hold(text[at:end])
            at = end
            self._check_record(self._held_size)
            self._tree.feed("".join(self._held))
            self._held, self._held_size = [], 0
            if self._tree.has_ended():
                self._behind.append(text[at:])
                return
        self._hold(text[at:])

    def _hold(self, text: str) -> None:
        if text:
            self._held.append(text)
            self._held_size += len(text)

    def _open_size(self) -> int:
        return self._held_size

    def tell(self, element: dict[str, Any]) -> None:
        """Take a record. Raises Stop."""
        self._record(element)

    def _close(self) -> Parsed:
        if self._beginning is not None:
            raise Stop("missing", "there is no XML element in it")
        if not self._tree.has_ended():
            raise Stop("incomplete", "the XML breaks off before its end")
        self._prose("".join(self._behind))
        return Parsed(self._tree.value)

    def _snapshot(self) -> Partial | None:
        return None if self._tree.value is None else Partial(self._tree.value)


class _Tree:
    """The element that expat tells of."""

    def __init__(self, parser: XmlParser, records: str) -> None:
        self._parser = parser
        self._records = records
        self._stack: list[dict[str, Any]] = []
        self._text: list[str] = []
        self.value: dict[str, Any] | None = None
        self._has_ended = False
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text.append
        self._expat.StartDoctypeDeclHandler = _refuse_doctype

    def feed(self, text: str) -> None:
        """Take the text up to the end of a tag. Raises Stop."""
        try:
            self._expat.Parse(text, False)
        except (expat.ExpatError, ValueError) as exc:
            raise Stop("syntax", f"it is no XML: {str(exc)[:200]}") from None

    def has_ended(self) -> bool:
        """The outermost element is whole."""
        return self._has_ended

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._stack) >= self._parser.bounds.depth:
            raise Stop("depth", f"it is nested more than {self._parser.bounds.depth} levels deep")
        element: dict[str, Any] = {"tag": tag, "attributes": attributes, "children": []}
        self._flush()
        if self._stack:
            self._stack[-1]["children"].append(element)
        else:
            self.value = element
        self._stack.append(element)

    def _end(self, tag: str) -> None:
        self._flush()
        element = self._stack.pop()
        self._has_ended = not self._stack
        if tag == self._records if self._records else len(self._stack) == 1:
            self._parser.tell(element)

    def _flush(self) -> None:
        """Put the text so far where it belongs, if it is more than space."""
        text = "".join(self._text)
        self._text.clear()
        if text.strip():
            self._stack[-1]["children"].append(text)


def _refuse_doctype(*_: object) -> None:
    raise Stop("syntax", "a document type is not read")
