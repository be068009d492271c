"""Look here if you want to know that nothing leaves a dry run: a guest that is granted all, or
nothing, tries each way out, and what lies outside is as it was.
"""

import os
import tempfile
from pathlib import Path

import pytest

from lion.domain.events import CallRequested, RunStarted
from lion.errors import OperatorError
from lion.history import open_history
from lion.log.sqlite_reader import open_sqlite_reader
from tests.attack.kit import call, holder, only, open_arena
from tests.capabilities.http.hostile_server import open_server
from tests.dry.kit import open_dry


async def test_no_request_reaches_a_server_that_is_granted(tmp_path: Path) -> None:
    async with open_server() as server:
        tables = holder("probe", "probe-as", f'allow.http = ["* {server.url}/**"]')
        tables += call("probe.lacked", url=f"{server.url}/ok")
        tables += call("probe.post", url=f"{server.url}/echo", size=100, header="x-echo")
        tables += call("probe.first-piece", url=f"{server.url}/ok")
        async with open_dry(tmp_path) as arena:
            report = await arena.run(tables)
            assert server.seen == [], "a request left"
            assert [e.value for e in report.endings] == ["nothing", ["200", "-", ""], 0]
            assert arena.samples.made_up == {
                f"http GET {server.url}/ok": 2, f"http POST {server.url}/echo": 1
            }  # fmt: skip
            assert (await arena.replay(report.run)).identical
        async with open_arena(tmp_path) as arena:
            await arena.run(tables)
            assert len(server.seen) == 3, "the same run, not dry, asks"


async def test_no_model_is_asked(tmp_path: Path) -> None:
    """Of a model on a server: no connection, no key needed, an answer that says nothing."""
    async with open_server() as server:
        tables = (
            f'[models.fast]\nprovider = "openai"\nbase-url = "{server.url}/v1"\nmodel = "x"\n'
            'key = "nobody-bound-it"\n'
            + holder("probe", "probe-as", 'allow.llm = ["fast"]')
            + call("probe.work", question="hello", model="fast", rounds=1)
        )
        async with open_dry(tmp_path) as arena:
            report = await arena.run(tables)
            assert only(report).ok, only(report)
            assert server.seen == []
            assert arena.samples.made_up == {"model fast": 1}


@pytest.mark.parametrize(
    "grant", ['allow.fs = [{ path = "/notes", at = "AT", write = true }]', ""]
)
async def test_no_file_is_written(
    grant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home" / "tmp").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "home" / "tmp"))
    outside = tmp_path / "notes"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept", "utf-8")
    before = _tree(tmp_path)
    tables = holder("files", "files", grant.replace("AT", str(outside)))
    tables += call("files.write", path="/notes/kept.txt", text="changed")
    tables += call("files.remove", path="/notes/kept.txt")
    tables += call("files.mkdir", path="/notes/inner")
    async with open_dry(tmp_path / "home") as arena:
        report = await arena.run(tables)
        changed = [e for e in arena.events(report.run) if isinstance(e, CallRequested)]
        assert changed, "it tried"
        assert (await arena.replay(report.run)).identical
    assert _tree(tmp_path) == before
    assert not _copies(), "a copy was left"
    if grant:
        assert report.denied == 0
    else:
        assert report.denied >= 3


def _copies() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("lion-dry-*"))


def _tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text("utf-8") if path.is_file() else ""
        for path in folder.rglob("*")
        if "home" not in path.parts
    }


async def test_a_link_in_a_copy_leads_nowhere(tmp_path: Path) -> None:
    """A link that leads out of the granted directory leads out of the copy as little."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", "utf-8")
    notes = tmp_path / "notes"
    notes.mkdir()
    os.symlink(secret, notes / "link")
    grant = f'allow.fs = [{{ path = "/notes", at = "{notes}" }}]'
    async with open_dry(tmp_path / "home") as arena:
        report = await arena.run(
            holder("files", "files", grant), call("files.read", path="/notes/link")
        )
        ending = only(report)
        assert not ending.ok
        assert "the secret" not in repr(ending)


async def test_what_is_kept_stays_as_it_is(tmp_path: Path) -> None:
    tables = holder("probe", "probe", 'allow.kv = { bytes = "1 KiB" }')
    value = {"key": "k", "value": "newu"}
    async with open_arena(tmp_path) as arena:
        await arena.run(tables, call("probe.kv-set", key="k", value="oldu"))
    async with open_dry(tmp_path) as arena:
        report = await arena.run(
            tables, call("probe.kv-get", key="k"), call("probe.kv-list", prefix="", limit=9)
        )
        assert [e.value for e in report.endings] == ['"oldu"', '["k"]'], "it reads what is there"
        await arena.run(tables, call("probe.kv-set", **value))
        await arena.run(tables, call("probe.kv-delete", key="k"))
    async with open_arena(tmp_path) as arena:
        report = await arena.run(tables, call("probe.kv-get", key="k"))
        assert only(report).value == '"oldu"'
        with open_history(arena.settings) as reader:
            assert reader.verify(report.run).finished


async def test_trusted_python_is_not_run(tmp_path: Path) -> None:
    done: list[str] = []

    def touch(name: str) -> list[str]:
        """Has an effect."""
        done.append(name)
        return [name]

    tables = holder("probe", "probe", 'allow.tools = ["lent.touch"]')
    tables += call("probe.tools-call", name="lent.touch", arguments='{"name": "x"}')
    async with open_dry(tmp_path) as arena:
        arena.host.lend("lent", {"touch": touch})
        report = await arena.host.run(f'name = "t"\n{tables}')
        assert only(report).value == '"[]"'
        assert done == []
        assert arena.samples.made_up == {"system plugin lent.touch": 1}
    async with open_arena(tmp_path) as arena:
        arena.host.lend("lent", {"touch": touch})
        await arena.host.run(f'name = "t"\n{tables}')
        assert done == ["x"], "the same, not dry, is run"


async def test_what_judges_and_hears_is_told_as_silent(tmp_path: Path) -> None:
    """A listener is not opened, and whoever reads what was found is told."""
    tables = f'[system.seen]\nuse = "console"\n{holder("probe", "probe")}'
    async with open_dry(tmp_path) as arena:
        await arena.run(tables, call("probe.clock-now"))
        assert arena.samples.made_up == {"system plugin seen hears nothing in a dry run": 1}


async def test_the_policy_holds(tmp_path: Path) -> None:
    """What a rule denies, or asks about, no line of a manifest would allow: it is denied."""
    policy = 'deny = ["kv set **", "http * **.example.com"]\nask = ["tool probe.*"]\n'
    tables = holder("probe", "probe") + holder("web", "probe-as")
    tables += call("probe.kv-set", key="k", value="v")
    tables += call("web.lacked", url="https://a.example.com/x")
    tables += call("probe.tools-call", name="probe.clock-now", arguments="{}")
    async with open_dry(tmp_path, policy) as arena:
        report = await arena.run(tables)
        first, second, third = report.endings
        assert first.value.startswith("denied: ")
        assert second.value == "http start GET https://a.example.com/x (ungranted) grantable"
        assert third.value.startswith("denied: ")
        missing = arena.missing(report.run)
        assert [one.line for one in missing.lines] == [
            'plugins.probe.allow.tools = ["probe.clock-now"]'
        ], "a line would bring it before the operator"
        assert sorted(one.decided_by for one in missing.refused) == [
            "policy line 1", "policy line 1", "policy line 2"
        ]  # fmt: skip
        assert all(c.status == "denied" for c in arena.calls(report.run) if c.verdict == "deny")


async def test_the_log_says_that_it_was_dry(tmp_path: Path) -> None:
    tables = holder("probe", "probe") + call("probe.kv-set", key="k", value="vu")
    tables += holder("files", "files") + call("files.mkdir", path="/notes/inner")
    async with open_dry(tmp_path) as arena:
        report = await arena.run(tables)
        (started,) = [e for e in arena.events(report.run) if isinstance(e, RunStarted)]
        assert started.is_dry
        (kept,) = [e for e in arena.calls(report.run) if e.capability == "kv"]
        assert (kept.verdict, kept.decided_by, kept.status) == ("deny", "grants", "completed")
        with open_sqlite_reader(arena.settings.state) as reader:
            assert sum(row.denied for row in reader.rows(report.run)) == report.denied == 2
        audit = await arena.host.audit(report.run)
        assert audit.is_dry
        assert audit.denied == 2


@pytest.mark.parametrize(
    ("bound", "words"), [("MOST_FILES", "more than 2 files"), ("MOST_BYTES", "0 MiB")]
)
async def test_what_is_copied_is_bounded(
    bound: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    for name in "abc":
        (notes / name).write_text("x", "utf-8")
    monkeypatch.setattr(f"lion.dry.scratch.{bound}", 2)
    grant = f'allow.fs = [{{ path = "/notes", at = "{notes}" }}]'
    async with open_dry(tmp_path / "home") as arena:
        with pytest.raises(OperatorError, match=words):
            await arena.run(holder("files", "files", grant), call("files.list", path="/notes"))


async def test_a_directory_that_a_real_run_refuses(tmp_path: Path) -> None:
    """A copy would be harmless, and the line would still be refused: so it is told here."""
    grant = f'allow.fs = [{{ path = "/s", at = "{tmp_path}/home/state", write = true }}]'
    (tmp_path / "home" / "state").mkdir(parents=True)
    async with open_dry(tmp_path / "home") as arena:
        with pytest.raises(OperatorError, match="may not be written"):
            await arena.run(holder("files", "files", grant), call("files.list", path="/s"))
