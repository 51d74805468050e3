"""Two configurations of every notebook: small sizes for a CPU, full sizes for a GPU.

The environment variable ``AIGC_PROFILE`` chooses: ``cpu`` (the default) or ``gpu``.
"""

import os
from typing import Literal, TypeVar

import torch

T = TypeVar("T")


def name() -> Literal["cpu", "gpu"]:
    """The profile that ``AIGC_PROFILE`` chooses.

    Raises:
        ValueError: It has another value than ``cpu`` or ``gpu``.
    """
    value = os.environ.get("AIGC_PROFILE", "cpu")
    if value not in ("cpu", "gpu"):
        raise ValueError(f"AIGC_PROFILE={value!r}; set it to 'cpu' or 'gpu', or leave it unset for 'cpu'")
    return value


def pick(*, cpu: T, gpu: T) -> T:
    """Return ``cpu`` or ``gpu``, as the current profile says."""
    return gpu if name() == "gpu" else cpu


def device() -> torch.device:
    """The device of the current profile: the CPU, or the default CUDA device.

    Raises:
        RuntimeError: The profile is ``gpu`` and torch sees none.
    """
    if name() == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise RuntimeError("AIGC_PROFILE=gpu, but torch sees no GPU; unset AIGC_PROFILE to run the CPU sizes")
    return torch.device("cuda")


def bf16_is_fast(where: torch.device | str = "cpu") -> bool:
    """Whether a device has hardware for matrix products in bfloat16; without it they are emulated and slower.

    On a CPU that is AMX or AVX512-BF16.
    """
    if torch.device(where).type == "cuda":
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    cpu = torch.cpu
    return bool(cpu._is_amx_tile_supported() or cpu._is_avx512_bf16_supported())
