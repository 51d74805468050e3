"""The checks, tried on small books with one planted mistake each."""

import pytest
import yaml

from book.tools import check_form, check_front, checks, markdown, proofs

PROOF = '@pytest.mark.equation("one-energy")\ndef test_energy():\n    assert 1\n'
EQUATION = ["# One\n\n$$ E = m c^2 $$ (one-energy)\n\nSee {eq}`one-energy`."]
PLANNED = {
    "slug": "one",
    "title": "One",
    "summary": "The first.",
    "prerequisites": [],
    "objectives": ["See $a$", "Do it", "Say b"],
}
DECLARED = {
    "teaches": ["energy"],
    "budget": {"cpu_s": 60, "ram_mb": 4000, "gpu_s": 60},
    "datasets": ["digits"],
    "minutes": 60,
}
OBJECTIVES = "## 2. What you will be able to do\n\n1. See $a$.\n2. {term}`Do\n   it <do>`.\n3. Say {term}`b`.\n\n## 3."


@pytest.fixture
def checked(project):
    project.notebook("one", EQUATION, "1")
    project.toc("one")
    project.write("tests/one/test_energy.py", f"import pytest\n\n\n{PROOF}")
    assert checks.equations(project.root) == []
    return project


def only(messages):
    assert len(messages) == 1, messages
    return messages[0]


def test_an_equation_without_its_marker(checked):
    checked.write("tests/one/test_energy.py", "def test_energy():\n    assert 1\n")
    assert "equation (one-energy) has no test" in only(checks.equations(checked.root))


def test_a_mislabelled_equation(checked):
    checked.notebook("one", ["# One\n\n$$ E = m c^2 $$ (one-enrgy)"], "1")
    wrong = checks.equations(checked.root)
    assert len(wrong) == 2
    assert "equation (one-enrgy) has no test" in wrong[0]
    assert "tests/one/test_energy.py:5: test_energy claims to check (one-energy), which no chapter has" in wrong[1]


def test_a_title_of_no_equation(checked):
    checked.write("book/equations.yml", "one-energy: Energy\none-enrgy: Energy\n")
    assert (
        only(checks.equations(checked.root)) == "book/equations.yml has a title for (one-enrgy), which no chapter has"
    )


def test_a_label_used_twice_a_foreign_prefix_and_a_dangling_reference(checked):
    text = "$$ a $$ (one-energy)\n\n```{math}\n:label: two-other\nb\n```\n\n{eq}`one-nothing`"
    checked.notebook("one", EQUATION, [text], "1")
    checked.write("tests/one/test_other.py", PROOF.replace("one-energy", "two-other"))
    wrong = checks.equations(checked.root)
    assert len(wrong) == 3
    assert "(one-energy) stands in" in wrong[0]
    assert "(two-other) must begin with the chapter's slug" in wrong[1]
    assert "{eq}`one-nothing` refers to no equation" in wrong[2]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("$$ x $$ (a-b)", ["a-b"]),
        ("$$\n\\begin{aligned} x &= 1 \\\\ y &= 2 \\end{aligned}\n$$ (a-b)", ["a-b"]),
        ("$$ x $$\n\n(not a label)", []),
        ("```\n$$ x $$ (a-b)\n```", []),
        ("`$$ x $$ (a-b)`", []),
        ("```{math}\n:label: a-b\nx\n```", ["a-b"]),
        ("````\n```{math}\n:label: a-b\nx\n```\n````", []),
        (":::{note}\n$$ x $$ (a-b)\n:::", ["a-b"]),
        ("$$ x $$ (a-b)\n$$ y $$ (a-c)", ["a-b", "a-c"]),
        # a page numbers equations that stand by themselves, and none within a line
        ("Here $$ x $$ (a-b) is no block.", []),
        ("> $$ x $$ (a-b)", ["a-b"]),
        ("````{note}\n:class: tip\n\n```{math}\n:label: a-b\n:nowrap:\nx\n```\n````", ["a-b"]),
    ],
)
def test_labels(text, labels):
    assert markdown.labels(text) == labels


def test_an_equation_begins_after_the_unlabelled_one_before_it():
    text = "$$\na = b\n$$\n\nwhere\n\n$$ c $$ (a-c)\n\n$$ d $$\n\n$$\ne\n$$ (a-e)"
    assert markdown.equations(text) == [("a-c", "c"), ("a-e", "e")]


def test_the_latex_of_a_directive_is_without_its_options():
    assert markdown.equations("```{math}\n:label: a-b\n:nowrap:\n\nx\n:y\n```") == [("a-b", "x\n:y")]


def test_roles_links_and_words():
    text = "See {cite:p}`one, two`, {eq}`a-b`, {term}`a word <w>`, [this](x.md), $n$.\n``{eq}`c` ``"
    text += "\n```\n{eq}`d` [l](y)\n```"
    assert markdown.roles(text, "cite") == ["one", "two"]
    assert markdown.roles(text, "eq") == ["a-b"]
    assert markdown.links(text) == ["x.md"]
    assert markdown.words(text) == "See one, two, a-b, a word, this, $n$. `{eq}`c` `"


def test_proofs_carry_their_source_and_methods_their_class(project):
    method = 'class TestX:\n    @pytest.mark.equation("a", "b")\n    def test_m(self):\n        pass\n'
    project.write("tests/test_a.py", method)
    found = proofs.collect(project.root)
    assert [proof.node for proof in found["a"] + found["b"]] == ["tests/test_a.py::TestX::test_m"] * 2
    assert found["a"][0].source.startswith('    @pytest.mark.equation("a", "b")\n    def test_m')


def test_a_marker_that_cannot_be_read_is_refused(project):
    project.write("tests/test_a.py", "@pytest.mark.equation(LABEL)\ndef test_m(): pass\n")
    with pytest.raises(ValueError, match=r"tests/test_a.py:1: write the labels .* as plain strings"):
        proofs.collect(project.root)


def planned(project, *parts):
    """A plan whose parts are lists of chapters."""
    parts = [{"title": "I", "package": "models", "chapters": list(chapters)} for chapters in parts]
    project.write("book/course.yml", yaml.safe_dump({"parts": parts}))


def changed(entry, changes):
    return {name: value for name, value in (entry | changes).items() if value is not None}


def front(project, plan=None, text=OBJECTIVES, **declared):
    project.notebook("one", [f"# One\n\n{text}"], "1", **changed(DECLARED, declared))
    project.toc("one")
    planned(project, [changed(PLANNED, plan or {})])
    return check_front.front_matter(project.root, {"digits"})


def test_front_matter_that_is_right(project):
    assert front(project) == []


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"minutes": None}, "metadata.aigc: 'minutes' is a required property"),
        ({"minutes": 5}, "metadata.aigc.minutes: 5 is less than the minimum of 20"),
        ({"teaches": []}, "metadata.aigc.teaches: [] "),
        ({"teaches": ["a", " "]}, "metadata.aigc.teaches.1: ' ' does not match"),
        ({"budget": {"cpu_s": 61, "ram_mb": 1, "gpu_s": 1}}, "budget.cpu_s: 61 is greater than the maximum of 60"),
        ({"budget": {"cpu_s": 60, "ram_mb": 1}}, "budget: 'gpu_s' is a required property"),
        ({"budget": {"cpu_s": 1, "ram_mb": 1, "gpu_s": 1, "tpu_s": 1}}, "('tpu_s' was unexpected)"),
        ({"datasets": ["digit"]}, "data set 'digit' is not in"),
        ({"title": "One"}, "metadata.aigc.title stands in book/course.yml and nowhere else"),
        ({"part": "II"}, "metadata.aigc.part stands in book/course.yml and nowhere else"),
    ],
)
def test_a_notebook_that_declares_a_mistake(project, declared, message):
    assert message in only(front(project, **declared))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"title": "Two"}, "title 'Two' must be the one level-1 heading; there are ['One']"),
        ({"summary": None}, "book/course.yml: I.chapters.0: 'summary' is a required property"),
        ({"part": "I"}, "('part' was unexpected)"),
        ({"objectives": None}, "book/course.yml has no objectives for 'one'"),
        (
            {"objectives": ["See $a$", "Do that", "Say b"]},
            "an objective is 'Do that' in book/course.yml and 'Do it' in",
        ),
        ({"objectives": ["See $a$", "Do it", "Say b", "x"]}, "an objective is 'x' in book/course.yml and None in"),
        ({"prerequisites": ["zero"]}, "'one' needs 'zero', which it lacks"),
        ({"prerequisites": ["one"]}, "'one' needs 'one', which does not come before it"),
    ],
)
def test_a_plan_with_a_mistake(project, plan, message):
    assert message in only(front(project, plan))


def test_a_list_of_objectives_in_the_text_that_goes_on(project):
    assert "is None in book/course.yml and 'More' in" in only(
        front(project, text=OBJECTIVES.replace("\n\n## 3", "\n4. More\n\n## 3"))
    )


def test_objectives_need_the_plan_and_a_slug_its_form(project):
    wrong = front(project, {"objectives": ["See $a$"], "slug": "One"})
    assert len(wrong) == 3
    assert "does not match" in wrong[0]
    assert "is too short" in wrong[1]
    assert "book/course.yml has no chapter 'one'" in wrong[2]


def ordered(project, *parts):
    project.notebook("one", ["# One"], "1", teaches=["x"])
    project.notebook("two", ["# Two"], "1", teaches=["X"])
    planned(project, *([PLANNED | {"slug": slug, "prerequisites": needs} for slug, needs in part] for part in parts))
    return check_front.order([project.chapter("one"), project.chapter("two")], project.root)


def test_the_order_of_the_plan(project):
    assert ordered(project, [("zero", []), ("one", ["zero"])], [("two", ["one", "zero"])]) == []
    assert "'one' needs 'two', which does not come" in only(ordered(project, [("one", ["two"])], [("two", [])]))
    assert "in book/course.yml the order is two, one" in only(
        ordered(project, [("two", []), ("late", []), ("one", [])])
    )


def test_a_circle_is_a_wrong_order(project):
    assert len(ordered(project, [("one", []), ("late", ["later"]), ("later", ["late"]), ("two", [])])) == 1


def test_a_chapter_planned_twice(project):
    planned(project, [PLANNED], [PLANNED])
    project.toc()
    assert only(check_front.front_matter(project.root)) == "book/course.yml has 2 chapters 'one'"


def test_a_concept_taught_twice(project):
    ordered(project, [("one", []), ("two", [])])
    wrong = [message for message in check_front.front_matter(project.root) if "concept" in message]
    assert "concept 'x' is taught in chapters/01_one/01_one.ipynb and in chapters/02_two" in only(wrong)


HOOK = [["# One"], "print('hook')"]
BLOCKS = [[f"## {number}. {words}"] for number, words in enumerate(check_form.BLOCKS, 2)]


def form(project, *cells):
    project.notebook("one", *cells)
    return check_form.form(project.chapter("one"))


def test_a_form_that_is_right(project):
    install = {"source": "import aigc_course", "metadata": {"tags": ["remove-cell"]}}
    spoken = "if 1:\n    %time x = 1\nassert x, 'it must be true'\nassert x, f'{x} must be true'"
    assert (
        form(
            project,
            install,
            ["# One"],
            "1",
            *BLOCKS,
            spoken,
            "%%bash\nassert it",
            ["### any\n\n```python\n## comment\n```"],
        )
        == []
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([*HOOK, *BLOCKS[1:]], "“Predict first”"),
        ([*HOOK, *BLOCKS[:-1]], "“Summary” is missing"),
        ([*HOOK, *BLOCKS, ["## More"]], "“More” is one more"),
        ([*HOOK, BLOCKS[1], BLOCKS[0], *BLOCKS[2:]], "where the block “What you will be able to do” belongs"),
        ([["# One"], *BLOCKS, "1"], "the hook"),
        ([["# One"], {"source": "1", "metadata": {"tags": ["remove-cell"]}}, *BLOCKS], "the hook"),
        ([*HOOK, *BLOCKS, "x = 1\n" * 20 + "x"], "code cell 2 has 21 lines"),
        ([*HOOK, *BLOCKS, " "], "code cell 2 is empty"),
        ([*HOOK, *BLOCKS, "x = 1\nassert x == 1"], "code cell 2, line 2: the assert does not say what it expects"),
        ([*HOOK, *BLOCKS, "for x in (1,):\n    assert x, (x, 1)"], "code cell 2, line 2: the assert does not say"),
        ([*HOOK, *BLOCKS, "assert 1, 'one'"], "code cell 2, line 1: the assert does not say"),
        ([*HOOK, *BLOCKS, "x = = 1"], "code cell 2 is no Python: invalid syntax, line 1"),
        ([*HOOK, *BLOCKS, ["Now it can\nbe shown that"]], "cell 14 says “it can be shown”"),
    ],
)
def test_a_form_with_a_mistake(project, cells, message):
    assert any(message in found for found in form(project, *cells))


PLAIN = """caption = (
    "A gap of {gap:.2f} "
    "nats."
)
show.figure(fig, caption=caption, alt="A line", gap=gap)"""


def test_words_that_translators_can_keep(project):
    assert form(project, *HOOK, *BLOCKS, PLAIN, 'ax.set(xlabel="update θ", title=name)', "%matplotlib inline") == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('show.figure(fig, caption=f"A gap of {gap}", alt="A")', "caption is put together by the program"),
        ('show.images(x, caption="A", alt="A" + more)', "alt is put together by the program"),
        ('show.table(x, caption="A {}".format(1))', "caption is put together by the program"),
        ('caption = f"A {gap}"\nshow.table(x, caption=caption)', "caption is put together by the program"),
        ('caption = "A"\ncaption += " B"\nshow.table(x, caption=caption)', "caption is put together by the program"),
        ("show.table(x, caption=caption)", "caption is put together by the program"),
        ('show.table(x, caption="A {gap:.2f}")', "caption holds {gap} and no value for it was given"),
        ('show.figure(fig, caption="A", alt="B", gap=1)', "hold no {gap}"),
        ('caption = "A {n:,} { }"\nshow.table(x, caption=caption, n=1)', "caption has a lone '{'"),
        ('ax.set(xlabel=r"mean $\\theta$")', "label 'mean $\\\\theta$' is a formula"),
        ('ax.plot(x, label="$x$")', "label '$x$' is a formula"),
        ('ax.set_ylabel("$x$")', "label '$x$' is a formula"),
    ],
)
def test_words_that_translators_would_lose(project, code, message):
    assert message in only(form(project, *HOOK, *BLOCKS, code))


def test_stored_outputs_and_missing_pages(project):
    project.notebook("one", ["# One"], {"source": "1", "execution_count": 3})
    project.toc("one", "three")
    wrong = checks.source(project.root)
    assert len(wrong) == 3
    assert "lists chapters/03_three/03_three, which does not exist" in wrong[0]
    assert "02_two.ipynb is missing from book/_toc.yml" in wrong[1]
    assert "code cell 1 (cell 2): holds stored outputs" in wrong[2]
