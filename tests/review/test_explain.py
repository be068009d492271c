"""Look here if you want to know that a record is explained as it was: who decided and by which
line, what led to it, what came of it; in runs that go on, were cut, or were changed.
"""

import json
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.events import CallFinished, CallRequested
from lion.domain.hidden import Hidden
from lion.errors import AuditError, OperatorError
from lion.fittings import user_name
from lion.history import open_history
from lion.log.sqlite_schema import LOG_NAME
from lion.plans import read_policy
from lion.review.explain import explain
from lion.review.explained import Explained
from tests.attack.kit import Arena, call, holder, open_arena
from tests.capabilities.http.hostile_server import open_server

POLICY = '# The operator.\nask = ["kv delete **"]\ndeny = ["kv set secret/**"]\n'


def why(state: Path, policy: Path | None, run: str, seq: int) -> Explained:
    from lion.log.sqlite_reader import open_sqlite_reader

    with open_sqlite_reader(state) as reader:
        name = reader.find(run)
        return explain(
            name, seq, reader.verified(name), partial(reader.records, name),
            partial(reader.budgets_at, name), read_policy(policy),
        )  # fmt: skip


def of(arena: Arena, run: str, seq: int) -> Explained:
    return why(arena.settings.state, arena.settings.policy, run, seq)


def seq_of(arena: Arena, run: str, capability: str, operation: str) -> int:
    """The record of the first such call."""
    return next(
        one.seq
        for one in arena.records(run)
        if isinstance(event := one.event(), CallFinished | CallRequested)
        and (event.capability, event.operation) == (capability, operation)
    )


def write(folder: Path, *tables: str) -> str:
    path = folder / "manifest.toml"
    path.write_text('name = "t"\n\n' + "".join(tables), "utf-8")
    return str(path)


def written(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines()


async def test_an_allowed_call(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        holder("probe", "probe", "allow.tools = [", '    "other.*",', "]"),
        holder("other", "probe", 'allow.kv = { bytes = "1 KiB" }', "limits = { calls = 9 }"),
        call("probe.tools-start", name="other.kv-set", arguments='{"key": "k", "value": "vu"}'),
    )
    async with open_arena(tmp_path) as arena:
        report = await arena.host.run(path)
        found = of(arena, report.run, seq_of(arena, report.run, "kv", "set"))
        asked = found.asked
        assert asked is not None
        assert (asked.holder, asked.args) == ("other", '["k", "vu"]')
        assert (asked.decided.verdict, asked.decided.by) == ("allow", "grants")
        line = asked.decided.allowed_by
        assert line is not None
        text = written(path)
        assert (line.file, line.text) == (path, text[(line.line or 0) - 1])
        assert line.text == 'allow.kv = { bytes = "1 KiB" }'
        assert asked.result is not None
        assert (asked.result.status, asked.result.value) == ("completed", '["ok", null]')
        assert [(b.holder, b.budget, b.limit, b.used) for b in asked.budgets] == [
            ("other", "calls", 9, 1)
        ]
        first, second = found.causes
        assert (first.holder, first.what, first.by) == ("probe", "tools-start", "")
        assert first.line is not None
        assert text[(first.line.line or 0) - 1] == "[[run]]"
        assert (second.holder, second.what) == ("other", "kv-set")
        assert second.by.startswith("call 1 of probe, invocation 0: tools start other.kv-set, ")
        assert found.by_whom == user_name()
        assert found.proof.is_finished
        assert found.record.is_proved
        assert {one.then for one in found.changes} == {"deny"}
        assert found.changes[0].where == f"{path}:{line.line}"
        for change in found.changes[1:]:
            (tmp_path / "p.toml").write_text(f"{change.line}\n", "utf-8")
            assert read_policy(tmp_path / "p.toml").deny


async def test_a_denied_call_and_the_line_for_it(tmp_path: Path) -> None:
    path = write(tmp_path, holder("probe", "probe"), call("probe.kv-get", key="k"))
    async with open_arena(tmp_path) as arena:
        report = await arena.host.run(path)
        found = of(arena, report.run, seq_of(arena, report.run, "kv", "get"))
        assert found.asked is not None
        assert found.asked.decided.allowed_by is None
        assert found.asked.decided.verdict == "deny"
        (change,) = found.changes
        assert (change.then, change.line) == ("allow", 'allow.kv = { bytes = "64 KiB" }')
        assert change.where == f"[plugins.probe] in {path}"


@pytest.mark.parametrize(
    ("tool", "args", "line", "rule"),
    [
        ("kv-set", {"key": "secret/a", "value": "vu"}, 3, "kv set secret/**"),
        ("kv-delete", {"key": "k"}, 2, "kv delete **"),
    ],
)
async def test_a_rule_of_the_operators(
    tool: str, args: dict[str, Any], line: int, rule: str, tmp_path: Path
) -> None:
    path = write(
        tmp_path,
        holder("probe", "probe", 'allow.kv = { bytes = "1 KiB" }'), call(f"probe.{tool}", **args),
    )  # fmt: skip
    async with open_arena(tmp_path, POLICY) as arena:
        report = await arena.host.run(path)
        seq = seq_of(arena, report.run, "kv", tool.removeprefix("kv-"))
        found = of(arena, report.run, seq)
        assert found.asked is not None
        told = found.asked.decided.rule
        assert told is not None
        assert (told.line, told.text) == (line, rule)
        assert [one.where for one in found.changes] == [f"{arena.settings.policy}:{line}"]
        other = why(arena.settings.state, None, report.run, seq)
        assert other.asked is not None
        assert other.asked.decided.rule is not None
        assert (other.asked.decided.rule.line, other.asked.decided.rule.text) == (line, "")


async def test_a_redirect_is_part_of_its_call(tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        away = server.url.replace("127.0.0.1", "localhost")
        report = await arena.run(
            holder("probe", "probe-as", f'allow.http = ["GET {server.url}/**"]'),
            call("probe.lacked", url=f"{server.url}/redirect?to={away}/ok"),
        )
        seq = seq_of(arena, report.run, "http", "start")
        found = of(arena, report.run, seq)
        assert found.asked is not None
        (sent,) = found.asked.sent_on
        assert (sent.target, sent.decided.verdict) == (f"GET {away}/ok", "deny")
        assert of(arena, report.run, sent.record.seq).asked == found.asked
        assert found.asked.result is not None
        assert of(arena, report.run, found.asked.result.record.seq).asked == found.asked


async def test_what_may_not_be_recorded_is_not_told(tmp_path: Path) -> None:
    secrets = {"LION_SECRET_TOKEN": Hidden("https://x.example.com " + "x" * 24)}
    async with open_arena(tmp_path, variables=secrets) as arena:
        report = await arena.run(
            holder(
                "probe", "probe-as", 'allow.http = ["GET https://x.example.com/**"]',
                'allow.secrets = ["token"]',
            ),
            call("probe.post", url="https://x.example.com/a", size=100, header="a"),
        )  # fmt: skip
        found = of(arena, report.run, seq_of(arena, report.run, "http", "start"))
        assert found.asked is not None
        assert found.asked.args is None
        assert "xxxx" not in json.dumps([found.asked.target, found.asked.decided.reason])
        assert [one.how for one in found.changes] == ["arguments without the value of a secret"]


async def test_long_arguments_are_cut(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            holder("probe", "probe"), call("probe.kv-get", key="\x1b[31m" + "x" * 20_000)
        )
        found = of(arena, report.run, seq_of(arena, report.run, "kv", "get"))
        assert found.asked is not None
        assert found.asked.is_cut
        assert len(found.asked.args or "") == 4_096


async def test_a_run_that_goes_on_and_one_that_was_cut(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        run = await arena.host.start(
            write(
                tmp_path,
                holder("probe", "probe", "limits = { deadline = '600 s' }"),
                call("probe.clock-sleep", duration=500_000_000_000),
            )
        )
        async for record in run:
            if record.type == "PluginInvoked":
                break
        live = of(arena, run.id, record.seq)
        assert live.record.is_proved
        assert not live.proof.is_finished
        assert [one.ending for one in live.causes] == ["cut"]
        cut = tmp_path / "elsewhere"
        await trio.to_thread.run_sync(shutil.copytree, arena.settings.state, cut)
        run.cancel()
        await run.wait_ended()
        ended = of(arena, run.id, record.seq)
        assert [one.ending for one in ended.causes] == ["cancelled"]
    found = why(cut, None, run.id, record.seq)
    assert found.record.is_proved
    assert not found.proof.is_finished
    assert [one.ending for one in found.causes] == ["cut"]


async def test_a_changed_record_is_not_shown_as_proved(tmp_path: Path) -> None:
    """Of a run in two rows the second is changed: the first is proved, the second is not."""
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            holder("probe", "probe", 'allow.kv = { bytes = "1 KiB" }'),
            call("probe.kv-set", key="k", value="vu"),
        )
        state = arena.settings.state
        last = arena.records(report.run)[-1].seq
    with closing(sqlite3.connect(state / LOG_NAME)) as db:
        rows = db.execute("SELECT position, first_seq FROM segments ORDER BY position").fetchall()
        ours = [row for row in rows if row[1] <= last]
        position, first = ours[-1]
        db.execute("UPDATE segments SET digest = zeroblob(32) WHERE position = ?", (position,))
        db.commit()
    whole = why(state, None, report.run, first)
    assert not whole.record.is_proved
    assert whole.proof.until == first - 1
    assert "does not verify" in whole.proof.fault
    if first > 1:
        before = why(state, None, report.run, first - 1)
        assert before.record.is_proved
        assert before.proof.fault


async def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(holder("probe", "probe"), call("probe.clock-now"))
        state = arena.settings.state
        with pytest.raises(OperatorError, match="has no record 900"):
            of(arena, report.run, 900)
    with closing(sqlite3.connect(state / LOG_NAME)) as db:
        db.execute("UPDATE segments SET data = zeroblob(length(data))")
        db.commit()
    with pytest.raises(AuditError):
        why(state, None, report.run, 3)


async def test_every_record_of_a_run(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            holder("probe", "probe", 'allow.tools = ["probe.*"]'),
            call("probe.tools-call", name="probe.clock-now", arguments="{}"),
            call("probe.clock-sleep", duration=2_000_000),
            call("probe.kv-get", key="k"),
        )
        with open_history(arena.settings) as reader:
            records = list(reader.records(report.run))
        for record in records:
            found = of(arena, report.run, record.seq)
            assert found.record.type == record.type
            assert (found.asked is None) == (not record.call), record
            assert (found.event is None) == (found.asked is not None)
            assert bool(found.causes) == bool(record.invocation)
