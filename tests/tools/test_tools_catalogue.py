"""`make catalogue` on a tiny book: what the templates hold, and what a renewed catalogue keeps."""

import pytest
from babel.messages.pofile import read_po

from book.tools import catalogue

PAGE = "chapters/01_one/01_one"


def messages(project, language, page=PAGE):
    file = project.root / "book/locale" / language / "LC_MESSAGES" / f"{page}.po"
    with file.open("rb") as text:
        return {message.id: message for message in read_po(text) if message.id}


def test_templates_come_from_the_executed_book_and_translations_survive(executed):
    project = executed
    project.write("book/pages/api.md", "# The library\n")
    config, toc = project.root / "_config.yml", project.root / "book/_toc.yml"
    config.write_text(f"{config.read_text('utf8')}only_build_toc_files: true\n", "utf8")
    toc.write_text(toc.read_text("utf8") + "  - file: book/pages/api\n", "utf8")
    ran = project.run("catalogue", "zh_CN")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    templates = project.root / "_build/catalogue/gettext"
    assert {file.stem for file in templates.rglob("*.pot")} >= {"01_one", "02_two", "index"}
    assert not list(templates.rglob("api.pot"))
    assert "book/locale/zh_CN: 0 of" in ran.stdout
    assert messages(project, "zh_CN")["One"].string == ""

    file = project.root / "book/locale/zh_CN/LC_MESSAGES" / f"{PAGE}.po"
    text = file.read_text("utf8")
    file.write_text(text.replace('msgid "One"\nmsgstr ""', 'msgid "One"\nmsgstr "一"'), "utf8")
    code = project.chapter("one").code[0].source
    project.notebook("one", ["# One\n\nA new sentence."], code)
    ran = project.run("catalogue")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = messages(project, "zh_CN")
    assert (found["One"].string, found["A new sentence."].string) == ("一", "")
    assert "zh_CN: 1 of" in ran.stdout


def test_a_page_that_is_not_translated_is_taken_out_wherever_it_stands():
    toc = {"root": "index", "parts": [{"chapters": [{"file": "a"}, {"file": "b", "sections": [{"file": "a"}]}]}]}
    wanted = {"root": "index", "parts": [{"chapters": [{"file": "b", "sections": []}]}]}
    assert catalogue.without(toc, "a") == wanted


@pytest.mark.parametrize("edit", ["a message that changed a little", "another one entirely"])
def test_a_changed_message_does_not_keep_its_translation_unnoticed(tmp_path, edit):
    template = tmp_path / "page.pot"
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    template.write_text(f'{head}msgid "a message that changed little"\nmsgstr ""\n', "utf8")
    path = tmp_path / "page.po"
    catalogue.merged(path, template, "zh_CN")
    path.write_text(
        path.read_text("utf8").replace('changed little"\nmsgstr ""', 'changed little"\nmsgstr "消息"'), "utf8"
    )
    template.write_text(f'{head}msgid "{edit}"\nmsgstr ""\n', "utf8")
    (message,) = (one for one in catalogue.merged(path, template, "zh_CN") if one.id)
    assert message.fuzzy or not message.string
    with path.open("rb") as text:
        assert [one.id for one in read_po(text) if one.id] == [edit]
