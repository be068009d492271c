"""Look here if you want to know how Markdown (CommonMark, with tables) is read block by block.

A record is a block: `{"kind", "text"}`, of a heading with its `level`, of a code block with its
`language`. Blocks within a block are its text.

Rule: where a block ends is the library's to say (markdown-it): of the text not told yet all blocks
but the last are whole, since no later line reaches behind the last one.
Rule: it is asked when a line may have begun a new block, and of a long block only when that has
doubled, so that all asking together costs little.
"""

import re
from typing import TYPE_CHECKING, Any, Final

from lion.parsers.by_line import LineParser
from lion.parsers.parser import Bounds, Stop
from lion.values.answer_schema import Held

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_BEGINS: Final = re.compile(r" {0,3}(?:#{1,6}(?:\s|\Z)|```|~~~|>|[-+*](?:\s|\Z)|\d{1,9}[.)]\s|<)")
_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:\s|\Z)")
_FENCE: Final = re.compile(r" {0,3}(`{3,}(?=[^`]*\Z)|~{3,})")
_SAME: Final = (
    re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?:\s|\Z)|  |\t"),
    re.compile(r" {0,3}>"),
)
"""What in a list, or in a quotation, begins no other block, or rarely: that is told later."""
_SHORT: Final = 512
"""Characters of a block that is asked about at each line that may begin another."""
_KINDS: Final = {
    "heading_open": "heading", "paragraph_open": "paragraph", "fence": "code",
    "code_block": "code", "bullet_list_open": "list", "ordered_list_open": "list",
    "blockquote_open": "quote", "table_open": "table", "hr": "break", "html_block": "html",
}  # fmt: skip


class MarkdownParser(LineParser):
    """Blocks of Markdown."""

    def __init__(
        self, bounds: Bounds, schema: Held | None = None, each: Held | None = None
    ) -> None:
        super().__init__(bounds, schema, each)
        self._lines: list[str] = []
        self._block_size = 0
        self._asked_at = 0
        self._fence = ""
        self._is_after_end = False
        self._reader: MarkdownIt | None = None

    def _line(self, line: str) -> None:
        may_begin = self._is_after_end or bool(_BEGINS.match(line))
        if not self._fence and may_begin and line.strip():
            self._ask(line)
        self._lines.append(line)
        self._block_size += len(line) + 1
        self._check_record(self._block_size)
        was_fenced = self._fence
        self._follow_fence(line)
        is_end = was_fenced and not self._fence
        self._is_after_end = bool(is_end or not line.strip() or _HEADING.match(line))

    def _follow_fence(self, line: str) -> None:
        """Within a code block of the outermost level nothing begins."""
        found = _FENCE.match(line)
        if self._fence:
            bare = line.strip()
            if found and bare[0] == self._fence[0] and bare == bare[0] * len(bare):
                self._fence = "" if len(bare) >= len(self._fence) else self._fence
        elif found:
            self._fence = found[1]

    def _ask(self, line: str) -> None:
        """Tell the blocks that a new line leaves behind."""
        if self._block_size > _SHORT and self._block_size < self._asked_at * 2:
            return
        if any(same.match(line) and same.match(self._lines[0]) for same in _SAME if self._lines):
            return
        blocks = self._blocks("\n".join((*self._lines, line)))
        self._asked_at = self._block_size
        if len(blocks) < 2:
            return
        end = blocks[-1]["map"][0]
        for block in blocks[:-1]:
            self._tell(block)
        self._lines = self._lines[end:]
        self._block_size = self._asked_at = sum(map(len, self._lines)) + len(self._lines)

    def _blocks(self, text: str) -> list[dict[str, Any]]:
        """Blocks of the outermost level with the lines they take: `map`, from and up to."""
        if self._reader is None:
            from markdown_it import MarkdownIt

            self._reader = MarkdownIt("commonmark").enable("table")
            self._reader.core.ruler.enableOnly(["normalize", "block"])
        lines = text.split("\n")
        found = []
        for token in self._reader.parse(text):
            if token.level or token.map is None or token.type not in _KINDS:
                continue
            begin, end = token.map
            found.append({**_described(token, lines[begin:end]), "map": token.map})
        return found

    def _tell(self, block: dict[str, Any]) -> None:
        self._record({key: value for key, value in block.items() if key != "map"})

    def _close(self) -> Any:
        if self._held:
            self._whole_line()
        for block in self._blocks("\n".join(self._lines)):
            self._tell(block)
        self._lines = []
        if not self._values:
            raise Stop("missing", "there is no text in it")
        return super()._close()


def _described(token: Any, lines: list[str]) -> dict[str, Any]:
    kind = _KINDS[token.type]
    if kind == "heading":
        text = lines[0].strip() if token.markup in "=-" else lines[0].strip().strip("#").strip()
        return {"kind": kind, "text": text, "level": int(token.tag[1:])}
    if kind == "code":
        language = token.info.split()[0] if token.info.split() else ""
        return {"kind": kind, "text": token.content, "language": language}
    return {"kind": kind, "text": "\n".join(lines).strip("\n")}
