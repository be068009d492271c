"""What others have to do with a run that goes on: people, models, system plugins, rates."""

from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.approval import Answer
from lion.domain.events import (
    ApprovalAsked,
    CallFinished,
    CallWaits,
    EffectSettled,
    PluginError,
    PluginInvoked,
    RunFinished,
)
from lion.domain.record import Record
from lion.history import open_history
from lion.host import Host
from lion.log.sqlite_desk import SqliteDesk
from tests.endurance.kit import manifest
from tests.resume.rig import Death, Stage, error_of, said, stepper, steps
from tests.resume.test_handles import SAY, after_say
from tests.resume.test_unknown import web_grant
from tests.resume.web import serving


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_person_says_whether_it_is_done_again(stage: Stage, allowed: bool) -> None:
    with serving() as web:
        stage.die_at("http", "send", after=True)
        grant = web_grant(web, ', on-unknown = "ask"')
        run = await stage.cut(stepper(grant), steps(["http-send", "POST", f"{web.url}/x"]))

        is_asked = trio.Event()

        def watch(record: Record) -> None:
            if record.type == ApprovalAsked.__name__:
                is_asked.set()

        async def answer(host: Host) -> None:
            await is_asked.wait()
            waiting = await host.approvals()
            assert "not known" in waiting[0].request.note
            await host.answer(
                waiting[0].request.id, Answer(allowed=allowed, by="ann", via="program")
            )

        desk = SqliteDesk(stage.settings.state)
        async with stage.host(desk=desk) as host, trio.open_nursery() as nursery:
            nursery.start_soon(answer, host)
            report = await host.resume(run, watch=watch)
        (value,) = said(report)
        (settled,) = stage.events(run, EffectSettled)
        assert web.count("POST") == 1 + allowed
    if allowed:
        assert value[0] == 200
        assert (settled.decided, settled.rule) == ("again", "approved")
    else:
        assert error_of(value) == "cancelled"
        assert (settled.decided, settled.rule) == ("unknown", "refused")


async def test_a_rate_is_not_full_again(stage: Stage) -> None:
    limits = 'limits = { rate = "5/min" }'
    program = steps(["now"], ["now"], SAY, ["now"], ["now"], ["now"], ["now"])
    run = await stage.cut(stepper(limits), program, at=after_say)
    found = said(await stage.resume(run))
    # The sleep was charged when it began, and is charged again: nobody knows that it was.
    assert [error_of(one) for one in found if isinstance(one, dict)][-1] == "exhausted"
    assert sum(isinstance(one, int) for one in found) in (3, 4)


def models(home: Path, text: str) -> str:
    """A model that says this, a word at a time."""
    (home / "script.toml").write_text(f'[[answer]]\ntext = "{text}"\nevery = "1 ms"\n')
    return '[models.fast]\nprovider = "scripted"\nscript = "script.toml"\n'


HEAR = ["llm-next", "m"]
ASK = ["llm-start", "m", "fast", "who?"]


async def _heard(stage: Stage, then: str) -> list[Any]:
    """Hear two pieces of an answer, be cut, and hear more of one that is `then`."""
    home = stage.settings.state.parent
    program = steps(ASK, HEAR, HEAR, SAY, HEAR, HEAR)
    parts = models(home, "one two three four"), stepper('allow.llm = ["fast"]'), program
    path = home / "manifest.toml"
    path.write_text(manifest(*parts))
    run = await stage.cut(at=after_say, path=path)
    models(home, then)
    found = said(await stage.resume(run))
    assert [settled.rule for settled in stage.events(run, EffectSettled)] == ["harmless"]
    return found[1:3] + found[4:]


async def test_a_models_answer_is_asked_again_and_goes_on(stage: Stage) -> None:
    found = await _heard(stage, "one two three four")
    assert "".join(found).split() == ["one", "two", "three", "four"]


async def test_what_an_answer_had_reserved_is_free_again(stage: Stage) -> None:
    home = stage.settings.state.parent
    grant = 'allow.llm = [{ model = "fast", tokens = 4000 }]'
    parts = models(home, "one two three four " * 20), stepper(grant), steps(ASK, HEAR, SAY, HEAR)
    path = home / "manifest.toml"
    path.write_text(manifest(*parts))
    run = await stage.cut(at=after_say, path=path)
    with open_history(stage.settings) as reader:
        (before,) = [u for u in reader.budgets(run) if u.budget.startswith("llm.tokens")]
    assert isinstance(said(await stage.resume(run))[3], str)
    with open_history(stage.settings) as reader:
        (after,) = [u for u in reader.budgets(run) if u.budget.startswith("llm.tokens")]
    # Reserved once more, and not twice.
    assert after.used <= before.used


async def test_one_that_is_another_is_unavailable(stage: Stage) -> None:
    found = await _heard(stage, "one other three four")
    assert [error_of(one) for one in found[2:]] == ["unavailable", "unavailable"]


async def test_a_system_plugin_does_not_do_again_what_it_was_doing(stage: Stage) -> None:
    called: list[str] = []

    async def work(word: str) -> str:
        called.append(word)
        if word == "first":
            await trio.sleep_forever()
        return "again"

    program = steps(
        ["tool-call", "app.work", {"word": "first"}], ["tool-call", "app.work", {"word": "second"}]
    )
    text = manifest(stepper('allow.tools = ["app.work"]'), program)
    path = stage.settings.state.parent / "manifest.toml"
    path.write_text(text)
    run = await stage.cut(
        at=lambda d: d.come_with(PluginInvoked, 2), path=path, lent={"work": work}
    )
    async with stage.host() as host:
        host.lend("app", {"work": work})
        report = await host.resume(run)
    first, second = said(report)
    assert error_of(first) == "cancelled"
    assert second == '"again"'
    assert called == ["first", "second"]
    assert [e.ending for e in stage.events(run, PluginError)] == ["cancelled"]


async def test_what_was_being_stopped_stays_stopped(stage: Stage) -> None:
    """Its deadline had cut it: the call that it waited in has an outcome, itself has no ending."""
    limits = 'limits = { deadline = "60 ms" }'
    one = ["sleep", 10_000_000_000]

    def when(death: Death) -> None:
        death.come_with(CallFinished, status="cancelled")
        real = death._log._store._add

        def note(draft: Any, body: bytes) -> None:
            # Of the records of its end only the call's.
            if not isinstance(draft.event, PluginError | RunFinished):
                real(draft, body)

        death._log._store._add = note

    run = await stage.cut(stepper(limits), steps(one), at=when)
    assert stage.events(run, CallWaits)
    assert not stage.events(run, PluginError)
    report = await stage.resume(run)
    assert report.endings[0].ending == "deadline"
