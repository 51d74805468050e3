"""Time every family against its plain reference: `make bench`, or `python -m benchmarks DCGAN` for some.

Takes some minutes. Close other programs: two variants that take turns disturb each other less than a video does.
"""

import os
import platform
import sys

import torch

from aigc_course.core import profile
from benchmarks import families, variants
from benchmarks.families import OURS, Task, steps_up, without_slow_tricks
from benchmarks.measure import interleaved

# What the project promises: no slower than plain code without tricks; with them, these two on two cores with AMX.
UNTUNED, TUNED = 0.97, {"DCGAN 64×64, training": 1.9, "VAE 784-400-20, training": 1.6}


def tasks() -> list[Task]:
    """Training and sampling of every family."""
    builders = (*families.BUILDERS, *variants.BUILDERS)
    return [task for build in builders for task in build()]


def machine() -> str:
    """What was timed on."""
    amx = torch.cpu._is_amx_tile_supported()
    bf16 = "AMX" if amx else "AVX512-BF16" if torch.cpu._is_avx512_bf16_supported() else "no fast bfloat16"
    threads = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
    return f"{platform.machine()}, {threads}, {bf16}, torch {torch.__version__}"


def measured(task: Task) -> dict[str, float]:
    """Print one table; return the ratio to the reference of each variant."""
    torch.manual_seed(0)
    speeds = interleaved(task.variants, rounds=task.rounds, repeat=task.repeat)
    ratios = {name: speed.ratio for name, speed in speeds.items()}
    print(f"\n{task.name} (medians of {task.rounds} rounds)")
    print(f"  {'variant':24}{'examples/s':>12}{'× plain':>10}{'× row above':>13}")
    for (name, speed), up in zip(speeds.items(), steps_up(list(ratios.values())), strict=True):
        print(f"  {name:24}{task.examples / speed.seconds:12,.0f}{speed.ratio:10.2f}{up:13.2f}", flush=True)
    return ratios


def promises(name: str, ratios: dict[str, float]) -> list[str]:
    """One line for every promise about a table."""
    lines = [f"{name}: untuned {ratios[OURS]:.2f} × plain, promised at least {UNTUNED}"] if OURS in ratios else []
    if name in TUNED:
        best = max(ratios, key=lambda variant: ratios[variant])
        promise = f"promised {TUNED[name]} on two quiet cores with AMX"
        lines.append(f"{name}: best variant ({best}) {ratios[best]:.2f} × plain, {promise}")
    return lines


def main(words: list[str]) -> int:
    """Time the tables whose name contains one of the words, or all of them."""
    chosen = [without_slow_tricks(t) for t in tasks() if not words or any(word in t.name for word in words)]
    if not chosen:
        print(f"No table matches {' '.join(words)!r}; there are: {', '.join(t.name for t in tasks())}.")
        return 1
    print(machine())
    results = {task.name: measured(task) for task in chosen}
    print("\n" + "\n".join(line for name, ratios in results.items() for line in promises(name, ratios)))
    if not profile.bf16_is_fast():
        print("This processor has no fast bfloat16; its row is left out.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
