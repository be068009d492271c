"""The live page in a real browser, of a real service: agents stream side by side, everything goes
by keyboard alone, it fits and is accessible, it lives through a restart, and no word of a guest
acts.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.page.desk import BROWSER, ROOT, Desk, open_desk
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


def test_a_call_that_waits_is_allowed_with_a_click(desk: Desk) -> None:
    (task,) = desk.spawn("ann")
    page = desk.open("/attention")
    card = page.locator(".ask", has_text="staff/diary.html")
    card.wait_for()
    page.locator("body").press("j")
    page.keyboard.press("a")
    page.wait_for_selector('.ask >> text="Always, sure?"')  # and nothing was answered
    page.locator(".ask .words input").fill("for the note")
    page.locator(".ask.on [data-hot=y]").click()
    card.wait_for(state="detached")
    assert desk.wait(task)["state"] == "completed"
    page.wait_for_selector("[data-part=answered] >> text=allowed")
    page.goto(f"{desk.origin}/run/{desk.wait(task)['run']}")
    page.locator("body").press("v")
    page.wait_for_selector("#verified >> text=verified >> visible=true")
    page.wait_for_selector("#verified >> text=records, head")
    page.locator("body").press("p")
    page.wait_for_selector("#replayed >> text=identical")
    page.context.close()


def test_what_another_policy_would_have_denied(desk: Desk) -> None:
    (task,) = desk.spawn("bob")
    desk.wait(task)
    page = desk.open("/rights")
    page.locator("body").press("w")
    page.keyboard.type('deny = ["tool notes.**"]')
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#changes >> text=notes.write")
    assert "would be decided otherwise" in page.locator("#what-came").inner_text()
    page.context.close()


def test_a_tool_is_called_and_a_manifest_installed_and_removed(desk: Desk) -> None:
    page = desk.open("/plugins")
    page.locator("summary", has_text="multiply").click()
    form = page.locator("form[data-tool=multiply]")
    for field, value in zip(form.locator("[data-name]").all(), ("6", "7"), strict=True):
        field.fill(value)
    form.locator("[type=submit]").click()
    page.wait_for_selector('form[data-tool=multiply] .guest >> text="42"')
    wasm = ROOT / "plugins-wasm" / "hello.wasm"
    page.locator("#it").fill(f'name = "greeter"\n[plugins.hello]\ncomponent = "{wasm}"\n')
    page.locator("#install [type=submit]").click()
    page.locator(".card", has_text="hello").first.wait_for()
    row = page.locator("[data-part=manifests] li", has_text="greeter")
    for _ in range(2):  # it is asked for twice
        row.locator("[data-do=DELETE]").click()
    page.locator('.card[data-key="greeter/hello"]').wait_for(state="detached")
    page.context.close()


def test_an_agent_at_work_is_written_to(desk: Desk) -> None:
    wasm = ROOT / "plugins-wasm" / "probe-bus.wasm"
    text = f'name = "post"\n[agents.reader]\ncomponent = "{wasm}"\nallow.bus = {{}}\n'
    desk.client.ask("POST", "api", "plugins", body={"manifest": text})
    page = open_live(desk)
    (task,) = desk.spawn("reader", prompt="log\ninbox\nnext 0")
    card = page.locator(f'[data-key="{task}"]')
    card.locator(".write input").wait_for()
    card.locator(".stream").focus()
    page.keyboard.press("m")
    page.keyboard.type(f"read this {MARKUP[:20]}")
    page.keyboard.press("Enter")
    card.locator(".host", has_text=f'to reader: "read this {MARKUP[:20]}').wait_for()
    assert f"read this {MARKUP[:20]}" in str(desk.wait(task)["end"]["value"])
    card.locator(".write").wait_for(state="detached")  # nobody is there to read
    desk.client.ask("DELETE", "api", "plugins", "post")
    page.context.close()


def test_an_update_shows_what_it_may_do_otherwise_and_is_taken_as_shown(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "manifest.toml"
    wasm = ROOT / "plugins-wasm" / "notebook.wasm"
    text = f'name = "pad"\n[plugins.pad]\ncomponent = "{wasm}"\n'
    file.write_text(text)
    desk.client.ask("POST", "api", "plugins", body={"path": str(file)})
    page = desk.open("/plugins")
    update = page.locator("[data-update=pad]")
    granted = page.locator('.card[data-key="pad/pad"] .grant')
    file.write_text(text + 'allow.kv = { bytes = "64 KiB" }\n')
    update.click()
    page.locator("#diff .add", has_text="64 KiB").wait_for()
    page.locator("#leave").click()
    assert granted.count() == 0
    update.click()
    page.locator("#diff .add", has_text="64 KiB").wait_for()
    file.write_text(text + 'allow.kv = { bytes = "64 MiB" }\n')  # between the look and the yes
    page.locator("#accept").click()
    page.locator("#diff .add", has_text="64 MiB").wait_for()
    assert granted.count() == 0
    page.locator("#accept").click()
    granted.filter(has_text="64 MiB").wait_for()
    assert page.locator("#changes").is_hidden()
    desk.client.ask("DELETE", "api", "plugins", "pad")
    # A browser says in its console that an answer was 409, which is how a difference comes.
    desk.faults[:] = [one for one in desk.faults if "409" not in one]
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
