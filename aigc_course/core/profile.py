"""One notebook, two sizes: what a laptop runs in a minute, and what a GPU runs with the full data.

The environment variable ``AIGC_PROFILE`` names the size: ``cpu`` (the default) or ``gpu``.
"""

import os
from typing import Literal, TypeVar

import torch

T = TypeVar("T")


def name() -> Literal["cpu", "gpu"]:
    """The profile in force."""
    value = os.environ.get("AIGC_PROFILE", "cpu")
    if value not in ("cpu", "gpu"):
        raise ValueError(f"AIGC_PROFILE={value!r}; set it to 'cpu' or 'gpu', or leave it unset for 'cpu'")
    return value


def pick(*, cpu: T, gpu: T) -> T:
    """Return the value for the profile in force; the only switch between the two sizes."""
    return gpu if name() == "gpu" else cpu


def device() -> torch.device:
    """Where this profile computes.

    Raises:
        RuntimeError: The profile is ``gpu`` and torch sees none.
    """
    if name() == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise RuntimeError("AIGC_PROFILE=gpu, but torch sees no GPU; unset AIGC_PROFILE to run the CPU sizes")
    return torch.device("cuda")


def bf16_is_fast(where: torch.device | str = "cpu") -> bool:
    """Whether matrix products in bfloat16 are faster there than in float32 (elsewhere they are emulated, and slow)."""
    if torch.device(where).type == "cuda":
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    cpu = torch.cpu
    return bool(cpu._is_amx_tile_supported() or cpu._is_avx512_bf16_supported())
