"""Look here if you want to know that the debate of examples/ is held over the bus, ends, and is
replayed.
"""

from pathlib import Path

from lion.domain.events import CallFinished
from lion.history import open_history, replay_run
from lion.opening import open_host
from lion.settings import Settings
from tests.wasm.kit import cache_directory

DEBATE = Path(__file__).parents[2] / "examples" / "debate" / "manifest.toml"


async def test_two_agents_debate_and_a_judge_hears_them_by_name(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path / "state", cache=cache_directory())
    async with open_host(settings) as host:
        report = await host.run(DEBATE)
    judge, ann, bob = report.endings
    assert report.exit_code == 0
    assert report.denied == 0
    assert judge.text.startswith("bob: ")
    assert ann.text.splitlines()[0].startswith("A hungry lion")
    assert bob.text.splitlines()[1].endswith("keeps it one.")
    with open_history(settings) as reader:
        calls = [
            (record.principal, event)
            for record in reader.records(report.run)
            if isinstance(event := record.event(), CallFinished) and event.capability == "bus"
        ]
    heard = [
        event.value[1]["sender"] for who, event in calls
        if (who, event.operation) == ("judge", "subscription.next")
    ]  # fmt: skip
    assert heard == ["ann", "bob", "ann", "bob"]
    assert (await replay_run(settings, report.run)).identical
