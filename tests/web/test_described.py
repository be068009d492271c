"""A service answers as its OpenAPI document says, whatever is asked: nothing that is lion's fault,
and no status, header or media type that is not described.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio

from lion.domain.task import Order, Role
from lion.page.site import pages
from lion.service import failures
from lion.serving import ROUTES
from lion.web.openapi import path_of
from tests.service.rig import ANN, add
from tests.web.kit import Web, web_in

if TYPE_CHECKING:
    from tests.web.fuzz import Fuzz

ENDLESS = ("/events", "/live/feed", "/api/tasks/{id}/events")
"""These answer as long as one listens: test_events.py and test_follow.py follow them."""


async def asked(web: Web, seed: int, times: int) -> "Fuzz":
    """A service that has a run, a task, a token and a plugin, asked everything."""
    from tests.web.fuzz import Fuzz  # what it imports takes a second

    task = await web.living.service.wait_over(ANN, (await add(web.living)).id)
    order = Order(call="calculator.divide", arguments={"a": 1, "b": 0})
    failed = await web.living.service.submit(ANN, order)
    failed = await web.living.service.wait_over(ANN, failed.id)
    await web.living.access.create(ANN, "known", Role.VIEWER)
    known = {
        "tasks": failed.id, "agents": task.id, "runs": task.run, "run": failed.run,
        "plugins": "calculator", "tokens": "known", "elements": task.id, "static": "console.css",
        "progressions": "queue",
    }  # fmt: skip
    fuzz = Fuzz(web, known, seed, times)
    await trio.to_thread.run_sync(fuzz.run, ENDLESS)
    return fuzz


@pytest.mark.parametrize(
    ("seed", "times"), [(1, 1), *(pytest.param(n, 40, marks=pytest.mark.slow) for n in (2, 3))]
)
async def test_nothing_is_answered_that_is_not_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, times: int
) -> None:
    monkeypatch.setattr(failures, "SLOWEST", 0.0)  # wrong secrets are among what is tried
    async with web_in(tmp_path) as web:
        fuzz = await asked(web, seed, times)
        assert not fuzz.found, "\n".join(f"{key}\n    {ex[0]}" for key, ex in fuzz.found.items())
        routes = {(key[0], path_of(key)) for key in {**ROUTES, **pages()}}
        routes |= {("GET", "/openapi.json")}
        assert fuzz.asked == {one for one in routes if one[1] not in ENDLESS}
        assert {200, 201, 202, 303, 400, 404} <= fuzz.statuses


async def test_who_has_not_said_who_he_is_is_told_so_as_it_is_described(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        for key, endpoint in {**ROUTES, **pages()}.items():
            if endpoint.role is None:
                continue
            target = "/" + "/".join("x" if part == "*" else part for part in key[1:])
            got = await web.ask(key[0], target)
            kind = got.headers["content-type"]
            assert (got.status, kind) == (401, "application/problem+json"), key
            browser = await web.ask(key[0], target, {"accept": "text/html"})
            led = (303, "/sign-in") if key[0] == "GET" else (401, None)
            assert (browser.status, browser.headers.get("location")) == led, key
