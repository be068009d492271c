"""Look here if you want to know how the tables of docs/manifest.md are made from the models.

    python -m tests.manifest.reference        writes them anew

Rule: a table stands between `<!-- keys: NAME -->` and the next empty line, NAME a model's class.
"""

import re
from pathlib import Path

from lion.manifest.meanings import MEANINGS, Key

PAGE = Path(__file__).parents[2] / "docs" / "manifest.md"
BY_NAME = {table.__name__: keys for table, keys in MEANINGS.items()}
_HEAD = "| key | written as | without it | what it means |\n| --- | --- | --- | --- |\n"
_TABLE = re.compile(r"(<!-- keys: (\w+) -->\n)(?:\|.*\n)*")


def render_table(keys: dict[str, Key]) -> str:
    """The keys as a table in Markdown."""
    rows = (f"| `{name}` | {k.form} | {k.default} | {k.text} |\n" for name, k in keys.items())
    return _HEAD + "".join(rows)


def with_tables(text: str) -> str:
    """The page with every table as the models have it."""
    return _TABLE.sub(lambda found: found[1] + render_table(BY_NAME[found[2]]), text)


def tables_named(text: str) -> list[str]:
    """The models whose tables the page has, in its order."""
    return [found[2] for found in _TABLE.finditer(text)]


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
