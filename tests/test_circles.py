"""No file of lion needs one that needs it, not even for a type or inside a function."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1] / "lion"


def module_of(path: Path, root: Path) -> str:
    """What a file is imported as; a package's is its `__init__`."""
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def needed(path: Path, known: set[str]) -> Iterator[str]:
    """Modules that a file names in its imports, wherever they stand."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if (found := inner if inner in known else node.module) in known:
                    yield found


def circle(root: Path) -> list[str]:
    """Files that need each other, in order; none in a house without circles."""
    files = {module_of(path, root): path for path in sorted(root.rglob("*.py"))}
    graph = {name: set(needed(path, set(files))) - {name} for name, path in files.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        found: list[str] = exc.args[1]
        return found
    return []


def test_no_file_needs_one_that_needs_it() -> None:
    assert not circle(ROOT)


def test_a_circle_is_seen_where_only_a_type_closes_it(tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "__init__.py").write_text("")
    (house / "one.py").write_text("from house.two import Two\n")
    (house / "two.py").write_text("if TYPE_CHECKING:\n    from house import one\nTwo = 2\n")
    assert set(circle(house)) == {"house.one", "house.two"}
