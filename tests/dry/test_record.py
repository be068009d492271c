"""Look here if you want to know what a dry run finds out, what samples answer, and what of them is
refused.
"""

from pathlib import Path

import pytest

from lion.dry.samples import check_samples, read_samples
from lion.errors import OperatorError
from tests.attack.kit import call, holder, only
from tests.cli.kit import WASM, Lion, assert_one_line
from tests.dry.kit import open_dry

SAMPLES = """
[[http]]
request = "GET https://example.com/moved"
status = 302
headers = { location = "https://other.example.com/here" }

[[http]]
request = "GET https://other.example.com/**"
headers = { x-echo = "yes" }
file = "here.txt"

[[http]]
request = "* https://example.com/**"
status = 201
headers = { x-echo = "made" }
body = "posted"

[[tool]]
name = "probe.clock-now"
result = { instant = 7 }

[[tool]]
name = "probe.random-number"
error = "no chance"
"""
MODEL = '[models.fast]\nprovider = "openai"\nbase-url = "https://x.example.com"\nmodel = "y"\n'


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    folder = tmp_path / "samples"
    (folder / "files" / "notes").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "samples.toml").write_text(SAMPLES, "utf-8")
    (folder / "bodies").mkdir()
    (folder / "bodies" / "here.txt").write_text("the file", "utf-8")
    (folder / "files" / "notes" / "a.txt").write_text("a sample\nof two lines\n", "utf-8")
    (folder / "models" / "fast.toml").write_text('[[answer]]\ntext = "sampled"\n', "utf-8")
    return folder


async def test_samples_answer(samples: Path, tmp_path: Path) -> None:
    tables = MODEL + holder("web", "probe-as") + holder("probe", "probe")
    url = "https://example.com"
    tables += call("web.post", url=f"{url}/a", size=3, header="x-echo")
    tables += call("web.lacked", url=f"{url}/moved")
    tables += call("web.file-lines", path="/notes/a.txt")
    tables += call("probe.tools-call", name="probe.clock-now", arguments="{}")
    tables += call("probe.tools-call", name="probe.random-number", arguments="{}")
    async with open_dry(tmp_path / "home", samples=samples) as arena:
        report = await arena.run(tables)
        posted, moved, lines, tool, error = report.endings
        assert posted.value == ["201", "made", "posted"]
        assert moved.value == (
            "http start GET https://other.example.com/here (ungranted) grantable"
        ), "a redirect is told as denied, and is followed all the same"
        assert lines.value == ["a sample", "of two lines"]
        assert tool.value == '"{\\"instant\\":7}"'
        assert error.value == 'other: "no chance"'
        assert arena.samples.made_up == {}
        found = {one.place[-1]: one.value for one in arena.missing(report.run).lines}
        assert {name: sorted(map(str, value)) for name, value in found.items()} == {
            "tools": ["probe.clock-now", "probe.random-number"],
            "fs": [str({"path": "/notes", "at": "notes"})],
            "http": [
                "GET https://example.com/moved",
                "GET https://other.example.com/here",
                "POST https://example.com/a",
            ],
        }
        assert (await arena.replay(report.run)).identical


async def test_a_sampled_model(samples: Path, tmp_path: Path) -> None:
    tables = (
        MODEL
        + holder("probe", "probe-as")
        + call("probe.work", question="p", model="fast", rounds=1)
    )
    async with open_dry(tmp_path / "home", samples=samples) as arena:
        report = await arena.run(tables)
        assert "sampled" in repr(only(report).value)
        assert arena.lines(report.run) == ['plugins.probe.allow.llm = ["fast"]']


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("sample.toml", "", "is no part of samples"),
        ("samples.toml", '[[http]]\nrequest = "x"\n', "says not all that is needed"),
        ("samples.toml", '[[http]]\nrequest = "GET https://x/"\nstatus = 101\n', "no status"),
        ("samples.toml", '[[tool]]\nname = "x"\n', "is no tool"),
        ("samples.toml", '[[tool]]\nname = "a.b"\nresult = 1\nerror = 2\n', "not both"),
        ("samples.toml", '[[http]]\nrequest = "GET https://x/"\nfile = "no"\n', "cannot be read"),
        ("samples.toml", "[[htp]]\n", "unknown key"),
    ],
)
def test_bad_samples(name: str, text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(OperatorError) as caught:
        read_samples(tmp_path)
    assert words in caught.value.what


def test_samples_of_what_is_not_there(samples: Path) -> None:
    with pytest.raises(OperatorError, match="no plugin 'probe'"):
        check_samples(read_samples(samples), {"prob": None}, {"fast": None})
    with pytest.raises(OperatorError, match="model 'fast'"):
        check_samples(read_samples(samples), {"probe": None}, {"fats": None})


MANIFEST = f"""# The probe.
name = "t"

[plugins.probe]
component = "{WASM}/probe.wasm"  # all of it
deny = ["clock", "random"]
allow.tools = [
    "probe.config-get",  # as ever
]

[[run]]
call = "probe.kv-set"
with = {{ key = "k", value = "vu" }}
[[run]]
call = "probe.clock-now"
[[run]]
call = "probe.tools-call"
with = {{ name = "probe.config-keys", arguments = "{{}}" }}
"""


def test_all_lines_at_once_and_what_is_written_runs(lion: Lion) -> None:
    path = lion.write(MANIFEST)
    result = lion("record", path, "--write", "complete.toml")
    assert result.returncode == 0, result.stderr
    assert "dry" in result.stdout
    for line in (
        "[plugins.probe]", 'allow.kv = { bytes = "64 KiB" }', 'deny = ["random"]',
        'allow.tools = ["probe.config-get", "probe.config-keys"]',
    ):  # fmt: skip
        assert line in result.stdout.splitlines()
    complete = (lion.folder / "complete.toml").read_text("utf-8")
    for kept in ("# The probe.", "# all of it", "# as ever"):
        assert kept in complete
    assert lion.json("run", "complete.toml")["denied"] == 0
    assert lion.json("run", path)["denied"] == 3
    assert path.read_text("utf-8") == MANIFEST
    runs = [one["run"] for one in lion.json("runs")]
    assert "dry" in lion("verify", runs[0]).stdout
    assert "dry" in lion("replay", runs[0]).stdout
    assert "dry" in lion("audit", runs[0]).stdout
    assert "dry" not in lion("verify", runs[1]).stdout


def test_json(lion: Lion) -> None:
    told = lion.json("record", lion.write(MANIFEST))
    assert told["is_dry"]
    assert {tuple(one["place"])[-1] for one in told["missing"]} == {"kv", "deny", "tools"}
    assert told["written"] is None


def test_nothing_is_overwritten(lion: Lion) -> None:
    path = lion.write(MANIFEST)
    lion.write("mine", "other.toml")
    assert_one_line(lion("record", path, "--write", "other.toml"), 2, "is there already")
    assert_one_line(lion("record", path, "--write", "no/x.toml"), 2, "no directory 'no'")
    assert (lion.folder / "other.toml").read_text("utf-8") == "mine"
    assert lion("record", path, "--write", path).returncode == 0
    assert "kv" in path.read_text("utf-8")


def test_a_folder_of_samples_that_is_not_there(lion: Lion) -> None:
    path = lion.write(MANIFEST)
    assert_one_line(lion("record", path, "--samples", "nowhere"), 2, "nowhere", "--samples")
