"""Exercises in a real browser: answering by click and by key, what is kept, and pages without scripts and on paper."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from book.tools import chapters
from tests.site.browser import ROOT, SITE, Reader
from tests.site.survey import AXE, MODES, RULES

pytestmark = pytest.mark.site
SLUG = "vae"  # it has formulas in its options
CHAPTER = chapters.find(SLUG)
PAGE = f"{CHAPTER.docname}.html"
START = "book/pages/start.html"
COUNT = len(CHAPTER.ids("grade", "ask"))
QUESTION = "#exercise-vae-gap"
CODE = "#exercise-vae-kl"
KEPT = "() => JSON.parse(localStorage.aigcAnswers)"


def mark(page: Page) -> Any:
    """The count beside the chapter in the side bar."""
    return page.locator("nav.bd-links .tried")


def option(page: Page, kind: str) -> Any:
    """The first right or wrong option of the question."""
    return page.locator(f"{QUESTION} button.answer.{kind}").first


def test_one_click_gives_the_verdict_and_the_reason_of_this_option_alone(reader: Reader) -> None:
    with reader.open(PAGE) as page:
        why = page.locator(f"{QUESTION} .answer-why")
        assert not any(why.nth(i).is_visible() for i in range(why.count()))
        option(page, "not-quite").click()
        expect(page.locator(f"{QUESTION} .answer-why:visible")).to_have_count(1)
        expect(page.locator(f"{QUESTION} .answer-why:visible")).to_contain_text("Not quite.")
        option(page, "right").click()
        expect(page.locator(f"{QUESTION} .answer-why:visible")).to_have_count(1)
        expect(page.locator(f"{QUESTION} .answer-why:visible")).to_contain_text("Right.")
        said = page.locator(f"{QUESTION} .answer-why:visible").locator("xpath=..")
        assert said.get_attribute("aria-live") == "polite"
        pressed = page.locator(f"{QUESTION} button[aria-pressed=true]")
        assert pressed.evaluate_all("all => all.map(one => one.className)") == ["answer right chosen"]


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_reaches_an_option_and_chooses_it(reader: Reader, key: str) -> None:
    with reader.open(PAGE) as page:
        page.locator(f"{QUESTION} .exercise-number").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.matches('.answer')")
        assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press(key)
        expect(page.locator(f"{QUESTION} button[aria-pressed=true]")).to_have_count(1)
        expect(page.locator(f"{QUESTION} .answer-why:visible")).to_have_count(1)


def test_formulas_in_options_are_drawn(reader: Reader) -> None:
    with reader.open(PAGE) as page:
        formulas = page.locator(f"{QUESTION} button.answer .math")
        assert formulas.count() >= 2
        assert formulas.evaluate_all("all => all.every(one => one.querySelector('math'))")


def test_answers_are_there_after_a_reload_and_the_side_bar_counts_them_on_every_page(reader: Reader) -> None:
    with reader.open(PAGE) as page:
        assert mark(page).count() == 0
        option(page, "right").click()
        expect(mark(page)).to_have_text(f"1/{COUNT}")
        page.locator(f"{CODE} button.tick").click()
        for path in (PAGE, START):
            reader.visit(page, path)
            expect(mark(page)).to_have_text(f"2/{COUNT}")
            assert mark(page).get_attribute("aria-label") == f"2 of {COUNT} exercises tried"
            assert SLUG in str(mark(page).locator("xpath=..").evaluate("link => link.pathname"))
        reader.visit(page, PAGE)
        expect(option(page, "right")).to_have_attribute("aria-pressed", "true")
        page.locator(f"{CODE} button.tick").click()
        expect(mark(page)).to_have_text(f"1/{COUNT}")


def test_nothing_is_sent_when_a_reader_answers(reader: Reader) -> None:
    with reader.open(PAGE) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        option(page, "right").click()
        page.locator(f"{CODE} button.tick").click()
        page.wait_for_load_state("networkidle")
        assert sent == []
        assert page.context.cookies() == []


def test_answers_can_be_exported_forgotten_and_imported(reader: Reader, tmp_path: Path) -> None:
    with reader.open(PAGE) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        option(page, "right").click()
        reader.visit(page, START)
        exported, imported, forget = (page.locator(f"button.tick >> nth={n}") for n in range(3))
        expect(page.get_by_text("Answers kept in this browser: 1")).to_be_visible()
        with page.expect_download() as download:
            exported.click()
        file = tmp_path / "answers.json"
        download.value.save_as(file)
        assert json.loads(file.read_text("utf-8")) == page.evaluate(KEPT)
        forget.click()
        assert page.evaluate(KEPT) == {}
        expect(mark(page)).to_have_count(0)
        for content, count in (("[1]", 0), ('{"vae": 3}', 0), ("no JSON", 0), (file.read_text("utf-8"), 1)):
            (tmp_path / "other.json").write_text(content, encoding="utf-8")
            with page.expect_file_chooser() as chooser:
                imported.click()
            chooser.value.set_files(tmp_path / "other.json")
            told = f"Answers kept in this browser: {count}" if count else "This file holds no answers of this course."
            expect(page.get_by_text(told).last).to_be_visible()
            expect(mark(page)).to_have_count(count)


def test_a_browser_that_keeps_nothing_still_answers(reader: Reader) -> None:
    with reader.blank() as page:
        page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused'); }})")
        reader.visit(page, PAGE)
        option(page, "not-quite").click()
        expect(page.locator(f"{QUESTION} .answer-why:visible")).to_contain_text("Not quite.")


def test_without_a_script_options_open_to_their_reasons(reader: Reader) -> None:
    with reader.blank(scripts=False) as page:
        page.goto(f"{reader.base}/{PAGE}")
        options = page.locator(f"{QUESTION} details")
        assert options.count() >= 3
        options.first.locator("summary").click()
        expect(options.first.locator(".exercise-verdict")).to_be_visible()
        expect(page.locator("button.answer, button.tick, .exercise-tick:visible")).to_have_count(0)
        expect(page.locator(".exercise-kept")).to_be_hidden()


def test_on_paper_options_give_nothing_away_and_the_answers_stand_at_the_end(reader: Reader) -> None:
    with reader.open(PAGE) as page:
        option(page, "right").click()
        page.locator(f"{CODE} details").first.locator("summary").click()
        _paper(page, f"{QUESTION} button.answer")


def test_on_paper_without_a_script(reader: Reader) -> None:
    with reader.blank(scripts=False) as page:
        page.goto(f"{reader.base}/{PAGE}")
        page.locator(f"{QUESTION} details").first.locator("summary").click()
        _paper(page, f"{QUESTION} details > summary")


def _paper(page: Page, options: str) -> None:
    expect(page.locator(".exercise-answers")).to_be_hidden()
    page.emulate_media(media="print")
    assert page.locator(f"{options}:visible").count() >= 3
    expect(page.locator(".exercise .exercise-verdict:visible, .exercise .highlight-solution:visible")).to_have_count(0)
    expect(page.locator("details.exercise-hint:visible, .tick:visible, .tried:visible")).to_have_count(0)
    answers = page.locator(".exercise-answers")
    expect(answers.locator("h2")).to_be_visible()
    codes = len(CHAPTER.ids("grade"))
    assert answers.locator(".highlight-solution:visible").count() == codes
    assert answers.locator("h3:visible").count() == COUNT - 1  # the project has a rubric and no answer


def test_in_forced_colours_the_choice_is_seen_by_its_border(reader: Reader) -> None:
    with reader.open(PAGE, forced_colors="active") as page:
        option(page, "right").click()
        widths = "all => all.map(one => getComputedStyle(one).borderTopWidth)"
        assert page.locator(f"{QUESTION} button[aria-pressed=true]").evaluate_all(widths) == ["3px"]
        assert set(page.locator(f"{QUESTION} button[aria-pressed=false]").evaluate_all(widths)) == {"1px"}


@pytest.mark.parametrize("mode", MODES)
def test_answered_exercises_meet_wcag_and_fit_a_phone(reader: Reader, mode: str) -> None:
    with reader.open(PAGE, mode=mode) as page:
        for kind, at in (("right", "gap"), ("not-quite", "distance"), ("right", "collapse")):
            page.locator(f"#exercise-vae-{at} button.answer.{kind}").first.click()
        page.locator(f"{CODE} button.tick").click()
        page.evaluate("() => survey.openAll()")
        page.add_script_tag(path=str(AXE))
        page.evaluate("() => survey.settle()")
        assert page.evaluate("rules => survey.violations(rules)", RULES) == []
        page.set_viewport_size({"width": 320, "height": 900})
        wide = "all => all.filter(one => one.getBoundingClientRect().right > innerWidth).map(one => one.className)"
        assert page.locator(".exercise *:not(pre *, .highlight *, math *)").evaluate_all(wide) == []


def test_scripts_are_small_and_only_where_they_are_needed() -> None:
    static = ROOT / "book/_static"
    sizes = {name: (static / f"{name}.js").stat().st_size for name in ("progress", "exercises", "answers")}
    assert sizes["progress"] <= 1200
    assert sizes["exercises"] <= 3000
    assert sizes["answers"] <= 3000
    loaded = {path: (SITE / path).read_text("utf-8") for path in (PAGE, START, "book/pages/notation.html")}
    found = {path: [name for name in sizes if f"{name}.js" in text] for path, text in loaded.items()}
    assert list(found.values()) == [["progress", "exercises"], ["progress", "answers"], ["progress"]]
