"""Look here if you want to know what is said to whoever writes an expression as another language
would have it.
"""

import re
from typing import Final

_NAMES: Final = {
    "len": "size(x)", "length": "size(x)", "count": "size(x)", "str": "string(x)",
    "float": "double(x)", "None": "null", "nil": "null", "undefined": "null", "True": "true",
    "False": "false", "upper": "x.upperAscii()", "toUpperCase": "x.upperAscii()",
    "lower": "x.lowerAscii()", "toLowerCase": "x.lowerAscii()", "strip": "x.trim()",
    "includes": "x.contains(y)", "startswith": "x.startsWith(y)", "endswith": "x.endsWith(y)",
    "any": "list.exists(x, ...)", "some": "list.exists(x, ...)", "every": "list.all(x, ...)",
    "isinstance": "type(x) == string", "get": "has(x.y)",
}  # fmt: skip
"""Names that others have, and what CEL has instead."""
_WORDS: Final = {
    "and": "a && b", "or": "a || b", "not": "!a", "if": "a ? b : c", "is": "a == b",
    "for": "list.map(x, ...)", "lambda": "list.map(x, ...)",
}  # fmt: skip
FUNCTIONS: Final = (
    "size, string, int, double, has, matches, contains, startsWith, endsWith, map, filter, all, "
    "exists, join, split, replace, format, trim, lowerAscii, upperAscii, indexOf, substring"
)
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_UNKNOWN: Final = re.compile(r"there is no '([^']*)'")


def hint_of(text: str, said: str) -> str | None:
    """What to write instead, where that is known. `said` is the library's complaint."""
    bare = _QUOTED.sub("''", text)
    unknown = _UNKNOWN.search(said)
    if unknown is not None:
        return _of_name(unknown[1], bare)
    if "no matching overload" in said:
        return _of_types(said)
    if "Syntax error" not in said:
        return None
    for word, instead in _WORDS.items():
        if re.search(rf"\b{word}\b", bare):
            return f"CEL has {instead} for {word!r}"
    if re.search(r"[^=!<>]=[^=]", bare):
        return "a == b compares"
    if "{" in bare or re.match(r"\s*f['\"]", text):
        return "texts are joined by +: 'a ' + string(b)"
    if "->" in bare or "=>" in bare:
        return "CEL has list.map(x, ...)"
    return None


def _of_name(name: str, bare: str) -> str | None:
    if name in _NAMES:
        return f"CEL has {_NAMES[name]}"
    if re.search(rf"\b{re.escape(name)}\s*\(", bare):
        return f"functions are {FUNCTIONS}"
    return None


def _of_types(said: str) -> str | None:
    types = said.rpartition("applied to '(")[2]
    if "string" in types and ("int" in types or "double" in types) and "_+_" in said:
        return "string(x) makes a text of a number"
    if "int" in types and "double" in types:
        return "double(x) makes 1 to 1.0; a whole number is written 1.0 beside decimals"
    if "null_type" in types:
        return "it is never null here"
    return None
