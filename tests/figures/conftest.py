"""Fixtures of the figures: readers in both languages, and no figure left open."""

import matplotlib.pyplot as plt
import pytest

from clientbase.words import Words


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


@pytest.fixture
def en():
    return Words("en", "EUR")


@pytest.fixture
def ru():
    return Words("ru", "RUB")
