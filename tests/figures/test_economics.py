"""The curves of payback, the points of retention and the curve of value."""

import numpy as np
import pandas as pd
import pytest

from clientbase.errors import MissingColumnsError
from clientbase.figures.economics import MOST_COHORTS, payback_curves, retention_years, value_of_retention
from clientbase.method.retention import value_by_retention, wilson

from .helpers import assert_keeps_house, close, faults, texts

TITLE = "A finding of some length about the months in which half of the clients repay what winning them cost us"


def curves_of(n, *, step=2500.0, n_clients=12):
    """Return the curves of so many cohorts, the last one a month old."""
    rows = [
        (str(2026 - n + place), age, n_clients, step * age) for place in range(n) for age in range(1, 2 + 12 * (n - 1 - place))
    ]
    return pd.DataFrame(rows, columns=["cohort", "age_months", "n_clients", "contribution_per_client"])


def years_of(pairs):
    """Return retention of (clients before, kept), one window a year up to 2025."""
    ends = pd.to_datetime([f"{2026 - len(pairs) + place}-12-31" for place in range(len(pairs))])
    table = pd.DataFrame(pairs, columns=["n_before", "n_kept"]).assign(period_end=ends)
    bounds = [wilson(kept, before) for before, kept in pairs]
    return table.assign(
        retention=table["n_kept"] / table["n_before"],
        retention_low=[low for low, _ in bounds],
        retention_high=[high for _, high in bounds],
    )


def values_of(own, margin=100.0):
    return value_by_retention(retention=own, margin=margin, interest=0.10, step=0.05)


def named(ax, start):
    return [line for line in ax.lines if str(line.get_label()).startswith(start)]


# -- payback -------------------------------------------------------------------------------------------------------------
def test_every_cohort_is_a_curve_with_its_clients(en):
    table = curves_of(3)
    ax = payback_curves(table, en, cost=30_000)
    for cohort, rows in table.groupby("cohort"):
        (line,) = named(ax, cohort)
        assert close(line.get_xdata(), rows["age_months"])
        assert close(line.get_ydata(), rows["contribution_per_client"])
    assert {"2023 · 12 clients", "2025 · 12 clients"} <= set(texts(ax))
    assert len({line.get_marker() for line in named(ax, "20")}) == 3  # no colour alone


def test_the_cost_of_winning_a_client_is_a_line(en):
    ax = payback_curves(curves_of(2), en, cost=30_000)
    (line,) = named(ax, "winning a client")
    assert set(line.get_ydata()) == {30_000}
    assert "winning a client: 30,000 EUR" in texts(ax)
    assert named(payback_curves(curves_of(2), en, cost=np.nan), "winning a client") == []


def test_of_many_cohorts_the_latest_are_drawn_and_the_others_counted(en):
    ax = payback_curves(curves_of(14), en, cost=np.nan)
    assert len(named(ax, "20")) == MOST_COHORTS
    assert named(ax, "2025")
    assert not named(ax, "2012")
    assert "not drawn: 4 earlier cohorts" in ax.get_xlabel()


def test_losses_are_in_the_picture(en):
    ax = payback_curves(curves_of(2, step=-50.0), en, cost=np.nan)
    assert ax.get_ylim()[0] < -650
    assert payback_curves(curves_of(2), en, cost=np.nan).get_ylim()[0] == 0


# -- retention -----------------------------------------------------------------------------------------------------------
def test_points_and_bars_are_the_rates_and_their_intervals(en):
    table = years_of([(10, 8), (40, 20)])
    ax = retention_years(table, en)
    points = next(line for line in ax.lines if line.get_marker() == "o")
    assert close(points.get_ydata(), [0.8, 0.5])
    (bars,) = ax.collections
    spans = [segment[:, 1] for segment in bars.get_segments()]
    assert close(spans, table[["retention_low", "retention_high"]])
    assert {"80% 8 of 10", "50% 20 of 40", "Dec 2024", "Dec 2025"} <= set(texts(ax))


def test_a_window_without_clients_before_is_left_out(en):
    table = years_of([(10, 8), (40, 20)])
    table.loc[0, ["retention", "retention_low", "retention_high"]] = np.nan
    assert "Dec 2024" not in texts(retention_years(table, en))


# -- value ---------------------------------------------------------------------------------------------------------------
def test_the_curve_is_the_value_and_own_rate_and_step_are_marked(en):
    table = values_of(0.80)
    ax = value_of_retention(table, en, own=0.80)
    curve = ax.lines[0]
    assert close(curve.get_xdata(), table["retention"])
    assert close(curve.get_ydata(), table["lifetime_value"])
    (now,), (after,) = named(ax, "now"), named(ax, "at ")
    assert close([*now.get_xdata(), *now.get_ydata()], [0.80, 366.6666667])
    assert close([*after.get_xdata(), *after.get_ydata()], [0.85, 440])
    assert {"now: 80%, 367 EUR", "at 85%: 20% more"} <= set(texts(ax))


def test_an_unknown_rate_is_not_marked_and_the_most_has_no_step(en):
    ax = value_of_retention(values_of(np.nan), en, own=np.nan)
    assert named(ax, "now") == named(ax, "at ") == []
    ax = value_of_retention(values_of(0.995), en, own=0.995)
    assert named(ax, "now")
    assert named(ax, "at ") == []


# -- all -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 5, 25])
def test_readable_with_few_and_with_many(n, language, request):
    words = request.getfixturevalue(language)
    assert faults(payback_curves(curves_of(n, n_clients=3999), words, cost=1_234_567.0, title=TITLE)) == []
    pairs = [(20, min(place, 20)) for place in range(n)]
    assert faults(retention_years(years_of(pairs), words, title=TITLE)) == []


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("own", [0.0, 0.05, 0.5, 0.95, 0.99, np.nan])
def test_the_marks_are_readable_everywhere(own, language, request):
    ax = value_of_retention(values_of(own, 13_809_123.0), request.getfixturevalue(language), own=own, title=TITLE)
    assert faults(ax) == []


def test_nothing_to_draw(en):
    assert "nothing to draw" in texts(payback_curves(curves_of(1).head(0), en, cost=5.0))
    assert "nothing to draw" in texts(retention_years(years_of([(1, 1)]).head(0), en))
    assert "nothing to draw" in texts(value_of_retention(values_of(0.5).head(0), en, own=0.5))


def test_missing_columns_are_named(en):
    with pytest.raises(MissingColumnsError, match=r"'cohort_curves' lacks \['cohort'\]"):
        payback_curves(curves_of(1).drop(columns="cohort"), en, cost=5.0)
    with pytest.raises(MissingColumnsError, match=r"'retention_years' lacks \['n_kept'\]"):
        retention_years(years_of([(1, 1)]).drop(columns="n_kept"), en)
    with pytest.raises(MissingColumnsError, match=r"'values' lacks \['is_own'\]"):
        value_of_retention(values_of(0.5).drop(columns="is_own"), en, own=0.5)


def test_house_rules(en):
    assert_keeps_house(payback_curves, curves_of(3), en, cost=5000.0)
    assert_keeps_house(retention_years, years_of([(10, 8), (40, 20)]), en)
    assert_keeps_house(value_of_retention, values_of(0.8), en, own=0.8)
