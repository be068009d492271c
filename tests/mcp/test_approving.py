"""A call that needs a person's approval gets it from the operator; from the client only where the
operator said that it may.
"""

from pathlib import Path
from typing import Any

import pytest
import trio
from mcp import Client
from mcp.types import ElicitRequestFormParams, ElicitResult, InputRequiredResult, TextContent

from lion.domain.approval import Answer
from lion.domain.events import ApprovalDecided
from tests.mcp.kit import ERAS, LATEST, connected, desk, manifest, plugin, said

TEXT = manifest(plugin("calculator"), plugin("hello"), desk("**"))
ASK = 'ask = ["tool calculator.*"]'
SUM = {"a": 1, "b": 2}


def client_that(says: Any) -> tuple[dict[str, Any], list[str]]:
    """Options of a client that answers questions so, and what it was asked."""
    asked: list[str] = []

    async def answer(context: Any, params: Any) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        asked.append(params.message)
        if says is None:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"answer": says})

    return {"elicitation_callback": answer}, asked


def decided(folder: Path) -> list[tuple[bool, str, str]]:
    """How approvals were decided, by whom, by which way."""
    found = [e for _, _, e in said(folder) if isinstance(e, ApprovalDecided)]
    return [(one.answer.allowed, one.answer.by.split()[0], one.answer.via) for one in found]


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_with_the_right_approves(tmp_path: Path, era: str) -> None:
    options, asked = client_that("approve once")
    session = connected(tmp_path, TEXT, era=era, policy=ASK, may_approve=True, **options)
    async with session as (client, _):
        for _ in range(2):
            result = await client.call_tool("calculator_add", SUM)
            assert result.structured_content == {"result": 3}
    assert len(asked) == 2 and "desk wants to call tools call calculator.add" in asked[0]
    assert decided(tmp_path) == [(True, "mcp", "mcp")] * 2


@pytest.mark.parametrize("era", ERAS)
async def test_for_the_session_is_asked_once(tmp_path: Path, era: str) -> None:
    options, asked = client_that("approve for this session")
    session = connected(tmp_path, TEXT, era=era, policy=ASK, may_approve=True, **options)
    async with session as (client, _):
        for _ in range(2):
            assert not (await client.call_tool("calculator_add", SUM)).is_error
    assert len(asked) == 1


@pytest.mark.parametrize("says", [None, "refuse", "yes, sure"])
@pytest.mark.parametrize("era", ERAS)
async def test_whatever_is_no_clear_yes_is_a_no(tmp_path: Path, era: str, says: Any) -> None:
    options, _ = client_that(says)
    session = connected(tmp_path, TEXT, era=era, policy=ASK, may_approve=True, **options)
    async with session as (client, _):
        assert (await client.call_tool("calculator_add", SUM)).is_error
    assert decided(tmp_path) == [(False, "mcp", "mcp")]


async def waiting(served: Any) -> str:
    """The id of the request that waits."""
    with trio.fail_after(60):
        while not (found := await served.host.approvals()):
            await trio.lowlevel.checkpoint()
    return str(found[0].request.id)


@pytest.mark.parametrize("era", ERAS)
async def test_without_the_right_nobody_asks_the_client(tmp_path: Path, era: str) -> None:
    options, asked = client_that("approve once")
    results: list[Any] = []

    async with connected(tmp_path, TEXT, era=era, policy=ASK, **options) as (client, served):

        async def call() -> None:
            results.append(await client.call_tool("calculator_add", SUM))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(call)
            request = await waiting(served)
            assert not results
            answer = Answer(allowed=True, by="the operator", via="program")
            await served.host.answer(request, answer)
    assert asked == [] and results[0].structured_content == {"result": 3}
    assert decided(tmp_path) == [(True, "the", "program")]


async def test_a_client_that_takes_up_another_call_is_refused(tmp_path: Path) -> None:
    options, _ = client_that("approve once")
    session = connected(tmp_path, TEXT, era=LATEST, policy=ASK, may_approve=True, **options)
    yes: Any = {"approval": ElicitResult(action="accept", content={"answer": "approve once"})}
    async with session as (client, _):
        first = await begin(client)
        state = first.request_state
        with pytest.raises(Exception, match="another call"):
            await take_up(client, {"a": 1_000, "b": 2}, state, yes)
        with pytest.raises(Exception, match="no call of this state"):
            await take_up(client, SUM, f"{state}x", yes)
        result = await take_up(client, SUM, state, yes)
        (content,) = result.content
        assert isinstance(content, TextContent) and content.text == "3"
        with pytest.raises(Exception, match="no call of this state"):
            await take_up(client, SUM, state, yes)


async def begin(client: Client) -> InputRequiredResult:
    """Begin a call that has to be approved."""
    result = await client.session.call_tool("calculator_add", SUM, allow_input_required=True)
    assert isinstance(result, InputRequiredResult)
    return result


async def take_up(client: Client, arguments: Any, state: Any, answers: Any) -> Any:
    """Go on with it."""
    return await client.session.call_tool(
        "calculator_add",
        arguments,
        input_responses=answers,
        request_state=state,
        allow_input_required=True,
    )


async def test_those_that_wait_hold_up_nobody_and_are_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lion.mcp.calls.MOST_LEFT", 10)
    options, _ = client_that("approve once")
    text = f"{TEXT}limits = {{ concurrent = 2 }}\n"
    session = connected(tmp_path, text, era=LATEST, policy=ASK, may_approve=True, **options)
    async with session as (client, served):
        for _ in range(12):
            await begin(client)
        with trio.fail_after(60):
            while len(await served.host.approvals()) > 10:
                await trio.lowlevel.checkpoint()
        assert not (await client.call_tool("hello_greet", {"name": "ann"})).is_error
    assert served.report is not None and served.report.exit_code == 0
