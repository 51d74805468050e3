"""Synthetic data with known factors of variation: printed digits, sprites, and two-dimensional toy distributions.

Symbols
    n       examples
    f       factors of variation, named by ``GLYPH_FACTORS`` and ``SPRITE_FACTORS``

Conventions: grey images of 32×32 pixels in [0, 1], white on black. Angles are in radians, shifts and lengths in half
images (16 pixels), right and down positive.
"""

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

TYPEFACES = tuple(
    f"DejaVu{family}{style}"
    for family, italic in (("Sans", "Oblique"), ("SansMono", "Oblique"), ("Serif", "Italic"))
    for style in ("", "-Bold", f"-{italic}", f"-Bold{italic}")
)
GLYPH_FACTORS = ("face", "angle", "shear", "scale", "shift right", "shift down")
SPRITE_FACTORS = ("shape", "scale", "angle", "right", "down")
Drawn = tuple[Float[Tensor, "n 1 32 32"], Int[Tensor, " n"], Float[Tensor, "n f"]]


def _uniform(n: int, low: float, high: float, generator: torch.Generator) -> Float[Tensor, " n"]:
    return low + (high - low) * torch.rand(n, generator=generator)


@cache
def _masters() -> Float[Tensor, "10 12 1 64 64"]:
    """Every digit in every typeface, 64×64 in [0, 1], white on black, centred, 40 pixels high."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [ImageFont.truetype(str(folder / f"{face}.ttf"), 54) for face in TYPEFACES]

    def draw(digit: int, font: ImageFont.FreeTypeFont) -> Float[Tensor, "1 64 64"]:
        image = Image.new("L", (64, 64))
        ImageDraw.Draw(image).text((32, 32), str(digit), font=font, fill=255, anchor="mm")
        return torch.tensor(np.array(image), dtype=torch.float32).unsqueeze(0) / 255

    return torch.stack([torch.stack([draw(digit, font) for font in fonts]) for digit in range(10)])


def glyphs(n: int, *, seed: int) -> Drawn:
    """``n`` printed digits, each in a random typeface under a random affine map.

    Uniform factors: angle and shear in [-0.2, 0.2], scale in [0.8, 1.1], where 1 is a digit 20 pixels high, shifts in
    [-0.12, 0.12].

    Returns:
        Images (n, 1, 32, 32), the digit as class (n,), and the factors (n, 6) that ``GLYPH_FACTORS`` names.
    """
    g = torch.Generator().manual_seed(seed)
    digit, face = torch.randint(10, (n,), generator=g), torch.randint(len(TYPEFACES), (n,), generator=g)
    angle, shear = _uniform(n, -0.2, 0.2, g), _uniform(n, -0.2, 0.2, g)
    scale = _uniform(n, 0.8, 1.1, g)
    right, down = _uniform(n, -0.12, 0.12, g), _uniform(n, -0.12, 0.12, g)
    theta = _inverse_affine(angle, shear, scale, right, down)
    # rendered at twice the size and averaged: antialiasing before the map is applied
    masters = F.avg_pool2d(_masters()[digit, face], 2)
    grid = F.affine_grid(theta, [n, 1, 32, 32], align_corners=False)
    x = F.grid_sample(masters, grid, align_corners=False).clamp(0, 1)
    return x, digit, torch.stack([face.float(), angle, shear, scale, right, down], dim=1)


def _inverse_affine(
    angle: Float[Tensor, " n"],
    shear: Float[Tensor, " n"],
    scale: Float[Tensor, " n"],
    right: Float[Tensor, " n"],
    down: Float[Tensor, " n"],
) -> Float[Tensor, "n 2 3"]:
    """Matrices for ``affine_grid``, output to input coordinates: inverse of rotation · shear · scale, then shift."""
    cos, sin = angle.cos(), angle.sin()
    forward = torch.stack([cos, cos * shear - sin, sin, sin * shear + cos], dim=1).view(-1, 2, 2) * scale.view(-1, 1, 1)
    inverse = torch.linalg.inv(forward)
    return torch.cat([inverse, -inverse @ torch.stack([right, down], dim=1).unsqueeze(2)], dim=2)


def sprites(n: int, *, seed: int) -> Drawn:
    """``n`` images of a square, an ellipse or a triangle with antialiased edges and random factors.

    Uniform factors: scale in [0.25, 0.5], angle in [0, 2π), shifts in [-0.45, 0.45].

    Returns:
        Images (n, 1, 32, 32), the shape as class (n,) (0 square, 1 ellipse, 2 triangle), and the factors (n, 5) that
        ``SPRITE_FACTORS`` names.
    """
    g = torch.Generator().manual_seed(seed)
    shape, scale = torch.randint(3, (n,), generator=g), _uniform(n, 0.25, 0.5, g)
    angle = _uniform(n, 0.0, 2 * math.pi, g)
    right, down = _uniform(n, -0.45, 0.45, g), _uniform(n, -0.45, 0.45, g)
    x = draw_sprites(shape, scale, angle, right, down)
    return x, shape, torch.stack([shape.float(), scale, angle, right, down], dim=1)


def draw_sprites(
    shape: Int[Tensor, " n"],
    scale: Float[Tensor, " n"],
    angle: Float[Tensor, " n"],
    right: Float[Tensor, " n"],
    down: Float[Tensor, " n"],
) -> Float[Tensor, "n 1 32 32"]:
    """Render sprites from given factors; a pixel's value is its coverage by the shape, from the signed distance.

    Args:
        shape: 0 square, 1 ellipse, 2 triangle.
        scale: Size in half images.
        angle: In radians.
        right: Horizontal shift in half images.
        down: Vertical shift in half images.
    """
    axis = (torch.arange(32) + 0.5) / 16 - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    x, y = x - right.view(-1, 1, 1), y - down.view(-1, 1, 1)
    cos, sin = angle.cos().view(-1, 1, 1), angle.sin().view(-1, 1, 1)
    u, v = (cos * x + sin * y) / scale.view(-1, 1, 1), (cos * y - sin * x) / scale.view(-1, 1, 1)
    square = torch.maximum(u.abs(), v.abs()) - 0.8
    ellipse = (u.square() + (2 * v).square()).sqrt() - 1.0
    triangle = torch.maximum(v - 0.5, math.sqrt(0.75) * u.abs() - 0.5 * v - 0.5)
    distance = torch.stack([square, ellipse, triangle])[shape, torch.arange(len(shape))]
    edge = scale.view(-1, 1, 1) * 16  # pixels per unit of u and v: edges are one pixel wide
    return (0.5 - distance * edge).clamp(0, 1).unsqueeze(1)


Toy = tuple[Float[Tensor, "n 2"], Int[Tensor, " n"]]


def _ring(n: int, g: torch.Generator) -> Toy:
    mode = torch.randint(8, (n,), generator=g)
    angle = mode * (2 * math.pi / 8)
    return 2 * torch.stack([angle.cos(), angle.sin()], 1) + 0.1 * torch.randn(n, 2, generator=g), mode


def _grid(n: int, g: torch.Generator) -> Toy:
    mode = torch.randint(25, (n,), generator=g)
    centre = torch.stack([mode % 5, mode // 5], 1).float() - 2
    return centre + 0.05 * torch.randn(n, 2, generator=g), mode


def _moons(n: int, g: torch.Generator) -> Toy:
    moon, angle = torch.randint(2, (n,), generator=g), _uniform(n, 0.0, math.pi, g)
    sign = 1 - 2 * moon.float()
    x = torch.stack([sign * angle.cos() + moon - 0.5, sign * angle.sin() + 0.5 * moon - 0.25], 1)
    return x + 0.08 * torch.randn(n, 2, generator=g), moon


def _spiral(n: int, g: torch.Generator) -> Toy:
    angle = 3 * math.pi * torch.rand(n, generator=g).sqrt()
    x = (angle / (1.5 * math.pi)).unsqueeze(1) * torch.stack([angle.cos(), angle.sin()], 1)
    return x + 0.05 * torch.randn(n, 2, generator=g), torch.zeros(n, dtype=torch.long)


TOYS: dict[str, Callable[[int, torch.Generator], Toy]] = {
    "ring": _ring,
    "grid": _grid,
    "moons": _moons,
    "spiral": _spiral,
}
TOY_DESCRIPTIONS = {
    "ring": "points of the plane around eight centres on a circle of radius 2, standard deviation 0.1",
    "grid": "points of the plane around 25 centres on a square grid, standard deviation 0.05",
    "moons": "two interleaved half circles in the plane, standard deviation 0.08",
    "spiral": "a spiral of one and a half turns in the plane, standard deviation 0.05",
}
