"""The screens show what the service and its log have, and whatever a guest said is text there."""

import re
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from lion.domain.events import CallFinished
from lion.domain.task import Order
from lion.errors import OperatorError
from lion.history import open_history
from lion.page import console as consoles
from lion.page.authority import Row
from lion.page.columns import LONGEST, Column, Piece, joined
from lion.page.frame import LONGEST_BLOCK, guest
from lion.page.reach import MOST, draw
from lion.page.rendering import static_files
from lion.page.screens.plugins import MOST_FIELDS, fields_of
from lion.upkeep import list_waiting
from tests.page.rig import MARKUP, SCREENS, Page, looking
from tests.service.rig import ANN, OLA, VIC, WASM, settings_of, wait, works

ASKS = """
name = "asks"
[plugins.notebook]
component = "{wasm}/notebook.wasm"
allow.kv = {{ bytes = "64 KiB" }}
ask = ["kv set **"]
"""


def is_plain(page: Page) -> bool:
    """Nothing in it can act but lion's own scripts, by their paths."""
    for tag, found in page.elements:
        assert not [name for name in found if name.startswith("on") or name == "style"], tag
        if tag == "script":
            is_own = str(found.get("src")).startswith("/static/")
            assert is_own or found["type"] == "application/json"
    assert not {"img", "iframe", "object", "base", "style"} & {tag for tag, _ in page.elements}
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page.source)
    return True


async def test_every_screen_of_an_empty_service_says_what_to_type(tmp_path: Path) -> None:
    async with looking(tmp_path, 'name = "empty"') as looker:
        for screen in SCREENS:
            page = await looker.page(screen)
            assert is_plain(page)
            assert [tag for tag, _ in page.elements].count("h1") == 1
            assert page.text.count("lion") >= 2
        assert "No agent has worked yet" in (await looker.page("live")).text
        assert "Nothing has run yet" in (await looker.page("runs")).text


async def test_markup_in_every_field_is_text_on_every_screen(tmp_path: Path) -> None:
    async with looking(tmp_path) as looker:
        task = await looker.done(agent="guide", task=MARKUP)
        await looker.done(call="calculator.add", arguments={"a": MARKUP, MARKUP: 1})
        for screen in (*SCREENS, f"run/{task.run}", f"run/{task.run}/authority"):
            assert is_plain(await looker.page(screen)), screen
        shown = (await looker.page(f"run/{task.run}")).text
        assert shown.count("<img src=x onerror=alert(1)>") >= 2
        for seq in range(1, 30):
            assert is_plain(await looker.page(f"run/{task.run}/explain/{seq}"))


async def test_a_megabyte_on_one_line_is_cut_and_said_so(tmp_path: Path) -> None:
    async with looking(tmp_path) as looker:
        task = await looker.done(agent="guide", task="x" * 65_000)  # an order has no more
        for screen in SCREENS:
            assert "x" * (LONGEST_BLOCK + 1) not in (await looker.page(screen)).source, screen
        # It stands there four times, each time cut.
        assert len((await looker.page(f"run/{task.run}")).source) < 130_000
    assert len(guest("y" * 1_000_000)) < 20_000
    assert "983,616 more characters" in guest("y" * 1_000_000)


async def test_two_agents_interleave_in_the_feed(tmp_path: Path) -> None:
    async with looking(tmp_path) as looker:
        one, other = await wait(looker.living), await wait(looker.living)
        await works(looker.living, one)
        await works(looker.living, other)
        order: list[str] = []
        async with aclosing(looker.console.feed(ANN)) as feed:
            async for piece in feed:
                if not piece.startswith(b"data: "):
                    continue
                frame = msgspec.json.decode(piece[6:])
                order += frame.get("columns", {})
                if len(order) > 8:
                    break
        runs = {looker.living.service.task(ANN, task.id).run for task in (one, other)}
        assert set(order) == runs
        assert any(a != b and b != c for a, b, c in zip(order, order[1:], order[2:], strict=False))
        for task in (one, other):
            await looker.living.service.cancel(ANN, task.id)


async def test_a_feed_ends_with_who_looks_and_only_so_many_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consoles, "MOST_VIEWERS", 1)
    async with looking(tmp_path) as looker:
        first = looker.console.feed(VIC)
        assert (await anext(first)).startswith(b"retry:")
        with pytest.raises(OperatorError, match="look at this page already") as found:
            await anext(looker.console.feed(VIC))
        assert found.value.facts["status"] == 503
        await first.aclose()
        second = looker.console.feed(VIC)
        await anext(second)
        await second.aclose()


async def test_what_waits_for_a_person_stands_on_the_first_page(tmp_path: Path) -> None:
    wasm = Path(__file__).parents[2] / "plugins-wasm"
    async with looking(tmp_path, ASKS.format(wasm=wasm)) as looker:
        order = Order(call="notebook.write", arguments={"title": "a", "text": MARKUP})
        task = await looker.living.service.submit(ANN, order)
        async with aclosing(looker.living.service.follow(ANN, task.id)) as followed:
            async for one in followed:
                if getattr(one, "type", "") == "ApprovalAsked":
                    break
        page = await looker.page("")
        assert "1 waits for an answer" in " ".join(page.text.split())
        assert is_plain(page)
        (request,) = list_waiting(settings_of(tmp_path))
        to = f"/api/approvals/{request.request.id}"
        assert page.having("data-to").count(to) == 5
        assert (await looker.page("", by=OLA)).having("data-to").count(to) == 3
        assert (await looker.page("", by=VIC)).having("data-to").count(to) == 0
        assert "asks you" in (await looker.page("runs")).text
        await looker.living.service.cancel(ANN, task.id)


async def test_a_viewer_is_offered_nothing_to_do(tmp_path: Path) -> None:
    async with looking(tmp_path) as looker:
        await wait(looker.living)
        for screen in SCREENS:
            page = await looker.page(screen, by=VIC)
            assert page.having("data-do") == page.having("data-send") == []
        assert (await looker.page("live", by=OLA)).having("data-do") == ["DELETE", "DELETE"][:1]


@pytest.mark.parametrize(
    "path", ["nothing", "runs/more", "run/00", "run/../x", "static/x", "run", "live/x"]
)
async def test_what_is_no_screen_is_said_so(tmp_path: Path, path: str) -> None:
    async with looking(tmp_path) as looker:
        with pytest.raises(OperatorError) as found:
            await looker.page(path)
        assert found.value.facts["status"] == 404


async def test_what_an_agent_used_is_in_the_matrix_and_the_picture(tmp_path: Path) -> None:
    async with looking(tmp_path) as looker:
        await looker.done(agent="guide", task="x")
        page = await looker.page("rights")
    assert "calculator" in page.text and "never used" in page.text
    assert {"path", "rect"} <= {tag for tag, _ in page.elements}


def test_scripts_never_make_markup_of_text() -> None:
    """innerHTML and its like would undo what the templates escape."""
    for file in static_files().values():
        if file.kind.startswith("text/javascript"):
            found = file.content.decode()
            ways = r"innerHTML|insertAdjacentHTML|document\.write|eval\(|srcdoc"
            assert not re.search(ways, found)


def test_a_form_is_made_of_any_schema() -> None:
    schema = {
        "properties": {
            "a": {"type": "integer"}, "b": {"enum": ["x", "y"]}, "c": {"type": ["string", "null"]},
            "d": {"type": "boolean"}, "e": 7, "f": {"anyOf": [{"type": "integer"}, {}]},
            MARKUP: {"type": "string"},
        },
        "required": ["a"],
    }  # fmt: skip
    fields = list(fields_of(schema))
    kinds = ["number", "choice", "json", "checkbox", "json", "whole", "text"]
    assert [one.kind for one in fields] == kinds
    assert [one.is_needed for one in fields] == [True] + 6 * [False]
    assert list(fields_of({"properties": [1], "required": 3})) == []
    many = {"properties": {str(n): {} for n in range(1_000)}}
    assert len(list(fields_of(many))) == MOST_FIELDS


def test_the_picture_of_reach_is_bounded_and_its_boxes_do_not_overlap() -> None:
    rows = [Row(name=f"a{n}", kind="agent", is_sandboxed=True) for n in range(100)]
    for row in rows:
        row.tools.update({f"p{n}.t": n for n in range(50)})
    picture = draw(rows)
    assert picture.left_out == 100 - MOST + 50 - MOST
    for column in range(4):
        places = sorted(box.y for box in picture.boxes if box.column == column)
        assert all(b - a >= 34 for a, b in pairwise(places))


def test_pieces_join_and_who_missed_some_begins_anew() -> None:
    said = [Piece(kind="say", text=word) for word in ("a", "b")]
    call = Piece(kind="call", text="x")
    assert joined([*said, call, said[0]]) == [
        Piece(kind="say", text="ab"), call, Piece(kind="say", text="a"),
    ]  # fmt: skip
    column = Column("run")
    for n in range(1_000):
        column.pieces.append(Piece(kind="call", text=str(n)))
        column.total += 1
    assert column.since(998) == (False, [Piece(kind="call", text=str(n)) for n in (998, 999)])
    is_cut, pieces = column.since(10)
    assert is_cut and len(pieces) == 400 and pieces[-1].text == "999"
    assert LONGEST < 64 * 1024


async def test_a_denial_shows_the_whole_line_that_would_allow_it(tmp_path: Path) -> None:
    """Whatever dots are in it: it is there to be copied."""
    text = f"""
name = "fetching"
[plugins.fetcher]
component = "{WASM}/fetcher.wasm"
allow.http = ["GET http://127.0.0.1:9/a.b/**"]
"""
    async with looking(tmp_path, text) as looker:
        url = "http://127.0.0.1:9/c.d/e.html"
        task = await looker.done(call="fetcher.fetch", arguments={"url": url})
        with open_history(looker.living.settings) as reader:
            (denied,) = {
                r.seq for r in reader.records(task.run, denied=True)
                if isinstance(e := r.event(), CallFinished) and e.status == "denied"
            }  # fmt: skip
        page = await looker.page(f"run/{task.run}/explain/{denied}")
        line = f'allow.http = ["GET http://127.0.0.1:9/a.b/**", "GET {url}"]'
        assert line in page.text.split("Copy the line")[0]
        assert "[plugins.fetcher]" in page.text
