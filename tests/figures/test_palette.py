"""Pictures with a palette: common colours stay, the others are near what they were."""

import numpy as np
import pytest

from clientbase.figures.house import LEVEL_COLOURS, SHARE_COLOURS
from clientbase.figures.palette import COLOURS, with_palette


def opaque(colours: np.ndarray) -> np.ndarray:
    return np.concatenate([colours, np.full((*colours.shape[:2], 1), 255)], axis=2).astype(np.uint8)


def seen(dots: np.ndarray) -> np.ndarray:
    picture = with_palette(dots)
    assert picture.mode == "P"
    return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (60, 40)])
@pytest.mark.parametrize("n_colours", [1, 2, COLOURS])
def test_a_picture_of_few_colours_stays_as_it_is(shape, n_colours):
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (n_colours, 3))
    dots = colours[rng.integers(0, n_colours, shape)]
    assert (seen(opaque(dots)) == dots).all()


def test_common_colours_stay_and_rare_ones_are_taken_by_near_ones():
    """Surfaces in the colours of the classes, and blends as at the edges of letters, of which none is common."""
    rng = np.random.default_rng(2)
    surfaces = [tuple(bytes.fromhex(colour[1:])) for colour in {**SHARE_COLOURS, **LEVEL_COLOURS}.values()]
    blends = 255 - rng.uniform(0, 1, (3000, 1)) * (255 - rng.choice(surfaces, 3000))
    dots = np.full((400, 300, 3), 255)
    for row, colour in enumerate(surfaces):
        dots[10 * row : 10 * row + 10, :100] = colour
    dots[200:230, 200:] = blends.astype(int).reshape(30, 100, 3)
    assert len(np.unique(dots.reshape(-1, 3), axis=0)) > 2 * COLOURS
    off = np.abs(seen(opaque(dots)).astype(int) - dots).max(axis=2)
    assert off[:200].max() == 0
    assert off[:, :200].max() == 0
    assert off.max() <= 24
    assert np.median(off[200:230, 200:]) <= 4


def test_a_colour_that_is_rare_and_like_no_other_stays():
    rng = np.random.default_rng(3)
    greys = np.repeat(rng.integers(0, 256, (100, 100, 1)), 3, axis=2)
    greys[..., 1] += rng.integers(0, 3, (100, 100))
    dots = np.minimum(greys, 255)
    dots[50, 50] = (213, 94, 0)
    assert tuple(seen(opaque(dots))[50, 50]) == (213, 94, 0)
