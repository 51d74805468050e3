import pytest
import torch

from aigc_course.core import profile


def test_cpu_is_the_default(monkeypatch):
    monkeypatch.delenv("AIGC_PROFILE", raising=False)
    assert profile.pick(cpu=1, gpu=2) == 1
    assert profile.device() == torch.device("cpu")


def test_gpu_picks_the_other_size(monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "gpu")
    assert profile.pick(cpu=1, gpu=2) == 2


def test_gpu_without_a_gpu_says_what_to_do(monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="unset AIGC_PROFILE"):
        profile.device()
    assert not profile.bf16_is_fast("cuda")


@pytest.mark.parametrize("supported", [True, False])
def test_bf16_is_fast_on_a_gpu_that_does_not_emulate_it(monkeypatch, supported):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: supported or including_emulation)
    assert profile.bf16_is_fast("cuda") is supported


def test_an_unknown_profile_is_named(monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "tpu")
    with pytest.raises(ValueError, match=r"'tpu'.*'cpu' or 'gpu'"):
        profile.name()


@pytest.mark.parametrize(("amx", "avx", "fast"), [(True, False, True), (False, True, True), (False, False, False)])
def test_bf16_is_fast_where_the_processor_has_instructions_for_it(monkeypatch, amx, avx, fast):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx)
    assert profile.bf16_is_fast() is fast


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_the_gpu_profile_computes_on_the_gpu(monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "gpu")
    assert profile.device().type == "cuda"
