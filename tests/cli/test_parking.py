"""A run in which all wait for people ends its process, and goes on when it is answered, here or
on a copy of the state directory.
"""

import json
import shutil
from pathlib import Path

import pytest

from lion.domain.events import ApprovalAsked, ApprovalConsumed, RunParked
from lion.errors import WAITING
from lion.log.sqlite_reader import open_sqlite_reader
from tests.cli.kit import WASM, Lion

POLICY = 'ask = ["kv set **"]\n[approvals]\nwait = "7 d"\npark-after = "100 ms"\n'


@pytest.fixture
def asking(lion: Lion) -> Lion:
    """A manifest with a call that has a person asked, under a policy that lets the run leave."""
    lion.write(POLICY, "policy.toml")
    lion.write(
        f'name = "m"\n[plugins.notebook]\ncomponent = "{WASM / "notebook.wasm"}"\n'
        'allow.kv = { bytes = "1 KiB" }\n'
        '[[run]]\ncall = "notebook.write"\nwith = { title = "lions", text = "cats" }\n'
    )
    lion.environ["LION_POLICY"] = str(lion.folder / "policy.toml")
    return lion


def parked(lion: Lion) -> str:
    """The id of the question that a run leaves behind."""
    run = lion("run", "manifest.toml")
    assert run.returncode == WAITING, run.stderr
    assert "waits   notebook.write" in run.stdout and "lion resume last" in run.stdout
    (id,) = waiting(lion)
    return id


def waiting(lion: Lion) -> list[str]:
    lines = lion("approvals", "--json").stdout.splitlines()
    return [str(json.loads(line)["id"]) for line in lines]


def events(lion: Lion, *kinds: type) -> list[str]:
    with open_sqlite_reader(lion.state) as reader:
        found = [record.event() for record in reader.records(reader.find("last"))]
    return [type(event).__name__ for event in found if isinstance(event, kinds)]


def test_it_waits_without_a_process_and_goes_on_with_the_answer(asking: Lion) -> None:
    id = parked(asking)
    assert "waiting" in asking("runs").stdout
    assert [one["state"] for one in asking.json("runs")] == ["waiting"]
    assert "its process has ended" in asking("approvals").stdout
    said = asking("approve", id, "--resume")
    assert said.returncode == 0 and "ok      notebook.write" in said.stdout
    assert events(asking, ApprovalAsked, RunParked, ApprovalConsumed) == [
        "ApprovalAsked", "RunParked", "ApprovalAsked", "ApprovalConsumed",
    ]  # fmt: skip
    assert asking("verify", "last").returncode == 0 == asking("replay", "last").returncode
    assert asking("approvals", "--json").stdout == "" and "ended" in asking("runs").stdout
    again = asking("resume", "last")
    assert again.returncode == 0, "it shows its ending again"


def test_an_answer_given_meanwhile_is_found_by_who_resumes(asking: Lion) -> None:
    id = parked(asking)
    assert asking("refuse", id, "not today").returncode == 0
    resumed = asking("resume")
    assert resumed.returncode == 1 and "refused it: not today" in resumed.stdout
    assert resumed.stderr == "", "nobody is asked any more"


def test_without_an_answer_it_waits_for_the_same_question_and_leaves_again(asking: Lion) -> None:
    id = parked(asking)
    resumed = asking("resume")
    assert resumed.returncode == WAITING
    assert f"answer     lion approve {id}   or   lion refuse {id}" in resumed.stderr
    assert waiting(asking) == [id]
    assert asking("approve", id, "--resume").returncode == 0


def test_on_a_copy_of_the_state_directory(asking: Lion, tmp_path: Path) -> None:
    id = parked(asking)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(asking.state, elsewhere)
    shutil.rmtree(asking.state)
    asking.state = elsewhere
    asking.environ["LION_STATE"] = str(elsewhere)
    assert asking("approve", id).returncode == 0
    assert asking("resume").returncode == 0
    assert events(asking, ApprovalConsumed) == ["ApprovalConsumed"]


def test_under_another_policy_the_answer_does_not_fit(asking: Lion) -> None:
    id = parked(asking)
    assert asking("approve", id).returncode == 0
    asking.write(POLICY + "# stricter, one day\n", "policy.toml")
    assert asking("resume").returncode == WAITING
    waiting = [
        json.loads(line)["id"] for line in asking("approvals", "--json").stdout.splitlines()
    ]
    assert waiting and id not in waiting


def test_too_late_is_too_late(asking: Lion) -> None:
    asking.write(POLICY.replace("7 d", "1 s"), "policy.toml")
    id = parked(asking)
    said = asking("resume", "--park-after", "1 h")
    assert said.returncode == 1 and "nobody approved it within 1 s" in said.stdout
    assert asking("approve", id).returncode == 2


def test_what_is_no_time_is_told(asking: Lion) -> None:
    said = asking("run", "manifest.toml", "--park-after", "soon")
    assert said.returncode == 2 and "park-after: 'soon' is no time" in said.stderr
