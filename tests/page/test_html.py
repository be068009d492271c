"""A page of a run shows what the log has, and whatever a guest said is text on it."""

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lion.page import html, story
from lion.page.shapes import axis, draw
from lion.page.story import Bar, Lane, Story
from lion.page.times import took
from tests.cli.conftest import *  # noqa: F403
from tests.cli.kit import WASM, Lion, assert_one_line, tour

MARKUP = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e&lt;"
ELEMENTS = {
    "html", "head", "meta", "title", "link", "style", "script", "body", "main", "section", "div",
    "h1", "h2", "p", "span", "b", "q", "br", "code", "pre", "kbd", "dl", "dt", "dd", "ul", "li",
    "table", "thead", "tbody", "tr", "th", "td", "button", "label", "input", "select", "option",
    "svg", "line", "rect", "text",
}  # fmt: skip


class Page(HTMLParser):
    """What a reader of HTML makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(lion: Lion) -> str:
    result = lion("export", "last", "--html")
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def hostile(lion: Lion) -> None:
    """A run whose guest was given markup and gives it back."""
    text = f'name = "hostile"\n[plugins.hello]\ncomponent = "{WASM}/hello.wasm"\n'
    text += f"config = {{ greeting = '{MARKUP}' }}\n"
    text += f"[[run]]\ncall = \"hello.greet\"\nwith = {{ name = '{MARKUP}' }}\n"
    assert lion("run", lion.write(text)).returncode == 0


def test_whatever_a_guest_says_is_text(lion: Lion) -> None:
    hostile(lion)
    page = Page(page_of(lion))
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert "style" not in names
    assert sum(tag == "script" for tag, _ in page.elements) == 2
    assert page.text.count("<img src=x onerror=alert(1)>") >= 2
    assert "\u202e" not in page_of(lion)


def test_what_agents_said_cannot_end_the_script_that_holds_it() -> None:
    held = str(html._json({"ann": [(1, MARKUP)]}))
    assert "<" not in held
    assert held.encode("ascii", "replace").decode().count("\\u003cscript") == 1


def test_the_pages_own_policy_names_its_script_and_nothing_else(lion: Lion) -> None:
    hostile(lion)
    text = page_of(lion)
    policy = Page(text).elements
    said = next(
        a["content"] for t, a in policy if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert said is not None
    assert "default-src 'none'" in said
    for kind, pattern in (
        ("script", r"<script>(.*?)</script>"),
        ("style", r"<style>(.*?)</style>"),
    ):
        found = re.findall(pattern, text, re.DOTALL)
        digest = base64.b64encode(sha256(found[-1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in said
    assert "unsafe" not in said
    assert not re.search(r"(src|href)=\"(?!data:)", text)


def test_it_shows_the_run_and_the_line_that_would_allow_it(lion: Lion) -> None:
    assert lion("run", lion.write(tour())).returncode == 0
    text = Page(page_of(lion)).text
    for part in ("tour", "verified", "notebook", "no grant covers it", "allow.tools = ["):
        assert part in text
    assert lion("audit", "last").stdout.splitlines()[0].split()[1] in text


def test_the_proof_is_of_the_same_records(lion: Lion) -> None:
    lion("keygen")
    assert lion("run", lion.write(tour())).returncode == 0
    verified = lion.json("verify", "last")
    text = page_of(lion)
    assert f"head {verified['head']}" in text
    assert f"by the key {verified['key']}" in text


def test_of_a_long_run_it_has_the_beginning_and_says_so(
    lion: Lion, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lion("run", lion.write(tour())).returncode == 0
    monkeypatch.setattr(story, "MOST_LINES", 7)
    monkeypatch.setattr(story, "MOST_LANES", 1)
    text = Page(page_of(lion)).text
    assert "This page has the first 7 of" in text
    assert "more invocations are not drawn" in text


def test_a_run_that_does_not_verify_has_no_page(lion: Lion) -> None:
    import sqlite3

    assert lion("run", lion.write(tour())).returncode == 0
    with sqlite3.connect(lion.state / "log.sqlite") as db:
        db.execute("UPDATE segments SET data = zeroblob(length(data))")
    db.close()
    result = lion("export", "last", "--html", "-o", lion.folder / "page.html")
    assert result.returncode == 5
    assert not (lion.folder / "page.html").exists()


@pytest.mark.parametrize(
    "words",
    [["--html", "--components"], ["--html", "--head", "dsse"], ["--head", "cose", "--components"]],
)
def test_two_kinds_at_once_are_refused(lion: Lion, words: list[str]) -> None:
    assert_one_line(lion("export", "last", *words), 2, "different exports", "ask for one of them")


def test_a_page_goes_into_a_new_file_only(lion: Lion, tmp_path: Path) -> None:
    assert lion("run", lion.write(tour())).returncode == 0
    file = lion.folder / "page.html"
    assert lion("export", "last", "--html", "-o", file).returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert_one_line(
        lion("export", "last", "--html", "-o", file), 2, "cannot be written", "new file"
    )


def lane(path: str, began: int, ended: int, **more: object) -> Lane:
    return Lane(
        path=path, holder="ann", is_agent=False, title="t", seq=1, began_ns=began, ended_ns=ended,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_nothing_is_drawn_outside_of_the_runs_time() -> None:
    bars = [
        Bar(seq=n, began_ns=at, ended_ns=at + took_ns, capability="fs", tone="", words="w")
        for n, (at, took_ns) in enumerate([(-50, 20), (0, 0), (990, 500), (1000, 0)])
    ]
    told = Story(began_ns=0, ended_ns=1000, roots=[lane("0", 0, 1000, bars=bars)])
    for shape in next(draw(told)).shapes:
        x, width = (float(word.rstrip("%")) for word in (shape.x, shape.width))
        assert 0 <= x < 100
        assert 0 < width <= 100 - x + 0.001


@pytest.mark.parametrize("span", [1, 7, 999, 10**3, 10**9, 3 * 10**9 + 1, 10**14])
def test_an_axis_has_at_most_ten_steps(span: int) -> None:
    assert 1 <= len(list(axis(span))) <= 11


@pytest.mark.parametrize(
    ("ns", "words"),
    [(0, "0 ns"), (999, "999 ns"), (1_500, "1.5 us"), (34_500_000, "34.5 ms"), (3 * 10**9, "3 s"),
     (4_000 * 10**9, "4,000 s")],
)  # fmt: skip
def test_how_long(ns: int, words: str) -> None:
    assert took(ns) == words
