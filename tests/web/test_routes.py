"""What can be asked of a service over HTTP, of runs, logs, approvals and rights; and that it is
described as it is.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.task import Order, Role, TaskState
from lion.page.site import pages
from lion.serving import ROUTES
from lion.web.openapi import described, document, path_of
from tests.service.rig import ANN, MANIFEST, WASM, add
from tests.web.kit import SECONDS, Web, web_in

VIEW, OPERATE, RULE = Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR
ASKED = f"""
name = "asked"

[plugins.notebook]
component = "{WASM}/notebook.wasm"
allow.kv = {{ bytes = "64 KiB" }}
ask = ["kv set **"]
"""


async def value(web: Web, target: str, role: Role = VIEW, **more: Any) -> Any:
    got = await web.ask("GET", target, role=role, **more)
    assert got.status == 200, got.body
    return got.value


async def test_a_run_is_read_page_by_page_and_proved(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        tasks = [
            await web.living.service.wait_over(ANN, (await add(web.living)).id) for _ in "abc"
        ]
        runs = [task.run for task in tasks]
        first = await value(web, "/api/runs?limit=2")
        assert ([one["run"] for one in first["runs"]], first["next"]) == (runs[:0:-1], runs[1])
        rest = await value(web, f"/api/runs?before={first['next']}")
        assert ([one["run"] for one in rest["runs"]], rest["next"]) == (runs[:1], None)
        run = await value(web, f"/api/runs/{runs[0][:13]}")
        assert (run["run"], run["state"], run["exit_code"]) == (runs[0], "ended", 0)
        seqs, after = [], 0
        while after is not None:
            page = await value(web, f"/api/runs/{runs[0]}/records?limit=3&after={after}")
            seqs += [one["seq"] for one in page["records"]]
            after = page["next"]
        assert seqs == list(range(1, run["records"] + 1))
        only = await value(web, f"/api/runs/{runs[0]}/records?type=RunFinished,RunStarted")
        assert [one["type"] for one in only["records"]] == ["RunStarted", "RunFinished"]
        assert (await value(web, f"/api/runs/{runs[0]}/verify"))["is_verified"] is True
        assert (await value(web, f"/api/runs/{runs[0]}/replay", OPERATE))["identical"] is True
        assert (await web.ask("GET", f"/api/runs/{runs[0]}/replay", role=VIEW)).status == 403
        assert (await value(web, f"/api/runs/{runs[0]}/audit"))["manifest_name"] == "rig"
        why = await value(web, f"/api/runs/{runs[0]}/explain/1")
        assert why["record"]["type"] == "RunStarted"
        lines = (await web.ask("GET", f"/api/runs/{runs[0]}/export", role=VIEW)).body
        assert b'"type":"end"' in lines
        for wrong, status in (
            ("nothing", 404), ("nothing/records", 404), ("nothing/verify", 404),
            (f"{runs[0]}/explain/99999", 404), (f"{runs[0]}/explain/x", 400),
            (f"{runs[0]}/records?limit=0", 400), (f"{runs[0]}/records?after=x", 400),
        ):  # fmt: skip
            assert (await web.ask("GET", f"/api/runs/{wrong}", role=VIEW)).status == status, wrong


async def test_records_of_all_runs_are_searched(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        await web.living.service.wait_over(ANN, (await add(web.living, 41)).id)
        order = Order(call="calculator.divide", arguments={"a": 1, "b": 0})
        failed = await web.living.service.submit(ANN, order)
        failed = await web.living.service.wait_over(ANN, failed.id)
        found = await value(web, "/api/logs?plugin=calculator&text=division")
        assert {one["run"] for one in found["records"]} == {failed.run}
        assert (await value(web, "/api/logs?text=no+such+words"))["records"] == []
        every, after = [], 0
        while after is not None:
            page = await value(web, f"/api/logs?limit=7&after={after}")
            every += [one["position"] for one in page["records"]]
            after = page["next"]
        assert every == list(range(1, every[-1] + 1))
        last = await value(web, "/api/logs?limit=2")
        assert [one["position"] for one in last["records"]] == every[-2:]
        assert (await web.ask("GET", "/api/logs?level=loud", role=VIEW)).status == 400


async def test_a_call_that_waits_is_answered_by_who_may(tmp_path: Path) -> None:
    async with web_in(tmp_path, MANIFEST, ASKED) as web:
        with trio.fail_after(SECONDS):
            for reach, role in (("once", OPERATE), ("always", RULE)):
                order = Order(call="notebook.write", arguments={"title": reach, "text": "x"})
                task = await web.living.service.submit(ANN, order)
                waiting: list[Any] = []
                while not waiting:
                    waiting = await value(web, "/api/approvals")
                (one,) = waiting
                assert (one["holder"], one["capability"]) == ("notebook", "kv")
                target = f"/api/approvals/{one['id']}"
                body = {"allowed": True, "reach": reach}
                below = VIEW if role is OPERATE else OPERATE
                assert (await web.ask("POST", target, body=body, role=below)).status == 403
                assert (await web.ask("POST", target, body=body, role=role)).status == 200
                assert (await web.ask("POST", target, body=body, role=role)).status == 404
                task = await web.living.service.wait_over(ANN, task.id)
                assert task.state is TaskState.COMPLETED
                records = await value(web, f"/api/runs/{task.run}/records?type=ApprovalDecided")
                said = records["records"][0]["event"]["answer"]
                assert (said["by"], said["via"]) == (f"token {role}-{web.doors.port}", "service")
        (standing,) = await value(web, "/api/approvals/standing")
        gone = f"/api/approvals/standing/{standing['request']['id']}"
        assert (await web.ask("DELETE", gone, role=OPERATE)).status == 403
        assert (await web.ask("DELETE", gone, role=RULE)).status == 200
        assert await value(web, "/api/approvals/standing") == []


async def test_another_policy_is_tried_on_what_happened(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        await web.living.service.wait_over(ANN, (await add(web.living)).id)
        guide = await web.living.service.submit(ANN, Order(agent="guide", task="x"))
        await web.living.service.wait_over(ANN, guide.id)
        body = {"policy": 'deny = ["tool calculator.*"]'}
        got = await web.ask("POST", "/api/audit/what-if", body=body, role=VIEW)
        assert got.status == 200, got.body
        changed = {one["run"]: one["changed"] for one in got.value["runs"]}
        run = web.living.service.task(ANN, guide.id).run
        assert changed[run] > 0
        wrong = await web.ask("POST", "/api/audit/what-if", body={"policy": "deny ="}, role=VIEW)
        assert wrong.status == 400
        rights = await value(web, "/api/audit")
        assert [one["name"] for one in rights] == ["rig"]


async def test_the_same_key_is_the_same_request(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        key = {"idempotency-key": "k1"}
        body = {"agent": "waiter", "prompt": "x"}
        answers = [await web.ask("POST", "/api/agents", key, body, OPERATE) for _ in range(2)]
        assert [one.status for one in answers] == [201, 201]
        assert answers[0].value == answers[1].value
        other = await web.ask("POST", "/api/agents", key, {**body, "prompt": "y"}, OPERATE)
        assert (other.status, "another order" in other.value["detail"]) == (422, True)
        long = await web.ask("POST", "/api/agents", {"idempotency-key": "k" * 300}, body, OPERATE)
        assert long.status == 400
        agents = await value(web, "/api/agents")
        assert [one["agent_id"] for one in agents] == [answers[0].value["agent_id"]]
        assert (
            await web.ask("DELETE", f"/api/agents/{agents[0]['id']}", role=OPERATE)
        ).status == 200


async def test_what_is_described_is_what_there_is(tmp_path: Path) -> None:
    routes = described({**ROUTES, **pages()})
    said = document(routes)
    operations = {(method.upper(), path) for path, one in said["paths"].items() for method in one}
    assert operations == {(key[0], path_of(key)) for key in routes}
    ids = [one["operationId"] for path in said["paths"].values() for one in path.values()]
    assert len(set(ids)) == len(ids)
    for path in said["paths"].values():
        for one in path.values():
            body = one.get("requestBody")
            media = {} if body is None else body["content"].get("application/json", {})
            if media:
                assert media["schema"]["$ref"].rpartition("/")[2] in said["components"]["schemas"]
    async with web_in(tmp_path) as web:
        assert await value(web, "/openapi.json") == json.loads(json.dumps(said))


async def test_it_is_healthy_until_it_stops(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        assert (await web.ask("GET", "/healthz")).status == 200
        web.living.service.stopping.set()
        assert (await web.ask("GET", "/healthz")).status == 503


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("PUT", "/api/tasks", 405), ("GET", "/api", 404), ("POST", "/api/agents", 400)],
)
async def test_what_cannot_be_asked_is_a_problem(
    tmp_path: Path, method: str, target: str, status: int
) -> None:
    async with web_in(tmp_path) as web:
        got = await web.ask(method, target, body={"x": 1}, role=RULE)
        assert (got.status, got.headers["content-type"]) == (status, "application/problem+json")
        assert {"type", "title", "status", "detail"} <= got.value.keys()
        if status == 405:
            assert got.headers["allow"] == "GET, POST"


async def test_where_code_is_has_no_dots_in_it(tmp_path: Path) -> None:
    text = MANIFEST.replace(f"{WASM}/calculator", f"{WASM}/../plugins-wasm/calculator")
    async with web_in(tmp_path, text) as web:
        (shown,) = (await web.ask("GET", "/api/plugins/calculator", role=VIEW)).value
        assert shown["origin"] == str((WASM / "calculator.wasm").resolve())
        assert (await web.ask("GET", "/api/plugins/..", role=VIEW)).status == 404


async def test_an_agent_is_written_to_as_an_agent(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        waiter = await web.ask(
            "POST", "/api/agents", body={"agent": "waiter", "prompt": "x"}, role=OPERATE
        )
        target = f"/api/agents/{waiter.value['agent_id']}/messages"
        assert (await web.ask("POST", target, body={"payload": "x"}, role=VIEW)).status == 403
        assert (await web.ask("POST", target, body={"payload": "x"}, role=OPERATE)).status == 409
