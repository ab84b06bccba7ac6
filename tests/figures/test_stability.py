"""The matrix of share class and stability."""

import numpy as np
import pandas as pd
import pytest

from clientbase.errors import MissingColumnsError
from clientbase.figures.stability import abc_xyz_matrix
from clientbase.method.common import SHARE_CLASSES, XYZ_CLASSES, ordered
from clientbase.method.stability import ACTIONS

from .helpers import assert_keeps_house, close, faults, texts


def cells_of(counts: list[list[int]], shares: list[list[float]], classes: str = "ABCD") -> pd.DataFrame:
    rows = [
        (share_class, xyz, counts[row][column], shares[row][column], ACTIONS.get((share_class, xyz)))
        for row, share_class in enumerate(classes)
        for column, xyz in enumerate("XYZn")
    ]
    table = pd.DataFrame(rows, columns=["share_class", "xyz", "n_clients", "revenue_share", "action"])
    return table.assign(share_class=ordered(table["share_class"], SHARE_CLASSES), xyz=ordered(table["xyz"], XYZ_CLASSES))


COUNTS = [[24, 3, 3, 0], [21, 11, 5, 3], [8, 12, 42, 16], [0, 1, 8, 3]]
SHARES = [[0.69, 0.05, 0.065, 0.0], [0.10, 0.029, 0.015, 0.009], [0.005, 0.003, 0.02, 0.011], [0.0, 0.0001, 0.0006, 0.0002]]


@pytest.fixture
def cells():
    return cells_of(COUNTS, SHARES)


def test_a_cell_holds_clients_share_and_action(cells, en):
    shown = texts(abc_xyz_matrix(cells, en))
    assert "24 clients, 69% partner terms, joint plan" in shown
    assert "1 client, 0.01% portal or dealer" in shown
    assert "3 clients, 0.9%" in shown  # too new for an action
    assert "– portal or dealer" in shown  # nobody there, but the cell still says what it would call for


def test_colours_are_the_shares_of_revenue(cells, en):
    (image,) = abc_xyz_matrix(cells, en).images
    assert close(image.get_array(), SHARES)
    assert (image.norm.vmin, image.norm.vmax) == (0, 1)


def test_rows_and_columns_have_their_names(cells, ru):
    ax = abc_xyz_matrix(cells, ru)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list("ABCD")
    assert [tick.get_text()[0] for tick in ax.get_xticklabels()] == list("XYZn")


def test_class_l_gets_a_row_and_a_loss_no_colour(en):
    table = cells_of([*COUNTS[:1], [0, 0, 2, 0]], [*SHARES[:1], [0.0, 0.0, -0.02, 0.0]], classes="AL")
    ax = abc_xyz_matrix(table, en)
    assert "2 clients, -2%" in texts(ax)
    assert close(ax.images[0].get_array()[1], [0, 0, 0, 0])


@pytest.mark.parametrize("language", ["en", "ru"])
def test_texts_do_not_overlap(cells, language, request):
    words = request.getfixturevalue(language)
    crowd = cells.assign(n_clients=cells["n_clients"] * 1000)
    for table in (cells, crowd, cells[cells["share_class"].isin(["A", "B"])]):
        assert (
            faults(abc_xyz_matrix(table, words, title="A finding that is long enough to need a second line in the picture"))
            == []
        )


def test_nobody_with_a_class(cells, en):
    assert "nothing to draw" in texts(abc_xyz_matrix(cells.assign(n_clients=0), en))
    assert "nothing to draw" in texts(abc_xyz_matrix(cells.iloc[:0], en))


def test_a_total_without_meaning_has_dashes(cells, en):
    assert "24 clients, – partner terms, joint plan" in texts(abc_xyz_matrix(cells.assign(revenue_share=np.nan), en))


def test_house_rules_and_columns(cells, en):
    assert_keeps_house(abc_xyz_matrix, cells, en)
    with pytest.raises(MissingColumnsError, match=r"'abc_xyz' lacks \['action'\]"):
        abc_xyz_matrix(cells.drop(columns="action"), en)
