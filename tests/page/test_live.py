"""The live page in a real browser, of a real service: agents stream side by side, everything goes
by keyboard alone, it fits and is accessible, it lives through a restart, and no word of a guest
acts.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.page.desk import BROWSER, Desk, open_desk
from tests.page.rig import MARKUP, SCREENS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed"),
]

WATCH = """() => {
  window.order = []
  new MutationObserver(changes => {
    for (const each of changes) {
      const stream = (each.target.parentElement ?? each.target).closest?.(".stream")
      const run = stream?.dataset.run
      if (run && window.order.at(-1) !== run) window.order.push(run)
    }
  }).observe(document.querySelector(".columns"), {
    subtree: true, childList: true, characterData: true,
  })
}"""


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk(asks=True) as found:
        yield found


@pytest.fixture(autouse=True)
def no_faults(desk: Desk) -> Iterator[None]:
    desk.faults.clear()
    yield
    assert desk.faults == []


def open_live(desk: Desk) -> Any:
    page = desk.open("/live")
    page.wait_for_selector('#link:text-is("live")')
    return page


def test_two_agents_interleave_on_the_screen(desk: Desk) -> None:
    page = open_live(desk)
    page.evaluate(WATCH)
    tasks = desk.spawn("bob", "bob")
    for task in tasks:
        page.wait_for_selector(f'[data-key="{task}"] .stream >> text=returned')
        said = page.locator(f'[data-key="{task}"] .stream').inner_text()
        assert "About one hunt in four succeeds [1]." in said
    order = page.evaluate("window.order")
    assert len(set(order)) >= 2
    assert len(order) > len(set(order)), order  # back to one that had spoken before another
    page.context.close()


def test_an_agent_is_spawned_by_keys_alone(desk: Desk) -> None:
    page = open_live(desk)
    page.keyboard.press("n")
    page.keyboard.type("bob")
    page.keyboard.press("Tab")
    page.keyboard.type(f"How do lions hunt? {MARKUP}")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".agent >> text=<img src=x onerror=alert(1)>")
    assert page.locator("main img, main iframe").count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    assert page.evaluate("document.activeElement.className") == "stream"
    page.keyboard.press("?")
    assert page.locator("#keys-help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator("#ping").press("Enter")
    page.wait_for_selector('#pong:has-text(" ms")')
    for key, screen in zip("arip", ("attention", "runs", "rights", "plugins"), strict=True):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"**/{screen}")
    page.context.close()


def test_a_run_is_slid_through_and_says_why(desk: Desk) -> None:
    (task,) = desk.spawn("bob")
    run = desk.wait(task)["run"]
    page = desk.open(f"/run/{run}?record=12")
    page.wait_for_selector("#why .cause")
    assert "record 12" in page.locator("#why").inner_text()
    page.locator("body").press("]")
    assert page.locator("#at").inner_text() == "13"
    page.locator("body").press("e")
    page.wait_for_selector("#why >> text=record 13")
    assert page.locator("#fork").inner_text() == f"lion fork {run[:8]} --at 13"
    page.locator("body").press("4")
    assert page.locator("[role=tabpanel]:visible").get_attribute("id") == "log"
    page.locator("body").press("3")
    assert "plugins.fetcher.allow.http" in page.locator("#authority").inner_text()
    page.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1600, "dark")])
def test_every_screen_fits_and_is_accessible(desk: Desk, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    (task,) = desk.spawn("bob")
    run = desk.wait(task)["run"]
    page = desk.open("/live", width, 900, scheme)
    for path in (*SCREENS, f"run/{run}", f"run/{run}/explain/12"):
        page.goto(f"{desk.origin}/{path}")
        page.wait_for_selector("h1")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page).response["violations"]
        serious = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
        assert serious == [], path
    page.context.close()


def test_what_one_types_stays_while_the_screen_changes(desk: Desk) -> None:
    page = open_live(desk)
    page.locator("#st").fill("half a sent")
    for task in desk.spawn("bob", "bob"):
        page.wait_for_selector(f'[data-key="{task}"] .stream >> text=returned')
    assert page.locator("#st").input_value() == "half a sent"
    assert page.evaluate("document.activeElement.id") == "st"
    page.context.close()


def test_the_page_lives_through_a_restart(desk: Desk) -> None:
    page = open_live(desk)
    desk.stop()
    page.wait_for_selector('#link:has-text("no answer")')
    desk.start()
    page.wait_for_selector('#link:text-is("live")')
    (task,) = desk.spawn("bob")
    page.wait_for_selector(f'[data-key="{task}"] .stream >> text=returned')
    # A browser says in its console that nobody answered, which is so.
    desk.faults[:] = [one for one in desk.faults if "ERR_" not in one]
    page.context.close()
