"""The ranges that other weights leave between a client and the cut."""

import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.errors import MissingColumnsError
from clientbase.figures.robustness import COLOURS, weight_ranges
from clientbase.method.robustness import VERDICTS

from .helpers import assert_keeps_house, close, faults, texts


@pytest.fixture
def robust():
    rows = [("a", "always high", 0.5, 2.0), ("b", "depends on weights", -1.0, 1.0), ("c", "always low", -2.0, -2.0)]
    return pd.DataFrame(rows, columns=["client_id", "robustness", "lowest_gap", "highest_gap"])


def crowd(n, name="Очень длинное название клиента с ценой в $ и ещё ${}"):
    table = pd.DataFrame({"client_id": [f"c{i}" for i in range(n)], "client_name": [name.format(i) for i in range(n)]})
    kinds = [VERDICTS[i % 3] for i in range(n)]
    return table.assign(
        robustness=kinds,
        lowest_gap=[{"always high": 0.2, "depends on weights": -1.0, "always low": -3.0}[kind] for kind in kinds],
        highest_gap=[{"always high": 2.2, "depends on weights": 1.0, "always low": -0.5}[kind] for kind in kinds],
    )


def test_bars_reach_from_the_worst_to_the_best_gap(robust, en):
    ax = weight_ranges(robust, en)
    bars = ax.patches[:3]
    assert close([bar.get_x() for bar in bars], [0.5, -1.0, -2.0])
    assert close([bar.get_x() + bar.get_width() for bar in bars][:2], [2.0, 1.0])
    assert 0 < bars[2].get_width() < 0.05  # a range of nothing is still seen
    assert all(same_color(bar.get_facecolor(), COLOURS[kind]) for bar, kind in zip(bars, robust["robustness"], strict=True))
    assert len({bar.get_hatch() for bar in bars}) == 3  # not by colour alone
    assert any(close(line.get_xdata(), [0, 0]) for line in ax.lines)


def test_only_the_verdicts_that_occur_are_explained(robust, en):
    shown = texts(weight_ranges(robust.head(1), en))
    assert "always high" in shown
    assert "depends on the weights" not in shown


def test_the_first_are_drawn_and_the_others_counted(en):
    ax = weight_ranges(crowd(30), en, n=20)
    assert len(ax.get_yticks()) == 20
    assert ax.get_xlabel() == "Points over the cut (first 20 of 30)"
    assert weight_ranges(crowd(3), en).get_xlabel() == "Points over the cut"


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 20, 400])
def test_readable_with_few_and_with_many(n, language, request):
    words = request.getfixturevalue(language)
    title = "A finding of some length about clients that can change sides of the cut when the weights change"
    assert faults(weight_ranges(crowd(n), words, title=title)) == []


def test_nobody_and_missing_columns(robust, en):
    assert "nothing to draw" in texts(weight_ranges(robust.head(0), en))
    with pytest.raises(MissingColumnsError, match=r"'score_robustness' lacks \['lowest_gap'\]"):
        weight_ranges(robust.drop(columns="lowest_gap"), en)


def test_house_rules(robust, en):
    assert_keeps_house(weight_ranges, robust.assign(client_name=["$a$", None, "c"]), en)
