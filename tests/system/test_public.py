"""Look here if you want to know whether lion.system is enough to write a system plugin with.

Rule: those that come with lion are written with it alone, so others can be, too.
"""

import ast
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

import lion.system
from lion.domain.capability import OFFERED
from lion.domain.events import EVENTS, RunFinished
from lion.system import CapabilityName, EventName, shipped

SOURCES = sorted(Path(shipped.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_shipped_plugin_imports_of_lion_what_it_exports(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not [name for name in node.names if name.name.split(".")[0] == "lion"]
        elif isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "lion":
            if node.module == "lion.system":
                assert {name.name for name in node.names} <= set(lion.system.__all__)
            else:
                assert str(node.module).startswith("lion.system.shipped.")


@pytest.mark.parametrize("name", lion.system.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(lion.system, name) is not None


@pytest.mark.parametrize("name", [*OFFERED, "acme:shelf/books", "*"])
def test_a_setting_can_name_every_capability(name: str) -> None:
    assert TypeAdapter(CapabilityName).validate_python(name) == name


@pytest.mark.parametrize("name", [*(name for name in EVENTS if name != "RunFinished"), "*"])
def test_a_setting_can_name_every_event_that_is_heard(name: str) -> None:
    assert TypeAdapter(EventName).validate_python(name) == name


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        (CapabilityName, "htp", "did you mean 'http'?"),
        (CapabilityName, "", "there is no capability ''"),
        (EventName, "AgentComplete", "did you mean 'AgentCompleted'?"),
        (EventName, RunFinished.__name__, "write RunEnding"),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_one_that_is(
    kind: object, name: str, said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(name)
    assert said in str(caught.value)
