"""Reports and maps in a real browser: read from disk, at two widths, light and dark, on paper, by ear."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.browser.made import demo_report, hostile_map, hostile_report, oulad_report
from tests.browser.opened import opened

import cjlib as cj

ROOT = Path(__file__).parents[2]
OULAD = Path(os.environ.get("CJLIB_OULAD", ROOT.parent / "shared" / "data" / "oulad"))
MADE: dict[str, Callable[[Path], str]] = {
    "demo": lambda folder: demo_report("en"),
    "demo-fr": lambda folder: demo_report("fr"),
    "hostile": lambda folder: hostile_report(),
    "oulad": lambda folder: oulad_report(OULAD, folder),
    "map": lambda folder: cj.render(cj.draw(cj.template("success-manager")), "html"),
    "hostile-map": lambda folder: cj.render(hostile_map(), "html"),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A page of that name on the disk; each is made once."""
    folder = tmp_path_factory.mktemp("pages")

    def page(name: str) -> Path:
        if name == "oulad" and not OULAD.is_dir():
            pytest.skip(f"the Open University data are not in {OULAD}; CJLIB_OULAD may say where they are")
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(MADE[name](folder), "utf-8")
        return path

    return page


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", MADE)
def test_a_page_opens_from_disk_and_all_of_it_can_be_read(
    browser: Any, pages: Callable[[str], Path], name: str, width: int
) -> None:
    path = pages(name)
    with opened(browser, path, width) as seen:
        assert seen.console == []
        assert seen.requests == [path.as_uri()]
        assert not seen.is_wider_than_the_window()
        assert seen.cut() == []
        assert seen.overlapping() == []


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("demo", 1280, "light"), ("demo", 390, "dark"), ("hostile", 1280, "dark"), ("map", 1280, "light")],
)
def test_axe_finds_nothing_serious(
    browser: Any, pages: Callable[[str], Path], name: str, width: int, scheme: str
) -> None:
    with opened(browser, pages(name), width, scheme) as seen:
        found = Axe().run(seen.page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


@pytest.mark.parametrize("name", ["hostile", "hostile-map"])
def test_a_hostile_journey_is_shown_and_does_nothing(
    browser: Any, pages: Callable[[str], Path], name: str
) -> None:
    with opened(browser, pages(name)) as seen:
        assert seen.page.evaluate("document.scripts.length") == 0
        foreign = "document.querySelectorAll('img, iframe, object, embed, base, form, link').length"
        assert seen.page.evaluate(foreign) == 0
        assert "<script>alert(1)</script>" in seen.page.inner_text("body")
        names = "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.name))"
        assert not [name for name in seen.page.evaluate(names) if name.startswith("on")]


def test_a_page_works_without_javascript(browser: Any, pages: Callable[[str], Path]) -> None:
    """What can be seen is the same: there is no script that could do anything."""
    with opened(browser, pages("demo")) as scripted:
        expected = scripted.page.screenshot()
    with opened(browser, pages("demo"), java_script_enabled=False) as plain:
        assert plain.page.screenshot() == expected


def test_the_keyboard_reaches_the_report_first_and_every_link_leads_somewhere(
    browser: Any, pages: Callable[[str], Path]
) -> None:
    with opened(browser, pages("demo")) as seen:
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.textContent") == "Skip to the report"
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_function("location.hash === '#report'")
        targets = "[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
        ids = set(seen.page.evaluate("[...document.querySelectorAll('[id]')].map(e => '#' + e.id)"))
        assert set(seen.page.evaluate(targets)) <= ids


def test_paper_is_light_and_holds_the_whole_map(browser: Any, pages: Callable[[str], Path]) -> None:
    with opened(browser, pages("demo"), scheme="dark") as seen:
        seen.page.emulate_media(media="print")
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        seen.page.set_viewport_size({"width": 1032, "height": 700})  # A4 landscape without its margins
        assert seen.overlapping() == []
        tallest = "Math.max(...[...document.querySelectorAll('.journey svg')].map(s => s.clientHeight))"
        assert seen.page.evaluate(tallest) < 700
        assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_texts_of_the_map_are_as_wide_as_they_were_measured(
    browser: Any, pages: Callable[[str], Path]
) -> None:
    """Without the length that the map prescribes, in the font that it was measured in."""
    measure = """() => [...document.querySelectorAll('.cj-map text[textLength]')].map(text => {
        const told = parseFloat(text.getAttribute('textLength'));
        text.removeAttribute('textLength');
        return [text.textContent, told, text.getComputedTextLength()];
    })"""
    with opened(browser, pages("demo")) as seen:
        is_there = seen.page.evaluate("document.fonts.check('12px Liberation Sans')")
        texts = seen.page.evaluate(measure)
    assert len(texts) > 100
    if is_there:
        assert [text for text, told, seen_ in texts if abs(told - seen_) > 0.02 * told + 1.5] == []
