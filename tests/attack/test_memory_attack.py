"""A guest that wants the memory of all others, by the whole host."""

from pathlib import Path

import msgspec
import pytest

from lion.domain.events import PluginError
from lion.errors import OperatorError
from lion.history import replay_run
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.settings import Settings, program_settings, settings_from
from tests.attack.kit import Arena, call
from tests.wasm.kit import assemble, cache_directory

HUNGRY = """
(component
  (core module $m (memory 1)
    (func (export "eat") (param i32) (result i32) (memory.grow (local.get 0))))
  (core instance $i (instantiate $m))
  (func (export "eat") (param "pages" u32) (result u32) (canon lift (core func $i "eat"))))"""


def settings(tmp_path: Path, memory: int | None = None) -> Settings:
    return Settings(state=tmp_path / "state", cache=cache_directory(), memory=memory)


@pytest.mark.parametrize(
    ("run", "holder", "memory", "word"),
    [
        ("", "", None, ""),
        ('[limits]\nmemory = "1 MiB"\n', "", None, "[limits] memory"),
        ("", 'limits = { memory-sum = "1 MiB" }\n', None, "memory-sum ="),
        ("", "", 1024 * 1024, "LION_MEMORY"),
    ],
)
async def test_each_sum_holds_in_a_run_and_a_replay_is_the_same(
    tmp_path: Path, run: str, holder: str, memory: int | None, word: str
) -> None:
    (tmp_path / "hungry.wasm").write_bytes(assemble(HUNGRY))
    component = f'[plugins.hungry]\ncomponent = "{tmp_path / "hungry.wasm"}"\n{holder}'
    text = f'name = "hungry"\n{run}{component}'
    text += call("hungry.eat", pages=16) + call("hungry.eat", pages=3)
    given = settings(tmp_path, memory)
    async with open_host(given) as host:
        report = await host.run(parse_manifest(text, path=None))
        arena = Arena(host, given)
        eaten, other = report.endings
        assert (other.ok, other.value) == (True, 1)
        assert (eaten.ending, eaten.ok) == ("memory-sum" if word else "", not word)
        assert word in eaten.hint
        assert [e.ending for e in arena.events(report.run) if isinstance(e, PluginError)] == (
            ["memory-sum"] if word else []
        )
    assert (await replay_run(given, report.run)).identical


def test_the_operator_names_the_process_s_sum() -> None:
    environ = {"HOME": "/home/ann"}
    assert settings_from(environ).memory is None
    assert settings_from({**environ, "LION_MEMORY": "3 GiB"}).memory == 3 << 30
    with pytest.raises(OperatorError, match="LION_MEMORY is 'much', which is no size"):
        settings_from({**environ, "LION_MEMORY": "much"})


@pytest.mark.parametrize(("said", "held"), [("5 B", 5), ("2 GiB", 2 << 30), (None, 3 << 30)])
def test_a_program_names_the_process_s_sum(said: str | None, held: int) -> None:
    environ = {"HOME": "/home/ann", "LION_MEMORY": "3 GiB"}
    assert program_settings(environ, memory=said).memory == held


@pytest.mark.parametrize("said", ["much", -1, True, 1.5, "1 kg"])
def test_a_memory_that_is_no_size_is_said_as_the_program_wrote_it(said: object) -> None:
    with pytest.raises(OperatorError, match=f"memory= is {said!r}, which is no size"):
        program_settings({"HOME": "/home/ann"}, memory=said)  # type: ignore[arg-type]


async def test_a_host_holds_the_sum_it_was_opened_with(tmp_path: Path) -> None:
    (tmp_path / "hungry.wasm").write_bytes(assemble(HUNGRY))
    text = f'name = "hungry"\n[plugins.hungry]\ncomponent = "{tmp_path / "hungry.wasm"}"\n'
    text += call("hungry.eat", pages=16)
    async with open_host(state=tmp_path, cache=cache_directory(), memory="1 MiB") as host:
        report = await host.run(text)
        assert [one.ending for one in report.endings] == ["memory-sum"]


def test_a_ceiling_lowers_a_holders_sum() -> None:
    from lion.domain.plan import Limits
    from lion.policy.ceilings import lower

    ceilings = {"memory_sum": 5}
    assert lower(Limits(), ceilings) == msgspec.structs.replace(Limits(), memory_sum=5)
