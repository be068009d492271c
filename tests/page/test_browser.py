"""The page of a run in a real browser: every view and control, by keyboard, small and large, dark
and light; nothing in its console, nothing that axe finds serious, no word of a guest that acts.
"""

from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.cli.conftest import *  # noqa: F403
from tests.cli.kit import Lion, tour
from tests.page.test_html import hostile

BROWSER = which("chromium") or which("chromium-browser") or which("google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed"),
]


class Browser:
    """A browser, and what went wrong in its pages."""

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium
        self.faults: list[str] = []

    def open(self, file: Path, width: int = 1440, scheme: str = "light") -> Any:
        context = self._chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page = context.new_page()
        page.on("console", lambda said: self.faults.append(said.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog {dialog.message}"))
        page.goto(file.as_uri())
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        yield Browser(chromium)
        chromium.close()


@pytest.fixture
def exported(lion: Lion) -> Path:
    assert lion("run", lion.write(tour())).returncode == 0
    file = lion.folder / "page.html"
    assert lion("export", "last", "--html", "-o", file).returncode == 0
    return file


def test_every_view_and_control_by_keyboard_alone(browser: Browser, exported: Path) -> None:
    page = browser.open(exported)
    assert page.locator("[role=tabpanel]:visible").count() == 1
    for number, view in enumerate(("timeline", "tree", "authority", "log"), 1):
        page.keyboard.press(str(number))
        assert page.locator("[role=tabpanel]:visible").get_attribute("id") == view
    page.locator("#tab-log").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("[role=tabpanel]:visible").get_attribute("id") == "timeline"
    before = int(page.locator("#at").inner_text())
    page.locator("body").press("]")
    assert int(page.locator("#at").inner_text()) == before + 1
    page.locator("body").press("[")
    page.locator("#record").focus()
    page.keyboard.press("End")
    assert "ends" in page.locator("#at-line").inner_text()
    page.locator("body").press("/")
    page.keyboard.type("notebook")
    shown = page.locator("#records tr:visible")
    assert 0 < shown.count() < page.locator("#records tr").count()
    assert all("notebook" in text for text in shown.all_inner_texts())
    page.locator("#theme").press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert browser.faults == []


def test_the_slider_shows_what_was_said_then(browser: Browser, exported: Path) -> None:
    page = browser.open(exported)
    said = page.locator("[data-says=ann]")
    page.locator("#record").focus()
    page.keyboard.press("Home")
    assert said.inner_text() == "(nothing said yet)"
    page.keyboard.press("End")
    assert "calculator.add: 6" in said.inner_text()
    page.locator("#tab-log").click()
    page.select_option("#kind", "denied")
    assert page.locator("#records tr:visible").count() >= 1
    page.locator("#records tr:visible").first.click()
    assert "deny, decided by grants" in page.locator("#at-why").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1600])
def test_it_fits_and_is_accessible(
    browser: Browser, exported: Path, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.open(exported, width, scheme)
    for view in ("timeline", "tree", "authority", "log"):
        page.click(f"#tab-{view}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        found = Axe().run(page).response["violations"]
        serious = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
        assert serious == [], view
    assert browser.faults == []


def test_markup_of_a_guest_does_nothing(browser: Browser, lion: Lion) -> None:
    hostile(lion)
    file = lion.folder / "page.html"
    assert lion("export", "last", "--html", "-o", file).returncode == 0
    page = browser.open(file)
    for view in ("timeline", "tree", "authority", "log"):
        page.click(f"#tab-{view}")
    assert page.locator("img").count() == 0
    assert browser.faults == []
