"""What is counted of a service is what was recorded, under labels that nobody else chooses."""

from pathlib import Path
from typing import Any

import trio
from prometheus_client.parser import text_string_to_metric_families

from lion.domain.call import Status
from lion.domain.capability import KNOWN
from lion.domain.events import CallFinished
from lion.domain.task import Order, Role
from lion.history import open_history
from lion.telemetry.metrics import BUDGETS, ENDINGS, Metrics, watched
from lion.web.tcp import Place
from tests.service.rig import ANN, add, living_in, settings_of
from tests.web.kit import SECONDS, Web, web_at

LABELS = {
    "capability": {*KNOWN, "other"},
    "verdict": {"allow", "deny", "ask", "none"},
    "status": {"completed", "failed", "denied"},
    "kind": {"agent", "plugin"},
    "ending": {*ENDINGS, "other"},
    "budget": {*BUDGETS, "other"},
}


async def counted(web: Web) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    got = await web.ask("GET", "/metrics", role=Role.VIEWER)
    assert got.status == 200, got.body
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(got.body.decode())
        for one in family.samples
    }


def recorded(folder: Path) -> tuple[int, int]:
    """How many calls ended, and how many of guests' own."""
    with open_history(settings_of(folder)) as reader:
        types = [record.type for one in reader.runs() for record in reader.records(one.run)]
    calls = types.count("CallFinished") + types.count("AgentPartialOutput")
    return calls, types.count("PluginResult") + types.count("AgentCompleted")


def finished(charged: dict[str, int]) -> CallFinished:
    return CallFinished(Status.COMPLETED, ("ok", None), charged=charged, capability="llm")


def total(found: dict[Any, float], name: str) -> float:
    return sum(value for (one, _), value in found.items() if one == name)


async def test_what_is_counted_is_what_was_recorded(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        routes = await watched(living)
        async with web_at(living, Place(port=0), routes) as web:
            orders = [Order(agent="guide", task="x"), Order(call="calculator.divide")]
            for order in orders:
                task = await living.service.submit(ANN, order)
                await living.service.wait_over(ANN, task.id)
            await living.service.wait_over(ANN, (await add(living)).id)
            calls, results = recorded(tmp_path)
            assert calls > 5
            found = await counted(web)
            with trio.fail_after(SECONDS):
                while total(found, "lion_tasks_ended_total") < len(orders) + 1:
                    found = await counted(web)
            assert total(found, "lion_calls_total") == calls
            assert total(found, "lion_call_seconds_count") == calls
            assert total(found, "lion_invocations_total") >= results
            assert found["lion_slots", frozenset()] == 8
            assert found["lion_working", frozenset()] == 0
            assert found["lion_log_bytes", frozenset()] > 0
            for _, labels in found:
                for name, value in labels:
                    assert value in LABELS.get(name, {value}), (name, value)
                    assert "guide" not in value
            assert (await web.ask("GET", "/metrics")).status == 401


async def test_what_is_given_back_of_a_budget_ends_nobody(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        metrics = Metrics(living)
        for amount in (500, -470, 20, 100):
            metrics._note(finished({"llm.tokens of fast": amount}))
        found = metrics.registry.get_sample_value("lion_charged_total", {"budget": "llm.tokens"})
        assert found == 500  # and 150 of it are true: a counter never falls
        metrics._note(finished({"llm.tokens of fast": 370}))
        found = metrics.registry.get_sample_value("lion_charged_total", {"budget": "llm.tokens"})
        assert found == 500 - 470 + 20 + 100 + 370


async def test_one_that_hears_and_raises_ends_nobody(tmp_path: Path) -> None:
    def raises(_: Any) -> None:
        raise ValueError("no")

    async with living_in(tmp_path) as living:
        await living.tail.hear(raises)
        routes = await watched(living)
        async with web_at(living, Place(port=0), routes) as web:
            await living.service.wait_over(ANN, (await add(living)).id)
            with trio.fail_after(SECONDS):
                while not total(found := await counted(web), "lion_tasks_ended_total"):
                    pass
            assert found["lion_uncounted", frozenset()] > 0
