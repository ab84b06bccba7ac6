"""Bars of the regions with their steadiness, and two years of each region in panels."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.errors import MissingColumnsError
from clientbase.figures.house import MUTED, NEUTRAL
from clientbase.figures.regions import region_bars, season_panels

from .helpers import assert_keeps_house, close, faults, texts, words_of

END = 2024 * 12 + 4  # May 2024


def table_of(revenues, names=None):
    revenue = pd.Series(revenues, dtype=float)
    gains = revenue.clip(lower=0)
    reached = gains.cumsum() / gains.sum()
    return pd.DataFrame(
        {
            "region": names or [f"Region {place}" for place in range(len(revenue))],
            "n_clients": range(len(revenue) + 2, 2, -1),
            "revenue": revenue,
            "revenue_share": revenue / gains.sum(),
            "cum_share": reached.where(revenue > 0),
            "is_carrying": (reached - gains / gains.sum() < 0.8 - 1e-9) & (revenue > 0),
        }
    )


def with_steadiness(table):
    verdicts = ["steady", "seasonal", "unsteady", "not testable", "no sales"]
    cv = np.where(np.arange(len(table)) % 5 > 2, np.nan, np.linspace(0.1, 2.0, len(table)))
    return table.assign(cv=cv, verdict=np.resize(verdicts, len(table)))


def months_of(names, *, known_from=END - 23):
    numbers = np.arange(END - 23, END + 1)
    parts = [
        pd.DataFrame(
            {
                "region": name,
                "month": [pd.Timestamp(number // 12, number % 12 + 1, 1) for number in numbers],
                "month_number": numbers,
                "revenue": np.where(numbers >= known_from, 1000.0 * (place + 1) + 10 * numbers - 10 * END, np.nan),
            }
        )
        for place, name in enumerate(names)
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def vector():  # V09.3
    return table_of([50000, 25000, 10000, 8000, 4000, 3000])


def column_of(ax):
    (column,) = ax.child_axes
    return column


def seen(axes):
    return {words_of(text) for text in axes.findobj(plt.Text) if words_of(text)}


def test_bars_are_the_revenue_and_the_carrying_are_in_full_colour(vector, en):
    ax = region_bars(with_steadiness(vector), en)
    assert close([bar.get_width() for bar in ax.patches], vector["revenue"])
    assert [same_color(bar.get_facecolor(), NEUTRAL) for bar in ax.patches] == [True] * 3 + [False] * 3
    assert all(same_color(bar.get_facecolor(), MUTED) for bar in ax.patches[3:])
    assert {"50% (8)", "25% (7)", "3% (3)", "carrying 85% of revenue: 3 regions", "other: 3 regions"} <= set(texts(ax))
    assert any(close(line.get_ydata(), [2.5, 2.5]) for line in ax.lines)


def test_the_column_shows_each_variation_and_verdict_in_the_row_of_its_region(vector, en):
    steadiness = with_steadiness(vector)
    ax = region_bars(steadiness, en)
    column = column_of(ax)
    points = {(float(line.get_ydata()[0]), float(line.get_xdata()[0])) for line in column.lines if len(line.get_xdata()) == 1}
    expected = steadiness["cv"].dropna()
    assert points == {(float(place), cv) for place, cv in expected.items()}
    assert len({line.get_marker() for line in column.lines if len(line.get_xdata()) == 1}) == 3
    names = [en.category("verdict", verdict) for verdict in steadiness["verdict"]]
    verdicts = [text for text in ax.texts if text.get_text() in names]
    assert [(text.get_position()[1], text.get_text()) for text in verdicts] == list(enumerate(names))
    dashes = [text.get_position()[1] for text in column.texts if text.get_text() == "–"]
    assert dashes == [3, 4]


def test_only_twenty_regions_with_orders_are_drawn_and_the_others_counted(en):
    table = table_of([100.0] * 22 + [0.0])
    table.loc[22, "n_clients"] = 0
    ax = region_bars(with_steadiness(table), en)
    assert len(ax.patches) == 20
    assert ax.get_xlabel() == "Revenue, EUR, share of revenue (clients)\nnot drawn: 3 regions"
    assert {"carrying 82% of revenue: 18 regions", "other: 4 regions"} <= set(texts(ax))
    few = region_bars(with_steadiness(table.head(2)), en)
    assert "not drawn" not in few.get_xlabel()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 5, 20, 38])
def test_readable_with_few_and_with_many(n, language, request):
    names = ["Республика Северная $Осетия$ и всё, что вокруг", "Юг", "Île-de-France"]
    table = table_of(np.linspace(9e6, 9e4, n), [f"{names[place % 3]} {place}" for place in range(n)])
    title = "A finding of some length about the regions that carry the revenue of the company"
    ax = region_bars(with_steadiness(table), request.getfixturevalue(language), title=title)
    assert faults(ax) == []


def test_returns_go_to_the_left_and_keep_their_label(en):
    table = table_of([100, 60, -40])
    ax = region_bars(with_steadiness(table), en)
    assert close([bar.get_width() for bar in ax.patches], [100, 60, -40])
    assert "-25% (3)" in texts(ax)
    assert faults(ax) == []


def test_no_region_with_orders(vector, en):
    nobody = vector.assign(n_clients=0)
    assert "nothing to draw" in texts(region_bars(with_steadiness(nobody), en))
    assert "nothing to draw" in texts(region_bars(with_steadiness(vector).head(0), en))


def test_panels_lay_the_last_twelve_months_over_the_twelve_before(en):
    ax = season_panels(months_of(["North", "South"]), en, regions=["South"], title="Two years")
    (panel,) = ax.figure.axes
    before, now = (line for line in panel.lines if len(line.get_xdata()) == 12)
    assert close(now.get_xdata(), range(12))
    assert close(now.get_ydata(), 2000 - 10 * np.arange(11, -1, -1))
    assert close(before.get_ydata(), 2000 - 10 * np.arange(23, 11, -1))
    assert before.get_linestyle() != now.get_linestyle()
    assert before.get_marker() != now.get_marker()
    assert {"Jun 2023 – May 2024", "Jun 2022 – May 2023", "Jun", "Sep", "Dec", "Mar", "Two years", "South"} <= set(texts(ax))
    assert panel.get_ylabel() == "Revenue, EUR"
    assert panel.get_ylim()[0] == 0


def test_each_region_has_its_own_scale_and_at_most_six_are_drawn(en):
    names = [f"Region {place}" for place in range(8)]
    ax = season_panels(months_of(names), en, regions=names[::-1])
    panels = [panel for panel in ax.figure.axes if panel.get_visible()]
    assert [panel.get_title(loc="left") for panel in panels] == names[::-1][:6]
    assert panels[0].get_ylim()[1] > panels[5].get_ylim()[1] > 0


def test_months_before_the_data_have_no_line_and_no_legend(en):
    ax = season_panels(months_of(["North"], known_from=END - 11), en, regions=["North"])
    assert [int(np.isfinite(line.get_ydata()).sum()) for line in ax.lines if len(line.get_xdata()) == 12] == [0, 12]
    assert "Jun 2023 – May 2024" in texts(ax)
    assert "Jun 2022 – May 2023" not in texts(ax)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_panels_are_readable(n, language, request):
    names = [f"Республика Северная $Осетия$ и всё вокруг {place}" for place in range(n)]
    title = "Регионы с сезонностью повторяют свой подъём в одни и те же месяцы обоих лет, а остальные нет"
    ax = season_panels(months_of(names), request.getfixturevalue(language), regions=names, title=title)
    assert faults(ax) == []
    lowest = [panel for panel in ax.figure.axes if panel.get_visible()][-1]
    assert {"Jun", "июнь"} & seen(lowest)


def test_months_without_revenue_and_unknown_regions(en):
    months = months_of(["North"])
    ax = season_panels(months.assign(revenue=np.nan), en, regions=["North"])
    assert ax.get_ylim()[1] > 0
    ax.figure.canvas.draw()
    assert "nothing to draw" in texts(season_panels(months, en, regions=["Elsewhere"]))
    assert "nothing to draw" in texts(season_panels(months.head(0), en, regions=[]))


def test_house_rules(vector, en):
    assert_keeps_house(region_bars, with_steadiness(vector), en)
    months = months_of(["North"])
    before, own = months.copy(deep=True), dict(plt.rcParams)
    season_panels(months, en, regions=["North"], title="Finding about $a$ and $b$").figure.canvas.draw()
    pd.testing.assert_frame_equal(months, before)
    assert dict(plt.rcParams) == own


def test_missing_columns_are_named(vector, en):
    with pytest.raises(MissingColumnsError, match=r"'regions' lacks \['cv', 'verdict'\]"):
        region_bars(vector, en)
    with pytest.raises(MissingColumnsError, match=r"'region_months' lacks \['month_number'\]"):
        season_panels(months_of(["a"]).drop(columns="month_number"), en, regions=["a"])
