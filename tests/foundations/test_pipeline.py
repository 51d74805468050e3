import re
import warnings

import pytest

from aigc_course.foundations import corpus, facts, pipeline


@pytest.fixture(scope="module")
def texts():
    return pipeline.preprocess(corpus.paragraphs())


def test_the_corpus_is_clean_and_large(texts):
    """Catches letters outside the alphabet, which a model without smoothing would call impossible."""
    train, held_out = texts
    assert set(train) | set(held_out) <= set(corpus.LETTERS)
    assert len(train) > 100_000
    assert 5_000 < len(held_out) < len(train) / 5
    assert not re.search(r"  | [.,:;]", train)


def test_no_paragraph_is_on_both_sides():
    train, held_out = corpus.split(["one one", "two two", "one one", "three three", "four four"], held_out=0.5)
    assert {word for word in train.split()}.isdisjoint(held_out.split())


def test_cleaning_keeps_the_letters():
    """Catches capitals thrown away with the marks, words joined, and a blank left before a comma."""
    assert corpus.clean("The `Value`, as\n  in PEP 8’s rule (see above).") == "the value, as in pep 's rule see above."


def test_a_paragraph_that_occurs_twice_is_counted_once():
    texts = [f"word{i}" for i in range(10)] * 2
    train, held_out = corpus.split(texts, held_out=0.5)
    assert sorted(f"{train} {held_out}".split()) == sorted(set(texts))


def test_verification_gives_the_reason():
    source = "the value of the expression is the value of the last item in the list and nothing else"
    words = pipeline.vocabulary(source)
    assert pipeline.verify("the value", source, words) == "length"
    assert pipeline.verify("the valve of the expression is the last item", source, words) == "no word"
    assert pipeline.verify(source[:60], source, words) == "copied"
    assert pipeline.verify("the last expression in the value of the item", source, words) == ""


def test_the_whole_pipeline_publishes_what_passed(tmp_path, monkeypatch):
    """Catches a stage left out: unverified sentences, a missing note, an order that nobody chose.

    A fifth of the corpus is enough: comparing every sentence with all of it is what takes the time.
    """
    some = corpus.paragraphs()[::5]
    monkeypatch.setattr(corpus, "paragraphs", lambda: some)
    report = pipeline.run(tmp_path / "filler.txt", orders=range(2, 7), characters=4_000)
    note, *lines = (tmp_path / "filler.txt").read_text(encoding="utf-8").split("\n")
    assert note == pipeline.NOTE
    assert len(lines) == report["accepted"] < report["candidates"]
    assert report["order"] in range(4, 7)
    text, held_out = pipeline.preprocess(corpus.paragraphs())
    model = pipeline.train(text, order=int(report["order"]))
    assert report["nats per character"] == pytest.approx(model.cross_entropy(held_out))
    assert all(line[0].isupper() or not line[0].isalpha() for line in lines)


def test_generated_sentences_are_whole(texts):
    model = pipeline.train(texts[0], 4)
    sentences = pipeline.generate(model, 1_000, seed=0)
    assert sentences
    assert all(". " not in s for s in sentences)


def test_arithmetic_knows_its_answers():
    """Catches a product for a sum, numbers of the wrong size, and questions that do not depend on the seed."""
    for operator in "+×":
        for fact in facts.arithmetic(20, operator=operator, digits=2, seed=0):
            a, b = map(int, re.findall(r"\d+", fact.question))
            assert 10 <= a <= 99
            assert fact.answer == (a + b if operator == "+" else a * b)
    assert facts.arithmetic(3, operator="+", digits=2, seed=0) != facts.arithmetic(3, operator="+", digits=2, seed=1)
    with pytest.raises(ValueError, match="operator"):
        facts.arithmetic(1, operator="-", digits=1, seed=0)


def test_a_reply_is_judged_by_its_first_number():
    """Catches the next example, which a model goes on to write, taken for the answer."""
    fact = facts.Fact("17 + 25 =", 42)
    assert facts.is_correct(fact, " 42\n3 + 4 = 7")
    assert not facts.is_correct(fact, " 32\n41 + 1 = 42")
    assert not facts.is_correct(fact, "I cannot say.")
    assert facts.first_number(" 1,024.") == 1024


def test_a_language_model_answers_what_everybody_has_seen(smollm):
    """Catches padding on the wrong side, and prompts returned with the reply: one short question beside a long one."""
    small, large = facts.Fact("2 + 2 =", 4), facts.Fact("123456 + 123456 =", 246912)
    alone, beside = [facts.continuations(smollm[0], smollm[1], q) for q in ([small], [small, large])]
    assert facts.is_correct(small, alone[0])
    assert facts.first_number(beside[0]) == 4


@pytest.fixture(scope="module")
def smollm():
    from aigc_course.language import pretrained

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warnings, "warn", lambda *_, **__: None)
        return pretrained.load()
