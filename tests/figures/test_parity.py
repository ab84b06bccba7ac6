"""The line of equal profit and the waterfall of offers."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.errors import MissingColumnsError
from clientbase.figures.house import INK, NEUTRAL
from clientbase.figures.parity import LOSS, iso_profit_curve, offers_waterfall

from .helpers import assert_keeps_house, close, faults, texts

CLIENT = {"limit": 0.25, "discount": 0.05, "growth": 0.10, "headroom": 0.30}
NOBODY = {"limit": 0.25, "discount": np.nan, "growth": np.nan, "headroom": np.nan}
TITLE = "At the discount that it asks for the client would have to buy a quarter more, and it offers a tenth of what it buys"


def curve_of(*, rate=0.25, low=0.0, high=0.40, n=81):
    """Return the curve of V14.1 for discounts from low to high."""
    discount = np.linspace(low, high, n)
    growth = np.where(discount < rate - 1e-9, discount / np.where(discount < rate - 1e-9, rate - discount, 1), np.nan)
    verdict = np.where(np.isnan(growth), "impossible by volume" if rate > 0 else "discount refused", "reachable")
    return pd.DataFrame({"discount_share": discount, "needed_growth_share": growth, "volume_verdict": verdict})


def ledger_of(*rows, need=50_000.0):
    """Return a ledger of (kind, amount, realised)."""
    table = pd.DataFrame(rows, columns=["offer_kind", "amount", "realised"]).astype({"amount": float, "realised": float})
    cumulative = table["realised"].cumsum()
    return table.assign(cumulative=cumulative, need=need, ledger_gap=cumulative - need)


@pytest.fixture
def vector():  # V14.9
    return ledger_of(("volume", 20_000, 20_000), ("service", 15_000, 15_000), ("payment", 14_461.64, 14_461.64))


def lines_named(ax, start):
    return [line for line in ax.lines if str(line.get_label()).startswith(start)]


def bars(ax):
    return [(bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in ax.patches]


# -- the line of equal profit --------------------------------------------------------------------------------------------
def test_the_line_is_the_curve_where_there_is_growth(en):
    curve = curve_of()
    line = lines_named(iso_profit_curve(curve, en, **CLIENT), "line of equal profit")[0]
    known = curve.dropna()
    assert close(line.get_xdata(), known["discount_share"])
    assert close(line.get_ydata(), known["needed_growth_share"])


def test_client_headroom_and_sides_are_shown(en):
    ax = iso_profit_curve(curve_of(), en, **CLIENT)
    point = lines_named(ax, "client")[0]
    assert close([*point.get_xdata(), *point.get_ydata()], [0.05, 0.10])
    assert close(lines_named(ax, "headroom")[0].get_ydata(), [0.30, 0.30])
    shown = set(texts(ax))
    assert {"client: discount 5%, growth 10%", "headroom 30%", "impossible by volume", "line of equal profit"} <= shown
    assert {"profit rises", "profit falls", "Growth of volume"} <= shown


def test_what_is_impossible_is_hatched_from_the_limit_on(en):
    ax = iso_profit_curve(curve_of(), en, **CLIENT)
    (region,) = ax.patches
    assert region.get_hatch()
    assert close([region.get_x(), region.get_x() + region.get_width()], [0.25, 0.28])
    assert close(ax.get_xlim(), [0, 0.28])


def test_a_discount_beyond_the_limit_is_still_in_the_picture(en):
    ax = iso_profit_curve(curve_of(), en, **{**CLIENT, "discount": 0.50, "growth": 2.0})
    assert close(ax.get_xlim(), [0, 0.55])
    assert close(ax.get_ylim(), [0, 2.5])


def test_a_wide_headroom_is_named_and_not_drawn(en):
    ax = iso_profit_curve(curve_of(), en, **{**CLIENT, "headroom": 9.0})
    assert np.isnan(lines_named(ax, "headroom")[0].get_ydata()).all()
    assert "headroom 900%, above the picture" in texts(ax)
    assert close(ax.get_ylim(), [0, 1])


def test_a_price_rise_shows_the_volume_that_may_be_lost(en):
    ax = iso_profit_curve(curve_of(low=-0.10), en, **CLIENT)
    assert close(ax.get_xlim()[0], -0.10)
    assert close(ax.get_ylim()[0], -0.10 / 0.35 * 1.1)


def test_what_is_missing_is_not_drawn(en):
    ax = iso_profit_curve(curve_of(), en, **NOBODY)
    assert lines_named(ax, "client") == lines_named(ax, "headroom") == []
    assert {"line of equal profit", "impossible by volume"} <= set(texts(ax))


def test_without_margin_the_whole_picture_is_hatched_and_says_why(en):
    ax = iso_profit_curve(curve_of(rate=0.0), en, **{**CLIENT, "limit": np.nan})
    (region,) = ax.patches
    assert close([region.get_x(), region.get_x() + region.get_width()], ax.get_xlim())
    shown = texts(ax)
    assert en.category("volume_verdict", "discount refused") in shown
    assert not {"line of equal profit", "profit rises"} & set(shown)


def test_one_discount_is_a_point(en):
    ax = iso_profit_curve(curve_of(low=0.05, high=0.05, n=1), en, **NOBODY)
    assert lines_named(ax, "line")[0].get_marker() == "o"
    assert len(ax.patches) == 0


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    ("curve", "options"),
    [
        (curve_of(), {}),
        (curve_of(), {"headroom": 12.0, "growth": 0.0, "discount": 0.0}),
        (curve_of(low=-0.2), {"discount": -0.1, "growth": -0.2}),
        (curve_of(n=4000), {"discount": 0.6, "growth": 3.0}),
        (curve_of(n=2), {"headroom": 0.0}),
        (curve_of(rate=-0.1), {"limit": np.nan}),
        (curve_of(rate=0.02, high=0.03), {"limit": 0.02, "discount": 0.01}),
    ],
)
def test_readable_whatever_the_client(curve, options, language, request):
    ax = iso_profit_curve(curve, request.getfixturevalue(language), **{**CLIENT, **options}, title=TITLE)
    assert faults(ax) == []


def test_no_curve_and_missing_columns(en):
    assert "nothing to draw" in texts(iso_profit_curve(curve_of().head(0), en, **CLIENT))
    with pytest.raises(MissingColumnsError, match=r"'parity_curve' lacks \['volume_verdict'\]"):
        iso_profit_curve(curve_of().drop(columns="volume_verdict"), en, **CLIENT)


def test_the_curve_keeps_house(en):
    assert_keeps_house(iso_profit_curve, curve_of(), en, **CLIENT)


# -- the waterfall -------------------------------------------------------------------------------------------------------
def test_each_offer_begins_where_the_one_before_ended(vector, en):
    found = bars(offers_waterfall(vector, en))
    assert close(found[0], (0, 50_000, 0))
    assert close(found[1:4], [(0, 20_000, 1), (20_000, 15_000, 2), (35_000, 14_461.64, 3)])
    assert close(found[4:], [(0, 49_461.64, 4), (49_461.64, 538.36, 4)])


def test_what_is_lacking_is_hatched_and_named(vector, en):
    ax = offers_waterfall(vector, en)
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False] * 5 + [True]
    assert same_color(ax.patches[0].get_facecolor(), INK)
    assert same_color(ax.patches[1].get_facecolor(), NEUTRAL)
    shown = texts(ax)
    assert "49,462 EUR short by 538 EUR" in shown
    assert {"50,000 EUR", "20,000 EUR", "15,000 EUR", "14,462 EUR", "offers together"} <= set(shown)
    assert any(close(line.get_xdata(), [50_000, 50_000]) for line in ax.lines)


def test_more_than_needed_has_nothing_lacking(en):
    ax = offers_waterfall(ledger_of(("volume", 60_000, 60_000)), en)
    assert close(bars(ax)[-1], (0, 60_000, 2))
    assert "60,000 EUR 10,000 EUR more than needed" in texts(ax)
    exact = offers_waterfall(ledger_of(("volume", 50_000, 50_000)), en)
    assert texts(exact).count("50,000 EUR") == 3


def test_an_offer_that_counts_in_part_shows_the_whole(en):
    assert "36,000 EUR of 72,000 EUR" in texts(offers_waterfall(ledger_of(("orders", 72_000, 36_000)), en))


def test_an_offer_that_costs_goes_back_with_hatch(en):
    ax = offers_waterfall(ledger_of(("volume", 20_000, 20_000), ("payment", -5000, -5000)), en)
    assert close(bars(ax)[2], (20_000, -5000, 2))
    assert ax.patches[2].get_hatch()
    assert same_color(ax.patches[2].get_facecolor(), LOSS)
    assert "-5,000 EUR" in texts(ax)


def test_an_offer_that_is_not_known_has_a_dash(en):
    ledger = ledger_of(("volume", 20_000, 20_000), ("portal", np.nan, np.nan))
    ax = offers_waterfall(ledger, en)
    assert texts(ax).count("–") == 1
    assert "20,000 EUR short by 30,000 EUR" in texts(ax)
    assert texts(offers_waterfall(ledger.tail(1), en)).count("–") == 2  # nor is the sum


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("need", [0.0, 50.0, 50_000.0, 5e9])
@pytest.mark.parametrize("n", [1, 2, 10, 40])
def test_readable_whatever_is_offered(n, need, language, request):
    name = "Очень длинное название встречного условия с ценой в $ и ещё {}"
    rows = [(name.format(i), 7000.0 * (n - i), 3500.0 * (n - i)) for i in range(n)]
    rows += [("payment", -4000.0, -4000.0), ("portal", np.nan, np.nan)]
    ax = offers_waterfall(ledger_of(*rows, need=need), request.getfixturevalue(language), title=TITLE)
    assert faults(ax) == []


def test_only_a_cost_and_nothing_needed(en):
    ax = offers_waterfall(ledger_of(("payment", -4000.0, -4000.0), need=0.0), en)
    assert "-4,000 EUR short by 4,000 EUR" in texts(ax)
    assert faults(ax) == []
    assert faults(offers_waterfall(ledger_of(("volume", 0.0, 0.0), need=0.0), en)) == []


def test_nothing_offered_and_missing_columns(vector, en):
    assert "nothing to draw" in texts(offers_waterfall(vector.head(0), en))
    with pytest.raises(MissingColumnsError, match=r"'offers' lacks \['realised'\]"):
        offers_waterfall(vector.drop(columns="realised"), en)


def test_the_waterfall_keeps_house(vector, en):
    assert_keeps_house(offers_waterfall, vector.assign(offer_kind=["$a$", "b", "c"]), en)
